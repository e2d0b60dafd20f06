package gateway

import (
	"time"

	"ringward/media"
	"ringward/sip"
	"ringward/sip/sipmsg"
)

// announce tells the merchant, and only him, what is known of the caller
// before the two are connected. It reports false when there is nothing to say
// or no way to say it: then the call connects at once.
func (c *call) announce() bool {
	if len(c.do.Prompts) == 0 {
		return false
	}
	audio := c.speech(c.do.Prompts, c.verd.Institution)
	if len(audio) == 0 {
		return false
	}
	c.bridge.Connect(false)
	c.bridge.CaptureDigits(media.Merchant, true)
	err := c.bridge.Play(media.Merchant, media.Playback{Audio: audio, Mix: media.Alone, Done: c.whenPlayed("announce")})
	if err != nil {
		// A codec that we cannot speak: the label on the display has to do.
		c.log.Info("announcement impossible", "err", err)
		c.note("announce-impossible", err.Error())
		c.rec.Media.AnalysisImpossible = true
		return false
	}
	if !c.rang {
		// A phone that takes up at once (or sent 183 only) rang for nobody.
		c.sendProgress(180, sip.Body{})
	}
	for _, id := range c.do.Prompts {
		c.note("announce", id)
	}
	// The choice ends a while after the last word; this is the limit should the
	// end of the prompt never be reported.
	c.timer.Reset(time.Duration(len(audio))*time.Second/8000 + c.gw.live().ChoiceTimeout + 5*time.Second)
	c.tell(EventAnnounced)
	return true
}

// speech puts prompts together, with the official hotline of an institution
// after them where it is verified.
func (c *call) speech(ids []string, institution string) []int16 {
	var audio []int16
	for i, id := range ids {
		if i > 0 {
			audio = append(audio, make([]int16, pauseSamples)...)
		}
		audio = append(audio, c.gw.cfg.Voice.Clip(id, c.line.Language)...)
	}
	x := c.gw.cfg.Register.Index()
	if inst, ok := x.InstitutionByID(institution); ok && inst.HotlineVerified && !inst.Hotline.IsZero() {
		audio = append(audio, make([]int16, pauseSamples)...)
		audio = append(audio, c.gw.cfg.Voice.Hotline(inst.Hotline.Digits, c.line.Language)...)
	}
	return audio
}

// pauseSamples is the pause between two prompts: 250 ms.
const pauseSamples = 2000

// whenPlayed reports the end of a playback to the call's goroutine. It runs on
// the media loop and must not wait.
func (c *call) whenPlayed(what string) func(media.PlayResult) {
	return func(r media.PlayResult) {
		select {
		case c.played <- playedClip{what, r}:
		default:
		}
	}
}

// clipEnded goes on after a prompt.
func (c *call) clipEnded(p playedClip) {
	switch {
	case p.what == "announce" && c.state == stateAnnouncing && p.result.End == media.Played:
		c.timer.Reset(c.gw.live().ChoiceTimeout)
		c.tell(EventChoice)
	case p.what == "announce" && c.state == stateAnnouncing && p.result.End == media.Hangup:
		c.connect() // the phone went to a codec that we cannot speak
	case p.what == "hold":
		c.callHotline()
	case p.what == "warn":
		c.note("whisper-end", p.result.End.String())
	}
}

// choose takes the merchant's key after an announcement.
func (c *call) choose(key rune) {
	switch key {
	case '1':
		c.note("key", "1")
		c.bridge.Stop(media.Merchant)
		c.connect()
	case '2':
		c.note("key", "2")
		c.refuse()
	}
}

// refuse ends the call on the merchant's word and reports the caller. 607 says
// that a human did it, not an algorithm (RFC 8197).
func (c *call) refuse() {
	c.report()
	c.gw.counters.refused.Add(1)
	if c.state == stateAnnouncing || c.state == stateRinging {
		c.rejectWith(607, "Unwanted", OutcomeRefused)
		c.rec.EndedBy = endMerchant
		c.phones.hangup(nil)
		return
	}
	c.rec.Outcome = OutcomeRefused
	c.endWith(endMerchant, "reported", []sipmsg.Header{{Name: "Reason", Value: `SIP;cause=607;text="Unwanted"`}})
}

func (c *call) report() {
	c.note("report", c.rec.Caller)
	if c.gw.cfg.Reports != nil {
		c.gw.cfg.Reports.Report(Report{Line: c.line.ID, Caller: c.caller.number.Number, CallID: c.rec.ID, At: c.gw.cfg.Now()})
	}
}
