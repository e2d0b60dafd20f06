package main

import (
	"path/filepath"
	"testing"

	"ringward/console/people"
)

// TestNamesAreHeldAgainstThePeopleOfTheConsole: once it knows analysts.
func TestNamesAreHeldAgainstThePeopleOfTheConsole(t *testing.T) {
	a := newAnalyst(t)
	s, err := people.Open(people.Options{Path: filepath.Join(a.data, "people.db")})
	if err != nil {
		t.Fatal(err)
	}
	defer s.Close()
	add := func(name string, role people.Role) {
		if _, err := s.Add(t.Context(), people.User{Name: name, Role: role, Lang: "en"}); err != nil {
			t.Fatal(err)
		}
	}
	add("shopkeeper", people.Merchant)
	a.does("edit", "95588", "--direction", "inbound-only", "--as", "anybody", "--reason", "x")
	add("alice", people.Analyst)
	add("bob", people.Reviewer)
	a.refused("nobody on the console is called", "edit", "95588", "--direction", "may-call-out", "--as", "anybody", "--reason", "x")
	a.refused("shopkeeper is merchant", "edit", "95588", "--direction", "may-call-out", "--as", "shopkeeper", "--reason", "x")
	a.does("edit", "95588", "--direction", "may-call-out", "--reason", "x")
	a.refused("alice is analyst on the console; this takes reviewer", "approve", "95599", "--reason", "x")
	a.does("approve", "95588", "--as", "bob", "--reason", "x")
}
