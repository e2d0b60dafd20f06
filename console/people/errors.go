package people

import "errors"

// The errors of this package; test for them with errors.Is.
var (
	// ErrNotFound: no such user, session, link or token, or it has ended.
	ErrNotFound = errors.New("not found")
	// ErrRefused: name, password or code is wrong; never said which.
	ErrRefused = errors.New("name, password or code is wrong")
	// ErrThrottled: too many failures from one source.
	ErrThrottled = errors.New("too many failed logins from here; wait a minute")
	// ErrInvalid: what was given cannot be taken; the text says why.
	ErrInvalid = errors.New("not valid")
	// ErrTaken: another user has the name.
	ErrTaken = errors.New("the name is taken")
	// ErrLastOperator: nobody would be left to manage users.
	ErrLastOperator = errors.New("the last operator cannot be taken away")
	// ErrDamaged: the file is not ours or not readable.
	ErrDamaged = errors.New("people.db is damaged")
	// ErrNewer: the file was written by a later version of this program.
	ErrNewer = errors.New("people.db is of a newer version")
)
