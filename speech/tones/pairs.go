package tones

// pairs are signals of two tones. V.22 unscrambled ones at 2400 Hz show as 2250
// and 2850 Hz with the guard; the others are North American progress tones, of
// which 350 and 440 Hz is the dial tone.
var pairs = [...]struct {
	kind   Kind
	lo, hi float64
	needs  int // frames
}{
	{Modem, 2250, 2850, 15},
	{Progress, 440, 480, 0},
	{Progress, 480, 620, 0},
	{Progress, 400, 450, 0},
}

const pairShare = 0.85

// both finds signals of two tones. pair is true while a progress tone sounds.
func (d *Detector) both(f frame) (kind Kind, hz float64, pair bool) {
	x := d.x[:]
	for i, p := range pairs {
		heard := false
		if f.energy >= quiet && f.hz > p.lo-20 && f.hz < p.hi+20 { // between the two, whatever their levels
			lo := goertzel(x, p.lo)
			if p.hi-p.lo < 60 { // one lobe holds both
				heard = f.purity > 0.8 && f.hz > p.lo+5 && f.hz < p.hi-5
			} else {
				hi := goertzel(x, p.hi)
				heard = lo+hi > pairShare && lo > 0.1 && hi > 0.1
			}
		}
		if !heard {
			d.pairs[i] = 0
			continue
		}
		d.pairs[i]++
		if p.kind == Progress {
			pair = true
		} else if d.pairs[i] == p.needs {
			kind, hz = p.kind, p.lo
		}
	}
	if d.preamble.add(d.x[:], f) {
		return FaxPreamble, 1650, pair
	}
	return kind, hz, pair
}

const preambleNeeds = 10 // frames, 200 ms of the second that it lasts

// preamble counts frames of V.21 channel 2.
type preamble struct {
	frames    int
	low, high float64 // shares of the frames, added up
}

// add finds the flags of V.21 channel 2, 1650 and 1850 Hz in turns at 300 bit/s
// (T.30 §5.3.1): all energy between 1600 and 1900 Hz, some of it at either end.
func (p *preamble) add(x []float64, f frame) bool {
	var low, high, middle float64
	if f.energy >= quiet && f.hz > 1550 && f.hz < 1950 {
		low = goertzel(x, 1600) + goertzel(x, 1650) + goertzel(x, 1700)
		high = goertzel(x, 1800) + goertzel(x, 1850) + goertzel(x, 1900)
		middle = goertzel(x, 1750)
	}
	if low+middle+high < 0.85 {
		*p = preamble{}
		return false
	}
	p.frames++
	p.low += low
	p.high += high
	return p.frames == preambleNeeds && p.low > 0.15*preambleNeeds && p.high > 0.1*preambleNeeds
}
