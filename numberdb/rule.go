package numberdb

import (
	"context"
	"strings"
	"unicode/utf8"

	"ringward/numbering"
)

// Rule is what analysts add to the rules over words that the program carries:
// phrases, rules, or both, as one text with the sentences that show what it does.
// The store keeps it and its review; what the text means is for its reader
// (package screening/claims) to say, which checks it before it is put here.
type Rule struct {
	ID   int64  `json:"id,omitempty"`
	Name string `json:"name"` // short lower-case name, one rule each: "rent-scam"
	Text string `json:"text"` // YAML
	Note string `json:"note,omitempty"`
	Review
}

// maxRuleText is the largest text of a rule, in bytes.
const maxRuleText = 32 << 10

// maxRules is how many rules are served, the oldest first.
const maxRules = 500

// PutRule adds a rule (ID 0) or replaces the one of that name, as a draft by
// e.Author, and returns its ID. A rule is served when a second person has
// approved it, and no longer once it was changed, until that is approved too.
func (s *Store) PutRule(ctx context.Context, e Edit, r Rule) (int64, error) {
	return s.put(ctx, e, r.ID, &r)
}

// RuleSet is the rules that are served at one moment. It is immutable.
type RuleSet struct{ rules []Rule }

// List returns the rules in the order in which they were added. It is not to be
// changed.
func (s *RuleSet) List() []Rule { return s.rules }

// Rules returns the rules that are approved, never nil: the same set until one
// of them changes.
func (s *Store) Rules() *RuleSet { return s.spoken.Load() }

func (r *Rule) entity() Entity  { return Rules }
func (r *Rule) setID(id int64)  { r.ID = id }
func (r *Rule) review() *Review { return &r.Review }

// pack marks the rows that are served.
func (r *Rule) pack() []byte {
	if r.Status != Verified {
		return nil
	}
	return []byte{1}
}

// place: a rule has no number; its name tells it from others.
func (r *Rule) place() (numbering.Key, string, error) {
	switch {
	case !validSlug(r.Name):
		return 0, "", fieldError("name", "has to be 1 to 60 of a-z, 0-9 and -, like rent-scam")
	case strings.TrimSpace(r.Text) == "" || len(r.Text) > maxRuleText || !utf8.ValidString(r.Text):
		return 0, "", fieldError("text", "is missing, larger than 32 KB or not UTF-8")
	}
	return 0, r.Name, checkTexts(maxText, r.Note)
}

// loadRules reads the rules that are served. s.mu is held.
func (s *Store) loadRules(ctx context.Context, q queryer) error {
	next := &RuleSet{}
	err := eachDocOf(ctx, q, Rules, func(id int64, rec record) error {
		r := *rec.(*Rule)
		r.ID = id
		next.rules = append(next.rules, r)
		return nil
	}, `SELECT id, doc FROM rules WHERE pack IS NOT NULL ORDER BY id LIMIT ?`, maxRules)
	if err != nil {
		return err
	}
	s.spoken.Store(next)
	return nil
}
