package registrar_test

import (
	"context"
	"errors"
	"log/slog"
	"net/netip"
	"os"
	"os/exec"
	"path/filepath"
	"slices"
	"strconv"
	"testing"
	"time"

	"ringward/sip"
	"ringward/sip/digest"
	"ringward/sip/registrar"
	"ringward/sip/transaction"
	"ringward/sip/transport"
)

// server answers REGISTER and nothing else.
type server struct{ *registrar.Registrar }

func (s server) Invite(l *sip.Leg) { _ = l.Reject(403, "") }

func (s server) Request(tx *transaction.Server) { s.Serve(tx) }

// TestDigestGuess lets shared/attack guess passwords at a registrar on real
// sockets (security D1 to D3). RINGWARD_GUESSES asks for more than the few of a
// quick run: 60 with 500 samples is the full bar.
func TestDigestGuess(t *testing.T) {
	tool, err := filepath.Abs("../../../shared/attack/digest_guess.py")
	if err != nil {
		t.Fatal(err)
	}
	if _, err := os.Stat(tool); errors.Is(err, os.ErrNotExist) {
		t.Skipf("no %s", tool)
	}
	if testing.Short() {
		t.Skip("takes some seconds")
	}
	if _, err := exec.LookPath("python3"); err != nil {
		t.Skip("no python3")
	}
	r := registrar.New(registrar.Config{
		Auth: digest.NewServer(digest.Config{Realm: "127.0.0.1", Lookup: func(user string) (digest.Secret, bool) {
			return digest.NewSecret(user, "127.0.0.1", password), user == "1000"
		}}),
		Line: func(user, record string) (string, bool) { return record, user == record },
	})
	s, err := sip.New(sip.Config{
		Listen: []transport.Listen{{Network: "udp", Addr: netip.MustParseAddrPort("127.0.0.1:0"), Sockets: 1}},
		Log:    slog.New(slog.DiscardHandler),
		Allow:  []string{"INVITE", "ACK", "CANCEL", "BYE", "OPTIONS", "REGISTER"},
	}, server{r})
	if err != nil {
		t.Fatal(err)
	}
	ctx, cancel := context.WithCancel(context.Background())
	ended := make(chan error, 1)
	go func() { ended <- s.Run(ctx) }()
	defer func() { cancel(); <-ended }()
	args := []string{tool, "127.0.0.1", strconv.Itoa(int(s.Addrs()[0].Addr.Port())), "--user", "1000", "--password", password}
	if n := os.Getenv("RINGWARD_GUESSES"); n != "" {
		args = append(args, "--guesses", n, "--samples", "500")
	} else {
		args = append(args, "--guesses", "12", "--samples", "40")
	}
	limit, stop := context.WithTimeout(ctx, 10*time.Minute)
	defer stop()
	out, err := exec.CommandContext(limit, "python3", slices.Clip(args)...).CombinedOutput()
	t.Logf("%s", out)
	if err != nil {
		t.Error(err)
	}
}
