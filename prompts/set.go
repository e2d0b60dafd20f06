package prompts

import (
	"embed"
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path"
	"strings"

	"ringward/prompts/wave"
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
	Dir     string // operator's recordings: <language>/<id>.wav, PCM of any rate; "" is none
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
// or a built-in catalogue is broken; recordings that cannot be used are left
// out, and Problems tells which and why.
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

func (s *Set) loadOperator(fsys fs.FS) error {
	folders, err := fs.ReadDir(fsys, ".")
	if err != nil {
		return err
	}
	for _, folder := range folders {
		if !folder.IsDir() {
			continue
		}
		files, err := fs.ReadDir(fsys, folder.Name())
		if err != nil {
			return err
		}
		for _, f := range files {
			if f.Name() == ManifestName {
				continue
			}
			name := path.Join(folder.Name(), f.Name())
			if err := s.addOperator(fsys, name, folder.Name(), f.Name()); err != nil {
				s.problems = append(s.problems, fmt.Errorf("operator's recording %s: %w", name, err))
			}
		}
		s.addLanguage(folder.Name())
	}
	return nil
}

// addOperator takes in one of the operator's files, brought to our rate and level.
func (s *Set) addOperator(fsys fs.FS, name, language, file string) error {
	id := ID(strings.TrimSuffix(file, ".wav"))
	if _, ok := SpecOf(id); !ok || file != FileName(id) {
		return errors.New("no prompt has this name; see the list of prompts")
	}
	data, err := readBounded(fsys, name)
	if err != nil {
		return err
	}
	sound, err := wave.Decode(data)
	if err != nil {
		return err
	}
	if sound.Seconds() > MaxSeconds {
		return fmt.Errorf("it plays %.1f s, at most %.0f s are allowed", sound.Seconds(), MaxSeconds)
	}
	samples, err := wave.Condition(sound)
	if err != nil {
		return err
	}
	s.operator[key(language, id)] = Clip{Samples: samples, Language: language, Source: FromOperator}
	return nil
}

func readBounded(fsys fs.FS, name string) ([]byte, error) {
	info, err := fs.Stat(fsys, name)
	if err != nil {
		return nil, err
	}
	if !info.Mode().IsRegular() || info.Size() > wave.MaxBytes {
		return nil, fmt.Errorf("it has to be a file of at most %d MB", wave.MaxBytes>>20)
	}
	return fs.ReadFile(fsys, name)
}

func (s *Set) addLanguage(language string) {
	for _, l := range s.languages {
		if strings.EqualFold(l, language) {
			return
		}
	}
	s.languages = append(s.languages, language)
}

// Problems returns what was wrong with single recordings when the set was opened.
func (s *Set) Problems() []error { return append([]error(nil), s.problems...) }

// Languages returns the languages that have prompts, Chinese first.
func (s *Set) Languages() []string { return append([]string(nil), s.languages...) }

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
			if e, ok := c.Prompts[id]; ok && c.Language == l {
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
