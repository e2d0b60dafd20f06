package main

import (
	"context"
	"errors"
	"fmt"
	"os"
	"os/user"
	"slices"
	"strings"

	"ringward/cmd/ringward/config"
	"ringward/numberdb"
)

// verb is one thing that `ringward numbers` does.
type verb struct {
	name    string
	args    string // for the usage line
	summary string // in the list of verbs
	more    string // in the verb's own help
	run     func(ctx context.Context, d *desk, args []string) error
}

func numbersVerbs() []verb {
	return slices.Concat(editVerbs(), reviewVerbs(), lookVerbs(), logVerbs(), fileVerbs())
}

// numbersTables are the words that put another table than the institutions'
// numbers before a verb: `ringward numbers line add`.
var numbersTables = []numberdb.Entity{numberdb.Institutions, numberdb.Numbers, numberdb.Scams, numberdb.Patterns,
	numberdb.Lines, numberdb.SavedNumbers, numberdb.Appeals}

// shownTables are these and the tables that have a command of their own for
// edits: list, show, history, stats and review know them as well.
var shownTables = append(slices.Clone(numbersTables), numberdb.Recordings, numberdb.Rules)

// desk is where one verb works: its flags, and the open database.
type desk struct {
	*flags
	entity      numberdb.Entity // the table named before the verb, "" none
	file, data  *string
	as, reason  *string
	asJSON, yes *bool
	review      bool // the verb is a reviewer's
	cfg         config.Config
	db          *numberdb.Store
}

func runNumbers(ctx context.Context, io stdio, args []string) error {
	if len(args) == 0 {
		numbersHelp(io)
		return errUsage
	}
	var entity numberdb.Entity
	if e := numberdb.Entity(args[0]); slices.Contains(numbersTables, e) && (e != numberdb.Appeals || len(args) > 1 && isVerb(args[1])) {
		entity, args = e, args[1:]
	}
	if len(args) == 0 || slices.Contains([]string{"help", "-h", "-help", "--help"}, args[0]) {
		numbersHelp(io)
		return nil
	}
	for _, v := range numbersVerbs() {
		if v.name == args[0] {
			d := newDesk(io, v, entity)
			defer d.close()
			return v.run(ctx, d, args[1:])
		}
	}
	fmt.Fprintf(io.err, "ringward numbers: there is no %q. Try: ringward numbers help\n", args[0])
	return errUsage
}

func isVerb(s string) bool {
	return slices.ContainsFunc(numbersVerbs(), func(v verb) bool { return v.name == s })
}

func numbersHelp(io stdio) {
	fmt.Fprint(io.out, `What we know of telephone numbers: who may call from where, who is reported.

  ringward numbers VERB [arguments]          institutions' numbers
  ringward numbers TABLE VERB [arguments]    another table: `)
	for i, t := range numbersTables {
		if i > 0 {
			fmt.Fprint(io.out, ", ")
		}
		fmt.Fprint(io.out, t)
	}
	fmt.Fprint(io.out, "\n\n")
	for _, v := range numbersVerbs() {
		fmt.Fprintf(io.out, "  %-10s %s\n", v.name, v.summary)
	}
	fmt.Fprint(io.out, `
Records are named by TABLE:ID as the tables show them (number:17, scam:4), by an
institution's id, or by the telephone number where that is one record.
ringward numbers VERB --help tells more. First steps: docs/analysts.md
`)
}

func newDesk(io stdio, v verb, entity numberdb.Entity) *desk {
	name := "numbers " + v.name
	if entity != "" {
		name = "numbers " + string(entity) + " " + v.name
	}
	d := &desk{flags: newFlags(io, name, strings.TrimSpace(name+" "+v.args)+"\n\n"+orElse(v.more, v.summary)), entity: entity}
	d.file = d.String("config", "", "configuration `FILE` of the gateway")
	d.data = d.String("data", "", "`DIR` of the databases, instead of the configuration's")
	d.asJSON = d.Bool("json", false, "print one JSON document")
	return d
}

// edits adds the flags of a verb that changes something.
func (d *desk) edits() {
	d.as = d.String("as", "", "your `NAME` in the change log (default: $RINGWARD_AS, else the user of this system)")
	d.reason = d.String("reason", "", "why, as `TEXT`; kept in the change log for ever")
	d.yes = d.Bool("yes", false, "do not ask")
}

// words reads the arguments: least to most of them, or it says what is expected.
func (d *desk) words(args []string, least, most int, expected string) ([]string, error) {
	rest, err := d.parse(args)
	if err == nil && (len(rest) < least || len(rest) > most) {
		err = d.wrong("%s", expected)
	}
	return rest, err
}

// open reads the arguments and opens the database. Like serve and screen it
// fills a new one with the examples if there is no configuration file.
func (d *desk) open(args []string, least, most int, expected string) (rest []string, err error) {
	if rest, err = d.words(args, least, most, expected); err != nil {
		return nil, err
	}
	if err := d.configure(); err != nil {
		return nil, err
	}
	path := numbersFile(d.cfg.Data)
	_, missing := os.Stat(path)
	if d.db, err = openRecords(d.cfg, *d.file == ""); err != nil {
		return nil, err
	}
	if os.IsNotExist(missing) {
		with := ""
		if *d.file == "" {
			with = " with the example institutions (unverified)"
		}
		fmt.Fprintf(d.io.err, "made a new number database %s%s\n", path, with)
	}
	return rest, nil
}

func (d *desk) configure() (err error) {
	d.cfg, err = loadConfig(*d.file, *d.data)
	return err
}

func (d *desk) close() {
	if d.db != nil {
		_ = d.db.Close()
	}
}

// edit says who edits and why. fallback is the reason of edits that explain
// themselves, "" for those that do not.
func (d *desk) edit(fallback string) (numberdb.Edit, error) {
	e := numberdb.Edit{Author: d.author(), Reason: orElse(strings.TrimSpace(*d.reason), fallback)}
	if e.Author == "" {
		return e, errors.New("nobody is known to make this edit: give --as NAME, or set RINGWARD_AS")
	}
	if e.Reason == "" {
		return e, errors.New(`say why with --reason "...": it is kept with the change, and the next analyst will ask`)
	}
	may := mayPropose
	if d.review {
		may = mayReview
	}
	return e, known(context.Background(), d.cfg.Data, e.Author, may)
}

// author is who --as or RINGWARD_AS names, or the user of this system.
func (d *desk) author() string {
	if name := orElse(*d.as, os.Getenv("RINGWARD_AS")); name != "" {
		return name
	}
	if u, err := user.Current(); err == nil {
		return u.Username
	}
	return ""
}

// confirm asks before many records are changed at once.
func (d *desk) confirm(format string, args ...any) error {
	if *d.yes {
		return nil
	}
	fmt.Fprintf(d.io.err, format+" [y/N] ", args...)
	var answer string
	_, _ = fmt.Fscanln(d.io.in, &answer) // no answer is no
	if a := strings.ToLower(answer); a == "y" || a == "yes" {
		return nil
	}
	return errors.New("nothing was changed: not confirmed (--yes does not ask)")
}

// table is the one that the verb works on.
func (d *desk) table() numberdb.Entity {
	if d.entity == "" {
		return numberdb.Numbers
	}
	return d.entity
}
