package screening_test

import (
	"fmt"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"ringward/numberdb/index"
	"ringward/numbering"
	"ringward/screening"
)

// run plays one script.
type run struct {
	kase     *screening.Case
	decision screening.Decision
	now      time.Duration
}

// TestScripts plays every script in testdata. They are the specification.
func TestScripts(t *testing.T) {
	files, err := filepath.Glob("testdata/*.call")
	if err != nil || len(files) < 40 {
		t.Fatalf("%d scripts in testdata, at least 40 belong there (%v)", len(files), err)
	}
	for _, file := range files {
		t.Run(strings.TrimSuffix(filepath.Base(file), ".call"), func(t *testing.T) {
			text, err := os.ReadFile(file)
			if err != nil {
				t.Fatal(err)
			}
			s, err := parseScript(filepath.Base(file), string(text), includeFile)
			if err != nil {
				t.Fatal(err)
			}
			if err := s.play(); err != nil {
				t.Errorf("%s\n%v", s.story, err)
			}
		})
	}
}

func includeFile(name string) (string, error) {
	text, err := os.ReadFile(filepath.Join("testdata", filepath.Base(name)+".txt"))
	return string(text), err
}

func (s *script) index() *index.Index {
	b := index.NewBuilder(0)
	for _, inst := range s.register.institutions {
		b.AddInstitution(inst)
	}
	for _, l := range s.register.listings {
		b.Add(l.number.Key(), l.listing)
	}
	for _, p := range s.register.patterns {
		b.AddPattern(p)
	}
	for _, n := range s.register.saved {
		b.AddSaved(s.line, n.number.Key(), n.saved)
	}
	return b.Build("script")
}

// callerOf is the caller as the gateway would describe him.
func (s *script) callerOf() screening.Caller {
	return screening.Caller{
		Parsed:   numbering.Parse(s.caller.raw, numbering.Options{Area: s.area, InternationalTrunk: s.trunk.International}),
		Display:  s.caller.name,
		Trunk:    s.trunk,
		Identity: s.caller.identity,
		Line:     s.line,
		Now:      scriptDay,
		Lines:    s.caller.lines,
		Allowed:  s.caller.allowed,
	}
}

// play runs the call and returns the first failure, with file and line.
func (s *script) play() error {
	var x *index.Index
	if !s.caller.unscreened {
		x = s.index()
	}
	kase := screening.NewCase(screening.CallerEvidence(s.callerOf(), x), s.policy, screening.Limits{})
	r := &run{kase: kase, decision: screening.Decide(kase.Verdict(), s.policy)}
	last := "the end"
	for _, st := range s.steps {
		if st.at > r.now {
			if err := r.expectQuiet(); err != nil {
				return fmt.Errorf("%s: before this line: %w", st.where, err)
			}
			r.now = st.at
		}
		if err := st.do(r); err != nil {
			return fmt.Errorf("%s: at %v: %w", st.where, r.now, err)
		}
		last = st.where
	}
	if err := r.expectQuiet(); err != nil {
		return fmt.Errorf("%s: after this line: %w", last, err)
	}
	return nil
}

func (r *run) expectWarning(prompt, hotline string, silent bool) error {
	w, ok := r.kase.Due(r.now)
	switch {
	case !ok:
		next, waits := r.kase.NextDue()
		return fmt.Errorf("no warning is due (level %s, reasons %v; one waits: %v, until %v), the script expects %s", r.kase.Verdict().Level, rulesOf(r.kase.Verdict()), waits, next, prompt)
	case w.Prompt != prompt:
		return fmt.Errorf("the warning is %s, the script expects %s", w.Prompt, prompt)
	case hotline != "" && w.Institution != hotline:
		return fmt.Errorf("the warning names the hotline of %q, the script expects %q", w.Institution, hotline)
	case w.Silent != silent:
		return fmt.Errorf("the warning is silent: %v, the script expects %v", w.Silent, silent)
	}
	r.kase.Given(w, r.now)
	return nil
}

func (r *run) expectQuiet() error {
	if w, ok := r.kase.Due(r.now); ok {
		return fmt.Errorf("the warning %s (%s) is due at %v and the script does not expect it", w.Prompt, w.Level, r.now)
	}
	return nil
}

func rulesOf(v screening.Verdict) []string {
	var rules []string
	for _, r := range v.Reasons {
		rules = append(rules, r.Rule)
	}
	return rules
}
