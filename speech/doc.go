// Package speech hears: it runs the detectors and recognisers of a call and
// turns what they find into evidence.
//
//	            ┌ SoundDetector (known recordings, tones, turns) ──────────┐
//	Source ─ Ear┤                                                          ├─ Evidence()
//	(the tap)   └ Voice ─ tape ─ stream ─ Pool ─ recogniser                │
//	                             (one a side and engine)  └ WordDetector ──┘
//
// An Ear is one listened call, one goroutine. Each side's sound passes a gate
// (Voice), so that silence costs nothing, onto a tape: a ring in memory of a
// few seconds that the recogniser reads from. A recogniser that is slow loses
// the oldest sound, one that dies is opened again and hears the last two
// seconds once more, and where words may have been lost the evidence says from
// when to when (NotHeard). Whatever a recogniser does, the call does not notice.
//
// What it refuses: to keep sound longer than the tape, to keep or report words
// before their digits are masked (MaskDigits), and to trust what a recogniser
// says beyond package engine's bounds. It opens no socket and no process: the
// engines below speech/engine do.
package speech
