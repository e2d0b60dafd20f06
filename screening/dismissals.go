package screening

import "time"

// HushAfter is how many calls the owner of a line may call no scam (key *1)
// within HushFor before warnings there are recorded and no longer spoken: a
// merchant who is wrongly interrupted twice stops to listen, also to alarms.
const HushAfter = 2

// HushFor is how long a dismissal counts.
const HushFor = 24 * time.Hour

// Dismissals remember when the owners of lines called a call no scam. Their
// number is bounded: past it the line that is longest quiet goes first. They
// are not safe for concurrent use.
type Dismissals struct {
	max   int
	lines map[string][HushAfter]time.Time // the latest first
}

// NewDismissals returns a memory for at most max lines.
func NewDismissals(max int) *Dismissals {
	return &Dismissals{max: max, lines: map[string][HushAfter]time.Time{}}
}

// Add notes that the owner of line called a call no scam.
func (d *Dismissals) Add(line string, now time.Time) {
	if d.max <= 0 {
		return
	}
	last, known := d.lines[line]
	if !known && len(d.lines) >= d.max {
		d.makeRoom(now)
	}
	copy(last[1:], last[:])
	last[0] = now
	d.lines[line] = last
}

// Hushed reports whether line has had HushAfter dismissals within HushFor.
func (d *Dismissals) Hushed(line string, now time.Time) bool {
	oldest := d.lines[line][HushAfter-1]
	return !oldest.IsZero() && now.Sub(oldest) < HushFor
}

// makeRoom drops the lines whose dismissals have run out, or else the one that
// is longest quiet.
func (d *Dismissals) makeRoom(now time.Time) {
	quietest, since := "", time.Time{}
	for line, at := range d.lines {
		if now.Sub(at[0]) >= HushFor {
			delete(d.lines, line)
			continue
		}
		if since.IsZero() || at[0].Before(since) {
			quietest, since = line, at[0]
		}
	}
	if len(d.lines) >= d.max {
		delete(d.lines, quietest)
	}
}
