package people

import "slices"

// Role is what a user is here for.
type Role string

// The roles.
const (
	Merchant Role = "merchant" // owner of lines
	Analyst  Role = "analyst"  // curates the register
	Reviewer Role = "reviewer" // approves what analysts propose
	Operator Role = "operator" // runs the gateway, manages users
	Auditor  Role = "auditor"  // reads everything, the audit included, changes nothing
)

// Roles lists the roles.
func Roles() []Role { return []Role{Merchant, Analyst, Reviewer, Operator, Auditor} }

// Valid reports whether r is one of the roles.
func (r Role) Valid() bool { return slices.Contains(Roles(), r) }

// Right is something that a reader may do.
type Right uint32

// The rights.
const (
	ReadCalls  Right = 1 << iota // call records and live calls, of the lines within reach
	AllLines                     // every line is within reach; without it the reader's own
	Act                          // answer a warning in a running call, report a caller
	Save                         // keep the saved numbers of a line
	AskVerdict                   // ask what would happen to a caller
	Register                     // search the register
	Health                       // how the gateway is doing
	Manage                       // users and their rights
	Audit                        // who read what
	Tokens                       // own tokens for programs
	Edit                         // propose changes of the register
	Review                       // approve or reject what others proposed
)

// Rights returns what the role may do.
func (r Role) Rights() Right {
	switch r {
	case Merchant:
		return ReadCalls | Act | Save | AskVerdict | Tokens
	case Analyst:
		return ReadCalls | AllLines | AskVerdict | Register | Tokens | Edit
	case Reviewer:
		return AskVerdict | Register | Review
	case Operator:
		return ReadCalls | AllLines | AskVerdict | Register | Health | Manage | Tokens
	case Auditor:
		return ReadCalls | AllLines | Register | Health | Audit
	}
	return 0
}

// Scope is a part of its owner's rights that a token carries.
type Scope string

// The scopes of tokens.
const (
	ScopeCalls   Scope = "calls:read"
	ScopeEvents  Scope = "events:read"
	ScopeAct     Scope = "calls:act"
	ScopeVerdict Scope = "verdict:read"
	ScopeLines   Scope = "lines:read"
	ScopeSaved   Scope = "saved:write"
	ScopeHooks   Scope = "hooks:manage"
	ScopeRead    Scope = "register:read"
	ScopePropose Scope = "register:propose"
	ScopeLog     Scope = "log:read"
)

// Scopes lists the scopes.
func Scopes() []Scope {
	return []Scope{ScopeCalls, ScopeEvents, ScopeAct, ScopeVerdict, ScopeLines, ScopeSaved, ScopeHooks, ScopeRead, ScopePropose, ScopeLog}
}

// Needs is the right that its owner must have for a scope to count.
func (s Scope) Needs() Right {
	switch s {
	case ScopeCalls, ScopeEvents, ScopeLines:
		return ReadCalls
	case ScopeAct:
		return Act
	case ScopeVerdict:
		return AskVerdict
	case ScopeSaved:
		return Save
	case ScopeRead:
		return Register
	case ScopePropose:
		return Edit
	case ScopeHooks, ScopeLog:
		return Manage
	}
	return ^Right(0) // an unknown scope is never satisfied
}

// Reader is who asks: a person in a session, or a program with a token.
type Reader struct {
	User    string
	Role    Role
	Lines   []string // ids of the user's own lines
	Lang    string   // zh-CN or en
	Session string   // hash of the session; "" for a token
	Token   int64    // id of the token; 0 for a session
	scopes  []Scope
}

// Can reports whether the reader has all of the rights.
func (r Reader) Can(need Right) bool { return r.Role.Rights()&need == need }

// May reports whether the reader may do what a scope stands for: a person by
// his role, a program only with the scope as well.
func (r Reader) May(s Scope) bool {
	return r.Can(s.Needs()) && (r.Token == 0 || slices.Contains(r.scopes, s))
}

// Reaches reports whether a line is within the reader's reach.
func (r Reader) Reaches(line string) bool {
	return r.Can(AllLines) || line != "" && slices.Contains(r.Lines, line)
}
