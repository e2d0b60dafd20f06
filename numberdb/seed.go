package numberdb

import (
	"context"
	_ "embed"
	"encoding/json"
	"fmt"
)

//go:embed examples/examples.json
var exampleFile []byte

// seed loads the example institutions and their numbers, as unverified drafts,
// into a database with no institution: enough to try the program with, nothing
// to rely on before people have checked it.
func (s *Store) seed(ctx context.Context) error {
	const any = `SELECT EXISTS (SELECT 1 FROM institutions)`
	var there bool
	// Looked up before the writer's turn is taken: a start waits for no import.
	if err := s.r.QueryRowContext(ctx, any).Scan(&there); err != nil || there {
		return readError(err)
	}
	var examples struct {
		Institutions []Institution `json:"institutions"`
		Numbers      []Number      `json:"numbers"`
	}
	if err := json.Unmarshal(exampleFile, &examples); err != nil {
		return fmt.Errorf("read examples: %w", err)
	}
	e := Edit{Author: "examples", Reason: "example data that ships with the program, not verified by anyone"}
	return s.edit(ctx, e, "seed", "seed:examples", func(w *write) (string, error) {
		if err := w.tx.QueryRowContext(ctx, any).Scan(&there); err != nil || there {
			return "", readError(err)
		}
		for i := range examples.Institutions {
			if err := w.add(&examples.Institutions[i]); err != nil {
				return "", err
			}
		}
		for i := range examples.Numbers {
			if err := w.add(&examples.Numbers[i]); err != nil {
				return "", err
			}
		}
		return "", nil
	})
}

// add puts a record where it belongs.
func (w *write) add(rec record) error {
	old, err := w.find(rec, 0)
	if err != nil {
		return err
	}
	_, err = w.put(old, rec)
	return err
}
