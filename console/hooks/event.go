package hooks

import "time"

// Event is what a hook is told. It is the body that a Program gets.
type Event struct {
	ID          string        `json:"id" doc:"of this delivery; the same when it is sent again"`
	Kind        string        `json:"kind" enum:"verdict,warning,ended,test"`
	At          time.Time     `json:"at"`
	Call        string        `json:"call"`
	Line        string        `json:"line"`
	Caller      string        `json:"caller,omitempty" doc:"canonical, masked if so configured; absent when withheld"`
	Level       string        `json:"level" enum:"unknown,clear,notice,warning,alarm"`
	Action      string        `json:"action,omitempty"`
	Outcome     string        `json:"outcome,omitempty" doc:"with ended"`
	Warnings    int           `json:"warnings" doc:"given so far"`
	Institution *Name         `json:"institution,omitempty" doc:"that the call is about"`
	Reasons     []EventReason `json:"reasons,omitempty" doc:"the heaviest first, at most three"`
	Page        string        `json:"page,omitempty" doc:"of the call, for those who may log in"`
}

// Name is a name in both languages.
type Name struct {
	ZH string `json:"zh,omitempty"`
	EN string `json:"en,omitempty"`
}

func (n *Name) in(lang string) string {
	switch {
	case n == nil:
		return ""
	case lang == "en" && n.EN != "":
		return n.EN
	case n.ZH != "":
		return n.ZH
	}
	return n.EN
}

// EventReason is one reason of the verdict.
type EventReason struct {
	Rule string `json:"rule"`
	ZH   string `json:"zh,omitempty"`
	EN   string `json:"en,omitempty"`
}
