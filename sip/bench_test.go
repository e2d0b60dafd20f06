package sip_test

import (
	"context"
	"log/slog"
	"runtime"
	"sync"
	"syscall"
	"testing"

	"ringward/sip"
	"ringward/sip/siptest"
	"ringward/sip/transport"
)

// BenchmarkCall is a whole call, INVITE 180 200 ACK BYE 200, between two stacks
// of ours: both sides' work is in the figures.
func BenchmarkCall(b *testing.B) {
	for _, network := range []string{"memory", "udp"} {
		b.Run(network, func(b *testing.B) {
			caller, to := benchPair(b, network, answering(false))
			o := sip.DialOptions{From: nameAddr("sip:a@192.0.2.1"), To: nameAddr("sip:b@192.0.2.2"), Target: to, Body: sdp("offer")}
			b.ReportAllocs()
			start := cpu()
			for b.Loop() {
				l, err := caller.Dial(o)
				if err != nil {
					b.Fatal(err)
				}
				for e := range l.Events() {
					switch v := e.(type) {
					case sip.Answered:
						_ = l.Ack(sip.Body{})
						_ = l.Bye()
					case sip.Failed:
						b.Fatal(v.Err)
					}
				}
			}
			b.ReportMetric(float64(cpu()-start)/1e3/float64(b.N), "cpu-µs/call")
		})
	}
}

// BenchmarkRefusedCall is INVITE 302 ACK at the called stack, as in redirect
// mode; the caller is a stack too.
func BenchmarkRefusedCall(b *testing.B) {
	caller, to := benchPair(b, "memory", func(l *sip.Leg) { _ = l.Reject(302, "") })
	o := sip.DialOptions{From: nameAddr("sip:a@192.0.2.1"), To: nameAddr("sip:b@192.0.2.2"), Target: to, Body: sdp("offer")}
	b.ReportAllocs()
	start := cpu()
	for b.Loop() {
		l, err := caller.Dial(o)
		if err != nil {
			b.Fatal(err)
		}
		for range l.Events() {
		}
	}
	b.ReportMetric(float64(cpu()-start)/1e3/float64(b.N), "cpu-µs/call")
}

// BenchmarkIdleLeg holds legs on both sides of confirmed calls and reports what
// one leg keeps of memory once its transactions are over.
func BenchmarkIdleLeg(b *testing.B) {
	const n = 2000
	for b.Loop() {
		answered := make(chan struct{}, n)
		caller, to := benchPair(b, "memory", func(l *sip.Leg) {
			_ = l.Answer(sdp("answer"))
			<-l.Events()
			answered <- struct{}{}
		}, fastTimers)
		before := heap()
		legs := make([]*sip.Leg, n)
		for i := range legs {
			l, err := caller.Dial(sip.DialOptions{From: nameAddr("sip:a@192.0.2.1"), To: nameAddr("sip:b@192.0.2.2"), Target: to, Body: sdp("offer")})
			if err != nil {
				b.Fatal(err)
			}
			legs[i] = l
			<-l.Events()
			_ = l.Ack(sip.Body{})
			<-answered
		}
		for caller.Stats().Transaction.Client > 0 {
			runtime.Gosched()
		}
		b.ReportMetric(float64(heap()-before)/(2*n), "B/leg")
		runtime.KeepAlive(legs)
	}
}

// fastTimers make transactions linger 64 times 5 ms instead of 32 s.
func fastTimers(c *sip.Config) { c.Timers.T1, c.Timers.T2, c.Timers.T4 = 5e6, 2e7, 5e6 }

// heap is what is in use, stacks of goroutines included.
func heap() int64 {
	runtime.GC()
	runtime.GC()
	var m runtime.MemStats
	runtime.ReadMemStats(&m)
	return int64(m.HeapAlloc + m.StackInuse)
}

// cpu is the CPU time of the process in nanoseconds.
func cpu() int64 {
	var u syscall.Rusage
	_ = syscall.Getrusage(syscall.RUSAGE_SELF, &u)
	return u.Utime.Nano() + u.Stime.Nano()
}

// benchPair starts a caller and a callee.
func benchPair(b *testing.B, network string, server func(*sip.Leg), edits ...func(*sip.Config)) (*sip.Stack, transport.Target) {
	b.Helper()
	if network != "memory" {
		_, to := listening(b, network, handlerFunc(server))
		caller, _ := listening(b, network, handlerFunc(func(*sip.Leg) {}))
		return caller, transport.Target{Network: network, Addr: to}
	}
	n := siptest.NewNet()
	var wg sync.WaitGroup
	ctx, cancel := context.WithCancel(context.Background())
	b.Cleanup(func() { cancel(); wg.Wait() })
	start := func(addr string, f func(*sip.Leg)) (*sip.Stack, transport.Target) {
		end := n.End(addr)
		cfg := sip.Config{Network: end, Log: slog.New(slog.DiscardHandler)}
		for _, e := range edits {
			e(&cfg)
		}
		s, err := sip.New(cfg, handlerFunc(f))
		if err != nil {
			b.Fatal(err)
		}
		wg.Go(func() { _ = s.Run(ctx) })
		return s, end.Target()
	}
	_, to := start("192.0.2.2:5060", server)
	caller, _ := start("192.0.2.1:5060", func(*sip.Leg) {})
	for !n.Attached(2) {
		runtime.Gosched()
	}
	return caller, to
}
