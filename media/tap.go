package media

import (
	"sync"

	"ringward/media/g711"
)

// maxTapPayload is 60 ms of G.711: longer packets are cut into several frames.
const maxTapPayload = 480

// TapFrame describes one frame read from a TapQueue.
type TapFrame struct {
	Side      Side
	Samples   int    // samples written
	Timestamp uint32 // RTP time stamp of the first sample; gaps show silence or loss
	Restart   bool   // the sender began anew: Timestamp has no relation to earlier ones
}

// TapQueue takes copies of what a side says. It is bounded and lossy: when the
// reader is slow the newest frame is dropped and counted, and the relay never
// waits. One reader; a queue may tap both sides.
type TapQueue struct {
	ready chan struct{}

	mu      sync.Mutex
	slots   []tapSlot
	head, n int
	dropped uint64
	closed  bool
}

type tapSlot struct {
	frame   TapFrame
	law     g711.Law
	payload [maxTapPayload]byte
}

// NewTapQueue makes a queue of so many frames (20 ms each as a rule; at least
// one).
func NewTapQueue(frames int) *TapQueue {
	return &TapQueue{ready: make(chan struct{}, 1), slots: make([]tapSlot, max(frames, 1))}
}

// Ready is signalled when there may be something to read or the tap has ended.
func (q *TapQueue) Ready() <-chan struct{} { return q.ready }

// Read decodes the oldest frame into pcm, which should hold 480 samples (what
// does not fit is lost). ok is false when the queue is empty.
func (q *TapQueue) Read(pcm []int16) (f TapFrame, ok bool) {
	q.mu.Lock()
	defer q.mu.Unlock()
	if q.n == 0 {
		return TapFrame{}, false
	}
	s := &q.slots[q.head]
	q.head = (q.head + 1) % len(q.slots)
	q.n--
	f = s.frame
	f.Samples = s.law.Decode(pcm, s.payload[:f.Samples])
	return f, true
}

// Dropped is how many frames were lost because the queue was full.
func (q *TapQueue) Dropped() uint64 {
	q.mu.Lock()
	defer q.mu.Unlock()
	return q.dropped
}

// Closed reports whether the tapped bridge has ended; frames may be left.
func (q *TapQueue) Closed() bool {
	q.mu.Lock()
	defer q.mu.Unlock()
	return q.closed
}

// push copies a payload; it returns the number of frames dropped.
func (q *TapQueue) push(f TapFrame, law g711.Law, payload []byte) (dropped uint64) {
	q.mu.Lock()
	for len(payload) > 0 {
		part := payload[:min(len(payload), maxTapPayload)]
		payload = payload[len(part):]
		if q.n == len(q.slots) {
			dropped++
		} else {
			s := &q.slots[(q.head+q.n)%len(q.slots)]
			q.n++
			f.Samples = copy(s.payload[:], part)
			s.frame, s.law = f, law
		}
		f.Timestamp += uint32(len(part))
		f.Restart = false
	}
	q.dropped += dropped
	q.mu.Unlock()
	q.wake()
	return dropped
}

func (q *TapQueue) close() {
	q.mu.Lock()
	q.closed = true
	q.mu.Unlock()
	q.wake()
}

func (q *TapQueue) wake() {
	select {
	case q.ready <- struct{}{}:
	default:
	}
}
