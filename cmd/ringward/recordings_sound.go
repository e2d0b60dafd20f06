package main

import (
	"bytes"
	"context"
	"fmt"
	"os"
	"strconv"

	"ringward/media/wav"
	"ringward/numberdb"
	"ringward/prompts/wave"
	"ringward/speech/fingerprint"
)

// soundOf reads a WAV file of any rate as telephone sound, one voice.
func soundOf(path string) ([]int16, error) {
	b, err := os.ReadFile(path)
	if err != nil {
		return nil, err
	}
	if pcm, err := wav.Read(bytes.NewReader(b)); err == nil {
		return pcm, nil
	}
	sound, err := wave.Decode(b)
	if err != nil {
		return nil, fmt.Errorf("%s: %w; make one with: sox %s -r 8000 -c 1 -b 16 out.wav", path, err, path)
	}
	pcm, err := wave.Condition(sound)
	if err != nil {
		return nil, fmt.Errorf("%s: %w", path, err)
	}
	return pcm, nil
}

func addRecording(ctx context.Context, d *desk, args []string) error {
	d.edits()
	r := numberdb.Recording{}
	d.StringVar(&r.Title, "title", "", "what people call it")
	d.StringVar(&r.Language, "lang", "", "language spoken, zh-CN or en")
	d.StringVar(&r.Campaign, "campaign", "", "the fraud it belongs to, as in pos-freeze")
	d.StringVar(&r.Institution, "institution", "", "`ID` of the institution whose name it misuses")
	d.StringVar(&r.Kind, "kind", numberdb.ScamRecording, "scam, or common: honest callers play it too")
	d.StringVar(&r.Source, "source", "", "where the sound came from")
	force := d.Bool("force", false, "add it although it is not fit to be matched")
	rest, err := d.open(args, 1, 1, "name one WAV file")
	if err != nil {
		return err
	}
	if r.Title == "" {
		return d.wrong("give the recording a --title")
	}
	e, err := d.edit("")
	if err != nil {
		return err
	}
	pcm, err := soundOf(rest[0])
	if err != nil {
		return err
	}
	sound, err := admit(pcm, r.Kind, d.db.Recordings())
	if err != nil && !*force {
		return fmt.Errorf("not added: %w (--force adds it all the same)", err)
	}
	r.Fingerprint = sound.Encode()
	id, err := d.db.PutRecording(ctx, e, r)
	if err != nil {
		return err
	}
	info, _ := d.db.Recordings().Info(fingerprint.ID(id))
	if *d.asJSON {
		return printJSON(d.io.out, map[string]any{"recording": info, "author": e.Author})
	}
	fmt.Fprintf(d.io.out, "recording %d: %s, %.1f s (%.1f s of it clear), %s\n", id, info.Title, info.Seconds, sound.Strong().Seconds(), info.Status)
	if info.Status == numberdb.Draft {
		fmt.Fprintf(d.io.out, "Calls are matched with it from now on. A second person confirms it: ringward recordings approve %d --reason ...\n", id)
	}
	return nil
}

// admit takes the fingerprint, if the sound is fit for its kind. What is common
// must not be known as a scam.
func admit(pcm []int16, kind string, known *numberdb.RecordingSet) (fingerprint.Recording, error) {
	if kind != numberdb.CommonRecording {
		return fingerprint.Admit(pcm, known.Common, known.Scams)
	}
	for _, h := range fingerprint.Find(pcm, known.Scams) {
		if h.Strength == fingerprint.Strict {
			return fingerprint.NewRecording(pcm), &fingerprint.MatchError{Reason: fingerprint.ErrDuplicate, Hit: h}
		}
	}
	return fingerprint.NewRecording(pcm), nil
}

// match is one line of what `recordings match` says.
type match struct {
	Recording int64   `json:"recording"`
	Title     string  `json:"title"`
	Strength  string  `json:"strength"` // strict: a call would be warned of; weak: evidence only
	At        float64 `json:"at"`       // seconds into the file, when it was decided
	Offset    float64 `json:"offset"`   // seconds into the recording
	Score     float64 `json:"score"`
}

func matchRecording(ctx context.Context, d *desk, args []string) error {
	rest, err := d.open(args, 1, 1, "name one WAV file")
	if err != nil {
		return err
	}
	pcm, err := soundOf(rest[0])
	if err != nil {
		return err
	}
	set := d.db.Recordings()
	out := []match{}
	for _, ix := range []*fingerprint.Index{set.Scams, set.Common} {
		for _, h := range fingerprint.Find(pcm, ix) {
			info, _ := set.Info(h.ID)
			out = append(out, match{int64(h.ID), info.Title, h.Strength.String(), h.At.Seconds(), h.Offset.Seconds(), h.Score})
		}
	}
	if *d.asJSON {
		return printJSON(d.io.out, map[string]any{"matches": out, "recordings": set.Len()})
	}
	if len(out) == 0 {
		fmt.Fprintf(d.io.out, "no match with %d recordings\n", set.Len())
		return nil
	}
	t := &table{head: []string{"AT", "MATCH", "RECORDING", "TITLE", "FROM", "SCORE"}}
	for _, m := range out {
		t.add(fmt.Sprintf("%.1f s", m.At), m.Strength, strconv.FormatInt(m.Recording, 10), m.Title, fmt.Sprintf("%.1f s", m.Offset), fmt.Sprintf("%.1f", m.Score))
	}
	d.print(t)
	return nil
}
