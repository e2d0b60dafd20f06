package console

import (
	"errors"
	"io"
	"net/http"
	"strings"
	"time"
	"unicode/utf8"

	"ringward/screening/claims"
)

type benchPage struct {
	Tab      string
	Question Question
	Explain  string
	Text     string
	Claims   *claimsFound
	Hearing  *Hearing
	Bench    bool
	Wrong    string
	Version  string
}

// claimsFound is what was found in a transcript.
type claimsFound struct {
	Level, Rule, Words string
	Score              int // percent
	Turns              []benchTurn
}

type benchTurn struct {
	Who, Text string
	Found     []claims.Finding
}

const (
	maxTranscript = 64 << 10
	maxTurns      = 400
)

// pageBench is the test bench: a number, a transcript, a recording.
func pageBench(v *view) error {
	q := v.URL.Query()
	p := v.bench()
	p.Question = Question{Number: q.Get("number"), Name: q.Get("name"), Trunk: q.Get("trunk")}
	if p.Question.Number != "" && v.c.o.Bench != nil {
		text, err := v.c.o.Bench.Explain(v.Context(), p.Question, v.lang)
		if errors.Is(err, ErrQuestion) {
			p.Wrong = err.Error()
		} else if err != nil {
			return err
		}
		p.Explain = text
	}
	return v.render(http.StatusOK, "bench", p)
}

func (v *view) bench() benchPage {
	return benchPage{Tab: "bench", Bench: v.c.o.Bench != nil, Version: v.c.wordRules().Version()}
}

// wordRules are the program's rules over words with those that analysts keep in
// the register. Where those do not fit together, calls are judged without them,
// and so is the bench.
func (c *Console) wordRules() *claims.Rules {
	if more := c.additions(); len(more) > 0 {
		if rules, err := claims.Extend(more...); err == nil {
			return rules
		}
	}
	return claims.Default()
}

// additions are the rules over words that analysts keep in the register.
func (c *Console) additions() []claims.Addition {
	var more []claims.Addition
	for _, r := range c.o.Numbers.Rules().List() {
		more = append(more, claims.Addition{Name: r.Name, Text: []byte(r.Text)})
	}
	return more
}

// postTranscript finds claims and requests in what was said. The text is not kept.
func postTranscript(v *view) error {
	p := v.bench()
	p.Text = v.PostFormValue("text")
	if len(p.Text) > maxTranscript || !utf8.ValidString(p.Text) {
		return problem(http.StatusUnprocessableEntity, "", "At most 64 KiB of text.")
	}
	p.Claims = findClaims(v.c.wordRules(), p.Text)
	return v.render(http.StatusOK, "bench", p)
}

// findClaims reads a transcript: one turn a line, the merchant's with M: or
// 商户: before it, everything else the caller's.
func findClaims(rules *claims.Rules, text string) *claimsFound {
	d := claims.NewDetector(rules, claims.DefaultModel())
	out := &claimsFound{}
	for line := range strings.Lines(text) {
		line = strings.TrimSpace(line)
		if line == "" || len(out.Turns) == maxTurns {
			continue
		}
		t := benchTurn{Who: "caller", Text: line}
		speaker := claims.Caller
		for _, mark := range []string{"M:", "M：", "商户:", "商户：", "merchant:"} {
			if rest, ok := strings.CutPrefix(line, mark); ok {
				t.Who, t.Text, speaker = "merchant", strings.TrimSpace(rest), claims.Merchant
			}
		}
		for _, mark := range []string{"C:", "C：", "来电:", "来电：", "caller:"} {
			t.Text = strings.TrimSpace(strings.TrimPrefix(t.Text, mark))
		}
		found := d.Turn(speaker, t.Text, true, time.Duration(len(out.Turns))*5*time.Second)
		t.Found = append([]claims.Finding{}, found...)
		out.Turns = append(out.Turns, t)
	}
	a := d.Assessment()
	out.Level, out.Rule, out.Words, out.Score = a.Level.String(), a.Rule, a.Words, int(a.Score*100)
	return out
}

// postRecording listens to an uploaded recording. It is not kept.
func postRecording(v *view) error {
	p := v.bench()
	if v.c.o.Bench == nil {
		return notFound
	}
	if v.file == nil {
		return v.to("/bench", "err", "nofile")
	}
	sound, err := io.ReadAll(io.LimitReader(v.file, maxRecording+1))
	if err != nil {
		return err
	}
	if len(sound) > maxRecording {
		return problem(http.StatusRequestEntityTooLarge, "", "At most 4 MiB: about four minutes.")
	}
	h, err := v.c.o.Bench.Hear(v.Context(), sound, v.lang)
	switch {
	case errors.Is(err, ErrQuestion):
		p.Wrong = err.Error()
	case err != nil:
		return err
	default:
		p.Hearing = &h
	}
	return v.render(http.StatusOK, "bench", p)
}
