// Package ears assembles what listens to a call: it chooses the recognisers of a
// line and joins the detectors to package speech, so that what they find becomes
// evidence.
//
//	recogniser ─ words ─── claims ──────────┐
//	                                        │
//	sound ─┬─ known recordings ─────────────┼─ screening.Evidence
//	       ├─ tones: fax, modem ─ stop ─────┤
//	       └─ turns: monologue, talk-over ──┘
//
// The words that evidence carries have their digits masked. A transcript is
// handed out only for a line that says so, and masked as well.
//
// It holds no state beyond the call that an ear is made for, starts nothing, and
// knows neither the gateway nor the number database: both come as functions.
// It judges nothing: that is package screening's.
package ears
