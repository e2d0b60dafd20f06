package claims_test

import (
	"strings"
	"testing"

	"ringward/screening/claims"
)

// The turns of one call each, of the length that is usual in the transcripts.
var benchTurns = map[string][]string{
	"zh": {
		"您好，请问是李女士吗，我这里是建设银行收单业务部的，想跟您核对一下最近的交易情况，您现在方便说话吗？",
		"这笔交易被反洗钱系统判定为异常，您的商户账户现在已经被冻结了，资金暂时出不来，需要您配合核实一下。",
		"您把结算卡的卡号和身份证号报一下，我帮您提交申诉，一会儿手机会收到一条短信验证码，也一起告诉我。",
	},
	"en": {
		"Hi, this is Dana calling from the merchant risk department of your card processor, am I speaking with the owner of the store today?",
		"We have flagged some unusual activity on your terminal this morning, so your merchant account has been suspended and the payouts are on hold until you are verified.",
		"I can lift the hold for you right now, you will get a six digit code by text, just read it to me when it comes in and stay on the line please.",
	},
}

// BenchmarkTurn measures whole turns of a call that never ends: with the model
// (the state after thousands of turns is the same size as after one).
func BenchmarkTurn(b *testing.B) {
	for lang, turns := range benchTurns {
		b.Run(lang, func(b *testing.B) {
			d := claims.NewDetector(claims.Default(), claims.DefaultModel())
			b.ReportAllocs()
			for i := 0; b.Loop(); i++ {
				if i%len(turns) == 0 {
					d.Reset()
				}
				d.Turn(claims.Caller, turns[i%len(turns)], true, 0)
			}
		})
	}
}

// BenchmarkLongCall is the same without a new call: nothing may grow.
func BenchmarkLongCall(b *testing.B) {
	d := claims.NewDetector(claims.Default(), claims.DefaultModel())
	turns := append(benchTurns["zh"], benchTurns["en"]...)
	b.ReportAllocs()
	for i := 0; b.Loop(); i++ {
		d.Turn(claims.Caller, turns[i%len(turns)], true, 0)
	}
}

// TestLongCallAllocatesNothing holds what the benchmark shows.
func TestLongCallAllocatesNothing(t *testing.T) {
	d := claims.NewDetector(claims.Default(), claims.DefaultModel())
	turns := append(benchTurns["zh"], benchTurns["en"]...)
	say := func() {
		for _, s := range turns {
			d.Turn(claims.Caller, s, true, 0)
		}
	}
	say()
	if n := testing.AllocsPerRun(20, say); n > 0 {
		t.Errorf("%v allocations for six turns of a call that is under way, want 0", n)
	}
}

// BenchmarkHostileTurn measures the longest turn that is read, full of terms.
func BenchmarkHostileTurn(b *testing.B) {
	d := claims.NewDetector(claims.Default(), claims.DefaultModel())
	text := strings.Repeat("您的账户被冻结了念验证码给我交押金", 1000)
	b.ReportAllocs()
	for b.Loop() {
		d.Turn(claims.Caller, text, true, 0)
	}
}
