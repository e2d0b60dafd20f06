package main

import (
	"fmt"
	"math"
	"net"
	"os"
	"os/signal"
	"path/filepath"
	"runtime"
	"slices"
	"syscall"
	"testing"
	"time"

	"ringward/calllog"
	"ringward/cmd/ringward/config"
	"ringward/console/browsertest"
	"ringward/console/people"
	"ringward/media/wav"
	"ringward/prompts"
	"ringward/screening"
	"ringward/softphone"
)

const (
	callerHz  = 400.0
	browserHz = 1000.0
	warningHz = 700.0
)

// newBrowserOffice is an office whose line rings in its owner's browser, with
// warnings that are a tone.
func newBrowserOffice(t *testing.T) *office {
	t.Helper()
	voices := t.TempDir()
	for _, id := range []prompts.ID{prompts.WarnClaim, prompts.WarnFreezeUnbacked, prompts.WarnCode} {
		for _, lang := range []string{"zh-CN", "en"} {
			writeTone(t, filepath.Join(voices, lang, prompts.FileName(id)), warningHz, 6*time.Second)
		}
	}
	free, err := net.ListenUDP("udp4", &net.UDPAddr{IP: net.IPv4(127, 0, 0, 1)})
	if err != nil {
		t.Fatal(err)
	}
	port := free.LocalAddr().(*net.UDPAddr).Port
	free.Close()
	return openOffice(t, func(c *config.Config) {
		c.Prompts.Folder = voices
		c.Browsers.Port = port
		c.Media.Ports = config.PortRange{Min: 31400, Max: 31599}
	})
}

func writeTone(t *testing.T, file string, hz float64, d time.Duration) {
	t.Helper()
	if err := os.MkdirAll(filepath.Dir(file), 0o700); err != nil {
		t.Fatal(err)
	}
	f, err := os.Create(file)
	if err != nil {
		t.Fatal(err)
	}
	defer f.Close()
	if err := wav.Write(f, tone(hz, d)); err != nil {
		t.Fatal(err)
	}
}

// share is how much of pcm's energy is at hz (Goertzel): 1 for a pure tone.
func share(pcm []int16, hz float64) float64 {
	w := 2 * math.Cos(2*math.Pi*hz/8000)
	var s1, s2, all float64
	for _, x := range pcm {
		s1, s2 = float64(x)+w*s1-s2, s1
		all += float64(x) * float64(x)
	}
	if all < float64(len(pcm))*100*100 { // 50 dB below full scale is silence
		return 0
	}
	return 2 * (s1*s1 + s2*s2 - w*s1*s2) / all / float64(len(pcm))
}

// tail is the newest half second of what a caller heard.
func tail(c *softphone.Call) []int16 {
	pcm := c.Heard()
	return pcm[max(0, len(pcm)-4000):]
}

// hears counts the loudest frequency of the remote sound in the page: the
// script keeps an analyser on it.
const hears = `(() => {
  if (!window.ears) {
    const stream = document.getElementById("handset-sound").srcObject;
    if (!stream) return 0;
    const ctx = new AudioContext({ sampleRate: 8000 }), node = ctx.createAnalyser();
    node.fftSize = 2048;
    ctx.createMediaStreamSource(stream).connect(node);
    window.ears = { ctx, node, bins: new Float32Array(1024), all: new Set() };
  }
  const e = window.ears;
  e.node.getFloatFrequencyData(e.bins);
  const at = e.bins.indexOf(Math.max(...e.bins));
  return e.bins[at] < -60 ? 0 : at * 8000 / 2048;
})()`

func hearsHz(hz float64) string { return fmt.Sprintf("Math.abs(%s - %g) < 12", hears, hz) }

// inBackground makes the page believe that it is, and notes the notifications
// that it asks for: a headless browser shows none.
const inBackground = `
  window.notes = [];
  Object.defineProperty(document, "hidden", { value: true });
  window.Notification = class {
    static permission = "granted";
    constructor(title, o) { window.notes.push(title + " " + o.body); }
    close() {}
  };`

// shot keeps a screenshot where RINGWARD_SCREENSHOTS says, to be looked at.
func shot(b *browsertest.Chromium, name string) {
	if dir := os.Getenv("RINGWARD_SCREENSHOTS"); dir != "" {
		b.Screenshot(filepath.Join(dir, name+".png"))
	}
}

// TestBrowserPhoneInChromium: a caller on SIP rings the owner's real browser,
// which answers with its (fake) microphone. Each side hears the other's tone, a
// warning is shown and whispered there and nowhere else, a change of the network
// keeps the call, keys and mute work, and the page breaks no policy.
func TestBrowserPhoneInChromium(t *testing.T) {
	if testing.Short() {
		t.Skip("starts a browser")
	}
	signals := make(chan os.Signal, 1)
	signal.Notify(signals, syscall.SIGHUP) // os/signal keeps its own goroutine from the first time on
	signal.Stop(signals)
	before := runtime.NumGoroutine()
	t.Cleanup(func() { noGoroutineLeft(t, before) })
	mic := filepath.Join(t.TempDir(), "mic.wav")
	writeTone(t, mic, browserHz, 10*time.Second)
	b := browsertest.New(t, "--use-fake-device-for-media-stream", "--use-fake-ui-for-media-stream", "--use-file-for-fake-audio-capture="+mic,
		"--autoplay-policy=no-user-gesture-required", "--allow-loopback-in-peer-connection")
	o := newBrowserOffice(t)
	o.login(b, "berta", "zh-CN")
	b.Open(o.front.console.Load().URL() + "/phone")
	b.Until(`document.getElementById("handset-state").textContent.includes("已就绪")`)
	shot(b, "1-ready")
	if b.Script(`return String(!document.getElementById("allow-mic").hidden)`) == "true" {
		b.Click("#allow-mic")
	}
	b.Until(`document.getElementById("allow-mic").hidden`)

	b.Script(inBackground)
	caller, err := softphone.New(softphone.Options{})
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { caller.Close() })
	call, err := caller.Call(softphone.Outgoing{To: o.app.stack.Addrs()[0].Addr, Number: demoNumber, From: "13800138000", Name: "POS机售后"})
	if err != nil {
		t.Fatal(err)
	}
	b.Until(`!document.getElementById("handset-answer").hidden && document.querySelector("article.call")`)
	shot(b, "2-rings")
	b.Until(`window.notes.length === 1 && window.notes[0].startsWith("来电") && document.title.startsWith("☎")`)
	b.Click("#handset-answer")
	<-call.Answered()
	call.Say(tone(callerHz, 2*time.Minute))
	b.Until(`document.getElementById("handset").classList.contains("busy") && ` + hearsHz(callerHz))
	eventually(t, "the browser's tone at the caller", func() bool { return share(tail(call), browserHz) > 0.8 })

	from := len(call.Heard())
	id := o.app.gateway.Calls()[0]
	if err := o.app.gateway.Warn(id, screening.Evidence{Source: screening.SourceWords, Rule: "words.account-frozen", Kind: screening.AccountFrozen,
		By: screening.PartyCaller, Strength: screening.Strong, Institution: "unionpay", At: time.Second,
		Text: screening.Text{ZH: "来电称商户账户被冻结。", EN: "The caller says that the account is frozen."}}); err != nil {
		t.Fatal(err)
	}
	b.Until(hearsHz(warningHz))
	b.Until(`document.querySelector("article.call.warning, article.call.alarm") && document.title.startsWith("⚠")`)
	b.Until(`window.notes.length === 2 && window.notes[1].includes("可疑") && window.notes[1].includes("冻结")`)
	shot(b, "3-warning")
	b.Click("#handset-keypad")
	b.Click(`#handset-keys button[data-key="*"]`)
	b.Click(`#handset-keys button[data-key="3"]`)
	shot(b, "4-keypad")
	b.Until(hearsHz(callerHz)) // key *3 ended the warning
	heard := call.Heard()[from:]
	for i := 0; i+4000 < len(heard); i += 4000 {
		if s := share(heard[i:i+4000], warningHz); s > 0.02 {
			t.Errorf("%d samples into the warning the caller hears %.3f of it", i, s)
		}
	}

	// The state may pass faster than anybody looks, so it is noted as it changes.
	b.Script(`window.states = []; const state = document.getElementById("handset-state");
		new MutationObserver(() => window.states.push(state.textContent)).observe(state, {childList: true, characterData: true, subtree: true});
		window.before = performance.now(); dispatchEvent(new Event("online"))`)
	b.Until(`window.states.some(s => s.includes("正在恢复"))`)
	b.Until(`document.getElementById("handset-state").textContent === "通话中"`)
	b.Until(hearsHz(callerHz))
	count := len(call.Heard())
	eventually(t, "a second of the browser's tone on the new path", func() bool {
		return len(call.Heard()) > count+8000 && share(tail(call), browserHz) > 0.8
	})

	b.Click("#handset-mute")
	eventually(t, "silence while muted", func() bool { return share(tail(call), browserHz) == 0 })
	shot(b, "5-muted")
	b.Click("#handset-mute")
	eventually(t, "the tone after muting", func() bool { return share(tail(call), browserHz) > 0.8 })
	b.Click("#handset-leave")
	<-call.Over()
	b.Until(`document.getElementById("handset-state").textContent.includes("结束") && !document.querySelector("article.call")`)
	shot(b, "6-over")
	for _, f := range b.Faults() {
		t.Error(f)
	}
	rec := o.recorded(id)
	if rec.Outcome != "answered" || rec.EndedBy != "merchant" || !slices.ContainsFunc(rec.Events, func(e calllog.Event) bool { return e.Kind == "key" && e.Detail == "*3" }) {
		t.Errorf("recorded %+v", rec)
	}
}

// login makes a merchant of the demonstration line and goes through the pages.
func (o *office) login(b *browsertest.Chromium, name, lang string) {
	o.t.Helper()
	link, err := o.front.people.Add(o.t.Context(), people.User{Name: name, Role: people.Merchant, Lang: lang, Lines: []string{demoLineID}})
	if err != nil {
		o.t.Fatal(err)
	}
	const password = "correct horse battery"
	b.Open(o.front.console.Load().SetupURL(link))
	b.Fill("input[name=password]", password)
	b.Fill("input[name=again]", password)
	b.Click("button.main")
	b.Until(`location.pathname === "/login"`)
	b.Fill("input[name=username]", name)
	b.Fill("input[name=password]", password)
	b.Click("button.main")
	b.Until(`location.pathname === "/"`)
}

// recorded waits for the record of a call.
func (o *office) recorded(id string) (r calllog.Record) {
	o.t.Helper()
	eventually(o.t, "the record", func() bool {
		l := o.app.recorder.log.Load()
		var err error
		r, err = l.Get(o.t.Context(), id)
		return err == nil
	})
	return r
}

func eventually(t *testing.T, what string, ok func() bool) {
	t.Helper()
	tick := time.NewTicker(10 * time.Millisecond)
	defer tick.Stop()
	limit := time.After(time.Minute)
	for !ok() {
		select {
		case <-tick.C:
		case <-limit:
			t.Fatalf("waited for %s", what)
		}
	}
}

func noGoroutineLeft(t *testing.T, before int) {
	t.Helper()
	for limit := time.Now().Add(20 * time.Second); runtime.NumGoroutine() > before; runtime.Gosched() {
		if time.Now().After(limit) {
			buf := make([]byte, 1<<20)
			t.Errorf("%d goroutines before, %d after:\n%s", before, runtime.NumGoroutine(), buf[:runtime.Stack(buf, true)])
			return
		}
	}
}
