package wave

import (
	"encoding/binary"
	"errors"
	"fmt"
)

// Rate is the sampling rate of everything that is played, in Hz.
const Rate = 8000

// MaxBytes is the largest file that Decode reads.
const MaxBytes = 32 << 20

// ErrFormat is wrapped by every error of Decode.
var ErrFormat = errors.New("not a usable WAV file")

// Sound is mono audio in the range -1 to 1.
type Sound struct {
	Rate    int // Hz
	Samples []float64
}

// Seconds returns how long s plays.
func (s Sound) Seconds() float64 { return float64(len(s.Samples)) / float64(s.Rate) }

// Int16 returns s's samples as 16-bit integers, clipped at full scale.
func (s Sound) Int16() []int16 { return toInt16(s.Samples) }

// format is what the "fmt " chunk of a RIFF file says.
type format struct {
	tag, channels, bits int
	rate                int
}

// Decode reads a RIFF/WAVE file of linear PCM; several channels are mixed into
// one. Sizes that a text-to-speech program left open because it wrote to a pipe
// are taken as "to the end".
func Decode(data []byte) (Sound, error) {
	if len(data) > MaxBytes {
		return Sound{}, fmt.Errorf("%w: %d bytes, at most %d are read", ErrFormat, len(data), MaxBytes)
	}
	if len(data) < 12 || string(data[:4]) != "RIFF" || string(data[8:12]) != "WAVE" {
		return Sound{}, fmt.Errorf("%w: it does not begin with RIFF and WAVE", ErrFormat)
	}
	var f format
	for at := 12; at+8 <= len(data); {
		id, size := string(data[at:at+4]), int64(binary.LittleEndian.Uint32(data[at+4:]))
		body := data[at+8:]
		if size < int64(len(body)) {
			body = body[:size]
		}
		switch id {
		case "fmt ":
			var err error
			if f, err = readFormat(body); err != nil {
				return Sound{}, err
			}
		case "data":
			if f.rate == 0 {
				return Sound{}, fmt.Errorf("%w: the data comes before the format", ErrFormat)
			}
			return Sound{f.rate, f.samples(body)}, nil
		}
		at += 8 + len(body) + len(body)%2
	}
	return Sound{}, fmt.Errorf("%w: it has no data", ErrFormat)
}

func readFormat(body []byte) (format, error) {
	if len(body) < 16 {
		return format{}, fmt.Errorf("%w: its format is cut off", ErrFormat)
	}
	f := format{
		tag:      int(binary.LittleEndian.Uint16(body)),
		channels: int(binary.LittleEndian.Uint16(body[2:])),
		rate:     int(binary.LittleEndian.Uint32(body[4:])),
		bits:     int(binary.LittleEndian.Uint16(body[14:])),
	}
	if f.tag == 0xfffe && len(body) >= 26 { // WAVE_FORMAT_EXTENSIBLE
		f.tag = int(binary.LittleEndian.Uint16(body[24:]))
	}
	switch {
	case f.tag != 1:
		return format{}, fmt.Errorf("%w: coding %d, only linear PCM (1) is read", ErrFormat, f.tag)
	case f.channels < 1 || f.channels > 8:
		return format{}, fmt.Errorf("%w: %d channels, 1 to 8 are read", ErrFormat, f.channels)
	case f.rate < 4000 || f.rate > 192000:
		return format{}, fmt.Errorf("%w: %d Hz, 4000 to 192000 are read", ErrFormat, f.rate)
	case f.bits != 8 && f.bits != 16 && f.bits != 24 && f.bits != 32:
		return format{}, fmt.Errorf("%w: %d bits, 8, 16, 24 and 32 are read", ErrFormat, f.bits)
	}
	return f, nil
}

func (f format) samples(body []byte) []float64 {
	width := f.bits / 8
	frame := width * f.channels
	out := make([]float64, len(body)/frame)
	for i := range out {
		for c := range f.channels {
			out[i] += f.sample(body[i*frame+c*width:]) / float64(f.channels)
		}
	}
	return out
}

func (f format) sample(b []byte) float64 {
	switch f.bits {
	case 8:
		return (float64(b[0]) - 128) / 128
	case 16:
		return float64(int16(binary.LittleEndian.Uint16(b))) / (1 << 15)
	case 24:
		return float64(int32(uint32(b[0])<<8|uint32(b[1])<<16|uint32(b[2])<<24)) / (1 << 31)
	}
	return float64(int32(binary.LittleEndian.Uint32(b))) / (1 << 31)
}

// Encode writes samples as a WAV file of 8 kHz, 16-bit, mono.
func Encode(samples []int16) []byte {
	const head = 44
	b := make([]byte, 0, head+2*len(samples))
	b = append(b, "RIFF"...)
	b = binary.LittleEndian.AppendUint32(b, uint32(head-8+2*len(samples)))
	b = append(b, "WAVEfmt "...)
	b = binary.LittleEndian.AppendUint32(b, 16)
	b = binary.LittleEndian.AppendUint16(b, 1)
	b = binary.LittleEndian.AppendUint16(b, 1)
	b = binary.LittleEndian.AppendUint32(b, Rate)
	b = binary.LittleEndian.AppendUint32(b, 2*Rate)
	b = binary.LittleEndian.AppendUint16(b, 2)
	b = binary.LittleEndian.AppendUint16(b, 16)
	b = append(b, "data"...)
	b = binary.LittleEndian.AppendUint32(b, uint32(2*len(samples)))
	for _, s := range samples {
		b = binary.LittleEndian.AppendUint16(b, uint16(s))
	}
	return b
}
