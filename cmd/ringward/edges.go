package main

import (
	"context"
	"fmt"
	"slices"
	"strings"
	"sync"

	"ringward/cmd/ringward/config"
	"ringward/gateway"
	"ringward/numbering"
	"ringward/sip"
	"ringward/sip/digest"
	"ringward/sip/locate"
	"ringward/sip/registrar"
	"ringward/sip/sipmsg"
)

// This file joins what stands at the edge of the gateway to it: telephones that
// register, and trunks that are called.

// addEdges gives the gateway its phones and the far side of its trunks.
func (a *app) addEdges(g *gateway.Config) (err error) {
	g.Locator = locate.New(locate.Config{Networks: networksOf(a.cfg.Listen)})
	if err := a.trunksOut(g.Trunks, a.cfg.Trunks); err != nil {
		return err
	}
	if g.Phones, err = a.openPhones(); g.Phones != nil {
		a.phones = g.Phones.Registrar
		a.loadContacts(a.phones)
	}
	return err
}

// trunksOut adds to each trunk what its configuration says of its far side.
func (a *app) trunksOut(list []gateway.Trunk, from []config.Trunk) error {
	for i := range list {
		if err := a.trunkOut(&list[i], from[i]); err != nil {
			return fmt.Errorf("trunks[%d]: %w", i, err)
		}
	}
	return nil
}

// networksOf are the transports to call by, those that we listen on first: they
// are what a peer reaches us by in turn.
func networksOf(listen []config.Listen) []string {
	var out, rest []string
	for _, n := range []string{"udp", "tcp", "tls"} {
		if slices.ContainsFunc(listen, func(l config.Listen) bool { return l.Network == n }) {
			out = append(out, n)
		} else {
			rest = append(rest, n)
		}
	}
	return append(out, rest...)
}

// trunkOut adds what a trunk has to show, and how it is called.
func (a *app) trunkOut(t *gateway.Trunk, c config.Trunk) error {
	t.Certificate, t.Target, t.Codecs, t.Advertise = c.Certificate, c.Target, c.Codecs, c.Advertise
	t.Register, t.RegisterExpiry, t.Ping = c.Register, c.Expires, c.Ping
	t.Format, _ = gateway.ParseFormat(c.Format) // checked by config
	if c.Credentials != (config.Login{}) {
		password, err := c.Credentials.Secret.Read()
		if err != nil {
			return fmt.Errorf("credentials: %w", err)
		}
		t.Credentials = digest.Credentials{User: c.Credentials.User, Password: password, Realm: realmAt(c)}
	}
	if c.Challenge == (config.Login{}) {
		return nil
	}
	realm := orElse(c.Challenge.Realm, a.cfg.RealmOf())
	secret, err := readSecret(config.Phone{User: c.Challenge.User, Secret: c.Challenge.Secret}, realm)
	if err != nil {
		return fmt.Errorf("challenge: %w", err)
	}
	t.Challenge = digest.NewServer(a.digestConfig(realm, func(user string) (digest.Secret, bool) { return secret, user == c.Challenge.User }))
	return nil
}

// realmAt is whose challenges a trunk's credentials answer.
func realmAt(c config.Trunk) string {
	for _, text := range []string{c.Register, c.Target} {
		if uri, err := sipmsg.ParseURI(text); c.Credentials.Realm == "" && err == nil && text != "" {
			return uri.Host
		}
	}
	return c.Credentials.Realm
}

func (a *app) digestConfig(realm string, lookup func(user string) (digest.Secret, bool)) digest.Config {
	r := a.cfg.Registrar
	return digest.Config{
		Realm: realm, NoMD5: !r.MD5, Silent: r.Silent, Alarm: a.guessed,
		Lookup: lookup,
		OnlyMD5: func(agent string) bool {
			for _, prefix := range r.OneChallenge {
				if prefix != "" && strings.HasPrefix(agent, prefix) {
					return true
				}
			}
			return false
		},
	}
}

// guessed tells of somebody who tries passwords; digest calls it once a source
// and refusal.
func (a *app) guessed(g digest.Alarm) {
	a.log.Warn("passwords are being guessed", "source", g.Source.String(), "user", sipmsg.CleanText(g.User), "many_sources", g.Spread)
}

// accounts are the telephones that may register, by user.
type accounts struct {
	secrets map[string]digest.Secret
	lines   map[string]gateway.Line
}

// readAccounts reads the secrets of all telephones.
func (a *app) readAccounts(c config.Config) (*accounts, error) {
	book := &accounts{map[string]digest.Secret{}, map[string]gateway.Line{}}
	for i, l := range c.Lines {
		for _, p := range l.Phones {
			secret, err := readSecret(p, c.RealmOf())
			if err != nil {
				return nil, fmt.Errorf("lines[%d].phones: %s: %w", i, p.User, err)
			}
			number := numbering.Parse(strings.TrimSuffix(l.Number, "*"), numbering.Options{Country: c.Country}).Number
			book.secrets[p.User], book.lines[p.User] = secret, configLine(l).For(number)
		}
	}
	return book, nil
}

// openPhones makes the registrar; nil when no line has phones.
func (a *app) openPhones() (*gateway.Phones, error) {
	if !a.cfg.HasPhones() {
		return nil, nil
	}
	book, err := a.readAccounts(a.cfg)
	if err != nil {
		return nil, err
	}
	a.accounts.Store(book)
	auth := digest.NewServer(a.digestConfig(a.cfg.RealmOf(), func(user string) (digest.Secret, bool) {
		s, ok := a.accounts.Load().secrets[user]
		return s, ok
	}))
	lineOf := func(user string) (gateway.Line, bool) { l, ok := a.accounts.Load().lines[user]; return l, ok }
	r := a.cfg.Registrar
	return &gateway.Phones{
		Auth: auth,
		Line: lineOf,
		Registrar: registrar.New(registrar.Config{
			Auth: auth, Domains: r.Domains, MinExpires: r.MinExpires, MaxExpires: r.MaxExpires, MaxContacts: r.Contacts, Event: a.registered,
			// A phone registers its own address of record and no other (security D1).
			Line: func(user, record string) (string, bool) { l, ok := lineOf(user); return l.ID, ok && record == user },
		}),
	}, nil
}

// registered writes what became of a phone's contact. What strangers cause goes
// to the debug level only: guessing has its own alarm.
func (a *app) registered(e registrar.Event) {
	a.moved.Store(true)
	switch e.Kind {
	case registrar.Denied:
		a.log.Debug("REGISTER refused", "source", e.Source.String(), "why", e.Outcome.String())
	case registrar.Renewed:
		a.log.Debug("phone", "what", e.Kind.String(), "line", e.Line, "contact", e.Contact, "source", e.Source.String())
	default:
		a.log.Info("phone", "what", e.Kind.String(), "line", e.Line, "contact", e.Contact, "source", e.Source.String())
	}
}

// readSecret reads a password, or the hashes of user:realm:password that stand in
// its place: lines "md5:HEX" and "sha256:HEX".
func readSecret(p config.Phone, realm string) (digest.Secret, error) {
	text, err := p.Secret.Read()
	if err != nil {
		return digest.Secret{}, err
	}
	var md5, sha256 string
	for line := range strings.Lines(text) {
		line = strings.TrimSpace(line)
		if h, ok := strings.CutPrefix(line, "md5:"); ok {
			md5 = h
		}
		if h, ok := strings.CutPrefix(line, "sha256:"); ok {
			sha256 = h
		}
	}
	switch {
	case md5 != "" || sha256 != "":
		return digest.ParseSecret(md5, sha256)
	case strings.ContainsAny(text, "\r\n"):
		return digest.Secret{}, fmt.Errorf("secret: %s holds more than one line", p.Secret)
	}
	return digest.NewSecret(p.User, realm, text), nil
}

// servePhones tells the SIP stack what comes with phones and trunks.
func (a *app) servePhones(c *sip.Config) {
	c.ExternalAddr = a.gateway.External // trunks may get one while we run
	c.Registrar = a.cfg.HasPhones()
}

// startEdges keeps up registrations and the health of trunks; what it returns
// takes them back, for which the SIP stack must still run.
func (a *app) startEdges() (leave func()) {
	ctx, stop := context.WithCancel(context.Background())
	var wg sync.WaitGroup
	wg.Go(func() { _ = a.gateway.Run(ctx) }) // it returns nil
	if a.phones != nil {
		wg.Go(func() { a.runContacts(ctx, a.phones) })
	}
	return func() { stop(); wg.Wait() }
}

func outboundOf(l config.Line) gateway.Outbound {
	o := l.Outbound
	return gateway.Outbound{Trunk: o.Trunk, Caller: orElse(o.Caller, strings.TrimSuffix(l.Number, "*")), Allow: o.Allow,
		International: o.International, Premium: o.Premium, MaxCalls: o.Calls, PerMinute: o.PerMinute, PerDay: o.PerDay}
}
