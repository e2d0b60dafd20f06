package bundle

import (
	"crypto/ed25519"
	"encoding/json"
	"errors"
	"fmt"
	"io/fs"
	"os"
	"slices"
	"strings"
	"time"
)

// Ledger is how far the bundles of each issuer were taken, kept in a small file
// beside the database.
type Ledger struct {
	path string
	Keys map[string]*Issuer `json:"keys"` // by KeyID
}

// Issuer is what was taken of one key's bundles.
type Issuer struct {
	Name     string    `json:"name"`
	Sequence int64     `json:"sequence"` // of the last one, taken back or not
	Applied  []Applied `json:"applied"`  // in force, the last at the end
}

// Applied is a bundle that was taken, with what it can be taken back by.
type Applied struct {
	Sequence int64     `json:"sequence"`
	Created  time.Time `json:"created"`
	At       time.Time `json:"at"`
	Imports  []string  `json:"imports"`
}

// maxApplied is how many bundles of an issuer are remembered for taking back.
const maxApplied = 100

// DefaultMaxAge is how old a bundle may be unless the caller says otherwise.
const DefaultMaxAge = 30 * 24 * time.Hour

// maxAhead is how far the issuer's clock may be ahead of ours.
const maxAhead = time.Hour

// OpenLedger reads the ledger at path, or begins one.
func OpenLedger(path string) (*Ledger, error) {
	l := &Ledger{path: path, Keys: map[string]*Issuer{}}
	b, err := os.ReadFile(path)
	if errors.Is(err, fs.ErrNotExist) {
		return l, nil
	}
	if err == nil {
		err = json.Unmarshal(b, l)
	}
	if err != nil {
		return nil, fmt.Errorf("ledger of bundles %s: %w (without it old bundles cannot be told from new ones; restore it from a backup)", path, err)
	}
	return l, nil
}

// Last is the sequence of the last bundle of a key, 0 if there was none.
func (l *Ledger) Last(keyID string) int64 {
	if i := l.Keys[keyID]; i != nil {
		return i.Sequence
	}
	return 0
}

// Check refuses a bundle that is not newer than the last of its key, older than
// maxAge, or from the future.
func (l *Ledger) Check(h Header, key ed25519.PublicKey, now time.Time, maxAge time.Duration) error {
	last := l.Last(KeyID(key))
	switch age := now.Sub(h.Created); {
	case h.Sequence <= last:
		return fmt.Errorf("%w: it has sequence %d, the last had %d", ErrReplayed, h.Sequence, last)
	case age > maxAge:
		return fmt.Errorf("%w: it is of %s, %.0f days ago", ErrOld, h.Created.Format(time.DateOnly), age.Hours()/24)
	case age < -maxAhead:
		return fmt.Errorf("%w: it is of %s", ErrFuture, h.Created.Format(time.RFC3339))
	}
	return nil
}

// Note writes down that a bundle was taken, beside what was noted meanwhile.
func (l *Ledger) Note(h Header, key ed25519.PublicKey, at time.Time, imports []string) error {
	now, err := OpenLedger(l.path)
	if err != nil {
		return err
	}
	l.Keys = now.Keys
	id := KeyID(key)
	i := l.Keys[id]
	if i == nil {
		i = &Issuer{}
		l.Keys[id] = i
	}
	i.Name, i.Sequence = h.Issuer, h.Sequence
	i.Applied = append(i.Applied, Applied{Sequence: h.Sequence, Created: h.Created, At: at, Imports: imports})
	i.Applied = i.Applied[max(0, len(i.Applied)-maxApplied):]
	return l.save()
}

// Find returns the issuer that a name or a key's id stands for.
func (l *Ledger) Find(name string) (*Issuer, error) {
	var found []*Issuer
	for id, i := range l.Keys {
		if id == name || i.Name == name {
			found = append(found, i)
		}
	}
	if len(found) != 1 {
		return nil, fmt.Errorf("%d issuers are called %q: give the id of the key", len(found), name)
	}
	return found[0], nil
}

// Drop writes down that the last bundle of an issuer was taken back. Its
// sequence stays used: the same bundle is not taken again.
func (l *Ledger) Drop(i *Issuer) error {
	i.Applied = slices.Delete(i.Applied, len(i.Applied)-1, len(i.Applied))
	return l.save()
}

func (l *Ledger) save() error {
	b, err := json.MarshalIndent(l, "", "  ")
	if err != nil {
		return err
	}
	return settle(l.path, strings.NewReader(string(b)+"\n"))
}
