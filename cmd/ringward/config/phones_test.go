package config_test

import (
	"os"
	"path/filepath"
	"strings"
	"testing"

	"ringward/cmd/ringward/config"
)

const carrierText = "trunks:\n  - {name: c, sources: [192.0.2.1/32], target: \"sip:192.0.2.1\"}\n"

// TestPhoneProblems: what an operator can get wrong about phones and trunks that
// are called.
func TestPhoneProblems(t *testing.T) {
	phones := "    phones: [{user: a, secret: env:A}]\n"
	for _, c := range []struct{ name, text, want string }{
		{"a password in the file", "lines:\n  - number: \"1\"\n    phones: [{user: a, secret: hush}]\n", "write env:NAME or file:PATH"},
		{"no secret", "lines:\n  - number: \"1\"\n    phones: [{user: a}]\n", "lines[0].phones[0]: no secret"},
		{"no user", "lines:\n  - number: \"1\"\n    phones: [{user: \"a b\", secret: env:A}]\n", "is no user"},
		{"a user twice", "lines:\n  - number: \"1\"\n" + phones + "  - number: \"2\"\n" + phones, "registers for lines[0] already"},
		{"an id twice", "lines:\n  - number: \"1\"\n    id: x\n" + phones + "  - number: \"2\"\n    id: x\n    targets: [\"sip:1@192.0.2.1\"]\n", "is the id of lines[0] already"},
		{"neither phones nor targets", "lines:\n  - number: \"1\"\n", "or phones that register"},
		{"calls out through nothing", "lines:\n  - number: \"1\"\n" + phones + "    outbound: {allow: [\"+86\"]}\n", "no trunk"},
		{"calls out through a trunk without target", "trunks:\n  - {name: c, sources: [192.0.2.1/32]}\nlines:\n  - number: \"1\"\n" + phones + "    outbound: {trunk: c, allow: [\"+86\"]}\n", "no trunk \"c\" with a target"},
		{"calls out to nothing", carrierText + "lines:\n  - number: \"1\"\n" + phones + "    outbound: {trunk: c}\n", "nothing may be called"},
		{"calls out to everything", carrierText + "lines:\n  - number: \"1\"\n" + phones + "    outbound: {trunk: c, allow: [\"+\"]}\n", "no first digits"},
		{"calls out as nobody", carrierText + "lines:\n  - number: \"1*\"\n" + phones + "    outbound: {trunk: c, allow: [\"+86\"]}\n", "outbound.caller: missing"},
		{"calls out without phones", carrierText + "lines:\n  - number: \"1\"\n    targets: [\"sip:1@192.0.2.1\"]\n    outbound: {trunk: c, allow: [\"+86\"]}\n", "add phones"},
		{"a target that is no trunk", "lines:\n  - number: \"1\"\n    targets: [\"trunk:x\"]\n", "names no trunk"},
		{"a hotline route that is no trunk", "hotline_route: \"trunk:x/{number}\"\n", "names no trunk"},
		{"registration without credentials", "trunks:\n  - {name: c, sources: [192.0.2.1/32], register: \"sip:a@192.0.2.1\"}\n", "no credentials"},
		{"registration of nobody", "trunks:\n  - {name: c, sources: [192.0.2.1/32], register: \"sip:192.0.2.1\", credentials: {user: a, secret: \"env:A\"}}\n", "is no address of record"},
		{"OPTIONS to nobody", "trunks:\n  - {name: c, sources: [192.0.2.1/32], ping: 30s}\n", "OPTIONS need a target"},
		{"OPTIONS all the time", "trunks:\n  - {name: c, sources: [192.0.2.1/32], target: \"sip:192.0.2.1\", ping: 1s}\n", "at least 5s"},
		{"a certificate that nobody shows", "trunks:\n  - {name: c, sources: [192.0.2.1/32], certificate: c.example}\n", "no tls:// listener"},
		{"a number format", "trunks:\n  - {name: c, sources: [192.0.2.1/32], number_format: us}\n", "as-called, e164"},
		{"a realm with quotes", "registrar: {realm: 'a\"b'}\n", "cannot stand in a challenge"},
	} {
		t.Run(c.name, func(t *testing.T) {
			_, err := config.Parse("x.yaml", []byte(c.text))
			if err == nil || !strings.Contains(err.Error(), c.want) {
				t.Errorf("got %v, want %q", err, c.want)
			}
		})
	}
}

// TestSecret: where secrets are read from, and that they are not written anywhere.
func TestSecret(t *testing.T) {
	file := filepath.Join(t.TempDir(), "s")
	if err := os.WriteFile(file, []byte(" hush hush \n"), 0o600); err != nil {
		t.Fatal(err)
	}
	t.Setenv("RINGWARD_TEST_SECRET", "psst")
	for place, want := range map[string]string{"env:RINGWARD_TEST_SECRET": "psst", "file:" + file: "hush hush", "env:RINGWARD_TEST_NONE": "", "file:/nonexistent": ""} {
		var s config.Secret
		if err := s.UnmarshalText([]byte(place)); err != nil {
			t.Fatal(err)
		}
		got, err := s.Read()
		if got != want || (err == nil) != (want != "") || s.String() != place {
			t.Errorf("%s: got %q, %v, shown as %s; want %q", place, got, err, s, want)
		}
	}
}

// TestDocumentedConfigurations: every example of the operators' guide is good.
func TestDocumentedConfigurations(t *testing.T) {
	text, err := os.ReadFile("../../../docs/operators.md")
	if err != nil {
		t.Fatal(err)
	}
	parts := strings.Split(string(text), "```yaml\n")
	if len(parts) < 4 {
		t.Fatalf("%d examples, want at least 3", len(parts)-1)
	}
	for _, part := range parts[1:] {
		example, _, _ := strings.Cut(part, "```")
		if _, err := config.Parse("operators.md", []byte(example)); err != nil {
			t.Errorf("%v\nin:\n%s", err, example)
		}
	}
}
