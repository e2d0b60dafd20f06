package main

import (
	"context"
	"crypto/ed25519"
	"errors"
	"fmt"
	"strings"
	"time"

	"ringward/numberdb"
	"ringward/numberdb/bundle"
)

const bundleMore = `Signed bundles carry institutions, numbers, scam listings and patterns to other
gateways; never lines, merchants' own numbers, appeals, or who reported.
  ringward numbers bundle keygen --out ourkey            ourkey.key stays here, ourkey.pub goes to others
  ringward numbers bundle create --key ourkey.key --issuer acme --out acme.rwb
  ringward numbers bundle verify acme.rwb --trust ourkey.pub
  ringward numbers bundle apply acme.rwb --trust ourkey.pub --dry-run
  ringward numbers bundle apply acme.rwb --trust ourkey.pub
  ringward numbers bundle rollback acme --reason TEXT
  ringward numbers bundle follow FOLDER|https://... --trust ourkey.pub --every 1h
apply takes only a bundle that a trusted key signed, newer than the last of its
issuer, and not older than --max-age. What it brings are drafts of "bundle:ISSUER";
what people here wrote, verified, rejected or retired stays as it is.`

func bundleVerb() verb {
	return verb{"bundle", "keygen|create|verify|apply|rollback|follow", "exchange signed bundles with other gateways", bundleMore, runBundle}
}

func runBundle(ctx context.Context, d *desk, args []string) error {
	does := map[string]func(context.Context, *desk, []string) error{"keygen": bundleKeygen, "create": bundleCreate, "verify": bundleVerify,
		"apply": bundleApply, "rollback": bundleRollback, "follow": bundleFollow}
	if len(args) > 0 && does[args[0]] != nil {
		return does[args[0]](ctx, d, args[1:])
	}
	if _, err := d.parse(args); err != nil {
		return err
	}
	return d.wrong("say what to do: keygen, create, verify, apply, rollback or follow")
}

func bundleKeygen(_ context.Context, d *desk, args []string) error {
	out := d.String("out", "", "`NAME` of the files, .key and .pub")
	if _, err := d.words(args, 0, 0, "no arguments are expected"); err != nil {
		return err
	}
	if *out == "" {
		return d.wrong("say --out NAME")
	}
	public, err := bundle.NewKey(*out)
	if err != nil {
		return err
	}
	if *d.asJSON {
		return printJSON(d.io.out, map[string]string{"id": bundle.KeyID(public), "private": *out + ".key", "public": *out + ".pub"})
	}
	fmt.Fprintf(d.io.out, "key %s: keep %s.key to yourself, give %[2]s.pub to those who are to trust your bundles\n", bundle.KeyID(public), *out)
	return nil
}

func bundleCreate(ctx context.Context, d *desk, args []string) error {
	keyFile := d.String("key", "", "private key `FILE`")
	issuer := d.String("issuer", "", "`NAME` of who issues it; part of the source of every listing")
	out := d.String("out", "", "`FILE` to write")
	note := d.String("note", "", "remark for those who take it")
	sequence := d.Int64("sequence", 0, "number that rises with every bundle (default: the time in seconds)")
	drafts := d.Bool("drafts", false, "with drafts too, not only what two people verified")
	if _, err := d.open(args, 0, 0, "no arguments are expected"); err != nil {
		return err
	}
	if *keyFile == "" || *out == "" || validIssuer(*issuer) != nil {
		return d.wrong("say --key FILE, --out FILE and --issuer NAME (letters, digits and -)")
	}
	key, err := bundle.ReadPrivateKey(*keyFile)
	if err != nil {
		return err
	}
	now := time.Now().UTC().Truncate(time.Second)
	h := bundle.Header{Issuer: *issuer, Sequence: *sequence, Created: now, Note: *note}
	if h.Sequence == 0 {
		h.Sequence = now.Unix()
	}
	if h, err = bundle.Write(*out, key, h, bundleSources(ctx, d.db, *drafts)); err != nil {
		return err
	}
	return d.showBundle(h, key.Public().(ed25519.PublicKey), "wrote "+*out)
}

func validIssuer(s string) error {
	for _, r := range s {
		if (r < 'a' || r > 'z') && (r < 'A' || r > 'Z') && (r < '0' || r > '9') && r != '-' && r != '.' {
			return fmt.Errorf("issuer %.60q has to be letters, digits, dots and -", s)
		}
	}
	if s == "" || len(s) > 60 {
		return errors.New("issuer has to be 1 to 60 letters")
	}
	return nil
}

func (d *desk) showBundle(h bundle.Header, key ed25519.PublicKey, did string) error {
	if *d.asJSON {
		return printJSON(d.io.out, map[string]any{"key": bundle.KeyID(key), "header": h})
	}
	fmt.Fprintf(d.io.out, "%s: %s, sequence %d of %s, key %s\n", did, clean(h.Issuer), h.Sequence, h.Created.Local().Format("2006-01-02 15:04"), bundle.KeyID(key))
	for _, t := range h.Tables {
		fmt.Fprintf(d.io.out, "  %-12s %d\n", clean(t.Name), t.Records)
	}
	return nil
}

// trust adds the flag that names keys, and reads them when it is called.
func (d *desk) trust() func() ([]ed25519.PublicKey, error) {
	var files []string
	d.Func("trust", "public key `FILE` of an issuer; may be repeated", func(f string) error {
		files = append(files, f)
		return nil
	})
	return func() ([]ed25519.PublicKey, error) {
		if len(files) == 0 {
			return nil, d.wrong("say whom to trust: --trust FILE.pub")
		}
		var out []ed25519.PublicKey
		for _, f := range files {
			k, err := bundle.ReadPublicKey(f)
			if err != nil {
				return nil, err
			}
			out = append(out, k)
		}
		return out, nil
	}
}

func bundleVerify(ctx context.Context, d *desk, args []string) error {
	trust := d.trust()
	rest, err := d.words(args, 1, 1, "give one bundle")
	if err != nil {
		return err
	}
	keys, err := trust()
	if err != nil {
		return err
	}
	b, err := bundle.Open(ctx, rest[0], keys)
	if err != nil {
		return err
	}
	defer b.Close()
	return d.showBundle(b.Header, b.Key, "good")
}

// ledger is kept beside the database.
func (d *desk) ledger() (*bundle.Ledger, error) {
	return bundle.OpenLedger(ledgerFile(d.cfg.Data))
}

func bundleApply(ctx context.Context, d *desk, args []string) error {
	d.edits()
	trust := d.trust()
	maxAge := d.Duration("max-age", bundle.DefaultMaxAge, "refuse a bundle that is older")
	dry := d.Bool("dry-run", false, "tell what would change, and change nothing")
	rest, err := d.open(args, 1, 1, "give one bundle")
	if err != nil {
		return err
	}
	keys, err := trust()
	if err != nil {
		return err
	}
	t := &taking{db: d.db, dry: *dry, maxAge: *maxAge, by: d.author()}
	if t.ledger, err = d.ledger(); err != nil {
		return err
	}
	report, err := t.take(ctx, rest[0], keys)
	if err != nil {
		return err
	}
	return d.taken(report, *dry)
}

func (d *desk) taken(r takingReport, dry bool) error {
	if *d.asJSON {
		return printJSON(d.io.out, r)
	}
	did := "applied"
	if dry {
		did = "dry run, nothing was changed"
	}
	fmt.Fprintf(d.io.out, "%s: %s, sequence %d\n", did, clean(r.Issuer), r.Sequence)
	t := &table{head: []string{"TABLE", "ROWS", "NEW", "CHANGED", "SAME", "KEPT OURS", "BAD"}}
	for _, p := range r.Tables {
		t.add(p.Name, fmt.Sprint(p.Rows+p.Kept), fmt.Sprint(p.Added), fmt.Sprint(p.Changed), fmt.Sprint(p.Unchanged), fmt.Sprint(p.Kept), fmt.Sprint(p.Bad))
	}
	d.print(t)
	for _, p := range r.Tables {
		for _, b := range p.BadRows[:min(len(p.BadRows), 10)] {
			fmt.Fprintf(d.io.out, "%s, row %d is left out: %s\n", p.Name, b.Line, clean(b.Reason))
		}
	}
	if r.Withdrawn > 0 {
		fmt.Fprintf(d.io.out, "%s that the issuer took back\n", counted(r.Withdrawn, "record"))
	}
	if !dry {
		fmt.Fprintf(d.io.out, "what is new is a draft of %s; take it back with: ringward numbers bundle rollback %s --reason TEXT\n", bundleAuthor(r.Issuer), r.Issuer)
	}
	return nil
}

func bundleRollback(ctx context.Context, d *desk, args []string) error {
	d.edits()
	rest, err := d.open(args, 1, 1, "give the issuer, or the id of its key")
	if err != nil {
		return err
	}
	e, err := d.edit("")
	if err != nil {
		return err
	}
	l, err := d.ledger()
	if err != nil {
		return err
	}
	issuer, err := l.Find(rest[0])
	if err != nil {
		return err
	}
	if len(issuer.Applied) == 0 {
		return fmt.Errorf("no bundle of %s is left to take back", rest[0])
	}
	last := issuer.Applied[len(issuer.Applied)-1]
	if err := d.confirm("take back bundle %d of %s, taken on %s?", last.Sequence, issuer.Name, last.At.Local().Format("2006-01-02 15:04")); err != nil {
		return err
	}
	kept := 0
	for i := len(last.Imports) - 1; i >= 0; i-- {
		k, err := d.db.UndoImport(ctx, e, last.Imports[i])
		if err != nil && !errors.Is(err, numberdb.ErrNotFound) { // one that changed nothing has nothing to undo
			return err
		}
		kept += k
	}
	if err := l.Drop(issuer); err != nil {
		return err
	}
	return d.undone(map[string]any{"undone": "bundle:" + issuer.Name, "sequence": last.Sequence, "kept": kept},
		"bundle %d of %s is taken back; %s that were changed since stay as they are\n", last.Sequence, issuer.Name, counted(kept, "record"))
}

func bundleFollow(ctx context.Context, d *desk, args []string) error {
	trust := d.trust()
	every := d.Duration("every", time.Hour, "look so often")
	once := d.Bool("once", false, "look once and end")
	private := d.Bool("private", false, "the address may be inside our own network")
	most := d.Int64("max-mb", 1024, "refuse larger bundles")
	maxAge := d.Duration("max-age", bundle.DefaultMaxAge, "refuse a bundle that is older")
	rest, err := d.open(args, 1, 1, "give a folder or an https address")
	if err != nil {
		return err
	}
	keys, err := trust()
	if err != nil {
		return err
	}
	if *every < time.Second || *most < 1 {
		return errors.New("--every has to be a second or more, --max-mb 1 or more")
	}
	f := &bundle.Feed{Source: rest[0], Keys: keys, Private: *private, Most: *most << 20}
	tick := time.NewTicker(*every)
	defer tick.Stop()
	for {
		err := d.look(ctx, f, *maxAge)
		if *once || ctx.Err() != nil {
			return err
		}
		if err != nil { // told once a look; the next one may go better
			fmt.Fprintf(d.io.err, "%s %s: %v\n", time.Now().Format(time.DateTime), f.Source, err)
		}
		select {
		case <-ctx.Done():
			return nil
		case <-tick.C:
		}
	}
}

// look takes the newest bundle of a feed, if it is new.
func (d *desk) look(ctx context.Context, f *bundle.Feed, maxAge time.Duration) error {
	r, taken, err := takeNewest(ctx, d.db, d.cfg.Data, f, maxAge)
	if err != nil {
		return err
	}
	if !taken {
		if *d.asJSON {
			return printJSON(d.io.out, map[string]any{"new": false})
		}
		fmt.Fprintf(d.io.out, "%s nothing new\n", strings.TrimSpace(f.Source))
		return nil
	}
	return d.taken(r, false)
}
