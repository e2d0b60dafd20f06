package numberdb

import (
	"bytes"
	"context"
	"crypto/sha256"
	"database/sql"
	"encoding/binary"
	"encoding/json"
	"fmt"
	"strconv"
	"time"
)

// Change is one entry of the log.
type Change struct {
	Seq     int64     `json:"seq"`
	At      time.Time `json:"at"`
	Author  string    `json:"author"`
	Reason  string    `json:"reason"`
	Action  string    `json:"action"`  // put, retire, approve, reject, report, import, undo, seed
	Subject string    `json:"subject"` // "number:17", "import:NAME", "change:42"
	Items   []Item    `json:"items"`
	Hash    []byte    `json:"hash"`
}

// Item is what a change did to one record. Before and After are the record in
// JSON, null where there was or is none.
type Item struct {
	Entity Entity          `json:"e"`
	ID     int64           `json:"id"`
	Prev   int64           `json:"prev"` // the change that made Before; 0 if the record is new
	Before json.RawMessage `json:"before"`
	After  json.RawMessage `json:"after"`
}

// rawChange is a change as its row has it.
type rawChange struct {
	seq, at                         int64
	author, reason, action, subject string
	count                           int
	items                           []byte
	prev, hash                      []byte
}

// sum is the hash of the change: SHA-256 over the hash before and every column,
// each text with its length in front so that nothing can move between them.
func (c *rawChange) sum() []byte {
	h := sha256.New()
	h.Write(c.prev)
	var n [8]byte
	for _, v := range []int64{c.seq, c.at, int64(c.count)} {
		binary.BigEndian.PutUint64(n[:], uint64(v))
		h.Write(n[:])
	}
	for _, s := range [][]byte{[]byte(c.author), []byte(c.reason), []byte(c.action), []byte(c.subject), c.items} {
		binary.BigEndian.PutUint64(n[:], uint64(len(s)))
		h.Write(n[:])
		h.Write(s)
	}
	return h.Sum(nil)
}

func (c *rawChange) change() (Change, error) {
	out := Change{
		Seq: c.seq, At: time.UnixMilli(c.at).UTC(), Author: c.author, Reason: c.reason,
		Action: c.action, Subject: c.subject, Hash: c.hash,
	}
	if err := json.Unmarshal(c.items, &out.Items); err != nil {
		return Change{}, fmt.Errorf("%w: items of change %d do not read: %v", ErrCorrupt, c.seq, err)
	}
	for i := range out.Items {
		it := &out.Items[i]
		it.Before, it.After = nonNull(it.Before), nonNull(it.After)
	}
	return out, nil
}

// nonNull makes JSON null nil.
func nonNull(doc json.RawMessage) json.RawMessage {
	if bytes.Equal(doc, []byte("null")) {
		return nil
	}
	return doc
}

// appendItem writes it as JSON; docs are JSON already.
func appendItem(b []byte, it *Item) []byte {
	b = append(b, `{"e":"`...)
	b = append(b, it.Entity...)
	b = append(b, `","id":`...)
	b = strconv.AppendInt(b, it.ID, 10)
	b = append(b, `,"prev":`...)
	b = strconv.AppendInt(b, it.Prev, 10)
	b = append(b, `,"before":`...)
	b = appendDoc(b, it.Before)
	b = append(b, `,"after":`...)
	b = appendDoc(b, it.After)
	return append(b, '}')
}

func appendDoc(b, doc []byte) []byte {
	if doc == nil {
		return append(b, "null"...)
	}
	return append(b, doc...)
}

const changeColumns = `seq, at, author, reason, action, subject, count, items, prev, hash`

// queryer is *sql.DB, *sql.Conn or *sql.Tx.
type queryer interface {
	QueryContext(ctx context.Context, query string, args ...any) (*sql.Rows, error)
	QueryRowContext(ctx context.Context, query string, args ...any) *sql.Row
}

// eachChange calls f for the changes that a query over changeColumns finds.
func eachChange(ctx context.Context, q queryer, f func(*rawChange) error, query string, args ...any) error {
	rows, err := q.QueryContext(ctx, query, args...)
	if err != nil {
		return readError(err)
	}
	defer rows.Close()
	for rows.Next() {
		var c rawChange
		if err := rows.Scan(&c.seq, &c.at, &c.author, &c.reason, &c.action, &c.subject, &c.count, &c.items, &c.prev, &c.hash); err != nil {
			return readError(err)
		}
		if err := f(&c); err != nil {
			return err
		}
	}
	return readError(rows.Err())
}

// head is the end of the log.
type head struct {
	seq, at int64
	hash    []byte
}

// version names the content after this change, for index.Version.
func (h head) version() string { return fmt.Sprintf("%d-%x", h.seq, h.hash[:min(6, len(h.hash))]) }

func readHead(ctx context.Context, q queryer) (head, error) {
	var h head
	err := q.QueryRowContext(ctx, `SELECT seq, at, hash FROM head WHERE one = 1`).Scan(&h.seq, &h.at, &h.hash)
	if err == sql.ErrNoRows {
		return h, fmt.Errorf("%w: the end of the change log is not marked", ErrCorrupt)
	}
	return h, readError(err)
}
