package numberdb

import "io"

// ahead reads, parses and encodes rows in a goroutine of its own, a little
// ahead of the database, so that an import uses two cores.
type ahead struct {
	batches chan []parsedRow // capacity aheadBatches: the reader waits when it is full
	stop    chan struct{}
	done    chan struct{}
	now     []parsedRow
	last    parsedRow // the end of the input, once it was seen
}

const (
	aheadBatches = 8
	aheadRows    = 256
)

// readAhead starts to read. author becomes the proposer of the rows.
func readAhead(rows rowReader, author string) *ahead {
	a := &ahead{batches: make(chan []parsedRow, aheadBatches), stop: make(chan struct{}), done: make(chan struct{})}
	go func() {
		defer close(a.done)
		defer close(a.batches)
		for {
			batch := make([]parsedRow, 0, aheadRows)
			for len(batch) < aheadRows {
				row := prepare(rows.next(), author)
				batch = append(batch, row)
				if row.ends() {
					break
				}
			}
			select {
			case a.batches <- batch:
			case <-a.stop:
				return
			}
			if batch[len(batch)-1].ends() {
				return
			}
		}
	}()
	return a
}

// next returns the next row; after the last one always that.
func (a *ahead) next() parsedRow {
	if a.last.err != nil {
		return a.last
	}
	if len(a.now) == 0 {
		a.now = <-a.batches
	}
	row := a.now[0]
	a.now = a.now[1:]
	if row.ends() {
		a.last = row
	}
	return row
}

// close stops the reading and waits for it, at most until the input's Read returns.
func (a *ahead) close() {
	close(a.stop)
	<-a.done
}

// ends reports whether no row comes after this one.
func (r *parsedRow) ends() bool { return r.err == io.EOF || isBroken(r.err) }

// prepare encodes a good row as a draft of the author's.
func prepare(row parsedRow, author string) parsedRow {
	if row.err != nil {
		return row
	}
	if rv := row.rec.review(); rv != nil {
		*rv = Review{Status: Draft, ProposedBy: author}
	}
	row.doc, row.err = encode(row.rec)
	row.pack = row.rec.pack()
	return row
}
