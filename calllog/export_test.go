package calllog

import (
	"database/sql"
	"fmt"
	"testing"
)

// LimitPages makes SQLite believe that the disk ends after n pages.
func (l *Log) LimitPages(n int) {
	if _, err := l.write.Exec(fmt.Sprintf("PRAGMA max_page_count = %d", n)); err != nil {
		panic(err)
	}
}

// FreePages is the number of pages in the file that hold nothing.
func (l *Log) FreePages() (n int) {
	if err := l.write.QueryRow("PRAGMA freelist_count").Scan(&n); err != nil {
		panic(err)
	}
	return n
}

// Edit runs statements on a file that is not open.
func Edit(t *testing.T, path string, statements ...string) {
	t.Helper()
	db, err := sql.Open("sqlite", path)
	if err != nil {
		t.Fatal(err)
	}
	defer db.Close()
	for _, s := range statements {
		if _, err := db.Exec(s); err != nil {
			t.Fatal(err)
		}
	}
}

// Plan is SQLite's plan for a list.
func (l *Log) Plan(t *testing.T, f Filter) (plan string) {
	t.Helper()
	where, args, err := f.where()
	if err != nil {
		t.Fatal(err)
	}
	rows, err := l.read.Query("EXPLAIN QUERY PLAN SELECT "+columns+" FROM calls"+where+order, append(args, 10)...)
	if err != nil {
		t.Fatal(err)
	}
	defer rows.Close()
	for rows.Next() {
		var id, parent, unused int
		var detail string
		if err := rows.Scan(&id, &parent, &unused, &detail); err != nil {
			t.Fatal(err)
		}
		plan += detail + "; "
	}
	return plan
}
