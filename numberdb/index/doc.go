// Package index is the look-up structure that calls are judged with: an
// immutable picture of the number database, built once and read by every call
// at the same time, without locks, input or output.
//
// It holds listings (registered numbers and scam reports), patterns (prefixes
// and ranges), institutions by name and hotline, merchants' saved numbers, and
// the near misses of listed hotlines (imitations). A change makes a new Index
// that shares the large part with the old one (see Index.Edit); the old one
// stays valid for the calls that began with it.
//
// It decides nothing: what a listing means for a call is screening's business.
// It has no clock: listings carry their days of validity, the caller compares.
// Numbers are in the normal form of package numbering (ITU-T E.164).
package index
