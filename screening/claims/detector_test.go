package claims_test

import (
	"strings"
	"testing"
	"time"

	"ringward/screening/claims"
)

// say is one turn of a test call.
type say struct {
	who   claims.Speaker
	text  string
	final bool
}

const c, m = claims.Caller, claims.Merchant

func run(turns ...say) (*claims.Detector, []claims.Finding) {
	d := claims.NewDetector(claims.Default(), claims.DefaultModel())
	var all []claims.Finding
	for i, t := range turns {
		all = append(all, d.Turn(t.who, t.text, t.final, time.Duration(i)*time.Second)...)
	}
	return d, all
}

func heard(fs []claims.Finding, l claims.Label) bool {
	for _, f := range fs {
		if f.Label == l {
			return true
		}
	}
	return false
}

func TestCallsOfTheDomainNotes(t *testing.T) {
	tests := []struct {
		name  string
		turns []say
		want  claims.Label // LabelNone: no alert at all
		level claims.Level
	}{
		{"D1 code", []say{{c, "您好，银联风控中心的，您店里那台POS机后台显示异常。", true}, {c, "今天五点前不处理就封停，商户号一并冻结。", true}, {m, "那怎么办？", true}, {c, "您手机收到一个六位数，念给我解封。", true}}, claims.CodeRequest, claims.Scam},
		{"D3 laundering", []say{{c, "您的收款码涉嫌洗钱，公安在查。加这个QQ，下载银联会议，我教您撤销。别跟别人说。", true}}, claims.ScreenShare, claims.Suspicious},
		{"D5 payouts", []say{{c, "This is Clover security. We've suspended your payouts. Read me the code I just texted or the account closes in fifteen minutes.", true}}, claims.AccountFrozen, claims.Scam},
		{"homophones", []say{{c, "您好这里是银连的您的商护号现在已经被动结了", true}}, claims.AccountFrozen, claims.Suspicious},
		{"traditional", []say{{c, "您好，這裡是銀聯，您的商戶號已經被凍結了。", true}}, claims.AccountFrozen, claims.Suspicious},
		{"split and mixed", []say{{c, "您好这里是银联，您的P0S机已经被封——停了，账户也被冻jie了", true}}, claims.AccountFrozen, claims.Suspicious},
		{"B1 customer's card", []say{{c, "我那张卡被冻结了，能不能微信付？", true}}, claims.LabelNone, claims.OK},
		{"B2 warning", []say{{c, "您好95516，请您登录云闪付App核对，我们不会向您索要验证码", true}}, claims.LabelNone, claims.OK},
		{"B5 police", []say{{c, "骗子会说您的POS机要封停，千万别信", true}}, claims.LabelNone, claims.OK},
		{"B6 fridge", []say{{c, "医保什么时候恢复？冷库停机了", true}}, claims.LabelNone, claims.OK},
		{"B7 freezer", []say{{c, "my freezer is frozen shut, can the courier press 1 on your keypad?", true}}, claims.LabelNone, claims.OK},
		{"merchant says it", []say{{m, "您的账户已经被冻结了，验证码念给我", true}}, claims.LabelNone, claims.OK},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			d, fs := run(tt.turns...)
			if d.Level() < tt.level || tt.level == claims.OK && d.Level() != claims.OK {
				t.Errorf("level %v, want %v; found %+v", d.Level(), tt.level, fs)
			}
			if tt.want != claims.LabelNone && !heard(fs, tt.want) {
				t.Errorf("no %v among %+v", tt.want, fs)
			}
		})
	}
}

func TestPartialResultsReportOnce(t *testing.T) {
	d, fs := run(
		say{c, "this is clover security your account has", false},
		say{c, "this is clover security your account has been suspended", false},
		say{c, "this is clover security your account has been suspended today", false},
		say{c, "this is clover security your account has been suspended as of today", true},
	)
	n := 0
	for _, f := range fs {
		if f.Label == claims.AccountFrozen && f.Rule == "frozen.yours" {
			n++
			if !f.Partial || f.At != time.Second || f.Turn != 0 {
				t.Errorf("got %+v, want it from the partial result at 1s of turn 0", f)
			}
		}
	}
	if n != 1 {
		t.Errorf("frozen.yours reported %d times, want once: %+v", n, fs)
	}
	if d.Level() == claims.OK {
		t.Error("no alert")
	}
}

func TestMerchantComplies(t *testing.T) {
	_, fs := run(say{c, "您把收到的验证码念给我", true}, say{m, "三八", true}, say{m, "四零七", true})
	if !heard(fs, claims.DigitsRead) {
		t.Errorf("digits read over two turns were not noticed: %+v", fs)
	}
	_, fs = run(say{c, "您把收到的验证码念给我", true}, say{m, "我这手机用得不太熟练，可能要慢一点，等一下，有一个短信，一会儿", true}, say{m, "one moment please, I got one text", true})
	if heard(fs, claims.DigitsRead) {
		t.Errorf("numerals in ordinary words were taken for digits read out: %+v", fs)
	}
	_, fs = run(say{c, "你好订一个六点的包间", true}, say{m, "好的电话是13800138000吗", true})
	if heard(fs, claims.DigitsRead) {
		t.Errorf("digits that nobody asked for were taken for compliance: %+v", fs)
	}
}

// TestDigitsOfOneTurnCountOnce: partial results tell the same turn again and
// again. The code is noticed within the turn, once; two digits said three
// times over in partial results are no code.
func TestDigitsOfOneTurnCountOnce(t *testing.T) {
	ask := say{c, "您把收到的验证码念给我", true}
	for _, tt := range []struct {
		name  string
		turns []say
		at    int // index of the turn that reports, -1 none
	}{
		{"within the turn", []say{ask, {m, "好 三", false}, {m, "好 三八四", false}, {m, "好 三八四零", false}, {m, "好 三八四零七二", false}, {m, "好 三八四零七二", true}}, 3},
		{"english", []say{{c, "read me the code i just texted", true}, {m, "it's three eight", false}, {m, "it's three eight four oh one", false}, {m, "it's three eight four zero", false}, {m, "it's three eight four zero seven", true}}, 3},
		{"the same two", []say{ask, {m, "三八", false}, {m, "三八", false}, {m, "三八", false}, {m, "三八", true}}, -1},
		{"over two turns", []say{ask, {m, "三八", false}, {m, "三八", true}, {m, "四零", false}, {m, "四零七", true}}, 3},
		{"revised away", []say{ask, {m, "三八", false}, {m, "散了吧", true}, {m, "四零", true}}, -1},
		{"the caller cuts in", []say{ask, {m, "三八", false}, {c, "慢一点", false}, {m, "三八四零", false}, {m, "三八四零", true}}, 3},
		{"told once", []say{ask, {m, "三八四零", true}, {m, "七二", true}, {m, "七二九九", true}}, 1},
		{"asked for afterwards", []say{{m, "我电话是三八四零七二", true}, ask, {m, "三八", true}}, -1},
	} {
		d := claims.NewDetector(claims.Default(), claims.DefaultModel())
		at, n := -1, 0
		for i, s := range tt.turns {
			if heard(d.Turn(s.who, s.text, s.final, 0), claims.DigitsRead) {
				at = i
				n++
			}
		}
		if at != tt.at || n > 1 {
			t.Errorf("%s: reported %d times, last in turn %d, want %d", tt.name, n, at, tt.at)
		}
	}
}

func TestQuotesMaskDigits(t *testing.T) {
	for _, text := range []string{
		"您的商户账户8832017766已经被冻结了，验证码是三八四零七二，您念给我",
		"your merchant account 4417 1234 has been suspended, read me the code three eight four zero seven two",
	} {
		_, fs := run(say{c, text, true}, say{m, "384072", true})
		if len(fs) == 0 {
			t.Errorf("%q: nothing found", text)
		}
		for _, f := range fs {
			if strings.ContainsAny(f.Words, "0123456789") || strings.Contains(f.Words, "三八") || strings.Contains(f.Words, "eight") {
				t.Errorf("%s quotes %q", f.Label, f.Words)
			}
		}
	}
}

// TestVerdictNamesItsWords: every level above ok names a rule, and the words it rests on.
func TestVerdictNamesItsWords(t *testing.T) {
	for _, text := range []string{
		"您好，这里是中信银行客服中心，您的账户近期有异常活动，为了您的资金安全需要核实您的身份信息，请提供身份证号码",
		"hello this is officer johnson from the social security administration your social security number has been compromised",
	} {
		d, _ := run(say{c, text, true})
		a := d.Assessment()
		if a.Level == claims.OK || a.Rule == "" || a.Version == "" {
			t.Errorf("%q: %+v, want an alert with its reason", text, a)
		}
		if a.Rule == "model" && a.Words == "" || a.Rule != "model" && len(a.Heard) == 0 {
			t.Errorf("%q: %q names no words", text, a.Rule)
		}
	}
}

func TestResetForgets(t *testing.T) {
	d, _ := run(say{c, "您好这里是银联，您的商户号已经被冻结了", true})
	d.Reset()
	if d.Level() != claims.OK || len(d.Assessment().Heard) != 0 {
		t.Errorf("after Reset: %+v", d.Assessment())
	}
}
