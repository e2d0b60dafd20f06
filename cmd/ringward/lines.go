package main

import (
	"encoding/json"
	"fmt"
	"slices"
	"strings"
	"sync/atomic"
	"time"

	"ringward/cmd/ringward/config"
	"ringward/gateway"
	"ringward/numberdb"
	"ringward/numbering"
	"ringward/screening"
)

// lines finds protected lines: first among those of the configuration, then in
// the number database.
type lines struct {
	table atomic.Pointer[lineTable]
	db    *numberdb.Store
}

// lineTable is the lines of a configuration.
type lineTable struct {
	exact    map[string]gateway.Line // by number without +
	prefixes []prefixLine            // longest first
}

type prefixLine struct {
	prefix string
	line   gateway.Line
}

func newLines(list []config.Line, db *numberdb.Store) *lines {
	ls := &lines{db: db}
	ls.table.Store(newLineTable(list))
	return ls
}

func newLineTable(list []config.Line) *lineTable {
	ls := &lineTable{exact: map[string]gateway.Line{}}
	for _, l := range list {
		number := strings.TrimPrefix(l.Number, "+")
		if prefix, ok := strings.CutSuffix(number, "*"); ok {
			ls.prefixes = append(ls.prefixes, prefixLine{prefix, configLine(l)})
			continue
		}
		ls.exact[number] = configLine(l)
	}
	slices.SortStableFunc(ls.prefixes, func(a, b prefixLine) int { return len(b.prefix) - len(a.prefix) })
	return ls
}

// Line finds the line for a called number, as it was dialled or in its normal
// form.
func (ls *lines) Line(user string, number numbering.Number) (gateway.Line, bool) {
	forms := []string{strings.TrimPrefix(user, "+")}
	if !number.IsZero() {
		forms = append(forms, number.Digits)
	}
	table := ls.table.Load()
	for _, f := range forms {
		if l, ok := table.exact[f]; ok {
			return agreed(ls.db, l.For(number)), true
		}
	}
	for _, p := range table.prefixes {
		for _, f := range forms {
			if strings.HasPrefix(f, p.prefix) {
				return agreed(ls.db, p.line.For(number)), true
			}
		}
	}
	l, ok := ls.db.Line(number)
	if !ok {
		return gateway.Line{}, false
	}
	line, err := storedLine(l)
	return line.For(number), err == nil
}

func configLine(l config.Line) gateway.Line {
	p := linePolicy{Mode: l.Mode, BlockResponse: l.Response, Anonymous: l.Anonymous}
	policy, _ := p.policy() // the words were checked by config
	listen, _ := gateway.ParseListening(l.Listen)
	return gateway.Line{Listen: listen, TellCaller: l.TellCaller, ID: l.ID, Targets: l.Targets, Language: l.Language, ASCIILabels: l.ASCIILabels, NAT: l.NAT, Browser: l.Browser,
		RingTimeout: l.RingTimeout, Policy: policy, VerdictUUI: l.VerdictUUI, UpdateDisplay: l.Update, Manners: mannersOf(l), Outbound: outboundOf(l),
		SRTP: srtpOf(l.SRTP), SRTPClearKeys: l.ClearKeys}
}

// linePolicy is a line's policy as it is kept in the number database.
type linePolicy struct {
	Choice *ownerChoice `json:"choice,omitempty"`      // of the line's owner, on the privacy page
	Only   bool         `json:"choice_only,omitempty"` // the line itself is in the configuration
	Set    string       `json:"mode_set,omitempty"`    // with Only: mode that the operator set on his page

	Mode          string `json:"mode,omitempty"`           // off, shadow, label, announce, block; "" is announce
	BlockResponse string `json:"block_response,omitempty"` // 608, 603+, 603
	Anonymous     string `json:"anonymous,omitempty"`      // screen, pass, block
	ASCIILabels   bool   `json:"ascii_labels,omitempty"`
	NAT           bool   `json:"nat,omitempty"`
	RingSeconds   int    `json:"ring_seconds,omitempty"`
	Browser       bool   `json:"browser,omitempty"`      // rings in its owner's browser as well
	Listen        string `json:"listen,omitempty"`       // never, unverified, always
	OwnerAgreed   bool   `json:"owner_agreed,omitempty"` // without it nobody listens
	TellCaller    bool   `json:"tell_caller,omitempty"`

	Recognisers []string `json:"recognisers,omitempty"` // by name; empty: those of the line's language
	KeepWords   bool     `json:"keep_words,omitempty"`  // keep what was said, digits masked

	lineManners
	lineCarrier
}

func (p linePolicy) policy() (screening.Policy, error) {
	var out screening.Policy
	mode, ok := screening.ParseMode(orElse(p.Mode, "announce"))
	if !ok {
		return out, fmt.Errorf("mode %q: use off, shadow, label, announce or block", p.Mode)
	}
	response, ok := screening.ParseResponse(orElse(p.BlockResponse, "608"))
	if !ok {
		return out, fmt.Errorf("block_response %q: use 608, 603+ or 603", p.BlockResponse)
	}
	anonymous, ok := screening.ParseChoice(orElse(p.Anonymous, "screen"))
	if !ok {
		return out, fmt.Errorf("anonymous %q: use screen, pass or block", p.Anonymous)
	}
	return screening.Policy{Mode: mode, BlockResponse: response, Anonymous: anonymous}, nil
}

// storedID is what records and people's rights call a stored line: its number,
// which no other line has. Its name is for people, and two may have the same.
func storedID(l numberdb.Line) string { return l.Number + star(l.Prefix) }

func storedLine(l numberdb.Line) (gateway.Line, error) {
	var p linePolicy
	if len(l.Policy) > 0 {
		if err := json.Unmarshal(l.Policy, &p); err != nil {
			return gateway.Line{}, fmt.Errorf("policy of line %s: %w", l.Number, err)
		}
	}
	if p.Only {
		return gateway.Line{}, errChoiceOnly
	}
	policy, err := p.policy()
	if err != nil {
		return gateway.Line{}, fmt.Errorf("policy of line %s: %w", l.Number, err)
	}
	listen, ok := gateway.ParseListening(orElse(p.Listen, "never"))
	if !ok || !p.OwnerAgreed {
		listen = gateway.ListenNever
	}
	if p.Choice != nil {
		listen = p.Choice.listening()
	}
	line := gateway.Line{Listen: listen, TellCaller: p.TellCaller, ID: storedID(l), Targets: l.Targets, Language: orElse(l.Language, "zh-CN"),
		ASCIILabels: p.ASCIILabels, NAT: p.NAT, Browser: p.Browser, RingTimeout: time.Duration(p.RingSeconds) * time.Second, Policy: policy,
		Manners: p.manners()}
	if err := p.lineCarrier.put(&line); err != nil {
		return gateway.Line{}, fmt.Errorf("policy of line %s: %w", l.Number, err)
	}
	return line, nil
}

func orElse(s, d string) string {
	if s == "" {
		return d
	}
	return s
}
