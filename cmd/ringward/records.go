package main

import (
	"context"
	"log/slog"
	"sync"
	"sync/atomic"
	"time"

	"ringward/calllog"
	"ringward/gateway"
	"ringward/numberdb"
)

// recorder hands finished calls to the call log, and to whoever else watches.
type recorder struct {
	log    atomic.Pointer[calllog.Log] // nil: calls are not recorded, for now
	also   func(gateway.Record)
	meters *meters
}

// Keep never blocks: the call log drops and counts when it cannot keep up.
func (r *recorder) Keep(g gateway.Record) {
	if l := r.log.Load(); l != nil {
		l.Keep(toCallLog(g))
	}
	if r.meters != nil {
		r.meters.record(g)
	}
	if r.also != nil {
		r.also(g)
	}
}

func toCallLog(g gateway.Record) calllog.Record {
	r := calllog.Record{
		Summary: calllog.Summary{
			ID: g.ID, Trunk: g.Trunk, Line: g.Line, Caller: g.Caller, CallerName: g.CallerName,
			Start: g.Start, Answered: g.Answered, End: g.End, Level: calllog.Level(g.Verdict.Level),
			Action: g.Action.String(), Outcome: string(g.Outcome), Status: g.Status, EndedBy: g.EndedBy,
		},
		CallerRaw: g.CallerRaw, Called: g.Called, Screened: g.Screened, Institution: g.Verdict.Institution,
		IndexVersion: g.IndexVersion, RulesVersion: g.RulesVersion,
		Media: calllog.Media{
			Codec: g.Media.Codec, FromCaller: g.Media.FromCaller, FromMerchant: g.Media.FromMerchant, Lost: g.Media.Lost,
			Foreign: g.Media.Foreign, NotAnalysed: g.Media.AnalysisImpossible,
			CallerJitter:   time.Duration(g.Media.CallerJitterMS * float64(time.Millisecond)),
			MerchantJitter: time.Duration(g.Media.MerchantJitMS * float64(time.Millisecond)),
		},
	}
	for _, reason := range g.Verdict.Reasons {
		r.Reasons = append(r.Reasons, calllog.Reason{Rule: reason.Rule, ZH: reason.Text.ZH, EN: reason.Text.EN})
	}
	for _, e := range g.Events {
		r.Events = append(r.Events, calllog.Event{At: e.At, Kind: e.Kind, Detail: e.Detail})
	}
	return r
}

// reporter takes merchants' reports into the number database. Each is written
// on a goroutine of its own, so that no call waits for the disk; wait joins them.
type reporter struct {
	db   *numberdb.Store
	log  *slog.Logger
	join sync.WaitGroup
}

// reportTimeout bounds the wait for a locked database.
const reportTimeout = 5 * time.Second

// Report keeps one report.
func (r *reporter) Report(rep gateway.Report) {
	if rep.Caller.IsZero() {
		return
	}
	r.join.Add(1)
	go func() {
		defer r.join.Done()
		ctx, cancel := context.WithTimeout(context.Background(), reportTimeout)
		defer cancel()
		edit := numberdb.Edit{Author: "line:" + rep.Line, Reason: "reported by key during call " + rep.CallID}
		if _, err := r.db.ReportScam(ctx, edit, rep.Caller, rep.Line, "reported"); err != nil {
			r.log.Error("a merchant's report was not kept", "line", rep.Line, "caller", rep.Caller.String(), "err", err)
		}
	}()
}

func (r *reporter) wait() { r.join.Wait() }
