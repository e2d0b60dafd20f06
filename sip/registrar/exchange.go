package registrar

import (
	"context"
	"crypto/rand"
	"fmt"
	"strconv"
	"strings"
	"time"

	"ringward/sip/sipmsg"
	"ringward/sip/transaction"
	"ringward/sip/transport"
)

// request is the REGISTER that asks for life (RFC 3261 §10.2).
func (r *Registration) request(to transport.Target, life time.Duration) *sipmsg.Message {
	r.seq++
	a := &r.acct
	m := sipmsg.NewRequest("REGISTER", a.Registrar)
	m.Add("Max-Forwards", "70")
	m.Add("From", sipmsg.NameAddr{URI: a.Record, Params: sipmsg.Params{{Name: "tag", Value: strings.ToLower(rand.Text()[:12])}}}.String())
	m.Add("To", sipmsg.NameAddr{URI: a.Record}.String())
	m.Add("Call-ID", r.callID)
	m.Add("CSeq", strconv.FormatUint(uint64(r.seq), 10)+" REGISTER")
	m.Add("Contact", a.Stack.Contact(to, a.User))
	m.Add("Expires", seconds(life))
	return m
}

// exchange sends a request and waits for its final response.
func (r *Registration) exchange(ctx context.Context, req *sipmsg.Message, to transport.Target) (*sipmsg.Message, error) {
	ctx, cancel := context.WithTimeout(ctx, answerTime)
	defer cancel()
	tx, err := r.acct.Stack.Send(req, to)
	if err != nil {
		return nil, err
	}
	for {
		select {
		case <-ctx.Done():
			return nil, fmt.Errorf("register at %s: %w", to.Addr, ctx.Err())
		case m, ok := <-tx.Responses():
			switch {
			case !ok && tx.Err() != nil:
				return nil, tx.Err()
			case !ok:
				return nil, transaction.ErrTimeout
			case m.Status >= 200:
				return m, nil
			}
		}
	}
}

// granted is the life that a 2xx gives us: at our contact, in Expires, or as
// asked (RFC 3261 §10.2.4).
func granted(req, resp *sipmsg.Message, asked time.Duration) time.Duration {
	life := asked
	if n, given, err := resp.Expires(); given && err == nil {
		life = time.Duration(n) * time.Second
	}
	ours, err := sipmsg.ParseNameAddr(req.Get("Contact"))
	if err != nil {
		return life
	}
	list, _ := resp.Contacts() // one that cannot be read says nothing
	for _, c := range list {
		v, given := c.Params.Get("expires")
		n, err := strconv.ParseUint(v, 10, 32)
		if given && err == nil && c.URI.User == ours.URI.User && c.URI.Host == ours.URI.Host && c.URI.Port == ours.URI.Port {
			life = time.Duration(n) * time.Second
		}
	}
	return min(max(life, time.Second), longestLife)
}
