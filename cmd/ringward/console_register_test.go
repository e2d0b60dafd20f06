package main

import (
	"fmt"
	"strings"
	"testing"
	"time"

	"ringward/calllog"
	"ringward/console"
	"ringward/numberdb"
)

// TestEffectOfADraftOnPastCalls: a reviewer sees before he approves how past
// calls would be judged.
func TestEffectOfADraftOnPastCalls(t *testing.T) {
	o := newOffice(t)
	log := o.app.recorder.log.Load()
	for i, caller := range []string{"+8613800138000", "+8613800138001", "+8613800138002"} {
		r := calllog.Record{Summary: calllog.Summary{ID: fmt.Sprint("call-", i), Trunk: "demo-carrier", Line: demoLineID, Caller: caller, Start: began()}, Called: demoNumber}
		if !log.Keep(r) {
			t.Fatal("not kept")
		}
	}
	for log.Counters().Written < 3 {
		if err := log.Counters().Failing; err != nil {
			t.Fatal(err)
		}
	}
	id, err := o.app.numbers.PutScam(t.Context(), numberdb.Edit{Author: "ann", Reason: "test"}, numberdb.Scam{Number: "+8613800138001", Source: "feed"})
	if err != nil {
		t.Fatal(err)
	}
	before := o.app.numbers.Index().Version()
	e, err := frontEffects{o.app.current, o.app.numbers, o.app.recorder}.Effect(t.Context(), []string{fmt.Sprint("scam:", id)}, 100)
	if err != nil || e.Calls != 3 || e.Same != 2 || e.Stricter != 1 || len(e.Changed) != 1 || e.Changed[0].Caller != "+8613800138001" {
		t.Errorf("%+v, %v", e, err)
	}
	if o.app.numbers.Index().Version() != before {
		t.Error("looking at it changed the register")
	}
}

// TestBenchOfTheConsole: the bench explains as `ringward screen` does, and
// knows a recording by its sound.
func TestBenchOfTheConsole(t *testing.T) {
	o := newDemoOffice(t)
	b := frontBench{o.app.current, o.app.numbers, o.app.voice}
	text, err := b.Explain(t.Context(), console.Question{Number: demoListed}, "en")
	if err != nil || !strings.Contains(text, "verdict") || !strings.Contains(text, "demonstration") {
		t.Errorf("%s, %v", text, err)
	}
	if _, err := b.Explain(t.Context(), console.Question{Number: "1", Trunk: "none"}, "en"); err == nil {
		t.Error("a trunk that there is not is explained")
	}
	sound, err := soundFiles.ReadFile("sounds/freeze-call.wav")
	if err != nil {
		t.Fatal(err)
	}
	h, err := b.Hear(t.Context(), sound, "zh-CN")
	if err != nil || len(h.Found) == 0 || h.Level == "clear" || h.Seconds < 10 {
		t.Errorf("%+v, %v", h, err)
	}
	for _, bad := range [][]byte{nil, []byte("RIFF")} {
		if _, err := b.Hear(t.Context(), bad, "zh-CN"); err == nil {
			t.Errorf("%d octets are heard", len(bad))
		}
	}
}

func began() time.Time { return time.Now().Add(-time.Hour) }
