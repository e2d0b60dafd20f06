package webrtc

import (
	"context"
	"errors"
	"fmt"
	"log/slog"
	"net"
	"net/netip"
	"strings"
	"sync"
	"time"

	"github.com/pion/ice/v4"
	"github.com/pion/logging"
	"github.com/pion/webrtc/v4"
)

// Config says how browsers reach us.
type Config struct {
	Addr        netip.Addr   // bound; every session is on this one port
	Port        uint16       // 0 is any free one
	Advertise   netip.Addr   // told to browsers; zero means Addr
	Servers     []Server     // STUN and TURN; none means that browsers reach Advertise directly
	MaxSessions int          // at once; 0 is 200
	Log         *slog.Logger // nil means no log
}

// Server is a STUN or TURN server, for gateways that browsers cannot reach
// directly.
type Server struct {
	URL            string // stun:host:port, turn:host:port?transport=udp, turns:...
	User, Password string // of TURN
}

// Sentinels of Open.
var (
	ErrFull   = errors.New("as many browsers as allowed are connected")
	ErrClosed = errors.New("browsers are not served")
	ErrOffer  = errors.New("the browser's offer cannot be used")
	ErrCodec  = errors.New("the browser has none of the call's codecs")
)

const (
	defaultSessions = 200

	// A path that is silent for as long is in doubt, and then lost.
	pathDoubtful = 5 * time.Second
	pathLost     = 30 * time.Second
	keepAlive    = 2 * time.Second

	gatherLimit = 3 * time.Second
	stunLimit   = 2 * time.Second
	// maxPacket is the longest datagram that is taken.
	maxPacket = 1500
)

// Endpoint is where browsers reach us.
type Endpoint struct {
	cfg      Config
	log      *slog.Logger
	conn     *net.UDPConn
	settings webrtc.SettingEngine

	mu       sync.Mutex
	sessions map[*Session]struct{} // guarded by mu; nil while nobody is served
	opening  int
}

// New binds the port. It serves nothing: call Run.
func New(cfg Config) (*Endpoint, error) {
	if !cfg.Addr.IsValid() {
		return nil, errors.New("browsers: Addr is missing: give the address to bind their port to")
	}
	if cfg.Addr.IsUnspecified() && !cfg.Advertise.IsValid() {
		return nil, fmt.Errorf("browsers: Addr %s says no address to send to: give Advertise as well", cfg.Addr)
	}
	if cfg.MaxSessions <= 0 {
		cfg.MaxSessions = defaultSessions
	}
	if cfg.Log == nil {
		cfg.Log = slog.New(slog.DiscardHandler)
	}
	for _, s := range cfg.Servers {
		if _, err := serverURL(s.URL); err != nil {
			return nil, err
		}
	}
	conn, err := net.ListenUDP("udp", net.UDPAddrFromAddrPort(netip.AddrPortFrom(cfg.Addr, cfg.Port)))
	if err != nil {
		return nil, fmt.Errorf("port for browsers: %w", err)
	}
	return &Endpoint{cfg: cfg, log: cfg.Log, conn: conn}, nil
}

// serverURL reads the address of a STUN or TURN server.
func serverURL(s string) (scheme string, err error) {
	scheme, rest, ok := strings.Cut(s, ":")
	switch {
	case ok && rest != "" && (scheme == "stun" || scheme == "stuns" || scheme == "turn" || scheme == "turns"):
		return scheme, nil
	}
	return "", fmt.Errorf("browsers: %q is no STUN or TURN server: write for example stun:stun.example.com:3478", s)
}

// Addr is the bound port.
func (e *Endpoint) Addr() netip.AddrPort {
	return e.conn.LocalAddr().(*net.UDPAddr).AddrPort()
}

// Run serves browsers until ctx ends, then closes the sessions that are left.
// It is to be called once.
func (e *Endpoint) Run(ctx context.Context) error {
	mux := ice.NewUDPMuxDefault(ice.UDPMuxParams{UDPConn: e.conn, Logger: logger{e.log}})
	if err := e.begin(mux); err != nil {
		_ = mux.Close()
		return err
	}
	e.log.Info("browsers can be reached", "addr", e.Addr(), "servers", len(e.cfg.Servers))
	<-ctx.Done()
	for _, s := range e.end() {
		s.Close()
	}
	return mux.Close()
}

// begin makes the settings that all sessions share.
func (e *Endpoint) begin(mux ice.UDPMux) error {
	s := &e.settings
	s.LoggerFactory = loggers{e.log}
	s.SetICEUDPMux(mux)
	s.SetNetworkTypes([]webrtc.NetworkType{webrtc.NetworkTypeUDP4, webrtc.NetworkTypeUDP6})
	s.SetICEMulticastDNSMode(ice.MulticastDNSModeDisabled)
	s.SetIncludeLoopbackCandidate(e.cfg.Addr.IsLoopback())
	s.SetICETimeouts(pathDoubtful, pathLost, keepAlive)
	s.SetSTUNGatherTimeout(stunLimit)
	s.SetReceiveMTU(maxPacket)
	s.DisableActiveTCP(true)
	if a := e.cfg.Advertise; a.IsValid() && a != e.cfg.Addr {
		err := s.SetICEAddressRewriteRules(webrtc.ICEAddressRewriteRule{External: []string{a.String()}, AsCandidateType: webrtc.ICECandidateTypeHost, Mode: webrtc.ICEAddressRewriteReplace})
		if err != nil {
			return fmt.Errorf("advertise %s to browsers: %w", a, err)
		}
	}
	e.mu.Lock()
	defer e.mu.Unlock()
	e.sessions = map[*Session]struct{}{}
	return nil
}

// end takes no more sessions and gives those that are left.
func (e *Endpoint) end() []*Session {
	e.mu.Lock()
	defer e.mu.Unlock()
	var left []*Session
	for s := range e.sessions {
		left = append(left, s)
	}
	e.sessions = nil
	return left
}

// Close lets go of the port of an endpoint that was never run.
func (e *Endpoint) Close() error { return e.conn.Close() }

// Sessions is how many browsers are connected or about to be.
func (e *Endpoint) Sessions() int {
	e.mu.Lock()
	defer e.mu.Unlock()
	return len(e.sessions) + e.opening
}

// reserve takes a place for a session that is being opened.
func (e *Endpoint) reserve() error {
	e.mu.Lock()
	defer e.mu.Unlock()
	switch {
	case e.sessions == nil:
		return ErrClosed
	case len(e.sessions)+e.opening >= e.cfg.MaxSessions:
		return ErrFull
	}
	e.opening++
	return nil
}

// settle turns a reserved place into a session's, or gives it back for nil.
func (e *Endpoint) settle(s *Session) error {
	e.mu.Lock()
	defer e.mu.Unlock()
	e.opening--
	switch {
	case s == nil:
		return nil
	case e.sessions == nil:
		return ErrClosed
	}
	e.sessions[s] = struct{}{}
	return nil
}

func (e *Endpoint) forget(s *Session) {
	e.mu.Lock()
	defer e.mu.Unlock()
	delete(e.sessions, s)
}

// servers is the configuration of one connection.
func (e *Endpoint) servers() webrtc.Configuration {
	var c webrtc.Configuration
	for _, s := range e.cfg.Servers {
		c.ICEServers = append(c.ICEServers, webrtc.ICEServer{URLs: []string{s.URL}, Username: s.User, Credential: s.Password})
	}
	return c
}

// loggers hands pion's own log on, a level lower: what it warns of is a peer's
// doing as a rule.
type loggers struct{ log *slog.Logger }

// NewLogger names a part of pion.
func (l loggers) NewLogger(scope string) logging.LeveledLogger {
	return logger{l.log.With("part", scope)}
}
