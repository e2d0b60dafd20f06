package worker

import (
	"bufio"
	"encoding/binary"
	"encoding/json"
	"errors"
	"fmt"
	"io"

	"ringward/speech/engine"
)

// Version of the protocol. Parent and child must agree: they are built from the
// same source.
const Version = 1

const (
	maxFrame = 256 << 10
	headLen  = 5           // kind and stream
	window   = engine.Rate // samples that may be unanswered
	maxAudio = 2 * window  // samples that the child keeps for a stream: more is a fault of the parent
	magic    = "ringward-asr"
)

type kind byte

const (
	kindHello  kind = 'H'
	kindOpen   kind = 'O'
	kindOpened kind = 'o'
	kindFailed kind = 'F'
	kindAudio  kind = 'A'
	kindAck    kind = 'K'
	kindResult kind = 'R'
	kindFinish kind = 'E'
	kindEnd    kind = 'e'
	kindClose  kind = 'C'
	kindPing   kind = 'P'
	kindPong   kind = 'p'
)

// frame is one message. The payload of a read frame is valid until the next.
type frame struct {
	kind    kind
	stream  uint32
	payload []byte
}

// append appends the frame's bytes.
func (f frame) append(b []byte) []byte {
	b = binary.LittleEndian.AppendUint32(b, uint32(headLen+len(f.payload)))
	b = append(b, byte(f.kind))
	b = binary.LittleEndian.AppendUint32(b, f.stream)
	return append(b, f.payload...)
}

// frames reads frames.
type frames struct {
	r   *bufio.Reader
	buf []byte
}

func newFrames(r io.Reader) *frames { return &frames{r: bufio.NewReaderSize(r, 32<<10)} }

var errFrame = errors.New("bad frame")

// next returns io.EOF only between frames.
func (fs *frames) next() (frame, error) {
	var head [4]byte
	if _, err := io.ReadFull(fs.r, head[:]); err != nil {
		if errors.Is(err, io.ErrUnexpectedEOF) {
			return frame{}, fmt.Errorf("%w: cut short", errFrame)
		}
		return frame{}, err
	}
	n := binary.LittleEndian.Uint32(head[:])
	if n < headLen || n > maxFrame {
		return frame{}, fmt.Errorf("%w: length %d (something else writes to this pipe?)", errFrame, n)
	}
	if cap(fs.buf) < int(n) {
		fs.buf = make([]byte, n)
	}
	b := fs.buf[:n]
	if _, err := io.ReadFull(fs.r, b); err != nil {
		return frame{}, fmt.Errorf("%w: cut short", errFrame)
	}
	return frame{kind: kind(b[0]), stream: binary.LittleEndian.Uint32(b[1:]), payload: b[headLen:]}, nil
}

// hello opens the conversation, in both directions.
type hello struct {
	Magic   string        `json:"magic"`
	Version int           `json:"version"`
	Threads int           `json:"threads,omitempty"`
	Models  []ModelConfig `json:"models,omitempty"`
	Error   string        `json:"error,omitempty"` // of the child: a model that cannot be loaded
}

type open struct {
	Model string `json:"model"`
}

// pong tells how the child fares.
type pong struct {
	Streams  int   `json:"streams"`
	OldestMS int64 `json:"oldest_ms"` // how long the stream that waits longest has waited for its turn
	CPUMS    int64 `json:"cpu_ms"`    // of the process, since its start
}

// message makes a frame of a JSON payload.
func message(k kind, stream uint32, v any) frame {
	b, err := json.Marshal(v)
	if err != nil { // our own types only
		panic(err)
	}
	return frame{k, stream, b}
}

// samples reads the payload of an audio frame.
func samples(dst []int16, payload []byte) []int16 {
	for i := 0; i+1 < len(payload); i += 2 {
		dst = append(dst, int16(binary.LittleEndian.Uint16(payload[i:])))
	}
	return dst
}
