// Package hooks tells other systems what happens in calls: it posts events to
// the addresses of an operator's configuration, to a program of his own or to a
// robot of a WeCom, DingTalk or Feishu group.
//
//	Take ── queue ── hooks.db ── one sender for each hook ── POST, signed
//	       (1,024,   (waiting,    (due first; backs off,
//	        dropped)  dead)        ten tries in all)
//
// Take never waits: events come from running calls. What could not be delivered
// is kept as dead, to be looked at and sent again. An event carries what a
// duty desk needs and no more: neither the name that the caller chose nor
// anything that was said, and the number is masked where the hook asks for it.
//
// It connects to public addresses only, unless a hook is marked private, and
// follows no redirect: an address in a configuration is no way into the network
// that the gateway stands in.
package hooks
