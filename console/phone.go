package console

import (
	"context"
	"encoding/json"
	"errors"
	"net/http"
	"sync"
	"time"

	"ringward/console/people"
)

// PhoneState is what a call has to do with its owner's browser.
type PhoneState string

// The states; "" means nothing.
const (
	PhoneRinging PhoneState = "ringing" // it may be answered there
	PhoneTaken   PhoneState = "taken"   // it was
)

// Phone is the telephone in the browser: calls ring, are answered and left
// there. All three return ErrNoCall when the call does not ring there, or no
// more; the first two wrap ErrBrowser when the browser's description is no use.
type Phone interface {
	// Answer takes a ringing call: offer is the browser's session description,
	// answer ours (RFC 8829).
	Answer(ctx context.Context, call, offer string) (answer string, err error)
	// Restart finds a new path after the browser's network has changed.
	Restart(ctx context.Context, call, offer string) (answer string, err error)
	// Leave rejects the call, or hangs it up.
	Leave(call string) error
}

// ErrBrowser is wrapped by errors about what a browser offered.
var ErrBrowser = errors.New("the browser cannot take this call")

// Relay is a STUN or TURN server (RTCIceServer of the WebRTC API).
type Relay struct {
	URLs       string `json:"urls"`
	Username   string `json:"username,omitempty"`
	Credential string `json:"credential,omitempty"`
}

// phoneGrace is how long a page counts as open after its stream broke: it
// connects again within seconds.
const phoneGrace = 8 * time.Second

// phonePages knows for which lines the telephone is open in a browser.
type phonePages struct {
	mu   sync.Mutex
	open map[string]int       // pages by line; guarded by mu, as below
	left map[string]time.Time // when the last one of a line was closed
}

func (p *phonePages) enter(lines []string) {
	p.mu.Lock()
	defer p.mu.Unlock()
	if p.open == nil {
		p.open, p.left = map[string]int{}, map[string]time.Time{}
	}
	for _, l := range lines {
		p.open[l]++
	}
}

func (p *phonePages) leave(lines []string, now time.Time) {
	p.mu.Lock()
	defer p.mu.Unlock()
	for _, l := range lines {
		if p.open[l]--; p.open[l] <= 0 {
			delete(p.open, l)
			p.left[l] = now // one a line that exists
		}
	}
}

func (p *phonePages) present(line string, now time.Time) bool {
	p.mu.Lock()
	defer p.mu.Unlock()
	left, ok := p.left[line]
	return p.open[line] > 0 || ok && now.Sub(left) < phoneGrace
}

// Present reports whether a line's owner has the telephone open.
func (c *Console) Present(line string) bool { return c.phones.present(line, c.o.Now()) }

// PhoneOffer is a session description, of the browser or of ours.
type PhoneOffer struct {
	SDP string `json:"sdp" doc:"session description with all candidates (RFC 8829), audio only"`
}

// phoneOperations is the telephone's part of the API, for people alone.
func (c *Console) phoneOperations() []operation {
	return []operation{
		{method: "GET", path: "/v1/phone/events", id: "phoneEvents", summary: "Live events, as events gives them, to a page that can answer: while it is open, its owner's lines ring there (call.phone). Sessions only",
			answer: LiveEvent{}, kind: "text/event-stream", do: c.apiPhoneEvents},
		{method: "POST", path: "/v1/phone/{call}/answer", id: "phoneAnswer", summary: "Answer a ringing call in the browser: its offer, our answer. Sessions only", body: PhoneOffer{}, answer: PhoneOffer{},
			do: func(a *ask) (any, error) { return c.apiPhoneOffer(a, "answer call in browser", c.o.Phone.Answer) }},
		{method: "POST", path: "/v1/phone/{call}/restart", id: "phoneRestart", summary: "A new path for an answered call after a network change (ICE restart). Sessions only", body: PhoneOffer{}, answer: PhoneOffer{},
			do: func(a *ask) (any, error) { return c.apiPhoneOffer(a, "", c.o.Phone.Restart) }},
		{method: "POST", path: "/v1/phone/{call}/leave", id: "phoneLeave", summary: "Reject a call that rings in the browser, or hang it up. Sessions only", answer: Done{}, do: c.apiPhoneLeave},
	}
}

// apiPhoneEvents is apiEvents for a page that rings. An open telephone is use:
// its session does not end for want of it.
func (c *Console) apiPhoneEvents(a *ask) (any, error) {
	lines := c.phoneLines(a.reader)
	if len(lines) == 0 {
		return nil, forbidden
	}
	c.phones.enter(lines)
	defer func() { c.phones.leave(lines, c.o.Now()) }()
	return c.streamTo(a, func() bool {
		_, err := c.who(a.Request, true)
		return err == nil && c.o.People.Still(a.Context(), a.reader)
	})
}

// phoneLines are the lines that ring in the reader's browser: those he may speak
// for. A program has none.
func (c *Console) phoneLines(who people.Reader) (lines []string) {
	for _, l := range c.linesOf(who) {
		if c.mayAct(who, l.ID) && who.Token == 0 {
			lines = append(lines, l.ID)
		}
	}
	return lines
}

// ownCall finds a running call of the reader's own lines.
func (c *Console) ownCall(a *ask) (LiveCall, error) {
	if a.reader.Token != 0 {
		return LiveCall{}, forbidden
	}
	live, ok := c.hub.call(a.PathValue("call"))
	if !ok || !a.reader.Reaches(live.Line) {
		return live, notFound
	}
	if !c.mayAct(a.reader, live.Line) {
		return live, forbidden
	}
	return live, nil
}

// apiPhoneOffer hands a browser's offer over and gives the answer back.
func (c *Console) apiPhoneOffer(a *ask, audit string, do func(context.Context, string, string) (string, error)) (any, error) {
	var in PhoneOffer
	if err := a.decode(&in); err != nil {
		return nil, err
	}
	live, err := c.ownCall(a)
	if err != nil {
		return nil, err
	}
	if audit != "" {
		if err := c.note(a.Request, a.reader.Name(), audit, live.Call); err != nil {
			return nil, err
		}
	}
	answer, err := do(a.Context(), live.Call, in.SDP)
	if err != nil {
		return nil, err
	}
	return PhoneOffer{answer}, nil
}

func (c *Console) apiPhoneLeave(a *ask) (any, error) {
	live, err := c.ownCall(a)
	if err != nil {
		return nil, err
	}
	if err := c.note(a.Request, a.reader.Name(), "leave call in browser", live.Call); err != nil {
		return nil, err
	}
	if err := c.o.Phone.Leave(live.Call); err != nil {
		return nil, err
	}
	return Done{true}, nil
}

type phonePage struct {
	Live   []liveCard
	Lines  []string // that ring here
	Relays string   // JSON for RTCPeerConnection
}

// pagePhone is the telephone. The microphone is allowed on this page alone.
func pagePhone(v *view) error {
	if v.c.o.Phone == nil || !v.reader.Can(people.Act) && !v.c.mayPlay(v.reader) {
		return notFound
	}
	live, err := v.live()
	if err != nil {
		return err
	}
	relays := v.c.o.Relays
	if relays == nil {
		relays = []Relay{}
	}
	text, err := json.Marshal(relays)
	if err != nil {
		return err
	}
	v.w.Header().Set("Permissions-Policy", "camera=(), geolocation=(), microphone=(self)")
	return v.render(http.StatusOK, "phone", phonePage{live, v.c.phoneLines(v.reader), string(text)})
}
