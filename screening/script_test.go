package screening_test

import (
	"fmt"
	"strconv"
	"strings"
	"time"

	"ringward/numberdb/index"
	"ringward/numbering"
	"ringward/screening"
)

// script is one parsed .call file. testdata/README.md describes the language.
type script struct {
	story    string
	register register
	line     string // canonical number
	policy   screening.Policy
	trunk    screening.Trust
	area     string
	caller   callerLine
	steps    []step
}

// register is what the number database knows in a script.
type register struct {
	institutions []index.Institution
	listings     []numberListing
	patterns     []index.Pattern
	saved        []savedNumber
}

type numberListing struct {
	number  numbering.Number
	listing index.Listing
}

type savedNumber struct {
	number numbering.Number
	saved  index.Saved
}

type callerLine struct {
	given      bool
	raw, name  string
	identity   screening.Identity
	lines      int
	allowed    bool // by *1 in an earlier call
	unscreened bool // the register is not there
}

// step is one line that does or expects something, in the order of the file.
type step struct {
	where string // file:line, for failures
	at    time.Duration
	do    func(*run) error // event or expectation
}

// scriptDay is the day on which scripts play, unless a listing says otherwise.
var scriptDay = time.Date(2026, 6, 1, 12, 0, 0, 0, time.UTC)

const maxScript = 64 << 10 // bytes; nobody writes a longer one by hand

// scriptParser reads one file. include finds what `use` names.
type scriptParser struct {
	s       *script
	include func(name string) (string, error)
	at      time.Duration
	depth   int
}

// parseScript reads a script; every error names file and line, and what is
// allowed there.
func parseScript(name, text string, include func(string) (string, error)) (*script, error) {
	p := &scriptParser{s: &script{line: "+862155550000"}, include: include}
	p.s.policy.Mode = screening.ModeAnnounce
	p.s.trunk = screening.Trust{Name: "carrier", Domestic: true, ScreensNumbers: true}
	if err := p.file(name, text); err != nil {
		return nil, err
	}
	switch {
	case p.s.story == "":
		return nil, fmt.Errorf("%s: no story: begin with the line: story \"what happens and what should come of it\"", name)
	case !p.s.caller.given:
		return nil, fmt.Errorf("%s: nobody calls: add a line like: caller 13800138000", name)
	}
	return p.s, nil
}

func (p *scriptParser) file(name, text string) error {
	if len(text) > maxScript {
		return fmt.Errorf("%s: longer than %d bytes", name, maxScript)
	}
	for i, line := range strings.Split(text, "\n") {
		where := name + ":" + strconv.Itoa(i+1)
		words, err := splitWords(line)
		if err == nil && len(words) > 0 {
			err = p.statement(where, words)
		}
		if err != nil {
			return fmt.Errorf("%s: %w", where, err)
		}
	}
	return nil
}

// splitWords cuts a line at spaces; "double quotes" keep words together, # begins a remark.
func splitWords(line string) ([]string, error) {
	var words []string
	for {
		line = strings.TrimLeft(line, " \t\r")
		switch {
		case line == "" || line[0] == '#':
			return words, nil
		case line[0] == '"':
			word, rest, ok := strings.Cut(line[1:], `"`)
			if !ok {
				return nil, fmt.Errorf("a quote is opened and not closed")
			}
			words, line = append(words, word), rest
		default:
			end := strings.IndexAny(line, " \t\r")
			if end < 0 {
				end = len(line)
			}
			words, line = append(words, line[:end]), line[end:]
		}
	}
}

func (p *scriptParser) statement(where string, words []string) error {
	args := &arguments{words: words[1:]}
	var err error
	switch words[0] {
	case "story":
		p.s.story, err = args.next("the story in quotes")
	case "use":
		err = p.use(args)
	case "institution":
		err = p.institution(args)
	case "listing":
		err = p.listing(args)
	case "pattern":
		err = p.pattern(args)
	case "saved":
		err = p.saved(args)
	case "line":
		err = p.line(args)
	case "trunk":
		err = p.trunk(args)
	case "caller":
		err = p.caller(args)
	case "at":
		err = p.event(where, args)
	case "expect":
		err = p.expect(where, args)
	default:
		return fmt.Errorf("no line begins with %q (there are story, use, institution, listing, pattern, saved, line, trunk, caller, at, expect)", words[0])
	}
	if err == nil {
		err = args.end()
	}
	return err
}

func (p *scriptParser) use(args *arguments) error {
	name, err := args.next("the name of a register file")
	if err != nil {
		return err
	}
	if p.depth > 0 {
		return fmt.Errorf("a register cannot use another one")
	}
	text, err := p.include(name)
	if err != nil {
		return err
	}
	p.depth++
	defer func() { p.depth-- }()
	return p.file(name, text)
}

// arguments are the words of a line after the first.
type arguments struct{ words []string }

func (a *arguments) next(what string) (string, error) {
	if len(a.words) == 0 {
		return "", fmt.Errorf("%s is missing", what)
	}
	w := a.words[0]
	a.words = a.words[1:]
	return w, nil
}

// take removes the next word if it is w.
func (a *arguments) take(w string) bool {
	if len(a.words) == 0 || a.words[0] != w {
		return false
	}
	a.words = a.words[1:]
	return true
}

func (a *arguments) end() error {
	if len(a.words) > 0 {
		return fmt.Errorf("%q was not expected here", strings.Join(a.words, " "))
	}
	return nil
}

// named reads the next word with a Parse function; what says what it should be.
func named[T fmt.Stringer](a *arguments, what string, parse func(string) (T, bool)) (T, error) {
	var none T
	w, err := a.next(what)
	if err != nil {
		return none, err
	}
	v, ok := parse(w)
	if !ok {
		return none, fmt.Errorf("%q is no %s", w, what)
	}
	return v, nil
}

func (a *arguments) count(what string) (int, error) {
	w, err := a.next(what)
	if err != nil {
		return 0, err
	}
	n, err := strconv.Atoi(w)
	if err != nil || n < 0 || n > 1e6 {
		return 0, fmt.Errorf("%q is no %s", w, what)
	}
	return n, nil
}

func (a *arguments) number() (numbering.Number, error) {
	w, err := a.next("a number")
	if err != nil {
		return numbering.Number{}, err
	}
	p := numbering.Parse(w, numbering.Options{})
	if p.Number.IsZero() {
		return numbering.Number{}, fmt.Errorf("%q is no telephone number: %s", w, p.Note)
	}
	return p.Number, nil
}

// day reads a date like 2026-05-31 as days since 1970.
func (a *arguments) day() (int32, error) {
	w, err := a.next("a day like 2026-05-31")
	if err != nil {
		return 0, err
	}
	t, err := time.Parse(time.DateOnly, w)
	if err != nil {
		return 0, fmt.Errorf("%q is no day like 2026-05-31", w)
	}
	return int32(t.Unix() / 86400), nil
}
