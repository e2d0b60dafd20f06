package claims

import "bytes"

// english pushes a word: contractions opened, fillers dropped, stemmed,
// spelled-out letters joined ("P O S").
func (t *tokeniser) english(w []byte, k token) {
	if i := bytes.IndexByte(w, '\''); i >= 0 {
		t.contraction(w, i, k)
		return
	}
	if len(w) == 1 && t.spell(w[0], k) {
		return
	}
	t.pushWord(w, k)
}

func (t *tokeniser) contraction(w []byte, i int, k token) {
	head, tail := w[:i], w[i+1:]
	not := string(tail) == "t" && i > 1 && head[i-1] == 'n'
	if not {
		head = head[:i-1]
		switch string(head) {
		case "ca":
			head = []byte("can")
		case "wo":
			head = []byte("will")
		case "ai":
			head = []byte("is")
		}
	}
	t.pushWord(head, k)
	switch {
	case not:
		t.push(token{key: keyNot, start: k.start, end: k.end})
	case string(tail) == "ll":
		t.push(token{key: keyWill, start: k.start, end: k.end})
	case string(tail) == "re", string(tail) == "m":
		t.push(token{key: keyBe, start: k.start, end: k.end})
	case string(tail) == "ve":
		t.push(token{key: keyHave, start: k.start, end: k.end})
	}
}

var (
	keyNot, keyWill, keyBe, keyHave = wordKey("not"), wordKey("will"), wordKey("be"), wordKey("have")
	keyYou                          = wordKey("you")
)

// spell joins single letters that follow each other ("P O S"); false: c is an
// ordinary word, or the first letter of what may become a run.
func (t *tokeniser) spell(c byte, k token) bool {
	n := len(t.toks)
	if n > 0 && len(t.run) > 0 && len(t.run) < maxWord && t.runTok == n-1 && k.start-t.toks[n-1].end <= 2 {
		t.run = append(t.run, c)
		t.toks[n-1].key, t.toks[n-1].end = wordKey(t.run), k.end
		return true
	}
	t.run = t.run[:0]
	if c != 'a' && c != 'i' {
		t.run, t.runTok = append(t.run, c), n
	}
	return false
}

// pushWord drops fillers, stems and pushes.
func (t *tokeniser) pushWord(w []byte, k token) {
	switch string(w) {
	case "", "uh", "um", "er", "erm", "hmm", "hm", "mm", "ah", "like", "lah":
		return
	case "know":
		if n := len(t.toks); n > 0 && t.toks[n-1].key == keyYou {
			t.toks = t.toks[:n-1] // "you know"
			return
		}
	}
	k.key = stemKey(w)
	t.push(k)
}

// irregular maps forms that no suffix rule brings together, or that one would
// spoil.
var irregular = map[string]string{
	"frozen": "freez", "froze": "freez", "frees": "freez",
	"is": "be", "are": "be", "was": "be", "were": "be", "been": "be", "being": "be", "am": "be",
	"has": "have", "had": "have", "having": "have", "held": "hold", "sent": "send", "told": "tell", "said": "say", "says": "say",
	"gave": "giv", "given": "giv", "took": "tak", "taken": "tak", "went": "go", "gone": "go", "goes": "go", "going": "go",
	"paid": "pay", "bought": "buy", "gonna": "will", "does": "do", "did": "do", "done": "do", "cutting": "cut", "shutting": "shut",
	"business": "business", "need": "need", "pos": "pos",
}

// stemKey is the wordKey of a word's stem: a light suffix rule that need not
// give real words, only the same for lexicon and speech.
func stemKey(w []byte) uint32 {
	if s, ok := irregular[string(w)]; ok {
		return wordKey(s)
	}
	n := len(w)
	switch {
	case n > 5 && bytes.HasSuffix(w, []byte("ies")), n > 4 && bytes.HasSuffix(w, []byte("ied")):
		w = w[:n-2]
		w[n-3] = 'y'
		return wordKey(w)
	case n > 5 && bytes.HasSuffix(w, []byte("ing")):
		w = undouble(w[:n-3])
	case n > 4 && bytes.HasSuffix(w, []byte("ed")):
		w = undouble(w[:n-2])
	case n > 3 && w[n-1] == 's' && w[n-2] != 's':
		w = w[:n-1]
	}
	if n = len(w); n > 3 && w[n-1] == 'e' {
		w = w[:n-1]
	}
	return wordKey(w)
}

// undouble takes back the doubling before a suffix: "stopp" is "stop".
func undouble(w []byte) []byte {
	if n := len(w); n > 3 && w[n-1] == w[n-2] && !bytes.ContainsRune([]byte("lse"), rune(w[n-1])) {
		return w[:n-1]
	}
	return w
}
