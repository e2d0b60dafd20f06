package prompts

import (
	"crypto/sha256"
	"encoding/hex"
	"encoding/json"
	"errors"
	"fmt"
	"io/fs"
	"math"
	"path"
	"strings"

	"ringward/prompts/wave"
)

// ManifestName is the manifest's file name in a language's folder.
const ManifestName = "manifest.json"

// MaxSeconds is the longest that a recording may play.
const MaxSeconds = 20.0

// Manifest says of one language's recordings what they say and where they come from.
type Manifest struct {
	Language   string      `json:"language"`
	Recordings []Recording `json:"recordings"` // in the order of Specs
}

// Recording is one file of a manifest.
type Recording struct {
	ID          ID      `json:"id"`
	Text        string  `json:"text"`        // the catalogue's speech text when it was made
	SHA256      string  `json:"sha256"`      // of the file, hexadecimal
	Seconds     float64 `json:"seconds"`     // rounded to a hundredth
	Source      string  `json:"source"`      // voice and program, or the person who read it
	Licence     string  `json:"licence"`     // of the recording
	Placeholder bool    `json:"placeholder"` // good enough to be heard, waits for a better one
}

// FileName returns the file of a prompt within a language's folder.
func FileName(id ID) string { return string(id) + ".wav" }

// Checksum returns the SHA-256 of a file's bytes as manifests write it.
func Checksum(data []byte) string {
	sum := sha256.Sum256(data)
	return hex.EncodeToString(sum[:])
}

// Find returns the manifest's entry for id.
func (m Manifest) Find(id ID) (Recording, bool) {
	for _, r := range m.Recordings {
		if r.ID == id {
			return r, true
		}
	}
	return Recording{}, false
}

// ReadManifest reads the manifest of a language's folder in fsys. A folder
// without one gives an empty manifest.
func ReadManifest(fsys fs.FS, language string) (Manifest, error) {
	name := path.Join(language, ManifestName)
	data, err := fs.ReadFile(fsys, name)
	if errors.Is(err, fs.ErrNotExist) {
		return Manifest{Language: language}, nil
	}
	if err != nil {
		return Manifest{}, fmt.Errorf("read manifest: %w", err)
	}
	var m Manifest
	if err := json.Unmarshal(data, &m); err != nil {
		return Manifest{}, fmt.Errorf("%s: %w", name, err)
	}
	return m, nil
}

// Fault is what Check can find wrong with a recording.
type Fault string

// The faults. All but Placeholder mean that a recording has to be made anew.
const (
	Missing     Fault = "missing"     // no file
	Stale       Fault = "stale"       // its text has changed since
	Altered     Fault = "altered"     // the file is not the one of the manifest
	Unusable    Fault = "unusable"    // it cannot be read, or its form, length or level is wrong
	Leftover    Fault = "leftover"    // a file that no prompt uses
	Placeholder Fault = "placeholder" // a machine voice that waits for a person's
)

// Finding is one fault of one recording.
type Finding struct {
	Language string
	ID       ID
	Fault    Fault
	Detail   string // what is wrong, in words
}

// Check compares the recordings in fsys (one folder per language) with the
// catalogues and their manifests.
func Check(fsys fs.FS, catalogues []*Catalogue) []Finding {
	var all []Finding
	for _, c := range catalogues {
		m, err := ReadManifest(fsys, c.Language)
		if err != nil {
			all = append(all, Finding{c.Language, "", Unusable, err.Error()})
		}
		for _, s := range specs {
			if _, said := c.Prompts[s.ID]; said && !s.Tone {
				all = append(all, checkRecording(fsys, c, m, s.ID)...)
			}
		}
		all = append(all, leftovers(fsys, c.Language)...)
	}
	return all
}

func checkRecording(fsys fs.FS, c *Catalogue, m Manifest, id ID) []Finding {
	found := func(f Fault, detail string) []Finding { return []Finding{{c.Language, id, f, detail}} }
	data, err := fs.ReadFile(fsys, path.Join(c.Language, FileName(id)))
	if err != nil {
		return found(Missing, err.Error())
	}
	r, ok := m.Find(id)
	switch {
	case !ok:
		return found(Altered, "the manifest does not know the file")
	case r.SHA256 != Checksum(data):
		return found(Altered, "the file is not the one that the manifest describes")
	case r.Text != c.Prompts[id].Speech:
		return found(Stale, fmt.Sprintf("it says %q, the catalogue %q", r.Text, c.Prompts[id].Speech))
	}
	if err := Usable(data); err != nil {
		return found(Unusable, err.Error())
	}
	if r.Placeholder {
		return found(Placeholder, r.Source)
	}
	return nil
}

func leftovers(fsys fs.FS, language string) []Finding {
	entries, err := fs.ReadDir(fsys, language)
	if err != nil {
		return nil // nothing there: every prompt is reported missing
	}
	var all []Finding
	for _, e := range entries {
		id := ID(strings.TrimSuffix(e.Name(), ".wav"))
		if s, ok := SpecOf(id); e.Name() != ManifestName && (!ok || s.Tone || e.Name() != FileName(id)) {
			all = append(all, Finding{language, id, Leftover, "no prompt uses " + e.Name()})
		}
	}
	return all
}

// Usable reports why a WAV file cannot be played as it is: 8 kHz, at most
// MaxSeconds, active level within 1 dB of wave.ActiveLevel, nothing above
// wave.Ceiling.
func Usable(data []byte) error {
	_, err := usable(data)
	return err
}

// usable is Usable that gives the samples as well.
func usable(data []byte) ([]int16, error) {
	s, err := wave.Decode(data)
	if err != nil {
		return nil, err
	}
	samples := s.Int16()
	switch level := wave.Level(samples); {
	case s.Rate != wave.Rate:
		return nil, fmt.Errorf("it has %d Hz, want %d", s.Rate, wave.Rate)
	case s.Seconds() > MaxSeconds:
		return nil, fmt.Errorf("it plays %.1f s, at most %.0f s are allowed", s.Seconds(), MaxSeconds)
	case math.Abs(level-wave.ActiveLevel) > 1:
		return nil, fmt.Errorf("its active level is %.1f dBFS, want %.0f", level, wave.ActiveLevel)
	case wave.Peak(samples) > wave.Ceiling:
		return nil, fmt.Errorf("its peak is %.1f dBFS, at most %.0f is allowed", wave.Peak(samples), wave.Ceiling)
	}
	return samples, nil
}
