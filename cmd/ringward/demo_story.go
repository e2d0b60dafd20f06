package main

import (
	"context"
	"fmt"
	"math"
	"os"
	"path/filepath"
	"strings"
	"time"

	"ringward/gateway"
	"ringward/media/g711"
	"ringward/media/wav"
	"ringward/screening"
	"ringward/softphone"
)

// waitFor waits for what a channel tells, or says what never happened.
func waitFor[T any](ctx context.Context, ch <-chan T, what string) error {
	select {
	case <-ch:
		return nil
	case <-ctx.Done():
		return fmt.Errorf("waited for %s: %w", what, ctx.Err())
	}
}

// tone is a soft beep, one second in two, that tells the two sides apart.
func tone(hz float64, d time.Duration) []int16 {
	pcm := make([]int16, int(d.Seconds()*wav.Rate))
	for i := range pcm {
		if i/wav.Rate%2 == 0 {
			pcm[i] = int16(4000 * math.Sin(2*math.Pi*hz*float64(i)/wav.Rate))
		}
	}
	return pcm
}

// heardMore reports whether the caller heard anything that the merchant's phone
// did not send: a warning that leaked would be such. It compares payloads octet
// by octet; silence stands where a key was taken out.
func heardMore(caller, merchant *softphone.Call) bool {
	sent := map[string]bool{silentFrame(): true}
	_, out := merchant.Payloads()
	for _, p := range out {
		sent[string(p)] = true
	}
	in, _ := caller.Payloads()
	for _, p := range in {
		if !sent[string(p)] {
			return true
		}
	}
	return false
}

func silentFrame() string { return strings.Repeat(string([]byte{g711.A.Silence()}), 160) }

// fill takes over what the gateway's own record says.
func (r *demoResult) fill(lang string) {
	r.Verdict.Level = r.record.Verdict.Level.String()
	r.Verdict.Reasons = []demoReason{}
	for _, reason := range r.record.Verdict.Reasons {
		r.Verdict.Reasons = append(r.Verdict.Reasons, demoReason{reason.Rule, reason.Text.In(lang)})
	}
	r.Action = r.record.Action.String()
	r.Outcome = string(r.record.Outcome)
	for _, e := range r.record.Events {
		if e.Kind == "announce" || e.Kind == "whisper" {
			r.MerchantHeard = append(r.MerchantHeard, e.Detail)
		}
	}
}

func (st *stage) save(s scenario, caller, merchant *softphone.Call, r *demoResult) error {
	r.WAV.Caller = filepath.Join(st.out, s.name+"-caller.wav")
	r.WAV.Merchant = filepath.Join(st.out, s.name+"-merchant.wav")
	if err := writeWAV(r.WAV.Caller, caller.Heard()); err != nil {
		return err
	}
	return writeWAV(r.WAV.Merchant, merchant.Heard())
}

func writeWAV(path string, pcm []int16) error {
	f, err := os.Create(path)
	if err != nil {
		return err
	}
	if err := wav.Write(f, pcm); err != nil {
		_ = f.Close()
		return err
	}
	return f.Close()
}

// story tells one scenario to a shop owner.
func (r *demoResult) story(lang string) string {
	var b strings.Builder
	fmt.Fprintf(&b, "\n== %s（%s）\n", r.title.in(lang), r.Name)
	if lang == "en" {
		b.Reset()
		fmt.Fprintf(&b, "\n== %s (%s)\n", r.title.in(lang), r.Name)
	}
	for _, e := range r.record.Events {
		if line := r.tell(e, lang); line != "" {
			fmt.Fprintf(&b, "  %7.3f s  %s\n", e.At.Seconds(), line)
		}
	}
	leak := said{"没有听到任何提醒", "heard nothing of it"}
	if r.CallerHeardWarning {
		leak = said{"听到了提醒（这是故障，请报告）", "HEARD IT: this is a fault, please report it"}
	}
	fmt.Fprintf(&b, "  %s%s\n", said{"来电方", "The caller "}.in(lang), leak.in(lang))
	return b.String()
}

// tell puts one event of the record in plain words, "" for what a shop owner
// need not know.
func (r *demoResult) tell(e gateway.RecordEvent, lang string) string {
	switch e.Kind {
	case "invite":
		return said{"来电 ", "A call comes in from "}.in(lang) + r.Caller + nameShown(r.record.CallerName, lang)
	case "verdict":
		return r.tellVerdict(e, lang)
	case "listen":
		return said{"经线路所有人同意，开始听通话", "The line's owner agreed: the call is listened to"}.in(lang)
	case "heard":
		return r.tellHeard(e, lang)
	case "progress":
		if e.Detail == "180" {
			return fmt.Sprintf(said{"电话响铃，屏幕显示：%s", "The phone rings and shows: %s"}.in(lang), orElse(r.Display, r.Caller))
		}
	case "answer":
		return said{"商户接听", "The merchant takes it up"}.in(lang)
	case "announce", "whisper":
		return said{"商户听到（来电方听不到）：", "The merchant hears, the caller does not: "}.in(lang) + r.voice.long(e.Detail, lang)
	case "key":
		return fmt.Sprintf(said{"商户按 %s", "The merchant presses %s"}.in(lang), e.Detail)
	case "report":
		return said{"已举报该号码", "The number is reported"}.in(lang)
	case "connect":
		return said{"双方接通", "The two are connected"}.in(lang)
	case "reject":
		return fmt.Sprintf(said{"来电方收到拒接：%s", "The caller is refused: %s"}.in(lang), e.Detail)
	case "end":
		return said{"通话结束", "The call ends"}.in(lang)
	}
	return ""
}

func nameShown(name, lang string) string {
	if name == "" {
		return ""
	}
	return fmt.Sprintf(said{"，来电名称“%s”", ", which calls itself %q"}.in(lang), name)
}

// lastVerdict is the event that the record's verdict and its reasons come from.
func (r *demoResult) lastVerdict() (last gateway.RecordEvent) {
	for _, e := range r.record.Events {
		if e.Kind == "verdict" {
			last = e
		}
	}
	return last
}

func (r *demoResult) tellVerdict(e gateway.RecordEvent, lang string) string {
	name, _, raised := strings.Cut(e.Detail, " ")
	level := map[string]said{
		screening.LevelClear.String():   {"未发现异常", "nothing to say against it"},
		screening.LevelNotice.String():  {"请留意", "notice"},
		screening.LevelWarning.String(): {"警告", "warning"},
		screening.LevelAlarm.String():   {"严重警告", "alarm"},
		screening.LevelUnknown.String(): {"未能核查", "not screened"},
	}[name]
	text := said{"核查结果：", "Checked: "}.in(lang) + level.in(lang)
	if raised {
		text = said{"判定升为：", "The verdict rises: "}.in(lang) + level.in(lang)
	}
	if e != r.lastVerdict() {
		return text // the reasons are those of the last
	}
	for i, reason := range r.Verdict.Reasons {
		if i == 3 {
			break
		}
		text += "\n               - " + reason.Text
	}
	return text
}
