package main

import (
	"log/slog"
	"sync"

	"ringward/numberdb"
	"ringward/screening/claims"
)

// analystRules are the rules over words that the program carries, with those
// that analysts keep in the number database.
type analystRules struct {
	db  *numberdb.Store
	log *slog.Logger

	mu       sync.Mutex
	set      *numberdb.RuleSet // that compiled was made of
	compiled *claims.Rules
}

func newAnalystRules(db *numberdb.Store, log *slog.Logger) *analystRules {
	return &analystRules{db: db, log: log, compiled: claims.Default()}
}

// now returns the rules as they are. They are compiled anew when an analyst
// changed one; what does not compile is logged and the rules before it stay.
func (a *analystRules) now() *claims.Rules {
	set := a.db.Rules()
	a.mu.Lock()
	defer a.mu.Unlock()
	if set == a.set {
		return a.compiled
	}
	a.set = set
	if len(set.List()) == 0 {
		a.compiled = claims.Default()
		return a.compiled
	}
	r, err := claims.Extend(additions(set.List())...)
	if err != nil {
		a.log.Error("the rules in the number database do not fit together; those before them stay. Retire one with ringward claims rules retire", "err", err)
		return a.compiled
	}
	a.compiled = r
	a.log.Info("rules over words", "version", r.Version(), "added", len(set.List()))
	return r
}

func additions(list []numberdb.Rule) []claims.Addition {
	var out []claims.Addition
	for _, r := range list {
		out = append(out, claims.Addition{Name: r.Name, Text: []byte(r.Text)})
	}
	return out
}
