package numberdb

import (
	"context"
	"database/sql"
	"fmt"
	"sync"

	"ringward/numberdb/index"
	"ringward/numbering"
)

// scanned is a row of numbers or scams on its way to the index. Rows with the
// same common part share one: the common-th that their scanner met.
type scanned struct {
	key     numbering.Key
	id      int64
	reports uint32
	validTo int32
	common  uint32
}

// scanBatch is what a scanner hands over at a time.
type scanBatch struct {
	scanner int
	rows    []scanned
	commons []index.Listing // met since the batch before
	err     error
}

const scanRows = 4096

// loadListings reads the packs of a table, a part of it in each transaction,
// and adds the listings to b.
func loadListings(ctx context.Context, txs []*sql.Tx, e Entity, b *index.Builder) error {
	var last int64
	if err := txs[0].QueryRowContext(ctx, `SELECT coalesce(max(id), 0) FROM `+tables[e]).Scan(&last); err != nil {
		return readError(err)
	}
	ctx, cancel := context.WithCancel(ctx)
	defer cancel()
	batches := make(chan scanBatch, len(txs)) // full: the scanners wait
	var scanners sync.WaitGroup
	for i, tx := range txs {
		from, to := last*int64(i)/int64(len(txs)), last*int64(i+1)/int64(len(txs))
		scanners.Go(func() { scan(ctx, tx, e, i, from, to, batches) })
	}
	go func() { scanners.Wait(); close(batches) }()
	refs := make([][]index.Ref, len(txs))
	var failed error
	for batch := range batches {
		if batch.err != nil && failed == nil {
			failed = batch.err
			cancel()
		}
		for _, l := range batch.commons {
			refs[batch.scanner] = append(refs[batch.scanner], b.Intern(l))
		}
		for i := range batch.rows {
			r := &batch.rows[i]
			if !b.AddRef(r.key, refs[batch.scanner][r.common], r.id, r.validTo, r.reports) && failed == nil {
				failed = fmt.Errorf("%w: row %d has no proper key", ErrCorrupt, r.id)
				cancel()
			}
		}
	}
	return failed
}

// scan reads the rows from < id <= to. Once ctx has ended nobody may listen.
func scan(ctx context.Context, q queryer, e Entity, scanner int, from, to int64, out chan<- scanBatch) {
	batch := scanBatch{scanner: scanner}
	send := func() bool {
		select {
		case out <- batch:
			batch = scanBatch{scanner: scanner, rows: make([]scanned, 0, scanRows)}
			return true
		case <-ctx.Done():
			return false
		}
	}
	commons := map[string]uint32{}
	batch.err = eachPack(ctx, q, e, from, to, func(id, key int64, pack []byte) error {
		if len(pack) < packHead {
			return fmt.Errorf("%w: row %d has a short pack", ErrCorrupt, id)
		}
		if pack[0] == packPrefix {
			return nil // a pattern, see loadPatterns
		}
		common, ok := commons[string(pack[packHead:])]
		if !ok {
			l, err := unpack(id, pack)
			if err != nil {
				return fmt.Errorf("row %d: %w", id, err)
			}
			common = uint32(len(commons))
			commons[string(pack[packHead:])] = common
			batch.commons = append(batch.commons, l)
		}
		validTo, reports := packOwn(pack)
		batch.rows = append(batch.rows, scanned{numbering.Key(key), id, reports, validTo, common})
		if len(batch.rows) == scanRows && !send() {
			return ctx.Err()
		}
		return nil
	})
	send()
}

func eachPack(ctx context.Context, q queryer, e Entity, from, to int64, f func(id, key int64, pack []byte) error) error {
	rows, err := q.QueryContext(ctx, `SELECT id, key, pack FROM `+tables[e]+` WHERE id > ? AND id <= ? AND pack IS NOT NULL`, from, to)
	if err != nil {
		return readError(err)
	}
	defer rows.Close()
	var id, key int64
	var pack sql.RawBytes
	for rows.Next() {
		if err := rows.Scan(&id, &key, &pack); err != nil {
			return readError(err)
		}
		if err := f(id, key, pack); err != nil {
			return err
		}
	}
	return readError(rows.Err())
}
