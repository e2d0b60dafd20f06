package main

import (
	"context"
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
	"slices"
	"strings"

	"ringward/console/people"
)

// Roles that may propose, and that may approve and reject, where the console
// knows people.
var (
	mayPropose = []people.Role{people.Analyst, people.Reviewer, people.Operator}
	mayReview  = []people.Role{people.Reviewer, people.Operator}
)

// known holds a name against the people of the console: once one of them is an
// analyst or a reviewer, only theirs are names. Whoever may write the files may
// still use another's; this keeps honest people from slips and from approving
// what is not theirs to approve.
func known(ctx context.Context, data, name string, may []people.Role) error {
	path := filepath.Join(data, "people.db")
	if _, err := os.Stat(path); errors.Is(err, fs.ErrNotExist) {
		return nil
	}
	s, err := people.Open(people.Options{Path: path})
	if err != nil {
		return fmt.Errorf("who may edit: %w", err)
	}
	defer func() { _ = s.Close() }()
	users, err := s.Users(ctx)
	if err != nil {
		return fmt.Errorf("who may edit: %w", err)
	}
	users = slices.DeleteFunc(users, func(u people.User) bool { return u.Disabled })
	if !slices.ContainsFunc(users, func(u people.User) bool { return u.Role == people.Analyst || u.Role == people.Reviewer }) {
		return nil
	}
	for _, u := range users {
		if !sameName(u.Name, name) {
			continue
		}
		if slices.Contains(may, u.Role) {
			return nil
		}
		return fmt.Errorf("%s is %s on the console; this takes %s", u.Name, u.Role, oneOf(may))
	}
	return fmt.Errorf("nobody on the console is called %.60q (or the account is disabled); this takes %s: give the name with --as, or have an operator add it under People", name, oneOf(may))
}

func oneOf(roles []people.Role) string {
	var names []string
	for _, r := range roles {
		names = append(names, string(r))
	}
	return strings.Join(names, " or ")
}
