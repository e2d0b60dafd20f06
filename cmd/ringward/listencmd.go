package main

import (
	"context"
	"errors"
	"fmt"
	"io"
	"time"

	"ringward/cmd/ringward/config"
	"ringward/gateway"
	"ringward/media/wav"
	"ringward/numberdb"
	"ringward/numbering"
	"ringward/screening"
	"ringward/speech"
	"ringward/speech/ears"
)

const listenUsage = `listen FILE.wav [--lang zh-CN|en] [--from NUMBER] [--words] [--config FILE] [--data DIR] [--json]

Listens to a recording of a call with the same ears as the gateway, and says what
was found when, the verdict, and what the merchant would have been told. A file
with one channel is the caller; with two, the caller is the left one and the
merchant the right one. 8 kHz, 16 bit: sox IN -r 8000 -b 16 FILE.wav
Known recordings need nothing; for words, --config names recognisers, and the
file is then played to them in its own time.`

// listened is what --json prints.
type listened struct {
	File     string          `json:"file"`
	Seconds  float64         `json:"seconds"`
	Evidence []foundEvidence `json:"evidence"`
	Verdict  demoVerdict     `json:"verdict"`
	Warnings []foundWarning  `json:"warnings"`
	NotHeard []string        `json:"not_heard"`
}

type foundEvidence struct {
	At       float64 `json:"at"` // seconds
	By       string  `json:"by"`
	Kind     string  `json:"kind"`
	Strength string  `json:"strength"`
	Rule     string  `json:"rule"`
	Text     string  `json:"text"`
	Words    string  `json:"words,omitempty"` // digits masked
}

type foundWarning struct {
	At     float64 `json:"at"`
	Prompt string  `json:"prompt"`
	Text   string  `json:"text"`
}

func runListen(ctx context.Context, io stdio, args []string) error {
	f := newFlags(io, "listen", listenUsage)
	lang := f.String("lang", "zh-CN", "language of the call and of the output, zh-CN or en")
	from := f.String("from", "", "the caller's `NUMBER`; an ordinary one if empty")
	said := f.Bool("words", false, "print what recognisers heard, digits masked")
	file := f.String("config", "", "configuration `FILE`")
	data := f.String("data", "", "`DIR` of the databases")
	asJSON := f.Bool("json", false, "print one JSON document")
	rest, err := f.parse(args)
	if err != nil {
		return err
	}
	if len(rest) != 1 {
		return f.wrong("name one WAV file")
	}
	cfg, err := loadConfig(*file, *data)
	if err != nil {
		return err
	}
	db, err := openNumbers(cfg, *file == "")
	if err != nil {
		return err
	}
	defer db.Close()
	sides, err := readSides(rest[0])
	if err != nil {
		return err
	}
	l := &listening{cfg: cfg, db: db, lang: *lang, words: *said, out: listened{File: rest[0], Seconds: float64(len(sides[0])) / wav.Rate,
		Evidence: []foundEvidence{}, Warnings: []foundWarning{}, NotHeard: []string{}}}
	if l.voice, err = openVoice(cfg.Prompts.Folder, newLog(io.err, config.Log{Level: "warn"})); err != nil {
		return err
	}
	if !*asJSON {
		l.tell = io.out
	}
	if err := l.run(ctx, io, sides, *from); err != nil {
		return err
	}
	if *asJSON {
		return printJSON(io.out, l.out)
	}
	l.print(io.out)
	return nil
}

// listening is one run of `ringward listen`.
type listening struct {
	cfg   config.Config
	db    *numberdb.Store
	voice voice
	lang  string
	words bool
	case_ *screening.Case
	tell  io.Writer // evidence as it comes; nil for nobody
	out   listened
}

// run lets the ears of a line with the file's language hear the file.
func (l *listening) run(ctx context.Context, io stdio, sides [][]int16, from string) error {
	l.cfg.Lines = []config.Line{{ID: "listen", Language: l.lang, KeepWords: l.words, OwnerAgreed: true}}
	h := newHearing(l.cfg, l.db, l.heard, newLog(io.err, config.Log{Level: "warn"}))
	c, ok := h.Ear("listen", gateway.Line{ID: "listen", Language: l.lang})
	if !ok {
		return errors.New("there is nothing to listen with: add a recording (ringward recordings add), or name recognisers under speech in a configuration file (--config)")
	}
	ctx, stop := context.WithCancel(ctx)
	working := make(chan struct{})
	go func() { defer close(working); _ = h.run(ctx) }() // its trouble is in the log
	defer func() { stop(); <-working }()
	if err := ready(ctx, c); err != nil {
		return err
	}
	source := newFileSource(sides, len(c.Recognisers) > 0)
	c.Source, c.Now, c.Log = source, source.now, newLog(io.err, config.Log{Level: "warn"})
	l.case_ = screening.NewCase(callerOf(l.cfg, l.db, from), screening.Policy{Mode: screening.ModeAnnounce}, screening.Limits{})
	ear := speech.New(c)
	go source.play(ctx) // ends with the file or ctx
	go ear.Run(ctx)     // joined by Summary
	for e := range ear.Evidence() {
		l.take(e)
	}
	v := l.case_.Verdict()
	l.out.Verdict = demoVerdict{Level: v.Level.String(), Reasons: []demoReason{}}
	for _, r := range v.Reasons {
		l.out.Verdict.Reasons = append(l.out.Verdict.Reasons, demoReason{r.Rule, r.Text.In(l.lang)})
	}
	for _, g := range ear.Summary().Gaps {
		l.out.NotHeard = append(l.out.NotHeard, fmt.Sprintf("%s %s %.1f-%.1f s: %s", g.By, g.Engine, g.From.Seconds(), g.To.Seconds(), g.Why))
	}
	return ctx.Err()
}

// readyTimeout is how long a recogniser may take to start.
const readyTimeout = 60 * time.Second

// ready waits until every recogniser of the caller's side answers, so that the
// beginning of the file is heard.
func ready(ctx context.Context, c speech.Config) error {
	ctx, cancel := context.WithTimeout(ctx, readyTimeout)
	defer cancel()
	for _, r := range c.Recognisers[screening.PartyCaller] {
		s, err := r.Recogniser.Open(ctx, c.Options)
		if err != nil {
			return fmt.Errorf("recogniser %s does not answer: %w", r.Name, err)
		}
		s.Close()
	}
	return nil
}

// heard takes the words of a recogniser; the ear's goroutine calls it.
func (l *listening) heard(_ string, h speech.Heard) {
	l.say("%7.1f s  %-8s  %q (%s)", h.At.Seconds(), h.By, h.Text, h.Engine)
}

// callerOf is the evidence of the number, as it is known before the phone rings.
func callerOf(cfg config.Config, db *numberdb.Store, number string) []screening.Evidence {
	p := numbering.Parse(orElse(number, "13800000000"), numbering.Options{Country: cfg.Country})
	return screening.CallerEvidence(screening.Caller{Parsed: p, Now: time.Now(), Lines: 1, Trunk: screening.Trust{Domestic: true, ScreensNumbers: true}}, db.Index())
}

// take weighs one piece of evidence and gives the warning that is due.
func (l *listening) take(e screening.Evidence) {
	found := foundEvidence{e.At.Seconds(), e.By.String(), e.Kind.String(), e.Strength.String(), e.Rule, e.Text.In(l.lang), e.Words}
	l.out.Evidence = append(l.out.Evidence, found)
	l.say("%7.1f s  %-8s  %s [%s, %s]%s", found.At, found.By, found.Text, found.Rule, found.Strength, inQuotes(found.Words))
	if e.Rule == ears.RuleData {
		l.case_.Silence()
	}
	if v, raised := l.case_.Add(e); raised {
		l.say("%7.1f s  verdict   %s", found.At, v.Level)
	}
	if w, due := l.case_.Due(e.At); due {
		l.case_.Given(w, e.At)
		l.out.Warnings = append(l.out.Warnings, foundWarning{found.At, w.Prompt, l.voice.long(w.Prompt, l.lang)})
		l.say("%7.1f s  whisper   %s", found.At, l.voice.long(w.Prompt, l.lang))
	}
}

func (l *listening) say(format string, args ...any) {
	if l.tell != nil {
		fmt.Fprintf(l.tell, format+"\n", args...)
	}
}

func inQuotes(s string) string {
	if s == "" {
		return ""
	}
	return fmt.Sprintf(" %q", s)
}

func (l *listening) print(w io.Writer) {
	if len(l.out.Evidence) == 0 {
		fmt.Fprintf(w, "%.1f s heard, nothing found\n", l.out.Seconds)
	}
	fmt.Fprintf(w, "verdict   %s\n", l.out.Verdict.Level)
	for _, r := range l.out.Verdict.Reasons {
		fmt.Fprintf(w, "  because %s [%s]\n", r.Text, r.Rule)
	}
	for _, g := range l.out.NotHeard {
		fmt.Fprintf(w, "not heard %s\n", g)
	}
}
