package fingerprint

// Trial is the state of one trial, for measurements.
type Trial struct {
	ID       ID
	Diagonal int64
	Rows     int
	Score    float64
	BitError float64
}

// Trials gives the running trials at the end of a segment, appended to out.
func (m *Matcher) Trials(out []Trial) []Trial {
	for i := range m.trials[:m.live] {
		t := &m.trials[i]
		if t.segmentN != 0 || t.rows == 0 || t.p.rows[t.place] == fence {
			continue
		}
		out = append(out, Trial{
			ID: t.p.ids[t.p.owner(t.place)], Diagonal: t.diagonal() / 16, Rows: t.rows,
			Score: t.z(), BitError: float64(t.wrong) / float64(max(1, t.bits)),
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
