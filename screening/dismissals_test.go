package screening_test

import (
	"testing"
	"time"

	"ringward/screening"
)

func TestTwoDismissalsHushALine(t *testing.T) {
	d := screening.NewDismissals(2)
	day := time.Date(2026, 5, 4, 9, 0, 0, 0, time.UTC)
	if d.Add("a", day); d.Hushed("a", day) {
		t.Error("one dismissal hushes")
	}
	d.Add("a", day.Add(time.Hour))
	for after, want := range map[time.Duration]bool{time.Hour: true, 23 * time.Hour: true, 24 * time.Hour: false} {
		if got := d.Hushed("a", day.Add(after)); got != want {
			t.Errorf("after %v: hushed %v, want %v", after, got, want)
		}
	}
	if d.Hushed("b", day) {
		t.Error("another line is hushed")
	}
	d.Add("b", day.Add(2*time.Hour))
	d.Add("c", day.Add(3*time.Hour)) // the third of two: a goes
	if d.Hushed("a", day.Add(3*time.Hour)) {
		t.Error("the memory is not bounded")
	}
}

// TestAHushedLineIsStillAlarmed: warnings are recorded, alarms spoken.
func TestAHushedLineIsStillAlarmed(t *testing.T) {
	c := screening.NewCase(nil, screening.Policy{Mode: screening.ModeAnnounce}, screening.Limits{Hushed: true})
	hear := func(k screening.Kind, at time.Duration) screening.Warning {
		c.Add(screening.Evidence{At: at, Source: screening.SourceWords, Rule: "words.x", Kind: k, By: screening.PartyCaller, Strength: screening.Strong, Institution: "unionpay"})
		w, due := c.Due(at)
		if !due {
			t.Fatalf("nothing is due after %v", k)
		}
		c.Given(w, at)
		return w
	}
	if w := hear(screening.AccountFrozen, time.Second); w.Level != screening.LevelWarning || !w.Silent {
		t.Errorf("the claim: %+v, want a silent warning", w)
	}
	if w := hear(screening.CodeRequest, 3*time.Second); w.Level != screening.LevelAlarm || w.Silent {
		t.Errorf("the request: %+v, want a spoken alarm", w)
	}
}
