package console

import (
	"errors"
	"io"
	"mime"
	"mime/multipart"
	"net/http"
	"net/url"
	"strings"
	"time"
)

const (
	maxImport    = 64 << 20 // of a file to import
	maxRecording = 4 << 20  // of a recording on the test bench
	maxFields    = 64 << 10 // of the fields before a file
	uploadTime   = 5 * time.Minute
)

// bodyLimit is how much a request may send to a path.
func bodyLimit(r *http.Request) int64 {
	switch {
	case r.Method != http.MethodPost:
	case r.URL.Path == "/import":
		return maxImport + maxFields
	case r.URL.Path == "/bench/recording":
		return maxRecording + maxFields
	}
	return maxBody
}

// isUpload reports whether a request brings a form with a file.
func isUpload(r *http.Request) bool {
	kind, _, err := mime.ParseMediaType(r.Header.Get("Content-Type"))
	return err == nil && kind == "multipart/form-data"
}

// readUpload reads the fields of a form up to its file, which stays unread: the
// forms of our pages name the file last.
func (v *view) readUpload() error {
	// Only these pages take files, and only from those who are logged in.
	if bodyLimit(v.Request) == maxBody {
		return problem(http.StatusUnsupportedMediaType, "", "This page takes no files.")
	}
	control := http.NewResponseController(v.w)
	_ = control.SetReadDeadline(time.Now().Add(uploadTime))
	_ = control.SetWriteDeadline(time.Now().Add(uploadTime))
	parts, err := v.MultipartReader()
	if err != nil {
		return badForm(err)
	}
	v.PostForm = url.Values{}
	for left := int64(maxFields); ; {
		part, err := parts.NextPart()
		if errors.Is(err, io.EOF) {
			return nil // a form without a file
		}
		if err != nil {
			return badForm(err)
		}
		if part.FileName() != "" || part.FormName() == "file" {
			v.file = part
			return nil
		}
		text, err := io.ReadAll(io.LimitReader(part, left+1))
		if left -= int64(len(text)); err != nil || left < 0 {
			return badForm(err)
		}
		v.PostForm.Add(part.FormName(), string(text))
	}
}

// fileKind is what a file's name says about its form.
func fileKind(p *multipart.Part) string {
	name := strings.ToLower(p.FileName())
	for suffix, kind := range map[string]string{".csv": "csv", ".jsonl": "jsonl", ".ndjson": "jsonl", ".vcf": "vcard"} {
		if strings.HasSuffix(name, suffix) {
			return kind
		}
	}
	return ""
}
