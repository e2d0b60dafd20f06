package prompts

import (
	"embed"
	"errors"
	"fmt"
	"path"
	"slices"
	"strings"
	"unicode"

	"github.com/goccy/go-yaml"
)

//go:embed catalogue/*.yaml
var catalogueFiles embed.FS

// Form is one way of giving a prompt.
type Form uint8

// The forms.
const (
	Short      Form = iota // label on the phone's display, at most MaxShort characters
	ShortASCII             // the same for phones that show ASCII only
	Long                   // page and message
	Speech                 // what the recording says
)

// MaxShort is the most characters of a Short or ShortASCII text.
const MaxShort = 15

// Params are what a text says of the call at hand.
type Params struct {
	Institution string // name in the text's language; "" is said in general words
	Hotline     string // official number as it is written for people; "" likewise
}

// Catalogue is the texts of one language.
type Catalogue struct {
	Language    string       `yaml:"language"`    // BCP 47: "zh-CN"
	Name        string       `yaml:"name"`        // of the language, in the language
	Institution string       `yaml:"institution"` // in place of an unknown institution
	Hotline     string       `yaml:"hotline"`     // in place of an unknown hotline
	Prompts     map[ID]Entry `yaml:"prompts"`
}

// Entry is the texts of one prompt. Long may hold {institution} and {hotline}.
type Entry struct {
	Short  string `yaml:"short"`
	ASCII  string `yaml:"ascii"`
	Long   string `yaml:"long"`
	Speech string `yaml:"speech"`
	Voice  string `yaml:"voice"` // what a machine voice is given in place of Speech; "" is Speech
}

// ReadCatalogue reads a catalogue file and checks that it has every prompt in
// every form. The error joins all that is wrong.
func ReadCatalogue(name string, data []byte) (*Catalogue, error) {
	var c Catalogue
	if err := yaml.UnmarshalWithOptions(data, &c, yaml.Strict()); err != nil {
		return nil, fmt.Errorf("%s: %w", name, err)
	}
	if err := errors.Join(c.problems(name)...); err != nil {
		return nil, err
	}
	return &c, nil
}

func (c *Catalogue) problems(name string) []error {
	var all []error
	if c.Language == "" || c.Name == "" || c.Institution == "" || c.Hotline == "" {
		all = append(all, fmt.Errorf("%s: language, name, institution and hotline have to be given", name))
	}
	for _, s := range specs {
		e, ok := c.Prompts[s.ID]
		if !ok {
			all = append(all, fmt.Errorf("%s: prompt %s is missing", name, s.ID))
			continue
		}
		if err := e.problem(); err != nil {
			all = append(all, fmt.Errorf("%s: prompt %s: %w", name, s.ID, err))
		}
	}
	for id := range c.Prompts {
		if _, ok := SpecOf(id); !ok {
			all = append(all, fmt.Errorf("%s: prompt %s is not known; take it out or correct its name", name, id))
		}
	}
	return all
}

func (e Entry) problem() error {
	notASCII := func(r rune) bool { return r < ' ' || r > '~' }
	switch {
	case e.Short == "" || e.ASCII == "" || e.Long == "" || e.Speech == "":
		return errors.New("short, ascii, long and speech all have to be given")
	case len([]rune(e.Short)) > MaxShort || len([]rune(e.ASCII)) > MaxShort:
		return fmt.Errorf("short and ascii may have at most %d characters", MaxShort)
	case strings.ContainsFunc(e.ASCII, notASCII):
		return errors.New("ascii may have printable ASCII characters only")
	case strings.Contains(e.Short+e.ASCII+e.Speech, "{"):
		return errors.New("only long may have {institution} and {hotline}")
	}
	return nil
}

// text gives e in one form.
func (c *Catalogue) text(e Entry, f Form, p Params) string {
	switch f {
	case Short:
		return e.Short
	case ShortASCII:
		return e.ASCII
	case Speech:
		return e.Speech
	}
	institution, hotline := clean(p.Institution), clean(p.Hotline)
	if institution == "" {
		institution = c.Institution
	}
	if hotline == "" {
		hotline = c.Hotline
	}
	return strings.NewReplacer("{institution}", institution, "{hotline}", hotline).Replace(e.Long)
}

// clean bounds what the database puts into a text: one line, 60 characters.
func clean(s string) string {
	s = strings.TrimSpace(strings.Map(func(r rune) rune {
		if unicode.IsControl(r) || unicode.Is(unicode.Cf, r) {
			return -1
		}
		return r
	}, strings.ToValidUTF8(s, "")))
	if r := []rune(s); len(r) > 60 {
		return string(r[:60])
	}
	return s
}

// Spoken returns what a machine voice is given to say for id.
func (c *Catalogue) Spoken(id ID) string {
	if e := c.Prompts[id]; e.Voice != "" {
		return e.Voice
	}
	return c.Prompts[id].Speech
}

// Catalogues returns the built-in catalogues, Chinese first, then by language.
func Catalogues() ([]*Catalogue, error) {
	names, err := catalogueFiles.ReadDir("catalogue")
	if err != nil {
		return nil, fmt.Errorf("read built-in catalogues: %w", err)
	}
	var all []*Catalogue
	for _, entry := range names {
		name := path.Join("catalogue", entry.Name())
		data, err := catalogueFiles.ReadFile(name)
		if err != nil {
			return nil, fmt.Errorf("read built-in catalogue: %w", err)
		}
		c, err := ReadCatalogue(name, data)
		if err != nil {
			return nil, err
		}
		all = append(all, c)
	}
	slices.SortFunc(all, func(a, b *Catalogue) int { return strings.Compare(b.Language, a.Language) })
	return all, nil
}
