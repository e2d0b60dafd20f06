package main

import (
	"bytes"
	"context"
	"encoding/json"
	"fmt"
	"io/fs"
	"log/slog"
	"net/netip"
	"os"
	"path/filepath"
	"strings"
	"sync"
	"testing"
	"time"

	"ringward/cmd/ringward/config"
	"ringward/gateway"
	"ringward/softphone"
	"ringward/speech/engine/enginetest"
)

// spoken is what both sides say, in the ear of a fake Vosk server. The digits
// are those that must be found nowhere.
var spoken = []string{
	"您好 我是 中国 银联 商户 风控 中心 的", "您 的 商户 账户 现在 已经 被 冻结 了", "请 把 验证码 报 给 我",
	"我的 验证码 是 三 八 二 九 一 七", "三八二九一七", "382917", "3 8 2 9 1 7", "卡号 六二二二 八四 三八二九一七 零一",
	"it is three eight two nine one seven", "the card is 4929 3829 1700 0011", "幺 三 八 二 九 一 七 零 零 一 一",
}

// secrets are the ways to write them, without blanks and in lower case. Shorter
// runs of digits would be met by chance in times and identifiers.
var secrets = []string{"382917", "三八二九", "八二九一", "threeeighttwo", "eighttwonine", "六二二二", "38291700", "幺三八"}

// fakeVosk says one sentence after another, each first as a partial result,
// whatever it hears.
func fakeVosk(t *testing.T) (url string, heard func() int) {
	var mu sync.Mutex
	finals := 0
	s := enginetest.Serve(t, false, func(c *enginetest.Conn) {
		for n := 0; ; {
			data, text, ok := c.Next()
			if !ok {
				return
			}
			if text && strings.Contains(string(data), "config") {
				continue
			}
			if n < 2*len(spoken) {
				if n%2 == 0 {
					c.SayJSON(map[string]string{"partial": spoken[n/2]})
				} else {
					c.SayJSON(map[string]string{"text": spoken[n/2]})
					mu.Lock()
					finals++
					mu.Unlock()
				}
				n++
			} else {
				c.SayJSON(map[string]string{"partial": ""})
			}
		}
	})
	return enginetest.URL(s), func() int { mu.Lock(); defer mu.Unlock(); return finals }
}

// written is a buffer that several goroutines write to.
type written struct {
	mu sync.Mutex
	b  bytes.Buffer
}

func (w *written) Write(p []byte) (int, error) { w.mu.Lock(); defer w.mu.Unlock(); return w.b.Write(p) }
func (w *written) String() string              { w.mu.Lock(); defer w.mu.Unlock(); return w.b.String() }

// TestNoSpokenDigitIsWrittenAnywhere makes a call in which both sides read
// digits, and looks for them in everything that is written: log at debug, call
// log, number database, temporary files, the record and the events.
func TestNoSpokenDigitIsWrittenAnywhere(t *testing.T) {
	for _, keep := range []bool{false, true} {
		t.Run(fmt.Sprintf("words kept %v", keep), func(t *testing.T) { noSpokenDigit(t, keep) })
	}
}

func noSpokenDigit(t *testing.T, keep bool) {
	data, tmp := t.TempDir(), t.TempDir()
	t.Setenv("TMPDIR", tmp)
	url, heard := fakeVosk(t)
	merchant, err := softphone.New(softphone.Options{})
	if err != nil {
		t.Fatal(err)
	}
	defer merchant.Close()
	line := demoLine(merchant.Addr().String())
	line.Listen, line.OwnerAgreed, line.KeepWords = "always", true, keep
	cfg := config.Default()
	cfg.Data, cfg.Trunks, cfg.Lines = data, demoTrunks(), []config.Line{line}
	cfg.Listen = []config.Listen{{Network: "udp", Addr: netip.MustParseAddrPort("127.0.0.1:0")}}
	cfg.Media.Ports = config.PortRange{Min: 31000, Max: 31399}
	cfg.Limits.Calls = 50
	cfg.Speech.Recognisers = []config.Recogniser{{Name: "fake", Kind: "vosk", URL: url, Language: "zh-CN"}}
	var out written
	told := json.NewEncoder(&out)
	record := make(chan gateway.Record, 1)
	a, err := newApp(cfg, appOptions{log: slog.New(slog.NewTextHandler(&out, &slog.HandlerOptions{Level: slog.LevelDebug})), seed: true,
		events:   func(e gateway.Event) { _ = told.Encode(e) },
		recorded: func(r gateway.Record) { record <- r }})
	if err != nil {
		t.Fatal(err)
	}
	ctx, stop := context.WithCancel(t.Context())
	served := make(chan error, 1)
	go func() { served <- a.run(ctx, ctx) }()
	r := talkUntil(t, a, merchant, record, func() bool { return heard() >= 2*len(spoken) })
	stop()
	if err := <-served; err != nil {
		t.Error(err)
	}
	a.close()
	_ = told.Encode(r)
	rules := ""
	for _, e := range r.Events {
		rules += e.Detail + " "
	}
	for _, want := range []string{"words.frozen", "words.digits"} {
		if !strings.Contains(rules, want) {
			t.Errorf("the call was not heard: %q is missing in %s", want, rules)
		}
	}
	everything := map[string]string{"log, events and record": out.String()}
	readAll(t, data, everything)
	readAll(t, tmp, everything)
	for where, text := range everything {
		folded := strings.ToLower(strings.NewReplacer(" ", "", "-", "").Replace(text))
		for _, s := range secrets {
			if i := strings.Index(folded, s); i >= 0 {
				t.Errorf("%s holds %q: %q", where, s, folded[max(0, i-60):min(len(folded), i+60)])
			}
		}
	}
	words, _ := filepath.Glob(filepath.Join(data, "words", "*"))
	if (len(words) > 0) != keep {
		t.Errorf("kept words: got %v, want %v", words, keep)
	}
	if keep && !strings.Contains(everything[words[0]], "冻结") {
		t.Error("the words were not kept")
	}
}

// talkUntil makes a call with voices on both sides until enough was heard.
func talkUntil(t *testing.T, a *app, merchant *softphone.Phone, record chan gateway.Record, enough func() bool) gateway.Record {
	t.Helper()
	caller, err := softphone.New(softphone.Options{})
	if err != nil {
		t.Fatal(err)
	}
	defer caller.Close()
	ctx, cancel := context.WithTimeout(t.Context(), 30*time.Second)
	defer cancel()
	call, err := caller.Call(softphone.Outgoing{To: a.stack.Addrs()[0].Addr, Number: demoNumber, From: "13800001234"})
	if err != nil {
		t.Fatal(err)
	}
	var other *softphone.Call
	select {
	case other = <-merchant.Incoming():
	case <-ctx.Done():
		t.Fatal("the merchant's phone never rang")
	}
	voice, err := demoSound("freeze-call")
	if err != nil {
		t.Fatal(err)
	}
	if err := other.Answer(); err != nil {
		t.Fatal(err)
	}
	if err := waitFor(ctx, call.Answered(), "the answer"); err != nil {
		t.Fatal(err)
	}
	call.Say(voice)
	other.Say(voice)
	tick := time.NewTicker(50 * time.Millisecond)
	defer tick.Stop()
	for !enough() {
		if err := waitFor(ctx, tick.C, "both sides to be heard"); err != nil {
			t.Fatal(err)
		}
	}
	call.Hangup()
	select {
	case r := <-record:
		return r
	case <-ctx.Done():
		t.Fatal("no record")
	}
	return gateway.Record{}
}

// readAll adds every file of a folder.
func readAll(t *testing.T, dir string, into map[string]string) {
	t.Helper()
	err := filepath.WalkDir(dir, func(path string, d fs.DirEntry, err error) error {
		if err != nil || d.IsDir() {
			return err
		}
		b, err := os.ReadFile(path)
		into[path] = string(b)
		return err
	})
	if err != nil {
		t.Fatal(err)
	}
}
