package numberdb

import (
	"cmp"
	"io"
	"slices"
	"sync/atomic"
)

// ahead reads, parses and encodes rows in a goroutine of its own, ahead of the
// database, so that an import uses two cores. It hands them over in batches
// sorted by number: the table's index over the numbers is then written in its
// own order, which takes half the time and, in a table of millions, touches each
// page of the index once a batch instead of once a row.
type ahead struct {
	batches chan batch // capacity 1: the reader waits when it is full
	stop    chan struct{}
	done    chan struct{}
	read    atomic.Int64 // rows of the input
}

// batch is some rows of the input, in the order of their numbers.
type batch struct {
	rows []parsedRow
	read int   // rows of the input up to here
	end  error // io.EOF after the last row, brokenInput; nil if more follow
}

// sortRows is how many rows a batch has; some 400 bytes each, three batches at a
// time.
const sortRows = 250_000

// worthSorting is how many rows a batch needs to be sorted; fewer become records
// in the order of the input.
const worthSorting = 10_000

// readAhead starts to read rows that follow the first read ones. author becomes
// the proposer. A batch ends at multiples of commit too, if it is not 0.
func readAhead(rows rowReader, author string, read, commit int) *ahead {
	a := &ahead{batches: make(chan batch, 1), stop: make(chan struct{}), done: make(chan struct{})}
	a.read.Store(int64(read))
	go func() {
		defer close(a.done)
		for {
			most := sortRows
			if commit > 0 {
				most = min(most, commit-read%commit)
			}
			b := a.readBatch(rows, author, most)
			read += len(b.rows)
			b.read = read
			select {
			case a.batches <- b:
			case <-a.stop:
				return
			}
			if b.end != nil {
				return
			}
		}
	}()
	return a
}

func (a *ahead) readBatch(rows rowReader, author string, most int) batch {
	var b batch
	for len(b.rows) < most && b.end == nil {
		if len(b.rows)%256 == 0 && isClosed(a.stop) {
			break // nobody waits for it
		}
		if row := rows.next(); row.err == io.EOF || isBroken(row.err) {
			b.end = row.err
		} else {
			b.rows = append(b.rows, prepare(row, author))
			a.read.Add(1)
		}
	}
	if len(b.rows) >= worthSorting {
		b.rows = byNumber(b.rows)
	}
	return b
}

// byNumber returns rows in the order of their numbers, those of one number in
// the order of the input. Rows are large, so that their places are sorted.
func byNumber(rows []parsedRow) []parsedRow {
	type place struct {
		key uint64
		at  int
	}
	places := make([]place, len(rows))
	for i := range rows {
		places[i] = place{uint64(rows[i].key), i}
	}
	slices.SortFunc(places, func(a, b place) int {
		if a.key != b.key {
			return cmp.Compare(a.key, b.key)
		}
		return cmp.Compare(a.at, b.at)
	})
	out := make([]parsedRow, len(rows))
	for i, p := range places {
		out[i] = rows[p.at]
	}
	return out
}

func isClosed(c <-chan struct{}) bool {
	select {
	case <-c:
		return true
	default:
		return false
	}
}

// close stops the reading and waits for it, at most until the input's Read returns.
func (a *ahead) close() {
	close(a.stop)
	<-a.done
}

// prepare encodes a good row as a draft of the author's.
func prepare(row parsedRow, author string) parsedRow {
	if row.err != nil {
		return row
	}
	if rv := row.rec.review(); rv != nil {
		*rv = Review{Status: Draft, ProposedBy: author}
	}
	row.entity, row.institution = row.rec.entity(), institutionOf(row.rec)
	row.doc, row.err = encode(row.rec)
	row.pack = row.rec.pack()
	row.rec = nil // seldom needed again, and large
	return row
}
