package digest

import (
	"fmt"
	"net/netip"
	"strings"
	"testing"
	"time"

	"ringward/sip/sipmsg"
)

// TestNoOracle: answers to known and unknown users are the same but for the
// nonce (security D3).
func TestNoOracle(t *testing.T) {
	b := newBench(t)
	shape := func(m *sipmsg.Message) string {
		c := m.Clone()
		for i, h := range c.Headers {
			if h.Name == "WWW-Authenticate" {
				before, rest, _ := strings.Cut(h.Value, `nonce="`)
				_, after, _ := strings.Cut(rest, `"`)
				c.Headers[i].Value = before + after
			}
		}
		out, err := c.Append(nil)
		if err != nil {
			t.Fatal(err)
		}
		return string(out)
	}
	for i := range 12 { // past the refusal as well
		known, unknown := b.guess(netip.MustParseAddr("198.51.100.1"), "1000", "guess"), b.guess(netip.MustParseAddr("198.51.100.2"), "2000", "guess")
		k, u := shape(known.Answer), strings.ReplaceAll(shape(unknown.Answer), "2000", "1000")
		if known.Outcome != unknown.Outcome || k != u {
			t.Errorf("guess %d: %v and %v differ:\n%s\n%s", i, known.Outcome, unknown.Outcome, k, u)
		}
	}
}

// TestSourceRefused: ten wrong answers silence a source for longer and longer,
// and nobody else (security D2).
func TestSourceRefused(t *testing.T) {
	b := newBench(t)
	bad := netip.MustParseAddr("198.51.100.66")
	for wait := 30 * time.Second; ; wait *= 2 {
		guesses := 1
		for ; b.guess(bad, "1000", "guess").Answer.Status == 401; guesses++ {
		}
		if guesses > 10 || guesses < 10 && wait <= 16*time.Minute { // later the hour's limit comes first
			t.Fatalf("refused at guess %d, want 10", guesses)
		}
		wait = min(wait, time.Hour)
		b.now = b.now.Add(wait - time.Second)
		if v := b.guess(bad, "1000", password); v.Outcome != Refused || v.Answer.Status != 403 {
			t.Fatalf("%v after the tenth: %v, want refused", wait, v.Outcome)
		}
		if v := b.guess(b.source, "1000", password); v.Outcome != Accepted {
			t.Fatalf("the user from elsewhere: %v, want accepted", v.Outcome)
		}
		b.now = b.now.Add(2 * time.Second)
		if wait == time.Hour {
			break
		}
	}
	if len(b.alarms) == 0 || b.alarms[0].Source != bad || b.alarms[0].User != "1000" || b.alarms[0].Spread {
		t.Errorf("alarms %+v, want one for %v", b.alarms, bad)
	}
	b.now = b.now.Add(2 * time.Hour)
	for range 10 {
		b.guess(bad, "1000", "guess")
	}
	b.now = b.now.Add(31 * time.Second)
	if v := b.guess(bad, "1000", password); v.Outcome != Accepted {
		t.Errorf("after two quiet hours the refusal is %v, want 30 s again", v.Outcome)
	}
}

// TestSlowGuessing: nine a minute are seen by the hour.
func TestSlowGuessing(t *testing.T) {
	b := newBench(t)
	bad := netip.MustParseAddr("2001:db8:1:2::66")
	wrong := 0
	for range 58 * 9 {
		b.now = b.now.Add(61 * time.Second / 9)
		if b.guess(bad, "1000", "guess").Outcome == Wrong {
			wrong++
		}
		bad = bad.Next() // within its /64
	}
	if wrong > maxHour+8 { // one more each time that a refusal is over
		t.Errorf("%d guesses in an hour, want about %d", wrong, maxHour)
	}
}

// TestKnownPhone: a phone known from an address goes on there while others
// behind the same NAT guess, until its own password is wrong too often.
func TestKnownPhone(t *testing.T) {
	b := newBench(t, func(c *Config) { c.Silent = true })
	if v := b.guess(b.source, "1000", password); v.Outcome != Accepted {
		t.Fatal(v.Outcome)
	}
	for range 10 {
		b.guess(b.source, "1001", "guess")
	}
	if v := b.guess(b.source, "1001", password); v.Outcome != Refused || v.Answer != nil {
		t.Errorf("the guesser: %v, want silence", v.Outcome)
	}
	if v := b.guess(b.source, "1000", password); v.Outcome != Accepted {
		t.Errorf("the known phone: %v, want accepted", v.Outcome)
	}
	for range 10 {
		b.guess(b.source, "1000", "guess")
	}
	if v := b.guess(b.source, "1000", password); v.Outcome != Refused {
		t.Errorf("the known phone with ten wrong passwords: %v, want refused", v.Outcome)
	}
}

// TestSpread: guesses from many addresses raise an alarm and give each of them
// less room, and leave the user's own addresses alone (security D2).
func TestSpread(t *testing.T) {
	b := newBench(t)
	b.guess(b.source, "1000", password)
	stranger := netip.MustParseAddr("198.51.100.1")
	for i := range maxUser {
		stranger = stranger.Next()
		if v := b.guess(stranger, "1000", "guess"); v.Outcome != Wrong || v.Answer.Status != 401 {
			t.Fatalf("guess %d: %v with %d", i, v.Outcome, v.Answer.Status)
		}
	}
	if len(b.alarms) != 1 || !b.alarms[0].Spread || b.alarms[0].User != "1000" {
		t.Errorf("alarms %+v, want one for the spread", b.alarms)
	}
	stranger = stranger.Next()
	if v := b.guess(stranger, "1000", password); v.Outcome != Accepted {
		t.Errorf("the user from a new address: %v, want accepted", v.Outcome)
	}
	stranger = stranger.Next()
	for want := range maxAttack {
		if v := b.guess(stranger, "1000", "guess"); v.Answer.Status != 401+2*(want/(maxAttack-1)) {
			t.Errorf("wrong answer %d of a stranger during the attack: %d", want, v.Answer.Status)
		}
	}
	for range maxAttack {
		b.guess(b.source, "1000", "typo")
	}
	if v := b.guess(b.source, "1000", password); v.Outcome != Accepted {
		t.Errorf("the user from a known address: %v, want accepted", v.Outcome)
	}
	b.now = b.now.Add(2 * time.Minute)
	b.guess(stranger.Next(), "1000", "guess")
	b.guess(stranger.Next(), "1000", "guess")
	if v := b.guess(stranger.Next(), "1000", "guess"); v.Answer.Status != 401 {
		t.Errorf("the third wrong answer when the attack is over: %d, want 401", v.Answer.Status)
	}
}

// TestTablesBounded whatever strangers send.
func TestTablesBounded(t *testing.T) {
	b := newBench(t, func(c *Config) { c.MaxEntries = 50 })
	a := netip.MustParseAddr("10.0.0.1")
	for i := range 200 {
		b.guess(a, fmt.Sprint("user", i), "guess")
		b.guess(a, "1000", password)
		a = a.Next()
	}
	for name, n := range map[string]int{"sources": len(b.guesses.sources.items), "users": len(b.guesses.users.items), "good": len(b.guesses.good.items), "nonces": len(b.counts.used.items)} {
		if n != 50 {
			t.Errorf("%d %s kept, want 50", n, name)
		}
	}
}
