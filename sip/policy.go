package sip

import (
	"slices"
	"strings"

	"ringward/sip/sipmsg"
)

// maxBody is the longest session body that we take; longer ones get 413.
const maxBody = 32 << 10

// refusal is an answer of RFC 3261 §8.2 that the stack gives by itself.
type refusal struct {
	status int
	reason string
	hdr    []sipmsg.Header
}

// knownMethods are those with a meaning to us, served or not: what is not among
// them gets 501 (RFC 3261 §21.5.2), what is not allowed gets 405 (§8.2.1).
var knownMethods = []string{"INVITE", "ACK", "CANCEL", "BYE", "OPTIONS", "REGISTER", "PRACK", "UPDATE",
	"INFO", "SUBSCRIBE", "NOTIFY", "REFER", "MESSAGE", "PUBLISH"}

// screen holds a request against the rules that need no state, in the order of
// RFC 3261 §8.2; nil means that it may go on.
func (s *Stack) screen(req *sipmsg.Message) *refusal {
	for _, rule := range [...]func(*Stack, *sipmsg.Message) *refusal{
		(*Stack).screenMethod, (*Stack).screenHops, (*Stack).screenExtensions,
		(*Stack).screenContent, (*Stack).screenEvent,
	} {
		if r := rule(s, req); r != nil {
			return r
		}
	}
	return nil
}

func (s *Stack) screenMethod(req *sipmsg.Message) *refusal {
	switch {
	case s.allows(req.Method):
		return nil
	case slices.Contains(knownMethods, req.Method):
		return &refusal{status: 405, hdr: header("Allow", s.allow)}
	default:
		return &refusal{status: 501, hdr: header("Allow", s.allow)}
	}
}

// screenHops refuses what may not travel on. A gateway sends every call on, so
// that an INVITE without a hop left ends here (§16.3 point 3); other requests
// are for us.
func (s *Stack) screenHops(req *sipmsg.Message) *refusal {
	if req.Method != "INVITE" || req.ToTag() != "" {
		return nil
	}
	if n, ok, err := req.MaxForwards(); err == nil && ok && n == 0 {
		return &refusal{status: 483}
	}
	return nil
}

// screenExtensions is §8.2.2.3 and, the other way round, §21.4.15.
func (s *Stack) screenExtensions(req *sipmsg.Message) *refusal {
	var unknown []string
	for _, tag := range req.List("Require") {
		if !containsFold(s.cfg.Supported, tag) {
			unknown = append(unknown, tag)
		}
	}
	if unknown != nil {
		return &refusal{status: 420, hdr: header("Unsupported", strings.Join(unknown, ", "))}
	}
	if req.Method != "INVITE" {
		return nil
	}
	for _, tag := range s.cfg.Require {
		if !hasOption(req, "Supported", tag) && !hasOption(req, "Require", tag) {
			return &refusal{status: 421, hdr: header("Require", tag)}
		}
	}
	return nil
}

// screenContent is §8.2.3, for the requests whose body is a session; what other
// requests carry is their owner's business.
func (s *Stack) screenContent(req *sipmsg.Message) *refusal {
	if len(req.Body) == 0 || req.Method != "INVITE" && req.Method != "UPDATE" && req.Method != "PRACK" {
		return nil
	}
	if len(req.Body) > maxBody {
		return &refusal{status: 413}
	}
	if optionalBody(req) {
		return nil
	}
	for _, enc := range req.List("Content-Encoding") {
		if !strings.EqualFold(enc, "identity") {
			return &refusal{status: 415, hdr: header("Accept-Encoding", "identity")}
		}
	}
	if !s.accepts(req) {
		return &refusal{status: 415, hdr: header("Accept", s.accept)}
	}
	return nil
}

// optionalBody reports a body that a UAS may ignore (RFC 3261 §20.11).
func optionalBody(req *sipmsg.Message) bool {
	d := req.Get("Content-Disposition")
	if d == "" {
		return false
	}
	return strings.Contains(strings.ToLower(strings.ReplaceAll(d, " ", "")), ";handling=optional")
}

func (s *Stack) accepts(req *sipmsg.Message) bool {
	mt, _ := req.ContentType()
	if containsFold(s.cfg.Accept, mt) {
		return true
	}
	if !hasPrefixFold(mt, "multipart/") {
		return false
	}
	return slices.ContainsFunc(s.cfg.Accept, func(t string) bool {
		_, ok := req.Part(t)
		return ok
	})
}

// screenEvent is RFC 6665 §8.3.1: event packages that we do not know get 489.
func (s *Stack) screenEvent(req *sipmsg.Message) *refusal {
	switch req.Method {
	case "SUBSCRIBE", "NOTIFY", "PUBLISH":
	default:
		return nil
	}
	event, _, _ := strings.Cut(req.Get("Event"), ";")
	event = strings.TrimSpace(event)
	// The NOTIFY of a REFER of ours belongs to the call (RFC 3515 §2.4.4).
	ofRefer := req.Method == "NOTIFY" && req.ToTag() != "" && strings.EqualFold(event, "refer") && s.allows("REFER")
	if containsFold(s.cfg.Events, event) || ofRefer {
		return nil
	}
	return &refusal{status: 489, hdr: header("Allow-Events", strings.Join(s.cfg.Events, ", "))}
}

// header is a list of one header field.
func header(name, value string) []sipmsg.Header {
	if value == "" {
		return nil
	}
	return []sipmsg.Header{{Name: name, Value: value}}
}

func containsFold(list []string, s string) bool {
	return slices.ContainsFunc(list, func(t string) bool { return strings.EqualFold(s, t) })
}
