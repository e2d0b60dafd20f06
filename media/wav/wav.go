// Package wav reads and writes the one sound file format that Ringward uses:
// RIFF WAVE, PCM, 8 kHz, 16 bit, mono. Any other is refused by name; nothing is
// converted. Reading is bounded by MaxSamples.
package wav

import (
	"encoding/binary"
	"errors"
	"fmt"
	"io"
)

// Rate is the sampling rate in Hz.
const Rate = 8000

// MaxSamples is the longest file that Read takes: one hour.
const MaxSamples = 3600 * Rate

// ErrFormat says that a file is not 8 kHz 16-bit mono PCM.
var ErrFormat = errors.New("not a WAV file of 8 kHz, 16 bit, mono")

// maxChunks bounds the work on a file of tiny chunks.
const maxChunks = 64

// Read reads a whole file. Chunks other than "fmt " and "data" are skipped.
func Read(r io.Reader) ([]int16, error) {
	var head [12]byte
	if _, err := io.ReadFull(r, head[:]); err != nil || string(head[:4]) != "RIFF" || string(head[8:]) != "WAVE" {
		return nil, fmt.Errorf("%w: no RIFF WAVE header", ErrFormat)
	}
	format := false
	for range maxChunks {
		id, size, err := chunk(r)
		if err != nil {
			return nil, fmt.Errorf("%w: no data chunk", ErrFormat)
		}
		switch {
		case id == "fmt ":
			if err := readFormat(r, size); err != nil {
				return nil, err
			}
			format = true
		case id == "data" && !format:
			return nil, fmt.Errorf("%w: data before fmt", ErrFormat)
		case id == "data":
			return readData(r, size)
		default:
			if _, err := io.CopyN(io.Discard, r, int64(size)+int64(size&1)); err != nil {
				return nil, fmt.Errorf("%w: chunk %q ends early", ErrFormat, id)
			}
		}
	}
	return nil, fmt.Errorf("%w: more than %d chunks", ErrFormat, maxChunks)
}

func chunk(r io.Reader) (id string, size uint32, err error) {
	var h [8]byte
	_, err = io.ReadFull(r, h[:])
	return string(h[:4]), binary.LittleEndian.Uint32(h[4:]), err
}

func readFormat(r io.Reader, size uint32) error {
	if size < 16 || size > 1024 {
		return fmt.Errorf("%w: fmt chunk of %d octets", ErrFormat, size)
	}
	b := make([]byte, size+size&1)
	if _, err := io.ReadFull(r, b); err != nil {
		return fmt.Errorf("%w: fmt chunk ends early", ErrFormat)
	}
	le := binary.LittleEndian
	tag, channels, rate, bits := le.Uint16(b), le.Uint16(b[2:]), le.Uint32(b[4:]), le.Uint16(b[14:])
	if tag != 1 || channels != 1 || rate != Rate || bits != 16 {
		return fmt.Errorf("%w: format %d, %d channels, %d Hz, %d bit", ErrFormat, tag, channels, rate, bits)
	}
	return nil
}

// readData takes what is there: a stream's data chunk may claim more.
func readData(r io.Reader, size uint32) ([]int16, error) {
	b, err := io.ReadAll(io.LimitReader(r, min(int64(size), 2*MaxSamples+2)))
	if err != nil {
		return nil, fmt.Errorf("read samples: %w", err)
	}
	if len(b) > 2*MaxSamples {
		return nil, fmt.Errorf("%w: longer than %d s", ErrFormat, MaxSamples/Rate)
	}
	pcm := make([]int16, len(b)/2)
	for i := range pcm {
		pcm[i] = int16(binary.LittleEndian.Uint16(b[2*i:]))
	}
	return pcm, nil
}

// Write writes a whole file.
func Write(w io.Writer, pcm []int16) error {
	if len(pcm) > MaxSamples {
		return fmt.Errorf("write WAV: %d samples, at most %d", len(pcm), MaxSamples)
	}
	n := uint32(2 * len(pcm))
	b := make([]byte, 0, 44+n)
	le := binary.LittleEndian
	b = append(b, "RIFF"...)
	b = le.AppendUint32(b, 36+n)
	b = append(b, "WAVEfmt "...)
	b = le.AppendUint32(b, 16)
	b = le.AppendUint16(b, 1)
	b = le.AppendUint16(b, 1)
	b = le.AppendUint32(b, Rate)
	b = le.AppendUint32(b, 2*Rate)
	b = le.AppendUint16(b, 2)
	b = le.AppendUint16(b, 16)
	b = append(b, "data"...)
	b = le.AppendUint32(b, n)
	for _, s := range pcm {
		b = le.AppendUint16(b, uint16(s))
	}
	if _, err := w.Write(b); err != nil {
		return fmt.Errorf("write WAV: %w", err)
	}
	return nil
}
