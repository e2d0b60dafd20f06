package prompts

import (
	"embed"
	"fmt"
	"io/fs"
	"os"
	"path"
	"strings"
)

//go:embed wav
var builtInFiles embed.FS

// BuiltIn returns the built-in recordings: a folder per language with its manifest.
func BuiltIn() fs.FS {
	sub, err := fs.Sub(builtInFiles, "wav")
	if err != nil { // the embedded folder has a valid name
		panic(err)
	}
	return sub
}

// Options are what Open needs to know. The zero value uses the built-in prompts only.
type Options struct {
	Dir     string // operator's folder, "" is none: <language>/<id>.wav (PCM of any rate) and <language>.yaml
	BuiltIn fs.FS  // in place of the built-in recordings; nil is BuiltIn()
}

// Source is where a clip comes from.
type Source uint8

// The sources, in the order in which they are tried for a language.
const (
	FromTone     Source = iota // a tone pattern: no recording in any language
	FromOperator               // the operator's folder
	FromBuiltIn
)

// String returns "tone", "operator" or "built-in".
func (s Source) String() string {
	switch s {
	case FromOperator:
		return "operator"
	case FromBuiltIn:
		return "built-in"
	}
	return "tone"
}

// Clip is the sound of one prompt.
type Clip struct {
	Samples     []int16 // 8 kHz mono; shared, not to be changed
	Language    string  // which it speaks; "" for a tone
	Source      Source
	Placeholder bool // a machine voice that waits for a person's
}

type clipKey struct {
	language string // lower case
	id       ID
}

// Set is all prompts, loaded. It does not change and may be used by many calls
// at once.
type Set struct {
	catalogues []*Catalogue // Chinese first
	languages  []string     // of catalogues and of the operator's folders
	operator   map[clipKey]Clip
	builtIn    map[clipKey]Clip
	problems   []error
}

// Open loads the prompts. It fails only if the operator's folder cannot be read
// or a built-in catalogue is broken; recordings and texts of the operator's that
// cannot be used are left out, and Problems tells which and why.
func Open(o Options) (*Set, error) {
	catalogues, err := Catalogues()
	if err != nil {
		return nil, err
	}
	s := &Set{catalogues: catalogues, operator: map[clipKey]Clip{}, builtIn: map[clipKey]Clip{}}
	for _, c := range catalogues {
		s.languages = append(s.languages, c.Language)
	}
	if o.BuiltIn == nil {
		o.BuiltIn = BuiltIn()
	}
	s.loadBuiltIn(o.BuiltIn)
	if o.Dir == "" {
		return s, nil
	}
	if err := s.loadOperator(os.DirFS(o.Dir)); err != nil {
		return nil, fmt.Errorf("open prompts folder %s: %w", o.Dir, err)
	}
	return s, nil
}

func (s *Set) loadBuiltIn(fsys fs.FS) {
	for _, c := range s.catalogues {
		m, err := ReadManifest(fsys, c.Language)
		if err != nil {
			s.problems = append(s.problems, err)
		}
		for _, spec := range specs {
			data, err := fs.ReadFile(fsys, path.Join(c.Language, FileName(spec.ID)))
			if err != nil {
				if !spec.Tone {
					s.problems = append(s.problems, fmt.Errorf("built-in recording: %w", err))
				}
				continue
			}
			samples, err := usable(data)
			if err != nil {
				s.problems = append(s.problems, fmt.Errorf("built-in recording %s/%s: %w", c.Language, FileName(spec.ID), err))
				continue
			}
			r, _ := m.Find(spec.ID)
			s.builtIn[key(c.Language, spec.ID)] = Clip{samples, c.Language, FromBuiltIn, r.Placeholder}
		}
	}
}

// Problems returns what was wrong with single recordings and texts when the set
// was opened.
func (s *Set) Problems() []error { return append([]error(nil), s.problems...) }

// Languages returns the languages that have prompts, Chinese first.
func (s *Set) Languages() []string { return append([]string(nil), s.languages...) }

// Catalogues returns the texts as they are used, the operator's merged in, for
// building and checking recordings. Not to be changed.
func (s *Set) Catalogues() []*Catalogue { return append([]*Catalogue(nil), s.catalogues...) }

// Clip returns the sound of id in lang (BCP 47), 8 kHz. It is never empty: see Lookup.
func (s *Set) Clip(id ID, lang string) []int16 { return s.Lookup(id, lang).Samples }

// Lookup finds the sound of id: in lang from the operator, in lang built in,
// likewise in other languages, nearest first, and at last a tone pattern.
func (s *Set) Lookup(id ID, lang string) Clip {
	for _, l := range s.nearest(lang) {
		if c, ok := s.operator[key(l, id)]; ok {
			return c
		}
		if c, ok := s.builtIn[key(l, id)]; ok {
			return c
		}
	}
	return Clip{Samples: pattern(id)}
}

// Text returns id's text in lang, or in the nearest language that has one. It is
// never empty: an unknown id is returned itself.
func (s *Set) Text(id ID, lang string, f Form, p Params) string {
	for _, l := range s.nearest(lang) {
		for _, c := range s.catalogues {
			if e, ok := c.Prompts[id]; ok && strings.EqualFold(c.Language, l) {
				return c.text(e, f, p)
			}
		}
	}
	return string(id)
}

// nearest orders the languages for one who wants lang: the same, the same but
// for region (zh-HK, zh-CN), the others.
func (s *Set) nearest(lang string) []string {
	var same, near, far []string
	for _, l := range s.languages {
		switch {
		case strings.EqualFold(l, lang):
			same = append(same, l)
		case strings.EqualFold(primary(l), primary(lang)):
			near = append(near, l)
		default:
			far = append(far, l)
		}
	}
	return append(append(same, near...), far...)
}

// primary is the language of a tag without its region; Cantonese is Chinese to
// those who have no Cantonese recording.
func primary(tag string) string {
	tag, _, _ = strings.Cut(tag, "-")
	if strings.EqualFold(tag, "yue") {
		return "zh"
	}
	return tag
}

func key(language string, id ID) clipKey { return clipKey{strings.ToLower(language), id} }
