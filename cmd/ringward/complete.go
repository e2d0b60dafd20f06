package main

import (
	"bytes"
	"context"
	"fmt"
	"slices"
	"strings"

	"ringward/numberdb"
)

const completeUsage = `complete bash|zsh|fish
       ringward complete -- WORD...

Prints the completion script of a shell:
  bash  source <(ringward complete bash)
  zsh   source <(ringward complete zsh)
  fish  ringward complete fish | source
The scripts ask "ringward complete -- WORD..." what may stand in the place of the
last word.`

func runComplete(ctx context.Context, io stdio, args []string) error {
	if len(args) > 0 && args[0] == "--" {
		for _, c := range candidates(ctx, args[1:]) {
			fmt.Fprintln(io.out, c)
		}
		return nil
	}
	f := newFlags(io, "complete", completeUsage)
	rest, err := f.parse(args)
	if err != nil {
		return err
	}
	if len(rest) != 1 || completionScripts[rest[0]] == "" {
		return f.wrong("say for which shell: bash, zsh or fish")
	}
	fmt.Fprint(io.out, completionScripts[rest[0]])
	return nil
}

// completionScripts only ask the program itself, so that they fit every version.
var completionScripts = map[string]string{
	"bash": `_ringward() {
  local IFS=$'\n'
  COMPREPLY=($(compgen -W "$(ringward complete -- "${COMP_WORDS[@]:1:COMP_CWORD}" 2>/dev/null)" -- "${COMP_WORDS[COMP_CWORD]}"))
}
complete -o default -F _ringward ringward
`,
	"zsh": `#compdef ringward
_ringward() {
  local -a found
  found=("${(@f)$(ringward complete -- "${(@)words[2,CURRENT]}" 2>/dev/null)}")
  if [[ -n "$found" ]]; then compadd -- "${found[@]}"; else _files; fi
}
compdef _ringward ringward
`,
	"fish": `complete -c ringward -a '(ringward complete -- (commandline -opc)[2..] (commandline -ct) 2>/dev/null)'
`,
}

// candidates says what may stand in the place of the last word: it reads the
// commands from their table, and verbs and flags from what --help prints, so
// that nothing has to be kept in step by hand.
func candidates(ctx context.Context, words []string) []string {
	if len(words) == 0 {
		words = []string{""}
	}
	last, before := words[len(words)-1], words[:len(words)-1]
	if len(before) == 0 {
		var names []string
		for _, c := range commands() {
			names = append(names, c.name)
		}
		return beginning(append(names, "help"), last)
	}
	if flag, ok := strings.CutPrefix(before[len(before)-1], "-"); ok {
		if values := flagValues[strings.TrimPrefix(flag, "-")]; values != nil {
			return beginning(values, last)
		}
	}
	path := plainWords(before)
	if strings.HasPrefix(last, "-") {
		return beginning(helpFlags(ctx, path), last)
	}
	return beginning(nextWords(ctx, path), last)
}

func beginning(all []string, with string) []string {
	all = slices.DeleteFunc(all, func(s string) bool { return !strings.HasPrefix(s, with) })
	slices.Sort(all)
	return slices.Compact(all)
}

// flagValues are the words that flags take.
var flagValues = map[string][]string{
	"lang": {"zh-CN", "en"}, "language": {"zh-CN", "en"}, "status": {"draft", "verified", "rejected", "retired"},
	"direction": {"may-call-out", "inbound-only", "outbound-only", "sms-only", "unknown"}, "match": {"exact", "area-short", "prefix"},
	"table": {"institution", "number", "scam", "pattern", "line", "saved"}, "format": {"csv", "jsonl", "vcard"},
	"mode": {"off", "shadow", "label", "announce", "block"}, "block-response": {"608", "603+", "603"}, "anonymous": {"screen", "pass", "block"},
	"listen": {"never", "unverified", "always"}, "relation": {"customer", "agent", "acquirer", "refused"}, "outcome": {"upheld", "dismissed"},
	"level": {"clear", "notice", "warning", "alarm"}, "purpose": {"hotline", "card-outbound", "marketing", "sms"}, "if-approved": {"drafts"},
}

// plainWords are the words up to the first flag.
func plainWords(words []string) []string {
	if i := slices.IndexFunc(words, func(w string) bool { return strings.HasPrefix(w, "-") }); i >= 0 {
		return words[:i]
	}
	return words
}

// helpOf is what a command prints when it is asked for help. No command does
// anything else then.
func helpOf(ctx context.Context, path []string) string {
	var out bytes.Buffer
	for _, c := range commands() {
		if len(path) > 0 && c.name == path[0] && c.name != "complete" {
			_ = c.run(ctx, stdio{strings.NewReader(""), &out, &out}, append(slices.Clone(path[1:]), "--help")) // its error is that help was asked for
		}
	}
	return out.String()
}

// helpFlags finds the flags in a help text: the lines that begin "  -name".
func helpFlags(ctx context.Context, path []string) []string {
	if len(path) > 0 && path[0] == "numbers" {
		path = upToVerb(path)
	}
	var out []string
	for _, l := range strings.Split(helpOf(ctx, path), "\n") {
		if name, ok := strings.CutPrefix(l, "  -"); ok {
			name, _, _ = strings.Cut(name, " ")
			name, _, _ = strings.Cut(name, "\t")
			out = append(out, "--"+name)
		}
	}
	return append(out, "--help")
}

// upToVerb leaves out what stands behind a verb of numbers.
func upToVerb(path []string) []string {
	for i, w := range path {
		if i > 0 && isVerb(w) && (w != "appeal" || i == len(path)-1 || !isVerb(path[i+1])) {
			if w == "bundle" && i+1 < len(path) {
				return path[:i+2]
			}
			return path[:i+1]
		}
	}
	return path
}

// nextWords are the sub-commands that may follow.
func nextWords(ctx context.Context, path []string) []string {
	if path[0] == "numbers" {
		return nextNumbersWords(path[1:])
	}
	if len(path) > 1 {
		return nil
	}
	if path[0] == "complete" {
		return []string{"bash", "zsh", "fish"}
	}
	return usageWords(helpOf(ctx, path), path[0])
}

func nextNumbersWords(path []string) []string {
	if len(path) == 1 && path[0] == "bundle" {
		return []string{"keygen", "create", "verify", "apply", "rollback", "follow"}
	}
	if len(path) == 1 && path[0] == "list" {
		return tableWords(shownTables)
	}
	var out []string
	table := len(path) == 1 && slices.Contains(tableWords(numbersTables), path[0])
	if len(path) == 0 || table {
		for _, v := range numbersVerbs() {
			out = append(out, v.name)
		}
	}
	if len(path) == 0 {
		out = append(out, tableWords(numbersTables)...)
	}
	return out
}

func tableWords(tables []numberdb.Entity) []string {
	var out []string
	for _, t := range tables {
		out = append(out, string(t))
	}
	return out
}

// usageWords finds the words that follow a command in the lines of its usage:
// "calls list", "ringward calls show ID", or in the list of its verbs. What is
// in capitals or brackets is no word to be typed.
func usageWords(help, command string) []string {
	var out []string
	verbs := strings.Contains(help, " VERB ")
	for _, l := range strings.Split(help, "\n") {
		verb, ok := strings.CutPrefix(l, "  ")
		rest, used := strings.CutPrefix(strings.TrimSpace(strings.TrimPrefix(strings.TrimSpace(l), "usage:")), "ringward "+command+" ")
		if verbs && ok && strings.Contains(verb, "  ") {
			rest = verb
		} else if !used {
			continue
		}
		first, _, _ := strings.Cut(strings.TrimSpace(rest), " ")
		for _, w := range strings.Split(first, "|") {
			if w != "" && strings.Trim(w, "abcdefghijklmnopqrstuvwxyz-") == "" && !strings.HasPrefix(w, "-") {
				out = append(out, w)
			}
		}
	}
	return out
}
