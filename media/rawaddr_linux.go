package media

import (
	"net/netip"
	"unsafe"

	"golang.org/x/sys/unix"
)

// rawAddr is an address as the kernel takes it.
type rawAddr struct {
	name   unix.RawSockaddrInet6
	length uint32
}

func newRawAddr(a netip.AddrPort) (r rawAddr) {
	port := swap(a.Port())
	if ip := a.Addr(); ip.Is4() {
		v4 := (*unix.RawSockaddrInet4)(unsafe.Pointer(&r.name))
		v4.Family, v4.Port, v4.Addr = unix.AF_INET, port, ip.As4()
		r.length = unix.SizeofSockaddrInet4
		return r
	}
	r.name.Family, r.name.Port, r.name.Addr = unix.AF_INET6, port, a.Addr().As16()
	r.length = unix.SizeofSockaddrInet6
	return r
}

// swap turns a port to network byte order and back: linux/amd64 and arm64 are
// little-endian.
func swap(port uint16) uint16 { return port<<8 | port>>8 }

func addrOf(r *unix.RawSockaddrInet6) netip.AddrPort {
	port := swap(r.Port)
	if r.Family == unix.AF_INET {
		v4 := (*unix.RawSockaddrInet4)(unsafe.Pointer(r))
		return netip.AddrPortFrom(netip.AddrFrom4(v4.Addr), port)
	}
	return netip.AddrPortFrom(netip.AddrFrom16(r.Addr).Unmap(), port)
}
