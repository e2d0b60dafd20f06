package main

import (
	"log/slog"
	"os"
	"path/filepath"
	"testing"
	"time"

	"ringward/screening"
	"ringward/speech"
)

func TestKeptWordsAreDeletedWhenTheirTimeIsOver(t *testing.T) {
	data := t.TempDir()
	now := time.Date(2026, 6, 1, 12, 0, 0, 0, time.UTC)
	w := newWords(data, 3*24*time.Hour, slog.New(slog.DiscardHandler))
	w.now = func() time.Time { return now }
	defer w.close()
	for range 6 {
		w.add("call-1", speech.Heard{By: screening.PartyCaller, Text: "您好"})
		w.add("call-1", speech.Heard{By: screening.PartyMerchant, Text: "你好"})
		now = now.Add(24 * time.Hour)
	}
	list, err := filepath.Glob(filepath.Join(data, "words", "*"))
	if err != nil || len(list) != 4 || filepath.Base(list[0]) != "2026-06-03.jsonl" {
		t.Errorf("got %v %v, want the last days", list, err)
	}
	info, err := os.Stat(list[0])
	if err != nil || info.Mode().Perm() != 0o600 {
		t.Errorf("got %v %v, want a file for this user alone", info.Mode(), err)
	}
}
