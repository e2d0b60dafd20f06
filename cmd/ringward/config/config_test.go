package config_test

import (
	"errors"
	"strings"
	"testing"

	"ringward/cmd/ringward/config"
)

func TestDefaultIsValid(t *testing.T) {
	if _, err := config.Parse("empty.yaml", nil); err != nil {
		t.Fatalf("an empty file: got %v, want the defaults", err)
	}
}

func TestSampleConfigurationLoads(t *testing.T) {
	c, err := config.Load("../../../ringward.example.yaml")
	if err != nil {
		t.Fatal(err)
	}
	if len(c.Trunks) == 0 || len(c.Lines) == 0 {
		t.Fatalf("got %d trunks and %d lines, want the sample to show both", len(c.Trunks), len(c.Lines))
	}
}

func TestEveryProblemIsReportedAtOnce(t *testing.T) {
	text := `country: china
listn: [udp://127.0.0.1:5060]
media:
  ports: 10-20
  quarantine: soon
trunks:
  - name: a
    sources: [192.0.2.0/33]
    trusted: maybe
  - name: a
    sources: [192.0.2.1/32]
lines:
  - number: "12x"
    targets: ["tel:1"]
    mode: loud
limits:
  calls: -3
`
	_, err := config.Parse("bad.yaml", []byte(text))
	var ps config.Problems
	if !errors.As(err, &ps) {
		t.Fatalf("got %v, want Problems", err)
	}
	for _, want := range []string{
		`bad.yaml:1:`, `country: "china" is no country code`,
		`bad.yaml:2:1: listn: unknown key (known here: data, country`,
		`bad.yaml:4:`, `is no range of ports`,
		`bad.yaml:5:`, `"soon" is not a duration (for example 500ms`,
		`bad.yaml:8:`, `bad.yaml:9:`, `"maybe" is not a yes-or-no value (true or false)`,
		`bad.yaml:10:`, `"a" is the name of trunks[0] already`,
		`"12x" is no number`, `"tel:1" is no SIP address`,
		`"loud" is not allowed (allowed: off, shadow, label, announce, block)`,
		`bad.yaml:17:`, `"-3" is not a whole number`,
	} {
		if !strings.Contains(err.Error(), want) {
			t.Errorf("want %q in:\n%v", want, err)
		}
	}
	for i := 1; i < len(ps); i++ {
		if ps[i].Line < ps[i-1].Line {
			t.Errorf("problem %d is of line %d, after line %d", i, ps[i].Line, ps[i-1].Line)
		}
	}
}

func TestProblems(t *testing.T) {
	for _, c := range []struct{ name, text, want string }{
		{"not YAML", "a: [1", "not valid YAML"},
		{"two documents", "country: CN\n---\ncountry: US\n", "a second YAML document"},
		{"a list where a mapping belongs", "media: [1]\n", "media: expected keys and values (keys: address"},
		{"a mapping where a list belongs", "trunks:\n  name: a\n", "trunks: expected a list"},
		{"a key twice", "country: CN\ncountry: US\n", "country"},
		{"blocking without redress", "lines:\n  - number: \"1\"\n    targets: [\"sip:1@127.0.0.1\"]\n    mode: block\n", "needs a way to complain (fill in redress.url"},
		{"listening without agreement", "lines:\n  - number: \"1\"\n    targets: [\"sip:1@127.0.0.1\"]\n    listen: always\n", "set owner_agreed: true"},
		{"hotline route without number", "hotline_route: sip:1@192.0.2.1\n", "has no place for the {number}"},
		{"TLS without a certificate", "listen: [tls://127.0.0.1:5061]\n", "needs a certificate (fill in tls.certificate and tls.key)"},
		{"a recogniser without an address", "speech:\n  recognisers:\n    - {name: a, kind: vosk}\n", `"" is no address of a vosk server`},
		{"two recognisers of one name", "speech:\n  recognisers:\n    - {name: a, kind: vosk, url: \"ws://127.0.0.1:1\"}\n    - {name: a, kind: vosk, url: \"ws://127.0.0.1:2\"}\n", "stands here twice"},
		{"a worker without a model", "speech:\n  recognisers:\n    - {name: a, kind: worker}\n", "no model"},
		{"a form of another kind", "speech:\n  recognisers:\n    - {name: a, kind: vosk, url: \"ws://127.0.0.1:1\", variant: narrow}\n", "is a form of sherpa"},
		{"a recogniser that is not there", "lines:\n  - number: \"1\"\n    targets: [\"sip:1@127.0.0.1\"]\n    recognisers: [x]\n", `there is no recogniser "x"`},
		{"words kept without agreement", "lines:\n  - number: \"1\"\n    targets: [\"sip:1@127.0.0.1\"]\n    keep_words: true\n", "words are kept only with the agreement"},
		{"a feed that nobody signs", "feeds:\n  - {name: a, source: /srv/a}\n", "feeds[0].trust: nobody is trusted"},
		{"a feed over http", "feeds:\n  - {name: a, source: \"http://a/b\", trust: [k.pub]}\n", "is no https address"},
		{"a feed with a password", "feeds:\n  - {name: a, source: \"https://u:p@a/b\", trust: [k.pub]}\n", "would be written to logs"},
		{"two feeds of one name", "feeds:\n  - {name: a, source: x, trust: [k.pub]}\n  - {name: a, source: y, trust: [k.pub]}\n", "stands here twice"},
		{"redress over http", "redress:\n  url: http://example.com\n", "is no https address"},
		{"unspecified media address", "media:\n  address: 0.0.0.0\n", "media.advertise: missing"},
		{"too few ports", "media:\n  ports: 20000-20099\n", "too few for limits.calls"},
		{"a session timer that is too short", "lines:\n  - number: \"1\"\n    targets: [\"sip:1@127.0.0.1\"]\n    session_timer: 30s\n", "lines[0].session_timer: 30s is shorter than RFC 4028 allows"},
		{"identities that nobody vouches for", "trunks:\n  - {name: a, sources: [192.0.2.1/32], identity: check}\n", "name the authorities' PEM files in identity.roots"},
		{"identities refused and not checked", "trunks:\n  - {name: a, sources: [192.0.2.1/32], identity_failure: refuse}\n", "identities of this trunk are not checked"},
		{"a long wait for certificates", "identity:\n  wait: 10s\n", "identity.wait: out of range"},
		{"SRTP keys to a phone without TLS", "lines:\n  - {number: \"1\", targets: [\"sip:1@127.0.0.1\"], srtp: required}\n", "is not reached by TLS"},
		{"one source for two trunks", "trunks:\n  - {name: a, sources: [192.0.2.1/32]}\n  - {name: b, sources: [192.0.2.1/32]}\n", `belongs to trunk "a" already`},
	} {
		t.Run(c.name, func(t *testing.T) {
			_, err := config.Parse("x.yaml", []byte(c.text))
			if err == nil || !strings.Contains(err.Error(), c.want) {
				t.Errorf("got %v, want %q", err, c.want)
			}
		})
	}
}

func FuzzParse(f *testing.F) {
	f.Add([]byte("country: CN\nlisten: [udp://127.0.0.1:5060]\n"))
	f.Add([]byte("trunks:\n  - name: a\n    sources: [192.0.2.0/24]\n"))
	f.Fuzz(func(t *testing.T, text []byte) {
		if len(text) > 4096 {
			return
		}
		if _, err := config.Parse("fuzz.yaml", text); err != nil && err.Error() == "" {
			t.Error("an error without a text")
		}
	})
}
