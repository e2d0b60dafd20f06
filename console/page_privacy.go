package console

import (
	"net/http"
	"slices"

	"ringward/console/people"
)

// ConsentText is the version of the text that owners agree to (consent.* in the
// catalogues). It changes with the text.
const ConsentText = "2026-11"

// postPrivacy takes the choice of a line's owner.
func postPrivacy(v *view) error {
	if v.c.o.Choices == nil {
		return notFound
	}
	ch := Choice{Listen: v.PostFormValue("listen"), Keep: v.PostFormValue("keep") != "", Text: ConsentText}
	if ch.Listen != "never" && v.PostFormValue("agree") == "" {
		return v.to("/privacy", "err", "agree")
	}
	if err := v.c.choose(v.Request, v.reader, v.PostFormValue("line"), ch); err != nil {
		return err
	}
	return v.to("/privacy", "done", "chosen")
}

func (c *Console) apiChoose(a *ask) (any, error) {
	var in Choice
	if err := a.decode(&in); err != nil {
		return nil, err
	}
	return Done{true}, c.choose(a.Request, a.reader, a.PathValue("line"), in)
}

// choose keeps what the owner of a line allows.
func (c *Console) choose(r *http.Request, who people.Reader, id string, ch Choice) error {
	line, err := c.lineToSave(who, id)
	if err != nil {
		return err
	}
	switch {
	case !slices.Contains([]string{"never", "unverified", "always"}, ch.Listen):
		return problem(422, "listen", "listen is never, unverified or always.")
	case ch.Listen != "never" && ch.Text != ConsentText:
		return problem(422, "text", "The text has changed; its version now is "+ConsentText+".")
	case ch.Keep && ch.Listen == "never":
		ch.Keep = false // there is nothing to keep
	}
	if err := c.note(r, who.Name(), "choose what is analysed", id+": "+ch.Listen+map[bool]string{true: ", words kept"}[ch.Keep]); err != nil {
		return err
	}
	return c.o.Choices.Choose(r.Context(), who.User, line, ch)
}
