package fingerprint

import (
	"encoding/binary"
	"errors"
	"fmt"
	"hash/crc32"
)

// Errors of Decode.
var (
	// ErrVersion says that the rows were made with another layout; take the
	// fingerprint again from the sound.
	ErrVersion = errors.New("fingerprint of another version")
	// ErrDamaged says that the bytes are no complete fingerprint.
	ErrDamaged = errors.New("damaged fingerprint")
)

// version changes with everything that gives a sound other rows.
const version = 1

const (
	headSize = 8
	rowSize  = 8
	sumSize  = 4
)

// Encode writes a recording for the database:
//
//	"RWF" | version 1 | rows u32 | rows × (bits u32, mask u32) | CRC-32 u32
//
// all little endian, the check sum (IEEE) over everything before it.
func (r Recording) Encode() []byte {
	out := make([]byte, 0, headSize+rowSize*len(r.rows)+sumSize)
	out = append(out, 'R', 'W', 'F', version)
	out = binary.LittleEndian.AppendUint32(out, uint32(len(r.rows)))
	for _, w := range r.rows {
		out = binary.LittleEndian.AppendUint32(out, w.bits)
		out = binary.LittleEndian.AppendUint32(out, w.mask)
	}
	return binary.LittleEndian.AppendUint32(out, crc32.ChecksumIEEE(out))
}

// Decode reads what Encode wrote. It fails with ErrVersion or ErrDamaged.
func Decode(data []byte) (Recording, error) {
	if len(data) < headSize+sumSize || string(data[:3]) != "RWF" {
		return Recording{}, fmt.Errorf("%w: %d bytes without the head of one", ErrDamaged, len(data))
	}
	if data[3] != version {
		return Recording{}, fmt.Errorf("%w: %d, this program reads %d", ErrVersion, data[3], version)
	}
	n := int64(binary.LittleEndian.Uint32(data[4:]))
	if n > int64(maxRows) || int64(len(data)) != headSize+rowSize*n+sumSize {
		return Recording{}, fmt.Errorf("%w: %d rows in %d bytes", ErrDamaged, n, len(data))
	}
	end := len(data) - sumSize
	if crc32.ChecksumIEEE(data[:end]) != binary.LittleEndian.Uint32(data[end:]) {
		return Recording{}, fmt.Errorf("%w: wrong check sum", ErrDamaged)
	}
	rows := make([]row, n)
	for i := range rows {
		b := data[headSize+rowSize*i:]
		rows[i] = row{bits: binary.LittleEndian.Uint32(b), mask: binary.LittleEndian.Uint32(b[4:])}
		if rows[i].mask == 0 && rows[i].bits != 0 {
			return Recording{}, fmt.Errorf("%w: row %d has bits without a mask", ErrDamaged, i)
		}
	}
	return Recording{rows: rows}, nil
}
