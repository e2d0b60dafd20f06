package media

import "time"

// Play starts a prompt towards side s; one that runs there is replaced. While
// packets of the other party arrive it is mixed into them; otherwise packets
// are made. It stands still while the side holds.
func (b *Bridge) Play(s Side, p Playback) error {
	b.mu.Lock()
	defer b.unlock()
	l := &b.legs[s]
	if b.closed {
		return ErrClosed
	}
	if len(p.Audio) == 0 {
		return ErrAudio
	}
	if err := l.playable(p.Mix); err != nil {
		return err
	}
	l.finish(Replaced)
	l.player = newPlayer(p)
	l.begin(b.e.now())
	return nil
}

// playable reports why a prompt can't be played to this side.
func (l *leg) playable(m MixMode) error {
	if !l.set {
		return ErrNoFlow
	}
	if l.law == 0 {
		return ErrCodec
	}
	if m == Over && (!l.mixable || l.far().heard == opaque) {
		return ErrCodec
	}
	return nil
}

// Stop ends the prompt that plays to side s, if any.
func (b *Bridge) Stop(s Side) {
	b.mu.Lock()
	defer b.unlock()
	b.legs[s].finish(Stopped)
}

// resume lets what stood still on hold go on.
func (b *Bridge) resume(now time.Time) {
	for i := range b.legs {
		if l := &b.legs[i]; !b.ticking && l.ticks(now) {
			l.begin(now)
		}
	}
}
