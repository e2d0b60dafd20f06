package sdp

// Direction says which way media flows, seen from the party whose description it stands in (RFC 3264 §5.1). The zero
// value is Inactive.
type Direction uint8

// The four directions. Sending and receiving are one bit each.
const (
	Inactive Direction = 0
	SendOnly Direction = 1
	RecvOnly Direction = 2
	SendRecv Direction = SendOnly | RecvOnly
)

// Send reports whether the party sends.
func (d Direction) Send() bool { return d&SendOnly != 0 }

// Receive reports whether the party wants to receive.
func (d Direction) Receive() bool { return d&RecvOnly != 0 }

// Reverse is the same flow seen from the other party: sendonly becomes recvonly.
func (d Direction) Reverse() Direction {
	return d&SendOnly<<1 | d&RecvOnly>>1
}

// String is the attribute's name: "sendrecv", "sendonly", "recvonly" or "inactive".
func (d Direction) String() string {
	switch d & SendRecv {
	case SendRecv:
		return "sendrecv"
	case SendOnly:
		return "sendonly"
	case RecvOnly:
		return "recvonly"
	default:
		return "inactive"
	}
}

// parseDirection knows the four property attributes; anything else is not a direction.
func parseDirection(name string) (Direction, bool) {
	switch name {
	case "sendrecv":
		return SendRecv, true
	case "sendonly":
		return SendOnly, true
	case "recvonly":
		return RecvOnly, true
	case "inactive":
		return Inactive, true
	}
	return Inactive, false
}
