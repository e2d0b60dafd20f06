package build

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"math"
	"os"
	"path/filepath"
	"strings"

	"ringward/prompts"
	"ringward/prompts/wave"
)

// Reader is a voice with what the manifest says of it.
type Reader struct {
	Voice       Voice
	Source      string // program and voice, or the person
	Licence     string // of the recordings
	Placeholder bool   // to be replaced by a better one
}

// Default returns the voice that is used for a language if no other is given;
// false for a language without one.
func Default(lang string) (Reader, bool) {
	switch base, _, _ := strings.Cut(lang, "-"); base {
	case "en":
		return Reader{
			Voice:   Command{[]string{"flite", "-voice", "rms", "-t", "{text}", "-o", "{out}"}},
			Source:  "flite, voice rms (CMU ARCTIC)",
			Licence: "Apache-2.0; the voice is free for any use under the CMU Flite licence",
		}, true
	case "zh":
		return Reader{
			// The plain voice cmn spells Chinese characters out in English. A
			// recogniser understood pinyin at 160 best of what was tried.
			Voice:       Command{[]string{"espeak-ng", "-v", "cmn-latn-pinyin+f2", "-s", "160", "-w", "{out}", "{text}"}},
			Source:      "espeak-ng, voice cmn-latn-pinyin+f2, 160 words a minute",
			Licence:     "Apache-2.0; the program's licence (GPL-3.0) does not cover its output",
			Placeholder: true,
		}, true
	}
	return Reader{}, false
}

// Options say what to build.
type Options struct {
	Dir        string               // where the recordings go: <language>/<id>.wav and the manifests
	Languages  []string             // nil: all that there are catalogues for
	Only       []prompts.ID         // nil: all prompts
	Force      bool                 // make those that are up to date as well
	Readers    map[string]Reader    // by language; a language without one is read by Default's
	Catalogues []*prompts.Catalogue // nil: the built-in ones
	Progress   func(Step)           // called after each recording; may be nil
}

// Step is one recording that was looked at.
type Step struct {
	Language string
	ID       prompts.ID
	Kept     bool    // it was up to date
	Seconds  float64 // how long it plays
	Err      error   // why there is none
}

// Run makes the recordings that are missing or stale. It goes on past those that
// cannot be made; the error joins what went wrong. What is done is kept, also
// when ctx ends.
func Run(ctx context.Context, o Options) error {
	if o.Catalogues == nil {
		var err error
		if o.Catalogues, err = prompts.Catalogues(); err != nil {
			return err
		}
	}
	var all []error
	for _, c := range o.Catalogues {
		if !o.wants(c.Language) {
			continue
		}
		if err := o.language(ctx, c); err != nil {
			all = append(all, fmt.Errorf("prompts in %s: %w", c.Language, err))
		}
	}
	return errors.Join(append(all, o.unknownLanguages()...)...)
}

func (o Options) wants(lang string) bool {
	for _, l := range o.Languages {
		if strings.EqualFold(l, lang) {
			return true
		}
	}
	return o.Languages == nil
}

func (o Options) unknownLanguages() []error {
	var all []error
	for _, l := range o.Languages {
		found := false
		for _, c := range o.Catalogues {
			found = found || strings.EqualFold(l, c.Language)
		}
		if !found {
			all = append(all, fmt.Errorf("there is no catalogue for language %q", l))
		}
	}
	return all
}

// language makes one language's recordings and writes their manifest.
func (o Options) language(ctx context.Context, c *prompts.Catalogue) error {
	reader, ok := o.Readers[c.Language]
	if !ok {
		if reader, ok = Default(c.Language); !ok {
			return errors.New("there is no default voice for this language; give a command or an address")
		}
	}
	folder := filepath.Join(o.Dir, c.Language)
	if err := os.MkdirAll(folder, 0o755); err != nil {
		return fmt.Errorf("make folder: %w", err)
	}
	old, err := prompts.ReadManifest(os.DirFS(o.Dir), c.Language)
	if err != nil {
		return err
	}
	now := prompts.Manifest{Language: c.Language, Recordings: []prompts.Recording{}}
	var failed []error
	for _, s := range prompts.Specs() {
		if _, said := c.Prompts[s.ID]; !said || s.Tone {
			continue
		}
		r, ok, err := o.recording(ctx, c, reader, old, s.ID)
		if err != nil {
			failed = append(failed, fmt.Errorf("%s: %w", s.ID, err))
		}
		if ok {
			now.Recordings = append(now.Recordings, r)
		}
	}
	return errors.Join(append(failed, writeManifest(folder, now))...)
}

// recording keeps or makes one recording; false if there is none.
func (o Options) recording(ctx context.Context, c *prompts.Catalogue, reader Reader, old prompts.Manifest, id prompts.ID) (prompts.Recording, bool, error) {
	r, known := old.Find(id)
	if !o.asked(id) {
		return r, known, nil
	}
	name := filepath.Join(o.Dir, c.Language, prompts.FileName(id))
	if known && !o.Force && upToDate(name, r, c, reader, id) {
		o.report(Step{Language: c.Language, ID: id, Kept: true, Seconds: r.Seconds})
		return r, true, nil
	}
	made, err := produce(ctx, name, c, reader, id)
	o.report(Step{Language: c.Language, ID: id, Seconds: made.Seconds, Err: err})
	if err != nil {
		return r, known, err
	}
	return made, true, nil
}

func (o Options) asked(id prompts.ID) bool {
	for _, only := range o.Only {
		if only == id {
			return true
		}
	}
	return o.Only == nil
}

func (o Options) report(s Step) {
	if o.Progress != nil {
		o.Progress(s)
	}
}

// upToDate reports whether the file is the manifest's, says today's text and
// was read by the same voice.
func upToDate(name string, r prompts.Recording, c *prompts.Catalogue, reader Reader, id prompts.ID) bool {
	data, err := os.ReadFile(name)
	return err == nil && prompts.Checksum(data) == r.SHA256 && r.Text == c.Prompts[id].Speech && r.Source == reader.Source
}

// produce has one text read and writes it.
func produce(ctx context.Context, name string, c *prompts.Catalogue, reader Reader, id prompts.ID) (prompts.Recording, error) {
	raw, err := reader.Voice.Say(ctx, c.Spoken(id), c.Language)
	if err != nil {
		return prompts.Recording{}, err
	}
	sound, err := wave.Decode(raw)
	if err != nil {
		return prompts.Recording{}, fmt.Errorf("what the voice gave: %w", err)
	}
	samples, err := wave.Condition(sound)
	if err != nil {
		return prompts.Recording{}, fmt.Errorf("what the voice gave: %w", err)
	}
	data := wave.Encode(samples)
	if err := prompts.Usable(data); err != nil {
		return prompts.Recording{}, fmt.Errorf("what the voice gave cannot be used: %w", err)
	}
	if err := writeWhole(name, data); err != nil {
		return prompts.Recording{}, err
	}
	return prompts.Recording{
		ID: id, Text: c.Prompts[id].Speech, SHA256: prompts.Checksum(data),
		Seconds: math.Round(float64(len(samples))/wave.Rate*100) / 100,
		Source:  reader.Source, Licence: reader.Licence, Placeholder: reader.Placeholder,
	}, nil
}

func writeManifest(folder string, m prompts.Manifest) error {
	data, err := json.MarshalIndent(m, "", "  ")
	if err != nil {
		return fmt.Errorf("write manifest: %w", err)
	}
	return writeWhole(filepath.Join(folder, prompts.ManifestName), append(data, '\n'))
}

// writeWhole replaces a file in one step, so that a break leaves the old one.
func writeWhole(name string, data []byte) error {
	tmp := name + ".new"
	if err := os.WriteFile(tmp, data, 0o644); err != nil {
		return fmt.Errorf("write %s: %w", name, err)
	}
	if err := os.Rename(tmp, name); err != nil {
		os.Remove(tmp)
		return fmt.Errorf("write %s: %w", name, err)
	}
	return nil
}
