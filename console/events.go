package console

import (
	"encoding/json"
	"fmt"
	"net/http"
	"sync"
	"time"

	"ringward/console/people"
)

const (
	maxStreams = 8 // live streams of one reader at a time
	beatEvery  = 10 * time.Second
)

// streamCount bounds the live streams of a reader.
type streamCount struct {
	mu   sync.Mutex
	open map[string]int // by user; guarded by mu
}

func (s *streamCount) take(user string) bool {
	s.mu.Lock()
	defer s.mu.Unlock()
	if s.open == nil {
		s.open = map[string]int{}
	}
	if s.open[user] >= maxStreams {
		return false
	}
	s.open[user]++
	return true
}

func (s *streamCount) free(user string) {
	s.mu.Lock()
	defer s.mu.Unlock()
	if s.open[user]--; s.open[user] <= 0 {
		delete(s.open, user)
	}
}

// apiEvents streams live events until the reader goes, falls behind, or loses
// the right to see them. A reader that connects anew gets a snapshot, so that
// nothing depends on events he missed.
func (c *Console) apiEvents(a *ask) (any, error) {
	return c.streamTo(a, func() bool { return c.o.People.Still(a.Context(), a.reader) })
}

// streamTo is apiEvents for a reader who may see them as long as still says so.
func (c *Console) streamTo(a *ask, still func() bool) (any, error) {
	if !c.streams.take(a.reader.User) {
		return nil, problem(429, "streams", fmt.Sprintf("At most %d live streams for one user.", maxStreams))
	}
	defer c.streams.free(a.reader.User)
	reaches := a.reader.Reaches
	if line := a.URL.Query().Get("line"); line != "" {
		if !a.reader.Reaches(line) {
			return nil, notFound
		}
		reaches = func(l string) bool { return l == line }
	}
	w, live := c.hub.watch(reaches)
	defer c.hub.leave(w)
	if err := c.noteLive(a.Request, a.reader, live); err != nil {
		return nil, err
	}
	s := &stream{w: a.w, control: http.NewResponseController(a.w)}
	_ = s.control.SetReadDeadline(time.Time{}) // the request is read; a stream has no end
	a.w.Header().Set("Content-Type", "text/event-stream; charset=utf-8")
	if err := s.send("snapshot", 0, LiveList{live}); err != nil {
		return nil, nil // the reader is gone
	}
	c.follow(a, s, w, still)
	return nil, nil
}

// follow hands events over as they come.
func (c *Console) follow(a *ask, s *stream, w *watcher, still func() bool) {
	beat := time.NewTicker(beatEvery)
	defer beat.Stop()
	for {
		select {
		case <-a.Context().Done():
			return
		case <-beat.C:
			if !still() || s.beat() != nil {
				return
			}
		case e, ok := <-w.events:
			if !ok || !c.o.People.Still(a.Context(), a.reader) || c.noteLive(a.Request, a.reader, []LiveCall{e.Call}) != nil {
				return
			}
			if s.send(string(e.Kind), e.ID, e) != nil {
				return
			}
		}
	}
}

// stream writes server-sent events.
type stream struct {
	w       http.ResponseWriter
	control *http.ResponseController
}

func (s *stream) send(kind string, id uint64, v any) error {
	b, err := json.Marshal(v) // has no line break in it
	if err != nil {
		return err
	}
	text := fmt.Sprintf("event: %s\ndata: %s\n\n", kind, b)
	if id > 0 {
		text = fmt.Sprintf("id: %d\n%s", id, text)
	}
	return s.write(text)
}

func (s *stream) beat() error { return s.write(": still here\n\n") }

func (s *stream) write(text string) error {
	_ = s.control.SetWriteDeadline(time.Now().Add(writeTimeout))
	if _, err := s.w.Write([]byte(text)); err != nil {
		return err
	}
	return s.control.Flush()
}

// linesOf returns the lines within a reader's reach. A merchant gets none that
// shares its id with another line: calls of the two could not be told apart.
func (c *Console) linesOf(who people.Reader) []Line {
	all, count := c.o.Lines.Lines(), map[string]int{}
	for _, l := range all {
		count[l.ID]++
	}
	mine := []Line{}
	for _, l := range all {
		if who.Reaches(l.ID) && (who.Can(people.AllLines) || count[l.ID] == 1) {
			mine = append(mine, l)
		}
	}
	return mine
}
