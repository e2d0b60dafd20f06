package numberdb

import (
	"context"
	"maps"

	"ringward/speech/fingerprint"
)

// RecordingSet is every recording that is served, at one moment. It is
// immutable: a call keeps the one it began with. The zero value is empty.
type RecordingSet struct {
	Scams  *fingerprint.Index // to match calls against
	Common *fingerprint.Index // that no new recording may match
	infos  map[fingerprint.ID]knownSound
}

type knownSound struct {
	info Recording // without its fingerprint
	seq  int64     // of the row
	old  bool      // of a layout that this program does not match: not served
}

// Info tells of a recording, without its fingerprint; false if it is not served.
func (s *RecordingSet) Info(id fingerprint.ID) (Recording, bool) {
	r, ok := s.infos[id]
	return r.info, ok && !r.old
}

// Len is the number of recordings that are served.
func (s *RecordingSet) Len() int { return s.Scams.Len() + s.Common.Len() }

// Recordings returns the recordings that are served, never nil.
func (s *Store) Recordings() *RecordingSet { return s.sounds.Load() }

// loadRecordings brings the set up to date with the table. It reads the
// fingerprints of rows that changed since, and no others. s.mu is held.
func (s *Store) loadRecordings(ctx context.Context, q queryer) error {
	rows, err := recordingRows(ctx, q)
	if err != nil {
		return err
	}
	old := s.sounds.Load()
	next := &RecordingSet{Scams: old.Scams, Common: old.Common, infos: maps.Clone(old.infos)}
	if next.infos == nil {
		next.infos = map[fingerprint.ID]knownSound{}
	}
	var changed []int64
	for id, was := range old.infos {
		if seq, ok := rows[int64(id)]; !ok || seq != was.seq {
			next.drop(id)
		}
	}
	for id, seq := range rows {
		if have, ok := next.infos[fingerprint.ID(id)]; !ok || have.seq != seq {
			changed = append(changed, id)
		}
	}
	if err := s.addRecordings(ctx, q, next, changed, rows); err != nil {
		return err
	}
	s.sounds.Store(next)
	return nil
}

// recordingRows lists the rows that are to be served, with their last change.
func recordingRows(ctx context.Context, q queryer) (map[int64]int64, error) {
	rows, err := q.QueryContext(ctx, `SELECT id, seq FROM recordings WHERE pack IS NOT NULL`)
	if err != nil {
		return nil, readError(err)
	}
	defer rows.Close()
	out := map[int64]int64{}
	for rows.Next() {
		var id, seq int64
		if err := rows.Scan(&id, &seq); err != nil {
			return nil, readError(err)
		}
		out[id] = seq
	}
	return out, readError(rows.Err())
}

func (s *RecordingSet) drop(id fingerprint.ID) {
	delete(s.infos, id)
	s.Scams, s.Common = s.Scams.Remove(id), s.Common.Remove(id)
}

// fewRecordings is up to how many an index is added to one by one.
const fewRecordings = 16

// addRecordings reads the given rows and adds them.
func (s *Store) addRecordings(ctx context.Context, q queryer, set *RecordingSet, ids []int64, seqs map[int64]int64) error {
	all := len(set.infos) == 0 && len(ids) > fewRecordings
	var scams, common []fingerprint.Entry
	add := func(id int64, rec record) error {
		r := *rec.(*Recording)
		sound, err := fingerprint.Decode(r.Fingerprint)
		r.Fingerprint = nil
		entry := fingerprint.Entry{ID: fingerprint.ID(id), Recording: sound}
		set.infos[entry.ID] = knownSound{info: r, seq: seqs[id], old: err != nil}
		switch {
		case err != nil:
			s.o.Log.Warn("a recording is not served; add its sound again", "recording", id, "title", r.Title, "err", err)
		case r.Kind == CommonRecording:
			common = append(common, entry)
		default:
			scams = append(scams, entry)
		}
		return nil
	}
	if all {
		if err := eachDocOf(ctx, q, Recordings, add, `SELECT id, doc FROM recordings WHERE pack IS NOT NULL ORDER BY id`); err != nil {
			return err
		}
		set.Scams, set.Common = fingerprint.NewIndex(scams), fingerprint.NewIndex(common)
		return nil
	}
	for _, id := range ids {
		if err := eachDocOf(ctx, q, Recordings, add, `SELECT id, doc FROM recordings WHERE id = ? AND pack IS NOT NULL`, id); err != nil {
			return err
		}
	}
	for _, e := range scams {
		set.Scams = set.Scams.Add(e)
	}
	for _, e := range common {
		set.Common = set.Common.Add(e)
	}
	return nil
}
