package main

import (
	"bytes"
	"context"
	"crypto/sha256"
	"errors"
	"fmt"
	"os"
	"os/signal"
	"reflect"
	"strings"
	"syscall"
	"time"

	"ringward/cmd/ringward/config"
)

// watchInterval is how often the configuration file is looked at.
const watchInterval = 2 * time.Second

// watchConfig reads configuration and certificates again on every SIGHUP, and the
// configuration when its file has changed, until ctx ends.
func (a *app) watchConfig(ctx context.Context) error {
	hup := make(chan os.Signal, 1)
	signal.Notify(hup, syscall.SIGHUP)
	defer signal.Stop(hup)
	tick := time.NewTicker(watchInterval)
	defer tick.Stop()
	seen := fingerprintOf(a.options.file)
	for {
		select {
		case <-ctx.Done():
			return nil
		case <-hup:
			seen = fingerprintOf(a.options.file)
			a.reloadTLS()
			a.tellReload(a.reload())
		case <-tick.C:
			now := fingerprintOf(a.options.file)
			if now == nil || bytes.Equal(now, seen) {
				continue // not there while an editor replaces it
			}
			seen = now
			a.tellReload(a.reload())
		}
	}
}

// fingerprintOf tells two contents of a file apart; nil if it cannot be read.
func fingerprintOf(file string) []byte {
	text, err := os.ReadFile(file)
	if file == "" || err != nil {
		return nil
	}
	sum := sha256.Sum256(text)
	return sum[:]
}

// reloadTLS reads the certificates again. Connections that exist stay; on an
// error all stays as it was.
func (a *app) reloadTLS() {
	if a.tls == nil {
		return
	}
	if err := a.tls.reload(); err != nil {
		a.log.Error("certificates stay as they are", "err", err)
		return
	}
	a.log.Info("certificates read again")
}

func (a *app) tellReload(err error) {
	switch {
	case a.options.file == "":
	case err != nil:
		a.log.Error("the configuration stays as it is", "file", a.options.file, "err", err)
	default:
		a.log.Info("configuration read again", "file", a.options.file, "trunks", len(a.current().Trunks), "lines", len(a.current().Lines))
	}
}

// current is the configuration that holds now.
func (a *app) current() config.Config {
	if c := a.now.Load(); c != nil {
		return *c
	}
	return a.cfg
}

// reload reads the configuration file again and takes it, all or nothing: lines
// with their telephones, trunks, limits of calls, redress, the route to hotlines,
// ducking and the log's level. A change of anything else is refused, because it
// needs a restart.
func (a *app) reload() error {
	if a.options.file == "" {
		return nil
	}
	next, err := a.options.reread()
	if err != nil {
		return err
	}
	if fixed := fixedChanges(a.cfg, next); len(fixed) > 0 {
		return fmt.Errorf("%s cannot change while the gateway runs: restart it, or change it back", strings.Join(fixed, ", "))
	}
	g := liveConfig(next)
	if err := a.trunksOut(g.Trunks, next.Trunks); err != nil {
		return err
	}
	book, err := a.readAccounts(next)
	if err != nil {
		return err
	}
	if (len(book.secrets) > 0) != a.cfg.HasPhones() {
		return errors.New("the first telephone that registers, and the last one's end, need a restart")
	}
	if err := a.gateway.Reload(g); err != nil {
		return err
	}
	a.accounts.Store(book)
	if a.phones != nil {
		a.phones.Keep(a.mayRegister)
	}
	a.lines.table.Store(newLineTable(next.Lines))
	a.hearing.setLines(next.Lines)
	if a.options.level != nil {
		setLevel(a.options.level, next.Log)
	}
	a.now.Store(&next)
	return nil
}

// fixedChanges names the keys that differ and cannot change.
func fixedChanges(was, next config.Config) []string {
	for _, c := range []*config.Config{&was, &next} {
		c.Lines, c.Trunks, c.Redress, c.Hotline = nil, nil, config.Redress{}, ""
		c.Limits = config.Limits{UnknownRate: c.Limits.UnknownRate, DrainTimeout: c.Limits.DrainTimeout}
		c.Prompts.DuckDB, c.Log.Level = 0, ""
	}
	var out []string
	a, b := reflect.ValueOf(was), reflect.ValueOf(next)
	for i := range a.NumField() {
		if !reflect.DeepEqual(a.Field(i).Interface(), b.Field(i).Interface()) {
			name, _, _ := strings.Cut(a.Type().Field(i).Tag.Get("yaml"), ",")
			out = append(out, name)
		}
	}
	return out
}
