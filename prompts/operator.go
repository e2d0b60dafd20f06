package prompts

import (
	"errors"
	"fmt"
	"io/fs"
	"path"
	"strings"

	"github.com/goccy/go-yaml"

	"ringward/prompts/wave"
)

// loadOperator takes in the operator's folder: recordings in a folder per
// language, texts in a file per language.
func (s *Set) loadOperator(fsys fs.FS) error {
	entries, err := fs.ReadDir(fsys, ".")
	if err != nil {
		return err
	}
	for _, e := range entries {
		if language, ok := strings.CutSuffix(e.Name(), ".yaml"); ok && !e.IsDir() {
			s.problems = append(s.problems, s.addTexts(fsys, e.Name(), language)...)
			s.addLanguage(language)
		}
		if !e.IsDir() {
			continue
		}
		if err := s.loadRecordings(fsys, e.Name()); err != nil {
			return err
		}
		s.addLanguage(e.Name())
	}
	return nil
}

func (s *Set) loadRecordings(fsys fs.FS, language string) error {
	files, err := fs.ReadDir(fsys, language)
	if err != nil {
		return err
	}
	for _, f := range files {
		if f.Name() == ManifestName {
			continue
		}
		name := path.Join(language, f.Name())
		if err := s.addOperator(fsys, name, language, f.Name()); err != nil {
			s.problems = append(s.problems, fmt.Errorf("operator's recording %s: %w", name, err))
		}
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

// addTexts merges the operator's texts of one language over what there is. A
// file holds only what differs; in a language of the operator's own, a prompt
// that it does not have is said in the nearest language.
func (s *Set) addTexts(fsys fs.FS, name, language string) []error {
	data, err := readBounded(fsys, name)
	if err != nil {
		return []error{fmt.Errorf("operator's texts %s: %w", name, err)}
	}
	var mine Catalogue
	if err := yaml.UnmarshalWithOptions(data, &mine, yaml.Strict()); err != nil {
		return []error{fmt.Errorf("operator's texts %s: %w", name, err)}
	}
	c := s.catalogue(language)
	override(&c.Name, mine.Name)
	override(&c.Institution, mine.Institution)
	override(&c.Hotline, mine.Hotline)
	var problems []error
	for id, e := range mine.Prompts {
		merged := c.Prompts[id].over(e)
		_, known := SpecOf(id)
		if err := merged.problem(); err != nil || !known {
			if !known {
				err = errors.New("no prompt has this name; see the list of prompts")
			}
			problems = append(problems, fmt.Errorf("operator's texts %s: prompt %s: %w", name, id, err))
			continue
		}
		c.Prompts[id] = merged
	}
	return problems
}

// catalogue returns the set's own catalogue of a language, a new one if there is none.
func (s *Set) catalogue(language string) *Catalogue {
	for _, c := range s.catalogues {
		if strings.EqualFold(c.Language, language) {
			return c
		}
	}
	c := &Catalogue{Language: language, Name: language, Prompts: map[ID]Entry{}}
	for _, l := range s.nearest(language) {
		near := s.catalogue(l)
		c.Institution, c.Hotline = near.Institution, near.Hotline
		break
	}
	s.catalogues = append(s.catalogues, c)
	return c
}

// over returns e with what o gives in its place.
func (e Entry) over(o Entry) Entry {
	if o.Speech != "" && o.Speech != e.Speech {
		e.Voice = "" // it was for the old text
	}
	override(&e.Short, o.Short)
	override(&e.ASCII, o.ASCII)
	override(&e.Long, o.Long)
	override(&e.Speech, o.Speech)
	override(&e.Voice, o.Voice)
	return e
}

func override(s *string, with string) {
	if with != "" {
		*s = with
	}
}
