package gateway

import (
	"strings"
	"time"

	"ringward/media"
	"ringward/screening"
	"ringward/sip"
	"ringward/sip/sipmsg"
)

// promptRejected tells a blocked caller so, and what to do.
const promptRejected = "caller.rejected"

// rejectionLimit bounds the announcement to a blocked caller, PRACKs included.
const rejectionLimit = 20 * time.Second

// knows608 reports whether everybody between the caller and us knows what 608
// means: the feature capability of RFC 8688 §3.4 is there.
func knows608(inv *sipmsg.Message) bool {
	for _, v := range inv.List("Feature-Caps") {
		for p := range strings.SplitSeq(v, ";") {
			name, _, _ := strings.Cut(p, "=")
			if strings.EqualFold(strings.TrimSpace(name), "+sip.608") {
				return true
			}
		}
	}
	return false
}

// tellRejected plays, before the 608, what the caller would not learn from it:
// nobody upstream has said that he understands the code (RFC 8688 §3.4). It goes
// as early media, so that nobody pays. A caller whose offer cannot be used, or
// for whom there is no port, gets the 608 alone.
func (c *call) tellRejected() {
	if c.do.Response != screening.ResponseRejected || c.gw.live().Redress.Silent || knows608(c.in.leg.Invite()) {
		return
	}
	audio := c.gw.cfg.Voice.Clip(promptRejected, c.line.Language)
	if len(audio) == 0 || !c.earlyVoice() {
		return
	}
	err := c.bridge.Play(media.Caller, media.Playback{Audio: audio, Mix: media.Alone, Done: c.whenPlayed("rejected")})
	if err != nil {
		c.log.Info("announcement to a blocked caller impossible", "err", err)
		return
	}
	c.note("rejected-announcement", "")
	c.awaitPlayed()
}

// earlyVoice answers the caller's offer in a 183 with what we can speak.
func (c *call) earlyVoice() bool {
	offer, err := session(c.in.leg.Invite())
	if err != nil || offer == nil || c.checkMedia(c.in, offer) != nil {
		return false
	}
	if c.bridge, err = c.gw.cfg.Media.NewBridge(media.BridgeOptions{}); err != nil {
		return false
	}
	body, err := c.answerOurselves(offer, c.in)
	if err != nil {
		return false
	}
	if err := c.in.leg.Progress(183, "", body); err != nil {
		c.log.Debug("tell the caller that he is blocked", "err", err)
		return false
	}
	return true
}

// awaitPlayed waits for the end of the announcement, the caller's or our own.
func (c *call) awaitPlayed() {
	c.timer.Reset(rejectionLimit)
	for {
		select {
		case <-c.played:
			return
		case <-c.timer.C:
			return
		case <-c.gw.hangup:
			return
		case do := <-c.commands:
			if do(c); c.state == stateOver {
				return
			}
		case ev, ok := <-c.in.leg.Events():
			if _, ended := ev.(sip.Ended); ended || !ok {
				return
			}
		}
	}
}
