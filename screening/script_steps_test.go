package screening_test

import (
	"fmt"
	"slices"
	"strings"
	"time"

	"ringward/screening"
)

// at TIME [heard KIND [weak|strong] [of INSTITUTION] by caller|merchant [WORDS] | pressed *1|*3]
func (p *scriptParser) event(where string, args *arguments) error {
	w, err := args.next("a time like 12s")
	if err != nil {
		return err
	}
	at, err := time.ParseDuration(w)
	if err != nil || at < p.at || at > 24*time.Hour {
		return fmt.Errorf("%q is no time like 12s after %v", w, p.at)
	}
	p.at = at
	if len(args.words) == 0 {
		p.step(where, func(*run) error { return nil })
		return nil
	}
	verb, _ := args.next("what happens")
	switch verb {
	case "heard":
		return p.heard(where, args)
	case "pressed":
		return p.pressed(where, args)
	}
	return fmt.Errorf("nothing is called %q (there are heard and pressed)", verb)
}

func (p *scriptParser) step(where string, do func(*run) error) {
	p.s.steps = append(p.s.steps, step{where: where, at: p.at, do: do})
}

func (p *scriptParser) heard(where string, args *arguments) (err error) {
	e := screening.Evidence{At: p.at, Source: screening.SourceWords}
	if e.Kind, err = named(args, "kind of claim, request or behaviour", screening.ParseKind); err != nil {
		return err
	}
	switch {
	case args.take("weak"):
		e.Strength = screening.Weak
	case args.take("strong"):
		e.Strength = screening.Strong
	}
	if args.take("of") {
		if e.Institution, err = args.next("the institution's id"); err != nil {
			return err
		}
	}
	if !args.take("by") {
		return fmt.Errorf("say by caller or by merchant")
	}
	if e.By, err = named(args, "party (caller, merchant)", screening.ParseParty); err != nil {
		return err
	}
	if len(args.words) > 0 {
		e.Words, _ = args.next("the words")
	}
	e.Source = sourceOf(e.Kind)
	e.Rule = e.Source.String() + "." + e.Kind.String()
	p.step(where, func(r *run) error { r.kase.Add(e); return nil })
	return nil
}

func sourceOf(k screening.Kind) screening.Source {
	switch k {
	case screening.KnownRecording:
		return screening.SourceRecording
	case screening.RobocallMenu, screening.Monologue, screening.KeyPressed:
		return screening.SourceBehaviour
	}
	return screening.SourceWords
}

func (p *scriptParser) pressed(where string, args *arguments) error {
	at := p.at
	switch {
	case args.take("*1"):
		p.step(where, func(r *run) error { r.kase.Dismiss(at); return nil })
	case args.take("*3"):
		p.step(where, func(r *run) error { r.kase.Silence(); return nil })
	default:
		return fmt.Errorf("the keys are *1 (not a scam) and *3 (silence)")
	}
	return nil
}

// expect class|level|heard|action|answer|label|announcement|institution VALUE
// expect level LEVEL because RULE...
// expect warning PROMPT [hotline-of INSTITUTION] [silent], expect no warning
// expect says "part of a reason's sentence"
func (p *scriptParser) expect(where string, args *arguments) error {
	what, err := args.next("what is expected")
	if err != nil {
		return err
	}
	switch what {
	case "warning":
		return p.expectWarning(where, args)
	case "no":
		if !args.take("warning") {
			return fmt.Errorf("only a warning can be expected not to come")
		}
		p.step(where, (*run).expectQuiet)
		return nil
	case "level":
		return p.expectLevel(where, args)
	}
	want, err := args.next("the expected value")
	if err != nil {
		return err
	}
	get, ok := expectations[what]
	if !ok {
		return fmt.Errorf("nobody knows how to expect %q (there are class, level, heard, action, would, answer, label, announcement, institution, says, blockable, warning, no warning)", what)
	}
	p.step(where, func(r *run) error {
		if got := get(r); !strings.Contains(got, want) || what != "says" && got != want {
			return fmt.Errorf("%s is %q, the script expects %q", what, got, want)
		}
		return nil
	})
	return nil
}

var expectations = map[string]func(*run) string{
	"class":        func(r *run) string { return r.kase.Verdict().Caller.String() },
	"heard":        func(r *run) string { return r.kase.Verdict().Heard.String() },
	"institution":  func(r *run) string { return r.kase.Verdict().Institution },
	"blockable":    func(r *run) string { return fmt.Sprint(r.kase.Verdict().Blockable) },
	"action":       func(r *run) string { return r.decision.Action.String() },
	"would":        func(r *run) string { return r.decision.Would.String() },
	"answer":       func(r *run) string { return r.decision.Response.String() },
	"label":        func(r *run) string { return r.decision.Label },
	"announcement": func(r *run) string { return strings.Join(r.decision.Prompts, " ") },
	"says": func(r *run) string {
		var all []string
		for _, reason := range r.kase.Verdict().Reasons {
			all = append(all, reason.Text.ZH, reason.Text.EN)
		}
		return strings.Join(all, " ")
	},
}

func (p *scriptParser) expectLevel(where string, args *arguments) error {
	want, err := named(args, "level (unknown, clear, notice, warning, alarm)", screening.ParseLevel)
	if err != nil {
		return err
	}
	var rules []string
	if args.take("because") {
		if len(args.words) == 0 {
			return fmt.Errorf("because of what? name rules like caller.imitation")
		}
		rules, args.words = args.words, nil
	}
	p.step(where, func(r *run) error {
		v := r.kase.Verdict()
		if v.Level != want {
			return fmt.Errorf("level is %s (caller %s, heard %s), the script expects %s; reasons: %v", v.Level, v.Caller, v.Heard, want, rulesOf(v))
		}
		for _, rule := range rules {
			if !v.Has(rule) {
				return fmt.Errorf("%s is not among the reasons %v", rule, rulesOf(v))
			}
		}
		return nil
	})
	return nil
}

func (p *scriptParser) expectWarning(where string, args *arguments) (err error) {
	prompt, err := args.next("the id of what is said, like warn.freeze")
	if err != nil {
		return err
	}
	if !slices.Contains(screening.PromptIDs(), prompt) {
		return fmt.Errorf("no prompt is called %q (there are %s)", prompt, strings.Join(screening.PromptIDs(), ", "))
	}
	hotline := ""
	if args.take("hotline-of") {
		if hotline, err = args.next("the institution's id"); err != nil {
			return err
		}
	}
	silent := args.take("silent")
	p.step(where, func(r *run) error { return r.expectWarning(prompt, hotline, silent) })
	return nil
}
