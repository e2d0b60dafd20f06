// Package numbering says what a telephone number is: it brings the caller
// number of a call, however a trunk spells it, into one normal form, names its
// class and says when it imitates another number by its form alone.
//
// It stands on libphonenumber's metadata (github.com/nyaruka/phonenumbers) and
// on dated data files of its own (data/) for what that lacks: the Chinese
// service codes, enterprise codes, SMS ports, IoT and satellite ranges.
//
// It knows no listing: whether a number belongs to a bank or to a scammer is
// numberdb's business. It refuses to guess: what is not a number is Malformed
// or Anonymous, never a number nearby. It does no I/O and has no clock.
//
// Forms read: RFC 3261 §19.1.1 (sip URI), RFC 3966 (tel URI, phone-context),
// ITU-T E.164 and E.123 (plain, +, 00).
package numbering
