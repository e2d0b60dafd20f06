package main

import (
	"context"
	"encoding/json"
	"fmt"
	"log/slog"
	"sync/atomic"

	"ringward/cmd/ringward/config"
	"ringward/gateway"
	"ringward/numberdb"
	"ringward/numbering"
	"ringward/speech"
	"ringward/speech/ears"
	"ringward/speech/engine"
	"ringward/speech/engine/funasr"
	"ringward/speech/engine/sherpa"
	"ringward/speech/engine/vosk"
	"ringward/speech/engine/worker"
	"ringward/speech/engine/ws"
	"ringward/speech/fingerprint"
)

// hearing is what listens to calls, as the gateway wants it (gateway.Ears).
type hearing struct {
	ears   *ears.Ears
	lines  atomic.Pointer[map[string]ears.Line] // of the configuration, by id
	db     *numberdb.Store
	worker *worker.Process // nil: no model runs here
}

// newHearing plugs the recognisers of the configuration and the recordings of
// the number database together. keep takes the words of lines that keep them.
func newHearing(cfg config.Config, db *numberdb.Store, keep func(call string, h speech.Heard), log *slog.Logger) *hearing {
	h := &hearing{db: db}
	h.setLines(cfg.Lines)
	h.worker = newWorker(cfg.Speech, log)
	o := ears.Options{Keep: keep,
		Recordings:  func() ears.Recordings { return knownRecordings(db.Recordings()) },
		Institution: func(words string) string { return institutionIn(db, words) },
		RulesNow:    newAnalystRules(db, log).now,
	}
	for _, r := range cfg.Speech.Recognisers {
		o.Recognisers = append(o.Recognisers, ears.Recogniser{Language: r.Language, CallerOnly: r.CallerOnly,
			Named: speech.Named{Name: r.Name, Recogniser: speech.NewPool(speech.Member{Recogniser: recogniser(r, h.worker), Places: r.Calls})}})
	}
	h.ears = ears.New(o)
	return h
}

// setLines takes the lines of a configuration.
func (h *hearing) setLines(list []config.Line) {
	lines := make(map[string]ears.Line, len(list))
	for _, l := range list {
		lines[l.ID] = ears.Line{Language: l.Language, Recognisers: l.Recognisers, KeepWords: l.KeepWords && l.OwnerAgreed}
	}
	h.lines.Store(&lines)
}

// Ear is gateway.Ears.
func (h *hearing) Ear(call string, line gateway.Line) (speech.Config, bool) {
	return h.ears.Listen(call, h.line(line))
}

// line says how a line is listened to.
func (h *hearing) line(l gateway.Line) ears.Line {
	if own, ok := (*h.lines.Load())[l.ID]; ok {
		if choice, chosen := choiceFor(h.db, l.Number); chosen {
			own.KeepWords = choice.KeepWords
		}
		return own
	}
	out := ears.Line{Language: l.Language}
	n, err := numbering.ParseCanonical(l.Number)
	if err != nil {
		return out
	}
	if stored, ok := h.db.Line(n); ok {
		var p linePolicy
		if json.Unmarshal(stored.Policy, &p) == nil {
			out.Recognisers, out.KeepWords = p.Recognisers, p.KeepWords && p.OwnerAgreed
			if p.Choice != nil {
				out.KeepWords = p.Choice.KeepWords
			}
		}
	}
	return out
}

// run keeps the worker running until ctx ends.
func (h *hearing) run(ctx context.Context) error {
	if h.worker != nil {
		h.worker.Run(ctx)
	}
	return nil
}

func knownRecordings(set *numberdb.RecordingSet) ears.Recordings {
	return ears.Recordings{Index: set.Scams, Info: func(id fingerprint.ID) (ears.Known, bool) {
		r, ok := set.Info(id)
		return ears.Known{Title: r.Title, Institution: r.Institution}, ok
	}}
}

// institutionIn is the first institution that words name.
func institutionIn(db *numberdb.Store, words string) string {
	if found := db.Index().InstitutionsNamed(numbering.FoldName(words)); len(found) > 0 {
		return found[0].ID
	}
	return ""
}

// newWorker makes the process that models run in, nil where none is configured.
func newWorker(s config.Speech, log *slog.Logger) *worker.Process {
	c := worker.Config{Argv: s.Worker.Program, Threads: s.Worker.Threads, Log: log}
	if len(c.Argv) == 0 {
		c.Argv = []string{"asr-worker"}
	}
	for _, r := range s.Recognisers {
		if r.Kind != "worker" {
			continue
		}
		m := worker.ModelConfig{Name: r.Name, Dir: r.Model, Task: worker.Task(r.Task)}
		for _, k := range r.Keywords {
			m.Keywords = append(m.Keywords, worker.Keyword{Phrase: k})
		}
		c.Models = append(c.Models, m)
	}
	if len(c.Models) == 0 {
		return nil
	}
	return worker.NewProcess(c)
}

// recogniser makes one engine. The kinds were checked by config.
func recogniser(r config.Recogniser, p *worker.Process) engine.Recogniser {
	server := ws.Server{URL: r.URL, SelfSigned: r.SelfSigned, Pin: r.Pin}
	switch r.Kind {
	case "vosk":
		return &vosk.Server{WS: server, Plain: r.Variant == "plain"}
	case "funasr":
		return &funasr.Server{WS: server, Python: r.Variant == "python"}
	case "sherpa":
		return &sherpa.Server{WS: server, Narrow: r.Variant == "narrow"}
	case "worker":
		return p.Model(r.Name)
	}
	panic(fmt.Sprintf("recogniser of kind %q", r.Kind)) // config refuses it
}
