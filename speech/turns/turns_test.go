package turns_test

import (
	"slices"
	"strings"
	"testing"
	"time"

	"ringward/speech/turns"
)

// feed plays a score: one character a tenth of a second; C caller, c callee, B
// both, - neither, # a key of the callee.
func feed(t *turns.Tracker, score string) (events []turns.Event) {
	for _, s := range score {
		if s == '#' {
			events = t.Key(events)
			continue
		}
		for range 5 {
			events = t.Feed(s == 'C' || s == 'B', s == 'c' || s == 'B', events)
		}
	}
	return events
}

// run is a length of one thing, in seconds.
func run(what string, seconds float64) string { return strings.Repeat(what, int(seconds*10)) }

func TestTurns(t *testing.T) {
	sentence := run("C", 3) + run("-", 0.4)
	talk := strings.Repeat(sentence, 3)
	ignored := run("C", 1) + run("B", 0.8) + run("C", 4) + run("-", 0.2)
	yields := run("C", 1) + run("B", 0.8) + run("c", 2) + run("-", 0.3)
	tests := []struct {
		name  string
		score string
		want  []turns.Kind
	}{
		{"silence", run("-", 60), nil},
		{"conversation", strings.Repeat(sentence+run("c", 2)+run("-", 0.5), 20), nil},
		{"long explanation with mm-hm", strings.Repeat(sentence+run("c", 0.4), 4), nil},
		{"recording", strings.Repeat(sentence, 10), []turns.Kind{turns.Monologue}},
		{"recording with a long gap", talk + run("-", 2) + talk, nil},
		{"recording that is spoken to", strings.Repeat(ignored, 3), []turns.Kind{turns.TalkOver}},
		{"recording that is spoken to all the time", strings.Repeat(ignored, 8), []turns.Kind{turns.TalkOver, turns.Monologue}},
		{"a person who gives way", strings.Repeat(yields, 10), nil},
		{"both give way now and then", strings.Repeat(ignored+yields, 6), nil},
		{"menu", talk + "#", []turns.Kind{turns.MenuKey}},
		{"menu, two keys", talk + "#" + sentence + "#", []turns.Kind{turns.MenuKey}},
		{"a key in a conversation", sentence + run("c", 2) + "#", nil},
		{"two monologues", strings.Repeat(sentence, 10) + run("c", 3) + strings.Repeat(sentence, 10), []turns.Kind{turns.Monologue, turns.Monologue}},
	}
	for _, tt := range tests {
		var tr turns.Tracker
		var got []turns.Kind
		for _, e := range feed(&tr, tt.score) {
			got = append(got, e.Kind)
		}
		if !slices.Equal(got, tt.want) {
			i, y := tr.Attempts()
			t.Errorf("%s: got %v, want %v (ignored %d, gave way %d)", tt.name, got, tt.want, i, y)
		}
	}
}

func TestWhen(t *testing.T) {
	var tr turns.Tracker
	got := feed(&tr, run("C", 25))
	if len(got) != 1 || got[0].At != 20*time.Second {
		t.Errorf("got %v, want a monologue at 20 s", got)
	}
}

func TestNames(t *testing.T) {
	if got := turns.Monologue.String() + turns.TalkOver.String() + turns.MenuKey.String() + turns.Kind(0).String(); got != "monologuetalk-overmenu keynone" {
		t.Errorf("got %q", got)
	}
}

func FuzzTurns(f *testing.F) {
	f.Add("CCCCBBBBBBBBCCCCC##--cccc")
	f.Fuzz(func(t *testing.T, score string) {
		var tr turns.Tracker
		last := time.Duration(0)
		talkOver := 0
		for _, e := range feed(&tr, score) {
			if e.At < last || e.Kind == 0 {
				t.Errorf("got %v after %v", e, last)
			}
			last = e.At
			if e.Kind == turns.TalkOver {
				talkOver++
			}
		}
		if i, y := tr.Attempts(); talkOver > 1 || i < 0 || y < 0 {
			t.Errorf("got %d talk-overs, %d and %d attempts", talkOver, i, y)
		}
	})
}

func TestFeedDoesNotAllocate(t *testing.T) {
	var tr turns.Tracker
	if n := testing.AllocsPerRun(500, func() { tr.Feed(true, false, nil) }); n > 0.01 {
		t.Errorf("got %v allocations a frame, want 0", n)
	}
}

// BenchmarkFeed is one second of a call.
func BenchmarkFeed(b *testing.B) {
	var tr turns.Tracker
	b.ReportAllocs()
	for b.Loop() {
		for range 50 {
			tr.Feed(true, false, nil)
		}
	}
}
