package main

import (
	"testing"
	"time"
)

// TestTestCallPlaysTheWarnings: the line's telephone rings and hears the
// warnings; a second one waits its turn.
func TestTestCallPlaysTheWarnings(t *testing.T) {
	o := newOffice(t)
	var status int
	for range 200 { // until the console serves
		if status = o.answer("POST", "/v1/lines/demo/test", "", nil); status != 409 {
			break
		}
	}
	if status != 200 {
		t.Fatalf("test call: %d", status)
	}
	if status := o.answer("POST", "/v1/lines/demo/test", "", nil); status != 409 {
		t.Errorf("a second one at once: %d", status)
	}
	call := <-o.phone.Incoming()
	if from, err := call.Invite().From(); err != nil || from.Display != "Ringward 试听" {
		t.Errorf("shown as %q, %v", from.Display, err)
	}
	if err := call.Answer(); err != nil {
		t.Fatal(err)
	}
	loud := func() bool {
		for _, s := range call.Heard() {
			if s > 2000 || s < -2000 {
				return true
			}
		}
		return false
	}
	limit, tick := time.After(20*time.Second), time.NewTicker(20*time.Millisecond)
	defer tick.Stop()
	for !loud() {
		select {
		case <-limit:
			t.Fatal("nothing is heard")
		case <-tick.C:
		}
	}
	call.Hangup()
	<-call.Over()
}
