package media

import (
	"context"
	"errors"
	"fmt"
	"net/netip"
	"sync"
	"time"
	"unsafe"

	"golang.org/x/sys/unix"
)

func newNetwork(cfg Config) network {
	if cfg.plain {
		return newPlainNet(cfg)
	}
	return &epollNet{now: cfg.Clock, dscp: int(cfg.DSCP), epoll: -1, event: -1}
}

// epollNet is one epoll loop with raw system calls, for any number of ports: no
// goroutine a call, no allocation a packet, none of the netpoller's cost.
type epollNet struct {
	now  func() time.Time
	dscp int

	mu    sync.Mutex // of what follows; held over system calls that don't wait
	epoll int        // -1 while not running
	event int        // eventfd that wakes the loop
	slots []*epollPort
	free  []int32 // slots without a port
}

// epollPort is one bound socket. mu is held over each system call on it, so
// that none meets a descriptor that was closed and given to somebody else.
type epollPort struct {
	n    *epollNet
	in   *inlet
	slot int32

	mu sync.Mutex
	fd int // -1 when closed
}

const (
	wakeSlot  = -1
	batchSize = 128
)

func (n *epollNet) listen(at netip.AddrPort, in *inlet) (conn, error) {
	fd, err := bindUDP(at, n.dscp)
	if err != nil {
		return nil, err
	}
	p := &epollPort{n: n, in: in, fd: fd}
	n.mu.Lock()
	defer n.mu.Unlock()
	if k := len(n.free); k > 0 {
		p.slot, n.free = n.free[k-1], n.free[:k-1]
		n.slots[p.slot] = p
	} else {
		p.slot = int32(len(n.slots))
		n.slots = append(n.slots, p)
	}
	if n.epoll < 0 {
		return p, nil
	}
	if err := n.watch(fd, p.slot); err != nil {
		n.drop(p.slot)
		unix.Close(fd)
		return nil, err
	}
	return p, nil
}

// bindUDP opens a socket that never waits.
func bindUDP(at netip.AddrPort, dscp int) (fd int, err error) {
	family, level, option := unix.AF_INET, unix.IPPROTO_IP, unix.IP_TOS
	var name unix.Sockaddr = &unix.SockaddrInet4{Port: int(at.Port())}
	if ip := at.Addr().Unmap(); ip.Is4() {
		name.(*unix.SockaddrInet4).Addr = ip.As4()
	} else {
		family, level, option = unix.AF_INET6, unix.IPPROTO_IPV6, unix.IPV6_TCLASS
		name = &unix.SockaddrInet6{Port: int(at.Port()), Addr: ip.As16()}
	}
	fd, err = unix.Socket(family, unix.SOCK_DGRAM|unix.SOCK_NONBLOCK|unix.SOCK_CLOEXEC, 0)
	if err != nil {
		return -1, fmt.Errorf("open a UDP socket: %w", err)
	}
	if family == unix.AF_INET6 {
		err = unix.SetsockoptInt(fd, unix.IPPROTO_IPV6, unix.IPV6_V6ONLY, 1)
	}
	if err == nil {
		err = unix.Bind(fd, name)
	}
	if err != nil {
		unix.Close(fd)
		return -1, fmt.Errorf("bind %s: %w", at, err)
	}
	if dscp != 0 { // an unmarked packet is better than none: errors are left
		_ = unix.SetsockoptInt(fd, level, option, dscp<<2)
	}
	return fd, nil
}

func (n *epollNet) watch(fd int, slot int32) error {
	return unix.EpollCtl(n.epoll, unix.EPOLL_CTL_ADD, fd, &unix.EpollEvent{Events: unix.EPOLLIN, Fd: slot})
}

func (n *epollNet) drop(slot int32) {
	n.slots[slot] = nil
	n.free = append(n.free, slot)
}

func (p *epollPort) close() {
	p.mu.Lock()
	fd := p.fd
	p.fd = -1
	if fd >= 0 {
		unix.Close(fd) // leaves the epoll set by itself
	}
	p.mu.Unlock()
	if fd < 0 {
		return
	}
	p.n.mu.Lock()
	defer p.n.mu.Unlock()
	p.n.drop(p.slot)
}

func (n *epollNet) open() error {
	n.mu.Lock()
	defer n.mu.Unlock()
	var err error
	if n.event, err = unix.Eventfd(0, unix.EFD_NONBLOCK|unix.EFD_CLOEXEC); err != nil {
		return fmt.Errorf("open eventfd: %w", err)
	}
	if n.epoll, err = unix.EpollCreate1(unix.EPOLL_CLOEXEC); err != nil {
		return fmt.Errorf("open epoll: %w", err)
	}
	if err := n.watch(n.event, wakeSlot); err != nil {
		return fmt.Errorf("watch eventfd: %w", err)
	}
	for _, p := range n.slots {
		if p == nil {
			continue
		}
		p.mu.Lock()
		fd := p.fd
		if fd >= 0 {
			err = n.watch(fd, p.slot)
		}
		p.mu.Unlock()
		if err != nil {
			return fmt.Errorf("watch a media port: %w", err)
		}
	}
	return nil
}

func (n *epollNet) shut() {
	n.mu.Lock()
	defer n.mu.Unlock()
	for _, fd := range []*int{&n.epoll, &n.event} {
		if *fd >= 0 {
			unix.Close(*fd)
		}
		*fd = -1
	}
}

func (n *epollNet) wake() {
	n.mu.Lock()
	defer n.mu.Unlock()
	if n.event >= 0 {
		one := [8]byte{7: 1}
		_, _ = unix.Write(n.event, one[:]) // full means awake
	}
}

func (n *epollNet) run(ctx context.Context, w *worker) error {
	defer n.shut()
	if err := n.open(); err != nil {
		return err
	}
	defer context.AfterFunc(ctx, n.wake)()
	l := epollLoop{n: n, buf: make([]byte, bufferSize)}
	next := time.Time{}
	for ctx.Err() == nil {
		if w.isDue(next) { // perhaps since before run
			next = w.tick(n.now())
		}
		timeout := -1
		if !next.IsZero() {
			timeout = millis(time.Until(next))
		}
		if err := l.turn(timeout); err != nil {
			return err
		}
	}
	return nil
}

// millis rounds up: epoll counts in milliseconds.
func millis(d time.Duration) int {
	return int((max(d, 0) + time.Millisecond - 1) / time.Millisecond)
}

// epollLoop is what one loop works with.
type epollLoop struct {
	n      *epollNet
	buf    []byte
	events [batchSize]unix.EpollEvent
	ports  [batchSize]*epollPort
	from   unix.RawSockaddrInet6 // large enough for both families
}

// turn waits for packets and takes one from every port that has some.
func (l *epollLoop) turn(timeout int) error {
	k, err := unix.EpollWait(l.n.epoll, l.events[:], timeout)
	if err != nil && !errors.Is(err, unix.EINTR) {
		return fmt.Errorf("wait for media: %w", err)
	}
	if k <= 0 {
		return nil
	}
	l.n.mu.Lock()
	for i, e := range l.events[:k] {
		l.ports[i] = nil
		if e.Fd == wakeSlot {
			var b [8]byte
			_, _ = unix.Read(l.n.event, b[:])
		} else if int(e.Fd) < len(l.n.slots) {
			l.ports[i] = l.n.slots[e.Fd]
		}
	}
	l.n.mu.Unlock()
	now := l.n.now()
	for i, p := range l.ports[:k] {
		if p != nil {
			l.receive(p, now)
			l.ports[i] = nil
		}
	}
	return nil
}

func (l *epollLoop) receive(p *epollPort, now time.Time) {
	size := p.recv(l.buf, &l.from)
	if size < 0 {
		return
	}
	p.in.deliver(l.buf[:min(size, len(l.buf))], size, addrOf(&l.from), now)
}

// recv takes one datagram and returns its whole size, or -1.
func (p *epollPort) recv(buf []byte, from *unix.RawSockaddrInet6) int {
	length := uint32(unsafe.Sizeof(*from))
	p.mu.Lock()
	defer p.mu.Unlock()
	if p.fd < 0 {
		return -1
	}
	size, _, errno := unix.RawSyscall6(unix.SYS_RECVFROM, uintptr(p.fd),
		uintptr(unsafe.Pointer(&buf[0])), uintptr(len(buf)), unix.MSG_DONTWAIT|unix.MSG_TRUNC,
		uintptr(unsafe.Pointer(from)), uintptr(unsafe.Pointer(&length)))
	if errno != 0 {
		return -1
	}
	return int(size)
}

func (p *epollPort) send(b []byte, to *target) bool {
	if p.fd < 0 { // written under the bridge's mutex, as this is called
		return false
	}
	_, _, errno := unix.RawSyscall6(unix.SYS_SENDTO, uintptr(p.fd),
		uintptr(unsafe.Pointer(&b[0])), uintptr(len(b)), unix.MSG_DONTWAIT|unix.MSG_NOSIGNAL,
		uintptr(unsafe.Pointer(&to.raw.name)), uintptr(to.raw.length))
	return errno == 0
}
