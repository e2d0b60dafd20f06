package transport

import "errors"

var (
	// ErrClosed is returned by Send and Run after Close.
	ErrClosed = errors.New("transport closed")
	// ErrNoRoute: no listening socket fits the target's network and family.
	ErrNoRoute = errors.New("no socket for target")
	// ErrSlowPeer: the peer does not read; its connection was dropped.
	ErrSlowPeer = errors.New("peer does not read")
	// ErrTooMany: a connection limit of Config is reached.
	ErrTooMany = errors.New("too many connections")
	// ErrFlow: the connection that the target names is gone, and no other may be
	// made in its place.
	ErrFlow = errors.New("the flow to the target is gone")
	// ErrNoPong: the peer used to answer our keep-alive and does no more.
	ErrNoPong = errors.New("peer does not answer the keep-alive")
	// ErrTooLong: the message does not fit into a datagram.
	ErrTooLong = errors.New("message too long for a datagram")
)
