package main

import (
	"context"
	"encoding/json"
	"errors"
	"io/fs"
	"os"
	"path/filepath"
	"time"

	"ringward/sip/registrar"
)

// Registered telephones are kept in a file, so that those on UDP ring at once
// after a restart. It holds addresses, no secrets.

func contactsFile(data string) string { return filepath.Join(data, "contacts.json") }

// contactsEvery is how often changes are written.
const contactsEvery = 30 * time.Second

// maxContactsFile bounds what is read back.
const maxContactsFile = 64 << 20

// mayRegister reports whether a user is still one of a line's telephones.
func (a *app) mayRegister(user, line string) bool {
	l, ok := a.accounts.Load().lines[user]
	return ok && l.ID == line
}

// loadContacts takes in the telephones of the last run. Without them the gateway
// serves all the same: they come back by themselves.
func (a *app) loadContacts(r *registrar.Registrar) {
	f, err := os.Open(contactsFile(a.cfg.Data))
	if errors.Is(err, fs.ErrNotExist) {
		return
	}
	var list []registrar.Saved
	if err == nil {
		defer f.Close()
		if info, serr := f.Stat(); serr != nil || info.Size() > maxContactsFile {
			err = errors.Join(errors.New("too large to be ours"), serr)
		} else {
			err = json.NewDecoder(f).Decode(&list)
		}
	}
	if err != nil {
		a.log.Warn("telephones of the last run are not known", "file", contactsFile(a.cfg.Data), "err", err)
		return
	}
	a.log.Info("telephones of the last run", "known", r.Restore(list, a.mayRegister))
}

// saveContacts writes the file as a whole or not at all.
func (a *app) saveContacts(r *registrar.Registrar) {
	file := contactsFile(a.cfg.Data)
	text, err := json.Marshal(r.Save())
	if err == nil {
		err = os.WriteFile(file+".new", text, 0o600)
	}
	if err == nil {
		err = os.Rename(file+".new", file)
	}
	if err != nil {
		a.log.Warn("telephones are not kept for the next run", "file", file, "err", err)
	}
}

// runContacts writes what changed until ctx ends, and once more then.
func (a *app) runContacts(ctx context.Context, r *registrar.Registrar) {
	tick := time.NewTicker(contactsEvery)
	defer tick.Stop()
	for {
		select {
		case <-ctx.Done():
			a.saveContacts(r)
			return
		case <-tick.C:
			if a.moved.Swap(false) {
				a.saveContacts(r)
			}
		}
	}
}
