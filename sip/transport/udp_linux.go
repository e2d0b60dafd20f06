package transport

import (
	"encoding/binary"
	"errors"
	"net/netip"
	"syscall"

	"golang.org/x/sys/unix"
)

// sharesPorts: the kernel spreads datagrams over sockets that share a port, and
// keeps those of one sender on one socket, so that their order stays.
const sharesPorts = true

// setSocketOptions asks for a shared port and for ICMP errors of each datagram
// in the socket's error queue (ip(7), IP_RECVERR).
func setSocketOptions(c syscall.RawConn, v6, shared bool) error {
	var err error
	cerr := c.Control(func(fd uintptr) {
		if shared {
			err = unix.SetsockoptInt(int(fd), unix.SOL_SOCKET, unix.SO_REUSEPORT, 1)
		}
		if err != nil {
			return
		}
		if v6 {
			err = unix.SetsockoptInt(int(fd), unix.IPPROTO_IPV6, unix.IPV6_RECVERR, 1)
		} else {
			err = unix.SetsockoptInt(int(fd), unix.IPPROTO_IP, unix.IP_RECVERR, 1)
		}
	})
	return errors.Join(cerr, err)
}

// isForeign tells errors that sendto may return for an earlier datagram.
func isForeign(err error) bool {
	return errors.Is(err, syscall.ECONNREFUSED) || errors.Is(err, syscall.EHOSTUNREACH) || errors.Is(err, syscall.ENETUNREACH)
}

// drainErrors empties the error queue, 64 entries at most, and tells of each
// request that an ICMP error brought back (RFC 3261 §18.4). The kernel returns
// where the datagram went and how it began, which is enough to find its branch;
// with less the transaction's own timer decides.
func (u *udpSocket) drainErrors(tell func(branch string, to netip.AddrPort, err error)) {
	payload, oob := make([]byte, 1500), make([]byte, 512)
	for range 64 {
		var n, oobn int
		var from unix.Sockaddr
		err := u.raw.Control(func(fd uintptr) {
			var rerr error
			n, oobn, _, from, rerr = unix.Recvmsg(int(fd), payload, oob, unix.MSG_ERRQUEUE|unix.MSG_DONTWAIT)
			if rerr != nil {
				n = -1
			}
		})
		if err != nil || n < 0 {
			return
		}
		errno := icmpErrno(oob[:oobn])
		if errno == 0 || n < 8 || string(payload[:4]) == "SIP/" {
			continue
		}
		tell(branchIn(string(payload[:n])), sockaddr(from), errno)
	}
}

// icmpErrno returns the error of a destination that cannot be reached, 0 for
// all else (RFC 3261 §18.4 names what counts).
func icmpErrno(oob []byte) syscall.Errno {
	msgs, err := unix.ParseSocketControlMessage(oob)
	if err != nil {
		return 0
	}
	for _, m := range msgs {
		if len(m.Data) < 16 { // struct sock_extended_err
			continue
		}
		switch errno := syscall.Errno(binary.NativeEndian.Uint32(m.Data)); errno {
		case syscall.ECONNREFUSED, syscall.EHOSTUNREACH, syscall.ENETUNREACH, syscall.ENOPROTOOPT, syscall.EHOSTDOWN:
			return errno
		}
	}
	return 0
}

func sockaddr(sa unix.Sockaddr) netip.AddrPort {
	switch sa := sa.(type) {
	case *unix.SockaddrInet4:
		return netip.AddrPortFrom(netip.AddrFrom4(sa.Addr), uint16(sa.Port))
	case *unix.SockaddrInet6:
		return netip.AddrPortFrom(netip.AddrFrom16(sa.Addr).Unmap(), uint16(sa.Port))
	}
	return netip.AddrPort{}
}
