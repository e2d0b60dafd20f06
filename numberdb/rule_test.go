package numberdb_test

import (
	"context"
	"errors"
	"path/filepath"
	"strconv"
	"strings"
	"testing"

	"ringward/numberdb"
)

var ruleNames = func(db *numberdb.Store) (names string) {
	for _, r := range db.Rules().List() {
		names += r.Name + " "
	}
	return strings.TrimSpace(names)
}

// TestARuleIsServedOnceASecondPersonApproved follows one rule through its life.
func TestARuleIsServedOnceASecondPersonApproved(t *testing.T) {
	ctx := t.Context()
	db := open(t, filepath.Join(t.TempDir(), "numbers.db"), numberdb.Options{})
	id, err := db.PutRule(ctx, alice, numberdb.Rule{Name: "rent-scam", Text: "rules: []"})
	ok(t, err)
	if got := ruleNames(db); got != "" {
		t.Errorf("a draft is served: %s", got)
	}
	key := strconv.FormatInt(id, 10)
	if err := db.Approve(ctx, alice, numberdb.Rules, key); !errors.Is(err, numberdb.ErrReview) {
		t.Errorf("its author approved it: %v", err)
	}
	ok(t, db.Approve(ctx, bob, numberdb.Rules, key))
	before := db.Rules()
	if got := ruleNames(db); got != "rent-scam" || before.List()[0].ID != id {
		t.Errorf("approved, but %q is served", got)
	}
	again, err := db.PutRule(ctx, bob, numberdb.Rule{Name: "rent-scam", Text: "rules: [] # changed"})
	if err != nil || again != id || ruleNames(db) != "" {
		t.Errorf("changed: id %d, %v, served %q, want a draft of the same id", again, err, ruleNames(db))
	}
	if len(before.List()) != 1 {
		t.Error("a running call lost the rules that it began with")
	}
	ok(t, db.Approve(ctx, alice, numberdb.Rules, key))
	ok(t, db.Retire(ctx, alice, numberdb.Rules, key))
	if got := ruleNames(db); got != "" {
		t.Errorf("retired, but %q is served", got)
	}
	history, err := db.History(ctx, numberdb.Rules, key)
	ok(t, err)
	for _, c := range history {
		if c.Action == "retire" {
			ok(t, db.Undo(ctx, alice, c.Seq))
		}
	}
	if got := ruleNames(db); got != "rent-scam" {
		t.Errorf("the retirement was undone, but %q is served", got)
	}
	report, err := db.Verify(ctx)
	if err != nil || !report.OK() {
		t.Errorf("got %+v %v", report, err)
	}
}

func TestABadRuleIsRefused(t *testing.T) {
	db := open(t, filepath.Join(t.TempDir(), "numbers.db"), numberdb.Options{})
	for name, r := range map[string]numberdb.Rule{
		"no name":    {Text: "rules: []"},
		"odd name":   {Name: "Rent Scam", Text: "rules: []"},
		"no text":    {Name: "rent-scam", Text: " \n"},
		"large text": {Name: "rent-scam", Text: strings.Repeat("x", 33<<10)},
		"not UTF-8":  {Name: "rent-scam", Text: "\xff"},
	} {
		if _, err := db.PutRule(t.Context(), alice, r); !errors.Is(err, numberdb.ErrInvalid) {
			t.Errorf("%s: %v", name, err)
		}
	}
}

func TestAnotherProcessLearnsOfARule(t *testing.T) {
	file := filepath.Join(t.TempDir(), "numbers.db")
	a, b := open(t, file, numberdb.Options{}), open(t, file, numberdb.Options{})
	ctx, stop := context.WithCancel(t.Context())
	done := make(chan error, 1)
	go func() { done <- a.Run(ctx) }()
	id, err := b.PutRule(t.Context(), alice, numberdb.Rule{Name: "rent-scam", Text: "rules: []"})
	ok(t, err)
	ok(t, b.Approve(t.Context(), bob, numberdb.Rules, strconv.FormatInt(id, 10)))
	waitFor(t, func() bool { return ruleNames(a) == "rent-scam" })
	stop()
	ok(t, <-done)
}
