// Package stir checks signed caller identities: the Identity header field of RFC
// 8224 and the PASSporT in it (RFC 8225), plain or with the extensions shaken
// (RFC 8588), div (RFC 8946) and rcd (RFC 9795), signed with ES256 by a
// certificate that RFC 8226 binds to numbers or to a service provider.
//
// It is pure: certificates, roots, the call's numbers and the time are
// arguments, and nothing is fetched. Package stir/certs fetches. What comes of a
// check is a Result, a fact about the number; what to think of the call is for
// others.
//
// It refuses every algorithm but ES256, PASSporTs without a telephone number,
// compact ones with an extension (whose claims the call does not repeat), and
// certificates whose number list stands elsewhere (RFC 8226 §10.2). All input is
// bounded: see the constants.
package stir
