package media

import (
	"time"

	"ringward/media/g711"
)

const (
	defaultDuckDB = 18
	maxFrame      = 480 // samples made or mixed at a time: 60 ms
	// missing packets of the other party are covered by repeating the last
	// one, 0.7 as loud each time, and by silence after 60 ms (G.711 App. I in
	// its simplest form).
	concealFrames = 3
	concealGain   = 0.7
)

// player is a playback under way. Guarded by the bridge's mutex.
type player struct {
	Playback
	pos   int // next sample
	left  int // times to play, this one included; negative: for ever
	pause int // samples of the gap that are left
	sent  int // samples
	duck  float32
	back  float32

	heard     [maxFrame]int16 // newest frame of the other party
	heardLen  int
	concealed int // times it was repeated
}

func newPlayer(p Playback) *player {
	duck := p.DuckDB
	if duck == 0 {
		duck = defaultDuckDB
	}
	pl := &player{Playback: p, left: max(p.Repeat, 1), duck: lower(duck), back: lower(p.AttenuateBackDB)}
	if p.Repeat < 0 {
		pl.left = -1
	}
	if p.Mix == Alone {
		pl.duck = 0
	}
	return pl
}

// gain is what the other party is to be lowered to now: in the gap of an Over
// they are heard again.
func (p *player) gain() float32 {
	if p.pause > 0 && p.Mix == Over {
		return 1
	}
	return p.duck
}

// mix adds the next samples of the prompt to pcm; done is true when it is over.
func (p *player) mix(pcm []int16) (done bool) {
	for len(pcm) > 0 {
		if p.pause > 0 {
			n := min(p.pause, len(pcm))
			p.pause -= n
			pcm = pcm[n:]
			continue
		}
		n := add(pcm, p.Audio[p.pos:])
		pcm = pcm[n:]
		p.pos += n
		p.sent += n
		if p.pos < len(p.Audio) {
			return false
		}
		if p.left > 0 {
			p.left--
		}
		if p.left == 0 {
			return true
		}
		p.pos, p.pause = 0, samples(p.Gap)
	}
	return false
}

// hear keeps what the other party said last, for when a packet is missing.
func (p *player) hear(pcm []int16) {
	p.heardLen = copy(p.heard[:], pcm)
	p.concealed = 0
}

// conceal fills pcm with what the other party may have said meanwhile.
func (p *player) conceal(pcm []int16) {
	clear(pcm)
	if p.heardLen == 0 || p.concealed >= concealFrames {
		return
	}
	p.concealed++
	for i := range pcm {
		pcm[i] = int16(float32(p.heard[i%p.heardLen]) * concealGain)
	}
	copy(p.heard[:], pcm[:min(len(pcm), p.heardLen)])
}

// result is how it ended.
func (p *player) result(end PlayEnd) PlayResult {
	return PlayResult{End: end, Sent: time.Duration(p.sent) * time.Second / clock8k}
}

// ended is a Done call that waits until the bridge is unlocked.
type ended struct {
	done func(PlayResult)
	res  PlayResult
}

func samples(d time.Duration) int { return int(d * clock8k / time.Second) }

// rewrite decodes a payload, lowers it, mixes the prompt in and encodes it
// again, in place and of the same length.
func (l *leg) rewrite(payload []byte, from, to g711.Law) {
	var frame [maxFrame]int16
	for len(payload) > 0 {
		pcm := frame[:from.Decode(frame[:], payload)]
		if l.player != nil && l.player.Mix == Over {
			l.player.hear(pcm)
		}
		l.blend(pcm)
		to.Encode(payload, pcm)
		payload = payload[len(pcm):]
	}
}

// blend lowers what the other party says in pcm and adds the prompt.
func (l *leg) blend(pcm []int16) {
	l.fade.to(l.gain())
	l.fade.apply(pcm)
	if l.player != nil && l.player.mix(pcm) {
		l.finish(Played)
	}
}

// gain is the target for what the other party says to this side: ducked under
// a prompt that plays here, attenuated while one plays to that party.
func (l *leg) gain() float32 {
	g := float32(1)
	if l.player != nil {
		g = l.player.gain()
	}
	if p := l.far().player; p != nil {
		g *= p.back
	}
	return g
}

// untouched reports whether payloads cross to this side bit by bit.
func (l *leg) untouched() bool { return l.player == nil && l.fade.unity() && l.gain() == 1 }

// finish ends the playback; its Done runs once the bridge is unlocked.
func (l *leg) finish(end PlayEnd) {
	p := l.player
	if p == nil {
		return
	}
	l.player = nil
	if p.Done != nil {
		l.b.over = append(l.b.over, ended{p.Done, p.result(end)})
	}
}
