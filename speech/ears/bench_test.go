//go:build unix

package ears_test

import (
	"bytes"
	"encoding/binary"
	"flag"
	"hash/crc32"
	"math/rand/v2"
	"os"
	"path/filepath"
	"runtime"
	"strings"
	"sync"
	"syscall"
	"testing"
	"time"

	"ringward/media/wav"
	"ringward/screening"
	"ringward/speech"
	"ringward/speech/ears"
	"ringward/speech/engine"
	"ringward/speech/fingerprint"
)

// BenchmarkDecision is from the words of a recogniser to the verdict and the
// warning that is due: the sentence of the claim, after a long call.
func BenchmarkDecision(b *testing.B) {
	o := ears.Options{Recognisers: []ears.Recogniser{recogniser("asr", "")}}
	e := ears.New(o)
	talk := strings.Repeat("我们这边是收单机构的商户服务中心，麻烦您先核对一下商户名称和地址，", 3)
	b.ReportAllocs()
	var worst time.Duration
	for b.Loop() {
		b.StopTimer()
		c, _ := e.Listen("call-1", ears.Line{Language: "zh-CN"})
		call := screening.NewCase([]screening.Evidence{{Source: screening.SourceNumber, Rule: "caller.ordinary", Caller: screening.CallerOrdinary}}, screening.Policy{Mode: screening.ModeAnnounce}, screening.Limits{})
		for range 20 {
			hear(c, says(talk))
		}
		runtime.GC() // its own pauses are no part of the decision
		b.StartTimer()
		began := time.Now()
		for _, ev := range hear(c, says("您的商户账户现在已经被冻结了，请把收到的验证码报给我")) {
			call.Add(ev)
		}
		_, due := call.Due(30 * time.Second)
		worst = max(worst, time.Since(began))
		if !due {
			b.Fatal("no warning is due")
		}
	}
	b.ReportMetric(float64(worst.Microseconds())/1000, "worst-ms")
}

// voices is n pieces of the demonstration's voices, which are in no recording.
func voices(b *testing.B, n int, d time.Duration) [][]int16 {
	b.Helper()
	var all []int16
	for _, name := range []string{"freeze-call.wav", "freeze-call-en.wav"} {
		f, err := os.Open("../../cmd/ringward/sounds/" + name)
		if err != nil {
			b.Fatal(err)
		}
		pcm, err := wav.Read(f)
		_ = f.Close() // read only
		if err != nil {
			b.Fatal(err)
		}
		all = append(all, pcm...)
	}
	size := int(d.Seconds() * engine.Rate)
	out := make([][]int16, n)
	for i := range out {
		out[i] = all[i*(len(all)-size)/n:][:size]
	}
	return out
}

// kept is a folder that the measurement of speech/fingerprint filled: real speech
// instead of made-up recordings, and other voices as calls.
var kept = flag.String("kept", "", "folder of spoken recordings for BenchmarkListenedCalls")

// BenchmarkListenedCalls is one second of 500 calls that are listened to: voice
// activity, data tones, turns on both sides and known recordings on the
// caller's, without sockets; everybody talks all the time. cores-for-500 below 2
// means that two cores carry them. It has 500 made-up recordings, or with
//
//	go test ./speech/ears -run xxx -bench ListenedCalls -kept /var/tmp/spoken
//
// those of the folder, see docs/recordings.md.
func BenchmarkListenedCalls(b *testing.B) {
	const calls = 500
	known, sounds := many(500), voices(b, 16, 8*time.Second)
	if *kept != "" {
		known, sounds = keptSpeech(b, *kept)
	}
	e := ears.New(ears.Options{Recordings: known})
	cfgs := make([]speech.Config, calls)
	gates := make([][2]speech.Voice, calls)
	for i := range cfgs {
		cfgs[i], _ = e.Listen("call", ears.Line{})
		gates[i] = [2]speech.Voice{cfgs[i].NewVoice(), cfgs[i].NewVoice()}
	}
	runtime.GC()
	second := 0
	cpu := cpuTime()
	for b.Loop() {
		var wg sync.WaitGroup
		workers := runtime.GOMAXPROCS(0)
		for w := range workers {
			wg.Go(func() {
				for i := w; i < calls; i += workers {
					oneSecond(cfgs[i], gates[i], sounds[i%len(sounds)], sounds[(i+5)%len(sounds)], second)
				}
			})
		}
		wg.Wait()
		second++
	}
	used := cpuTime() - cpu
	b.ReportMetric(float64(known().Index.Len()), "recordings")
	b.ReportMetric(used.Seconds()/float64(second), "cores-for-500")
	b.ReportMetric(1000*used.Seconds()/float64(second)/calls, "cpu-ms/call-second")
}

// oneSecond lets the ears of one call hear a second of both sides.
func oneSecond(c speech.Config, gates [2]speech.Voice, caller, merchant []int16, second int) {
	for i := range 50 {
		from := (second*engine.Rate + i*160) % (len(caller) - 160)
		at := time.Duration(second)*time.Second + time.Duration(i)*20*time.Millisecond
		for side, pcm := range [][]int16{caller[from : from+160], merchant[from : from+160]} {
			by := screening.PartyCaller
			if side == 1 {
				by = screening.PartyMerchant
			}
			s := speech.Sound{By: by, At: at, PCM: pcm, Voice: gates[side].Speech(pcm)}
			for _, d := range c.Sounds {
				d.Listen(s)
			}
		}
	}
}

// many makes an index of n recordings of 30 s: a few, and the same with their
// rows in another order, a fifth of a second at a time.
func many(n int) func() ears.Recordings {
	const base, block = 32, 4 * 8 // bytes of four rows
	rnd := rand.New(rand.NewPCG(7, 7))
	var first [][]byte
	entries := make([]fingerprint.Entry, n)
	for i := range entries {
		if i < base {
			first = append(first, fingerprint.NewRecording(babble(uint64(5000+i), 30*time.Second)).Encode())
		}
		data := bytes.Clone(first[i%base])
		rows := data[8 : len(data)-4]
		for k := len(rows)/block - 1; i >= base && k > 0; k-- {
			a, b := rows[k*block:][:block], rows[rnd.IntN(k+1)*block:][:block]
			for x := range a {
				a[x], b[x] = b[x], a[x]
			}
		}
		binary.LittleEndian.PutUint32(data[len(data)-4:], crc32.ChecksumIEEE(data[:len(data)-4]))
		r, err := fingerprint.Decode(data)
		if err != nil {
			panic(err)
		}
		entries[i] = fingerprint.Entry{ID: fingerprint.ID(i + 1), Recording: r}
	}
	ix := fingerprint.NewIndex(entries)
	return func() ears.Recordings {
		return ears.Recordings{Index: ix, Info: func(fingerprint.ID) (ears.Known, bool) { return ears.Known{}, false }}
	}
}

// keptSpeech reads the recordings of a folder and the voices that are in none.
func keptSpeech(b *testing.B, dir string) (func() ears.Recordings, [][]int16) {
	b.Helper()
	prints, _ := filepath.Glob(filepath.Join(dir, "*-30.fingerprint"))
	calls, _ := filepath.Glob(filepath.Join(dir, "20000*-30.pcm"))
	if len(prints) == 0 || len(calls) == 0 {
		b.Fatalf("%s has %d fingerprints and %d calls; fill it with BenchmarkCall of speech/fingerprint", dir, len(prints), len(calls))
	}
	var entries []fingerprint.Entry
	for i, name := range prints {
		r, err := fingerprint.Decode(read(b, name))
		if err != nil {
			b.Fatalf("%s: %v", name, err)
		}
		entries = append(entries, fingerprint.Entry{ID: fingerprint.ID(i + 1), Recording: r})
	}
	sounds := make([][]int16, len(calls))
	for i, name := range calls {
		data := read(b, name)
		sounds[i] = make([]int16, len(data)/2)
		for k := range sounds[i] {
			sounds[i][k] = int16(binary.LittleEndian.Uint16(data[2*k:]))
		}
	}
	ix := fingerprint.NewIndex(entries)
	return func() ears.Recordings {
		return ears.Recordings{Index: ix, Info: func(fingerprint.ID) (ears.Known, bool) { return ears.Known{}, false }}
	}, sounds
}

func read(b *testing.B, name string) []byte {
	b.Helper()
	data, err := os.ReadFile(name)
	if err != nil {
		b.Fatal(err)
	}
	return data
}

// cpuTime is what this process has used.
func cpuTime() time.Duration {
	var u syscall.Rusage
	if err := syscall.Getrusage(syscall.RUSAGE_SELF, &u); err != nil {
		return 0
	}
	return time.Duration(u.Utime.Nano() + u.Stime.Nano())
}
