package calllog

import (
	"context"
	"database/sql"
	"encoding/json"
	"errors"
	"fmt"
	"strconv"
	"strings"
	"time"
)

// The size of a page of List.
const (
	DefaultLimit = 50
	MaxLimit     = 1000
	maxLines     = 500 // in one Filter
)

// Filter selects calls. The zero value selects all; every field that is set must hold.
type Filter struct {
	Lines        []string  // one of these lines, at most 500
	Caller       string    // normal form
	Since, Until time.Time // started at Since or later, before Until
	AtLeast      Level     // of the last verdict
	Limit        int       // of one page, 0: DefaultLimit, at most MaxLimit
	Cursor       string    // Page.Next of the page before
}

// Page is one page of calls, the latest first.
type Page struct {
	Calls []Summary
	Next  string // cursor of the next page, "" on the last
}

const columns = "seq, id, start, answered, ended, trunk, line, caller, name, level, action, outcome, status, ended_by"

const order = " ORDER BY start DESC, seq DESC LIMIT ?"

// List returns a page of calls, the latest first. Calls that begin while pages are turned do not shift them.
func (l *Log) List(ctx context.Context, f Filter) (Page, error) {
	where, args, err := f.where()
	if err != nil {
		return Page{}, err
	}
	limit := f.limit()
	rows, err := l.read.QueryContext(ctx, "SELECT "+columns+" FROM calls"+where+order, append(args, limit+1)...)
	if err != nil {
		return Page{}, fmt.Errorf("list calls: %w", err)
	}
	defer rows.Close()
	var p Page
	var last string
	for rows.Next() {
		if len(p.Calls) == limit {
			p.Next = last
			break
		}
		s, seq, err := scanSummary(rows)
		if err != nil {
			return Page{}, fmt.Errorf("list calls: %w", err)
		}
		p.Calls = append(p.Calls, s)
		last = strconv.FormatInt(millis(s.Start), 36) + "." + strconv.FormatInt(seq, 36)
	}
	if err := rows.Err(); err != nil {
		return Page{}, fmt.Errorf("list calls: %w", err)
	}
	return p, nil
}

func scanSummary(rows *sql.Rows) (s Summary, seq int64, err error) {
	var start, answered, ended int64
	err = rows.Scan(&seq, &s.ID, &start, &answered, &ended, &s.Trunk, &s.Line, &s.Caller, &s.CallerName, &s.Level,
		&s.Action, &s.Outcome, &s.Status, &s.EndedBy)
	s.Start, s.Answered, s.End = fromMillis(start), fromMillis(answered), fromMillis(ended)
	return s, seq, err
}

func (f Filter) limit() int {
	if f.Limit <= 0 {
		return DefaultLimit
	}
	return min(f.Limit, MaxLimit)
}

// where writes the condition. The level is written out, not bound, so that SQLite can see that calls_doubt covers it.
func (f Filter) where() (string, []any, error) {
	var terms []string
	var args []any
	add := func(term string, values ...any) {
		terms, args = append(terms, term), append(args, values...)
	}
	if len(f.Lines) > maxLines {
		return "", nil, fmt.Errorf("list calls: %d lines in one filter, at most %d", len(f.Lines), maxLines)
	}
	if len(f.Lines) > 0 {
		lines := make([]any, len(f.Lines))
		for i, line := range f.Lines {
			lines[i] = line
		}
		add("line IN (?"+strings.Repeat(", ?", len(lines)-1)+")", lines...)
	}
	if f.Caller != "" {
		add("caller = ?", f.Caller)
	}
	if !f.Since.IsZero() {
		add("start >= ?", millis(f.Since))
	}
	if !f.Until.IsZero() {
		add("start < ?", millis(f.Until))
	}
	if f.AtLeast > Unknown {
		add("level >= " + strconv.Itoa(int(f.AtLeast)))
	}
	if f.AtLeast > Notice {
		add("level >= 2")
	}
	if f.Cursor != "" {
		start, seq, err := parseCursor(f.Cursor)
		if err != nil {
			return "", nil, err
		}
		add("(start, seq) < (?, ?)", start, seq)
	}
	if len(terms) == 0 {
		return "", nil, nil
	}
	return " WHERE " + strings.Join(terms, " AND "), args, nil
}

func parseCursor(s string) (start, seq int64, err error) {
	a, b, ok := strings.Cut(s, ".")
	start, errStart := strconv.ParseInt(a, 36, 64)
	seq, errSeq := strconv.ParseInt(b, 36, 64)
	if !ok || errStart != nil || errSeq != nil {
		return 0, 0, ErrCursor
	}
	return start, seq, nil
}

// Get returns one call with its timeline; ErrNotFound if it is not kept.
func (l *Log) Get(ctx context.Context, id string) (Record, error) {
	var detail string
	err := l.read.QueryRowContext(ctx, "SELECT detail FROM calls WHERE id = ?", id).Scan(&detail)
	if errors.Is(err, sql.ErrNoRows) {
		return Record{}, ErrNotFound
	}
	if err != nil {
		return Record{}, fmt.Errorf("read call: %w", err)
	}
	return decode(detail)
}

func decode(detail string) (Record, error) {
	var r Record
	if err := json.Unmarshal([]byte(detail), &r); err != nil {
		return Record{}, fmt.Errorf("read call: %w", err)
	}
	return r, nil
}

// Stats counts calls.
type Stats struct {
	Calls     int
	ByLevel   map[Level]int
	ByAction  map[string]int
	ByOutcome map[string]int
}

// Stats counts the calls that a filter selects; its Limit and Cursor are not used.
func (l *Log) Stats(ctx context.Context, f Filter) (Stats, error) {
	f.Cursor = ""
	where, args, err := f.where()
	if err != nil {
		return Stats{}, err
	}
	rows, err := l.read.QueryContext(ctx, "SELECT level, action, outcome, count(*) FROM calls"+where+" GROUP BY level, action, outcome", args...)
	if err != nil {
		return Stats{}, fmt.Errorf("count calls: %w", err)
	}
	defer rows.Close()
	s := Stats{ByLevel: map[Level]int{}, ByAction: map[string]int{}, ByOutcome: map[string]int{}}
	for rows.Next() {
		var level Level
		var action, outcome string
		var n int
		if err := rows.Scan(&level, &action, &outcome, &n); err != nil {
			return Stats{}, fmt.Errorf("count calls: %w", err)
		}
		s.Calls += n
		s.ByLevel[level] += n
		s.ByAction[action] += n
		s.ByOutcome[outcome] += n
	}
	if err := rows.Err(); err != nil {
		return Stats{}, fmt.Errorf("count calls: %w", err)
	}
	return s, nil
}
