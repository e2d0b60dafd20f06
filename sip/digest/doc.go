// Package digest is SIP's password authentication (RFC 3261 §22, RFC 7616, RFC
// 8760), for both ends: [Server] challenges and checks, [Credentials] answer.
//
// The server offers SHA-256 before MD5, demands qop=auth and a counted nonce,
// and keeps nothing for a challenge: a nonce carries its time and is bound to
// the address it was given to. What it remembers of nonces and of wrong guesses
// is bounded. An unknown user and a wrong password differ in nothing that the
// sender can see, the time included.
//
// It refuses: algorithms of session kind, auth-int, userhash, the form of RFC
// 2069 without qop (a server that still asks for it is answered), a nonce used
// twice, and guessing: a source of wrong answers gets silence or 403 for longer
// and longer, sooner where a user is under attack from many. A user is never
// locked out of an address that it is known from.
//
// The client end gives credentials to the realm that they are for and to
// nobody else, once a request, and only when asked by the address that the
// request went to.
//
// It knows no transport and no transactions; time is read from Config.Now.
package digest
