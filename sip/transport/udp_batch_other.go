//go:build !linux

package transport

import "net/netip"

// udpReader reads one datagram at a time.
type udpReader struct {
	u   *udpSocket
	buf []byte
	out [1]datagram
}

func (u *udpSocket) reader() *udpReader {
	return &udpReader{u: u, buf: make([]byte, maxDatagram)}
}

func (r *udpReader) read() ([]datagram, error) {
	n, src, err := r.u.conn.ReadFromUDPAddrPort(r.buf)
	if err != nil {
		return nil, err
	}
	r.out[0] = datagram{r.buf[:n], netip.AddrPortFrom(src.Addr().Unmap(), src.Port())}
	return r.out[:], nil
}

func (u *udpSocket) write(b []byte, to netip.AddrPort) error {
	_, err := u.conn.WriteToUDPAddrPort(b, to)
	return err
}
