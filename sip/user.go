package sip

import (
	"slices"

	"ringward/sip/sipmsg"
	"ringward/sip/transaction"
)

// user is the stack as the transaction layer sees it; a type of its own keeps
// these methods out of the package's API.
type user Stack

var (
	_ transaction.User       = (*user)(nil)
	_ transaction.Gatekeeper = (*user)(nil)
)

// Admit shows requests outside dialogs to the handler's gate, if it has one.
func (u *user) Admit(m *sipmsg.Message) (answer *sipmsg.Message, admit bool) {
	s := (*Stack)(u)
	if s.gate == nil || m.ToTag() != "" {
		return nil, true
	}
	defer func() {
		if p := recover(); p != nil {
			s.panics.Add(1)
			s.log.Error("gate panicked", "panic", p)
			answer, admit = nil, true
		}
	}()
	if answer, admit = s.gate.Gate(m); !admit {
		s.refused.Add(1)
	}
	return answer, admit
}

// Request takes a new request, on its own goroutine.
func (u *user) Request(tx *transaction.Server) {
	s := (*Stack)(u)
	req := tx.Request()
	if r := s.screen(req); r != nil {
		s.refused.Add(1)
		answer(tx, r.status, r.reason, r.hdr...)
		return
	}
	if req.ToTag() != "" {
		s.inDialog(tx, req)
		return
	}
	s.outside(tx, req)
}

// inDialog hands a request with a To-tag to its leg.
func (s *Stack) inDialog(tx *transaction.Server, req *sipmsg.Message) {
	l := s.legs.find(req.ToTag(), req.CallID())
	if l == nil || !l.receive(tx, req) {
		s.strays.Add(1)
		answer(tx, 481, "") // RFC 3261 §12.2.2
	}
}

// outside serves a request without To-tag.
func (s *Stack) outside(tx *transaction.Server, req *sipmsg.Message) {
	switch req.Method {
	case "INVITE":
		if s.legs.find(req.FromTag(), req.CallID()) != nil {
			// Our own INVITE has come back to us (RFC 3261 §8.2.2.2).
			s.refused.Add(1)
			answer(tx, 482, "")
			return
		}
		s.invited(tx)
	case "OPTIONS":
		if h, ok := s.handler.(OptionsHandler); ok {
			h.Options(tx)
			return
		}
		s.options(tx)
	case "BYE", "PRACK", "UPDATE", "INFO":
		s.strays.Add(1)
		answer(tx, 481, "") // these exist within dialogs only
	default:
		s.handler.Request(tx)
	}
}

// Ack takes the ACK for a 2xx, on the reader's goroutine.
func (u *user) Ack(m *sipmsg.Message) {
	s := (*Stack)(u)
	l := s.legs.find(m.ToTag(), m.CallID())
	seq, _, err := m.CSeq()
	if l == nil || err != nil {
		s.strays.Add(1)
		return
	}
	l.locked(func() {
		if l.dlg.remoteTag != m.FromTag() {
			s.strays.Add(1)
			return
		}
		l.acked(seq, m)
	})
}

// Response takes a 2xx that no transaction waits for, on the reader's
// goroutine.
func (u *user) Response(m *sipmsg.Message) {
	s := (*Stack)(u)
	seq, method, err := m.CSeq()
	if err != nil || method != "INVITE" || m.Status < 200 || m.Status > 299 {
		s.strays.Add(1)
		return
	}
	l := s.legs.find(m.FromTag(), m.CallID())
	if l == nil {
		if !s.haunt(m, seq) {
			s.strays.Add(1)
		}
		return
	}
	l.locked(func() { l.late(m, seq) })
}

// allows reports whether the method is in Config.Allow.
func (s *Stack) allows(method string) bool { return slices.Contains(s.cfg.Allow, method) }
