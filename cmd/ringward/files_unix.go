//go:build unix

package main

import (
	"log/slog"
	"syscall"
)

// warnFiles tells an operator whose limit of open files is too low for the
// calls he wants: four sockets a call. The runtime has raised the soft limit to
// the hard one already.
func warnFiles(log *slog.Logger, calls int) {
	var l syscall.Rlimit
	if syscall.Getrlimit(syscall.RLIMIT_NOFILE, &l) != nil {
		return
	}
	if need := uint64(4*calls + 200); l.Cur < need {
		log.Warn("too few open files are allowed for limits.calls: calls beyond will be answered 503", "allowed", l.Cur, "needed", need, "calls", calls)
	}
}
