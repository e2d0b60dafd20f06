package digest

import (
	"crypto/subtle"
	"net/netip"
	"strings"
	"sync"
	"time"

	"ringward/sip/sipmsg"
)

// Config is what a Server is made of. Realm and Lookup are needed.
type Config struct {
	Realm string // shown to the user; no quote or backslash
	// Lookup returns the secret of a user. It is asked of users that do not exist
	// as well, must take the same time for both, and is called from many
	// goroutines.
	Lookup func(user string) (Secret, bool)
	// NoMD5 offers SHA-256 alone.
	NoMD5 bool
	// OnlyMD5, if set, says of which User-Agent values phones fail on an
	// algorithm that they do not know, though MD5 is offered as well: these are
	// offered MD5 alone, unless NoMD5 is set.
	OnlyMD5 func(userAgent string) bool
	// Silent gives refused sources no answer in place of 403.
	Silent bool
	// Alarm, if set, hears once of each refusal of a source and each minute of
	// an attack on a user. It must be quick.
	Alarm func(Alarm)
	// Now is the clock; nil is the machine's.
	Now func() time.Time
	// MaxEntries bounds each of the tables of nonces, sources and users, 100,000.
	MaxEntries int
}

// Alarm tells of guessing. User is as the sender gave it; it need not exist.
type Alarm struct {
	Source netip.Addr
	User   string
	Spread bool // many sources at one user; false: one source is refused
}

// nonceLife is how long a nonce may be used (security D1).
const nonceLife = 60 * time.Second

// maxUserName bounds what the tables keep of a stranger's choice.
const maxUserName = 128

// Outcome is what became of a request, for counting and for the audit trail.
type Outcome uint8

// The outcomes.
const (
	Challenged Outcome = iota // no credentials for our realm
	Stale                     // the nonce is too old, used, or not ours for that address
	Malformed                 // not qop=auth, another uri, an algorithm that was not offered, and the like
	Wrong                     // unknown user or wrong password
	Refused                   // the source has guessed too often
	Accepted
)

// String names the outcome.
func (o Outcome) String() string {
	names := [...]string{"challenged", "stale", "malformed", "wrong", "refused", "accepted"}
	if int(o) < len(names) {
		return names[o]
	}
	return "unknown"
}

// Verdict is what to do with a request.
type Verdict struct {
	Outcome Outcome
	User    string // the authenticated user, "" unless Accepted
	// Answer is the response to send unless Accepted; nil is to be silent.
	Answer *sipmsg.Message
}

// Server checks the credentials of requests. Its methods are safe for concurrent
// use.
type Server struct {
	cfg    Config
	nonces nonces
	dummy  Secret

	mu      sync.Mutex
	counts  counts  // guarded by mu
	guesses guesses // guarded by mu
}

// NewServer returns a server with a secret of its own for nonces.
func NewServer(cfg Config) *Server {
	if cfg.Now == nil {
		cfg.Now = time.Now
	}
	if cfg.MaxEntries <= 0 {
		cfg.MaxEntries = 100_000
	}
	s := &Server{cfg: cfg, nonces: newNonces(cfg.Realm), guesses: newGuesses(cfg.MaxEntries)}
	s.counts.used = newBounded[string, usedNonce](cfg.MaxEntries)
	s.dummy = NewSecret("", cfg.Realm, s.nonces.issue(netip.Addr{}, time.Time{}))
	return s
}

// Check decides about a request from its Authorization field (RFC 3261 §22.1).
// Whom the authenticated user may act for is the caller's question.
func (s *Server) Check(req *sipmsg.Message) Verdict {
	now := s.cfg.Now()
	p := s.credentials(req)
	who := pair{holder(req.Source.Addr()), claimed(req, p)}
	s.mu.Lock()
	refused := s.guesses.refused(who, now)
	s.mu.Unlock()
	switch {
	case refused:
		return s.refuse(req)
	case p == nil:
		return s.challenge(req, Challenged, now)
	}
	a, outcome := s.read(req, p, now)
	if outcome != Accepted {
		return s.challenge(req, outcome, now)
	}
	return s.decide(req, a, who, now)
}

// credentials returns the parameters of the answer for our realm, nil without
// one; two of them are none.
func (s *Server) credentials(req *sipmsg.Message) params {
	var found params
	for i, field := range req.Values("Authorization") {
		if i == 4 {
			return nil
		}
		p, err := parse(field)
		if err != nil || p["realm"] != s.cfg.Realm {
			continue
		}
		if found != nil {
			return nil
		}
		found = p
	}
	return found
}

// claimed is the user that a request claims to come from.
func claimed(req *sipmsg.Message, p params) string {
	if p != nil {
		return p["username"]
	}
	a, err := req.From()
	if err != nil {
		return ""
	}
	return a.URI.User
}

// answer is what a client sent to prove itself, read but not checked.
type answer struct {
	alg             Algorithm
	user, nonce     string
	nc, cnonce, uri string
	made            time.Time // of the nonce
	count           uint32
	response        string
}

// read takes an answer apart as far as it goes without the password. Accepted
// means that the password is all that is left to check.
func (s *Server) read(req *sipmsg.Message, p params, now time.Time) (answer, Outcome) {
	a := answer{
		alg: parseAlgorithm(p), user: p["username"], nonce: p["nonce"], nc: p["nc"], cnonce: p["cnonce"],
		uri: p["uri"], response: strings.ToLower(p["response"]),
	}
	var ok bool
	a.count, ok = parseCount(a.nc)
	switch {
	case !ok, !strings.EqualFold(p["qop"], "auth"), a.cnonce == "", a.user == "", len(a.user) > maxUserName, p["userhash"] == "true":
		return a, Malformed
	case a.alg != SHA256 && (a.alg != MD5 || s.cfg.NoMD5):
		return a, Malformed
	case !sameURI(a.uri, req.RequestURI):
		return a, Malformed
	}
	a.made, ok = s.nonces.issued(a.nonce, req.Source.Addr())
	if age := now.Sub(a.made); !ok || age > nonceLife || age < -time.Second {
		return a, Stale
	}
	s.mu.Lock()
	defer s.mu.Unlock()
	if !s.counts.fresh(a.nonce, a.made, a.count) {
		return a, Stale
	}
	return a, Accepted
}

// sameURI compares the uri of the answer with the Request-URI (RFC 3261 §22.4).
func sameURI(a, b string) bool {
	if a == b {
		return true
	}
	u, err := sipmsg.ParseURI(a)
	if err != nil {
		return false
	}
	v, err := sipmsg.ParseURI(b)
	return err == nil && u.Equal(v)
}

// decide checks the password, in the same steps for users that do not exist.
func (s *Server) decide(req *sipmsg.Message, a answer, who pair, now time.Time) Verdict {
	secret, known := s.cfg.Lookup(a.user)
	usable := known && secret.ha1(a.alg) != ""
	if !usable {
		secret = s.dummy
	}
	want := a.alg.response(secret.ha1(a.alg), a.nonce, a.nc, a.cnonce, req.Method, a.uri)
	right := subtle.ConstantTimeCompare([]byte(want), []byte(a.response)) == 1 && usable
	s.mu.Lock()
	if right {
		first := s.counts.use(a.nonce, a.made, a.count, now)
		s.guesses.right(who, now)
		s.mu.Unlock()
		if !first { // a copy of the request was quicker
			return s.challenge(req, Stale, now)
		}
		return Verdict{Outcome: Accepted, User: a.user}
	}
	refuse, spread := s.guesses.wrong(who, now)
	s.mu.Unlock()
	if refuse {
		s.alarm(Alarm{Source: req.Source.Addr(), User: a.user})
	}
	if spread {
		s.alarm(Alarm{Source: req.Source.Addr(), User: a.user, Spread: true})
	}
	if refuse {
		v := s.refuse(req)
		v.Outcome = Wrong
		return v
	}
	return s.challenge(req, Wrong, now)
}

func (s *Server) alarm(a Alarm) {
	if s.cfg.Alarm != nil {
		s.cfg.Alarm(a)
	}
}

// refuse answers a source that has guessed too often.
func (s *Server) refuse(req *sipmsg.Message) Verdict {
	v := Verdict{Outcome: Refused}
	if !s.cfg.Silent {
		v.Answer = sipmsg.NewResponse(req, 403, "")
	}
	return v
}

// challenge asks for credentials, the strongest algorithm first (RFC 8760 §2.4).
// A nonce that will not do is said to be stale, so that a phone tries again
// without asking its user, after a restart of ours as well.
func (s *Server) challenge(req *sipmsg.Message, o Outcome, now time.Time) Verdict {
	r := sipmsg.NewResponse(req, 401, "")
	nonce := s.nonces.issue(req.Source.Addr(), now)
	algorithms := []Algorithm{SHA256, MD5}
	switch {
	case s.cfg.NoMD5:
		algorithms = algorithms[:1]
	case s.cfg.OnlyMD5 != nil && s.cfg.OnlyMD5(req.Get("User-Agent")):
		algorithms = algorithms[1:]
	}
	for _, a := range algorithms {
		v := `Digest realm="` + s.cfg.Realm + `",qop="auth",algorithm=` + a.String() + `,nonce="` + nonce + `"`
		if o == Stale {
			v += ",stale=true"
		}
		r.Add("WWW-Authenticate", v)
	}
	return Verdict{Outcome: o, Answer: r}
}
