package main

import (
	"encoding/json"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"ringward/numberdb"
)

// exchange is two gateways: one issues bundles, the other takes them.
type exchange struct {
	from, to analyst
	dir      string
}

func newExchange(t *testing.T) exchange {
	x := exchange{newAnalyst(t), newAnalyst(t), t.TempDir()}
	x.from.does("bundle", "keygen", "--out", x.path("k"))
	return x
}

func (x exchange) path(name string) string { return filepath.Join(x.dir, name) }

// create writes a bundle of the issuer; its name tells its sequence.
func (x exchange) create(sequence string) string {
	x.from.t.Helper()
	file := x.path(sequence + ".rwb")
	x.from.does("bundle", "create", "--key", x.path("k.key"), "--issuer", "acme", "--out", file, "--sequence", sequence)
	return file
}

func (x exchange) apply(file string, args ...string) string {
	x.to.t.Helper()
	return x.to.does(append([]string{"bundle", "apply", file, "--trust", x.path("k.pub")}, args...)...)
}

// verified adds a scam listing that two people at the issuer know.
func (x exchange) verified(number string) {
	x.from.t.Helper()
	x.from.does("report", number, "--household", "shop-secret", "--category", "pos-freeze")
	x.from.does("scam", "approve", number, "--as", "bob", "--reason", "x")
}

func TestBundleIsTakenAndTakenBack(t *testing.T) {
	x := newExchange(t)
	x.verified("17000003001")
	x.from.does("scam", "add", "17000003002", "--source", "draft", "--reason", "x")
	x.from.does("line", "add", "+862155550177", "--targets", "sip:a@192.0.2.1", "--reason", "x")
	file := x.create("1")
	x.from.shows(x.to.does("bundle", "verify", file, "--trust", x.path("k.pub")), "good: acme, sequence 1", "scam         1")
	if b, _ := os.ReadFile(file); strings.Contains(string(b), "shop-secret") {
		t.Error("the bundle names who reported")
	}
	x.to.shows(x.apply(file, "--dry-run"), "dry run, nothing was changed")
	x.to.refused("nothing is recorded", "show", "17000003001")
	x.to.shows(x.apply(file), "applied: acme, sequence 1")
	x.to.shows(x.to.does("show", "17000003001"), "proposed_by  bundle:acme", "source       acme/reports", "votes        1", "status       draft")
	x.to.refused("nothing is recorded", "show", "17000003002")
	x.to.refused("not newer", "bundle", "apply", file, "--trust", x.path("k.pub"))
	x.to.refused("not confirmed", "bundle", "rollback", "acme", "--reason", "x")
	x.to.shows(x.to.does("bundle", "rollback", "acme", "--reason", "looks wrong", "--yes"), "bundle 1 of acme is taken back")
	x.to.refused("nothing is recorded", "show", "17000003001")
	x.to.refused("not newer", "bundle", "apply", file, "--trust", x.path("k.pub"))
	x.to.refused("no bundle of acme is left", "bundle", "rollback", "acme", "--reason", "x", "--yes")
	x.to.shows(x.to.does("verify"), "good:")
}

// TestNoBundleUndoesWhatPeopleHereDecided: verified, rejected and retired
// records, and our own, stay as they are.
func TestNoBundleUndoesWhatPeopleHereDecided(t *testing.T) {
	x := newExchange(t)
	for _, n := range []string{"17000003001", "17000003002", "17000003003"} {
		x.verified(n)
	}
	x.from.does("edit", "95588", "--direction", "may-call-out", "--reason", "x")
	x.from.does("approve", "95588", "--as", "bob", "--reason", "x")
	x.from.does("institution", "edit", "icbc", "--name-en", "Hijacked Bank", "--reason", "x")
	x.to.does("edit", "95588", "--direction", "inbound-only", "--reason", "x")
	x.to.does("approve", "95588", "--as", "bob", "--reason", "x")
	x.apply(x.create("1"))
	x.to.shows(x.to.does("show", "95588"), "direction    inbound-only", "status       verified")
	x.to.shows(x.to.does("show", "icbc"), "Industrial and Commercial Bank of China")
	x.to.does("scam", "approve", "17000003001", "--reason", "known here as well")
	x.to.does("scam", "reject", "17000003002", "--reason", "a customer of ours")
	for _, n := range []string{"17000003001", "17000003002", "17000003003"} {
		x.from.does("report", n, "--household", "shop-2") // the issuer's listing changes
	}
	x.apply(x.create("2"))
	x.to.shows(x.to.does("show", "17000003001"), "status       verified", "votes        1")
	x.to.shows(x.to.does("show", "17000003002"), "status       rejected")
	x.to.shows(x.to.does("show", "17000003003"), "status       draft", "votes        2")
	// What the issuer takes back goes, but not what is verified here.
	x.from.does("scam", "retire", "17000003001", "--reason", "appeal upheld")
	x.from.does("scam", "retire", "17000003003", "--reason", "appeal upheld")
	x.to.shows(x.apply(x.create("3")), "1 record that the issuer took back")
	x.to.shows(x.to.does("show", "17000003001"), "status       verified")
	x.to.shows(x.to.does("show", "17000003003"), "status       retired")
}

func TestBundleFromAFeed(t *testing.T) {
	x := newExchange(t)
	x.verified("17000003001")
	x.create("1")
	follow := []string{"bundle", "follow", x.dir, "--trust", x.path("k.pub"), "--once"}
	x.to.shows(x.to.does(follow...), "applied: acme, sequence 1")
	x.to.shows(x.to.does(follow...), "nothing new")
	x.verified("17000003002")
	x.create("2")
	x.to.shows(x.to.does(follow...), "applied: acme, sequence 2")
	var s numberdb.Stats
	if err := json.Unmarshal([]byte(x.to.does("stats", "--json")), &s); err != nil || s.Tables[numberdb.Scams]["draft"] != 2 {
		t.Errorf("%v: %+v", err, s)
	}
	x.to.refused("not a public one", "bundle", "follow", "https://127.0.0.1:1/x.rwb", "--trust", x.path("k.pub"), "--once")
}

func TestBundleUsage(t *testing.T) {
	x := newExchange(t)
	x.to.refused("say what to do", "bundle")
	x.to.refused("say whom to trust", "bundle", "verify", "x.rwb")
	x.to.refused("--issuer NAME", "bundle", "create", "--key", x.path("k.key"), "--out", x.path("y"), "--issuer", "a/b")
	x.to.refused("0 issuers", "bundle", "rollback", "nobody", "--reason", "x")
	file := x.create("5")
	x.to.refused("too old", "bundle", "apply", file, "--trust", x.path("k.pub"), "--max-age", "-1s")
	for _, args := range [][]string{{"keygen", "--out", x.path("j")}, {"create", "--key", x.path("k.key"), "--issuer", "a", "--out", x.path("j.rwb"), "--drafts"},
		{"verify", file, "--trust", x.path("k.pub")}, {"apply", file, "--trust", x.path("k.pub")}, {"rollback", "acme", "--reason", "x", "--yes"}} {
		var doc any
		if out := x.to.does(append(append([]string{"bundle"}, args...), "--json")...); json.Unmarshal([]byte(out), &doc) != nil {
			t.Errorf("bundle %v --json: %s", args, out)
		}
	}
}
