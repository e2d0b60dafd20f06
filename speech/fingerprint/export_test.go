package fingerprint

import "time"

// Trial is the state of one trial, for measurements.
type Trial struct {
	ID     ID
	Offset time.Duration // in the recording, as in Hit
	Rows   int           // after the search
	Score  float64       // of them
	All    int           // rows, with those before
	Both   float64       // score of all
	Worth  Strength
}

// Trials gives the running trials, appended to out.
func (m *Matcher) Trials(out []Trial) []Trial {
	for i := range m.trials[:m.live] {
		t := &m.trials[i]
		if t.p.rows[t.place] == fence {
			continue
		}
		s, n := t.sum(), t.p.owner(t.place)
		both := s.plus(t.back)
		out = append(out, Trial{
			ID: t.p.ids[n], Offset: time.Duration(t.place-int(t.p.start[n])) * rowTime,
			Rows: s.rows, Score: s.z(), All: both.rows, Both: both.z(), Worth: t.strength(),
		})
	}
	return out
}

// Rows gives the words of a recording's rows, bits and masks in turn.
func (r Recording) Rows() []uint32 {
	var out []uint32
	for _, w := range r.rows {
		out = append(out, w.bits, w.mask)
	}
	return out
}
