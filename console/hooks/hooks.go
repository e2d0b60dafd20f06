package hooks

import (
	"context"

	"fmt"
	"log/slog"
	"math/rand/v2"
	"net/http"
	"sync"
	"sync/atomic"
	"time"
)

// Options is what Hooks are made of. Path is required.
type Options struct {
	Path  string // of hooks.db; its directory must exist
	Hooks []Hook
	Log   *slog.Logger // nil: nothing is logged
	Now   func() time.Time
}

// Hooks tells. Make it with Open.
type Hooks struct {
	o       Options
	store   *store
	queue   chan Event // capacity queueLength; full: dropped and counted
	dropped atomic.Uint64
	senders []*sender
}

const queueLength = 1024

// sender delivers one hook's events, one after the other.
type sender struct {
	hook Hook
	wake chan struct{} // capacity 1

	mu   sync.Mutex
	sent uint64 // since the start; guarded by mu, as all below
	last time.Time
	why  string // the last try failed; "" it did not
}

// Open opens the file of deliveries and checks the hooks. It starts nothing:
// call Run.
func Open(o Options) (*Hooks, error) {
	if o.Now == nil {
		o.Now = time.Now
	}
	if o.Log == nil {
		o.Log = slog.New(slog.DiscardHandler)
	}
	h := &Hooks{o: o, queue: make(chan Event, queueLength)}
	seen := map[string]bool{}
	for _, k := range o.Hooks {
		if err := k.Check(); err != nil {
			return nil, fmt.Errorf("hook %q: %w", k.Name, err)
		}
		if seen[k.Name] {
			return nil, fmt.Errorf("hook %q: there are two of that name", k.Name)
		}
		seen[k.Name] = true
		h.senders = append(h.senders, &sender{hook: k, wake: make(chan struct{}, 1)})
	}
	var err error
	h.store, err = openStore(o.Path, o.Now)
	return h, err
}

// Close closes the file. Run has to be over.
func (h *Hooks) Close() error { return h.store.db.Close() }

// Take hands an event over. It never waits.
func (h *Hooks) Take(e Event) {
	select {
	case h.queue <- e:
	default:
		h.dropped.Add(1)
	}
}

// Run keeps what Take took and delivers it, until ctx ends. What waits then is
// delivered after the next start.
func (h *Hooks) Run(ctx context.Context) error {
	var join sync.WaitGroup
	defer join.Wait()
	for _, s := range h.senders {
		join.Go(func() { s.run(ctx, h) })
	}
	for {
		select {
		case <-ctx.Done():
			return nil
		case e := <-h.queue:
			h.keep(ctx, e)
		}
	}
}

// keep puts an event up for each hook that wants it.
func (h *Hooks) keep(ctx context.Context, e Event) {
	for _, s := range h.senders {
		if s.hook.wants(e) {
			h.put(ctx, s, e)
		}
	}
}

func (h *Hooks) put(ctx context.Context, s *sender, e Event) {
	// Masked before it is kept: the file does not know more than is sent.
	ok, err := h.store.add(context.WithoutCancel(ctx), s.hook.Name, s.hook.masked(e))
	if err != nil || !ok {
		h.dropped.Add(1)
		h.o.Log.Error("an event for a hook was lost", "hook", s.hook.Name, "kind", e.Kind, "call", e.Call, "err", err)
		return
	}
	select {
	case s.wake <- struct{}{}:
	default:
	}
}

// run sends what is due.
func (s *sender) run(ctx context.Context, h *Hooks) {
	client := newClient(s.hook.Private)
	defer client.CloseIdleConnections()
	timer := time.NewTimer(0)
	defer timer.Stop()
	for wake := s.wake; ; {
		select {
		case <-ctx.Done():
			return
		case <-wake:
		case <-timer.C:
			wake = s.wake
		}
		wait := time.Duration(0)
		for wait == 0 && ctx.Err() == nil {
			d, found, err := h.store.due(ctx, s.hook.Name)
			switch {
			case err != nil && ctx.Err() == nil:
				h.o.Log.Error("deliveries cannot be read", "hook", s.hook.Name, "err", err)
				wait = time.Minute
			case !found:
				wait = time.Hour
			default:
				if wait = max(0, d.Next.Sub(h.o.Now())); wait == 0 {
					if wait = s.deliver(ctx, h, client, d); wait > 0 {
						wake = nil // a robot's rest, or trouble: news wait too
					}
				}
			}
		}
		timer.Reset(wait)
	}
}

// deliver tries one delivery and returns how long to rest before the next.
func (s *sender) deliver(ctx context.Context, h *Hooks, client *http.Client, d Delivery) time.Duration {
	now := h.o.Now()
	asked, err := s.hook.post(ctx, client, d.Event, now)
	if err != nil && ctx.Err() != nil {
		return 0 // we stop: it was no fault of theirs
	}
	s.note(now, err)
	stay := context.WithoutCancel(ctx)
	switch {
	case err == nil:
		err = h.store.delivered(stay, d.ID)
	case d.Tries >= len(waits):
		h.o.Log.Error("an event for a hook was given up; it is in the list of dead deliveries", "hook", s.hook.Name, "delivery", d.ID, "why", err.Error())
		err = h.store.failed(stay, d, Dead, now, short(err))
	default:
		wait := waits[d.Tries]
		wait = max(asked, wait*8/10+rand.N(wait*4/10))
		err = h.store.failed(stay, d, Waiting, now.Add(wait), short(err))
	}
	if err != nil {
		h.o.Log.Error("a delivery cannot be noted", "hook", s.hook.Name, "err", err)
		return time.Minute
	}
	if s.hook.kind() != Program {
		return robotGap
	}
	return 0
}

func short(err error) string { return fmt.Sprintf("%.300s", err.Error()) }

func (s *sender) note(at time.Time, err error) {
	s.mu.Lock()
	defer s.mu.Unlock()
	if s.why = ""; err != nil {
		s.why = short(err)
		return
	}
	s.sent++
	s.last = at
}

// Status is how a hook is doing.
type Status struct {
	Name    string    `json:"name"`
	Kind    Kind      `json:"kind" enum:"program,wecom,dingtalk,feishu"`
	Host    string    `json:"host" doc:"the rest of the address is kept secret"`
	Events  []string  `json:"events" doc:"none: all"`
	Lines   []string  `json:"lines" doc:"none: all"`
	AtLeast string    `json:"at_least"`
	Mask    bool      `json:"mask"`
	Private bool      `json:"private"`
	Signed  bool      `json:"signed"`
	Sent    uint64    `json:"sent" doc:"since the start"`
	Last    time.Time `json:"last" doc:"delivery that arrived"`
	Why     string    `json:"why,omitempty" doc:"the last try failed"`
	Waiting int       `json:"waiting"`
	Dead    int       `json:"dead"`
}

// Status tells how the hooks are doing, and how many events were lost before
// they could be kept.
func (h *Hooks) Status(ctx context.Context) (list []Status, lost uint64, err error) {
	list = []Status{}
	for _, s := range h.senders {
		k := s.hook
		st := Status{Name: k.Name, Kind: k.kind(), Host: k.Host(), Events: append([]string{}, k.Events...), Lines: append([]string{}, k.Lines...), AtLeast: k.AtLeast, Mask: k.Mask, Private: k.Private, Signed: k.Secret != "" && k.kind() != WeCom}
		if st.AtLeast == "" {
			st.AtLeast = "warning"
		}
		if st.Waiting, st.Dead, err = h.store.counts(ctx, k.Name); err != nil {
			return nil, 0, err
		}
		s.mu.Lock()
		st.Sent, st.Last, st.Why = s.sent, s.last, s.why
		s.mu.Unlock()
		list = append(list, st)
	}
	return list, h.dropped.Load(), nil
}

func (h *Hooks) sender(name string) *sender {
	for _, s := range h.senders {
		if s.hook.Name == name {
			return s
		}
	}
	return nil
}

// Deliveries lists what waits or is dead of a hook, the latest first, from
// before an id (0: from the end), at most limit (1 to 200).
func (h *Hooks) Deliveries(ctx context.Context, hook string, state State, before int64, limit int) ([]Delivery, error) {
	if h.sender(hook) == nil {
		return nil, ErrNotFound
	}
	if before <= 0 {
		before = 1 << 62
	}
	return h.store.scan(ctx, "hook = ? AND state = ? AND id < ? ORDER BY id DESC LIMIT ?", hook, state, before, min(max(limit, 1), maxPage))
}

// Again sends a dead delivery once more, or with id 0 all of a hook. It returns
// how many.
func (h *Hooks) Again(ctx context.Context, hook string, id int64) (int64, error) {
	s := h.sender(hook)
	if s == nil {
		return 0, ErrNotFound
	}
	n, err := h.store.again(ctx, hook, id)
	if err == nil && n == 0 && id != 0 {
		err = ErrNotFound
	}
	select {
	case s.wake <- struct{}{}:
	default:
	}
	return n, err
}

// Drop takes a delivery off the list.
func (h *Hooks) Drop(ctx context.Context, id int64) error { return h.store.drop(ctx, id) }

// Test puts a test message up for one hook.
func (h *Hooks) Test(ctx context.Context, hook string) error {
	s := h.sender(hook)
	if s == nil {
		return ErrNotFound
	}
	h.put(ctx, s, Event{Kind: Test, At: h.o.Now().UTC(), Line: "test", Level: "notice"})
	return nil
}
