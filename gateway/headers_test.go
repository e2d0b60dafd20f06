package gateway_test

import (
	"slices"
	"strings"
	"testing"
	"time"

	"ringward/gateway"
	"ringward/screening"
	"ringward/sip/sipmsg"
	"ringward/softphone"
)

func untrusted(t *gateway.Trunk) { t.Trusted = false }

// seen places a call, lets the phone refuse it and returns the INVITE that the
// phone got and the record.
func seen(t *testing.T, o options, caller string, more ...func(*softphone.Outgoing)) (*sipmsg.Message, gateway.Record) {
	t.Helper()
	w := newWorld(t, o)
	_, merchant := w.call(caller, more...)
	must(t, merchant.Reject(486))
	return merchant.Invite(), w.record()
}

// RFC 3323, RFC 3325: what is withheld, word by word.
func TestPrivacyWordByWord(t *testing.T) {
	for _, c := range []struct {
		privacy string
		shown   bool
		history bool
	}{
		{"none", true, true}, {"session", true, true}, {"history", true, false}, {"id", false, false},
		{"ID;Critical", false, false}, {"header", false, false}, {"user", false, false}, {"id;none", true, true}, {"later", true, true},
	} {
		inv, r := seen(t, options{}, ordinary, pai("<sip:+8613800138000@carrier.example>"), hdr("Privacy", c.privacy),
			hdr("History-Info", "<sip:+862155550188@carrier.example>;index=1, <sip:+862155550100@carrier.example>;index=1.1"))
		if got := strings.Contains(inv.Get("From")+inv.Get("P-Asserted-Identity"), ordinary); got != c.shown {
			t.Errorf("%s: number shown %v, want %v (From %s)", c.privacy, got, c.shown, inv.Get("From"))
		}
		if got := inv.Has("History-Info"); got != c.history {
			t.Errorf("%s: history passed %v, want %v", c.privacy, got, c.history)
		}
		if r.Caller != "+86"+ordinary {
			t.Errorf("%s: judged %q: the verdict needs the number whatever is shown", c.privacy, r.Caller)
		}
	}
}

// RFC 3323 §5: critical, together with a service that we do not have.
func TestCriticalPrivacyThatWeCannotServe(t *testing.T) {
	w := newWorld(t, options{})
	call := w.dial(ordinary, hdr("Privacy", "id;later;critical"))
	done(t, call.Over(), "the refusal")
	if f := call.Failure(); f.Status != 500 {
		t.Errorf("got %d, want 500", f.Status)
	}
}

// RFC 7315, RFC 7976: headers of the trust domain end at us, whatever the trunk.
func TestTrustDomainHeadersStayInside(t *testing.T) {
	for _, o := range []options{{}, {trunk: untrusted}} {
		inv, _ := seen(t, o, ordinary, hdr("P-Charging-Vector", "icid-value=1"), hdr("P-Access-Network-Info", "3GPP-UTRAN-TDD"),
			hdr("P-Called-Party-ID", "<sip:x@y>"), hdr("X-Screen-Verdict", "clear"), hdr(gateway.VerdictHeader, "v=1;level=clear"))
		for _, name := range []string{"P-Charging-Vector", "P-Access-Network-Info", "P-Called-Party-ID", "X-Screen-Verdict"} {
			if inv.Has(name) {
				t.Errorf("%s crossed to the phone", name)
			}
		}
		if v := inv.Values(gateway.VerdictHeader); len(v) != 1 || !strings.Contains(v[0], "id=") {
			t.Errorf("verdict headers at the phone: %q, want ours alone", v)
		}
	}
}

// RFC 3326, RFC 8606, RFC 9366: reasons cross both ways, as they stand.
func TestReasonsCross(t *testing.T) {
	reasons := []string{`Q.850;cause=17;text="User busy";location=LN`, `SIP;cause=486;text="a;b,c"`, `X-CARRIER;cause=9;foo="bar"`, `Q.850;cause=16`}
	var hdrs []sipmsg.Header
	for _, r := range reasons {
		hdrs = append(hdrs, sipmsg.Header{Name: "Reason", Value: r})
	}
	bad := sipmsg.Header{Name: "Reason", Value: `;cause=1`}
	t.Run("refusal", func(t *testing.T) {
		w := newWorld(t, options{})
		caller, merchant := w.call(ordinary)
		must(t, merchant.Ring(hdrs[0]))
		done(t, caller.Ringing(), "ringing")
		must(t, merchant.Reject(486, append(hdrs, bad)...))
		done(t, caller.Over(), "the end")
		if got := caller.Failure().Message.Values("Reason"); !slices.Equal(got, reasons) {
			t.Errorf("got %q, want %q", got, reasons)
		}
	})
	for _, c := range []struct {
		name   string
		up     bool // the call is connected
		caller bool // the caller ends it
	}{{"BYE of the caller", true, true}, {"BYE of the merchant", true, false}, {"CANCEL", false, true}} {
		t.Run(c.name, func(t *testing.T) {
			w := newWorld(t, options{})
			caller, merchant := w.call(ordinary)
			must(t, merchant.Ring())
			done(t, caller.Ringing(), "ringing")
			if c.up {
				must(t, merchant.Answer())
				done(t, caller.Answered(), "the answer")
			}
			ends, hears := merchant, caller
			if c.caller {
				ends, hears = caller, merchant
			}
			must(t, ends.HangupWith(hdrs...))
			done(t, hears.Over(), "the end")
			if m := hears.Ended().Message; m == nil || !slices.Equal(m.Values("Reason"), reasons) {
				t.Errorf("got %v, want %q", m, reasons)
			}
		})
	}
	t.Run("status of our own", func(t *testing.T) { // 404 of a phone is no news of the number
		w := newWorld(t, options{})
		caller, merchant := w.call(ordinary)
		must(t, merchant.Reject(404, sipmsg.Header{Name: "Reason", Value: "Q.850;cause=1"}))
		done(t, caller.Over(), "the end")
		if f := caller.Failure(); f.Status != 480 || f.Message.Has("Reason") {
			t.Errorf("got %d with %q", f.Status, f.Message.Values("Reason"))
		}
	})
	t.Run("too many", func(t *testing.T) {
		w := newWorld(t, options{})
		caller, merchant := w.call(ordinary)
		must(t, merchant.Reject(486, slices.Repeat(hdrs, 20)...))
		done(t, caller.Over(), "the end")
		if n := len(caller.Failure().Message.Values("Reason")); n != 8 {
			t.Errorf("%d reasons crossed, want the bound of 8", n)
		}
	})
}

// ATIS-1000099, RFC 8688: a block further down goes to the caller unmodified.
func TestBlocksFromBehindUsPassUnmodified(t *testing.T) {
	reason := `SIP;cause=603;text="v=analytics1;url=https://other.example/c;id=1";location=RLN`
	for _, c := range []struct {
		status int
		phrase string
		want   string
	}{{603, "Network Blocked", "Network Blocked"}, {603, "No thanks", "Decline"}, {608, "Rejected", "Rejected"}} {
		w := newWorld(t, options{})
		caller, merchant := w.call(ordinary)
		must(t, merchant.RejectAs(c.status, c.phrase, sipmsg.Header{Name: "Reason", Value: reason},
			sipmsg.Header{Name: "Call-Info", Value: "<https://other.example/card>;purpose=jwscard"}))
		done(t, caller.Over(), "the end")
		f := caller.Failure()
		if f.Status != c.status || f.Reason != c.want || f.Message.Get("Reason") != reason {
			t.Errorf("%d %s: got %d %q, Reason %q", c.status, c.phrase, f.Status, f.Reason, f.Message.Get("Reason"))
		}
		if got := f.Message.Has("Call-Info"); got != (c.want != "Decline") {
			t.Errorf("%d %s: Call-Info passed %v", c.status, c.phrase, got)
		}
	}
}

// RFC 5806, RFC 7044: the original caller is judged, on trusted trunks.
func TestForwardedCallsAreJudgedByTheirOriginalCaller(t *testing.T) {
	const forwarder, office = "+862155550188", "<sip:+862155550188@pbx.example>"
	for _, c := range []struct {
		name    string
		trunk   func(*gateway.Trunk)
		from    string
		headers []func(*softphone.Outgoing)
		caller  string // judged
		rule    string // there
	}{
		{"the trunk keeps the caller", nil, scammer, []func(*softphone.Outgoing){pai("<sip:" + scammer + "@c>"), hdr("Diversion", office+";reason=unconditional")}, scammer, screening.RuleForwarded},
		{"the trunk asserts the forwarder", nil, scammer, []func(*softphone.Outgoing){pai(office), hdr("Diversion", office+";reason=user-busy")}, scammer, screening.RuleListed},
		{"told by History-Info", nil, scammer, []func(*softphone.Outgoing){pai(office), hdr("History-Info", "<sip:+862155550188@pbx.example?Reason=SIP%3Bcause%3D302>;index=1, <sip:+862155550100@gw>;index=1.1;mp=1")}, scammer, screening.RuleListed},
		{"nobody tells who called", nil, forwarder, []func(*softphone.Outgoing){pai(office), hdr("Diversion", office)}, forwarder, screening.RuleForwarded},
		{"not believed", untrusted, ordinary, []func(*softphone.Outgoing){hdr("Diversion", "<sip:13800138000@x>")}, "+86" + ordinary, screening.RuleOrdinary},
	} {
		t.Run(c.name, func(t *testing.T) {
			inv, r := seen(t, options{numbers: scamListing(scammer), trunk: c.trunk}, c.from, c.headers...)
			if r.Caller != c.caller || !r.Verdict.Has(c.rule) {
				t.Errorf("judged %s with %v, want %s with %s", r.Caller, r.Verdict.Reasons, c.caller, c.rule)
			}
			if shown, _ := inv.From(); !strings.HasSuffix(c.caller, strings.TrimPrefix(shown.URI.User, "+86")) {
				t.Errorf("the phone shows %s, %s was judged", shown.URI.User, c.caller)
			}
			if got := inv.Has("Diversion") || inv.Has("History-Info"); got != (c.trunk == nil) {
				t.Errorf("how it came here reaches the phone: %v", got)
			}
		})
	}
}

// 3GPP TS 24.229: verstat is a trusted trunk's word; others may not write it.
func TestVerstat(t *testing.T) {
	for _, c := range []struct {
		pai    string
		attest string
		trunk  func(*gateway.Trunk)
		rule   string // "" none of identity
		shown  string
	}{
		{"<tel:+8613800138000;verstat=TN-Validation-Passed>", "", nil, screening.RuleIdentityVerified, "TN-Validation-Passed"},
		{"<sip:+8613800138000;verstat=TN-Validation-Passed@c;user=phone>", "A", nil, screening.RuleIdentityVerified, "TN-Validation-Passed"},
		{"<sip:+8613800138000@c;verstat=TN-Validation-Passed-A>", "", nil, screening.RuleIdentityVerified, "TN-Validation-Passed"},
		{"<sip:+8613800138000@c;verstat=TN-Validation-Passed-C>", "", nil, screening.RuleIdentityPartial, ""},
		{"<sip:+8613800138000@c;verstat=TN-Validation-Passed>", "B", nil, screening.RuleIdentityPartial, ""},
		{"<sip:+8613800138000@c;verstat=TN-Validation-Failed>", "", nil, screening.RuleIdentityFailed, "TN-Validation-Failed"},
		{"<sip:+8613800138000@c;verstat=No-TN-Validation>", "", nil, "", ""},
		{"<sip:+8613800138000@c;verstat=TN-Validation-Passed>", "A", untrusted, "", ""},
	} {
		more := []func(*softphone.Outgoing){pai(c.pai)}
		from := ordinary
		if c.trunk != nil {
			from += ";verstat=TN-Validation-Passed" // written into From, too
		}
		if c.attest != "" {
			more = append(more, hdr("Attestation-Info", c.attest))
		}
		inv, r := seen(t, options{trunk: c.trunk}, from, more...)
		got := ""
		for _, reason := range r.Verdict.Reasons {
			if strings.HasPrefix(reason.Rule, "identity.") {
				got = reason.Rule
			}
		}
		if got != c.rule {
			t.Errorf("%s %s: got %q, want %q", c.pai, c.attest, got, c.rule)
		}
		raw, _ := inv.Append(nil)
		if shown := strings.Contains(string(raw), "verstat"); shown != (c.shown != "") || c.shown != "" && !strings.Contains(inv.Get("From"), "verstat="+c.shown) {
			t.Errorf("%s: the phone gets From %s, PAI %s", c.pai, inv.Get("From"), inv.Get("P-Asserted-Identity"))
		}
		if inv.Has("Attestation-Info") != (c.attest != "" && c.trunk == nil) {
			t.Errorf("%s: Attestation-Info at the phone: %q", c.pai, inv.Get("Attestation-Info"))
		}
	}
}

// RFC 7433: what is none is left out; the verdict goes along where it is asked for.
func TestUserToUser(t *testing.T) {
	for _, c := range []struct {
		value string
		pass  bool
	}{{"56a390f3d2b7310023a2;encoding=hex;purpose=foo;content=bar", true}, {"04313233", true}, {"abc;encoding=other", true},
		{"nothex", false}, {strings.Repeat("ab", 200), false}, {";encoding=hex", false}} {
		inv, _ := seen(t, options{}, ordinary, hdr("User-to-User", c.value))
		if got := inv.Get("User-to-User") == c.value; got != c.pass {
			t.Errorf("%q: passed %v, want %v (%q)", c.value, got, c.pass, inv.Get("User-to-User"))
		}
	}
	inv, r := seen(t, options{line: func(l *gateway.Line) { l.VerdictUUI = true }}, ordinary)
	if got := inv.Get("User-to-User"); !strings.HasPrefix(got, "04763d313b6c6576656c3d") || !strings.HasSuffix(got, ";encoding=hex") || r.ID == "" {
		t.Errorf("verdict in User-to-User: %q", got)
	}
}

// RFC 4916: the display follows the verdict, where the line asks for it.
func TestDisplayFollowsTheVerdict(t *testing.T) {
	for _, on := range []bool{true, false} {
		w := newWorld(t, options{line: func(l *gateway.Line) { l.UpdateDisplay = on }})
		caller, merchant := talking(t, w)
		for _, kind := range []screening.Kind{screening.InstitutionNamed, screening.AccountFrozen} {
			must(t, w.gateway.Warn(w.gateway.Calls()[0], screening.Evidence{Source: screening.SourceWords, Rule: "words." + kind.String(), Kind: kind,
				By: screening.PartyCaller, Strength: screening.Strong, Institution: "unionpay", At: time.Second}))
		}
		w.event(gateway.EventWarned)
		updates := func() (pais []string) {
			for _, m := range merchant.Asked() {
				if m.Method == "UPDATE" {
					pais = append(pais, m.Get("P-Asserted-Identity"))
				}
			}
			return pais
		}
		if on {
			until(t, "the display to be updated", func() bool { return len(updates()) > 0 })
			if got := updates()[0]; !strings.HasPrefix(got, `"!未核实`) || !strings.Contains(got, ordinary) || !strings.Contains(got, "verstat=No-TN-Validation") {
				t.Errorf("got %s", got)
			}
		}
		packets(t, merchant, 10)
		caller.Hangup()
		done(t, merchant.Over(), "the end")
		if n := len(updates()); (n > 0) != on {
			t.Errorf("asked for %v: %d updates", on, n)
		}
		if n := len(caller.Asked()); n != 0 {
			t.Errorf("the caller was asked %d things", n)
		}
	}
}
