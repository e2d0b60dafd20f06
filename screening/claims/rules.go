package claims

import (
	"embed"
	"fmt"
	"hash/fnv"
	"maps"
	"slices"
	"strings"
	"sync"

	"github.com/goccy/go-yaml"
)

//go:embed data/*.yaml
var dataFiles embed.FS

// ruleFile is the shape of rules.yaml and of the lexicon files.
type ruleFile struct {
	Concepts map[string][]string `yaml:"concepts"` // name: terms
	Rules    []ruleData          `yaml:"rules"`
	Verdicts []verdictData       `yaml:"verdicts"`
	Guard    []string            `yaml:"guard"` // concepts: in a turn with one the model alone claims nothing
	Drop     []string            `yaml:"drop"`  // ids of rules before it that count no more
	Examples []exampleData       `yaml:"examples"`
}

// ruleData is a rule as an analyst writes it.
type ruleData struct {
	ID       string   `yaml:"id"`
	Label    string   `yaml:"label"`
	Strength string   `yaml:"strength"` // plain if empty
	Who      string   `yaml:"who"`      // caller if empty, merchant, spotter
	All      []string `yaml:"all"`      // concepts that must all be there, "a|b" for either
	Order    bool     `yaml:"order"`    // in that order, in one sentence
	Within   int      `yaml:"within"`   // tokens from the first to the end of the last
	Heard    []string `yaml:"heard"`    // concepts or labels heard in the call so far, this turn included
	Not      []string `yaml:"not"`      // cancel in the same sentence, or up to 10 tokens around
	NotNear  []string `yaml:"not_near"` // cancel up to 4 tokens before the last concept, or within it
	NotTurn  []string `yaml:"not_turn"` // cancel anywhere in the turn
	NotHeard []string `yaml:"not_heard"`
	Match    []string `yaml:"match"`    // sentences it must match
	NoMatch  []string `yaml:"no_match"` // and must not
}

// verdictData is a row of the verdict table.
type verdictData struct {
	ID    string   `yaml:"id"`
	Level string   `yaml:"level"`
	Heard []string `yaml:"heard"` // labels and concepts, all of them; "a|b" for either
	Not   []string `yaml:"not"`
	Score float64  `yaml:"score"` // the model, where there is one, must give at least this probability
	Alone bool     `yaml:"alone"` // stands without a model too
}

// either is concepts or labels of which one is enough.
type either struct {
	concepts conceptSet
	list     []concept
	labels   labels
}

func (e *either) heard(s *conceptSet, l labels) bool {
	for i := range s {
		if s[i]&e.concepts[i] != 0 {
			return true
		}
	}
	return l.any(e.labels)
}

// rule is a compiled ruleData.
type rule struct {
	id                            string
	hash                          uint32 // of the id, for the model
	label                         Label
	strength                      Strength
	who                           Speaker
	all                           []either
	order                         bool
	within                        int16
	heard                         []either
	not, notNear, notTurn, unless either
}

// verdictRule is a compiled row of the verdict table.
type verdictRule struct {
	id    string
	level Level
	heard []either
	not   either
	score float64
	alone bool
}

// Rules are compiled rules and lexicon: immutable, shared by all detectors.
type Rules struct {
	version  string
	lexicon  lexicon
	rules    []rule // as many as data
	verdicts []verdictRule
	guard    either
	mask     concept  // hits inside a hit of it do not count
	names    []uint32 // hashes of the concepts' names, for the model
	data     []ruleData
	examples []exampleData
}

// maxRules bounds the rules of all files together.
const maxRules = 256

// Default returns the rules that the program carries.
var Default = sync.OnceValue(func() *Rules {
	r, err := Extend()
	if err != nil {
		panic(err)
	}
	return r
})

// source is one rule file.
type source struct {
	name string // for errors, "" where it needs none
	text []byte
}

// Parse compiles rule files, which may build on each other's concepts. An error
// names the rule or concept.
func Parse(files ...[]byte) (*Rules, error) {
	var list []source
	for _, b := range files {
		list = append(list, source{text: b})
	}
	return parse(list)
}

func parse(files []source) (*Rules, error) {
	r := &Rules{lexicon: newLexicon()}
	sum := fnv.New64a()
	var parsed []ruleFile
	for _, s := range files {
		var f ruleFile
		if err := yaml.UnmarshalWithOptions(s.text, &f, yaml.Strict()); err != nil {
			return nil, s.error(fmt.Errorf("read rules: %w", err))
		}
		sum.Write(s.text)
		parsed = append(parsed, f)
		for _, name := range sortedKeys(f.Concepts) {
			if err := r.lexicon.add(name, f.Concepts[name]); err != nil {
				return nil, s.error(err)
			}
		}
	}
	if c, ok := r.lexicon.byName["mask"]; ok {
		r.mask = c
	} else {
		return nil, fmt.Errorf("there is no concept %q: words in which no term counts", "mask")
	}
	for _, name := range r.lexicon.names {
		r.names = append(r.names, wordKey(name))
	}
	for i, f := range parsed {
		if err := r.compile(f); err != nil {
			return nil, files[i].error(err)
		}
	}
	r.version = fmt.Sprintf("%x", sum.Sum64())
	return r, nil
}

func (s source) error(err error) error {
	if s.name == "" {
		return err
	}
	return fmt.Errorf("%s: %w", s.name, err)
}

// Version names the rules: it changes when they do.
func (r *Rules) Version() string { return r.version }

func (r *Rules) compile(f ruleFile) error {
	for _, id := range f.Drop {
		if err := r.drop(id); err != nil {
			return err
		}
	}
	for i := range f.Rules {
		d := &f.Rules[i]
		if d.ID == "" || r.ruleNumber(d.ID) >= 0 {
			return fmt.Errorf("rule %q: the id is empty or used twice", d.ID)
		}
		if err := r.compileRule(d); err != nil {
			return fmt.Errorf("rule %s: %w", d.ID, err)
		}
	}
	r.examples = append(r.examples, f.Examples...)
	if len(r.rules) > maxRules {
		return fmt.Errorf("%d rules, at most %d", len(r.rules), maxRules)
	}
	if len(f.Guard) > 0 {
		var err error
		if r.guard, err = r.either(strings.Join(f.Guard, "|")); err != nil {
			return fmt.Errorf("guard: %w", err)
		}
	}
	for _, d := range f.Verdicts {
		if err := r.compileVerdict(d); err != nil {
			return fmt.Errorf("verdict %s: %w", d.ID, err)
		}
	}
	return nil
}

func (r *Rules) compileRule(d *ruleData) (err error) {
	c := rule{id: d.ID, hash: wordKey(d.ID), order: d.Order, within: int16(d.Within), who: Caller}
	var ok bool
	if c.label, ok = ParseLabel(d.Label); !ok {
		return fmt.Errorf("there is no label %q", d.Label)
	}
	if c.strength, ok = parseStrength(d.Strength); !ok {
		return fmt.Errorf("strength %q: want plain, weak or strong", d.Strength)
	}
	switch d.Who {
	case "", "caller":
	case "merchant":
		c.who = Merchant
	case "spotter":
		c.who = Spotter
	default:
		return fmt.Errorf("who %q: want caller, merchant or spotter", d.Who)
	}
	if c.within == 0 {
		c.within = 12
	}
	if len(d.All) == 0 || len(d.All) > maxParts {
		return fmt.Errorf("all names %d concepts, want 1 to %d", len(d.All), maxParts)
	}
	if c.all, err = r.eithers(d.All); err != nil {
		return err
	}
	for _, e := range c.all {
		if len(e.list) == 0 {
			return fmt.Errorf("all: %q names no concept", d.All)
		}
	}
	if c.heard, err = r.eithers(d.Heard); err != nil {
		return err
	}
	for _, s := range []struct {
		to   *either
		from []string
	}{{&c.not, d.Not}, {&c.notNear, d.NotNear}, {&c.notTurn, d.NotTurn}, {&c.unless, d.NotHeard}} {
		if *s.to, err = r.either(strings.Join(s.from, "|")); err != nil {
			return err
		}
	}
	r.rules, r.data = append(r.rules, c), append(r.data, *d)
	return nil
}

func (r *Rules) compileVerdict(d verdictData) (err error) {
	v := verdictRule{id: d.ID, score: d.Score, alone: d.Alone}
	switch d.Level {
	case "suspicious":
		v.level = Suspicious
	case "scam":
		v.level = Scam
	default:
		return fmt.Errorf("level %q: want suspicious or scam", d.Level)
	}
	if v.heard, err = r.eithers(d.Heard); err != nil {
		return err
	}
	if v.not, err = r.either(strings.Join(d.Not, "|")); err != nil {
		return err
	}
	r.verdicts = append(r.verdicts, v)
	return nil
}

func (r *Rules) eithers(names []string) ([]either, error) {
	var list []either
	for _, n := range names {
		e, err := r.either(n)
		if err != nil {
			return nil, err
		}
		list = append(list, e)
	}
	return list, nil
}

func (r *Rules) either(names string) (e either, err error) {
	if names == "" {
		return e, nil
	}
	for _, n := range strings.Split(names, "|") {
		c, isConcept := r.lexicon.byName[n]
		l, isLabel := ParseLabel(n)
		switch {
		case isConcept:
			e.concepts.add(c)
			e.list = append(e.list, c)
		case isLabel:
			e.labels.add(l)
		default:
			return e, fmt.Errorf("%q is neither a concept nor a label", n)
		}
	}
	return e, nil
}

func sortedKeys[V any](m map[string]V) []string { return slices.Sorted(maps.Keys(m)) }
