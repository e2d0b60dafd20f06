package hooks

import (
	"context"
	"net/netip"
)

// Public is public, for tests.
func Public(s string) bool { return public(netip.MustParseAddr(s)) }

// Tries is how often a delivery is tried in all.
func Tries() int { return len(waits) + 1 }

// Try sends what is due of a hook once, as its sender would.
func (h *Hooks) Try(ctx context.Context, hook string) error {
	s := h.sender(hook)
	d, found, err := h.store.due(ctx, hook)
	if err != nil || !found {
		return err
	}
	client := newClient(s.hook.Private)
	defer client.CloseIdleConnections()
	s.deliver(ctx, h, client, d)
	return nil
}

// Keep is keep, for tests.
func (h *Hooks) Keep(ctx context.Context, e Event) { h.keep(ctx, e) }
