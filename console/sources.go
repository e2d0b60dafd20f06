package console

import (
	"context"
	"errors"
	"time"

	"ringward/calllog"
	"ringward/numberdb"
	"ringward/numberdb/index"
	"ringward/numbering"
	"ringward/screening"
)

// Calls is the record of past calls (calllog.Log).
type Calls interface {
	List(context.Context, calllog.Filter) (calllog.Page, error)
	Get(ctx context.Context, id string) (calllog.Record, error)
	Stats(context.Context, calllog.Filter) (calllog.Stats, error)
	Counters() calllog.Counters
	Say(context.Context, calllog.Feedback) error
	Said(ctx context.Context, call string) ([]calllog.Feedback, error)
	Rules(ctx context.Context, since time.Time) ([]calllog.RuleStats, error)
}

// Numbers is the number database (numberdb.Store).
type Numbers interface {
	Index() *index.Index
	Search(ctx context.Context, text string, limit int) ([]numberdb.Record, error)
	List(context.Context, numberdb.Entity, numberdb.Filter) ([]numberdb.Record, error)
	Get(ctx context.Context, e numberdb.Entity, id string) (numberdb.Record, error)
	History(ctx context.Context, e numberdb.Entity, id string) ([]numberdb.Change, error)
	PutSaved(context.Context, numberdb.Edit, numberdb.Saved) (int64, error)
	Retire(ctx context.Context, e numberdb.Edit, entity numberdb.Entity, id string) error
	Curator
	ReportScam(ctx context.Context, e numberdb.Edit, number numbering.Number, household, category string) (int64, error)
}

// Line is a protected line as the console shows it.
type Line struct {
	ID       string `json:"id" doc:"as call records name it"`
	Number   string `json:"number" doc:"canonical; empty for a line that stands for many numbers"`
	Name     string `json:"name,omitempty"`
	Language string `json:"language" enum:"zh-CN,en" doc:"of what its merchant hears"`
	Mode     string `json:"mode" enum:"off,shadow,label,announce,block"`
	Listens  string `json:"listens" enum:"never,unverified,always" doc:"in which calls what the caller says is analysed"`
	Keeps    bool   `json:"keeps_words" doc:"what was said is kept, digits masked"`
	Chosen   string `json:"chosen,omitempty" doc:"when its owner chose so on the privacy page, RFC 3339"`
}

// Choice is what a line's owner allows.
type Choice struct {
	Listen string `json:"listen" enum:"never,unverified,always" doc:"in which calls what the caller says may be analysed"`
	Keep   bool   `json:"keep_words" doc:"what was said may be kept, digits masked"`
	Text   string `json:"text" doc:"version of the text that the owner agreed to"`
}

// Choices keeps what lines' owners allow. It holds for the next call.
type Choices interface {
	Choose(ctx context.Context, who string, line Line, c Choice) error
}

// Lines lists the protected lines.
type Lines interface {
	Lines() []Line
}

// Question asks what would happen to a caller.
type Question struct {
	Number string `json:"number" doc:"the caller's number, in any spelling"`
	Name   string `json:"name,omitempty" doc:"display name that comes with it"`
	Line   string `json:"line,omitempty" doc:"id of the line that is called; the reader's first when empty"`
	Trunk  string `json:"trunk,omitempty" doc:"trunk that the call comes in on; the first when empty"`
}

// Answer is what would happen.
type Answer struct {
	Number      string             `json:"number" doc:"canonical, empty if it is none"`
	National    string             `json:"national,omitempty" doc:"as people write it"`
	Class       string             `json:"class"`
	Region      string             `json:"region,omitempty" doc:"place or country in English"`
	RegionZH    string             `json:"region_zh,omitempty" doc:"the same in Chinese"`
	Verdict     Verdict            `json:"verdict"`
	Action      string             `json:"action" enum:"pass,label,announce,challenge,divert,block"`
	Institution *Institution       `json:"institution,omitempty"`
	Versions    Versions           `json:"versions"`
	Raw         *screening.Verdict `json:"-"`
}

// Versions name what a verdict was made by.
type Versions struct {
	Register string `json:"register"`
	Rules    string `json:"rules"`
}

// ErrQuestion is wrapped by errors about a line or trunk that is not there.
var ErrQuestion = errors.New("cannot be asked")

// Verdicts answers questions as the gateway would. Raw, Number, National,
// Class, Region, Action and Versions are to be filled in.
type Verdicts interface {
	Verdict(ctx context.Context, q Question) (Answer, error)
}

// ErrNoCall says that no such call is running.
var ErrNoCall = errors.New("no such call is running")

// Dismisser takes the merchant's word, in a running call, that it is no scam.
// at is the time since the call began. It returns ErrNoCall when it is over.
type Dismisser interface {
	Dismiss(call string, at time.Duration) error
}

// Refuser ends a running call on the merchant's word and reports the caller.
// It returns ErrNoCall when the call is over.
type Refuser interface {
	Refuse(call string) error
}

// ErrBusy says that something of the kind runs already.
var ErrBusy = errors.New("one runs already")

// Demo is a line with a phone and a caller of its own, to show what happens in
// a scam call. Whoever may see the line and runs the gateway may act on it.
type Demo interface {
	Line() string     // id
	Scenes() []string // keys of the catalogue
	// Play places one call and returns once it is under way; ErrBusy while
	// another runs. lang is the language that the caller speaks.
	Play(scene, lang string) error
}

// TestCalls rings the telephone of a line and plays every warning to it.
type TestCalls interface {
	// Test returns once the call is under way; ErrBusy while another runs on
	// the line, ErrQuestion if its telephone cannot be called.
	Test(line Line) error
}

// Gauge is one figure of the gateway's health.
type Gauge struct {
	Name  string `json:"name"` // key of the string catalogue
	Value uint64 `json:"value"`
	Bad   bool   `json:"bad"` // deserves a look when it is not zero
}

// Health tells how the gateway is doing.
type Health interface {
	Gauges() []Gauge
	Trunks() []Trunk
	Phones() []PhoneRegistered
}

// PhoneRegistered is a telephone that is registered for a line.
type PhoneRegistered struct {
	Line, Network, Address, Agent string
	Until                         time.Time
}

// Trunk is a peer that hands calls in, as the operator configured it.
type Trunk struct {
	Name    string
	Sources []string
	Traits  []string // keys of the string catalogue: trusted, domestic ...
	State   string   // "", registered or unregistered: where we register
	Why     string   // not registered
}
