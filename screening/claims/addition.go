package claims

import (
	"errors"
	"fmt"
	"slices"
	"strings"

	"github.com/goccy/go-yaml"
)

// Addition is phrases and rules beside those that the program carries, in the
// form of data/*.yaml: terms for concepts, new concepts, rules with sentences
// that they must and must not match, rows of the verdict table, ids of rules
// that are to count no more (drop), and sentences with the labels that are to be
// heard in them (examples).
type Addition struct {
	Name string // for errors
	Text []byte
}

// exampleData is a sentence with what is to be heard in it. Turns of the caller
// stand apart by " / "; the last one counts.
type exampleData struct {
	Say   string   `yaml:"say"`
	Hears []string `yaml:"hears"` // labels, all of them
	Not   []string `yaml:"not"`   // labels, none of them
}

// Extend compiles the rules that the program carries with additions, in order.
// An error names the addition, and the rule or concept in it.
func Extend(list ...Addition) (*Rules, error) {
	var files []source
	for _, name := range []string{"zh.yaml", "en.yaml", "rules.yaml"} {
		b, err := dataFiles.ReadFile("data/" + name)
		if err != nil {
			return nil, err
		}
		files = append(files, source{text: b})
	}
	for _, a := range list {
		files = append(files, source{a.Name, a.Text})
	}
	return parse(files)
}

// Check is Extend, and then runs the sentences of every rule: an addition whose
// own sentences fail, or that makes those of other rules fail, is refused, and
// so is one without sentences. The error says which sentence and why.
func Check(list ...Addition) (*Rules, error) {
	for _, a := range list {
		if err := a.testable(); err != nil {
			return nil, source{name: a.Name}.error(err)
		}
	}
	r, err := Extend(list...)
	if err != nil {
		return nil, err
	}
	var faults []error
	for i := range r.data {
		faults = append(faults, r.holds(i))
	}
	for i := range r.examples {
		faults = append(faults, r.hears(&r.examples[i]))
	}
	return r, errors.Join(faults...)
}

// testable reports what lacks a sentence to test it with.
func (a Addition) testable() error {
	var f ruleFile
	if err := yaml.UnmarshalWithOptions(a.Text, &f, yaml.Strict()); err != nil {
		return fmt.Errorf("read rules: %w", err)
	}
	if len(f.Rules)+len(f.Concepts)+len(f.Drop)+len(f.Verdicts) == 0 {
		return errors.New("there is nothing in it: want concepts, rules, verdicts or drop")
	}
	for _, d := range f.Rules {
		if len(d.Match) == 0 || len(d.NoMatch) == 0 {
			return fmt.Errorf("rule %s: give at least one sentence each under match and no_match", d.ID)
		}
	}
	if len(f.Rules) == 0 && len(f.Examples) == 0 {
		return errors.New("give sentences under examples: {say: ..., hears: [account_frozen]}")
	}
	return nil
}

// holds runs the sentences of the rule of number i.
func (r *Rules) holds(i int) error {
	d := &r.data[i]
	for _, s := range d.Match {
		if !r.fires(i, s) {
			return fmt.Errorf("rule %s does not match %q, which stands under its match", d.ID, s)
		}
	}
	for _, s := range d.NoMatch {
		if r.fires(i, s) {
			return fmt.Errorf("rule %s matches %q, which stands under its no_match", d.ID, s)
		}
	}
	return nil
}

// play runs a call of rules alone, in which the last turn is by who and what
// rules found before it counts anew.
func (r *Rules) play(call string, who Speaker) (*Detector, []Finding) {
	d := NewDetector(r, nil)
	turns := strings.Split(call, " / ")
	last := len(turns) - 1
	for _, s := range turns[:last] {
		d.Turn(Caller, s, true, 0)
	}
	d.fired = [maxRules / 64]uint64{}
	return d, d.Turn(who, turns[last], true, 0)
}

// fires reports whether the rule of number i fires in the last turn of call;
// the turns before are the caller's.
func (r *Rules) fires(i int, call string) bool {
	d, _ := r.play(call, r.rules[i].who)
	return d.fired[i/64]&(1<<(i%64)) != 0
}

// hears runs one example.
func (r *Rules) hears(e *exampleData) error {
	_, found := r.play(e.Say, Caller)
	for _, group := range []struct {
		names []string
		want  bool
	}{{e.Hears, true}, {e.Not, false}} {
		for _, name := range group.names {
			l, ok := ParseLabel(name)
			if !ok {
				return fmt.Errorf("example %q: there is no label %q", e.Say, name)
			}
			i := slices.IndexFunc(found, func(f Finding) bool { return f.Label == l })
			switch {
			case group.want && i < 0:
				return fmt.Errorf("example %q: %s is not heard in it", e.Say, name)
			case !group.want && i >= 0:
				return fmt.Errorf("example %q: %s is heard in it, by rule %s", e.Say, name, found[i].Rule)
			}
		}
	}
	return nil
}

// ruleNumber returns the number of a rule, -1 if there is none of that id.
func (r *Rules) ruleNumber(id string) int {
	return slices.IndexFunc(r.data, func(d ruleData) bool { return d.ID == id })
}

// drop takes a rule out.
func (r *Rules) drop(id string) error {
	i := r.ruleNumber(id)
	if i < 0 {
		return fmt.Errorf("drop: there is no rule %q", id)
	}
	r.rules, r.data = slices.Delete(r.rules, i, i+1), slices.Delete(r.data, i, i+1)
	return nil
}
