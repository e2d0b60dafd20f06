// Package console is what people and programs see of the gateway: pages for
// merchants, operators and auditors, an HTTP API under /v1, and live events.
//
//	request ── listener ── guard ── who ── right ── audit ── page or operation
//	           (64 per     (host,   (session, (role,  (written  (HTML, JSON,
//	            address)    limits,  token)    scope,  before    server-sent
//	                        headers)           lines)  the read) events)
//
// It conducts no call and keeps no call: it reads the call log and the number
// database, hears of running calls through Tell, and acts on them through the
// small interfaces of sources.go, which cmd plugs in. A merchant sees the calls
// of his own lines and nothing else; every read of a call is in the audit
// before it is answered.
//
// It refuses what it cannot hold to: foreign Host and Origin, compressed
// bodies, inline script. Text that came with a call is only ever shown as text.
//
// RFC 9110 and 9112 (HTTP), RFC 6265 (cookies), RFC 6750 (bearer tokens), RFC
// 9457 (problem details), the Server-Sent Events of the HTML standard, OpenAPI
// 3.1.
package console
