package numberdb

import (
	"bytes"
	"context"
	"database/sql"
	"errors"
	"fmt"
	"slices"
	"strconv"
	"strings"

	"ringward/numbering"
)

// PutInstitution adds or replaces the institution with that ID, as a draft.
func (s *Store) PutInstitution(ctx context.Context, e Edit, r Institution) error {
	_, err := s.put(ctx, e, 0, &r)
	return err
}

// PutNumber adds a number (ID 0) or replaces one, as a draft by e.Author, and
// returns its ID. A number that is there already (same institution, purpose and
// area) is replaced; one that is there unchanged stays as it is, verified or not.
func (s *Store) PutNumber(ctx context.Context, e Edit, r Number) (int64, error) {
	return s.put(ctx, e, r.ID, &r)
}

// PutScam adds or replaces a scam listing; one per number and source.
func (s *Store) PutScam(ctx context.Context, e Edit, r Scam) (int64, error) {
	return s.put(ctx, e, r.ID, &r)
}

// PutPattern adds or replaces a pattern.
func (s *Store) PutPattern(ctx context.Context, e Edit, r Pattern) (int64, error) {
	return s.put(ctx, e, r.ID, &r)
}

// PutLine adds or replaces a line.
func (s *Store) PutLine(ctx context.Context, e Edit, r Line) (int64, error) {
	return s.put(ctx, e, r.ID, &r)
}

// PutSaved adds or replaces a merchant's saved number.
func (s *Store) PutSaved(ctx context.Context, e Edit, r Saved) (int64, error) {
	return s.put(ctx, e, r.ID, &r)
}

// PutAppeal adds an appeal, or settles one by its Outcome.
func (s *Store) PutAppeal(ctx context.Context, e Edit, r Appeal) (int64, error) {
	return s.put(ctx, e, r.ID, &r)
}

// put is the one way in for a record; id 0 means the row with its key and
// scope, or a new one.
func (s *Store) put(ctx context.Context, e Edit, id int64, rec record) (int64, error) {
	var given int64
	err := s.edit(ctx, e, "put", "", func(w *write) (string, error) {
		old, err := w.find(rec, id)
		if err != nil {
			return "", err
		}
		given = old.id
		_, err = w.put(old, rec)
		return fmt.Sprintf("%s:%d", rec.entity(), given), err
	})
	return given, err
}

// find returns the row that rec is to be put into: that of id, else the one at
// its place, else a new one (seq 0).
func (w *write) find(rec record, id int64) (row, error) {
	key, scope, err := rec.place()
	if err != nil {
		return row{}, err
	}
	if id != 0 {
		return w.byID(rec.entity(), id)
	}
	old, err := w.get(rec.entity(), `key = ? AND scope = ?`, int64(key), scope)
	if !errors.Is(err, sql.ErrNoRows) {
		return old, readError(err)
	}
	id, err = w.newID(rec.entity())
	return row{id: id, key: key, scope: scope}, err
}

// put makes rec the content of row old, as a draft of the author's, unless it
// says what the row says already.
func (w *write) put(old row, rec record) (changed bool, err error) {
	if rv := rec.review(); rv != nil {
		*rv = Review{}
		was, err := oldReview(rec.entity(), old)
		if err != nil {
			return false, err
		}
		if was != nil && (was.Status == Draft || was.Status == Verified) {
			*rv = *was // to compare; a draft keeps its proposer if nothing changes
		}
		if doc, err := encode(rec); err != nil || bytes.Equal(doc, old.doc) {
			return false, err
		}
		*rv = Review{Status: Draft, ProposedBy: w.e.Author}
	} else if doc, err := encode(rec); err != nil || bytes.Equal(doc, old.doc) {
		return false, err
	}
	if in := institutionOf(rec); in != "" && !w.hasInstitution(in) {
		return false, fmt.Errorf("%w: institution %q is not in the database; add it first", ErrNotFound, in)
	}
	return true, w.set(rec.entity(), old, rec)
}

func oldReview(e Entity, old row) (*Review, error) {
	if old.doc == nil {
		return nil, nil
	}
	rec, err := decode(e, old.id, old.doc)
	if err != nil {
		return nil, err
	}
	return rec.review(), nil
}

// institutionOf is the institution that a record speaks of.
func institutionOf(rec record) string {
	switch r := rec.(type) {
	case *Number:
		return r.Institution
	case *Pattern:
		return r.Institution
	case *Saved:
		return r.Institution
	case *Recording:
		return r.Institution
	}
	return ""
}

func (w *write) hasInstitution(id string) bool {
	r, err := w.get(Institutions, `key = 0 AND scope = ?`, id)
	return err == nil && r.doc != nil
}

// ReportScam adds one household's report to the listing of number (source
// "reports"), creating it if needed. A household that reports again moves its
// one report to today.
func (s *Store) ReportScam(ctx context.Context, e Edit, number numbering.Number, household, category string) (int64, error) {
	var given int64
	err := s.edit(ctx, e, "report", "", func(w *write) (string, error) {
		rec := &Scam{Number: number.String(), Category: category, Source: "reports", Review: Review{Status: Draft, ProposedBy: e.Author}}
		old, err := w.find(rec, 0)
		if err != nil {
			return "", err
		}
		given = old.id
		if old.doc != nil {
			was, err := decode(Scams, old.id, old.doc)
			if err != nil {
				return "", err
			}
			rec = was.(*Scam)
			if rec.Status == Retired || rec.Status == Rejected { // reported anew
				rec.Review = Review{Status: Draft, ProposedBy: e.Author}
			}
		}
		rec.addReport(Report{Household: household, At: day(w.at)})
		return fmt.Sprintf("%s:%d", Scams, given), w.set(Scams, old, rec)
	})
	return given, err
}

// addReport keeps one report a household, and the newest maxReports of them.
func (r *Scam) addReport(rep Report) {
	r.Reports = slices.DeleteFunc(r.Reports, func(o Report) bool { return o.Household == rep.Household })
	r.Reports = append(r.Reports, rep)
	if len(r.Reports) > maxReports {
		r.Reports = r.Reports[len(r.Reports)-maxReports:]
	}
}

// Retire says that a record no longer holds; it stays in the history. id is an
// institution's id or the decimal ID of another record.
func (s *Store) Retire(ctx context.Context, e Edit, entity Entity, id string) error {
	return s.reviewed(ctx, e, "retire", entity, id, func(r *Review) error {
		r.Status = Retired
		return nil
	})
}

// Approve makes a draft verified. The approver (e.Author) must not be the one
// who proposed it (ErrReview).
func (s *Store) Approve(ctx context.Context, e Edit, entity Entity, id string) error {
	return s.reviewed(ctx, e, "approve", entity, id, func(r *Review) error { return r.approve(e.Author) })
}

func (r *Review) approve(by string) error {
	by = strings.TrimSpace(by)
	switch {
	case r.Status != Draft:
		return fmt.Errorf("%w: only a draft can be approved, this is %s", ErrReview, r.Status)
	case r.ProposedBy == "":
		return fmt.Errorf("%w: nobody proposed this record; put it again under a name", ErrReview)
	case strings.EqualFold(numbering.FoldName(by), numbering.FoldName(r.ProposedBy)):
		return fmt.Errorf("%w: %s proposed this; a second person has to approve it", ErrReview, r.ProposedBy)
	}
	r.Status, r.VerifiedBy = Verified, []string{r.ProposedBy, by}
	return nil
}

// Reject refuses a draft, or takes back a verification.
func (s *Store) Reject(ctx context.Context, e Edit, entity Entity, id string) error {
	return s.reviewed(ctx, e, "reject", entity, id, func(r *Review) error {
		if r.Status != Draft && r.Status != Verified {
			return fmt.Errorf("%w: only a draft or a verified record can be rejected, this is %s", ErrReview, r.Status)
		}
		r.Status, r.VerifiedBy = Rejected, nil
		return nil
	})
}

// ApproveMany approves several drafts as one change: all of them, or none if one
// is refused. Show the people what they approve first (List).
func (s *Store) ApproveMany(ctx context.Context, e Edit, entity Entity, ids []string) error {
	subject := fmt.Sprintf("%s:%d drafts", entity, len(ids))
	return s.edit(ctx, e, "approve", subject, func(w *write) (string, error) {
		for _, id := range ids {
			if _, err := w.reviewed("approve", entity, id, func(r *Review) error { return r.approve(e.Author) }); err != nil {
				return "", fmt.Errorf("approve %s %s: %w", entity, id, err)
			}
		}
		return subject, nil
	})
}

// reviewed changes the state of review of one record, as a change of its own.
func (s *Store) reviewed(ctx context.Context, e Edit, action string, entity Entity, id string, f func(*Review) error) error {
	return s.edit(ctx, e, action, "", func(w *write) (string, error) { return w.reviewed(action, entity, id, f) })
}

// reviewed changes the state of review of one record and returns what the
// change is about. Records without review can only be retired, which takes them
// away.
func (w *write) reviewed(action string, entity Entity, id string, f func(*Review) error) (string, error) {
	old, err := w.named(entity, id)
	if err != nil {
		return "", err
	}
	subject := fmt.Sprintf("%s:%d", entity, old.id)
	rec, err := decode(entity, old.id, old.doc)
	if err != nil {
		return "", err
	}
	rv := rec.review()
	if rv == nil {
		if action != "retire" {
			return "", fmt.Errorf("%w: a %s is not reviewed", ErrReview, entity)
		}
		return subject, w.set(entity, old, nil)
	}
	if err := f(rv); err != nil {
		return "", err
	}
	if rv.Status == Verified {
		if err := w.checkConflict(entity, old, rec); err != nil {
			return "", err
		}
	}
	return subject, w.set(entity, old, rec)
}

// named finds the live row that people call id.
func (w *write) named(entity Entity, id string) (row, error) {
	if tables[entity] == "" {
		return row{}, fieldError("table", fmt.Sprintf("%.40q does not exist", entity))
	}
	var r row
	var err error
	if entity == Institutions {
		r, err = w.get(entity, `key = 0 AND scope = ?`, id)
	} else {
		n, perr := strconv.ParseInt(id, 10, 64)
		if perr != nil {
			return row{}, fieldError("id", fmt.Sprintf("%.40q has to be a number", id))
		}
		r, err = w.get(entity, `id = ?`, n)
	}
	if err == nil && r.doc == nil {
		err = sql.ErrNoRows
	}
	return r, notFound(err, entity, id)
}
