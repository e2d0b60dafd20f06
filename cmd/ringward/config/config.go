// Package config is the gateway's configuration: one typed value, decoded
// strictly from YAML. Unknown keys, wrong types and impossible combinations are
// all reported at once, each with its line, its key and what is allowed.
package config

import (
	"fmt"
	"net/netip"
	"os"
	"slices"
	"strconv"
	"strings"
	"time"
)

// Config is everything an operator can set. Default gives the value that
// `ringward serve` uses without a file.
type Config struct {
	Data      string      `yaml:"data"`    // directory of the databases; created when absent
	Country   string      `yaml:"country"` // ISO 3166 code that numbers without a country code belong to
	Name      string      `yaml:"name"`    // host name in our SIP addresses; empty: the address we listen on
	Listen    []Listen    `yaml:"listen"`
	TLS       TLS         `yaml:"tls"`
	Media     Media       `yaml:"media"`
	Trunks    []Trunk     `yaml:"trunks"`
	Lines     []Line      `yaml:"lines"`
	Registrar Registrar   `yaml:"registrar"`
	Limits    Limits      `yaml:"limits"`
	Hotline   string      `yaml:"hotline_route"` // SIP URI that calls to hotlines go to (key *0), {number} stands for the digits
	Redress   Redress     `yaml:"redress"`
	Identity  Identity    `yaml:"identity"` // signed caller identities; changing it needs a restart
	Prompts   Prompts     `yaml:"prompts"`
	Calls     CallRecords `yaml:"calls"`
	Speech    Speech      `yaml:"speech"`
	Log       Log         `yaml:"log"`
	Console   Console     `yaml:"console"`
	Feeds     []Feed      `yaml:"feeds"`
	Observe   Observe     `yaml:"observe"`
	Hooks     []Webhook   `yaml:"webhooks"` // who is told what happens in calls
	Browsers  Browsers    `yaml:"browsers"`
}

// TLS is what tls:// and wss:// listeners show, and what we show and believe
// when we connect by TLS. SIGHUP reads the files again.
type TLS struct {
	Certificate string    `yaml:"certificate"`                                     // PEM file, with its chain
	Key         string    `yaml:"key"`                                             // PEM file
	ClientCA    string    `yaml:"client_ca"`                                       // PEM file: peers of tls:// must show a certificate of it; empty: none is asked for
	Clients     string    `yaml:"client_certificates" allowed:"required|optional"` // optional: phones show none, trunks with certificate do
	More        []KeyPair `yaml:"more"`                                            // further certificates; the peer's SNI chooses
	Trust       string    `yaml:"trust"`                                           // PEM file of the authorities of those whom we connect to, or system; empty: client_ca, else the system's
}

// KeyPair is a certificate and its key.
type KeyPair struct {
	Certificate string `yaml:"certificate"`
	Key         string `yaml:"key"`
}

// Media is where sound flows.
type Media struct {
	Address    netip.Addr    `yaml:"address"`    // bound for RTP
	Advertise  netip.Addr    `yaml:"advertise"`  // written into SDP; empty: address
	Ports      PortRange     `yaml:"ports"`      // RTP and RTCP ports
	Quarantine time.Duration `yaml:"quarantine"` // a port rests this long after its call
}

// Trunk is a SIP peer that hands calls in.
type Trunk struct {
	Name           string         `yaml:"name"`
	Sources        []netip.Prefix `yaml:"sources"`         // addresses its requests come from
	Trusted        bool           `yaml:"trusted"`         // its P-Asserted-Identity, Diversion and the like are believed
	Domestic       bool           `yaml:"domestic"`        // it hands in calls of our own country only
	ScreensNumbers bool           `yaml:"screens_numbers"` // it refuses caller numbers that its customers may not show
	International  bool           `yaml:"international"`   // it hands in calls from abroad
	Area           string         `yaml:"area"`            // area code of numbers it hands in without one
	NAT            bool           `yaml:"nat"`             // learn its RTP address once, from its signalling address
	FailClosed     bool           `yaml:"fail_closed"`     // refuse calls that could not be screened
	MaxCalls       int            `yaml:"max_calls"`       // running at once; 0: limits.calls alone
	CallsPerSecond int            `yaml:"calls_per_second"`
	Mode           string         `yaml:"mode" allowed:"anchor|redirect"` // redirect: answer every INVITE with its verdict, carry nothing
	Redirect       Redirect       `yaml:"redirect"`
	SRTP           string         `yaml:"srtp" allowed:"off|optional|required"`
	Identity       string         `yaml:"identity" allowed:"off|check|require"` // signed caller identities (STIR)
	IdentityFails  string         `yaml:"identity_failure" allowed:"continue|refuse"`
	SRTPClearKeys  bool           `yaml:"srtp_clear_keys"`                 // its keys may cross signalling that is not TLS
	SessionTimer   time.Duration  `yaml:"session_timer"`                   // RFC 4028; 0: only when the peer asks for one
	EarlyMedia     string         `yaml:"early_media" allowed:"pass|ring"` // what its callers hear before the answer

	Certificate string `yaml:"certificate"` // name that its TLS certificate must be for (needs tls.client_ca)
	Challenge   Login  `yaml:"challenge"`   // what it must prove its INVITEs with

	Target      string        `yaml:"target"`      // SIP URI that calls to it go to, located by RFC 3263
	Credentials Login         `yaml:"credentials"` // ours, for its challenges
	Format      string        `yaml:"number_format" allowed:"as-called|e164|digits|national|00"`
	Codecs      []string      `yaml:"codecs"`    // the preferred first, of what is offered to it and from it
	Advertise   netip.Addr    `yaml:"advertise"` // our address as it sees us, in SDP and Contact
	Register    string        `yaml:"register"`  // address of record that we register there
	Expires     time.Duration `yaml:"register_expires"`
	Ping        time.Duration `yaml:"ping"` // OPTIONS to target, to know which of its places answer; 0: never
}

// Redirect is how a trunk in mode redirect is answered.
type Redirect struct {
	Clean   string `yaml:"clean" allowed:"302|404|503"` // a call that nothing is done about
	Contact string `yaml:"contact"`                     // host[:port] of the Contact in a 302; empty: as called
}

// Line is a protected number and how to reach its phone. Lines may also be
// kept in the number database (`ringward lines`); one that stands here wins.
type Line struct {
	Number      string   `yaml:"number"`  // the called number, or its first digits and *
	ID          string   `yaml:"id"`      // short name in logs and records; empty: the number
	Targets     []string `yaml:"targets"` // SIP URIs of its phones, rung together; {user} stands for the called user
	Language    string   `yaml:"language" allowed:"zh-CN|en"`
	Mode        string   `yaml:"mode" allowed:"off|shadow|label|announce|block"`
	ASCIILabels bool     `yaml:"ascii_labels"` // for phones that cannot show Chinese names
	NAT         bool     `yaml:"nat"`
	Browser     bool     `yaml:"browser"` // rings in its owner's browser as well, while the telephone is open there
	SRTP        string   `yaml:"srtp" allowed:"off|optional|required"`
	ClearKeys   bool     `yaml:"srtp_clear_keys"`
	Update      bool     `yaml:"update_display"` // show its phones what the verdict becomes while the call runs
	VerdictUUI  bool     `yaml:"verdict_uui"`    // give the verdict to its PBX in User-to-User as well
	Response    string   `yaml:"block_response" allowed:"608|603+|603"`
	Anonymous   string   `yaml:"anonymous" allowed:"screen|block|pass"`
	RingTimeout Duration `yaml:"ring_timeout"`
	Listen      string   `yaml:"listen" allowed:"never|unverified|always"` // which calls are listened to
	OwnerAgreed bool     `yaml:"owner_agreed"`                             // the line's owner agreed to that in writing
	TellCaller  bool     `yaml:"tell_caller"`                              // say to the caller that the call may be analysed
	Recognisers []string `yaml:"recognisers"`                              // names of speech.recognisers; empty: those of its language
	KeepWords   bool     `yaml:"keep_words"`                               // its owner wants what was said kept, digits masked

	SessionTimer time.Duration `yaml:"session_timer"`                          // RFC 4028; 0: only when the phone asks for one
	Transfer     string        `yaml:"transfer" allowed:"lines|allow|refuse"`  // where its phones may send callers by REFER
	Redirects    string        `yaml:"redirects" allowed:"lines|allow|refuse"` // where its phones may send callers by 3xx
	Phones       []Phone       `yaml:"phones"`                                 // telephones that register for it; they ring with targets
	Outbound     Outbound      `yaml:"outbound"`                               // where those may call; nowhere without it
}

// Limits bound what the gateway takes on.
type Limits struct {
	Calls         int           `yaml:"calls"`           // running at once; more are answered 503
	RingTimeout   time.Duration `yaml:"ring_timeout"`    // a phone that nobody answers
	CallDuration  time.Duration `yaml:"call_duration"`   // the longest call
	DrainTimeout  time.Duration `yaml:"drain_timeout"`   // how long running calls may go on after SIGTERM
	AnnounceAfter time.Duration `yaml:"announce_choice"` // wait for key 1 or 2 after an announcement, then connect
	Silence       time.Duration `yaml:"silence"`         // a call that neither side sends sound to ends after it, unless held
	UnknownRate   int           `yaml:"unknown_rate"`    // datagrams a second taken from an address that is no trunk
	QueueDelay    time.Duration `yaml:"queue_delay"`     // calls that wait longer than this for the processor make new ones be answered 503
}

// Redress is how a caller that was blocked can complain (RFC 8688,
// ATIS-1000099); a 608 or 603 Network Blocked needs at least one of them.
type Redress struct {
	URL   string `yaml:"url"`
	Tel   string `yaml:"tel"`
	Email string `yaml:"email"`

	Silent bool `yaml:"silent"` // send 608 without saying so to callers who may not understand it
	Card   Card `yaml:"card"`
}

// Prompts is the operator's own voice.
type Prompts struct {
	Folder string  `yaml:"folder"` // own recordings, <lang>/<id>.wav, used instead of the built-in ones
	DuckDB float64 `yaml:"duck_db"`
}

// CallRecords is how long the record of a call is kept.
type CallRecords struct {
	Retention time.Duration `yaml:"retention"`
}

// Log is what is written about the gateway's own running.
type Log struct {
	Level  string `yaml:"level" allowed:"debug|info|warn|error"`
	Format string `yaml:"format" allowed:"text|json"`
	Rate   int    `yaml:"per_source"` // lines a second of one trunk or address, after the first 100; 0: all
}

// Duration is a time.Duration that tells "not given" from zero.
type Duration = time.Duration

// Default is the configuration of `ringward serve` with no file: loopback only.
func Default() Config {
	return Config{
		Data:    "data",
		Country: "CN",
		Listen:  []Listen{{"udp", netip.MustParseAddrPort("127.0.0.1:5060")}, {"tcp", netip.MustParseAddrPort("127.0.0.1:5060")}},
		Media:   Media{Address: netip.MustParseAddr("127.0.0.1"), Ports: PortRange{20000, 29999}, Quarantine: 5 * time.Second},
		Limits: Limits{Silence: 10 * time.Minute, Calls: 2000, RingTimeout: 60 * time.Second, CallDuration: 4 * time.Hour, DrainTimeout: 5 * time.Minute,
			AnnounceAfter: 10 * time.Second, UnknownRate: 20, QueueDelay: 25 * time.Millisecond},
		Prompts:   Prompts{DuckDB: 18},
		Calls:     CallRecords{Retention: 180 * 24 * time.Hour},
		Speech:    Speech{KeepWords: 30 * 24 * time.Hour},
		Log:       Log{Level: "info", Format: "text", Rate: 10},
		Console:   Console{Listen: netip.MustParseAddrPort("127.0.0.1:8080")},
		Registrar: defaultRegistrar(),
		Browsers:  Browsers{Port: 19999, Sessions: 200},
	}
}

// LineDefaults fills what a line leaves out.
func (l Line) withDefaults() Line {
	set := func(s *string, d string) {
		if *s == "" {
			*s = d
		}
	}
	set(&l.ID, l.Number)
	set(&l.Language, "zh-CN")
	set(&l.Mode, "announce")
	set(&l.Response, "608")
	set(&l.Anonymous, "screen")
	set(&l.Listen, "never")
	return l
}

// Load reads and checks the file. The error is Problems when the file could be
// read but is wrong.
func Load(path string) (Config, error) {
	text, err := os.ReadFile(path)
	if err != nil {
		return Config{}, fmt.Errorf("read configuration: %w", err)
	}
	return Parse(path, text)
}

// Parse is Load for text that is already in memory; file names it in problems.
func Parse(file string, text []byte) (Config, error) {
	c := Default()
	d := decode(file, text, &c)
	if len(d.problems) == 0 || !onlySyntax(d.problems) {
		check(&c, d)
	}
	if ps := d.sorted(); len(ps) > 0 {
		return Config{}, ps
	}
	for i := range c.Lines {
		c.Lines[i] = c.Lines[i].withDefaults()
	}
	return c, nil
}

func onlySyntax(ps Problems) bool {
	return len(ps) == 1 && strings.HasPrefix(ps[0].What, "not valid YAML")
}

// Listen is one socket: "udp://192.0.2.1:5060", "tcp://[2001:db8::1]:5060",
// "tls://...", "ws://..." or "wss://...".
type Listen struct {
	Network string
	Addr    netip.AddrPort
}

// UnmarshalText reads "network://address:port".
func (l *Listen) UnmarshalText(b []byte) error {
	network, addr, ok := strings.Cut(string(b), "://")
	if !ok || !slices.Contains([]string{"udp", "tcp", "tls", "ws", "wss"}, network) {
		return fmt.Errorf("%q is no listener: write udp://ADDRESS:PORT, or tcp, tls, ws, wss", b)
	}
	ap, err := netip.ParseAddrPort(addr)
	if err != nil {
		return fmt.Errorf("%q is no address with a port: write for example %s://192.0.2.1:5060 or %s://[2001:db8::1]:5060", addr, network, network)
	}
	*l = Listen{network, ap}
	return nil
}

// String writes the listener as it is configured.
func (l Listen) String() string { return l.Network + "://" + l.Addr.String() }

// PortRange is an inclusive range of UDP ports.
type PortRange struct{ Min, Max uint16 }

// UnmarshalText reads "20000-29999".
func (r *PortRange) UnmarshalText(b []byte) error {
	lo, hi, ok := strings.Cut(string(b), "-")
	min, err1 := strconv.ParseUint(strings.TrimSpace(lo), 10, 16)
	max, err2 := strconv.ParseUint(strings.TrimSpace(hi), 10, 16)
	if !ok || err1 != nil || err2 != nil || min < 1024 || max < min+3 {
		return fmt.Errorf("%q is no range of ports: write for example 20000-29999, at least four ports from 1024 up", b)
	}
	*r = PortRange{uint16(min), uint16(max)}
	return nil
}
