package softphone

import (
	"context"
	"net/netip"

	"ringward/sip"
	"ringward/sip/digest"
	"ringward/sip/registrar"
	"ringward/sip/sipmsg"
	"ringward/sip/transport"
)

// Account is who the phone is at a registrar.
type Account struct {
	User, Password, Realm string
	At                    netip.AddrPort // of the registrar, over UDP
}

func (a Account) credentials() digest.Credentials {
	return digest.Credentials{User: a.User, Password: a.Password, Realm: a.Realm}
}

// Registration returns what keeps the phone registered while its Run runs, which
// must end before the phone is closed. changed hears of each new status; it may
// be nil.
func (p *Phone) Registration(a Account, changed func(registrar.Status)) (*registrar.Registration, error) {
	return registrar.NewRegistration(registrar.Account{
		Record:      sipmsg.URI{Scheme: "sip", User: a.User, Host: a.At.Addr().String(), Port: a.At.Port()},
		Credentials: a.credentials(), Stack: p.stack, Changed: changed,
		Locate: func(context.Context) ([]transport.Target, error) {
			return []transport.Target{{Network: "udp", Addr: a.At}}, nil
		},
	})
}

// dial sends an INVITE. With an account it waits for the challenge, if one comes
// first, and answers it.
func (p *Phone) dial(o sip.DialOptions, a *Account) (*sip.Leg, error) {
	leg, err := p.stack.Dial(o)
	if err != nil || a == nil {
		return leg, err
	}
	failed, ok := (<-leg.Events()).(sip.Failed)
	if !ok || failed.Status != 401 && failed.Status != 407 {
		return leg, nil // what came first is lost: a phone with an account is always asked
	}
	for range leg.Events() {
	}
	h, err := a.credentials().Answer(leg.Invite(), failed.Message, o.Target.Addr.Addr())
	if err != nil {
		return nil, err
	}
	o.Again, o.Headers = leg, append(o.Headers, h)
	return p.stack.Dial(o)
}
