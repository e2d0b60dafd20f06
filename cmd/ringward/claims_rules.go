package main

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"os"
	"path/filepath"
	"slices"
	"strconv"
	"strings"

	"ringward/numberdb"
	"ringward/screening/claims"
)

func ruleVerbs() []verb {
	return []verb{
		{"list", "[--status S] [--json]", "all rules, and who stands behind them", "", listRules},
		{"show", "NAME [--json]", "one rule and its history", "", showRule},
		{"test", "FILE.yaml...", "run the sentences in FILE, with all rules that count; nothing is kept", "", testRules},
		{"add", "FILE.yaml [--name NAME] [--note TEXT] --reason TEXT", "add a rule, or change the one of that name, as a draft", ruleAddMore, addRule},
		{"approve", "NAME... --reason TEXT", "confirm rules that another person wrote: from now on they count", "", reviewRules("approved", (*numberdb.Store).Approve)},
		{"reject", "NAME... --reason TEXT", "refuse rules: they do not count", "", reviewRules("rejected", (*numberdb.Store).Reject)},
		{"retire", "NAME... --reason TEXT", "say that rules are no longer wanted: they count no more", "", reviewRules("retired", (*numberdb.Store).Retire)},
	}
}

const ruleAddMore = `Takes phrases and rules in the form of screening/claims/data/*.yaml, beside those
that the program carries. Every rule brings sentences that it must and must not
match; phrases alone bring examples. All of them, and those of all other rules,
are run before anything is kept: a rule whose sentences fail is refused.
  concepts:
    stopped: [关停维护]
  rules:
    - id: rent.deposit
      label: payment_demand
      all: [pay, deposit_words]
      match: [先交房租押金]
      no_match: [押金退给您]
  examples:
    - {say: 您的账户关停维护了, hears: [account_frozen]}
The name is the file's, or --name. The rule counts once a second person has
approved it; a changed rule counts again when the change is approved. To take an
edit back: ringward claims rules show NAME, then ringward numbers undo CHANGE.`

func runRules(ctx context.Context, io stdio, args []string) error {
	if len(args) == 0 || slices.Contains([]string{"help", "-h", "-help", "--help"}, args[0]) {
		rulesHelp(io)
		if len(args) == 0 {
			return errUsage
		}
		return nil
	}
	for _, v := range ruleVerbs() {
		if v.name == args[0] {
			d := newDesk(io, v, numberdb.Rules)
			d.FlagSet.Init("claims rules "+v.name, d.ErrorHandling())
			d.Usage = func() {
				fmt.Fprintf(io.err, "usage: ringward claims rules %s\n", strings.TrimSpace(v.name+" "+v.args)+"\n\n"+orElse(v.more, v.summary))
				d.PrintDefaults()
			}
			defer d.close()
			return v.run(ctx, d, args[1:])
		}
	}
	fmt.Fprintf(io.err, "ringward claims rules: there is no %q. Try: ringward claims rules help\n", args[0])
	return errUsage
}

func rulesHelp(io stdio) {
	fmt.Fprint(io.out, "Rules over what callers say, beside those that the program carries.\n\n  ringward claims rules VERB [arguments]\n\n")
	for _, v := range ruleVerbs() {
		fmt.Fprintf(io.out, "  %-10s %s\n", v.name, v.summary)
	}
	fmt.Fprint(io.out, "\nringward claims rules VERB --help tells more; docs/detection.md explains.\n")
}

// ruleFiles compiles the carried rules with files, named by comma.
func ruleFiles(list string) (*claims.Rules, error) {
	var files []claims.Addition
	for _, name := range strings.FieldsFunc(list, func(r rune) bool { return r == ',' }) {
		a, err := readRuleFile(name, "")
		if err != nil {
			return nil, err
		}
		files = append(files, a)
	}
	if len(files) == 0 {
		return claims.Default(), nil
	}
	return claims.Check(files...)
}

// maxRuleFile is more than the database takes, so that it is the database that
// says what is too large.
const maxRuleFile = 64 << 10

// readRuleFile reads one file; the rule's name is the file's, unless it is given.
func readRuleFile(file, name string) (claims.Addition, error) {
	f, err := os.Open(file)
	if err != nil {
		return claims.Addition{}, err
	}
	defer f.Close()
	text, err := io.ReadAll(io.LimitReader(f, maxRuleFile))
	base := filepath.Base(file)
	return claims.Addition{Name: orElse(name, strings.TrimSuffix(base, filepath.Ext(base))), Text: text}, err
}

// others are the rules that count, without the named ones.
func (d *desk) others(names ...string) []claims.Addition {
	return slices.DeleteFunc(additions(d.db.Rules().List()), func(a claims.Addition) bool { return slices.Contains(names, a.Name) })
}

func testRules(_ context.Context, d *desk, args []string) error {
	rest, err := d.open(args, 1, 50, "name the files of rules")
	if err != nil {
		return err
	}
	var files []claims.Addition
	var names []string
	for _, file := range rest {
		a, err := readRuleFile(file, "")
		if err != nil {
			return err
		}
		files, names = append(files, a), append(names, a.Name)
	}
	r, err := claims.Check(append(d.others(names...), files...)...)
	if err != nil {
		return err
	}
	if *d.asJSON {
		return printJSON(d.io.out, map[string]any{"tested": names, "version": r.Version()})
	}
	fmt.Fprintf(d.io.out, "all sentences hold; the rules would be version %s\n", r.Version())
	return nil
}

func addRule(ctx context.Context, d *desk, args []string) error {
	d.edits()
	name, note := d.String("name", "", "short lower-case `NAME`, instead of the file's"), d.String("note", "", "remark")
	rest, err := d.open(args, 1, 1, "name one file of rules")
	if err != nil {
		return err
	}
	e, err := d.edit("")
	if err != nil {
		return err
	}
	a, err := readRuleFile(rest[0], *name)
	if err != nil {
		return err
	}
	if _, err := claims.Check(append(d.others(a.Name), a)...); err != nil {
		return fmt.Errorf("the rule was not added: %w", err)
	}
	id, err := d.db.PutRule(ctx, e, numberdb.Rule{Name: a.Name, Text: string(a.Text), Note: *note})
	if err != nil {
		return err
	}
	if *d.asJSON {
		return printJSON(d.io.out, map[string]any{"id": id, "name": a.Name, "author": e.Author})
	}
	fmt.Fprintf(d.io.out, "rule %s is a draft by %s. It counts when a second person says: ringward claims rules approve %s --reason ...\n", a.Name, e.Author, a.Name)
	return nil
}

func (d *desk) allRules(ctx context.Context, status numberdb.Status) ([]numberdb.Rule, error) {
	list := []numberdb.Rule{}
	for f := (numberdb.Filter{Status: status, Limit: 1000}); ; {
		page, err := d.db.List(ctx, numberdb.Rules, f)
		if err != nil {
			return nil, err
		}
		for _, row := range page {
			var r numberdb.Rule
			if err := json.Unmarshal(row.Doc, &r); err != nil {
				return nil, fmt.Errorf("rule %s does not read: %w", row.ID, err)
			}
			r.ID, _ = strconv.ParseInt(row.ID, 10, 64)
			list, f.After = append(list, r), r.ID
		}
		if len(page) < f.Limit {
			return list, nil
		}
	}
}

// ruleNamed finds a rule by its name, or by rule:ID.
func (d *desk) ruleNamed(ctx context.Context, name string) (numberdb.Rule, error) {
	list, err := d.allRules(ctx, "")
	if err != nil {
		return numberdb.Rule{}, err
	}
	for _, r := range list {
		if r.Name == name || fmt.Sprintf("%s:%d", numberdb.Rules, r.ID) == name {
			return r, nil
		}
	}
	return numberdb.Rule{}, fmt.Errorf("there is no rule %q in the database; ringward claims rules list shows them", name)
}

func listRules(ctx context.Context, d *desk, args []string) error {
	status := d.String("status", "", "draft, verified, rejected or retired")
	if _, err := d.open(args, 0, 0, "unexpected argument"); err != nil {
		return err
	}
	list, err := d.allRules(ctx, numberdb.Status(*status))
	if err != nil {
		return err
	}
	if *d.asJSON {
		return printJSON(d.io.out, map[string]any{"rules": list})
	}
	if len(list) == 0 {
		fmt.Fprintln(d.io.out, "no rules besides those that the program carries")
		return nil
	}
	t := &table{head: []string{"NAME", "STATUS", "BY", "VERIFIED BY", "NOTE"}}
	for _, r := range list {
		t.add(r.Name, string(r.Status), r.ProposedBy, strings.Join(r.VerifiedBy, ", "), r.Note)
	}
	d.print(t)
	return nil
}

func showRule(ctx context.Context, d *desk, args []string) error {
	rest, err := d.open(args, 1, 1, "name one rule")
	if err != nil {
		return err
	}
	r, err := d.ruleNamed(ctx, rest[0])
	if err != nil {
		return err
	}
	history, err := d.db.History(ctx, numberdb.Rules, strconv.FormatInt(r.ID, 10))
	if err != nil {
		return err
	}
	type entry struct {
		Change                     int64
		At, Author, Action, Reason string
	}
	told := []entry{}
	for _, c := range history {
		told = append(told, entry{c.Seq, c.At.Local().Format("2006-01-02 15:04"), c.Author, c.Action, c.Reason})
	}
	if *d.asJSON {
		return printJSON(d.io.out, map[string]any{"rule": r, "history": told})
	}
	fmt.Fprintf(d.io.out, "rule %s  %s\n%s\n", r.Name, r.Status, strings.TrimRight(r.Text, "\n"))
	for _, e := range told {
		fmt.Fprintf(d.io.out, "  %d  %s  %s %s: %s\n", e.Change, e.At, e.Author, e.Action, e.Reason)
	}
	return nil
}

// reviewRules is approve, reject and retire. What is approved is tested again,
// with the rules that count today.
func reviewRules(did string, do review) func(context.Context, *desk, []string) error {
	return func(ctx context.Context, d *desk, args []string) error {
		d.edits()
		rest, err := d.open(args, 1, 100, "name rules")
		if err != nil {
			return err
		}
		e, err := d.edit("")
		if err != nil {
			return err
		}
		for _, name := range rest {
			if err := d.reviewRule(ctx, e, name, did, do); err != nil {
				return fmt.Errorf("rule %s: %w", name, err)
			}
		}
		if *d.asJSON {
			return printJSON(d.io.out, map[string]any{did: rest, "author": e.Author})
		}
		return nil
	}
}

func (d *desk) reviewRule(ctx context.Context, e numberdb.Edit, name, did string, do review) error {
	r, err := d.ruleNamed(ctx, name)
	if err != nil {
		return err
	}
	list := d.others(r.Name)
	if did == "approved" {
		list = append(list, claims.Addition{Name: r.Name, Text: []byte(r.Text)})
	}
	if _, err := claims.Check(list...); err != nil {
		return errors.Join(errors.New("nothing was changed: the rules would not hold their sentences any more"), err)
	}
	if err := do(d.db, ctx, e, numberdb.Rules, strconv.FormatInt(r.ID, 10)); err != nil {
		return err
	}
	if !*d.asJSON {
		fmt.Fprintf(d.io.out, "%s rule %s\n", did, r.Name)
	}
	return nil
}
