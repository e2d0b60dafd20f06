package numberdb

import (
	"bytes"
	"context"
	"slices"
	"strings"

	"ringward/numbering"
)

// insideLeast is how many digits Inside needs: fewer are in every tenth number.
const insideLeast = 3

// Inside finds records whose number has the digits of text anywhere in it, as
// when only the end of a number is known; nothing for text that is no digits.
// It reads the keys of whole tables, those of institutions' numbers first, at
// about a microsecond a record; at most so many of them, 0 for all. all tells
// whether that was enough, or limit records (1 to 1,000) were found.
func (s *Store) Inside(ctx context.Context, text string, limit, most int) (found []Record, all bool, err error) {
	digits := []byte(strings.TrimLeft(plainDigits(text), "0"))
	if len(digits) < insideLeast || len(digits) > numbering.MaxDigits {
		return nil, true, nil
	}
	limit = min(max(limit, 1), maxFound)
	left := most
	for _, e := range entities {
		if e == Institutions || e == Recordings {
			continue // they have no number
		}
		ids, n, err := s.idsInside(ctx, e, digits, limit-len(found), left)
		if err != nil {
			return nil, false, err
		}
		for _, id := range ids {
			r, err := s.find(ctx, e, `id = ?`, id)
			if err != nil {
				return nil, false, err
			}
			found = append(found, r...)
		}
		if left -= n; len(found) >= limit || most > 0 && left <= 0 {
			return found, len(found) >= limit, nil
		}
	}
	return found, true, nil
}

// idsInside finds at most limit rows, reading at most so many keys (if above 0).
func (s *Store) idsInside(ctx context.Context, e Entity, digits []byte, limit, most int) (ids []int64, read int, err error) {
	rows, err := s.r.QueryContext(ctx, `SELECT id, key FROM `+tables[e]+` WHERE key > 0`)
	if err != nil {
		return nil, 0, readError(err)
	}
	defer rows.Close()
	var buf [numbering.MaxDigits]byte
	for rows.Next() && len(ids) < limit && (most <= 0 || read < most) {
		var id, key int64
		if err := rows.Scan(&id, &key); err != nil {
			return nil, read, readError(err)
		}
		read++
		if bytes.Contains(numbering.Key(key).AppendDigits(buf[:0]), digits) {
			ids = append(ids, id)
		}
	}
	slices.Sort(ids)
	return ids, read, readError(rows.Err())
}

// plainDigits is text without the marks that people put between digits; "" if
// there is anything else in it.
func plainDigits(text string) string {
	digits := strings.NewReplacer(" ", "", "-", "", ".", "", "(", "", ")", "", "*", "").Replace(strings.TrimPrefix(strings.TrimSpace(text), "+"))
	if !allDigits(digits) {
		return ""
	}
	return digits
}
