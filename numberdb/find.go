package numberdb

import (
	"cmp"
	"context"
	"database/sql"
	"encoding/json"
	"fmt"
	"slices"
	"strconv"
	"strings"

	"github.com/mozillazg/go-pinyin"

	"ringward/numbering"
)

// Record is a record of any table, for people and programs to look at. Doc is
// one of the types of this package (Number, Scam, ...) in JSON.
type Record struct {
	Entity Entity          `json:"entity"`
	ID     string          `json:"id"` // as Approve, Retire and History take it
	Row    int64           `json:"-"`  // for Filter.After
	Seq    int64           `json:"seq"`
	Doc    json.RawMessage `json:"doc"`
}

// Filter chooses records for List. Empty fields choose all.
type Filter struct {
	Status      Status
	Institution string
	Source      string
	ProposedBy  string
	Campaign    string
	After       int64 // records after this Row
	Limit       int   // 1 to 1,000; 0: 100
}

const maxFound = 1000

// Get returns one record; ErrNotFound if there is none or it was taken back.
func (s *Store) Get(ctx context.Context, entity Entity, id string) (Record, error) {
	if tables[entity] == "" {
		return Record{}, fieldError("table", fmt.Sprintf("%.40q does not exist", entity))
	}
	where, arg := `id = ?`, any(id)
	if entity == Institutions {
		where = `key = 0 AND scope = ?`
	} else if n, err := strconv.ParseInt(id, 10, 64); err == nil {
		arg = n
	}
	found, err := s.find(ctx, entity, where, arg)
	if err == nil && len(found) == 0 {
		err = fmt.Errorf("%w: %s %.40q", ErrNotFound, entity, id)
	}
	if err != nil {
		return Record{}, err
	}
	return found[0], nil
}

// Of returns all records of one number, over all tables.
func (s *Store) Of(ctx context.Context, n numbering.Number) ([]Record, error) {
	var out []Record
	for _, e := range entities {
		found, err := s.find(ctx, e, `key = ?`, int64(n.Key()))
		if err != nil {
			return nil, err
		}
		if e != Institutions { // they have no key
			out = append(out, found...)
		}
	}
	return out, nil
}

// List returns the records of a table that a filter chooses, by ID.
func (s *Store) List(ctx context.Context, entity Entity, f Filter) ([]Record, error) {
	if tables[entity] == "" {
		return nil, fieldError("table", fmt.Sprintf("%.40q does not exist", entity))
	}
	if f.Limit <= 0 {
		f.Limit = 100
	}
	if s.noneOf(entity, f) {
		return []Record{}, nil
	}
	source := `doc->>'source'`
	if entity == Scams {
		source = `scope` // reads no JSON
	}
	return s.find(ctx, entity, `id > ?1
		AND (?2 = '' OR coalesce(doc->>'status', 'draft') = ?2) AND (?3 = '' OR doc->>'institution' = ?3)
		AND (?4 = '' OR `+source+` = ?4) AND (?5 = '' OR doc->>'proposed_by' = ?5)
		AND (?7 = '' OR doc->>'campaign' = ?7)
		ORDER BY id LIMIT ?6`, f.After, string(f.Status), f.Institution, f.Source, f.ProposedBy, min(f.Limit, maxFound), f.Campaign)
}

// noneOf reports whether the index knows that there is no record of a source, so
// that a table of millions is not read to find that out.
func (s *Store) noneOf(entity Entity, f Filter) bool {
	if s.o.NoListings || f.Source == "" || entity != Numbers && entity != Scams || f.Status != Verified && f.Status != Draft {
		return false
	}
	s.mu.Lock()
	whole := !s.behind && s.Trouble() == nil
	s.mu.Unlock()
	return whole && !s.Index().HasSource(f.Source)
}

// find returns live rows. where is text of this program.
func (s *Store) find(ctx context.Context, e Entity, where string, args ...any) ([]Record, error) {
	rows, err := s.r.QueryContext(ctx, `SELECT id, scope, seq, doc FROM `+tables[e]+` WHERE doc IS NOT NULL AND `+where, args...)
	if err != nil {
		return nil, readError(err)
	}
	defer rows.Close()
	out := []Record{}
	for rows.Next() && len(out) < maxFound {
		r := Record{Entity: e}
		var scope string
		if err := rows.Scan(&r.Row, &scope, &r.Seq, (*sql.RawBytes)(&r.Doc)); err != nil {
			return nil, readError(err)
		}
		r.ID = strconv.FormatInt(r.Row, 10)
		r.Doc = slices.Clone(r.Doc)
		if e == Institutions {
			r.ID = scope
		}
		out = append(out, r)
	}
	return out, readError(rows.Err())
}

// Search finds what a person typed: a number in any form or its beginning, or
// an institution by a part of its name in Chinese, pinyin (whole or initials)
// or English, with the institution's numbers, or a line by its name. The text is never a pattern: %
// and * find only themselves.
func (s *Store) Search(ctx context.Context, text string, limit int) ([]Record, error) {
	limit = min(max(limit, 1), maxFound)
	text = strings.TrimSpace(text)
	if text == "" || len(text) > numbering.MaxInput {
		return nil, fieldError("search", fmt.Sprintf("has to be 1 to %d bytes long", numbering.MaxInput))
	}
	out, err := s.searchNumber(ctx, text, limit)
	if err != nil {
		return nil, err
	}
	byName, err := s.searchName(ctx, numbering.FoldName(text), limit)
	if err != nil {
		return nil, err
	}
	lines, err := s.searchLines(ctx, numbering.FoldName(text), limit)
	if err != nil {
		return nil, err
	}
	out = slices.Concat(out, byName, lines)
	return out[:min(len(out), limit)], nil
}

// searchNumber finds the number, and numbers that begin with the digits typed.
func (s *Store) searchNumber(ctx context.Context, text string, limit int) ([]Record, error) {
	var starts []numbering.Number
	if n, err := numbering.ParseCanonical(text); err == nil {
		starts = append(starts, n)
	}
	if p := numbering.Parse(text, numbering.Options{}); !p.Number.IsZero() {
		starts = append(starts, p.Number)
	}
	if digits := strings.TrimPrefix(strings.NewReplacer(" ", "", "-", "").Replace(text), "+"); allDigits(digits) && len(digits) >= 3 {
		starts = append(starts, numbering.Number{Digits: digits}, numbering.Number{Digits: "86" + digits}, numbering.Number{Digits: "1" + digits},
			numbering.Number{Country: "CN", Digits: digits, Short: true})
	}
	var out []Record
	seen := map[string]bool{}
	for _, start := range starts {
		first, last := start.Range()
		if first == 0 {
			continue
		}
		for _, e := range entities[1:] {
			found, err := s.find(ctx, e, `key BETWEEN ? AND ? ORDER BY key LIMIT ?`, int64(first), int64(last), limit)
			if err != nil {
				return nil, err
			}
			for _, r := range found {
				if id := string(r.Entity) + ":" + r.ID; !seen[id] {
					seen[id] = true
					out = append(out, r)
				}
			}
		}
	}
	return out, nil
}

// searchLines finds lines by a part of their name or their merchant's.
func (s *Store) searchLines(ctx context.Context, folded string, limit int) ([]Record, error) {
	var out []Record
	for _, l := range s.lines.Load().list {
		named := strings.Contains(numbering.FoldName(l.Name), folded) || strings.Contains(numbering.FoldName(l.Merchant), folded)
		if folded == "" || !named || len(out) >= limit {
			continue
		}
		found, err := s.find(ctx, Lines, `id = ?`, l.ID)
		if err != nil {
			return nil, err
		}
		out = append(out, found...)
	}
	return out, nil
}

// searchName finds institutions by a part of a name, and their numbers.
func (s *Store) searchName(ctx context.Context, folded string, limit int) ([]Record, error) {
	var out []Record
	err := eachDoc(ctx, s.r, Institutions, func(_ int64, rec record) error {
		if r := rec.(*Institution); len(out) < limit && r.isCalled(folded) {
			out = append(out, Record{Entity: Institutions, ID: r.ID})
		}
		return nil
	})
	if err != nil {
		return nil, err
	}
	institutions := len(out)
	for i := range institutions {
		if out[i], err = s.Get(ctx, Institutions, out[i].ID); err != nil {
			return nil, err
		}
		numbers, err := s.find(ctx, Numbers, `scope > ? AND scope < ? ORDER BY id LIMIT ?`, out[i].ID+"|", out[i].ID+"}", limit)
		if err != nil {
			return nil, err
		}
		out = append(out, numbers...)
	}
	slices.SortStableFunc(out[institutions:], func(a, b Record) int { return cmp.Compare(a.Entity, b.Entity) })
	return out, nil
}

// isCalled reports whether folded text is part of one of the names, or of the
// pinyin of the Chinese ones.
func (r *Institution) isCalled(folded string) bool {
	if folded == "" {
		return false
	}
	for _, name := range slices.Concat([]string{r.ID, r.NameZH, r.NameEN}, r.Aliases, r.Confusable) {
		if strings.Contains(numbering.FoldName(name), folded) {
			return true
		}
	}
	latin := strings.ReplaceAll(folded, " ", "")
	for _, name := range append([]string{r.NameZH}, r.Aliases...) {
		syllables := pinyin.LazyConvert(hang(name), nil)
		initials := ""
		for _, syllable := range syllables {
			initials += syllable[:1]
		}
		if len(latin) >= 2 && (strings.Contains(strings.Join(syllables, ""), latin) || strings.Contains(initials, latin)) {
			return true
		}
	}
	return false
}

// hang makes 行 read háng, as in 银行 and 工行, where the converter would read
// xíng: it puts a character in its place that is only read so.
func hang(name string) string {
	if short, ok := strings.CutSuffix(name, "行"); ok {
		name = short + "杭"
	}
	return strings.ReplaceAll(name, "银行", "银杭")
}
