// Package claims finds in what a caller says the claims and requests that a
// verdict rests on: "your POS terminal has been frozen", "read me the code".
//
//	text ── tokenise ── concepts ── rules ────────── findings ─┐
//	        (fold:      (lexicon:   (sequences of    (label,    ├─ Assessment
//	         NFKC,       words and   concepts with    words,    │  ok, suspicious, scam
//	         homophones) phrases)    cancellers)      rule)     │  with what it rests on
//	                          └───────────── model ── score ────┘
//
// Words, concepts and rules are data (data/*.yaml) that an analyst edits, each
// rule with sentences that it must and must not match. The statistical model
// (model.bin, made by `ringward claims train`) weighs the same concepts and
// rules together with word sequences.
//
// A Detector follows one call turn by turn, in constant memory; what it says
// after a turn rests on that turn and those before it alone. Only the caller's
// side makes claims. The merchant's side shows compliance: digits read aloud,
// consent to share a screen.
//
// The package does no I/O, starts no goroutine and keeps no text beyond the
// turn at hand; the words it quotes have their digits masked. It does not know
// telephone numbers: whether a claim is backed by the caller's number is for
// package screening to say, which joins Labels to its own kinds by name.
package claims
