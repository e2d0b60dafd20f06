//go:build !linux

package transport

import (
	"net/netip"
	"syscall"
)

// sharesPorts: elsewhere SO_REUSEPORT does not spread unicast datagrams.
const sharesPorts = false

func setSocketOptions(syscall.RawConn, bool, bool) error { return nil }

func isForeign(error) bool { return false }

// drainErrors has nothing to read: unreachable peers are left to timers B and F.
func (*udpSocket) drainErrors(func(string, netip.AddrPort, error)) {}
