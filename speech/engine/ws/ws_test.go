package ws_test

import (
	"errors"
	"net/http"
	"net/http/httptest"
	"strings"
	"testing"
	"time"

	"ringward/speech/engine"
	"ringward/speech/engine/enginetest"
	"ringward/speech/engine/ws"
)

// TestServerThatNoLongerListens is found out by its missing pong.
func TestServerThatNoLongerListens(t *testing.T) {
	release := make(chan struct{})
	hs := enginetest.Serve(t, false, func(*enginetest.Conn) { <-release })
	defer close(release)
	c, err := ws.Server{URL: enginetest.URL(hs), PingInterval: 20 * time.Millisecond}.Dial(t.Context())
	if err != nil {
		t.Fatal(err)
	}
	defer c.Close()
	read := make(chan error, 1)
	go func() { _, _, err := c.Read(t.Context()); read <- err }()
	for err == nil {
		err = c.Binary(t.Context(), make([]byte, 320))
	}
	if !errors.Is(err, engine.ErrSilent) || !errors.Is(err, engine.ErrGone) {
		t.Errorf("write: %v, want ErrSilent", err)
	}
	c.Close()
	if err := <-read; !errors.Is(err, engine.ErrGone) {
		t.Errorf("read: %v, want ErrGone", err)
	}
}

// TestServerThatListens answers pings though it says nothing.
func TestServerThatListens(t *testing.T) {
	got := make(chan int, 1000)
	hs := enginetest.Serve(t, false, func(c *enginetest.Conn) {
		for {
			data, _, ok := c.Next()
			if !ok {
				return
			}
			got <- len(data)
		}
	})
	c, err := ws.Server{URL: enginetest.URL(hs), PingInterval: 200 * time.Millisecond}.Dial(t.Context())
	if err != nil {
		t.Fatal(err)
	}
	read := make(chan error, 1)
	go func() { _, _, err := c.Read(t.Context()); read <- err }()
	for began := time.Now(); time.Since(began) < 500*time.Millisecond; {
		if err := c.Binary(t.Context(), make([]byte, 320)); err != nil {
			t.Fatal(err)
		}
		<-got
	}
	c.Close()
	<-read
}

func TestDialErrors(t *testing.T) {
	busy := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, _ *http.Request) { w.WriteHeader(http.StatusServiceUnavailable) }))
	defer busy.Close()
	elsewhere := httptest.NewServer(http.RedirectHandler("http://127.0.0.1:1/", http.StatusFound))
	defer elsewhere.Close()
	for _, tt := range []struct {
		url  string
		want string
		is   error
	}{
		{enginetest.URL(busy), "503", engine.ErrBusy},
		{enginetest.URL(elsewhere), "redirects", nil},
		{"http://127.0.0.1:2700", "expected ws://", nil},
		{"ws://", "no host", nil},
		{"ws://%zz", "address", nil},
	} {
		_, err := ws.Server{URL: tt.url}.Dial(t.Context())
		if err == nil || !strings.Contains(err.Error(), tt.want) || (tt.is != nil && !errors.Is(err, tt.is)) {
			t.Errorf("%s: %v, want %q", tt.url, err, tt.want)
		}
	}
}
