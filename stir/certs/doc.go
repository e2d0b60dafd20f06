// Package certs fetches the certificates that caller identities are signed with,
// and keeps them: over HTTPS, from public addresses alone, with limits on size,
// time, number and how many at once.
//
// The address of a certificate comes from whoever calls. So it is not followed
// anywhere: no redirection, no proxy, no port but 443 and 8443, and never to an
// address that is private, loopback, link-local or otherwise nobody's in public;
// that is looked at when the connection is made, after the name was resolved, so
// that no answer of a name server leads inside.
package certs
