package gateway_test

import (
	"testing"

	"ringward/gateway"
)

// faulty is a voice that has a fault in one prompt.
type faulty struct{ beeps }

func (f faulty) Clip(id, lang string) []int16 {
	if id == "fault" {
		var none []int16
		return none[1:2] // out of range
	}
	return f.beeps.Clip(id, lang)
}

// A fault in one call ends that call, which says so in its record, and no other.
func TestFaultEndsOneCallOnly(t *testing.T) {
	w := newWorld(t, options{config: func(c *gateway.Config) { c.Voice = faulty{} }})
	caller, merchant := talking(t, w)
	broken := w.gateway.Calls()[0]
	other, otherMerchant := talking(t, w)
	must(t, w.gateway.Whisper(broken, "fault"))
	done(t, caller.Over(), "the caller to be told")
	done(t, merchant.Over(), "the merchant to be told")
	r := w.record()
	if r.ID != broken || !hasEvent(r, "fault", "") || r.EndedBy != "gateway" || r.Outcome != gateway.OutcomeFailed {
		t.Errorf("got %+v", r)
	}
	packets(t, other, 20)
	packets(t, otherMerchant, 20)
	if s := w.gateway.Stats(); s.Panics != 1 || s.Active != 1 {
		t.Errorf("%d faults counted, %d calls run, want 1 and 1", s.Panics, s.Active)
	}
	other.Hangup()
	if r := w.record(); r.Outcome != gateway.OutcomeAnswered || hasEvent(r, "fault", "") {
		t.Errorf("the other call: %+v", r)
	}
}

// breaking is a recorder that has a fault itself.
type breaking struct{ w **world }

func (b breaking) Keep(r gateway.Record) {
	(*b.w).Keep(r)
	panic("no place for a record")
}

// A fault on the way out leaves nothing behind: no call, port or place of its
// trunk.
func TestFaultInClosingLeavesNothing(t *testing.T) {
	var w *world
	w = newWorld(t, options{config: func(c *gateway.Config) { c.Recorder = breaking{&w} }, trunk: func(tr *gateway.Trunk) { tr.MaxCalls = 1 }})
	for range 3 {
		caller, merchant := talking(t, w)
		caller.Hangup()
		done(t, merchant.Over(), "the call to end")
		w.record()
		until(t, "the call to be gone", func() bool { return w.gateway.Stats().Active == 0 })
	}
	if s := w.gateway.Stats(); s.Panics != 3 {
		t.Errorf("%d faults counted, want 3", s.Panics)
	}
}
