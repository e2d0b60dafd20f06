package bundle

import (
	"bufio"
	"bytes"
	"crypto/ed25519"
	"encoding/base64"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"slices"
	"time"
)

// Header says what a bundle holds.
type Header struct {
	Issuer   string    `json:"issuer"`
	Sequence int64     `json:"sequence"` // rises with every bundle of the issuer
	Created  time.Time `json:"created"`
	Note     string    `json:"note,omitempty"`
	Tables   []Table   `json:"tables"`
}

// Table is one table of a bundle.
type Table struct {
	Name    string `json:"name"`
	Records int    `json:"records"`
	Size    int64  `json:"size"`   // bytes in the file
	Raw     int64  `json:"raw"`    // bytes before compression
	SHA256  []byte `json:"sha256"` // of the bytes in the file
}

const (
	magic     = "ringward-bundle 1\n"
	maxHeader = 64 << 10
	maxTables = 50
	maxName   = 100
	// maxTable is the largest table, before compression: some hundred million records.
	maxTable = 64 << 30
)

// check refuses a header that no bundle of ours has, signed or not.
func (h *Header) check() error {
	if h.Issuer == "" || len(h.Issuer) > maxName || h.Sequence < 1 || h.Created.IsZero() || len(h.Tables) > maxTables {
		return fmt.Errorf("%w: issuer, sequence or time are missing", ErrFormat)
	}
	var names []string
	for _, t := range h.Tables {
		if t.Name == "" || len(t.Name) > maxName || slices.Contains(names, t.Name) || t.Records < 0 || t.Size < 0 || t.Size > maxTable || t.Raw < 0 || t.Raw > maxTable || len(t.SHA256) != 32 {
			return fmt.Errorf("%w: table %.40q", ErrFormat, t.Name)
		}
		names = append(names, t.Name)
	}
	return nil
}

// sealed returns the beginning of the file: magic, header and signature.
func (h *Header) sealed(key ed25519.PrivateKey) ([]byte, error) {
	line, err := json.Marshal(h)
	if err != nil {
		return nil, err
	}
	if len(line) > maxHeader {
		return nil, fmt.Errorf("%w: header", ErrTooLarge)
	}
	signed := append([]byte(magic), append(line, '\n')...)
	return append(signed, base64.StdEncoding.EncodeToString(ed25519.Sign(key, signed))+"\n"...), nil
}

// ReadHeader reads and checks the beginning of a bundle: it returns a header
// only if one of the keys signed it, and that key. n is how many bytes it took.
func ReadHeader(r io.Reader, keys []ed25519.PublicKey) (h Header, by ed25519.PublicKey, n int64, err error) {
	br := bufio.NewReaderSize(io.LimitReader(r, int64(len(magic)+maxHeader+1+200)), len(magic)+maxHeader+1+200)
	var lines [3][]byte
	for i := range lines {
		line, err := br.ReadSlice('\n')
		if err != nil && err != io.EOF && !errors.Is(err, bufio.ErrBufferFull) {
			return Header{}, nil, 0, fmt.Errorf("read bundle: %w", err)
		}
		if err != nil || i == 0 && string(line) != magic {
			return Header{}, nil, 0, ErrFormat
		}
		lines[i] = bytes.Clone(line)
		n += int64(len(line))
	}
	signature, err := base64.StdEncoding.Strict().DecodeString(string(bytes.TrimSuffix(lines[2], []byte("\n"))))
	if err != nil {
		return Header{}, nil, 0, fmt.Errorf("%w: its signature does not read", ErrFormat)
	}
	signed := append(bytes.Clone(lines[0]), lines[1]...)
	i := slices.IndexFunc(keys, func(k ed25519.PublicKey) bool { return ed25519.Verify(k, signed, signature) })
	if i < 0 {
		return Header{}, nil, 0, ErrUntrusted
	}
	dec := json.NewDecoder(bytes.NewReader(lines[1]))
	dec.DisallowUnknownFields()
	if err := dec.Decode(&h); err != nil {
		return Header{}, nil, 0, fmt.Errorf("%w: %v", ErrFormat, err)
	}
	return h, keys[i], n, h.check()
}
