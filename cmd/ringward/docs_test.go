package main

import (
	"os"
	"os/exec"
	"path/filepath"
	"regexp"
	"strings"
	"testing"

	"github.com/goccy/go-yaml"
)

// elsewhere are commands of the pages that this test does not run, by how they
// begin, and why.
var elsewhere = map[string]string{
	"make test":              "this test is part of it",
	"./ringward serve":       "TestImageWithoutDocker serves; here the configuration was checked the line before",
	"ringward serve":         "TestImageWithoutDocker serves",
	"go run ./cmd/ringward":  "the same commands are run with the program that this test builds",
	"scripts/bench.sh":       "measures for minutes",
	"RINGWARD_BENCH":         "measures for minutes",
	"RINGWARD_TEST_LOG=1":    "shows a test's log",
	"go test":                "a test",
	"FUZZTIME":               "a test",
	"docker ":                "needs a Docker engine; TestComposeFile reads the same file",
	"sudo ":                  "changes this machine",
	"systemctl ":             "changes this machine",
	"curl ":                  "the API has tests of its own",
	"S=":                     "measures against ../shared/corpus",
	"$S ":                    "measures against ../shared/corpus",
	"go build -o /tmp/":      "measures against ../shared/corpus",
	"ringward models fetch":  "fetches models from the network",
	"kamailio ":              "TestKamailio runs it",
	"asr-worker":             "needs cgo",
	"go build -tags sherpa ": "needs cgo",
	"CGO_ENABLED=1 go test":  "needs cgo",
	"RINGWARD_ALL_LINES=1":   "needs cgo, and measures for minutes",
}

// TestEveryPagesCommands runs every command line of the pages, in order, in a
// folder with the example configuration. A line that is not run has its reason
// in the table above; others are a mistake of the page.
func TestEveryPagesCommands(t *testing.T) {
	if testing.Short() {
		t.Skip("builds the program")
	}
	if _, err := exec.LookPath("sh"); err != nil {
		t.Skip("there is no sh to run the command lines with")
	}
	bin := t.TempDir()
	if out, err := exec.Command("go", "build", "-o", filepath.Join(bin, "ringward"), ".").CombinedOutput(); err != nil {
		t.Fatalf("build: %v: %s", err, out)
	}
	pages, _ := filepath.Glob("../../docs/*.md")
	blocks := 0
	for _, page := range append(pages, "../../README.md") {
		text, err := os.ReadFile(page)
		if err != nil {
			t.Fatal(err)
		}
		list := shBlocks(string(text))
		blocks += len(list)
		if len(list) == 0 {
			continue
		}
		t.Run(filepath.Base(page), func(t *testing.T) { runPage(t, bin, string(text), list) })
	}
	if blocks < 25 {
		t.Errorf("found %d blocks of commands", blocks)
	}
}

// runPage runs one page's blocks in a folder of its own. Each line is echoed
// before it runs, so that a failure shows which it was.
func runPage(t *testing.T, bin, page string, blocks []string) {
	dir := t.TempDir()
	example, err := os.ReadFile("../../ringward.example.yaml")
	if err != nil {
		t.Fatal(err)
	}
	files := map[string]string{"ringward.example.yaml": string(example)}
	for _, m := range regexp.MustCompile("(?s)```yaml\n# (\\S+\\.yaml)\n(.*?)\n```").FindAllStringSubmatch(page, -1) {
		files[m[1]] = m[2] // a file that the page shows
	}
	for name, text := range files {
		if err := os.WriteFile(filepath.Join(dir, name), []byte(text), 0o600); err != nil {
			t.Fatal(err)
		}
	}
	if err := os.Symlink(filepath.Join(bin, "ringward"), filepath.Join(dir, "ringward")); err != nil {
		t.Fatal(err)
	}
	cmd := exec.Command("sh", "-eux")
	cmd.Dir = dir
	cmd.Env = append(os.Environ(), "PATH="+bin+string(os.PathListSeparator)+os.Getenv("PATH"), "RINGWARD_AS=", "COLUMNS=100")
	cmd.Stdin = strings.NewReader(runnable(strings.Join(blocks, "\n")))
	out, err := cmd.CombinedOutput()
	if err != nil {
		t.Errorf("%v:\n%s", err, out)
	}
	t.Logf("%s", out)
}

// making is a page's own way to make the program, which is there already.
var making = regexp.MustCompile(`^CGO_ENABLED=0 go build (-trimpath )?-o ringward \./cmd/ringward$`)

// runnable leaves out the lines that are run elsewhere, with what continues them.
func runnable(script string) string {
	var out strings.Builder
	script = strings.ReplaceAll(script, "\\\n", " ")
	for line := range strings.Lines(script) {
		command := strings.TrimSpace(line)
		skip := making.MatchString(command)
		for begin := range elsewhere {
			skip = skip || strings.HasPrefix(command, begin)
		}
		if !skip {
			out.WriteString(line)
		}
	}
	return out.String()
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

// TestMerchantsPage: what the page says that a merchant sees and hears is what
// the prompts say, in both languages, and its two halves have the same tables.
func TestMerchantsPage(t *testing.T) {
	text, err := os.ReadFile("../../docs/merchants.md")
	if err != nil {
		t.Fatal(err)
	}
	zh, en, ok := strings.Cut(string(text), "## What it is")
	if !ok {
		t.Fatal("there is no English half")
	}
	for lang, half := range map[string]string{"zh-CN": zh, "en": en} {
		var catalogue struct {
			Prompts map[string]struct{ Short, Speech string }
		}
		b, err := os.ReadFile("../../prompts/catalogue/" + lang + ".yaml")
		if err == nil {
			err = yaml.Unmarshal(b, &catalogue)
		}
		if err != nil {
			t.Fatal(err)
		}
		spoken := map[string]string{}
		for _, p := range catalogue.Prompts {
			spoken[p.Speech] = p.Short
		}
		rows := regexp.MustCompile(`(?m)^\| ([^|]+) \| ([^|]+[.。]) \|$`).FindAllStringSubmatch(half, -1)
		heard := 0
		for _, row := range rows {
			label, known := spoken[row[2]]
			if !known {
				continue
			}
			heard++
			if heard <= 6 && label != row[1] {
				t.Errorf("%s: %q is said with the label %q, the page has %q", lang, row[2], label, row[1])
			}
		}
		if heard != 12 {
			t.Errorf("%s: %d of the 12 sentences are what the prompts say", lang, heard)
		}
		for _, key := range []string{`\*1`, `\*2`, `\*3`, `\*0`, "**1**", "**2**"} {
			if !strings.Contains(half, key) {
				t.Errorf("%s: nothing is said of key %s", lang, key)
			}
		}
	}
}
