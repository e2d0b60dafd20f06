package main

import (
	"os"
	"os/exec"
	"path/filepath"
	"slices"
	"strings"
	"testing"
)

func TestCompletion(t *testing.T) {
	for _, c := range []struct {
		words string
		want  []string
		not   string
	}{
		{"", []string{"numbers", "serve", "screen", "complete", "help"}, "list"},
		{"sc", []string{"screen"}, "serve"},
		{"numbers ", []string{"add", "approve", "line", "bundle", "institution"}, "serve"},
		{"numbers ap", []string{"approve", "appeal"}, "add"},
		{"numbers line ", []string{"add", "edit"}, "line"},
		{"numbers line add --m", []string{"--mode", "--merchant"}, "--name"},
		{"numbers edit 95588 --dir", []string{"--direction"}, ""},
		{"numbers edit 95588 --direction in", []string{"inbound-only"}, "sms-only"},
		{"numbers bundle ", []string{"keygen", "follow"}, "add"},
		{"numbers bundle follow --p", []string{"--private"}, ""},
		{"numbers list --status ", []string{"draft"}, ""},
		{"calls ", []string{"list", "show"}, ""},
		{"calls list --s", []string{"--since"}, ""},
		{"recordings ", []string{"add", "match"}, ""},
		{"prompts ", []string{"list", "check", "build"}, ""},
		{"screen --if", []string{"--if-approved"}, ""},
		{"serve --co", []string{"--config"}, ""},
		{"complete ", []string{"bash", "zsh", "fish"}, ""},
		{"nonsense ", nil, ""},
	} {
		status, out, errs := ran(t, append([]string{"complete", "--"}, strings.Split(c.words, " ")...)...)
		got := strings.Fields(out)
		for _, w := range c.want {
			if !slices.Contains(got, w) {
				t.Errorf("%q: %q is not among %q", c.words, w, got)
			}
		}
		if status != 0 || errs != "" || c.not != "" && slices.Contains(got, c.not) || c.want == nil && len(got) > 0 {
			t.Errorf("%q: status %d, got %q %s", c.words, status, got, errs)
		}
	}
}

// TestCompletionKnowsEveryCommand: each has flags or words to offer.
func TestCompletionKnowsEveryCommand(t *testing.T) {
	for _, c := range commands() {
		if c.name == "version" || c.name == "complete" {
			continue
		}
		if len(helpFlags(t.Context(), []string{c.name})) < 2 && len(nextWords(t.Context(), []string{c.name})) == 0 {
			t.Errorf("nothing is offered behind ringward %s: does its --help list flags?", c.name)
		}
	}
}

// TestCompletionInShells lets the shells that are here use their scripts.
func TestCompletionInShells(t *testing.T) {
	if testing.Short() {
		t.Skip("builds the program")
	}
	bin := t.TempDir()
	if out, err := exec.Command("go", "build", "-o", filepath.Join(bin, "ringward"), ".").CombinedOutput(); err != nil {
		t.Fatalf("build: %v: %s", err, out)
	}
	for shell, drive := range map[string]string{
		"bash": `source <(ringward complete bash); COMP_WORDS=(ringward numbers ap); COMP_CWORD=2; _ringward; echo "${COMPREPLY[@]}"`,
		"zsh":  `compdef() { :; }; compadd() { shift; echo "$@"; }; source <(ringward complete zsh); words=(ringward numbers ap); CURRENT=3; _ringward`,
		"fish": `ringward complete fish | source; complete -C 'ringward numbers ap'`,
	} {
		t.Run(shell, func(t *testing.T) {
			path, err := exec.LookPath(shell)
			if err != nil {
				t.Skipf("there is no %s here to try its script with", shell)
			}
			cmd := exec.Command(path, "-c", drive)
			cmd.Env = append(os.Environ(), "PATH="+bin+string(os.PathListSeparator)+os.Getenv("PATH"))
			out, err := cmd.CombinedOutput()
			if err != nil || !strings.Contains(string(out), "appeal") || !strings.Contains(string(out), "approve") {
				t.Errorf("%v: %s", err, out)
			}
		})
	}
}
