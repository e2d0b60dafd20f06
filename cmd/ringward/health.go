package main

import (
	"context"
	"errors"
	"fmt"
	"io"
	"net/http"
	"strings"
	"time"
)

const healthUsage = `health [--config FILE] [--ready]

Asks the running gateway, at observe.listen, whether it is alive; with --ready,
whether it takes new calls. Exit status 0 means yes.`

// healthWait bounds the question: a gateway that takes longer is not well.
const healthWait = 3 * time.Second

func runHealth(ctx context.Context, io_ stdio, args []string) error {
	f := newFlags(io_, "health", healthUsage)
	file := f.String("config", "", "configuration `FILE` of the gateway")
	addr := f.String("addr", "", "`ADDRESS:PORT` to ask, instead of the configuration's observe.listen")
	ready := f.Bool("ready", false, "ask for readiness")
	if rest, err := f.parse(args); err != nil {
		return err
	} else if len(rest) > 0 {
		return f.wrong("unexpected argument %q", rest[0])
	}
	if *addr == "" {
		cfg, err := loadConfig(*file, "")
		if err != nil {
			return err
		}
		if !cfg.Observe.Listen.IsValid() {
			return errors.New("observe.listen is not configured: there is nothing to ask")
		}
		*addr = cfg.Observe.Listen.String()
	}
	path := "/healthz"
	if *ready {
		path = "/readyz"
	}
	ctx, cancel := context.WithTimeout(ctx, healthWait)
	defer cancel()
	req, err := http.NewRequestWithContext(ctx, http.MethodGet, "http://"+*addr+path, nil)
	if err != nil {
		return err
	}
	res, err := http.DefaultClient.Do(req)
	if err != nil {
		return fmt.Errorf("the gateway does not answer: %w", err)
	}
	defer res.Body.Close()
	b, _ := io.ReadAll(io.LimitReader(res.Body, 1<<10))
	said := strings.TrimSpace(string(b))
	if res.StatusCode != http.StatusOK {
		return fmt.Errorf("not ready: %s", said)
	}
	fmt.Fprintln(io_.out, said)
	return nil
}
