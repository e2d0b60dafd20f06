package main

import (
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"testing"
)

// TestAnalystsPage runs every command line shown in docs/analysts.md, in order,
// in an empty folder.
func TestAnalystsPage(t *testing.T) {
	if testing.Short() {
		t.Skip("builds the program")
	}
	if _, err := exec.LookPath("sh"); err != nil {
		t.Skip("there is no sh to run the command lines with")
	}
	page, err := os.ReadFile("../../docs/analysts.md")
	if err != nil {
		t.Fatal(err)
	}
	bin, dir := t.TempDir(), t.TempDir()
	if out, err := exec.Command("go", "build", "-o", filepath.Join(bin, "ringward"), ".").CombinedOutput(); err != nil {
		t.Fatalf("build: %v: %s", err, out)
	}
	blocks := shBlocks(string(page))
	if len(blocks) < 10 {
		t.Fatalf("found %d blocks of commands", len(blocks))
	}
	// Each line is echoed before it runs, so that a failure shows which it was.
	cmd := exec.Command("sh", "-eux")
	cmd.Dir = dir
	cmd.Env = append(os.Environ(), "PATH="+bin+string(os.PathListSeparator)+os.Getenv("PATH"), "RINGWARD_AS=", "COLUMNS=100")
	cmd.Stdin = strings.NewReader(strings.Join(blocks, "\n"))
	out, err := cmd.CombinedOutput()
	if err != nil {
		t.Errorf("%v:\n%s", err, out)
	}
	t.Logf("%s", out)
}

// shBlocks returns the fenced blocks of shell commands.
func shBlocks(page string) []string {
	var out []string
	for _, part := range strings.Split(page, "\n```sh\n")[1:] {
		block, _, _ := strings.Cut(part, "\n```")
		out = append(out, block)
	}
	return out
}
