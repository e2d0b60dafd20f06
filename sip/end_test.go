package sip_test

import (
	"errors"
	"fmt"
	"testing"
	"testing/synctest"
	"time"

	"ringward/sip"
	"ringward/sip/sipmsg"
	"ringward/sip/siptest"
	"ringward/sip/transport"
)

// Every way that a call can end, at every state: afterwards no goroutine, table
// entry or timer of it is left (run sees to that), and Ended came once, last.
func TestNothingIsLeft(t *testing.T) {
	type side struct {
		c *siptest.Call
		l *sip.Leg
	}
	states := map[string]func(r *rig) side{
		"server, new":     func(r *rig) side { c, l := r.incoming(); return side{c, l} },
		"server, ringing": func(r *rig) side { c, l := r.incoming(); r.ok(l.Progress(180, "", sip.Body{})); return side{c, l} },
		"server, reliably ringing": func(r *rig) side {
			c, l := r.incoming(siptest.SDP("o"), requires)
			r.ok(l.Progress(183, "", sdp("a")))
			r.ok(l.Progress(180, "", sip.Body{}))
			r.ok(l.Answer(sip.Body{}))
			return side{c, l}
		},
		"server, answered":  func(r *rig) side { c, l := r.incoming(); r.ok(l.Answer(sdp("a"))); return side{c, l} },
		"server, confirmed": func(r *rig) side { c, l := r.confirmed(); return side{c, l} },
		"server, re-INVITE received": func(r *rig) side {
			c, l := r.confirmed()
			c.Send("INVITE", siptest.SDP("x"))
			want[sip.Requested](r, l)
			return side{c, l}
		},
		"server, re-INVITE answered": func(r *rig) side {
			c, l := r.confirmed()
			c.Send("INVITE", siptest.SDP("x"))
			r.ok(want[sip.Requested](r, l).Req.Respond(200, "", sdp("y")))
			return side{c, l}
		},
		"server, re-INVITE sent": func(r *rig) side {
			c, l := r.confirmed()
			_, err := l.Send("INVITE", sdp("x"))
			r.ok(err)
			return side{c, l}
		},
		"client, calling": func(r *rig) side { c, l := r.outgoing(); return side{c, l} },
		"client, ringing": func(r *rig) side {
			c, l := r.outgoing()
			c.Reply(c.Invite, 180)
			want[sip.Progressed](r, l)
			return side{c, l}
		},
		"client, cancelling": func(r *rig) side {
			c, l := r.outgoing()
			c.Reply(c.Invite, 180)
			want[sip.Progressed](r, l)
			r.ok(l.Cancel())
			return side{c, l}
		},
		"client, answered": func(r *rig) side {
			c, l := r.outgoing()
			c.Reply(c.Invite, 200, siptest.SDP("a"))
			want[sip.Answered](r, l)
			return side{c, l}
		},
		"client, confirmed": func(r *rig) side { c, l := r.answered(); return side{c, l} },
		"client, ending":    func(r *rig) side { c, l := r.answered(); r.ok(l.Bye()); return side{c, l} },
	}
	ends := map[string]func(r *rig, s side){
		"we close":                func(r *rig, s side) { s.l.Close() },
		"they send BYE":           func(r *rig, s side) { s.c.Send("BYE"); s.l.Close() },
		"they cancel":             func(r *rig, s side) { s.c.Cancel(); s.l.Close() },
		"they vanish":             func(r *rig, s side) { r.net.Lose(all); s.l.Close() },
		"they refuse the INVITE":  func(r *rig, s side) { s.c.Reply(s.c.Invite, 500); s.l.Close() },
		"they answer the INVITE":  func(r *rig, s side) { s.c.Reply(s.c.Invite, 200); s.l.Close() },
		"other forks answer":      func(r *rig, s side) { s.c.LocalTag += "2"; s.c.Reply(s.c.Invite, 200); s.l.Close() },
		"the owner stops reading": func(r *rig, s side) { r.net.Lose(all); time.Sleep(40 * time.Second); s.l.Close() },
	}
	for state, begin := range states {
		for end, finish := range ends {
			t.Run(state+"/"+end, func(t *testing.T) {
				run(t, func(r *rig) {
					s := begin(r)
					synctest.Wait()
					finish(r, s)
					last := drain(r, s.l)
					if _, ok := last.(sip.Ended); !ok {
						t.Errorf("last event %s, want Ended", describe(last))
					}
				})
			})
		}
	}
}

// drain reads all events, two minutes long at most.
func drain(r *rig, l *sip.Leg) (last sip.Event) {
	r.Helper()
	limit := time.After(2 * time.Minute)
	for {
		select {
		case e, ok := <-l.Events():
			if !ok {
				return last
			}
			last = e
		case <-limit:
			r.Fatalf("no end in two minutes, last event %s", describe(last))
		}
	}
}

// A panic inside a leg, here by the owner's hook, ends that leg only.
func TestPanicContained(t *testing.T) {
	run(t, func(r *rig) {
		c, l := r.incoming()
		r.ok(l.Answer(sdp("a")))
		resp := r.peer.ExpectStatus(200, "INVITE")
		r.ok(l.Bye())
		c.Learn(resp)
		c.Ack(resp) // sends the BYE, on the goroutine that reads the socket
		if e := ended(r, l); !errors.Is(e.Cause, sip.ErrPanic) {
			t.Errorf("ended %+v, want ErrPanic", e)
		}
		if n := r.stack.Stats().Panics; n != 1 {
			t.Errorf("%d panics counted, want 1", n)
		}
		c2, l2 := r.incoming()
		r.ok(l2.Reject(480, ""))
		c2.Ack(r.peer.ExpectStatus(480, "INVITE"))
		ended(r, l2)
	}, func(c *sip.Config) {
		c.NextHop = func(transport.Target, sipmsg.URI, transport.Target) transport.Target { panic("boom") }
	})
}

// pair runs two stacks that call each other and a network that may lose.
func pair(t *testing.T, server func(*sip.Leg), script func(r *rig, to sip.DialOptions)) {
	t.Helper()
	synctest.Test(t, func(t *testing.T) {
		r := newRig(t)
		callee, stop := secondStack(r, handlerFunc(server))
		script(r, sip.DialOptions{
			From: nameAddr("sip:a@192.0.2.1"), To: nameAddr("sip:b@192.0.2.2"),
			Target: r.net.End(callee.String()).Target(), Body: sdp("offer"),
		})
		time.Sleep(80 * time.Second)
		synctest.Wait()
		if legs, ghosts, timers := sip.Remains(r.stack); legs != 0 || ghosts != 0 || timers != 0 {
			t.Errorf("left: %d legs, %d ghosts, %d timers", legs, ghosts, timers)
		}
		stop()
		r.stop()
	})
}

// A call between two stacks survives the loss of each message in turn, the
// first time that it is sent.
func TestLossOfEveryMessage(t *testing.T) {
	for n := range 14 {
		t.Run(fmt.Sprintf("message %d", n), func(t *testing.T) {
			pair(t, answering(true), func(r *rig, o sip.DialOptions) {
				r.net.Lose(loseNth(n))
				wholeCall(r, o, true)
			})
		})
	}
}

// A call goes through a network that loses a third of everything.
func TestHeavyLoss(t *testing.T) {
	for seed := range 20 {
		t.Run(fmt.Sprintf("seed %d", seed), func(t *testing.T) {
			pair(t, answering(false), func(r *rig, o sip.DialOptions) {
				r.net.Lose(loseThird(uint64(seed)))
				wholeCall(r, o, false)
			})
		})
	}
}

func TestManyCallsAtOnce(t *testing.T) {
	pair(t, answering(false), func(r *rig, o sip.DialOptions) {
		done := make(chan struct{})
		const n = 200
		for range n {
			go func() {
				wholeCall(r, o, false)
				done <- struct{}{}
			}()
		}
		for range n {
			<-done
		}
	})
}

// answering is a callee: rings, answers, and stays until the caller hangs up.
func answering(reliably bool) func(*sip.Leg) {
	return func(l *sip.Leg) {
		body := sip.Body{}
		if reliably {
			body = sdp("answer")
		}
		_ = l.Progress(183, "", body)
		_ = l.Answer(sdp("answer"))
		for range l.Events() {
		}
	}
}

// wholeCall dials, acknowledges, holds the line a minute and hangs up.
func wholeCall(r *rig, o sip.DialOptions, strict bool) {
	l, err := r.stack.Dial(o)
	if err != nil {
		r.Error(err)
		return
	}
	for e := range l.Events() {
		switch v := e.(type) {
		case sip.Answered:
			if err := l.Ack(sip.Body{}); err != nil {
				r.Errorf("ack: %v", err)
			}
			time.Sleep(time.Second)
			if err := l.Bye(); err != nil {
				r.Errorf("bye: %v", err)
			}
		case sip.Ended:
			if strict && v.Cause != nil {
				r.Errorf("ended by %v: %v", v.By, v.Cause)
			}
		case sip.Failed:
			r.Errorf("failed %d: %v", v.Status, v.Err)
		}
	}
}
