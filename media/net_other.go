//go:build !linux

package media

import "net/netip"

// rawAddr is nothing here: package net keeps its own form.
type rawAddr struct{}

func newRawAddr(netip.AddrPort) rawAddr { return rawAddr{} }

func newNetwork(cfg Config) network { return newPlainNet(cfg) }
