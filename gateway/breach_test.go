package gateway_test

import (
	"strings"
	"testing"
	"time"

	"ringward/gateway"
	"ringward/numberdb/index"
	"ringward/numbering"
	"ringward/screening"
	"ringward/sip/sipmsg"
	"ringward/softphone"
)

func bankNumber(b *index.Builder) {
	n := numbering.Number{Country: "CN", Digits: "95588", Short: true}
	b.AddInstitution(index.Institution{ID: "icbc", Names: []string{"工商银行"}, NameZH: "工商银行", NameEN: "ICBC", Kind: "bank", Country: "CN", Hotline: n, HotlineVerified: true})
}

func pai(v string) func(*softphone.Outgoing) {
	return func(o *softphone.Outgoing) {
		o.Headers = append(o.Headers, sipmsg.Header{Name: "P-Asserted-Identity", Value: v})
	}
}

func hdr(n, v string) func(*softphone.Outgoing) {
	return func(o *softphone.Outgoing) { o.Headers = append(o.Headers, sipmsg.Header{Name: n, Value: v}) }
}

// A caller's own From (unverified) must not come out as asserted.
func TestBreachSpoofedFromBecomesAsserted(t *testing.T) {
	w := newWorld(t, options{numbers: bankNumber})
	_, merchant := w.call("95588", pai("<sip:+8613800138000@carrier.example>"))
	t.Logf("From: %s\nPAI: %s\n%s", merchant.Invite().Get("From"), merchant.Invite().Get("P-Asserted-Identity"), merchant.Invite().Get(gateway.VerdictHeader))
	if p := merchant.Invite().Get("P-Asserted-Identity"); !strings.Contains(p, "+8613800138000") {
		t.Errorf("PAI handed on: %s", p)
	}
	if strings.Contains(merchant.Invite().Get("P-Asserted-Identity"), "95588") {
		t.Error("the spoofed From number is handed on as P-Asserted-Identity")
	}
	if strings.Contains(merchant.Invite().Get("From"), "95588") && strings.Contains(merchant.Invite().Get(gateway.VerdictHeader), "level=none") {
		t.Error("phone shows 95588, verdict is on the other number")
	}
	must(t, merchant.Reject(486))
	r := w.record()
	t.Logf("record: level=%v reasons=%v caller=%s raw=%s", r.Verdict.Level, r.Verdict.Reasons, r.Caller, r.CallerRaw)
}

func TestBreachPrivacy(t *testing.T) {
	for _, p := range []string{"id", "user;id", "header;id;critical"} {
		w := newWorld(t, options{})
		_, merchant := w.call("13800138000", pai("\"13800138000\" <sip:+8613800138000@carrier.example>"), hdr("Privacy", p),
			hdr("Identity", "eyJhbGciOiJFUzI1NiJ9.eyJvcmlnIjp7InRuIjoiODYxMzgwMDEzODAwMCJ9fQ.c2ln;info=<https://c.example/8613800138000>"),
			hdr("Call-Info", "<https://carrier.example/card/+8613800138000>;purpose=card"),
			hdr("Subject", "from 13800138000"),
			hdr("History-Info", "<sip:+8613800138000@carrier.example?Privacy=history>;index=1"),
			func(o *softphone.Outgoing) { o.Name = "13800138000" })
		raw, _ := merchant.Invite().Append(nil)
		text := string(raw)
		if strings.Contains(text, "13800138000") {
			t.Errorf("Privacy: %s: the number reaches the phone:\n%s", p, text)
		}
		if strings.Contains(text, "Identity: ey") {
			t.Errorf("Privacy: %s: the PASSporT with the caller's number reaches the phone", p)
		}
		must(t, merchant.Reject(486))
		w.record()
	}
}

// A phone that answers without ringing: the caller must hear ringing meanwhile.
func TestBreachAnnouncementWithout180(t *testing.T) {
	w := newWorld(t, options{numbers: scamListing(scammer)})
	caller, merchant := w.call(scammer)
	must(t, merchant.Answer())
	w.event(gateway.EventAnnounced)
	select {
	case <-caller.Ringing():
	case <-time.After(time.Second):
		t.Error("during the announcement the caller hears nothing at all: no 180 was sent")
	}
	caller.Hangup()
	done(t, merchant.Over(), "end")
}

// The end packets of key 1 must not cross to the caller.
func TestBreachKeyLeaks(t *testing.T) {
	w := newWorld(t, options{numbers: scamListing(scammer)})
	caller, merchant := w.call(scammer)
	must(t, merchant.Answer())
	w.event(gateway.EventChoice)
	must(t, merchant.Press('1'))
	done(t, caller.Answered(), "connect")
	merchant.Say(sine(500, time.Minute))
	packets(t, caller, 20)
	in, _ := caller.Payloads()
	for i, p := range in {
		if len(p) == 4 {
			t.Errorf("payload %d at the caller is a telephone-event % x", i, p)
		}
	}
	caller.Hangup()
	done(t, merchant.Over(), "end")
}

func TestBreachWarnAfterHold(t *testing.T) {
	w := newWorld(t, options{})
	caller, merchant := talking(t, w)
	must(t, merchant.Hold(true))
	id := w.gateway.Calls()[0]
	must(t, w.gateway.Warn(id, screening.Evidence{Source: screening.SourceWords, Rule: "words.account-frozen", Kind: screening.AccountFrozen,
		By: screening.PartyCaller, Strength: screening.Strong, Institution: "unionpay", At: time.Second,
		Text: screening.Text{ZH: "来电称账户被冻结", EN: "says that the account is frozen"}}))
	until(t, "the verdict", func() bool { return w.event(gateway.EventVerdict).Verdict.Level > screening.LevelUnknown })
	must(t, merchant.Hold(false))
	ok := false
	deadline := time.After(2 * time.Second)
loop:
	for {
		select {
		case e := <-w.events:
			if e.Kind == gateway.EventWarned {
				ok = true
				break loop
			}
		case <-deadline:
			break loop
		}
	}
	if !ok {
		t.Error("a warning that fell due during hold is never given after resume")
	}
	caller.Hangup()
	done(t, merchant.Over(), "end")
}

func TestBreachMarks(t *testing.T) {
	w := newWorld(t, options{})
	for name, want := range map[string]string{
		"[ V ] Bank": "Bank", "【V】Bank": "Bank", "已 验 证 银行": "银行", "已·验证": "", "〔V〕": "", "🅥 Bank": "Bank",
		"[Ѵ] Bank": "Bank", "🗸 Bank": "Bank", "[VERIFIED ] Bank": "Bank", "已核实 银行": "银行", "V. Li": "V. Li",
		"Vera Verified-Motors": "Vera Verified-Motors",
	} {
		_, merchant := w.call(ordinary, func(o *softphone.Outgoing) { o.Name = name })
		if from, _ := merchant.Invite().From(); from.Display != want {
			t.Errorf("%q is shown as %q, want %q", name, from.Display, want)
		}
		must(t, merchant.Reject(486))
		w.record()
	}
}
