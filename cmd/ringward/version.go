package main

import (
	"context"
	"fmt"
	"runtime/debug"

	"ringward/cmd/ringward/config"
	"ringward/screening"
)

func runVersion(_ context.Context, io stdio, args []string) error {
	if rest, err := newFlags(io, "version", "version").parse(args); err != nil || len(rest) > 0 {
		return err
	}
	version, revision := "unknown", ""
	if b, ok := debug.ReadBuildInfo(); ok {
		version = b.Main.Version
		for _, s := range b.Settings {
			if s.Key == "vcs.revision" {
				revision = s.Value
			}
		}
		version += " " + b.GoVersion
	}
	fmt.Fprintf(io.out, "ringward %s %s rules %s\n", version, revision, screening.RulesVersion())
	return nil
}

const configUsage = `config check FILE

Reads a configuration and reports every mistake in it, with line and key.`

func runConfig(_ context.Context, io stdio, args []string) error {
	f := newFlags(io, "config", configUsage)
	rest, err := f.parse(args)
	if err != nil {
		return err
	}
	if len(rest) != 2 || rest[0] != "check" {
		return f.wrong("expected: check FILE")
	}
	c, err := config.Load(rest[1])
	if err != nil {
		return fmt.Errorf("not usable:\n%w", err)
	}
	fmt.Fprintf(io.out, "%s is good: %d listeners, %d trunks, %d lines\n", rest[1], len(c.Listen), len(c.Trunks), len(c.Lines))
	return nil
}
