// Command ringward is the gateway and the tools around it: see `ringward help`.
package main

import (
	"context"
	"errors"
	"flag"
	"fmt"
	"io"
	"os"
	"os/signal"
	"slices"
	"strings"
	"syscall"
)

// command is one word of the command line.
type command struct {
	name    string
	summary string
	run     func(ctx context.Context, io stdio, args []string) error
}

// stdio is where a command reads and writes, so that tests can run it.
type stdio struct {
	in       io.Reader
	out, err io.Writer
}

func commands() []command {
	return []command{
		{"serve", "run the gateway", runServe},
		{"demo", "watch scam calls go through the gateway on this machine", runDemo},
		{"screen", "say what would happen to a caller, and why", runScreen},
		{"calls", "records of past calls", runCalls},
		{"numbers", "the number database: look up, edit, review, import", runNumbers},
		{"recordings", "known recordings: add, match, review", runRecordings},
		{"listen", "hear a recording of a call as the gateway would", runListen},
		{"prompts", "list, check and build what the merchant hears", runPrompts},
		{"redress", "sign the card that blocked callers are pointed to", runRedress},
		{"models", "fetch speech models and try them", runModels},
		{"config", "check a configuration file", runConfig},
		{"claims", "say what callers claim in transcripts", runClaims},
		{"complete", "completion for bash, zsh and fish", runComplete},
		{"health", "ask the running gateway whether it is well", runHealth},
		{"version", "print the version", runVersion},
	}
}

// errUsage says that the words were wrong; the text was printed already.
var errUsage = errors.New("usage")

func main() {
	ctx, stop := signal.NotifyContext(context.Background(), os.Interrupt, syscall.SIGTERM)
	defer stop()
	os.Exit(run(ctx, stdio{os.Stdin, os.Stdout, os.Stderr}, os.Args[1:]))
}

// run executes one command line and returns the exit status: 0 only when what
// was asked for was done, 2 for wrong usage.
func run(ctx context.Context, io stdio, args []string) int {
	if len(args) == 0 || slices.Contains([]string{"help", "-h", "--help"}, args[0]) {
		help(io.out)
		if len(args) == 0 {
			return 2
		}
		return 0
	}
	for _, c := range commands() {
		if c.name != args[0] {
			continue
		}
		err := c.run(ctx, io, args[1:])
		switch {
		case err == nil, errors.Is(err, flag.ErrHelp):
			return 0
		case errors.Is(err, errUsage):
			return 2
		}
		fmt.Fprintf(io.err, "ringward %s: %v\n", c.name, err)
		return 1
	}
	fmt.Fprintf(io.err, "ringward: there is no command %q. Try: ringward help\n", args[0])
	return 2
}

func help(w io.Writer) {
	fmt.Fprint(w, `Ringward protects merchants on the telephone: it checks who is calling and warns
of callers who falsely claim that an account or a POS terminal is frozen.

  ringward COMMAND [arguments]

`)
	for _, c := range commands() {
		fmt.Fprintf(w, "  %-10s %s\n", c.name, c.summary)
	}
	fmt.Fprint(w, "\nringward COMMAND --help tells more. First steps: ringward demo\n")
}

// flags is a flag set that prints its help to the right place and takes flags
// after positional arguments too.
type flags struct {
	*flag.FlagSet
	io stdio
}

func newFlags(io stdio, name, usage string) *flags {
	f := &flags{flag.NewFlagSet(name, flag.ContinueOnError), io}
	f.SetOutput(io.err)
	f.Usage = func() {
		fmt.Fprintf(io.err, "usage: ringward %s\n", strings.TrimSpace(usage))
		f.PrintDefaults()
	}
	return f
}

// parse reads flags wherever they stand and returns the other arguments.
func (f *flags) parse(args []string) ([]string, error) {
	var rest []string
	for {
		if err := f.Parse(args); err != nil {
			if errors.Is(err, flag.ErrHelp) {
				return nil, err
			}
			return nil, errUsage
		}
		args = f.Args()
		if len(args) == 0 {
			return rest, nil
		}
		rest = append(rest, args[0])
		args = args[1:]
	}
}

// wrong prints what is wrong with the arguments, and the usage.
func (f *flags) wrong(format string, args ...any) error {
	fmt.Fprintf(f.io.err, "ringward %s: %s\n", f.Name(), fmt.Sprintf(format, args...))
	f.Usage()
	return errUsage
}
