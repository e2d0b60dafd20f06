// Package calllog keeps what happened in each call: who called which line, the verdicts with their reasons and the
// versions of index and rules behind them, what was done, which warnings were played, which keys were pressed, how the
// call ended and what its media looked like. It is one SQLite file, apart from the number database, with a retention.
//
// It keeps no sound and nothing that was said. It never holds a call up: Keep puts a record into a bounded buffer and
// returns; one writer takes it from there. While the disk is full or the file is locked the buffer waits, and when it
// is full records are dropped, counted and reported once a minute.
//
// Records are written with synchronous=NORMAL: a loss of power may cost the last seconds of the log, never the file.
// A record names persons (telephone numbers), so the file is readable by its owner only, deleted calls are overwritten,
// and an export can hash the numbers.
package calllog
