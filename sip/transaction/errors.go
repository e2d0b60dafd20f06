package transaction

import (
	"errors"
	"fmt"
)

var (
	// ErrTimeout: timer B or F (no final answer) or H (no ACK) fired.
	ErrTimeout = errors.New("transaction timed out")
	// ErrTransport: the message could not be delivered; wrapped with the cause.
	ErrTransport = errors.New("transport failed")
	// ErrState: the transaction already has a final answer or has ended.
	ErrState = errors.New("transaction already answered")
	// ErrClosed: the layer was closed.
	ErrClosed = errors.New("transaction layer closed")
	// ErrMethod: ACK and CANCEL are not sent by Send.
	ErrMethod = errors.New("method has no transaction of its own")
)

func errTransport(cause error) error { return fmt.Errorf("%w: %w", ErrTransport, cause) }
