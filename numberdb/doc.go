// Package numberdb keeps what we know of telephone numbers: institutions and
// the numbers that they call from, scam reports, patterns, the protected lines
// and what merchants saved for them, in one SQLite file.
//
// Every edit is one entry in an ordered, hash-chained change log with author,
// time and reason, written in the same transaction as the tables, which are
// nothing but the log's result: the log can be verified, undone, replayed to
// any moment, and replicated. A number counts as verified only after a second
// person approved it.
//
// Look-ups never touch the file: Store.Index returns the immutable index of
// package numberdb/index, and Store.Run swaps a new one in when this or another
// process has edited. If the file can no longer be read, the last good index
// keeps serving.
//
// It does not judge a call and it trusts no import: what no person approved
// stays unverified.
package numberdb
