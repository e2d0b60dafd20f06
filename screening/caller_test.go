package screening_test

import (
	"math/rand/v2"
	"strings"
	"testing"
	"unicode/utf8"

	"ringward/numberdb/index"
	"ringward/numbering"
	"ringward/screening"
)

var (
	trusted   = screening.Trust{Name: "carrier", Domestic: true, ScreensNumbers: true}
	untrusted = screening.Trust{Name: "cheap", Domestic: true}
	abroad    = screening.Trust{Name: "abroad", International: true}
	trusts    = []screening.Trust{trusted, untrusted, abroad, {International: true, ScreensNumbers: true}, {}}
)

// callers are numbers of every sort that a trunk hands in.
var callers = []string{
	"13800138000", "02166666666", "95588", "057195588", "95016", "952005", "4008208820", "4001195508", "8008208820", "106955880000",
	"1064812345678", "110", "12315", "96110", "10086", "10109559", "15412345678", "17012345678", "+95588", "+4008208820", "+10086",
	"+85321095588", "+12125550100", "+40213123456", "+8613800138000", "anonymous", "", "4001234", "alice", "１３８００１３８０００",
}

func parsed(raw string, t screening.Trust) numbering.Parsed {
	return numbering.Parse(raw, numbering.Options{InternationalTrunk: t.International})
}

func emptyIndex() *index.Index {
	b := index.NewBuilder(0)
	b.AddInstitution(index.Institution{ID: "icbc", Names: []string{"工商银行", "ICBC"}, NameZH: "工商银行", NameEN: "ICBC"})
	return b.Build("test")
}

func evidenceOf(raw string, t screening.Trust, x *index.Index) []screening.Evidence {
	return screening.CallerEvidence(screening.Caller{Parsed: parsed(raw, t), Trunk: t, Now: scriptDay, Line: "+862155550000"}, x)
}

// Every caller, on every trunk, gives evidence that a shop owner can read.
func TestEveryCallerGivesReadableEvidence(t *testing.T) {
	x := emptyIndex()
	for _, trust := range trusts {
		for _, raw := range callers {
			for _, name := range []string{"", "工商银行客服", "ICBC"} {
				ev := screening.CallerEvidence(screening.Caller{Parsed: parsed(raw, trust), Trunk: trust, Display: name, Now: scriptDay, Lines: 6}, x)
				if len(ev) == 0 {
					t.Errorf("%q on %+v: no evidence", raw, trust)
				}
				for _, e := range ev {
					checkReadable(t, raw, e)
				}
			}
		}
	}
}

func checkReadable(t *testing.T, raw string, e screening.Evidence) {
	t.Helper()
	if e.Rule == "" || e.Source == screening.SourceUnknown {
		t.Errorf("%q: evidence without rule or source: %+v", raw, e)
	}
	if !strings.HasSuffix(e.Text.ZH, "。") || !strings.HasSuffix(e.Text.EN, ".") || utf8.RuneCountInString(e.Text.ZH) > 60 || len(e.Text.EN) > 200 {
		t.Errorf("%q, %s: %q / %q are not two short sentences", raw, e.Rule, e.Text.ZH, e.Text.EN)
	}
	listed := e.Rule == screening.RuleListed
	if scam := strings.Contains(e.Text.EN, "scam") || strings.Contains(e.Text.ZH, "诈骗"); scam && !listed {
		t.Errorf("%q, %s: says scam of a number that is not listed: %q", raw, e.Rule, e.Text.EN)
	}
	if e.Text.In("zh-CN") != e.Text.ZH || e.Text.In("en-GB") != e.Text.EN || e.Text.In("") != e.Text.EN {
		t.Errorf("%s: Text.In mixes languages", e.Rule)
	}
}

func TestNoIndexMeansNotScreened(t *testing.T) {
	for _, raw := range callers {
		v := screening.Judge(evidenceOf(raw, trusted, nil))
		if v.Level != screening.LevelUnknown || !v.NotScreened {
			t.Errorf("%q without an index: got %s, not screened %v; want unknown, true", raw, v.Level, v.NotScreened)
		}
	}
}

// Whatever unverified listings say of a number, and wherever it calls from,
// the call never looks safer than without them.
func TestUnverifiedListingsNeverMakeACallLookSafe(t *testing.T) {
	r := rand.New(rand.NewPCG(8, 8))
	for range 500 {
		b := index.NewBuilder(0)
		inst := index.Institution{ID: "icbc", Names: []string{"工商银行", "ICBC"}, NameZH: "工商银行", NameEN: "ICBC"}
		b.AddInstitution(inst)
		raw := callers[r.IntN(len(callers))]
		trust := trusts[r.IntN(len(trusts))]
		p := parsed(raw, trust)
		if p.Number.IsZero() {
			continue
		}
		b.Add(p.Number.Key(), index.Listing{
			ID: 1, Kind: index.Registered, Institution: "icbc", Direction: index.Direction(r.IntN(5)), Match: index.Match(r.IntN(2)),
			Confidence: uint8(r.IntN(101)), Source: "web",
		})
		c := screening.Caller{Parsed: p, Trunk: trust, Now: scriptDay, Line: "+862155550000", Identity: screening.Identity(r.IntN(4))}
		if r.IntN(2) == 0 {
			c.Display = "ICBC"
		}
		said := columnKinds[screening.Heard(r.IntN(5))]
		with, without := levelWith(c, b.Build("with"), said), levelWith(c, emptyIndex(), said)
		if with < without {
			t.Errorf("%q on %+v, heard %v: %s with an unverified listing, %s without", raw, trust, said, with, without)
		}
		if v := screening.Judge(screening.CallerEvidence(c, b.Build("with"))); v.Caller == screening.CallerRegistered {
			t.Errorf("%q on %+v: registered by an unverified listing", raw, trust)
		}
	}
}

func levelWith(c screening.Caller, x *index.Index, said []screening.Kind) screening.Level {
	ev := screening.CallerEvidence(c, x)
	for _, k := range said {
		ev = append(ev, screening.Evidence{Rule: k.String(), Kind: k, By: screening.PartyCaller})
	}
	return screening.Judge(ev).Level
}

// A caller number that equals a hotline is believed on a domestic trunk that
// checks numbers, or with a signed identity, and nowhere else.
func TestHotlineIsBelievedOnProvingTrunksOnly(t *testing.T) {
	b := index.NewBuilder(0)
	b.AddInstitution(index.Institution{ID: "icbc", NameZH: "工商银行", NameEN: "ICBC", Names: []string{"工商银行"}})
	b.Add(parsed("95588", trusted).Number.Key(), index.Listing{ID: 1, Kind: index.Registered, Institution: "icbc", Direction: index.MayCallOut, Match: index.MatchAreaShort, Verified: true})
	x := b.Build("test")
	for _, tt := range []struct {
		trust    screening.Trust
		identity screening.Identity
		want     bool
	}{
		{trusted, screening.IdentityNone, true},
		{trusted, screening.IdentityPartial, true},
		{trusted, screening.IdentityFailed, false},
		{untrusted, screening.IdentityNone, false},
		{untrusted, screening.IdentityPartial, false},
		{untrusted, screening.IdentityVerified, true},
		{abroad, screening.IdentityNone, false},
		{screening.Trust{International: true, Domestic: true, ScreensNumbers: true}, screening.IdentityNone, false},
		{screening.Trust{}, screening.IdentityNone, false},
	} {
		for _, raw := range []string{"95588", "01095588"} {
			c := screening.Caller{Parsed: parsed(raw, tt.trust), Trunk: tt.trust, Identity: tt.identity, Now: scriptDay}
			v := screening.Judge(screening.CallerEvidence(c, x))
			if got := v.Caller == screening.CallerRegistered; got != tt.want {
				t.Errorf("%s on %+v, identity %s: believed %v, want %v (%v)", raw, tt.trust, tt.identity, got, tt.want, rulesOf(v))
			}
		}
	}
}

func TestListingsHoldOnTheirDaysOnly(t *testing.T) {
	key := parsed("13900000404", trusted).Number.Key()
	day := int32(scriptDay.Unix() / 86400)
	for _, tt := range []struct {
		from, to int32
		want     bool
	}{{0, 0, true}, {day, day, true}, {day + 1, 0, false}, {0, day - 1, false}, {day - 5, day + 5, true}} {
		b := index.NewBuilder(0)
		b.Add(key, index.Listing{ID: 1, Kind: index.Scam, Verified: true, ValidFrom: tt.from, ValidTo: tt.to})
		v := screening.Judge(evidenceOf("13900000404", trusted, b.Build("test")))
		if got := v.Has(screening.RuleListed); got != tt.want {
			t.Errorf("from %d to %d on day %d: listed %v, want %v", tt.from, tt.to, day, got, tt.want)
		}
	}
}

// Which numbers are at home, and whether toll-free ones call, depends on the country.
func TestCountryOfTheGateway(t *testing.T) {
	for _, tt := range []struct {
		name, raw, country string
		trust              screening.Trust
		want               string
		class              screening.CallerClass
	}{
		{"Chinese toll-free at home", "8008208820", "CN", trusted, screening.RuleTollFree, screening.CallerIrregular},
		{"American toll-free at home", "8555550100", "US", trusted, screening.RuleTollFree, screening.CallerBulk},
		{"Chinese mobile from abroad at home in China", "+8613800138000", "", abroad, screening.RuleHomeFromAbroad, screening.CallerBulk},
		{"Chinese mobile in the United States", "+8613800138000", "US", abroad, screening.RuleForeign, screening.CallerIrregular},
	} {
		c := screening.Caller{Country: tt.country, Trunk: tt.trust, Now: scriptDay,
			Parsed: numbering.Parse(tt.raw, numbering.Options{Country: tt.country, InternationalTrunk: tt.trust.International})}
		if v := screening.Judge(screening.CallerEvidence(c, emptyIndex())); !v.Has(tt.want) || v.Caller != tt.class {
			t.Errorf("%s: got %s by %v, want %s by %s", tt.name, v.Caller, rulesOf(v), tt.class, tt.want)
		}
	}
}

// A name that names many institutions makes bounded evidence.
func TestDisplayNameIsBounded(t *testing.T) {
	b := index.NewBuilder(0)
	var display strings.Builder
	for i := range 50 {
		name := "机构" + string(rune('一'+i*7)) + "行"
		b.AddInstitution(index.Institution{ID: name, NameZH: name, NameEN: name, Names: []string{name}})
		display.WriteString(name)
	}
	c := screening.Caller{Parsed: parsed("13800138000", trusted), Display: display.String(), Trunk: trusted, Now: scriptDay}
	if n := len(screening.CallerEvidence(c, b.Build("test"))); n > 8 {
		t.Errorf("%d pieces of evidence for one name, want at most 8", n)
	}
}

func TestNamesAreStable(t *testing.T) {
	for k := screening.KindNone; k <= screening.NotHeard; k++ {
		if got, ok := screening.ParseKind(k.String()); !ok || got != k {
			t.Errorf("kind %d: %q reads back as %d", k, k, got)
		}
		if text := k.Text(); k != screening.KindNone && (!strings.HasSuffix(text.ZH, "。") || !strings.HasSuffix(text.EN, ".")) {
			t.Errorf("%s has no sentence in both languages: %+v", k, text)
		}
		if n := b2i(k.IsClaim()) + b2i(k.IsRequest()) + b2i(k.IsCompliance()); n > 1 {
			t.Errorf("%s is of %d sorts", k, n)
		}
	}
	for label, want := range map[string]screening.Kind{"otp_request": screening.CodeRequest, "remote_control": screening.ScreenShare, "safe_account_transfer": screening.Transfer} {
		if got, ok := screening.ParseKind(label); !ok || got != want {
			t.Errorf("corpus label %q: got %s, want %s", label, got, want)
		}
	}
	if _, ok := screening.ParseKind("singing"); ok {
		t.Error("singing is no kind")
	}
	if got := screening.Level(200).String() + screening.Kind(200).String() + screening.Action(200).String(); got != "unknownnonepass" {
		t.Errorf("values out of range: got %q", got)
	}
}

func b2i(b bool) int {
	if b {
		return 1
	}
	return 0
}
