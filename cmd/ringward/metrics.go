package main

import (
	"fmt"
	"io"
	"maps"
	"slices"
	"strings"
	"sync/atomic"

	"ringward/gateway"
	"ringward/observe/prom"
	"ringward/screening"
)

// meters are what Prometheus sees: the rooms' own counters as they stand when it
// asks, and what is counted here as calls end. Labels are names of the
// configuration and of rules, never numbers or people.
type meters struct {
	ended, actions, rules, prompts, keys *prom.Counters
	notHeard                             atomic.Uint64
	duration, ringing, jitter            *prom.Histogram
}

func newMeters() *meters {
	return &meters{
		ended:    prom.NewCounters("ringward_calls_ended_total", "trunk", "outcome"),
		actions:  prom.NewCounters("ringward_actions_total", "action"),
		rules:    prom.NewCounters("ringward_rules_total", "rule", "level"),
		prompts:  prom.NewCounters("ringward_prompts_played_total", "prompt", "kind"),
		keys:     prom.NewCounters("ringward_keys_total", "key"),
		duration: prom.NewHistogram("ringward_call_duration_seconds", "", 1, 5, 15, 30, 60, 120, 300, 600, 1800, 3600),
		ringing:  prom.NewHistogram("ringward_post_dial_delay_seconds", "", .0005, .001, .0025, .005, .01, .025, .05, .1, .25, .5, 1, 2.5, 5),
		jitter:   prom.NewHistogram("ringward_rtp_jitter_seconds", "side", .001, .002, .005, .01, .02, .03, .05, .1),
	}
}

func (m *meters) write(w io.Writer) {
	for _, c := range []*prom.Counters{m.ended, m.actions, m.rules, m.prompts, m.keys} {
		c.Write(w)
	}
	prom.Counter(w, "ringward_not_heard_total", m.notHeard.Load())
	for _, h := range []*prom.Histogram{m.duration, m.ringing, m.jitter} {
		h.Write(w)
	}
}

// record counts a call that has ended.
func (m *meters) record(r gateway.Record) {
	m.ended.Inc(r.Trunk, string(r.Outcome))
	m.actions.Inc(r.Action.String())
	seen := map[string]bool{}
	for _, reason := range r.Verdict.Reasons {
		if !seen[reason.Rule] {
			seen[reason.Rule] = true
			m.rules.Inc(reason.Rule, r.Verdict.Level.String())
		}
	}
	for _, e := range r.Events {
		switch e.Kind {
		case "whisper", "announce":
			m.prompts.Inc(e.Detail, e.Kind)
		case "key":
			m.keys.Inc(e.Detail)
		case "not-heard":
			m.notHeard.Add(1)
		}
	}
	m.times(r)
}

// ringingStatus begins the provisional responses that a caller hears as ringing.
const ringingStatus = "18"

func (m *meters) times(r gateway.Record) {
	for _, e := range r.Events {
		if e.Kind == "progress" && strings.HasPrefix(e.Detail, ringingStatus) {
			m.ringing.Observe("", e.At.Seconds())
			break
		}
	}
	if r.Answered.IsZero() {
		return
	}
	m.duration.Observe("", r.End.Sub(r.Answered).Seconds())
	m.jitter.Observe("caller", r.Media.CallerJitterMS/1000)
	m.jitter.Observe("merchant", r.Media.MerchantJitMS/1000)
}

// writeMetrics writes everything in Prometheus' text format.
func (a *app) writeMetrics(w io.Writer) {
	a.writeCalls(w)
	a.writeSIP(w)
	a.writeMedia(w)
	a.writeRest(w)
	a.meters.write(w)
}

func (a *app) writeCalls(w io.Writer) {
	s := a.gateway.Stats()
	gauge(w, "ringward_calls_active", s.Active)
	gauge(w, "ringward_calls_limit", a.current().Limits.Calls)
	for _, c := range []struct {
		name string
		n    uint64
	}{
		{"ringward_calls_total", s.Calls}, {"ringward_calls_answered_total", s.Answered}, {"ringward_calls_blocked_total", s.Blocked},
		{"ringward_calls_refused_by_merchant_total", s.Refused}, {"ringward_calls_from_strangers_total", s.Rejected},
		{"ringward_calls_overloaded_total", s.Overloaded}, {"ringward_calls_shed_total", s.Shed}, {"ringward_calls_unscreened_total", s.Unscreened}, {"ringward_call_panics_total", s.Panics},
	} {
		prom.Counter(w, c.name, c.n)
	}
	// Written with 0 as well, so that a first alarm is an increase.
	prom.Type(w, "ringward_verdicts_total", "counter")
	for l := screening.LevelUnknown; l <= screening.LevelAlarm; l++ {
		fmt.Fprintf(w, "%s %d\n", prom.Series("ringward_verdicts_total", "level", l.String()), s.Verdicts[l])
	}
}

func (a *app) writeSIP(w io.Writer) {
	s := a.stack.Stats()
	t, x := s.Transport, s.Transaction
	family(w, "ringward_sip_requests_total", "counter", "method", map[string]map[string]uint64{"in": t.RequestsIn, "out": t.RequestsOut})
	family(w, "ringward_sip_responses_total", "counter", "code", map[string]map[string]uint64{"in": codes(t.ResponsesIn), "out": codes(t.ResponsesOut)})
	gauge(w, "ringward_sip_legs", s.Legs)
	gauge(w, "ringward_sip_server_transactions", x.Server)
	gauge(w, "ringward_sip_client_transactions", x.Client)
	gauge(w, "ringward_sip_handlers", x.Handlers)
	gauge(w, "ringward_sip_connections", t.Conns)
	for _, c := range []struct {
		name string
		n    uint64
	}{
		{"ringward_sip_repeats_total", x.Repeats}, {"ringward_sip_resent_total", x.Resent}, {"ringward_sip_timeouts_total", x.Timeouts},
		{"ringward_sip_overload_total", x.Overload}, {"ringward_sip_merged_total", x.Merged}, {"ringward_sip_undecodable_total", t.Undecodable},
		{"ringward_sip_stray_total", s.Strays + x.Stray}, {"ringward_sip_turned_away_total", t.Turned}, {"ringward_sip_send_errors_total", t.SendErrors},
		{"ringward_sip_connections_refused_total", t.Refused}, {"ringward_sip_handshakes_failed_total", t.Handshakes}, {"ringward_sip_slow_peers_total", t.SlowPeers},
		{"ringward_sip_panics_total", s.Panics + x.Panics + t.Panics},
	} {
		prom.Counter(w, c.name, c.n)
	}
}

func (a *app) writeMedia(w io.Writer) {
	s := a.media.Stats()
	gauge(w, "ringward_media_bridges", s.Bridges)
	gauge(w, "ringward_media_port_pairs", s.PairsTotal)
	gauge(w, "ringward_media_port_pairs_used", s.PairsInUse)
	gauge(w, "ringward_media_port_pairs_resting", s.PairsResting)
	gauge(w, "ringward_media_playing", s.Playing)
	for _, c := range []struct {
		name string
		n    uint64
	}{
		{"ringward_media_no_ports_total", s.NoPorts}, {"ringward_media_bind_failures_total", s.BindFailures}, {"ringward_media_faults_total", s.Faults},
		{"ringward_rtp_packets_in_total", s.Total.PacketsIn}, {"ringward_rtp_packets_out_total", s.Total.PacketsOut}, {"ringward_rtp_lost_total", s.Total.Lost},
		{"ringward_rtp_bytes_in_total", s.Total.BytesIn}, {"ringward_rtp_bytes_out_total", s.Total.BytesOut},
		{"ringward_rtp_foreign_total", s.Total.Foreign}, {"ringward_rtp_malformed_total", s.Total.Malformed}, {"ringward_rtp_blocked_total", s.Total.Blocked},
		{"ringward_rtp_send_errors_total", s.Total.SendErrors}, {"ringward_tap_dropped_total", s.Total.TapDropped}, {"ringward_rtcp_in_total", s.Total.RTCPIn},
	} {
		prom.Counter(w, c.name, c.n)
	}
}

// writeRest is what records, logs, captures and recognisers did.
func (a *app) writeRest(w io.Writer) {
	if l := a.recorder.log.Load(); l != nil {
		c := l.Counters()
		gauge(w, "ringward_records_waiting", c.Waiting)
		prom.Counter(w, "ringward_records_written_total", c.Written)
		prom.Counter(w, "ringward_records_dropped_total", c.Dropped)
		gauge(w, "ringward_records_failing", boolInt(c.Failing != nil))
	} else {
		gauge(w, "ringward_records_failing", 1)
	}
	if a.trace != nil {
		sent, lost := a.trace.Stats()
		prom.Counter(w, "ringward_hep_sent_total", sent)
		prom.Counter(w, "ringward_hep_lost_total", lost)
	}
	a.feeds.write(w)
	gauge(w, "ringward_numbers_failing", boolInt(a.numbers.Trouble() != nil))
	if a.dropped != nil {
		prom.Counter(w, "ringward_log_lines_dropped_total", a.dropped())
	}
	if p := a.hearing.worker; p != nil {
		s := p.Stats()
		gauge(w, "ringward_recogniser_worker_running", boolInt(s.Running))
		prom.Counter(w, "ringward_recogniser_worker_starts_total", s.Starts)
	}
	prom.Type(w, "ringward_info", "gauge")
	fmt.Fprintf(w, "%s 1\n", prom.Series("ringward_info", "rules", screening.RulesVersion(), "numbers", a.numbers.Index().Version()))
}

// family writes one metric with a direction and another label.
func family(w io.Writer, name, kind, label string, values map[string]map[string]uint64) {
	prom.Type(w, name, kind)
	for _, direction := range []string{"in", "out"} {
		for _, value := range slices.Sorted(maps.Keys(values[direction])) {
			fmt.Fprintf(w, "%s %d\n", prom.Series(name, "direction", direction, label, value), values[direction][value])
		}
	}
}

func codes(n map[int]uint64) map[string]uint64 {
	out := make(map[string]uint64, len(n))
	for code, v := range n {
		out[fmt.Sprint(code)] = v
	}
	return out
}

func gauge[N int | int64 | uint64](w io.Writer, name string, n N) {
	prom.Gauge(w, name, float64(n))
}

func boolInt(b bool) int {
	if b {
		return 1
	}
	return 0
}
