package main

import (
	"bytes"
	"context"
	"encoding/binary"
	"fmt"
	"os"
	"sync/atomic"
	"time"

	"ringward/media/wav"
	"ringward/screening"
	"ringward/speech"
)

// readSides reads the channels of a WAV file of 8 kHz, 16 bit.
func readSides(path string) ([][]int16, error) {
	b, err := os.ReadFile(path)
	if err != nil {
		return nil, err
	}
	return sidesOf(path, b)
}

// sidesOf is readSides for a file in memory; name stands in errors.
func sidesOf(path string, b []byte) (sides [][]int16, err error) {
	channels := [][]byte{b}
	if len(b) > 36 && string(b[8:16]) == "WAVEfmt " && binary.LittleEndian.Uint16(b[22:]) == 2 {
		if channels, err = splitStereo(b); err != nil {
			return nil, fmt.Errorf("%s: %w", path, err)
		}
	}
	for _, c := range channels {
		pcm, err := wav.Read(bytes.NewReader(c))
		if err != nil {
			return nil, fmt.Errorf("%s: %w; make it so with: sox %s -r 8000 -b 16 out.wav", path, err, path)
		}
		sides = append(sides, pcm)
	}
	return sides, nil
}

// splitStereo makes two files of one channel out of one with two channels of
// 16 bit.
func splitStereo(b []byte) ([][]byte, error) {
	const head = 44
	if binary.LittleEndian.Uint16(b[20:]) != 1 || binary.LittleEndian.Uint16(b[34:]) != 16 {
		return nil, wav.ErrFormat
	}
	at := bytes.Index(b[36:], []byte("data"))
	if at < 0 || 36+at+8 > len(b) {
		return nil, wav.ErrFormat
	}
	data := b[36+at+8:]
	if size := int(binary.LittleEndian.Uint32(b[36+at+4:])); size < len(data) {
		data = data[:size]
	}
	var out [][]byte
	for side := range 2 {
		one := make([]byte, head, head+len(data)/2)
		copy(one, b[:36])
		copy(one[36:], "data")
		for i := 2 * side; i+1 < len(data); i += 4 {
			one = append(one, data[i], data[i+1])
		}
		rate := binary.LittleEndian.Uint32(b[24:])
		binary.LittleEndian.PutUint32(one[4:], uint32(len(one)-8))
		binary.LittleEndian.PutUint32(one[16:], 16)
		binary.LittleEndian.PutUint16(one[22:], 1)
		binary.LittleEndian.PutUint32(one[28:], 2*rate)
		binary.LittleEndian.PutUint16(one[32:], 2)
		binary.LittleEndian.PutUint32(one[40:], uint32(len(one)-head))
		out = append(out, one)
	}
	return out, nil
}

// fileSource plays a file to an ear, as the media tap would (speech.Source).
// Read and Closed are the ear's, play is a goroutine of its own.
type fileSource struct {
	sides [][]int16
	paced bool // in the file's own time, for recognisers that work in it
	ready chan struct{}
	come  atomic.Int64 // frames of each side that may be read
	read  int          // frames read, of all sides
	clock atomic.Int64 // time.Duration up to which the file was read
}

// fileFrame is the samples of one frame, 20 ms.
const fileFrame = wav.Rate / 50

func newFileSource(sides [][]int16, paced bool) *fileSource {
	return &fileSource{sides: sides, paced: paced, ready: make(chan struct{}, 1)}
}

// frames is how long the file is.
func (s *fileSource) frames() int { return (len(s.sides[0]) + fileFrame - 1) / fileFrame }

// play lets the file be heard: at once, or paced, a frame every 20 ms.
func (s *fileSource) play(ctx context.Context) {
	if !s.paced {
		s.come.Store(int64(s.frames()))
		s.ready <- struct{}{}
		return
	}
	tick := time.NewTicker(20 * time.Millisecond)
	defer tick.Stop()
	for range s.frames() {
		select {
		case <-tick.C:
		case <-ctx.Done():
			return
		}
		s.come.Add(1)
		select {
		case s.ready <- struct{}{}:
		default: // not read yet
		}
	}
	select {
	case s.ready <- struct{}{}:
	case <-ctx.Done():
	}
}

// Ready is speech.Source.
func (s *fileSource) Ready() <-chan struct{} { return s.ready }

// Closed is speech.Source.
func (s *fileSource) Closed() bool { return int(s.come.Load()) == s.frames() }

// Dropped is speech.Source.
func (s *fileSource) Dropped() uint64 { return 0 }

// Read gives the sides' frames in turn (speech.Source).
func (s *fileSource) Read(pcm []int16) (speech.Frame, bool) {
	n, side := s.read/len(s.sides), s.read%len(s.sides)
	if int64(n) >= s.come.Load() {
		return speech.Frame{}, false
	}
	s.read++
	at := n * fileFrame
	f := speech.Frame{By: screening.PartyCaller, Timestamp: uint32(at), Samples: copy(pcm, s.sides[side][at:min(at+fileFrame, len(s.sides[side]))])}
	if side == 1 {
		f.By = screening.PartyMerchant
	}
	s.clock.Store(int64(time.Duration(at+f.Samples) * time.Second / wav.Rate))
	return f, true
}

// now is the time in the file.
func (s *fileSource) now() time.Duration { return time.Duration(s.clock.Load()) }
