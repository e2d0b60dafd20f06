// Package sipmsg decodes, inspects, builds and encodes SIP messages
// (RFC 3261 §7, §19, §20, §25), one message at a time, from a datagram or
// from a byte stream.
//
// A message keeps every header field in wire order as text. That list is what
// is forwarded and written; typed views (Via, NameAddr, URI, CSeq ...) are
// parsed from it when they are asked for. So nothing is lost or reordered by a
// message passing through.
//
// The package refuses what it cannot read in exactly one way: repeated
// single-value fields, numbers out of range, control characters, missing
// mandatory fields. It never puts CR, LF or NUL on the wire inside a value. It
// knows nothing of transactions, dialogs or session descriptions: a body is
// opaque, except that one part of a multipart body can be picked out.
//
// The grammar of URIs, Via and parameters is github.com/jart/gosip/sip. Plain
// forms are read by a scanner of our own that accepts only what gosip accepts
// and finds the same parts in it (the fuzz targets hold this); everything else
// is put before gosip. No gosip type is part of the API.
package sipmsg
