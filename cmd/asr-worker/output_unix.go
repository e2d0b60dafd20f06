//go:build unix

package main

import (
	"fmt"
	"os"

	"golang.org/x/sys/unix"
)

// claimOutput keeps standard output for the protocol alone: whatever the
// library prints there goes to standard error from now on.
func claimOutput() (*os.File, error) {
	fd, err := unix.Dup(1)
	if err != nil {
		return nil, fmt.Errorf("claim standard output: %w", err)
	}
	if err := unix.Dup2(2, 1); err != nil {
		return nil, fmt.Errorf("claim standard output: %w", err)
	}
	return os.NewFile(uintptr(fd), "protocol"), nil
}
