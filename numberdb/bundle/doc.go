// Package bundle carries tables from one gateway to another in one signed file:
// a header that names the issuer, a sequence and a time, the header's Ed25519
// signature, and the tables, each gzipped and named in the header by size and
// SHA-256.
//
//	ringward-bundle 1 LF
//	header, one line of JSON LF
//	signature of the two lines above, base64 LF
//	tables, in the header's order
//
// A reader believes nothing before the signature of a key that it was told to
// trust, then nothing that the header does not name. A Ledger remembers how far
// each issuer is, so that an old bundle is not taken for a new one, and a Feed
// looks for bundles in a folder or at an HTTPS address.
//
// The package does not know what the tables hold and changes no database.
package bundle

import "errors"

// What is refused, for errors.Is.
var (
	ErrFormat    = errors.New("not a bundle")
	ErrUntrusted = errors.New("bundle is not signed by a trusted key")
	ErrDamaged   = errors.New("bundle is damaged")
	ErrReplayed  = errors.New("bundle is not newer than the last one of its issuer")
	ErrOld       = errors.New("bundle is too old")
	ErrFuture    = errors.New("bundle comes from the future: a clock is wrong")
	ErrAddress   = errors.New("address is not allowed")
	ErrTooLarge  = errors.New("bundle is too large")
)
