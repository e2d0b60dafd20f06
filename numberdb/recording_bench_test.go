package numberdb_test

import (
	"bytes"
	"encoding/binary"
	"encoding/json"
	"fmt"
	"hash/crc32"
	"math/rand/v2"
	"path/filepath"
	"testing"
	"time"

	"ringward/numberdb"
)

// BenchmarkTenThousandRecordings imports 10,000 recordings of 30 s, opens the
// database again and adds one more.
func BenchmarkTenThousandRecordings(b *testing.B) {
	const n = 10_000
	rnd := rand.New(rand.NewPCG(3, 3))
	first := recordingOf("r", babble(4, 30)).Fingerprint
	var in bytes.Buffer
	enc := json.NewEncoder(&in)
	for i := range n {
		r := numberdb.Recording{Title: fmt.Sprint("r", i), Kind: numberdb.ScamRecording, Fingerprint: bytes.Clone(first)}
		rows := r.Fingerprint[8 : len(r.Fingerprint)-4]
		for at := 0; at < len(rows); at += 8 { // other bits under the same masks
			if mask := binary.LittleEndian.Uint32(rows[at+4:]); mask != 0 {
				binary.LittleEndian.PutUint32(rows[at:], rnd.Uint32())
			}
		}
		end := len(r.Fingerprint) - 4
		binary.LittleEndian.PutUint32(r.Fingerprint[end:], crc32.ChecksumIEEE(r.Fingerprint[:end]))
		if err := enc.Encode(r); err != nil {
			b.Fatal(err)
		}
	}
	text := in.Bytes()
	e := numberdb.Edit{Author: "ann", Reason: "r"}
	for b.Loop() {
		path := filepath.Join(b.TempDir(), "numbers.db")
		db, err := numberdb.Open(path, numberdb.Options{})
		if err != nil {
			b.Fatal(err)
		}
		began := time.Now()
		report, err := db.Import(b.Context(), e, bytes.NewReader(text), numberdb.ImportOptions{Name: "all", Entity: numberdb.Recordings, Format: "jsonl"})
		if err != nil || report.Added != n {
			b.Fatal(report, err)
		}
		b.ReportMetric(time.Since(began).Seconds(), "import-s")
		_ = db.Close()
		began = time.Now()
		if db, err = numberdb.Open(path, numberdb.Options{}); err != nil {
			b.Fatal(err)
		}
		b.ReportMetric(time.Since(began).Seconds(), "open-s")
		if db.Recordings().Len() != n {
			b.Fatal(db.Recordings().Len(), "are served")
		}
		b.ReportMetric(float64(db.Recordings().Scams.Size())/1e6, "index-MB")
		one := recordingOf("one more", babble(5, 30))
		began = time.Now()
		if _, err := db.PutRecording(b.Context(), e, one); err != nil {
			b.Fatal(err)
		}
		b.ReportMetric(1000*time.Since(began).Seconds(), "add-ms")
		_ = db.Close()
	}
}
