package main

import (
	"bufio"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"

	"ringward/screening/claims"
)

const claimsUsage = `claims [--rules-alone] [--rules FILE,...] | claims rules VERB | claims train ...

Reads call transcripts as JSON lines from standard input,
  {"id": "...", "lang": "zh", "turns": [{"speaker": "caller", "text": "..."}, {"speaker": "callee", "text": "..."}]}
and writes one line for each to standard output:
  {"id": "...", "verdict": "scam", "claims": ["account_frozen", ...], "first_alert_turn": 2, "because": [...]}`

// transcript is one call on standard input.
type transcript struct {
	ID    string `json:"id"`
	Turns []struct {
		Speaker string `json:"speaker"`
		Text    string `json:"text"`
	} `json:"turns"`
}

// claimsAnswer is what is said of one call.
type claimsAnswer struct {
	ID         string   `json:"id"`
	Verdict    string   `json:"verdict"`
	Claims     []string `json:"claims"`
	FirstAlert *int     `json:"first_alert_turn"`
	Rule       string   `json:"rule,omitempty"`
	Score      float64  `json:"score,omitempty"`
	Frozen     float64  `json:"frozen_score,omitempty"`
	Because    []string `json:"because,omitempty"`
}

// maxTranscript bounds one line of input.
const maxTranscript = 8 << 20

func runClaims(ctx context.Context, io stdio, args []string) error {
	if len(args) > 0 && args[0] == "train" {
		return trainClaims(io, args[1:])
	}
	if len(args) > 0 && args[0] == "rules" {
		return runRules(ctx, io, args[1:])
	}
	f := newFlags(io, "claims", claimsUsage)
	alone := f.Bool("rules-alone", false, "leave the statistical model out")
	add := f.String("rules", "", "with the rules of `FILE`s too, by comma: what claims rules add takes")
	rest, err := f.parse(args)
	if err != nil {
		return err
	}
	if len(rest) > 0 {
		return f.wrong("unexpected argument %q", rest[0])
	}
	model := claims.DefaultModel()
	if *alone {
		model = nil
	}
	rules, err := ruleFiles(*add)
	if err != nil {
		return err
	}
	detector := claims.NewDetector(rules, model)
	return eachTranscript(io.in, io.out, func(t *transcript) claimsAnswer { return answerCall(detector, t) })
}

// eachTranscript answers every line of in with a line on out.
func eachTranscript(in io.Reader, out io.Writer, answer func(*transcript) claimsAnswer) error {
	sc := bufio.NewScanner(in)
	sc.Buffer(make([]byte, 64<<10), maxTranscript)
	w := bufio.NewWriter(out)
	enc := json.NewEncoder(w)
	for n := 1; sc.Scan(); n++ {
		if len(sc.Bytes()) == 0 {
			continue
		}
		var t transcript
		if err := json.Unmarshal(sc.Bytes(), &t); err != nil {
			return fmt.Errorf("line %d: %w", n, err)
		}
		if err := enc.Encode(answer(&t)); err != nil {
			return err
		}
	}
	if errors.Is(sc.Err(), bufio.ErrTooLong) {
		return fmt.Errorf("a line is longer than %d bytes", maxTranscript)
	}
	return errors.Join(sc.Err(), w.Flush())
}

// answerCall runs one call through d, turn by turn.
func answerCall(d *claims.Detector, t *transcript) claimsAnswer {
	d.Reset()
	a := claimsAnswer{ID: t.ID}
	for i, turn := range t.Turns {
		d.Turn(speakerOf(turn.Speaker), turn.Text, true, 0)
		if d.Level() != claims.OK && a.FirstAlert == nil {
			a.FirstAlert = &i
		}
	}
	s := d.Assessment()
	a.Verdict, a.Rule, a.Score, a.Frozen, a.Claims = s.Level.String(), s.Rule, s.Score, s.Frozen, []string{}
	if s.Words != "" {
		a.Because = append(a.Because, "model: "+s.Words)
	}
	for _, f := range s.Heard {
		a.Claims = append(a.Claims, f.Label.Transcript())
		a.Because = append(a.Because, fmt.Sprintf("%s (%s, turn %d): %s", f.Label, f.Rule, f.Turn, f.Words))
	}
	return a
}

func speakerOf(s string) claims.Speaker {
	if s == "caller" {
		return claims.Caller
	}
	return claims.Merchant
}
