package gateway

import (
	"time"

	"ringward/media"
	"ringward/screening"
	"ringward/speech/ears"
)

// warningKeys is how long the merchant's *-keys are ours: while a warning is
// active, and no longer than 15 s, so that keys meant for the caller's own menu
// are never taken from him.
type warningKeys struct {
	until time.Time   // zero: not active
	star  bool        // the last key was *
	shut  *time.Timer // ends the window
	next  *time.Timer // a warning that is held back is due
}

func (w *warningKeys) stop() {
	for _, t := range []*time.Timer{w.shut, w.next} {
		if t != nil {
			t.Stop()
		}
	}
}

// due fires when a warning that was held back may be given.
func (w *warningKeys) due() <-chan time.Time {
	if w.next == nil {
		return nil
	}
	return w.next.C
}

// over fires when the keys are the caller's again.
func (w *warningKeys) over() <-chan time.Time {
	if w.shut == nil {
		return nil
	}
	return w.shut.C
}

// keyWindow is how long after a warning the merchant may answer it.
const keyWindow = 15 * time.Second

func (w *warningKeys) open() bool { return !w.until.IsZero() }

// learn takes new evidence into the case and warns if it raises the verdict.
func (c *call) learn(e screening.Evidence) {
	if c.case_ == nil || c.state == stateOver {
		return
	}
	v, raised := c.case_.Add(e)
	c.verd = v
	if raised {
		c.note("verdict", v.Level.String()+" "+e.Rule)
		c.log.Info("verdict raised", "level", v.Level.String(), "rule", e.Rule)
		c.tell(EventVerdict)
		c.redisplay()
	}
	c.warn()
}

// warn gives the warning that is due, if any and if it can be given now.
func (c *call) warn() {
	if c.state != stateTalking || c.case_ == nil || c.merchant.heldOff {
		return
	}
	at := c.elapsed()
	w, due := c.case_.Due(at)
	if !due {
		c.warnLater(at)
		return
	}
	c.case_.Given(w, at)
	if w.Silent {
		c.note("warning-silent", w.Prompt)
		return
	}
	ids := make([]string, max(w.Times, 1))
	for i := range ids {
		ids[i] = w.Prompt
	}
	if w.Level == screening.LevelAlarm {
		ids = append([]string{toneAlarm}, ids...)
	}
	c.play(ids, w.Institution)
	c.tell(EventWarned)
}

// warnLater sets the clock for a warning that the gap between two holds back.
func (c *call) warnLater(now time.Duration) {
	at, waits := c.case_.NextDue()
	if !waits {
		return
	}
	wait := max(at-now, time.Millisecond)
	if c.warning.next == nil {
		c.warning.next = time.NewTimer(wait)
		return
	}
	c.warning.next.Reset(wait)
}

// toneAlarm is the two-tone signal before an alarm.
const toneAlarm = "tone.alarm"

// whisper plays prompts to the merchant of a connected call.
func (c *call) whisper(ids []string) {
	if c.state == stateTalking {
		c.play(ids, "")
	}
}

func (c *call) play(ids []string, institution string) {
	if c.data {
		return
	}
	audio := c.speech(ids, institution)
	err := c.bridge.Play(media.Merchant, media.Playback{Audio: audio, Mix: media.Over, DuckDB: c.gw.live().DuckDB, Done: c.whenPlayed("warn")})
	if err != nil {
		c.log.Info("whisper impossible", "err", err)
		c.note("whisper-impossible", err.Error())
		return
	}
	for _, id := range ids {
		c.note("whisper", id)
	}
	c.openKeys(time.Duration(len(audio)) * time.Second / 8000)
}

// openKeys takes the merchant's keys for ourselves while the warning plays and
// for a while after it.
func (c *call) openKeys(playing time.Duration) {
	window := min(playing, keyWindow) + keyWindow
	c.warning.until = c.gw.cfg.Now().Add(window)
	c.warning.star = false
	c.bridge.CaptureDigits(media.Merchant, true)
	if c.warning.shut == nil {
		c.warning.shut = time.NewTimer(window)
		return
	}
	c.warning.shut.Reset(window)
}

func (c *call) closeKeys() {
	c.warning.until = time.Time{}
	c.bridge.CaptureDigits(media.Merchant, false)
	if c.warning.star {
		c.warning.star = false
		c.passOn("*") // a lone one was meant for the caller
	}
}

// key takes one key of the merchant.
func (c *call) key(r rune) {
	if c.state == stateAnnouncing {
		c.choose(r)
		return
	}
	if !c.wantsKeys() {
		c.learn(ears.KeyPressed(c.elapsed())) // which key is nobody's business
		return
	}
	switch {
	case r == '*' && !c.warning.star:
		c.warning.star = true
		return
	case !c.warning.star:
		c.passOn(string(r)) // meant for the caller
		return
	}
	c.warning.star = false
	switch r {
	case '1':
		c.note("key", "*1")
		c.dismiss()
	case '2':
		c.note("key", "*2")
		c.refuse()
	case '3':
		c.note("key", "*3")
		c.bridge.Stop(media.Merchant)
		c.case_.Silence()
	case '0':
		c.note("key", "*0")
		c.bridge.Stop(media.Merchant)
		c.park()
	default:
		c.passOn("*" + string(r))
	}
}

// dismiss takes the merchant's word that the call is no scam: no warning any
// more, and none for this caller for a day.
func (c *call) dismiss() {
	if c.state == stateTalking {
		c.bridge.Stop(media.Merchant)
	}
	if !c.verd.Dismissed { // two keys in one call are one opinion
		c.gw.dismissed(c.line.Number, c.gw.cfg.Now())
	}
	c.verd = c.case_.Dismiss(c.elapsed())
	c.gw.allow(c.caller.number.Number, c.line.Number, c.gw.cfg.Now())
	c.note("dismiss", "")
	c.tell(EventVerdict)
}

// passOn gives the caller the keys that were not ours.
func (c *call) passOn(keys string) {
	if err := c.bridge.SendDigits(media.Caller, keys); err != nil {
		c.log.Debug("pass keys on", "err", err)
	}
}
