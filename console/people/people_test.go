package people_test

import (
	"context"
	"errors"
	"net/netip"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"
	"time"

	"ringward/console/people"
)

type clock struct{ now time.Time }

func (c *clock) Now() time.Time { return c.now }

const goodPassword = "correct horse battery"

var home = netip.MustParseAddr("192.0.2.10")

func open(t *testing.T) (*people.Store, *clock) {
	t.Helper()
	c := &clock{time.Date(2026, 11, 1, 12, 0, 0, 0, time.UTC)}
	s, err := people.Open(people.Options{Path: filepath.Join(t.TempDir(), "people.db"), Now: c.Now})
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { s.Close() })
	return s, c
}

// addUser makes a user who has chosen his password.
func addUser(t *testing.T, s *people.Store, u people.User) {
	t.Helper()
	link, err := s.Add(t.Context(), u)
	if err != nil {
		t.Fatal(err)
	}
	if _, err := s.UseLink(t.Context(), link, goodPassword); err != nil {
		t.Fatal(err)
	}
}

func login(t *testing.T, s *people.Store, name string) string {
	t.Helper()
	sess, err := s.Login(t.Context(), name, goodPassword, "", home)
	if err != nil {
		t.Fatal(err)
	}
	return sess
}

func TestFirstStartMakesOneOperatorByOneLink(t *testing.T) {
	s, c := open(t)
	ctx := t.Context()
	first, err := s.Begin(ctx)
	if err != nil || first == "" {
		t.Fatalf("no link: %v", err)
	}
	second, err := s.Begin(ctx)
	if err != nil || second == "" || second == first {
		t.Fatalf("a second start has to make a new link: %q, %v", second, err)
	}
	if _, err := s.UseLink(ctx, first, goodPassword); !errors.Is(err, people.ErrNotFound) {
		t.Errorf("the first link still works: %v", err)
	}
	if _, err := s.UseLink(ctx, second, "short"); !errors.Is(err, people.ErrInvalid) {
		t.Errorf("a short password is taken: %v", err)
	}
	c.now = c.now.Add(people.LinkLife)
	if _, err := s.UseLink(ctx, second, goodPassword); !errors.Is(err, people.ErrNotFound) {
		t.Errorf("a link lives for ever: %v", err)
	}
	third, _ := s.Begin(ctx)
	user, err := s.UseLink(ctx, third, goodPassword)
	if err != nil || user != people.FirstOperator {
		t.Fatalf("%q, %v", user, err)
	}
	if _, err := s.UseLink(ctx, third, goodPassword); !errors.Is(err, people.ErrNotFound) {
		t.Errorf("a link works twice: %v", err)
	}
	if again, err := s.Begin(ctx); again != "" || err != nil {
		t.Errorf("a ready operator gets a link again: %q, %v", again, err)
	}
}

func TestSessionsEnd(t *testing.T) {
	for _, tc := range []struct {
		name string
		do   func(*people.Store, *clock, string)
		want bool // still good
	}{
		{"at once", func(*people.Store, *clock, string) {}, true},
		{"after 14 minutes", func(_ *people.Store, c *clock, _ string) { c.now = c.now.Add(14 * time.Minute) }, true},
		{"after 15 idle minutes", func(_ *people.Store, c *clock, _ string) { c.now = c.now.Add(15 * time.Minute) }, false},
		{"watching does not keep it", func(s *people.Store, c *clock, sess string) {
			for range 3 {
				c.now = c.now.Add(7 * time.Minute)
				_, _ = s.Session(context.Background(), sess, false)
			}
		}, false},
		{"used for 11 hours", func(s *people.Store, c *clock, sess string) {
			for range 66 {
				c.now = c.now.Add(10 * time.Minute)
				_, _ = s.Session(context.Background(), sess, true)
			}
		}, true},
		{"used for 12 hours", func(s *people.Store, c *clock, sess string) {
			for range 72 {
				c.now = c.now.Add(10 * time.Minute)
				_, _ = s.Session(context.Background(), sess, true)
			}
		}, false},
		{"logged out", func(s *people.Store, _ *clock, sess string) { _ = s.Logout(context.Background(), sess) }, false},
		{"disabled", func(s *people.Store, _ *clock, _ string) {
			_ = s.Update(context.Background(), people.User{Name: "shop", Role: people.Merchant, Lang: "en", Disabled: true})
		}, false},
		{"rights changed", func(s *people.Store, _ *clock, _ string) {
			_ = s.Update(context.Background(), people.User{Name: "shop", Role: people.Merchant, Lang: "en", Lines: []string{"b"}})
		}, false},
	} {
		t.Run(tc.name, func(t *testing.T) {
			s, c := open(t)
			addUser(t, s, people.User{Name: "boss", Role: people.Operator, Lang: "en"})
			addUser(t, s, people.User{Name: "shop", Role: people.Merchant, Lang: "en", Lines: []string{"a"}})
			sess := login(t, s, "shop")
			tc.do(s, c, sess)
			r, err := s.Session(t.Context(), sess, true)
			if (err == nil) != tc.want {
				t.Errorf("got %+v, %v; want good: %v", r, err, tc.want)
			}
		})
	}
}

func TestLoginIsThrottledByItsSource(t *testing.T) {
	s, c := open(t)
	addUser(t, s, people.User{Name: "boss", Role: people.Operator, Lang: "en"})
	attacker := netip.MustParseAddr("198.51.100.7")
	for i := range 10 {
		if _, err := s.Login(t.Context(), "boss", "wrong", "", attacker); !errors.Is(err, people.ErrRefused) {
			t.Fatalf("guess %d: %v", i, err)
		}
	}
	if _, err := s.Login(t.Context(), "boss", goodPassword, "", attacker); !errors.Is(err, people.ErrThrottled) {
		t.Errorf("guess 11: %v", err)
	}
	login(t, s, "boss") // the owner comes in from elsewhere
	c.now = c.now.Add(time.Minute)
	if _, err := s.Login(t.Context(), "boss", goodPassword, "", attacker); err != nil {
		t.Errorf("after a minute: %v", err)
	}
	// An IPv6 customer has a /64 of addresses.
	for i := range 10 {
		a := netip.AddrFrom16([16]byte{0x20, 0x01, 0x0d, 0xb8, 15: byte(i)})
		_, _ = s.Login(t.Context(), "boss", "wrong", "", a)
	}
	if _, err := s.Login(t.Context(), "boss", goodPassword, "", netip.MustParseAddr("2001:db8::ffff")); !errors.Is(err, people.ErrThrottled) {
		t.Errorf("the neighbour in the /64: %v", err)
	}
}

func TestUnknownNamesAreAnsweredAlike(t *testing.T) {
	s, _ := open(t)
	addUser(t, s, people.User{Name: "boss", Role: people.Operator, Lang: "en"})
	if _, err := s.Add(t.Context(), people.User{Name: "unready", Role: people.Analyst, Lang: "en"}); err != nil {
		t.Fatal(err)
	}
	for _, name := range []string{"boss", "nobody", "unready", "", "' OR 1=1 --"} {
		if _, err := s.Login(t.Context(), name, "wrong password", "", home); err == nil || err.Error() != people.ErrRefused.Error() {
			t.Errorf("%q: %v", name, err)
		}
	}
	if _, err := s.Login(t.Context(), "unready", "", "", home); !errors.Is(err, people.ErrRefused) {
		t.Errorf("a user without a password gets in with none: %v", err)
	}
}

func TestSecondFactor(t *testing.T) {
	s, c := open(t)
	ctx := t.Context()
	addUser(t, s, people.User{Name: "boss", Role: people.Operator, Lang: "en"})
	secret, err := s.ProposeTOTP(ctx, "boss")
	if err != nil {
		t.Fatal(err)
	}
	login(t, s, "boss") // does not count before it is confirmed
	if err := s.ConfirmTOTP(ctx, "boss", "000000", home); !errors.Is(err, people.ErrRefused) {
		t.Fatal(err)
	}
	if err := s.ConfirmTOTP(ctx, "boss", people.CodeAt(secret, c.now.Unix()), home); err != nil {
		t.Fatal(err)
	}
	for _, code := range []string{"", "123456", people.CodeAt(secret, c.now.Unix())} {
		if _, err := s.Login(ctx, "boss", goodPassword, code, home); !errors.Is(err, people.ErrRefused) {
			t.Errorf("code %q: %v", code, err)
		}
	}
	c.now = c.now.Add(time.Minute)
	if _, err := s.Login(ctx, "boss", goodPassword, people.CodeAt(secret, c.now.Unix()), home); err != nil {
		t.Errorf("the right code: %v", err)
	}
	if err := s.DropTOTP(ctx, "boss", "wrong", home); !errors.Is(err, people.ErrRefused) {
		t.Errorf("taken away without the password: %v", err)
	}
	if err := s.DropTOTP(ctx, "boss", goodPassword, home); err != nil {
		t.Fatal(err)
	}
	login(t, s, "boss")
}

func TestThereIsAlwaysAnOperator(t *testing.T) {
	s, _ := open(t)
	addUser(t, s, people.User{Name: "boss", Role: people.Operator, Lang: "en"})
	for _, u := range []people.User{{Name: "boss", Role: people.Analyst, Lang: "en"}, {Name: "boss", Role: people.Operator, Lang: "en", Disabled: true}} {
		if err := s.Update(t.Context(), u); !errors.Is(err, people.ErrLastOperator) {
			t.Errorf("%+v: %v", u, err)
		}
	}
	if u, err := s.User(t.Context(), "boss"); err != nil || u.Role != people.Operator || u.Disabled {
		t.Errorf("%+v, %v", u, err)
	}
}

func TestTokensCarryNoMoreThanTheirOwner(t *testing.T) {
	s, c := open(t)
	ctx := t.Context()
	addUser(t, s, people.User{Name: "boss", Role: people.Operator, Lang: "en"})
	addUser(t, s, people.User{Name: "shop", Role: people.Merchant, Lang: "en", Lines: []string{"a"}})
	shop, err := s.Session(ctx, login(t, s, "shop"), true)
	if err != nil {
		t.Fatal(err)
	}
	text, err := s.AddToken(ctx, shop, "till", []people.Scope{people.ScopeCalls}, time.Hour)
	if err != nil {
		t.Fatal(err)
	}
	tok, err := s.Token(ctx, text)
	if err != nil {
		t.Fatal(err)
	}
	if !tok.May(people.ScopeCalls) || tok.May(people.ScopeAct) || tok.May(people.ScopeSaved) || tok.May("nonsense") {
		t.Error("the scope is not held to")
	}
	if !tok.Reaches("a") || tok.Reaches("b") || tok.Reaches("") {
		t.Error("the reach is not the owner's")
	}
	if _, err := s.AddToken(ctx, tok, "more", []people.Scope{people.ScopeCalls}, time.Hour); err == nil {
		t.Error("a token makes tokens")
	}
	boss, _ := s.Session(ctx, login(t, s, "boss"), true)
	if _, err := s.AddToken(ctx, boss, "acts", []people.Scope{people.ScopeAct}, time.Hour); !errors.Is(err, people.ErrInvalid) {
		t.Errorf("an operator hands out what only a merchant may: %v", err)
	}
	if err := s.Update(ctx, people.User{Name: "shop", Role: people.Merchant, Lang: "en", Lines: []string{"a"}, Disabled: true}); err != nil {
		t.Fatal(err)
	}
	if _, err := s.Token(ctx, text); !errors.Is(err, people.ErrNotFound) {
		t.Errorf("the token of a disabled user works: %v", err)
	}
	if err := s.Update(ctx, people.User{Name: "shop", Role: people.Merchant, Lang: "en", Lines: []string{"a"}}); err != nil {
		t.Fatal(err)
	}
	c.now = c.now.Add(time.Hour)
	if _, err := s.Token(ctx, text); !errors.Is(err, people.ErrNotFound) {
		t.Errorf("the token does not expire: %v", err)
	}
}

func TestAuditShowsEveryChange(t *testing.T) {
	for name, damage := range map[string]string{
		"changed":  "UPDATE audit SET subject = 'x' WHERE seq = 3",
		"removed":  "DELETE FROM audit WHERE seq = 3",
		"moved":    "UPDATE audit SET at = at + 1 WHERE seq = 5",
		"swapped":  "UPDATE audit SET subject = CASE seq WHEN 2 THEN (SELECT subject FROM audit WHERE seq = 3) ELSE (SELECT subject FROM audit WHERE seq = 2) END WHERE seq IN (2, 3)",
		"shifted":  "UPDATE audit SET who = 'bos', action = 'sread call' WHERE seq = 4",
		"nothing":  "",
		"beheaded": "DELETE FROM audit WHERE seq = 1",
	} {
		t.Run(name, func(t *testing.T) {
			s, _ := open(t)
			for i := range 6 {
				if err := s.Note(t.Context(), people.Entry{Who: "boss", Action: "read call", Subject: string(rune('a' + i)), Source: "192.0.2.1"}); err != nil {
					t.Fatal(err)
				}
			}
			if damage != "" {
				if err := s.Exec(damage); err != nil {
					t.Fatal(err)
				}
			}
			if _, _, err := s.VerifyAudit(t.Context()); (err != nil) != (damage != "") {
				t.Errorf("got %v", err)
			}
		})
	}
}

func TestFileKeepsNoSecret(t *testing.T) {
	path := filepath.Join(t.TempDir(), "people.db")
	s, err := people.Open(people.Options{Path: path})
	if err != nil {
		t.Fatal(err)
	}
	addUser(t, s, people.User{Name: "boss", Role: people.Operator, Lang: "en"})
	sess := login(t, s, "boss")
	r, _ := s.Session(t.Context(), sess, true)
	tok, _ := s.AddToken(t.Context(), r, "x", []people.Scope{people.ScopeCalls}, time.Hour)
	link, _ := s.Link(t.Context(), "boss")
	s.Close()
	b, err := os.ReadFile(path)
	if err != nil {
		t.Fatal(err)
	}
	for _, secret := range []string{goodPassword, sess, tok, link} {
		if strings.Contains(string(b), secret) {
			t.Errorf("%q stands in the file", secret)
		}
	}
	if st, _ := os.Stat(path); st.Mode().Perm() != 0o600 {
		t.Errorf("the file is readable by others: %v", st.Mode())
	}
}

func TestOpenRefusesOtherFiles(t *testing.T) {
	path := filepath.Join(t.TempDir(), "people.db")
	if err := os.WriteFile(path, []byte(strings.Repeat("not a database ", 100)), 0o600); err != nil {
		t.Fatal(err)
	}
	if _, err := people.Open(people.Options{Path: path}); !errors.Is(err, people.ErrDamaged) {
		t.Errorf("got %v", err)
	}
}

func TestRolesAreApart(t *testing.T) {
	for role, want := range map[people.Role][]people.Right{
		people.Merchant: {people.ReadCalls, people.Act, people.Save},
		people.Auditor:  {people.ReadCalls, people.AllLines, people.Audit},
		people.Operator: {people.AllLines, people.Manage, people.Health},
		people.Reviewer: {people.Register},
	} {
		for _, right := range []people.Right{people.ReadCalls, people.AllLines, people.Act, people.Save, people.Manage, people.Audit} {
			has := role.Rights()&right != 0
			if slices.Contains(want, right) && !has {
				t.Errorf("%s lacks %b", role, right)
			}
		}
	}
	if people.Operator.Rights()&(people.Act|people.Audit) != 0 || people.Auditor.Rights()&(people.Manage|people.Act) != 0 ||
		people.Merchant.Rights()&people.AllLines != 0 || people.Role("root").Rights() != 0 {
		t.Error("a role may do what is another's")
	}
}
