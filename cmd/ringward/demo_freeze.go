package main

import (
	"bytes"
	"context"
	"embed"
	"fmt"
	"os"
	"strings"
	"time"

	"ringward/gateway"
	"ringward/media/wav"
	"ringward/numberdb"
	"ringward/softphone"
	"ringward/speech/fingerprint"
)

// soundFiles are the voices of the demonstration: machines read scripts that
// were written for it (sounds/README.md).
//
//go:embed sounds/*.wav
var soundFiles embed.FS

// freezeScenarios are calls in which a recorded voice claims that the
// merchant's account is frozen. It is known by its sound, whatever it says.
func freezeScenarios() []scenario {
	return []scenario{
		{name: "freeze-call", says: "账户已被冻结（演示录音）", language: "zh-CN", caller: "13900005678", title: said{"普通手机号码播放“账户已被冻结”的诈骗录音", "an ordinary mobile plays a recording: \"your account is frozen\" (Mandarin)"}},
		{name: "freeze-call-en", says: "account frozen (demonstration)", language: "en", caller: "13900005679", title: said{"普通手机号码播放“账户已被冻结”的诈骗录音（英语）", "an ordinary mobile plays a recording: \"your account is frozen\""}},
	}
}

// demoSound is the voice of a freeze scenario.
func demoSound(name string) ([]int16, error) {
	b, err := soundFiles.ReadFile("sounds/" + name + ".wav")
	if err != nil {
		return nil, err
	}
	return wav.Read(bytes.NewReader(b))
}

// play lets the caller of the freeze scenarios play the sound of a file.
func (f *flags) play(file string, list []scenario) error {
	b, err := os.ReadFile(file)
	if err != nil {
		return err
	}
	pcm, err := wav.Read(bytes.NewReader(b))
	if err != nil {
		return fmt.Errorf("%s: %w", file, err)
	}
	if len(pcm) > longestSound {
		return f.wrong("%s is longer than %d s", file, longestSound/8000)
	}
	plays := false
	for i := range list {
		if list[i].says != "" {
			list[i].sound, plays = pcm, true
		}
	}
	if !plays {
		return f.wrong("--sound goes with --scenario freeze-call")
	}
	return nil
}

// longestSound is what fits into a scenario's time, in samples.
const longestSound = 25 * 8000

// demoRecordings lists the voices as an analyst would have: their sound was
// heard before, in another call.
func demoRecordings(ctx context.Context, db *numberdb.Store, author, reviewer numberdb.Edit) error {
	for _, s := range freezeScenarios() {
		pcm, err := demoSound(s.name)
		if err != nil {
			return err
		}
		id, err := db.PutRecording(ctx, author, numberdb.Recording{Title: s.says, Language: s.language, Campaign: "pos-freeze",
			Source: "demonstration, machine voice", Fingerprint: fingerprint.NewRecording(pcm).Encode()})
		if err != nil {
			return err
		}
		if err := db.Approve(ctx, reviewer, numberdb.Recordings, fmt.Sprint(id)); err != nil {
			return err
		}
	}
	return nil
}

// afterWarning is how long the demonstration's merchant listens to a whisper
// before he hangs up.
const afterWarning = 1500 * time.Millisecond

// beTold lets the recording speak and the merchant do as he is told: he listens
// to the warning, then hangs up and reports by *2.
func (st *stage) beTold(ctx context.Context, s scenario, call, merchant *softphone.Call) error {
	pcm, err := s.sound, error(nil)
	if pcm == nil {
		pcm, err = demoSound(s.name)
	}
	if err != nil {
		return err
	}
	said := call.Say(pcm)
	select {
	case <-st.warned[s.name]:
	case <-said:
		return nil // nobody warned: the record will say so
	case <-ctx.Done():
		return fmt.Errorf("waited for the warning: %w", ctx.Err())
	}
	if err := waitFor(ctx, time.After(afterWarning), "the warning to be heard"); err != nil {
		return err
	}
	for _, key := range "*2" {
		if err := merchant.Press(key); err != nil {
			return err
		}
	}
	return waitFor(ctx, merchant.Over(), "the refused call to end")
}

// tellHeard puts what the ears found in plain words: the reason that the verdict
// gives for it, if it is one.
func (r *demoResult) tellHeard(e gateway.RecordEvent, lang string) string {
	for _, reason := range r.Verdict.Reasons {
		if reason.Rule == e.Detail {
			return said{"听到：", "Heard: "}.in(lang) + reason.Text
		}
	}
	switch {
	case strings.HasPrefix(e.Detail, "recording."):
		return said{"听到：声音与已登记的录音相近，还不足以提醒", "Heard: much like a listed recording, not enough to warn"}.in(lang)
	case strings.HasPrefix(e.Detail, "words."):
		return said{"听到可疑的话：", "Heard suspicious words: "}.in(lang) + e.Detail
	}
	return ""
}
