package main

import (
	"context"
	"errors"
	"fmt"
	"io/fs"
	"os"
	"strings"
	"text/tabwriter"

	"ringward/prompts"
	"ringward/prompts/build"
)

const promptsUsage = `prompts list  [--lang zh-CN|en] [--folder DIR] [--json]
       ringward prompts check [--folder DIR]
       ringward prompts build --out DIR [--lang zh-CN|en] [--only ID,ID] [--force]
                              [--command 'PROGRAM {text} {out}' | --url URL --body '{"text":"{text}"}']

What merchants hear. list shows every prompt and where its sound comes from;
check finds recordings that are missing or older than their text; build makes
WAV files from the texts with flite (English), espeak-ng (Mandarin), or a voice
of your own: a program, or an HTTP service.`

func runPrompts(ctx context.Context, io stdio, args []string) error {
	f := newFlags(io, "prompts", promptsUsage)
	lang := f.String("lang", "", "only this language")
	folder := f.String("folder", "", "`DIR` of your own recordings")
	out := f.String("out", "", "`DIR` that build writes to")
	only := f.String("only", "", "build only these prompts, by comma")
	force := f.Bool("force", false, "build also what is up to date")
	program := f.String("command", "", "program that speaks, with {text}, {lang} and {out}")
	url := f.String("url", "", "HTTP service that speaks, may hold {text} and {lang}")
	body := f.String("body", "", "what is posted to --url, may hold {text} and {lang}")
	asJSON := f.Bool("json", false, "print one JSON document")
	rest, err := f.parse(args)
	if err != nil {
		return err
	}
	if len(rest) != 1 {
		return f.wrong("expected list, check or build")
	}
	switch rest[0] {
	case "list":
		return listPrompts(io, *lang, *folder, *asJSON)
	case "check":
		return checkPrompts(io, *folder)
	case "build":
		if *out == "" {
			return f.wrong("build needs --out DIR")
		}
		o := build.Options{Dir: *out, Force: *force, Progress: func(s build.Step) { printStep(io, s) }}
		if *lang != "" {
			o.Languages = []string{*lang}
		}
		for _, id := range strings.FieldsFunc(*only, func(r rune) bool { return r == ',' }) {
			o.Only = append(o.Only, prompts.ID(id))
		}
		if o.Readers, err = readers(*program, *url, *body, *lang); err != nil {
			return f.wrong("%v", err)
		}
		return build.Run(ctx, o)
	}
	return f.wrong("there is no %q: use list, check or build", rest[0])
}

// readers is the operator's own voice, if he named one.
func readers(program, url, body, lang string) (map[string]build.Reader, error) {
	var r build.Reader
	switch {
	case program != "" && url != "":
		return nil, errors.New("give --command or --url, not both")
	case program != "":
		argv := strings.Fields(program)
		r = build.Reader{Voice: build.Command{Argv: argv}, Source: argv[0], Licence: "the operator's"}
	case url != "":
		r = build.Reader{Voice: build.HTTP{URL: url, Body: body}, Source: url, Licence: "the operator's"}
	default:
		return nil, nil
	}
	if lang == "" {
		return nil, errors.New("say with --lang which language this voice speaks")
	}
	return map[string]build.Reader{lang: r}, nil
}

func printStep(io stdio, s build.Step) {
	switch {
	case s.Err != nil:
		fmt.Fprintf(io.err, "%-6s %-24s FAILED: %v\n", s.Language, s.ID, s.Err)
	case s.Kept:
		fmt.Fprintf(io.out, "%-6s %-24s %5.2f s  up to date\n", s.Language, s.ID, s.Seconds)
	default:
		fmt.Fprintf(io.out, "%-6s %-24s %5.2f s  made\n", s.Language, s.ID, s.Seconds)
	}
}

// promptRow is one line of `prompts list`.
type promptRow struct {
	ID          string  `json:"id"`
	Language    string  `json:"language"`
	Source      string  `json:"source"`
	Placeholder bool    `json:"placeholder"`
	Seconds     float64 `json:"seconds"`
	Short       string  `json:"short"`
	Speech      string  `json:"speech"`
}

func listPrompts(io stdio, lang, folder string, asJSON bool) error {
	set, err := prompts.Open(prompts.Options{Dir: folder})
	if err != nil {
		return err
	}
	var rows []promptRow
	for _, l := range set.Languages() {
		if lang != "" && l != lang {
			continue
		}
		for _, s := range prompts.Specs() {
			c := set.Lookup(s.ID, l)
			rows = append(rows, promptRow{ID: string(s.ID), Language: l, Source: c.Source.String(), Placeholder: c.Placeholder,
				Seconds: float64(len(c.Samples)) / 8000, Short: set.Text(s.ID, l, prompts.Short, prompts.Params{}),
				Speech: set.Text(s.ID, l, prompts.Speech, prompts.Params{})})
		}
	}
	if asJSON {
		return printJSON(io.out, map[string]any{"prompts": rows})
	}
	w := tabwriter.NewWriter(io.out, 0, 0, 2, ' ', 0)
	fmt.Fprintln(w, "LANGUAGE\tID\tSECONDS\tSOURCE\tTEXT")
	for _, r := range rows {
		source := r.Source
		if r.Placeholder {
			source += " (placeholder)"
		}
		fmt.Fprintf(w, "%s\t%s\t%.1f\t%s\t%s\n", r.Language, r.ID, r.Seconds, source, r.Speech)
	}
	for _, p := range set.Problems() {
		fmt.Fprintln(io.err, p)
	}
	return w.Flush()
}

// checkPrompts fails when a recording is missing or stale.
func checkPrompts(io stdio, folder string) error {
	catalogues, err := prompts.Catalogues()
	if err != nil {
		return err
	}
	var files fs.FS = prompts.BuiltIn()
	if folder != "" {
		files = os.DirFS(folder)
	}
	faults, placeholders := 0, map[string]int{}
	for _, f := range prompts.Check(files, catalogues) {
		if f.Fault == prompts.Placeholder {
			placeholders[f.Language]++
			continue
		}
		faults++
		fmt.Fprintf(io.out, "%-6s %-24s %s\n", f.Language, f.ID, f.Detail)
	}
	for lang, n := range placeholders {
		fmt.Fprintf(io.out, "%-6s %d recordings are placeholders by a machine: put a person's in a folder of your own\n", lang, n)
	}
	if faults > 0 {
		return fmt.Errorf("%d recordings are missing or stale; make them with: ringward prompts build --out DIR", faults)
	}
	fmt.Fprintln(io.out, "every prompt has its recording, made from its present text")
	return nil
}
