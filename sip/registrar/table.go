package registrar

import (
	"maps"
	"net/netip"
	"slices"
	"time"

	"ringward/sip/sipmsg"
	"ringward/sip/transport"
)

// Contact is one phone of a line, for calling it.
type Contact struct {
	URI      string             // for the Request-URI
	Target   transport.Target   // where the INVITE goes
	Others   []transport.Target // further flows of the same phone, if the first fails (RFC 5626 §5.3)
	Pin      bool               // later requests must go there as well (sip.Leg.Pin)
	NAT      bool               // its Contact is not where it sends from
	Path     []string           // Route for requests to it (RFC 3327)
	Q        float64            // 1 is to be rung before 0.5
	Until    time.Time
	Instance string // "" if the phone does not say
	Agent    string // its User-Agent; a stranger's words
}

// Contacts returns the phones of a line, those to be rung first before others,
// and of equal ones the one that came last. Flows of one phone are one contact.
func (r *Registrar) Contacts(line string) []Contact {
	now := r.cfg.Now()
	r.mu.RLock()
	list := slices.Clone(r.lines[line])
	r.mu.RUnlock()
	slices.Reverse(list)
	slices.SortStableFunc(list, func(a, b *binding) int {
		switch {
		case a.q > b.q:
			return -1
		case a.q < b.q:
			return 1
		}
		return 0
	})
	var out []Contact
	for _, b := range list {
		if !b.until.After(now) {
			continue
		}
		if i := slices.IndexFunc(out, func(c Contact) bool { return b.regID > 0 && c.Instance == b.instance }); i >= 0 {
			out[i].Others = append(out[i].Others, b.target)
			continue
		}
		out = append(out, Contact{
			URI: requestURI(b.uri), Target: b.target, Pin: b.pin, NAT: b.nat, Path: b.path, Q: b.q, Until: b.until,
			Instance: b.instance, Agent: b.agent,
		})
	}
	return out
}

// Lines lists the lines that have contacts, in order.
func (r *Registrar) Lines() []string {
	r.mu.RLock()
	defer r.mu.RUnlock()
	return slices.Sorted(maps.Keys(r.lines))
}

// requestURI is a contact as a Request-URI: without the parameter that is for
// Contact alone (RFC 3261 §19.1.1).
func requestURI(u sipmsg.URI) string {
	u.Params = slices.Clone(u.Params)
	u.Params.Del("method")
	return u.String()
}

// Known reports whether a phone of ours is registered from that address, so that
// its requests may be given more room than a stranger's. It is cheap.
func (r *Registrar) Known(a netip.Addr) bool {
	r.mu.RLock()
	defer r.mu.RUnlock()
	return r.sources[a.Unmap()] > 0
}

// From reports whether a request comes from a phone of that line, by the
// connection, or the address and port, that it registered from. Over UDP, where
// anybody can write a source address, that is no authentication.
func (r *Registrar) From(line string, req *sipmsg.Message) bool {
	now := r.cfg.Now()
	r.mu.RLock()
	defer r.mu.RUnlock()
	return slices.ContainsFunc(r.lines[line], func(b *binding) bool {
		return b.target.Network == req.Transport && b.target.ConnID == req.ConnID && b.source == req.Source && b.until.After(now)
	})
}

// Len returns the number of bindings.
func (r *Registrar) Len() int {
	r.mu.RLock()
	defer r.mu.RUnlock()
	return r.total
}

// Failed takes a contact out whose flow turned out to be gone (transport.ErrFlow,
// or 430 of RFC 5626 §11.5); others are let be.
func (r *Registrar) Failed(line string, target transport.Target) {
	r.mu.RLock()
	var gone []*binding
	for _, b := range r.lines[line] {
		if b.target == target {
			gone = append(gone, b)
		}
	}
	r.mu.RUnlock()
	for _, b := range gone {
		r.lose(b)
	}
}

// apply changes the table as a request asks, wholly or not at all (RFC 3261
// §10.3 step 7); mu is held.
func (r *Registrar) apply(req *sipmsg.Message, line, user string, asked []*binding, star bool) ([]Event, int) {
	old := r.lines[line]
	cseq, _, _ := req.CSeq() // read has looked at it; "*" comes with a good one too
	event := func(k Kind, b *binding) Event {
		return Event{Kind: k, Line: line, Contact: b.uri.String(), Source: req.Source}
	}
	if star {
		asked = nil
		for _, b := range of(old, user) {
			gone := *b
			gone.until, gone.callID, gone.cseq = time.Time{}, req.CallID(), cseq
			asked = append(asked, &gone)
		}
	}
	list := slices.Clone(old)
	var events []Event
	now := r.cfg.Now()
	for _, b := range asked {
		i := slices.IndexFunc(list, b.same)
		if i >= 0 && list[i].callID == b.callID && list[i].cseq >= b.cseq {
			return nil, 500 // out of order
		}
		kind := Added
		if i >= 0 {
			kind = Renewed
			list = slices.Delete(list, i, i+1)
		}
		if !b.until.After(now) {
			if i >= 0 {
				events = append(events, event(Removed, b))
			}
			continue
		}
		if len(list) >= r.cfg.MaxContacts {
			oldest := max(0, slices.IndexFunc(list, func(c *binding) bool { return c.user == user })) // its own before others'
			events = append(events, event(Removed, list[oldest]))
			list = slices.Delete(list, oldest, oldest+1)
		}
		list = append(list, b)
		events = append(events, event(kind, b))
	}
	if len(list) > len(old) && r.total+len(list)-len(old) > r.cfg.MaxBindings {
		return nil, 503
	}
	r.replace(line, list)
	return events, 200
}

// replace puts a line's list in place of the old one; mu is held.
func (r *Registrar) replace(line string, list []*binding) {
	for _, b := range r.lines[line] {
		a := b.source.Addr().Unmap()
		if r.sources[a]--; r.sources[a] == 0 {
			delete(r.sources, a)
		}
	}
	r.total += len(list) - len(r.lines[line])
	for _, b := range list {
		r.sources[b.source.Addr().Unmap()]++
	}
	if len(list) == 0 {
		delete(r.lines, line)
		return
	}
	r.lines[line] = list
}

// lose takes out a binding, if it is still there, whose connection is gone.
func (r *Registrar) lose(b *binding) {
	r.mu.Lock()
	list := r.lines[b.line]
	i := slices.Index(list, b)
	if i >= 0 {
		r.replace(b.line, slices.Delete(slices.Clone(list), i, i+1))
	}
	r.mu.Unlock()
	if i >= 0 {
		r.tell(Event{Kind: Lost, Line: b.line, Contact: b.uri.String(), Source: b.source})
	}
}

// Keep takes out the contacts of users that may not register for their line any
// more.
func (r *Registrar) Keep(may func(user, line string) bool) {
	r.mu.Lock()
	var events []Event
	for line, list := range r.lines {
		kept := slices.DeleteFunc(slices.Clone(list), func(b *binding) bool { return !may(b.user, line) })
		if len(kept) == len(list) {
			continue
		}
		for _, b := range list {
			if !slices.Contains(kept, b) {
				events = append(events, Event{Kind: Removed, Line: line, Contact: b.uri.String(), Source: b.source})
			}
		}
		r.replace(line, kept)
	}
	r.mu.Unlock()
	for _, e := range events {
		r.tell(e)
	}
}

// expire takes out what has expired on all lines.
func (r *Registrar) expire() {
	now := r.cfg.Now()
	var events []Event
	r.mu.Lock()
	for line := range r.lines {
		events = append(events, r.expireLine(line, now)...)
	}
	r.mu.Unlock()
	for _, e := range events {
		r.tell(e)
	}
}

// expireLine is expire for one line; mu is held.
func (r *Registrar) expireLine(line string, now time.Time) []Event {
	var events []Event
	var kept []*binding
	for _, b := range r.lines[line] {
		if b.until.After(now) {
			kept = append(kept, b)
			continue
		}
		events = append(events, Event{Kind: Expired, Line: line, Contact: b.uri.String(), Source: b.source})
	}
	if events != nil {
		r.replace(line, kept)
	}
	return events
}
