package transaction

import "sync/atomic"

// Stats counts what a Layer did.
type Stats struct {
	Server, Client      int64  // transactions now
	Handlers            int64  // User.Request calls running now
	Repeats             uint64 // requests absorbed
	Resent              uint64 // messages sent again
	Timeouts            uint64
	Merged              uint64 // answered 482
	Overload            uint64 // answered 503
	Undecodable         uint64 // answered with the codec's verdict
	Stray               uint64 // responses without a transaction
	DroppedProvisionals uint64 // unread by the user
	Panics              uint64 // contained in User.Request
}

type counters struct {
	server, client, handlers                        atomic.Int64
	repeats, resent, timeouts, merged, overload     atomic.Uint64
	undecodable, stray, droppedProvisionals, panics atomic.Uint64
}

// Stats returns a snapshot of the counters.
func (l *Layer) Stats() Stats {
	c := &l.stats
	return Stats{
		Server: c.server.Load(), Client: c.client.Load(), Handlers: c.handlers.Load(),
		Repeats: c.repeats.Load(), Resent: c.resent.Load(), Timeouts: c.timeouts.Load(),
		Merged: c.merged.Load(), Overload: c.overload.Load(), Undecodable: c.undecodable.Load(),
		Stray: c.stray.Load(), DroppedProvisionals: c.droppedProvisionals.Load(), Panics: c.panics.Load(),
	}
}
