// Package screening judges a call: facts about it become evidence, evidence
// becomes a verdict, and a line's policy makes an action of the verdict.
//
//	who calls       CallerEvidence ──┐
//	what is heard   speech, keys ────┤ Evidence → Case.Add → Judge → Verdict
//	                                 │                         │
//	                                 │        Decide(Verdict, Policy) → Decision   before the phone rings
//	                                 └──────  Case.Due(at) → Warning               while the call runs
//
// The verdict is looked up in one table, matrix.tsv: the caller's class against
// what was heard. A registered number lowers suspicion of a claim, never of a
// request: nobody genuine asks for a code, a screen share or a transfer.
//
// The package refuses to guess at intent: its sentences say what was checked
// ("cannot be verified") and keep the word scam for numbers and recordings that
// are listed as such. It never blocks a call for what is said in it, and more
// evidence of guilt never lowers a verdict. Only the merchant's own key does.
//
// It is pure: no I/O, no clock, no goroutine. Time is an argument. Nothing in
// it is safe for concurrent use except on values that no one changes; a Case
// belongs to its call's goroutine.
//
// The scripts in testdata/*.call are its specification, written to be read and
// edited by fraud analysts; testdata/README.md describes their language.
//
// RFC 5079 (433 Anonymity Disallowed), RFC 8688 (608 Rejected) and
// ATIS-1000099 (603 Network Blocked) name the answers that Decide may ask for.
package screening
