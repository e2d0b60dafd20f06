package config

import (
	"errors"
	"fmt"
	"os"
	"slices"
	"strings"
	"time"

	"ringward/sip/sipmsg"
)

// Registrar is how telephones of lines register.
type Registrar struct {
	Realm        string        `yaml:"realm"`         // what phones are asked for a password of; empty: name, else ringward
	Domains      []string      `yaml:"domains"`       // hosts that a REGISTER may name; empty: any
	MD5          bool          `yaml:"md5"`           // false: SHA-256 alone (RFC 8760)
	OneChallenge []string      `yaml:"one_challenge"` // User-Agents that begin so fail on two challenges and get MD5 alone
	Silent       bool          `yaml:"silent"`        // guessers get no answer in place of 403
	MinExpires   time.Duration `yaml:"min_expires"`   // shorter is answered 423
	MaxExpires   time.Duration `yaml:"max_expires"`   // longer is shortened
	Contacts     int           `yaml:"contacts"`      // of a line; one more takes the place of the oldest
}

// Phone is one telephone that may register for its line.
type Phone struct {
	User   string `yaml:"user"`   // its name in the realm, and in its address of record
	Secret Secret `yaml:"secret"` // its password, or md5: and sha256: hashes of user:realm:password
}

// Login is a name and its password.
type Login struct {
	User   string `yaml:"user"`
	Secret Secret `yaml:"secret"`
	Realm  string `yaml:"realm"` // whose challenges are answered; empty: the host of target
}

// Outbound is where the registered phones of a line may call.
type Outbound struct {
	Trunk         string   `yaml:"trunk"`         // that takes the calls; it needs a target
	Caller        string   `yaml:"caller"`        // the line's number as callees see it; empty: the line's
	Allow         []string `yaml:"allow"`         // first digits of what may be called: "+86", "95"
	International bool     `yaml:"international"` // numbers abroad too, where allow has them
	Premium       bool     `yaml:"premium"`       // premium rate and satellite numbers too
	Calls         int      `yaml:"calls"`         // running at once; 0: 2
	PerMinute     int      `yaml:"per_minute"`    // 0: 10
	PerDay        int      `yaml:"per_day"`       // 0: 200
}

// Secret says where a secret is kept. It never holds the secret itself.
type Secret struct{ env, file string }

// UnmarshalText reads "env:NAME" or "file:PATH".
func (s *Secret) UnmarshalText(b []byte) error {
	kind, name, _ := strings.Cut(string(b), ":")
	switch {
	case name == "", kind != "env" && kind != "file":
		return errors.New("a secret stands in no configuration: write env:NAME or file:PATH, and the secret there")
	case kind == "env":
		*s = Secret{env: name}
	default:
		*s = Secret{file: name}
	}
	return nil
}

// IsZero reports that nothing is named.
func (s Secret) IsZero() bool { return s == Secret{} }

// String names the place.
func (s Secret) String() string {
	if s.env != "" {
		return "env:" + s.env
	}
	return "file:" + s.file
}

// maxSecret bounds what is read of a secret's file.
const maxSecret = 4096

// Read returns the secret, without blanks around it.
func (s Secret) Read() (string, error) {
	text := os.Getenv(s.env)
	if s.env == "" {
		b, err := os.ReadFile(s.file)
		if err != nil {
			return "", fmt.Errorf("secret: %w", err)
		}
		text = string(b[:min(len(b), maxSecret)])
	}
	if text = strings.TrimSpace(text); text == "" {
		return "", fmt.Errorf("secret: %s is empty or not set", s)
	}
	return text, nil
}

func defaultRegistrar() Registrar {
	return Registrar{MD5: true, OneChallenge: []string{"baresip v1", "JsSIP"}, MinExpires: time.Minute, MaxExpires: time.Hour, Contacts: 8}
}

// RealmOf is the realm that phones are asked in.
func (c Config) RealmOf() string {
	switch {
	case c.Registrar.Realm != "":
		return c.Registrar.Realm
	case c.Name != "":
		return c.Name
	}
	return "ringward"
}

// HasPhones reports whether any line has telephones that register.
func (c Config) HasPhones() bool {
	return slices.ContainsFunc(c.Lines, func(l Line) bool { return len(l.Phones) > 0 })
}

func checkPhones(c *Config, d *decoder) {
	for i, p := range c.TLS.More {
		if p.Certificate == "" || p.Key == "" {
			d.add(fmt.Sprintf("tls.more[%d]", i), "a certificate needs its key, and a key its certificate", "fill in both")
		}
	}
	if c.TLS.Clients != "" && c.TLS.ClientCA == "" {
		d.add("tls.client_certificates", "nobody is asked for one", "fill in tls.client_ca")
	}
	r := c.Registrar
	if strings.ContainsAny(r.Realm, "\"\\\r\n") {
		d.add("registrar.realm", fmt.Sprintf("%q cannot stand in a challenge", r.Realm), "a host name, without quotes")
	}
	if r.MinExpires <= 0 || r.MaxExpires < r.MinExpires {
		d.add("registrar.max_expires", "shorter than min_expires, or nothing", "for example min_expires: 60s, max_expires: 1h")
	}
	if r.Contacts < 1 {
		d.add("registrar.contacts", "no phone could ever register", "1 or more")
	}
	users, ids := map[string]int{}, map[string]int{}
	for i, l := range c.Lines {
		at := fmt.Sprintf("lines[%d]", i)
		id := l.withDefaults().ID
		if j, dup := ids[id]; dup && len(l.Phones)+len(c.Lines[j].Phones) > 0 {
			d.add(at+".id", fmt.Sprintf("%q is the id of lines[%d] already", id, j), "lines with phones need an id of their own")
		}
		ids[id] = i
		for k, p := range l.Phones {
			checkLogin(fmt.Sprintf("%s.phones[%d]", at, k), p.User, p.Secret, d)
			if j, dup := users[p.User]; dup {
				d.add(fmt.Sprintf("%s.phones[%d].user", at, k), fmt.Sprintf("%q registers for lines[%d] already", p.User, j), "every phone needs a user of its own")
			}
			users[p.User] = i
		}
		checkOutbound(c, l, at, d)
	}
}

func checkLogin(at, user string, s Secret, d *decoder) {
	if user == "" || strings.ContainsAny(user, "\"\\@:;<> \t\r\n") || len(user) > 64 {
		d.add(at, fmt.Sprintf("%q is no user", user), "letters, digits, - . _ and +, as in sip:USER@...")
	}
	if s.IsZero() {
		d.add(at, "no secret", "secret: env:NAME or secret: file:PATH")
	}
}

func checkOutbound(c *Config, l Line, at string, d *decoder) {
	o := l.Outbound
	if o.Trunk == "" {
		if len(o.Allow) > 0 || o.Caller != "" {
			d.add(at+".outbound", "no trunk", "the name of the trunk that takes the calls")
		}
		return
	}
	i := slices.IndexFunc(c.Trunks, func(t Trunk) bool { return t.Name == o.Trunk })
	if i < 0 || c.Trunks[i].Target == "" {
		d.add(at+".outbound.trunk", fmt.Sprintf("no trunk %q with a target", o.Trunk), "a trunk's name; give the trunk a target")
	}
	if len(l.Phones) == 0 {
		d.add(at+".outbound", "nobody could call", "outbound is for registered phones: add phones")
	}
	if o.Caller == "" && strings.HasSuffix(l.Number, "*") {
		d.add(at+".outbound.caller", "missing", "the number that callees see, for example \"+862155550100\"")
	}
	if o.Caller != "" && !isPrefix(o.Caller) {
		d.add(at+".outbound.caller", fmt.Sprintf("%q is no number", o.Caller), "digits, perhaps + before, in quotes")
	}
	if len(o.Allow) == 0 {
		d.add(at+".outbound.allow", "nothing may be called", "first digits, for example [\"+86\", \"95\"]")
	}
	for j, p := range o.Allow {
		if !isPrefix(p) {
			d.add(fmt.Sprintf("%s.outbound.allow[%d]", at, j), fmt.Sprintf("%q are no first digits of a number", p), "for example \"+86\" or \"+8621\", or \"95\" for short numbers")
		}
	}
}

// isPrefix reports digits, perhaps with + before.
func isPrefix(s string) bool {
	digits := strings.TrimPrefix(s, "+")
	return digits != "" && strings.Trim(digits, "0123456789") == ""
}

// checkTrunkOut looks at how a trunk is called and what it has to show.
func checkTrunkOut(c *Config, t Trunk, at string, d *decoder) {
	if t.Target != "" {
		if what := targetFault(t.Target, c.Listen); what != "" {
			d.add(at+".target", fmt.Sprintf("%q %s", t.Target, what), "for example sip:carrier.example.com or sip:192.0.2.1:5060;transport=tls")
		}
	}
	for key, login := range map[string]Login{"challenge": t.Challenge, "credentials": t.Credentials} {
		if login != (Login{}) {
			checkLogin(at+"."+key, login.User, login.Secret, d)
		}
	}
	if t.Register != "" {
		uri, err := sipmsg.ParseURI(t.Register)
		if err != nil || uri.Scheme != "sip" || uri.User == "" || uri.Host == "" {
			d.add(at+".register", fmt.Sprintf("%q is no address of record", t.Register), "for example sip:account@carrier.example.com")
		}
		if t.Credentials == (Login{}) {
			d.add(at+".register", "no credentials", "credentials: {user: ..., secret: ...}, as the carrier gave them")
		}
	}
	if t.Ping != 0 && (t.Ping < 5*time.Second || t.Target == "") {
		d.add(at+".ping", "OPTIONS need a target, and at least 5s between them", "for example ping: 30s beside target")
	}
	if t.Advertise.IsValid() && (t.Advertise.IsUnspecified() || t.Advertise.IsMulticast()) {
		d.add(at+".advertise", t.Advertise.String()+" is nobody's address", "our public address as this trunk sees it")
	}
	if t.Certificate != "" && !slices.ContainsFunc(c.Listen, func(l Listen) bool { return l.Network == "tls" || l.Network == "wss" }) {
		d.add(at+".certificate", "nobody shows one: there is no tls:// listener", "listen: tls://..., and tls.client_ca")
	} else if t.Certificate != "" && c.TLS.ClientCA == "" {
		d.add(at+".certificate", "certificates are not asked for", "fill in tls.client_ca")
	}
}

// trunkTargetFault says what is wrong with a target that is a trunk.
func trunkTargetFault(c *Config, text string) string {
	name, number, given := strings.Cut(strings.TrimPrefix(text, "trunk:"), "/")
	i := slices.IndexFunc(c.Trunks, func(t Trunk) bool { return t.Name == name })
	switch {
	case i < 0:
		return "names no trunk"
	case c.Trunks[i].Target == "":
		return "names a trunk without a target"
	case given && number != "{user}" && number != "{number}" && !isPrefix(number):
		return "has no number after /"
	}
	return ""
}
