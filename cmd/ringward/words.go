package main

import (
	"encoding/json"
	"errors"
	"fmt"
	"io/fs"
	"log/slog"
	"os"
	"path/filepath"
	"sync"
	"time"

	"ringward/speech"
)

// words keeps what was said on lines whose owners want it kept: a file a day in
// the data folder, for this user alone, deleted when its time is over. Their
// digits were masked before they come here.
type words struct {
	dir    string
	keep   time.Duration
	log    *slog.Logger
	now    func() time.Time
	mu     sync.Mutex // guards what follows; held while a line is written
	day    string
	file   *os.File
	failed bool // reported; nothing is kept until the next day
}

// keptWords is one line of a file.
type keptWords struct {
	At    time.Time `json:"at"`
	Call  string    `json:"call"`
	By    string    `json:"by"`
	From  float64   `json:"seconds"` // in the call, to a hundredth
	Heard string    `json:"heard"`
}

func newWords(data string, keep time.Duration, log *slog.Logger) *words {
	w := &words{dir: filepath.Join(data, "words"), keep: keep, log: log, now: time.Now}
	w.forget(w.now())
	return w
}

// add keeps one sentence. It is called by the call's ear, never by the call.
func (w *words) add(call string, h speech.Heard) {
	w.mu.Lock()
	defer w.mu.Unlock()
	now := w.now()
	if err := w.open(now); err != nil {
		return
	}
	line, err := json.Marshal(keptWords{now, call, h.By.String(), h.At.Round(10 * time.Millisecond).Seconds(), h.Text})
	if err == nil {
		_, err = w.file.Write(append(line, '\n'))
	}
	w.trouble(err)
}

// open makes the day's file the current one.
func (w *words) open(now time.Time) error {
	day := now.UTC().Format(time.DateOnly)
	if day == w.day {
		if w.failed {
			return os.ErrInvalid
		}
		return nil
	}
	w.day, w.failed = day, false
	w.shut()
	w.forget(now)
	err := os.MkdirAll(w.dir, 0o700)
	if err == nil {
		w.file, err = os.OpenFile(filepath.Join(w.dir, day+".jsonl"), os.O_CREATE|os.O_APPEND|os.O_WRONLY, 0o600)
	}
	w.trouble(err)
	return err
}

// trouble is told once a day.
func (w *words) trouble(err error) {
	if err != nil && !w.failed {
		w.failed = true
		w.log.Error("words are not kept today", "err", err)
	}
}

func (w *words) shut() {
	if w.file != nil {
		_ = w.file.Close() // each line was written whole or reported
		w.file = nil
	}
}

// forget deletes the files whose time is over.
func (w *words) forget(now time.Time) {
	list, err := os.ReadDir(w.dir)
	if err != nil {
		if !errors.Is(err, fs.ErrNotExist) {
			w.log.Error("old words cannot be looked for", "err", err)
		}
		return
	}
	last := now.Add(-w.keep).UTC().Format(time.DateOnly)
	for _, f := range list {
		if day := f.Name(); len(day) == len("2006-01-02.jsonl") && day < last {
			if err := os.Remove(filepath.Join(w.dir, day)); err != nil {
				w.log.Error("old words are not deleted", "err", fmt.Errorf("%s: %w", day, err))
			}
		}
	}
}

func (w *words) close() {
	w.mu.Lock()
	defer w.mu.Unlock()
	w.shut()
	w.failed = true
}
