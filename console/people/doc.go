// Package people keeps who may use the console, what each may do, and who
// looked at what: users with their roles and lines, sessions, one-time links,
// partners' tokens, idempotent answers and the audit of reads, in one SQLite
// file that is readable by its owner only.
//
// Passwords are argon2id (RFC 9106), the second factor is TOTP (RFC 6238).
// Sessions, links and tokens are kept as SHA-256 hashes of 256 random bits, so
// that a copy of the file lets nobody in. The audit is hash-chained: a row that
// was changed, removed or moved shows (Store.VerifyAudit).
//
// It speaks no HTTP, and it holds no call and no register: rights name what a
// reader may reach, the console asks for them.
package people
