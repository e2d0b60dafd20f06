package screening

import (
	"strings"
	"testing"
)

func TestMatrixFaultsAreNamed(t *testing.T) {
	tests := []struct {
		name, old, new, want string
	}{
		{"unknown class", "ordinary\t", "normal\t", `no caller class is called "normal"`},
		{"unknown column", "\tpitch\t", "\tsale\t", `no column is called "sale"`},
		{"unknown level", "\tclear+info\t", "\tgreen\t", `cell "green" of row registered`},
		{"unknown mark", "\tclear+info\t", "\tclear+loud\t", `cell "clear+loud"`},
		{"missing cell", "\tclear+info\talarm", "\talarm", "row registered has 4 cells"},
		{"missing row", "listed\tnotice", "#\tnotice", "row listed, column nothing is missing"},
		{"row falls to the right", "ordinary\tclear\tnotice\tnotice\twarning", "ordinary\tclear\tnotice\tclear\twarning", "row ordinary falls at column pitch"},
		{"column falls with guilt", "irregular\tnotice", "irregular\tclear", "column nothing falls at row irregular"},
		{"floor without level", "floor\tknown_recording\twarning", "floor\tknown_recording", "a floor has a kind and a level"},
		{"floor of nothing", "floor\tknown_recording", "floor\tsinging", `floor "singing"`},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			text := strings.Replace(matrixText, tt.old, tt.new, 1)
			if text == matrixText {
				t.Fatalf("%q is not in the matrix", tt.old)
			}
			_, err := parseMatrix(text)
			if err == nil || !strings.Contains(err.Error(), tt.want) {
				t.Errorf("got %v, want an error with %q", err, tt.want)
			}
		})
	}
}

func FuzzMatrix(f *testing.F) {
	f.Add(matrixText)
	f.Add("caller\tnothing\nordinary\tclear")
	f.Fuzz(func(t *testing.T, text string) {
		m, err := parseMatrix(text)
		if (m == nil) != (err != nil) {
			t.Errorf("out-values are nil or complete: got %v, %v", m, err)
		}
	})
}
