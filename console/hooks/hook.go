package hooks

import (
	"errors"
	"fmt"
	"net/url"
	"slices"
	"strings"
)

// Kind is whom a hook talks to.
type Kind string

// The kinds.
const (
	Program  Kind = "program" // JSON, signed with HMAC-SHA256
	WeCom    Kind = "wecom"
	DingTalk Kind = "dingtalk"
	Feishu   Kind = "feishu"
)

// Kinds lists the kinds.
func Kinds() []Kind { return []Kind{Program, WeCom, DingTalk, Feishu} }

// The events that a hook may want.
const (
	Verdict = "verdict" // judged, or judged more doubtful than before
	Warning = "warning" // a warning was played
	Ended   = "ended"
	Test    = "test" // asked for on the page
)

// Levels are those of verdicts in rising order.
var Levels = []string{"unknown", "clear", "notice", "warning", "alarm"}

// Hook is one address that is told.
type Hook struct {
	Name     string // unique
	Kind     Kind   // "" is Program
	URL      string
	Secret   string   // of the signature; WeCom has none
	Events   []string // none is all
	Lines    []string // ids; none is all
	AtLeast  string   // level below which nothing is told; "" is warning
	Mask     bool     // of the caller's number only the first three and the last two digits
	Private  bool     // may stand in a private network, and be reached without TLS
	Language string   // of robots' texts, zh-CN or en; "" is zh-CN
}

// Check says what is wrong with a hook, before it is used.
func (h Hook) Check() error {
	u, err := url.Parse(h.URL)
	switch {
	case h.Name == "" || len(h.Name) > 64 || strings.ContainsAny(h.Name, "/?# \r\n"):
		return errors.New("a hook has a name of 1 to 64 characters, without spaces and /?#")
	case err != nil || u.Host == "" || u.User != nil || u.Scheme != "https" && u.Scheme != "http":
		return errors.New("the URL is no web address: write https://host/path")
	case u.Scheme == "http" && !h.Private:
		return errors.New("the URL has to be https, except for a hook marked private")
	case h.Kind != "" && !slices.Contains(Kinds(), h.Kind):
		return fmt.Errorf("kind %q: use program, wecom, dingtalk or feishu", h.Kind)
	case h.kind() == Program && len(h.Secret) < 16:
		return errors.New("a secret of 16 characters or more is needed to sign with")
	case h.AtLeast != "" && !slices.Contains(Levels, h.AtLeast):
		return fmt.Errorf("level %q: use clear, notice, warning or alarm", h.AtLeast)
	}
	for _, e := range h.Events {
		if !slices.Contains([]string{Verdict, Warning, Ended}, e) {
			return fmt.Errorf("event %q: use verdict, warning or ended", e)
		}
	}
	return nil
}

func (h Hook) kind() Kind {
	if h.Kind == "" {
		return Program
	}
	return h.Kind
}

// Host is where the hook points, without the rest of its URL: robots carry
// their key there.
func (h Hook) Host() string {
	u, err := url.Parse(h.URL)
	if err != nil {
		return ""
	}
	return u.Scheme + "://" + u.Host
}

// wants reports whether an event is for this hook.
func (h Hook) wants(e Event) bool {
	atLeast := h.AtLeast
	if atLeast == "" {
		atLeast = "warning"
	}
	return (len(h.Events) == 0 || slices.Contains(h.Events, e.Kind)) && (len(h.Lines) == 0 || slices.Contains(h.Lines, e.Line)) &&
		slices.Index(Levels, e.Level) >= slices.Index(Levels, atLeast)
}

// masked is the event as this hook may have it.
func (h Hook) masked(e Event) Event {
	if h.Mask {
		e.Caller, e.Reasons = mask(e.Caller), slices.Clone(e.Reasons)
		for i := range e.Reasons { // the caller's number may stand in a sentence
			e.Reasons[i].ZH, e.Reasons[i].EN = maskDigits(e.Reasons[i].ZH), maskDigits(e.Reasons[i].EN)
		}
	}
	return e
}

// mask keeps the first five characters of a canonical number ("+86138") and the
// last two.
func mask(s string) string {
	if len(s) <= 7 {
		return s // a service code is nobody's own
	}
	return s[:5] + strings.Repeat("*", len(s)-7) + s[len(s)-2:]
}

// maskDigits replaces runs of seven digits or more.
func maskDigits(s string) string {
	var b strings.Builder
	run := 0
	flush := func(end int) {
		if digits := s[end-run : end]; run >= 7 {
			b.WriteString(strings.Repeat("*", run))
		} else {
			b.WriteString(digits)
		}
		run = 0
	}
	for i := 0; i < len(s); i++ {
		if s[i] >= '0' && s[i] <= '9' {
			run++
			continue
		}
		flush(i)
		b.WriteByte(s[i])
	}
	flush(len(s))
	return b.String()
}
