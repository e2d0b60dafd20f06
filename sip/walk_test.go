package sip_test

import (
	"fmt"
	"math/rand/v2"
	"testing"
	"testing/synctest"
	"time"

	"ringward/sip"
	"ringward/sip/sipmsg"
	"ringward/sip/siptest"
)

// walker plays a peer and an owner that both do anything at any time.
type walker struct {
	r    *rig
	rnd  *rand.Rand
	call *siptest.Call
	leg  *sip.Leg
	open []*sip.InDialog
	sent []*sip.Pending
}

// Whatever owner and peer do, in whatever order, with a tenth of the messages
// lost: nothing panics, Ended comes once and last, and nothing is left.
func TestRandomWalk(t *testing.T) {
	for seed := range uint64(300) {
		t.Run(fmt.Sprintf("seed %d", seed), func(t *testing.T) {
			run(t, func(r *rig) {
				w := &walker{r: r, rnd: rand.New(rand.NewPCG(seed, 7))}
				if w.rnd.IntN(2) == 0 {
					w.call, w.leg = r.incoming(w.edits()...)
				} else {
					w.call, w.leg = r.outgoing()
				}
				r.net.Lose(loseSome(w.rnd.Uint64()))
				for range 5 + w.rnd.IntN(40) {
					w.step()
				}
				w.leg.Close()
				w.finish()
				for len(r.legs) > 0 { // INVITEs of the peer that made other calls
					l := <-r.legs
					l.Close()
					drain(r, l)
				}
				if n := r.stack.Stats().Panics; n != 0 {
					t.Errorf("%d panics", n)
				}
			})
		})
	}
}

func (w *walker) step() {
	switch w.rnd.IntN(5) {
	case 0, 1:
		w.owner()
	case 2:
		w.peer()
	case 3:
		w.answers()
	default:
		time.Sleep(time.Duration(w.rnd.IntN(3000)) * time.Millisecond)
	}
	w.read()
}

// read takes the events there are and does what an owner must.
func (w *walker) read() {
	synctest.Wait()
	for len(w.leg.Events()) > 0 {
		e, ok := <-w.leg.Events()
		if !ok {
			return
		}
		switch v := e.(type) {
		case sip.Requested:
			w.open = append(w.open, v.Req)
		case sip.Answered:
			if w.rnd.IntN(4) > 0 {
				_ = w.leg.Ack(sip.Body{})
			}
		case sip.Progressed:
			if v.NeedsAnswer {
				_ = w.leg.Prack(v, sdp("a"))
			}
		}
	}
}

func (w *walker) body() sip.Body {
	if w.rnd.IntN(2) == 0 {
		return sip.Body{}
	}
	return sdp("x")
}

func (w *walker) edits() []siptest.Edit {
	var out []siptest.Edit
	if w.rnd.IntN(2) == 0 {
		out = append(out, siptest.SDP("y"))
	}
	if w.rnd.IntN(3) == 0 {
		out = append(out, requires)
	}
	return append(out, supports)
}

// owner calls some method; most do not fit the state.
func (w *walker) owner() {
	l := w.leg
	switch w.rnd.IntN(14) {
	case 0:
		_ = l.Trying()
	case 1, 2:
		_ = l.Progress(180+w.rnd.IntN(4), "", w.body())
	case 3, 4:
		_ = l.Answer(w.body())
	case 5:
		_ = l.Ack(w.body())
	case 6:
		if w.rnd.IntN(5) == 0 {
			_ = l.Cancel()
		}
	case 7:
		if w.rnd.IntN(5) == 0 {
			_ = l.Bye()
		}
	case 8, 9, 10:
		p, err := l.Send([]string{"INVITE", "UPDATE", "INFO"}[w.rnd.IntN(3)], w.body())
		if err == nil {
			w.sent = append(w.sent, p)
		}
	case 11:
		for _, p := range w.sent {
			_ = p.Ack(w.body())
		}
	default:
		for _, q := range w.open {
			_ = q.Respond([]int{180, 200, 200, 488}[w.rnd.IntN(4)], "", w.body())
		}
	}
}

// peer sends some request, in or out of order.
func (w *walker) peer() {
	c := w.call
	switch w.rnd.IntN(10) {
	case 0:
		if w.rnd.IntN(4) == 0 {
			c.Send("BYE")
		}
	case 1:
		if w.rnd.IntN(4) == 0 {
			c.Cancel()
		}
	case 2, 3:
		c.Send("INVITE", w.edits()...)
	case 4:
		c.Send("UPDATE", w.edits()...)
	case 5:
		c.Send("INFO")
	case 6:
		c.Send("PRACK", siptest.Add("RAck", "1 1 INVITE"))
	case 7:
		c.Seq += uint32(w.rnd.IntN(3))
	case 8:
		c.RemoteTag = w.leg.LocalTag()
	default:
		c.Send("OPTIONS")
	}
}

// answers reacts to what came, as a peer should or otherwise.
func (w *walker) answers() {
	for _, m := range w.r.peer.Unread() {
		switch {
		case m.Status >= 200 && siptest.Response(m.Status, "INVITE")(m):
			w.call.RemoteTag = m.ToTag()
			if w.rnd.IntN(3) > 0 {
				w.call.Ack(m)
			}
		case m.Status > 100 && m.Has("RSeq"):
			w.call.RemoteTag = m.ToTag()
			if w.rnd.IntN(3) > 0 {
				prack(w.call, m, w.maybeSDP())
			}
		case m.IsRequest() && m.Method != "ACK":
			w.reply(m)
		}
	}
	w.r.peer.Forget()
}

func (w *walker) maybeSDP() siptest.Edit {
	if w.rnd.IntN(2) == 0 {
		return func(*sipmsg.Message) {}
	}
	return siptest.SDP("p")
}

func (w *walker) reply(m *sipmsg.Message) {
	status := []int{100, 180, 183, 200, 200, 200, 302, 481, 487, 491, 500}[w.rnd.IntN(11)]
	var edits []siptest.Edit
	if status == 183 {
		edits = append(edits, siptest.Add("Require", "100rel"), siptest.Add("RSeq", fmt.Sprint(1+w.rnd.IntN(3))))
	}
	if w.rnd.IntN(2) == 0 {
		edits = append(edits, siptest.SDP("r"))
	}
	tag := w.call.LocalTag
	if w.rnd.IntN(6) == 0 {
		w.call.LocalTag += "f" // another fork
	}
	w.call.Reply(m, status, edits...)
	w.call.LocalTag = tag
}

// finish reads on until the end, two minutes at most.
func (w *walker) finish() {
	limit := time.After(2 * time.Minute)
	over := false
	for {
		select {
		case e, ok := <-w.leg.Events():
			switch {
			case !ok: // Ended was the last, here or in a step before
				return
			case over:
				w.r.Fatalf("event %s after Ended", describe(e))
			}
			_, over = e.(sip.Ended)
		case <-limit:
			w.r.Fatal("no end in two minutes")
		}
	}
}
