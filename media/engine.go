package media

import (
	"context"
	"log/slog"
	"net/netip"
	"time"
)

// Config says where an engine's ports are.
type Config struct {
	Addr             netip.Addr       // address to bind to
	Advertise        netip.Addr       // address told to the sides; zero means Addr
	MinPort, MaxPort uint16           // range, both included; RTP takes the even ports
	Quarantine       time.Duration    // rest of a port after its call; 0 means 5 s
	DSCP             uint8            // of sent packets (46 is expedited forwarding)
	Loops            int              // receive loops; 0 means one a processor
	Clock            func() time.Time // nil means time.Now
	Log              *slog.Logger     // nil means no log
}

// Engine owns the ports and the loops of all bridges.
type Engine struct{ cfg Config }

// NewEngine checks the configuration; it binds and starts nothing.
func NewEngine(cfg Config) (*Engine, error) { return &Engine{cfg}, nil }

// Run carries media until ctx ends, then closes the bridges that are left.
func (e *Engine) Run(ctx context.Context) error { <-ctx.Done(); return nil }

// Stats is a snapshot.
func (e *Engine) Stats() Stats { return Stats{} }

// BridgeOptions are one call's own addresses.
type BridgeOptions struct {
	// Bind and Advertise override the engine's addresses for one side, in the
	// order of Side; zero means the engine's.
	Bind, Advertise [2]netip.Addr
}

// NewBridge takes and binds two port pairs; ErrNoPorts when there are none.
func (e *Engine) NewBridge(o BridgeOptions) (*Bridge, error) { return nil, ErrNoPorts }
