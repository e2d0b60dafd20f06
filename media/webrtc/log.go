package webrtc

import (
	"fmt"
	"log/slog"
)

// logger is pion's logger over ours. Nothing of pion's is more than a detail to
// an operator; its traces go nowhere.
type logger struct{ log *slog.Logger }

// Trace is dropped.
func (logger) Trace(string) {}

// Tracef is dropped.
func (logger) Tracef(string, ...any) {}

// Debug is dropped: it is written for every packet.
func (logger) Debug(string) {}

// Debugf is dropped.
func (logger) Debugf(string, ...any) {}

// Info writes a detail.
func (l logger) Info(s string) { l.log.Debug(s) }

// Infof writes a detail.
func (l logger) Infof(format string, args ...any) { l.log.Debug(fmt.Sprintf(format, args...)) }

// Warn writes a detail.
func (l logger) Warn(s string) { l.log.Debug(s) }

// Warnf writes a detail.
func (l logger) Warnf(format string, args ...any) { l.log.Debug(fmt.Sprintf(format, args...)) }

// Error writes a detail: what matters of it reaches us as a state or an error.
func (l logger) Error(s string) { l.log.Debug(s) }

// Errorf writes a detail.
func (l logger) Errorf(format string, args ...any) { l.log.Debug(fmt.Sprintf(format, args...)) }
