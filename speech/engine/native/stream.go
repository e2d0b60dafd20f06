//go:build sherpa && cgo && linux

package native

import (
	"encoding/json"
	"slices"
	"strings"
	"time"

	sherpa "github.com/k2-fsa/sherpa-onnx-go-linux"

	"ringward/speech/engine"
)

// tail is the silence that pushes the last sound through the model: 0.6 s.
var tail = make([]float32, engine.Rate*6/10)

// recognition is a stream of a recogniser.
type recognition struct {
	r       *sherpa.OnlineRecognizer
	s       *sherpa.OnlineStream
	segment int
	last    []string // tokens of the last result
}

func (p *recognition) accept(wave []float32) (list []engine.Result) {
	p.s.AcceptWaveform(engine.Rate, wave)
	for p.r.IsReady(p.s) {
		p.r.Decode(p.s)
		end := p.r.IsEndpoint(p.s)
		if r, ok := p.result(end); ok {
			list = append(list, r)
		}
		if end {
			p.r.Reset(p.s)
			p.last = nil
		}
	}
	return list
}

// result is what the segment at hand is heard as, if that is new.
func (p *recognition) result(final bool) (engine.Result, bool) {
	got := p.r.GetResult(p.s)
	if len(got.Tokens) == 0 || (!final && slices.Equal(got.Tokens, p.last)) {
		return engine.Result{}, false
	}
	p.last = got.Tokens
	var more struct {
		Start float64 `json:"start_time"`
	}
	_ = json.Unmarshal([]byte(got.Json), &more) // without it times count from the segment
	times := make([]float64, len(got.Timestamps))
	for i, t := range got.Timestamps {
		times[i] = float64(t)
	}
	r := engine.Result{Text: strings.TrimSpace(got.Text), Final: final, Segment: p.segment}
	r.Words, r.Pinyin = engine.Units(got.Tokens, times, more.Start)
	if r.Pinyin {
		r.Text = engine.Spoken(r.Words)
	}
	if final {
		p.segment++
	}
	return r, true
}

func (p *recognition) finish() []engine.Result {
	list := p.accept(tail)
	p.s.InputFinished()
	for p.r.IsReady(p.s) {
		p.r.Decode(p.s)
	}
	if r, ok := p.result(true); ok {
		list = append(list, r)
	}
	return list
}

func (p *recognition) close() { sherpa.DeleteOnlineStream(p.s) }

// spotting is a stream of a keyword spotter.
type spotting struct {
	k     *sherpa.KeywordSpotter
	s     *sherpa.OnlineStream
	given int // samples
	hits  int
}

// latency is how long after its last sound a keyword is spotted: the model's
// chunk of 0.32 s and what it looks ahead.
const latency = 450 * time.Millisecond

func (p *spotting) accept(wave []float32) (list []engine.Result) {
	p.s.AcceptWaveform(engine.Rate, wave)
	p.given += len(wave)
	for p.k.IsReady(p.s) {
		p.k.Decode(p.s)
		got := p.k.GetResult(p.s)
		if got.Keyword == "" {
			continue
		}
		end := max(0, engine.Span(p.given)-latency)
		list = append(list, engine.Result{Text: got.Keyword, Final: true, Spotted: true, Segment: p.hits,
			Words: []engine.Word{{Text: got.Keyword, Start: max(0, end-time.Second), End: end}}})
		p.hits++
		p.k.Reset(p.s)
	}
	return list
}

func (p *spotting) finish() []engine.Result { return p.accept(tail) }

func (p *spotting) close() { sherpa.DeleteOnlineStream(p.s) }
