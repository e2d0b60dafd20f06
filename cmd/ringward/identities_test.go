package main

import (
	"log/slog"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"ringward/cmd/ringward/config"
	"ringward/stir/stirtest"
)

func TestOpenIdentities(t *testing.T) {
	dir := t.TempDir()
	good, bad := filepath.Join(dir, "root.pem"), filepath.Join(dir, "bad.pem")
	for file, text := range map[string][]byte{good: stirtest.NewAuthority(t).PEM(), bad: []byte("x")} {
		if err := os.WriteFile(file, text, 0o600); err != nil {
			t.Fatal(err)
		}
	}
	log := slog.New(slog.DiscardHandler)
	if ids, store, err := openIdentities(config.Identity{}, log); err != nil || store != nil || ids.Certificates != nil {
		t.Errorf("nothing configured: %v, %v, %v", ids, store, err)
	}
	ids, store, err := openIdentities(config.Identity{Roots: []string{good}}, log)
	if err != nil {
		t.Fatal(err)
	}
	defer store.Close()
	if ids.Certificates == nil || ids.Roots == nil {
		t.Errorf("got %+v", ids)
	}
	for file, want := range map[string]string{bad: "holds no certificate", filepath.Join(dir, "none"): "no such file"} {
		if _, _, err := openIdentities(config.Identity{Roots: []string{good, file}}, log); err == nil || !strings.Contains(err.Error(), want) {
			t.Errorf("%s: %v", file, err)
		}
	}
}
