package main

import (
	"context"
	"errors"
	"fmt"
	"net/netip"
	"os"
	"slices"
	"strings"
	"time"

	"ringward/cmd/ringward/config"
	"ringward/gateway"
	"ringward/numberdb"
	"ringward/softphone"
)

const demoUsage = `demo [--out DIR] [--lang zh-CN|en] [--scenario NAME] [--config FILE] [--sound FILE] [--json]

Starts the real gateway on this machine with a caller and a merchant's phone,
lets calls go through it over SIP and RTP, prints what happened and why, and
writes WAV files of what each side heard.`

// scenario is one call of the demonstration.
type scenario struct {
	name     string
	says     string  // title of the recording that the caller plays; "" for none
	sound    []int16 // what the caller plays instead, which no recording is listed of; nil: its own
	language string  // of the line; "" is that of the output
	caller   string  // number as the trunk signals it
	shows    string  // display name
	title    said
	key      rune // what the merchant presses after an announcement; 0 nothing
	talk     time.Duration
}

// said is a text in both languages.
type said struct{ zh, en string }

func (s said) in(lang string) string {
	if strings.HasPrefix(lang, "zh") {
		return s.zh
	}
	return s.en
}

// demoListed is made up: the example data list it as a scam caller.
const (
	demoListed  = "+8617000001234"
	demoNumber  = "+862155550100" // the merchant's line; made up
	demoHotline = "CN:95516"
)

func scenarios() []scenario {
	return append([]scenario{
		{name: "listed", caller: demoListed, shows: "POS机售后", title: said{"被多家商户举报过的号码来电", "a number that other merchants reported calls"}, key: '2'},
		{name: "imitation", caller: "0085321095588", shows: "工商银行", title: said{"境外号码冒充银行热线 95588", "a foreign number imitates the bank hotline 95588"}, key: '1', talk: 1500 * time.Millisecond},
		{name: "registered", caller: "95516", shows: "中国银联", title: said{"登记过的官方号码来电", "a registered official number calls"}, talk: 1500 * time.Millisecond},
		{name: "unknown", caller: "13800001234", title: said{"普通手机号码来电", "an ordinary mobile calls"}, talk: 1500 * time.Millisecond},
	}, freezeScenarios()...)
}

// demoResult is what --json prints of one scenario.
type demoResult struct {
	Name               string      `json:"name"`
	Caller             string      `json:"caller"`
	Verdict            demoVerdict `json:"verdict"`
	Action             string      `json:"action"`
	Display            string      `json:"display"` // what the phone showed
	MerchantHeard      []string    `json:"merchant_heard"`
	CallerHeardWarning bool        `json:"caller_heard_warning"`
	Outcome            string      `json:"outcome"`
	SetupMS            float64     `json:"setup_ms"` // INVITE sent to ringing heard
	WAV                demoWAV     `json:"wav"`

	record gateway.Record
	title  said
	voice  voice
}

type demoVerdict struct {
	Level   string       `json:"level"`
	Reasons []demoReason `json:"reasons"`
}

type demoReason struct {
	Rule string `json:"rule"`
	Text string `json:"text"`
}

type demoWAV struct {
	Caller   string `json:"caller"`
	Merchant string `json:"merchant"`
}

func runDemo(ctx context.Context, io stdio, args []string) error {
	f := newFlags(io, "demo", demoUsage)
	out := f.String("out", "ringward-demo", "`DIR` for the WAV files")
	lang := f.String("lang", "zh-CN", "language of prompts and output, zh-CN or en")
	only := f.String("scenario", "", "one of "+strings.Join(scenarioNames(), ", ")+"; all if empty")
	file := f.String("config", "", "configuration `FILE` whose speech recognisers listen too")
	sound := f.String("sound", "", "8 kHz WAV `FILE` that the caller of freeze-call plays: his words alone tell him, so --config has to name a recogniser")
	asJSON := f.Bool("json", false, "print one JSON document")
	if rest, err := f.parse(args); err != nil {
		return err
	} else if len(rest) > 0 {
		return f.wrong("unexpected argument %q", rest[0])
	}
	if *lang != "zh-CN" && *lang != "en" {
		return f.wrong("language %q is not known: use zh-CN or en", *lang)
	}
	list := scenarios()
	if *only != "" {
		list = slices.DeleteFunc(list, func(s scenario) bool { return s.name != *only })
		if len(list) == 0 {
			return f.wrong("there is no scenario %q: use %s", *only, strings.Join(scenarioNames(), ", "))
		}
	}
	if *sound != "" {
		if err := f.play(*sound, list); err != nil {
			return err
		}
	}
	if !*asJSON {
		fmt.Fprintln(io.out, said{"网关已在本机启动，正在打电话（约六秒钟）……", "The gateway runs on this machine; calls go through it (about six seconds) ..."}.in(*lang))
	}
	var listening config.Speech
	if *file != "" {
		cfg, err := config.Load(*file)
		if err != nil {
			return fmt.Errorf("the configuration is not usable:\n%w", err)
		}
		listening = cfg.Speech
	}
	results, err := demonstrate(ctx, io, list, listening, *lang, *out)
	if err != nil {
		return err
	}
	if *asJSON {
		return printJSON(io.out, map[string]any{"scenarios": results})
	}
	for _, r := range results {
		fmt.Fprint(io.out, r.story(*lang))
	}
	fmt.Fprintf(io.out, said{"\n各方听到的声音在 %s 里。英文版：ringward demo --lang en\n", "\nWhat each side heard lies in %s.\n"}.in(*lang), *out)
	return nil
}

func scenarioNames() []string {
	var names []string
	for _, s := range scenarios() {
		names = append(names, s.name)
	}
	return names
}

// stage is the gateway and its two telephones.
type stage struct {
	app       *app
	caller    *softphone.Phone
	merchants map[string]*softphone.Phone // by scenario: each has a line of its own
	records   map[string]chan gateway.Record
	choice    map[string]chan struct{} // closed when the announcement is over
	warned    map[string]chan struct{} // gets one when the merchant is warned in the call
	speech    config.Speech
	lang, out string
}

// demonstrate runs the scenarios side by side.
func demonstrate(ctx context.Context, io stdio, list []scenario, listening config.Speech, lang, out string) ([]*demoResult, error) {
	if err := os.MkdirAll(out, 0o755); err != nil {
		return nil, err
	}
	data, err := os.MkdirTemp("", "ringward-demo-")
	if err != nil {
		return nil, err
	}
	defer os.RemoveAll(data)
	st := &stage{merchants: map[string]*softphone.Phone{}, records: map[string]chan gateway.Record{}, choice: map[string]chan struct{}{}, warned: map[string]chan struct{}{}, speech: listening, lang: lang, out: out}
	defer st.closePhones()
	if err := st.open(ctx, io, list, data); err != nil {
		return nil, err
	}
	defer st.app.close()
	serve, stop := context.WithCancel(ctx)
	served := make(chan error, 1)
	go func() { served <- st.app.run(serve, ctx) }()

	type finished struct {
		i   int
		r   *demoResult
		err error
	}
	results := make([]*demoResult, len(list))
	done := make(chan finished)
	for i, s := range list {
		go func() {
			r, err := st.play(ctx, s)
			done <- finished{i, r, err}
		}()
	}
	for range list {
		f := <-done
		results[f.i] = f.r
		if f.err != nil {
			err = errors.Join(err, fmt.Errorf("scenario %s: %w", list[f.i].name, f.err))
		}
	}
	stop()
	return results, errors.Join(err, <-served)
}

// demoTrunks is the carrier of the demonstration: this machine.
func demoTrunks() []config.Trunk {
	return []config.Trunk{{Name: "demo-carrier", Sources: []netip.Prefix{netip.MustParsePrefix("127.0.0.0/8"), netip.MustParsePrefix("::1/128")},
		Trusted: true, Domestic: true, ScreensNumbers: true, Area: "021"}}
}

func demoLine(phone string) config.Line {
	return config.Line{Number: demoNumber, ID: demoLineID, Targets: []string{"sip:100@" + phone}, Language: "zh-CN",
		Mode: "announce", Response: "608", Anonymous: "screen", Browser: true}
}

func (st *stage) open(ctx context.Context, io stdio, list []scenario, data string) error {
	cfg := config.Default()
	cfg.Data, cfg.Trunks = data, demoTrunks()
	cfg.Listen = []config.Listen{{Network: "udp", Addr: netip.MustParseAddrPort("127.0.0.1:0")}}
	cfg.Media.Ports = config.PortRange{Min: 30000, Max: 30999}
	cfg.Limits.Calls, cfg.Speech = 100, st.speech
	for i, s := range list {
		phone, err := softphone.New(softphone.Options{})
		if err != nil {
			return err
		}
		st.merchants[s.name] = phone
		l := demoLine(phone.Addr().String())
		l.Number, l.ID, l.Language = fmt.Sprintf("+86215555010%d", i), s.name, orElse(s.language, st.lang)
		if s.says != "" { // a call that is listened to
			l.Listen, l.OwnerAgreed = "unverified", true
		}
		cfg.Lines = append(cfg.Lines, l)
		st.records[s.name] = make(chan gateway.Record, 1)
		st.choice[s.name] = make(chan struct{})
		st.warned[s.name] = make(chan struct{}, 1)
	}
	var err error
	if st.caller, err = softphone.New(softphone.Options{}); err != nil {
		return err
	}
	log := newLog(io.err, config.Log{Level: "warn", Format: "text"})
	st.app, err = newApp(cfg, appOptions{log: log, seed: true, recorded: func(r gateway.Record) { st.records[r.Line] <- r }, events: st.watch})
	if err != nil {
		return err
	}
	return demoData(ctx, st.app.numbers)
}

// demoData adds what the scenarios need and the examples leave open: a reported
// number, and a hotline that two people confirmed. Both people are made up.
func demoData(ctx context.Context, db *numberdb.Store) error {
	author := numberdb.Edit{Author: "demo-analyst", Reason: "demonstration"}
	reviewer := numberdb.Edit{Author: "demo-reviewer", Reason: "demonstration"}
	scam, err := db.PutScam(ctx, author, numberdb.Scam{Number: demoListed, Category: "pos-freeze", Votes: 12, Source: demoSource})
	if err != nil {
		return err
	}
	if err := db.Approve(ctx, reviewer, numberdb.Scams, fmt.Sprint(scam)); err != nil {
		return err
	}
	if err := demoRecordings(ctx, db, author, reviewer); err != nil {
		return err
	}
	for _, h := range []struct{ institution, number string }{{"unionpay", demoHotline}, {"icbc", "CN:95588"}} {
		if err := confirmHotline(ctx, db, author, reviewer, h.institution, h.number); err != nil {
			return err
		}
	}
	return nil
}

func confirmHotline(ctx context.Context, db *numberdb.Store, author, reviewer numberdb.Edit, institution, number string) error {
	id, err := db.PutNumber(ctx, author, numberdb.Number{Institution: institution, Number: number, Match: "area-short",
		Direction: "may-call-out", Purpose: "hotline", Source: demoSource, Confidence: 100})
	if err != nil {
		return err
	}
	return db.Approve(ctx, reviewer, numberdb.Numbers, fmt.Sprint(id))
}

// watch notes when an announcement is over and the merchant may choose, and
// when he is warned.
func (st *stage) watch(e gateway.Event) {
	switch e.Kind {
	case gateway.EventChoice:
		close(st.choice[e.Line])
	case gateway.EventWarned:
		select {
		case st.warned[e.Line] <- struct{}{}:
		default: // warned before
		}
	}
}

func (st *stage) closePhones() {
	for _, p := range st.merchants {
		_ = p.Close()
	}
	if st.caller != nil {
		_ = st.caller.Close()
	}
}

// decisionTime is how long the demonstration's merchant listens to an
// announcement before he presses a key.
const decisionTime = 1500 * time.Millisecond

// scenarioLimit bounds one scenario: a demonstration that hangs says so.
const scenarioLimit = 50 * time.Second

// play runs one scenario to its end.
func (st *stage) play(ctx context.Context, s scenario) (*demoResult, error) {
	ctx, cancel := context.WithTimeout(ctx, scenarioLimit)
	defer cancel()
	var number string
	for _, l := range st.app.cfg.Lines {
		if l.ID == s.name {
			number = l.Number
		}
	}
	begun := time.Now()
	call, err := st.caller.Call(softphone.Outgoing{To: st.app.stack.Addrs()[0].Addr, Number: number, From: s.caller, Name: s.shows})
	if err != nil {
		return nil, err
	}
	defer call.Hangup()
	r := &demoResult{Name: s.name, Caller: s.caller, title: s.title, voice: st.app.voice, MerchantHeard: []string{}}
	merchant, err := st.merchantSide(ctx, s, call, begun, r)
	if err != nil {
		return nil, err
	}
	call.Hangup()
	select {
	case r.record = <-st.records[s.name]:
	case <-ctx.Done():
		return nil, errors.New("the call's record never came")
	}
	if err := waitFor(ctx, call.Over(), "the caller's call to end"); err != nil {
		return nil, err
	}
	r.fill(st.lang)
	r.CallerHeardWarning = heardMore(call, merchant)
	return r, st.save(s, call, merchant, r)
}

// merchantSide takes the call up on the merchant's phone and does what the
// scenario says.
func (st *stage) merchantSide(ctx context.Context, s scenario, call *softphone.Call, begun time.Time, r *demoResult) (*softphone.Call, error) {
	var merchant *softphone.Call
	select {
	case merchant = <-st.merchants[s.name].Incoming():
	case <-ctx.Done():
		return nil, errors.New("the merchant's phone never rang")
	}
	if from, err := merchant.Invite().From(); err == nil {
		r.Display = from.Display
	}
	if err := merchant.Ring(); err != nil {
		return merchant, err
	}
	if err := waitFor(ctx, call.Ringing(), "the caller to hear ringing"); err != nil {
		return merchant, err
	}
	r.SetupMS = float64(time.Since(begun).Microseconds()) / 1000
	if s.says == "" {
		call.Say(tone(300, 3*time.Minute))
		merchant.Say(tone(500, 3*time.Minute))
	}
	if err := merchant.Answer(); err != nil {
		return merchant, err
	}
	if s.key != 0 {
		select {
		case <-st.choice[s.name]: // he heard all of it
		case <-time.After(decisionTime): // he has heard enough
		case <-ctx.Done():
			return merchant, fmt.Errorf("waited for the announcement to be heard: %w", ctx.Err())
		}
		if err := merchant.Press(s.key); err != nil {
			return merchant, err
		}
	}
	if s.key == '2' {
		return merchant, waitFor(ctx, merchant.Over(), "the refused call to end")
	}
	if err := waitFor(ctx, call.Answered(), "the caller to be connected"); err != nil {
		return merchant, err
	}
	if s.says != "" {
		return merchant, st.beTold(ctx, s, call, merchant)
	}
	return merchant, waitFor(ctx, time.After(s.talk), "the talk to end")
}
