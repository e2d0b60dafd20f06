// Package turns tells from the voice activity of both legs how the two take
// turns: a caller that talks on and on (monologue), and one that is spoken to and
// does not notice, as recordings do (talk-over), and keys pressed while it talks
// (menu). Each is evidence, never proof: some people talk like that too. It hears
// no sound itself and is pure: no I/O, no clock, no goroutine; time is counted in
// frames of 20 ms.
package turns

import "time"

// FrameTime is the time of one Feed.
const FrameTime = 20 * time.Millisecond

const frame = int(FrameTime / time.Millisecond) // milliseconds

// In frames.
const (
	monologue   = 20_000 / frame // of the caller's time without an answer
	menuAfter   = 5_000 / frame  // of monologue before keys count
	breath      = 1_500 / frame  // a pause of the caller that ends no monologue
	answer      = 700 / frame    // of the callee's voice that ends a monologue, if the caller pauses
	interrupts  = 600 / frame    // of the callee's voice over the caller's: someone wants to speak
	given       = 2_000 / frame  // time to give way
	givesWay    = 300 / frame    // pause of the caller that means so
	ignoredMost = 3              // attempts that were ignored make TalkOver
)

// Kind is what was noticed.
type Kind uint8

const (
	// Monologue: the caller has talked for 20 s without an answer.
	Monologue Kind = iota + 1
	// TalkOver: three times the callee spoke for 0.6 s or more while the caller
	// talked, and the caller went on for 2 s as if nothing were; more often than
	// it gave way.
	TalkOver
	// MenuKey: the callee pressed a key while a caller talked that had talked for
	// 5 s without an answer.
	MenuKey
)

// String is a short English name.
func (k Kind) String() string {
	switch k {
	case Monologue:
		return "monologue"
	case TalkOver:
		return "talk-over"
	case MenuKey:
		return "menu key"
	}
	return "none"
}

// Event says what was noticed and when.
type Event struct {
	Kind Kind
	At   time.Duration // since the first frame
}

// Tracker follows one call. The zero value is ready. It allocates nothing.
type Tracker struct {
	now     int // frames fed
	talk    int // frames of the present monologue
	pause   int // of the caller, up to now
	reply   int // frames of the callee's voice in the caller's pause
	over    int // frames of the callee's voice while the caller talks
	attempt int // frames since the callee's attempt to speak; 0 when there is none
	spent   bool

	// Attempts of the callee, how they ended.
	ignored, yielded int
	told             [MenuKey + 1]bool
}

// Feed takes the voice activity of the next 20 ms of both legs and appends what
// it shows. Monologue is told once for each, TalkOver once for a call.
func (t *Tracker) Feed(caller, callee bool, events []Event) []Event {
	t.now++
	if caller {
		t.pause = 0
	} else {
		t.pause++
	}
	t.count(caller, callee)
	if t.talk >= monologue && !t.told[Monologue] {
		t.told[Monologue] = true
		events = append(events, t.event(Monologue))
	}
	if t.try(caller, callee) && t.ignored >= ignoredMost && t.ignored > 2*t.yielded && !t.told[TalkOver] {
		t.told[TalkOver] = true
		events = append(events, t.event(TalkOver))
	}
	return events
}

// Key takes a key of the callee, now.
func (t *Tracker) Key(events []Event) []Event {
	if t.talk < menuAfter || t.told[MenuKey] {
		return events
	}
	t.told[MenuKey] = true
	return append(events, t.event(MenuKey))
}

// Attempts is how often the callee spoke over the caller: how often that was
// ignored, and how often the caller gave way.
func (t *Tracker) Attempts() (ignored, yielded int) { return t.ignored, t.yielded }

func (t *Tracker) event(k Kind) Event {
	return Event{Kind: k, At: time.Duration(t.now) * FrameTime}
}

// count measures the monologue. It ends with an answer in a pause, or when the
// caller falls silent; a word of the callee in between does not end it.
func (t *Tracker) count(caller, callee bool) {
	switch {
	case caller:
		t.reply = 0
		t.talk++
	case callee:
		if t.reply++; t.reply >= answer {
			t.end()
		}
	case t.pause > breath:
		t.end()
	}
	if !caller && t.talk > 0 {
		t.talk++
	}
}

func (t *Tracker) end() {
	t.talk, t.reply = 0, 0
	t.told[Monologue], t.told[MenuKey] = false, false
}

// try follows the callee's attempts to speak. It is true when one was ignored.
func (t *Tracker) try(caller, callee bool) bool {
	if t.attempt > 0 {
		t.attempt++
		switch {
		case t.pause >= givesWay:
			t.yielded++
			t.attempt, t.spent = 0, true
		case t.attempt > given:
			t.ignored++
			t.attempt, t.spent = 0, true
			return true
		}
		return false
	}
	switch {
	case !callee:
		t.over, t.spent = 0, false
	case caller && !t.spent:
		if t.over++; t.over >= interrupts {
			t.attempt, t.over = 1, 0
		}
	}
	return false
}
