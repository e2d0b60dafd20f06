package screening_test

import (
	"errors"
	"os"
	"path/filepath"
	"strings"
	"testing"
)

func noInclude(name string) (string, error) {
	return "", errors.New("there is no register " + name)
}

func TestScriptFaultsNameTheirLine(t *testing.T) {
	begin := "story \"x\"\n"
	tests := []struct{ name, text, want string }{
		{"no story", "caller 13800138000", "x.call: no story"},
		{"nobody calls", begin, "x.call: nobody calls"},
		{"unknown line", begin + "hello", `x.call:2: no line begins with "hello"`},
		{"open quote", begin + `caller 13800138000 name "abc`, "x.call:2: a quote is opened and not closed"},
		{"too many words", begin + "use register now", "x.call:2: there is no register register"},
		{"no number", begin + "listing alice scam verified", `x.call:2: "alice" is no telephone number`},
		{"no kind of listing", begin + "listing 95588 nice", `x.call:2: "nice" is no listing (registered or scam)`},
		{"no direction", begin + "listing 95588 registered icbc sideways verified", `"sideways" is no direction`},
		{"verified or not", begin + "listing 95588 scam", "x.call:2: say verified or unverified"},
		{"odd option of a listing", begin + "listing 95588 scam verified twice", `"twice" says nothing of a listing`},
		{"day", begin + "listing 95588 scam verified to tomorrow", `"tomorrow" is no day like 2026-05-31`},
		{"pattern without star", begin + "pattern +86170 scam verified", `"+86170" is no prefix like +86170*`},
		{"pattern without meaning", begin + "pattern +86170*", "say what the pattern means"},
		{"relation", begin + "saved 95588 friend", `"friend" is no relation`},
		{"mode", begin + "line 02155550000 mode loud", `"loud" is no mode`},
		{"option of a line", begin + "line 02155550000 colour red", `a line has no option "colour"`},
		{"trunk's origin", begin + "trunk t screened", "say where the trunk comes from"},
		{"trunk's checks", begin + "trunk t domestic", "say whether the trunk checks caller numbers"},
		{"caller's words", begin + "caller 13800138000 loudly", `"loudly" says nothing of a caller`},
		{"time", begin + "at noon", `"noon" is no time like 12s after 0s`},
		{"time runs back", begin + "at 5s\nat 3s", `x.call:3: "3s" is no time like 12s after 5s`},
		{"event", begin + "at 5s sang", `nothing is called "sang"`},
		{"kind", begin + "at 5s heard singing by caller", `"singing" is no kind`},
		{"party", begin + "at 5s heard code_request", "say by caller or by merchant"},
		{"key", begin + "at 5s pressed 7", "the keys are *1"},
		{"expectation", begin + "expect rain today", `nobody knows how to expect "rain"`},
		{"level", begin + "expect level high", `"high" is no level`},
		{"because of nothing", begin + "expect level alarm because", "because of what?"},
		{"prompt", begin + "expect warning shout", `no prompt is called "shout"`},
		{"no what", begin + "expect no rain", "only a warning can be expected not to come"},
		{"words left over", begin + "expect class ordinary today", `"today" was not expected here`},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			_, err := parseScript("x.call", tt.text, noInclude)
			if err == nil || !strings.Contains(err.Error(), tt.want) {
				t.Errorf("got %v, want an error with %q", err, tt.want)
			}
		})
	}
}

// A script that expects something else fails, with its line and what came.
func TestScriptsFailWhereTheyAreWrong(t *testing.T) {
	begin := "story \"x\"\ncaller 13800138000\n"
	freeze := "at 1s heard institution_named of a by caller\nat 2s heard account_frozen by caller\n"
	tests := []struct{ name, text, want string }{
		{"level", "expect level alarm", "x.call:3: at 0s: level is clear"},
		{"reason", "expect level clear because caller.saved", "caller.saved is not among the reasons [caller.ordinary]"},
		{"class", "expect class saved", `class is "ordinary", the script expects "saved"`},
		{"warning that does not come", "at 3s\nexpect warning warn.code", "x.call:4: at 3s: no warning is due"},
		{"other warning", freeze + "expect warning warn.code", "the warning is warn.freeze-unbacked, the script expects warn.code"},
		{"other hotline", freeze + "expect warning warn.freeze-unbacked hotline-of b", `names the hotline of "a"`},
		{"not silent", freeze + "expect warning warn.freeze-unbacked silent", "the warning is silent: false"},
		{"warning not expected", freeze + "at 9s", "x.call:5: before this line: the warning warn.freeze-unbacked (warning) is due at 2s"},
		{"warning not expected at the end", freeze, "x.call:4: after this line: the warning"},
		{"warning expected not to come", freeze + "expect no warning", "x.call:5: at 2s: the warning"},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			s, err := parseScript("x.call", begin+tt.text, noInclude)
			if err != nil {
				t.Fatal(err)
			}
			if err := s.play(); err == nil || !strings.Contains(err.Error(), tt.want) {
				t.Errorf("got %v, want an error with %q", err, tt.want)
			}
		})
	}
}

// FuzzScript: any text parses or is refused with its name, and what parses
// plays without harm.
func FuzzScript(f *testing.F) {
	files, _ := filepath.Glob("testdata/*.call")
	for _, file := range files {
		if text, err := os.ReadFile(file); err == nil {
			f.Add(string(text))
		}
	}
	f.Fuzz(func(t *testing.T, text string) {
		s, err := parseScript("x.call", text, includeFile)
		if err != nil {
			if s != nil || !strings.HasPrefix(err.Error(), "x.call") {
				t.Errorf("got %v, %v; want nil and an error that names the file", s, err)
			}
			return
		}
		_ = s.play()
	})
}
