package transport

import (
	"encoding/binary"
	"net"
	"net/netip"
	"strconv"
	"sync"
	"syscall"
	"unsafe"

	"golang.org/x/sys/unix"
)

// Datagrams are read as many at a time as wait, and both directions by raw
// system calls on sockets that never wait: no call of ours can make the runtime
// hand the processor over, and its monitor sleeps instead of looking whether one
// did. Waiting is left to the netpoller.

// batchSize is the most datagrams read by one system call.
const batchSize = 16

// mmsghdr is the kernel's struct mmsghdr (recvmmsg(2)).
type mmsghdr struct {
	hdr unix.Msghdr
	n   uint32
	_   [unsafe.Sizeof(uintptr(0)) - 4]byte
}

// udpReader is what one reader of a socket reads into.
type udpReader struct {
	raw   syscall.RawConn
	hdrs  [batchSize]mmsghdr
	iovs  [batchSize]unix.Iovec
	names [batchSize]unix.RawSockaddrInet6 // room for both families
	buf   []byte                           // maxDatagram for each; what is never written takes no memory
	out   [batchSize]datagram
	got   int
	errno syscall.Errno
	try   func(fd uintptr) bool // made once: a closure for each call would be an allocation
}

func (u *udpSocket) reader() *udpReader {
	r := &udpReader{raw: u.raw, buf: make([]byte, batchSize*maxDatagram)}
	for i := range r.hdrs {
		r.iovs[i].Base = &r.buf[i*maxDatagram]
		r.iovs[i].SetLen(maxDatagram)
		r.hdrs[i].hdr.Name = (*byte)(unsafe.Pointer(&r.names[i]))
		r.hdrs[i].hdr.Iov = &r.iovs[i]
		r.hdrs[i].hdr.SetIovlen(1)
	}
	r.try = func(fd uintptr) bool {
		for {
			n, _, errno := unix.RawSyscall6(unix.SYS_RECVMMSG, fd, uintptr(unsafe.Pointer(&r.hdrs[0])), batchSize, unix.MSG_DONTWAIT, 0, 0)
			if errno == unix.EINTR {
				continue
			}
			r.got, r.errno = int(n), errno
			return errno != unix.EAGAIN
		}
	}
	return r
}

// read waits for datagrams and returns all that wait, valid until the next
// read. An error may be the ICMP error of a datagram sent earlier.
func (r *udpReader) read() ([]datagram, error) {
	for i := range r.hdrs {
		r.hdrs[i].hdr.Namelen = unix.SizeofSockaddrInet6
	}
	if err := r.raw.Read(r.try); err != nil {
		return nil, err
	}
	if r.errno != 0 {
		return nil, r.errno
	}
	for i := range r.got {
		at := i * maxDatagram
		r.out[i] = datagram{r.buf[at : at+int(r.hdrs[i].n)], fromName(&r.names[i])}
	}
	return r.out[:r.got], nil
}

// fromName reads an address that the kernel wrote; an IPv4 one in IPv6 is IPv4.
func fromName(name *unix.RawSockaddrInet6) netip.AddrPort {
	switch name.Family {
	case unix.AF_INET:
		v4 := (*unix.RawSockaddrInet4)(unsafe.Pointer(name))
		return netip.AddrPortFrom(netip.AddrFrom4(v4.Addr), netPort(&v4.Port))
	case unix.AF_INET6:
		a := netip.AddrFrom16(name.Addr).Unmap()
		if name.Scope_id != 0 && a.IsLinkLocalUnicast() {
			a = a.WithZone(zones.name(name.Scope_id))
		}
		return netip.AddrPortFrom(a, netPort(&name.Port))
	}
	return netip.AddrPort{}
}

// netPort reads a port in network order.
func netPort(p *uint16) uint16 { return binary.BigEndian.Uint16((*[2]byte)(unsafe.Pointer(p))[:]) }

// udpSend is one datagram on its way out.
type udpSend struct {
	b     []byte
	name  unix.RawSockaddrInet6
	size  uintptr
	errno syscall.Errno
	try   func(fd uintptr)
}

var udpSends = sync.Pool{New: func() any {
	s := &udpSend{}
	s.try = func(fd uintptr) {
		_, _, s.errno = unix.RawSyscall6(unix.SYS_SENDTO, fd, uintptr(unsafe.Pointer(unsafe.SliceData(s.b))), uintptr(len(s.b)),
			unix.MSG_DONTWAIT, uintptr(unsafe.Pointer(&s.name)), s.size)
	}
	return s
}}

// write sends one datagram. Where the socket would have to wait, or the address
// has a zone, the slower way of package net does it.
func (u *udpSocket) write(b []byte, to netip.AddrPort) error {
	a := to.Addr()
	if a.Zone() != "" || a.Is4() != u.is4 {
		_, err := u.conn.WriteToUDPAddrPort(b, to)
		return err
	}
	s := udpSends.Get().(*udpSend)
	defer udpSends.Put(s)
	s.b, s.size = b, unix.SizeofSockaddrInet6
	if u.is4 {
		v4 := (*unix.RawSockaddrInet4)(unsafe.Pointer(&s.name))
		*v4 = unix.RawSockaddrInet4{Family: unix.AF_INET, Addr: a.As4()}
		binary.BigEndian.PutUint16((*[2]byte)(unsafe.Pointer(&v4.Port))[:], to.Port())
		s.size = unix.SizeofSockaddrInet4
	} else {
		s.name = unix.RawSockaddrInet6{Family: unix.AF_INET6, Addr: a.As16()}
		binary.BigEndian.PutUint16((*[2]byte)(unsafe.Pointer(&s.name.Port))[:], to.Port())
	}
	if err := u.raw.Control(s.try); err != nil {
		return err
	}
	s.b = nil
	switch s.errno {
	case 0:
		return nil
	case unix.EAGAIN, unix.EINTR:
		_, err := u.conn.WriteToUDPAddrPort(b, to)
		return err
	}
	return s.errno
}

// zones remembers the names of interfaces: package net asks the kernel for the
// whole list each time.
var zones zoneNames

type zoneNames struct {
	mu    sync.Mutex
	names map[uint32]string
}

// maxZones bounds what is remembered.
const maxZones = 256

func (z *zoneNames) name(index uint32) string {
	z.mu.Lock()
	defer z.mu.Unlock()
	if n, ok := z.names[index]; ok {
		return n
	}
	if z.names == nil || len(z.names) >= maxZones {
		z.names = map[uint32]string{}
	}
	n := strconv.FormatUint(uint64(index), 10)
	if i, err := net.InterfaceByIndex(int(index)); err == nil {
		n = i.Name
	}
	z.names[index] = n
	return n
}
