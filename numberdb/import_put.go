package numberdb

import (
	"errors"
	"fmt"
	"strings"

	"ringward/numbering"
)

// parsedRow is a row of the input, ready to be put.
type parsedRow struct {
	line        int
	rec         record // until it is encoded
	entity      Entity
	institution string
	key         numbering.Key
	scope       string
	doc         []byte // as a draft of the importer's
	pack        []byte
	err         error // io.EOF at the end, brokenInput; else why the row is bad
}

// insertRows is how many new rows one statement inserts.
const insertRows = 64

// insertMany inserts insertRows rows; those whose place is taken are left out.
var insertMany = valuesOf(insertRows)

func valuesOf(n int) string {
	return ` (` + rowColumns + `) VALUES (?, ?, ?, ?, ?, ?)` + strings.Repeat(`, (?, ?, ?, ?, ?, ?)`, n-1) + ` ON CONFLICT (key, scope) DO NOTHING`
}

// put puts rows of a batch. Bad ones are noted. The error is for trouble with
// the file.
func (im *importer) put(w *write, rows []parsedRow) error {
	pending := make([]parsedRow, 0, insertRows)
	for i := range rows {
		r := &rows[i]
		if r.err == nil && r.institution != "" && !im.hasInstitution(w, r.institution) {
			r.err = fmt.Errorf("%w: institution %q is not in the database; import institutions first", ErrNotFound, r.institution)
		}
		if r.err != nil {
			im.bad(r.line, r.err)
			continue
		}
		if pending = append(pending, *r); len(pending) == insertRows {
			if err := im.insert(w, pending); err != nil {
				return err
			}
			pending = pending[:0]
		}
	}
	for i := range pending {
		if err := im.insert(w, pending[i:i+1]); err != nil {
			return err
		}
	}
	return nil
}

// insert adds rows, one or insertRows of them; where there is a record already
// it becomes the row.
func (im *importer) insert(w *write, rows []parsedRow) error {
	entity := rows[0].entity
	query := `INSERT INTO ` + tables[entity] + valuesOf(1)
	if len(rows) > 1 {
		query = `INSERT INTO ` + tables[entity] + insertMany
	}
	first, err := w.newID(entity)
	if err != nil {
		return err
	}
	args := im.args[:0]
	for i := range rows {
		r := &rows[i]
		args = append(args, first+int64(i), int64(r.key), r.scope, w.head.seq+1, r.pack, string(r.doc))
	}
	im.args = args
	w.next[entity] = first + int64(len(rows)) - 1
	res, err := w.exec(query, args...)
	if err != nil {
		return err
	}
	added, err := res.RowsAffected()
	if err != nil {
		return err
	}
	im.report.Added += int(added)
	if int(added) < len(rows) {
		return im.replace(w, rows, first, int(added))
	}
	for i := range rows {
		w.note(&Item{Entity: entity, ID: first + int64(i), After: rows[i].doc})
	}
	return nil
}

// replace notes the rows that were added as records from first on, and puts the
// others in the place of the records that were there.
func (im *importer) replace(w *write, rows []parsedRow, first int64, added int) error {
	entity := rows[0].entity
	is := map[int64]bool{}
	if added > 0 {
		if err := w.eachID(entity, first, func(id int64) { is[id] = true }); err != nil {
			return err
		}
	}
	for i := range rows {
		r, id := &rows[i], first+int64(i)
		if is[id] {
			w.note(&Item{Entity: entity, ID: id, After: r.doc})
			continue
		}
		err := im.change(w, r)
		if errors.Is(err, ErrInvalid) || errors.Is(err, ErrNotFound) || errors.Is(err, ErrConflict) {
			im.bad(r.line, err)
			err = nil
		}
		if err != nil {
			return err
		}
	}
	if added == 0 {
		w.next[entity] = first - 1 // not used
	}
	return nil
}

// eachID calls f with the IDs of a table from first on.
func (w *write) eachID(e Entity, first int64, f func(int64)) error {
	st, err := w.stmt(`SELECT id FROM ` + tables[e] + ` WHERE id >= ?`)
	if err != nil {
		return err
	}
	rows, err := st.QueryContext(w.ctx, first)
	if err != nil {
		return readError(err)
	}
	defer rows.Close()
	for rows.Next() {
		var id int64
		if err := rows.Scan(&id); err != nil {
			return readError(err)
		}
		f(id)
	}
	return readError(rows.Err())
}

// change puts the row in the place of the record that is there.
func (im *importer) change(w *write, r *parsedRow) error {
	old, err := w.get(r.entity, `key = ? AND scope = ?`, int64(r.key), r.scope)
	if err != nil {
		return readError(err)
	}
	rec, err := decode(r.entity, 0, r.doc)
	if err != nil {
		return err
	}
	changed, err := w.put(old, rec)
	switch {
	case err != nil:
		return err
	case !changed:
		im.report.Unchanged++
		return nil
	}
	im.report.Changed++
	if len(im.report.Diff) < maxListed {
		after, err := encode(rec)
		if err != nil {
			return err
		}
		im.report.Diff = append(im.report.Diff, ImportDelta{r.line, string(old.doc), string(after)})
	}
	return nil
}

func (im *importer) bad(line int, err error) {
	im.report.Bad++
	if len(im.report.BadRows) < maxListed {
		im.report.BadRows = append(im.report.BadRows, BadRow{line, err.Error()})
	}
}

func (im *importer) hasInstitution(w *write, id string) bool {
	if !im.institutions[id] && w.hasInstitution(id) {
		if im.institutions == nil {
			im.institutions = map[string]bool{}
		}
		im.institutions[id] = true
	}
	return im.institutions[id]
}
