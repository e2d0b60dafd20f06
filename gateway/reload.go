package gateway

import (
	"fmt"
	"time"
)

// live is what Reload can change while calls run.
type live struct {
	trunks        trunks
	Redress       Redress
	Outbound      string
	MaxCalls      int
	RingTimeout   time.Duration
	MaxDuration   time.Duration
	SilenceLimit  time.Duration
	ChoiceTimeout time.Duration
	DuckDB        float64
}

func liveOf(c Config, ts trunks) *live {
	return &live{trunks: ts, Redress: c.Redress, Outbound: c.Outbound, MaxCalls: c.MaxCalls, RingTimeout: c.RingTimeout,
		MaxDuration: c.MaxDuration, SilenceLimit: c.SilenceLimit, ChoiceTimeout: c.ChoiceTimeout, DuckDB: c.DuckDB}
}

// live is what holds now. A caller that needs two of its values to agree asks once.
func (g *Gateway) live() *live { return g.settings.Load() }

// Reload takes trunks, redress, the route to hotlines, and the limits of calls
// from cfg; its other fields are not looked at. All or nothing: with an error
// all stays as it was. Running calls go on as they are, by the trunk that they
// began with; a trunk of the same name keeps its counts of running calls. What a
// trunk keeps up towards its carrier (registration, probes) cannot be changed.
func (g *Gateway) Reload(cfg Config) error {
	cfg.Log, cfg.Media, cfg.Lines, cfg.Register, cfg.Voice = g.cfg.Log, g.cfg.Media, g.cfg.Lines, g.cfg.Register, g.cfg.Voice
	cfg, err := cfg.withDefaults()
	if err != nil {
		return err
	}
	old, ts := g.live().trunks, newTrunks(cfg.Trunks)
	for _, t := range ts.list {
		was := old.named(t.Name)
		switch {
		case was == nil && t.upheld():
			return fmt.Errorf("trunk %s: one that is registered at or asked for its health needs a restart", t.Name)
		case was == nil:
		case !sameUpkeep(&was.Trunk, &t.Trunk):
			return fmt.Errorf("trunk %s: its registration, target, credentials or ping changed, which needs a restart", t.Name)
		default:
			t.load, t.keep = was.load, was.keep
		}
	}
	for _, was := range old.list {
		if was.upheld() && ts.named(was.Name) == nil {
			return fmt.Errorf("trunk %s: taking away one that is registered at or asked for its health needs a restart", was.Name)
		}
	}
	g.settings.Store(liveOf(cfg, ts))
	return nil
}

// upheld reports whether something is kept up towards the trunk.
func (t *Trunk) upheld() bool { return t.Register != "" || t.Ping > 0 }

// sameUpkeep reports whether what is kept up stays the same.
func sameUpkeep(a, b *Trunk) bool {
	if !a.upheld() && !b.upheld() {
		return true
	}
	return a.Register == b.Register && a.RegisterExpiry == b.RegisterExpiry && a.Ping == b.Ping && a.Target == b.Target && a.Credentials == b.Credentials
}
