package media

import "time"

const (
	// patience is how long a missing packet is waited for while a prompt plays.
	patience = 40 * time.Millisecond
	// fillFor is how much silence covers one packet of a captured key.
	fillFor = 60 * time.Millisecond
	// tooLate is when a packet that was due is not made up for: the loop was
	// held up, or the side was on hold.
	tooLate = 60 * time.Millisecond
)

// wait puts off the next packet of ours: one was relayed, of so many samples.
func (l *leg) wait(length uint32, now time.Time) {
	l.due = now.Add(max(patience, 2*time.Duration(length)*time.Second/clock8k))
}

// begin sets when the first packet of ours is due: at once, unless packets are
// being relayed to this side.
func (l *leg) begin(now time.Time) {
	l.due = now
	if l.b.connected && l.out.started && now.Sub(l.out.at) < patience {
		l.due = l.out.at.Add(patience)
	}
	l.b.schedule(now)
}

// fill covers a captured key with silence.
func (l *leg) fill(now time.Time) {
	if !now.Before(l.fillUntil) && l.player == nil {
		l.due = now.Add(patience / 2)
	}
	l.fillUntil = now.Add(fillFor)
	l.b.schedule(now)
}

// schedule has the bridge ticked while a side of it needs that.
func (b *Bridge) schedule(now time.Time) {
	if !b.ticking && !b.closed && (b.legs[0].ticks(now) || b.legs[1].ticks(now)) {
		b.ticking = true
		b.w.activate(b)
	}
}

// tick makes the packets that are due and says when the next ones are, or takes
// the bridge off the clock.
func (b *Bridge) tick(buf []byte, now time.Time) (due time.Time, more bool) {
	defer b.contain()
	b.mu.Lock()
	defer b.unlock()
	if b.closed {
		return due, false
	}
	for i := range b.legs {
		l := &b.legs[i]
		if now.Sub(l.due) > tooLate {
			l.due = now
		}
		for l.ticks(now) && !now.Before(l.due) {
			l.due = l.due.Add(l.generate(buf, now))
		}
		if l.ticks(now) && (!more || l.due.Before(due)) {
			due, more = l.due, true
		}
	}
	if !more && b.ticking {
		b.ticking = false
		b.w.deactivate(b)
	}
	return due, more
}

// generate makes one packet and says after how long the next is due.
func (l *leg) generate(buf []byte, now time.Time) time.Duration {
	if l.sender != nil {
		return l.generateKey(buf, now)
	}
	var frame [maxFrame]int16
	pcm := frame[:l.frame()]
	playing := l.player != nil
	if playing {
		l.player.conceal(pcm)
		l.blend(pcm)
	}
	payload := buf[rtpHeader : rtpHeader+len(pcm)]
	l.law.Encode(payload, pcm)
	at, marker := l.out.make(uint32(len(pcm)), now)
	putHeader(buf, l.pt, marker, at, l.out.ssrc)
	l.stats.Generated++
	l.send(buf[:rtpHeader+len(pcm)], len(pcm))
	if playing && l.player == nil && l.quiet.n > 0 {
		l.hush(buf, now)
	}
	return time.Duration(len(pcm)) * time.Second / clock8k
}

// hush repeats the other side's last comfort noise: it was silent before the
// prompt and still is.
func (l *leg) hush(buf []byte, now time.Time) {
	if l.flow.CN == 0 {
		return
	}
	n := copy(buf[rtpHeader:], l.quiet.data[:l.quiet.n])
	at, _ := l.out.make(clock8k/50, now)
	putHeader(buf, l.flow.CN&127, false, at, l.out.ssrc)
	l.stats.Generated++
	l.send(buf[:rtpHeader+n], n)
}
