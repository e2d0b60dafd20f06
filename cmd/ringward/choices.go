package main

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"time"

	"ringward/cmd/ringward/config"
	"ringward/console"
	"ringward/gateway"
	"ringward/numberdb"
	"ringward/numbering"
	"ringward/screening"
)

// ownerChoice is what a line's owner allows, as he said on the privacy page. It
// stands over the configuration's listen, owner_agreed and keep_words.
type ownerChoice struct {
	Listen    string `json:"listen"` // never, unverified, always
	KeepWords bool   `json:"keep_words,omitempty"`
	Text      string `json:"text"` // version of the text he agreed to
	By        string `json:"by"`
	At        string `json:"at"` // RFC 3339
}

func (c ownerChoice) listening() gateway.Listening {
	l, ok := gateway.ParseListening(c.Listen)
	if !ok {
		return gateway.ListenNever
	}
	return l
}

// errChoiceOnly says that a row of the number database holds an owner's choice
// for a line of the configuration, and is no line itself.
var errChoiceOnly = errors.New("the line is in the configuration")

// kept is what the number database has of a line with one number.
func kept(db *numberdb.Store, number string) (linePolicy, bool) {
	n, err := numbering.ParseCanonical(number)
	if err != nil || n.IsZero() {
		return linePolicy{}, false
	}
	l, ok := db.Line(n)
	var p linePolicy
	if !ok || l.Prefix || json.Unmarshal(l.Policy, &p) != nil {
		return linePolicy{}, false
	}
	return p, true
}

// choiceFor finds the choice of the owner of a line with one number.
func choiceFor(db *numberdb.Store, number string) (ownerChoice, bool) {
	p, ok := kept(db, number)
	if !ok || p.Choice == nil {
		return ownerChoice{}, false
	}
	return *p.Choice, true
}

// modeFor finds the mode that the operator set for a line of the configuration.
func modeFor(db *numberdb.Store, number string) (screening.Mode, bool) {
	p, ok := kept(db, number)
	if !ok || !p.Only || p.Set == "" {
		return 0, false
	}
	return screening.ParseMode(p.Set)
}

// agreed is a line of the configuration as its owner and the operator will
// have it.
func agreed(db *numberdb.Store, l gateway.Line) gateway.Line {
	if c, ok := choiceFor(db, l.Number); ok {
		l.Listen = c.listening()
	}
	if m, ok := modeFor(db, l.Number); ok {
		l.Policy.Mode = m
	}
	return l
}

// frontChoices keeps owners' choices in the number database, where every change
// has its author and its reason in the log.
type frontChoices struct {
	current func() config.Config
	db      *numberdb.Store
}

// Choose is console.Choices.
func (d frontChoices) Choose(ctx context.Context, who string, line console.Line, c console.Choice) error {
	reason := fmt.Sprintf("the owner's choice on the privacy page: listen %s, keep words %t, text %s", c.Listen, c.Keep, c.Text)
	return d.change(ctx, who, line, reason, func(p *linePolicy) {
		p.Choice = &ownerChoice{Listen: c.Listen, KeepWords: c.Keep, Text: c.Text, By: who, At: time.Now().UTC().Format(time.RFC3339)}
	})
}

// SetMode is console.LineModes.
func (d frontChoices) SetMode(ctx context.Context, who string, line console.Line, mode string) error {
	return d.change(ctx, who, line, "mode "+mode+" set on the operator's page", func(p *linePolicy) {
		if p.Only {
			p.Set = mode
		} else {
			p.Mode = mode
		}
	})
}

// change edits the policy of a line, of which the number database may have had
// nothing.
func (d frontChoices) change(ctx context.Context, who string, line console.Line, reason string, do func(*linePolicy)) error {
	n, err := numbering.ParseCanonical(line.Number)
	if err != nil {
		return fmt.Errorf("%w: %v", console.ErrQuestion, err)
	}
	rec, ok := d.db.Line(n)
	if !ok || rec.Prefix {
		rec = numberdb.Line{Number: line.Number, Name: line.ID}
	}
	p := linePolicy{}
	if len(rec.Policy) > 0 {
		if err := json.Unmarshal(rec.Policy, &p); err != nil {
			return fmt.Errorf("policy of line %s: %w", line.ID, err)
		}
	}
	p.Only = p.Only || rec.ID == 0
	do(&p)
	if rec.Policy, err = json.Marshal(p); err != nil {
		return err
	}
	_, err = d.db.PutLine(ctx, numberdb.Edit{Author: "console:" + who, Reason: reason}, rec)
	return err
}
