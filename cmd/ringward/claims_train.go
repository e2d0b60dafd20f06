package main

import (
	"bufio"
	"encoding/json"
	"fmt"
	"hash/fnv"
	"io"
	"os"
	"path/filepath"
	"strings"

	"ringward/screening/claims"
)

const trainUsage = `claims train --out FILE [--cross-validate call|source|category] LABELLED.jsonl ...

Trains the statistical model from labelled transcripts and writes it to FILE
(screening/claims/model.bin to have it embedded by the next build). A folder
stands for the *.jsonl files in it. With --cross-validate nothing is written:
calls on standard input are answered, each by a model that was trained without
the fold that the call is in, so that the answers can be scored.`

// labelled is a transcript with its labels.
type labelled struct {
	transcript
	Lang       string           `json:"lang"`
	Source     string           `json:"source"`
	Kind       string           `json:"kind"`
	Claims     []string         `json:"claims"`
	ClaimTurns map[string][]int `json:"claim_turns"`
	Tags       []string         `json:"tags"`
}

func trainClaims(io stdio, args []string) error {
	f := newFlags(io, "claims train", trainUsage)
	out := f.String("out", "", "where the model goes")
	by := f.String("cross-validate", "", "what a fold is: call, source or category")
	rest, err := f.parse(args)
	if err != nil {
		return err
	}
	if len(rest) == 0 || (*out == "") == (*by == "") {
		return f.wrong("want transcripts, and one of --out and --cross-validate")
	}
	list, err := readLabelled(rest)
	if err != nil {
		return err
	}
	if *by != "" {
		return crossValidate(io, list, *by)
	}
	b, err := claims.Learn(claims.Default(), examples(list, nil)).MarshalBinary()
	if err != nil {
		return err
	}
	fmt.Fprintf(io.err, "trained on %d calls, %d bytes\n", len(list), len(b))
	return os.WriteFile(*out, b, 0o644)
}

// crossValidate answers standard input with models that never saw the call.
func crossValidate(io stdio, list []labelled, by string) error {
	fold, err := foldOf(by)
	if err != nil {
		return err
	}
	folds, detectors := map[string]int{}, map[int]*claims.Detector{}
	for i := range list {
		folds[list[i].ID] = fold(&list[i])
	}
	fallback := claims.NewDetector(claims.Default(), nil)
	return eachTranscript(io.in, io.out, func(t *transcript) claimsAnswer {
		n, ok := folds[t.ID]
		if !ok {
			return answerCall(fallback, t)
		}
		if detectors[n] == nil {
			without := examples(list, func(l *labelled) bool { return folds[l.ID] != n })
			detectors[n] = claims.NewDetector(claims.Default(), claims.Learn(claims.Default(), without))
		}
		return answerCall(detectors[n], t)
	})
}

// callFolds is how many folds there are when calls are dealt out.
const callFolds = 10

// foldOf returns what numbers the fold of a call.
func foldOf(by string) (func(*labelled) int, error) {
	switch by {
	case "call":
		return func(l *labelled) int { return hashOf(l.ID) % callFolds }, nil
	case "source":
		// the two halves of one source, told apart by their style, are one fold
		return func(l *labelled) int { return hashOf(l.Lang + strings.TrimSuffix(l.Source, "-normal")) }, nil
	case "category":
		return func(l *labelled) int { return hashOf(l.Source + strings.Join(l.Tags, ",")) }, nil
	}
	return nil, fmt.Errorf("--cross-validate %q: want call, source or category", by)
}

func hashOf(s string) int {
	h := fnv.New32a()
	io.WriteString(h, s)
	return int(h.Sum32() >> 1)
}

// Calls written about merchants weigh more than the many about other things.
const (
	ownWeight   = 4
	trainWeight = 4
)

// examples turns the calls that keep accepts (all, if nil) into examples.
func examples(list []labelled, keep func(*labelled) bool) []claims.Example {
	var out []claims.Example
	for i := range list {
		if l := &list[i]; keep == nil || keep(l) {
			if e, ok := l.example(); ok {
				out = append(out, e)
			}
		}
	}
	return out
}

// example is false for a normal call with claims of its own: nothing is to be
// learnt from it.
func (l *labelled) example() (claims.Example, bool) {
	e := claims.Example{Scam: l.Kind == "scam", Frozen: -1, Weight: 1}
	switch l.Source {
	case "own":
		e.Weight = ownWeight
	case "train":
		e.Weight = trainWeight
	}
	for _, tag := range l.Tags {
		if tag == "grey" {
			return e, false
		}
	}
	for _, c := range l.Claims {
		switch c {
		case "account_frozen":
			e.Frozen = 0
			if at := l.ClaimTurns[c]; len(at) > 0 {
				e.Frozen = at[0]
			}
		case "freeze_threat", "freeze_offer", "service_suspended":
			e.Unsure = true
		}
	}
	e.Unsure = e.Unsure && e.Frozen < 0
	for _, t := range l.Turns {
		e.Turns = append(e.Turns, claims.Said{Speaker: speakerOf(t.Speaker), Text: t.Text})
	}
	return e, true
}

func readLabelled(paths []string) ([]labelled, error) {
	var list []labelled
	for _, p := range paths {
		files := []string{p}
		if info, err := os.Stat(p); err != nil {
			return nil, err
		} else if info.IsDir() {
			files, _ = filepath.Glob(filepath.Join(p, "*.jsonl"))
		}
		for _, name := range files {
			more, err := readLabelledFile(name)
			if err != nil {
				return nil, err
			}
			list = append(list, more...)
		}
	}
	return list, nil
}

func readLabelledFile(name string) ([]labelled, error) {
	f, err := os.Open(name)
	if err != nil {
		return nil, err
	}
	defer f.Close()
	var list []labelled
	sc := bufio.NewScanner(f)
	sc.Buffer(make([]byte, 64<<10), maxTranscript)
	for n := 1; sc.Scan(); n++ {
		var l labelled
		if err := json.Unmarshal(sc.Bytes(), &l); err != nil {
			return nil, fmt.Errorf("%s line %d: %w", name, n, err)
		}
		list = append(list, l)
	}
	return list, sc.Err()
}
