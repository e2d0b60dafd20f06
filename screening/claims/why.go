package claims

import "strings"

// maxWhy is how many words or phrases are named for a level that the model
// raised.
const maxWhy = 3

// why names the words of the turn that weigh most in the model, digits masked:
// terms of the lexicon, or the beginning of the turn where it knows none.
func (d *Detector) why(text string) string {
	var best [maxWhy]hit
	var weight [maxWhy]float32
	for _, h := range d.match.hits {
		w := d.model.names[headScam][mix(d.rules.names[h.concept], saltConcept)>>(32-nameBits)]
		for i := range best {
			if w > weight[i] && !within(h, best[:i]) {
				copy(best[i+1:], best[i:])
				copy(weight[i+1:], weight[i:])
				best[i], weight[i] = h, w
				break
			}
		}
	}
	var parts []string
	for i, h := range best {
		if weight[i] > 0 {
			parts = append(parts, quote(text, d.match.toks, span{start: h.start, end: h.end}))
		}
	}
	if len(parts) == 0 {
		return mask(text[:cutRune(text, maxQuote)])
	}
	return strings.Join(parts, " … ")
}

// within reports whether h adds nothing to list: inside a hit of it, or the
// same concept again.
func within(h hit, list []hit) bool {
	for _, k := range list {
		if h.start >= k.start && h.end <= k.end || h.concept == k.concept {
			return true
		}
	}
	return false
}
