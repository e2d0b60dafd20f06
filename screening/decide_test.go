package screening_test

import (
	"slices"
	"testing"

	"github.com/google/go-cmp/cmp"

	"ringward/screening"
)

// verdictOf is a verdict with the rule that a caller of the class would have.
func verdictOf(class screening.CallerClass, level screening.Level, rules ...string) screening.Verdict {
	v := screening.Verdict{Caller: class, Level: level, Blockable: class == screening.CallerListed}
	for _, rule := range rules {
		v.Reasons = append(v.Reasons, screening.Reason{Rule: rule})
	}
	return v
}

func TestDecideByMode(t *testing.T) {
	listed := verdictOf(screening.CallerListed, screening.LevelNotice, screening.RuleListed)
	bulk := verdictOf(screening.CallerBulk, screening.LevelNotice, screening.RuleMVNO)
	clear := verdictOf(screening.CallerOrdinary, screening.LevelClear, screening.RuleOrdinary)
	imitation := verdictOf(screening.CallerIrregular, screening.LevelNotice, screening.RuleImitation)
	inbound := verdictOf(screening.CallerInboundOnly, screening.LevelWarning, screening.RuleInboundOnly)
	tests := []struct {
		name    string
		verdict screening.Verdict
		want    [5]screening.Action // off, shadow (what it would do), label, announce, block
	}{
		{"clear", clear, [5]screening.Action{screening.Pass, screening.Pass, screening.Pass, screening.Pass, screening.Pass}},
		{"notice", bulk, [5]screening.Action{screening.Pass, screening.Label, screening.Label, screening.Label, screening.Label}},
		{"imitation", imitation, [5]screening.Action{screening.Pass, screening.Announce, screening.Label, screening.Announce, screening.Announce}},
		{"warning", inbound, [5]screening.Action{screening.Pass, screening.Announce, screening.Label, screening.Announce, screening.Announce}},
		{"listed", listed, [5]screening.Action{screening.Pass, screening.Announce, screening.Label, screening.Announce, screening.Block}},
	}
	for _, tt := range tests {
		for mode, want := range tt.want {
			d := screening.Decide(tt.verdict, screening.Policy{Mode: screening.Mode(mode)})
			if d.Would != want {
				t.Errorf("%s in mode %s: got %s, want %s", tt.name, screening.Mode(mode), d.Would, want)
			}
			if acts := screening.Mode(mode) > screening.ModeShadow; !acts && d.Action != screening.Pass || acts && d.Action != want {
				t.Errorf("%s in mode %s: does %s, would do %s", tt.name, screening.Mode(mode), d.Action, d.Would)
			}
		}
	}
}

func TestDecideSaysWhatItDoes(t *testing.T) {
	foreign := verdictOf(screening.CallerIrregular, screening.LevelNotice, screening.RuleForeign)
	anonymous := verdictOf(screening.CallerIrregular, screening.LevelNotice, screening.RuleAnonymous)
	listed := verdictOf(screening.CallerListed, screening.LevelNotice, screening.RuleListed)
	refused := verdictOf(screening.CallerListed, screening.LevelNotice, screening.RuleRefused)
	unscreened := screening.Verdict{NotScreened: true, Reasons: []screening.Reason{{Rule: screening.RuleNotScreened}}}
	announce, block := screening.ModeAnnounce, screening.ModeBlock
	tests := []struct {
		name    string
		verdict screening.Verdict
		policy  screening.Policy
		want    screening.Decision
	}{
		{"announced with keys", foreign, screening.Policy{Mode: announce, AnnounceFrom: screening.LevelNotice},
			screening.Decision{Action: screening.Announce, Would: screening.Announce, Label: screening.PromptForeign, Prompts: []string{screening.PromptForeign, screening.PromptKeys}}},
		{"labelled from warning only", foreign, screening.Policy{Mode: announce, LabelFrom: screening.LevelWarning}, screening.Decision{}},
		{"blocked with 603 Network Blocked", listed, screening.Policy{Mode: block, BlockResponse: screening.ResponseNetworkBlocked},
			screening.Decision{Action: screening.Block, Would: screening.Block, Response: screening.ResponseNetworkBlocked}},
		{"listed, but the line only labels them", listed, screening.Policy{Mode: block, Listed: screening.AlwaysLabel},
			screening.Decision{Action: screening.Label, Would: screening.Label, Label: screening.PromptListed}},
		{"the merchant's own refusal", refused, screening.Policy{Mode: block},
			screening.Decision{Action: screening.Block, Would: screening.Block, Response: screening.ResponseDecline}},
		{"anonymous refused", anonymous, screening.Policy{Mode: announce, Anonymous: screening.AlwaysBlock},
			screening.Decision{Action: screening.Block, Would: screening.Block, Response: screening.ResponseAnonymity}},
		{"anonymous let through", anonymous, screening.Policy{Mode: announce, Anonymous: screening.AlwaysPass}, screening.Decision{}},
		{"own rule in shadow", anonymous, screening.Policy{Mode: screening.ModeShadow, Anonymous: screening.AlwaysBlock},
			screening.Decision{Would: screening.Block, Response: screening.ResponseAnonymity}},
		{"challenge speaks, label mode does not", foreign, screening.Policy{Mode: screening.ModeLabel, ChallengeFrom: screening.LevelNotice},
			screening.Decision{Action: screening.Label, Would: screening.Label, Label: screening.PromptForeign}},
		{"not screened goes through, marked", unscreened, screening.Policy{Mode: block},
			screening.Decision{Action: screening.Label, Would: screening.Label, Label: screening.PromptNotScreened, Marked: true}},
		{"not screened in mode off is marked too", unscreened, screening.Policy{}, screening.Decision{Marked: true}},
		{"not screened, fail closed", unscreened, screening.Policy{Mode: block, Unscreened: screening.AlwaysBlock},
			screening.Decision{Action: screening.Block, Would: screening.Block, Marked: true}},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			if diff := cmp.Diff(tt.want, screening.Decide(tt.verdict, tt.policy)); diff != "" {
				t.Errorf("decision (-want +got):\n%s", diff)
			}
		})
	}
}

func TestResponses(t *testing.T) {
	tests := []struct {
		response screening.Response
		code     int
		phrase   string
		redress  bool
	}{
		{screening.ResponseRejected, 608, "Rejected", true},
		{screening.ResponseNetworkBlocked, 603, "Network Blocked", true},
		{screening.ResponseDecline, 603, "Decline", false},
		{screening.ResponseAnonymity, 433, "Anonymity Disallowed", false},
	}
	for _, tt := range tests {
		if r := tt.response; r.Code() != tt.code || r.Phrase() != tt.phrase || r.Redress() != tt.redress {
			t.Errorf("%s: got %d %q redress %v, want %d %q %v", r, r.Code(), r.Phrase(), r.Redress(), tt.code, tt.phrase, tt.redress)
		}
	}
}

// Whatever Decide asks for is among the ids that the prompts room is told of.
func TestDecideAsksForKnownIDsOnly(t *testing.T) {
	prompts := screening.PromptIDs()
	for class := screening.CallerUnknown; class <= screening.CallerListed; class++ {
		for _, rule := range []string{"", screening.RuleRefused, screening.RuleImitation, screening.RuleDisplayName, screening.RuleAnonymous, screening.RuleForeign} {
			v := verdictOf(class, screening.LevelWarning, rule)
			d := screening.Decide(v, screening.Policy{Mode: screening.ModeAnnounce})
			for _, p := range append(d.Prompts, d.Label) {
				if p != "" && !slices.Contains(prompts, p) {
					t.Errorf("%s %s: prompt %q is not in PromptIDs", class, rule, p)
				}
			}
		}
	}
}
