-- The change log: the one truth. Rows are only ever added.
CREATE TABLE changes (
	seq     INTEGER PRIMARY KEY,
	at      INTEGER NOT NULL, -- milliseconds since 1970, never falling
	author  TEXT    NOT NULL,
	reason  TEXT    NOT NULL,
	action  TEXT    NOT NULL,
	subject TEXT    NOT NULL, -- "number:17", "import:NAME", "change:42"
	count   INTEGER NOT NULL, -- items
	items   TEXT    NOT NULL, -- JSON array: entity, id, previous change, before, after
	prev    BLOB    NOT NULL, -- hash of the change before
	hash    BLOB    NOT NULL
);
CREATE INDEX changes_subject ON changes (subject, seq);
CREATE TRIGGER changes_stay BEFORE UPDATE ON changes BEGIN SELECT RAISE(ABORT, 'the change log is append-only'); END;
CREATE TRIGGER changes_remain BEFORE DELETE ON changes BEGIN SELECT RAISE(ABORT, 'the change log is append-only'); END;

-- The last change, so that a log cut short shows.
CREATE TABLE head (
	one  INTEGER PRIMARY KEY CHECK (one = 1),
	seq  INTEGER NOT NULL,
	at   INTEGER NOT NULL,
	hash BLOB    NOT NULL
);
INSERT INTO head VALUES (1, 0, 0, zeroblob(32));

-- The tables: the result of the log. doc is the record in JSON, NULL when it
-- was taken back; key, scope and pack follow from it (see place and pack).
CREATE TABLE institutions (id INTEGER PRIMARY KEY, key INTEGER NOT NULL, scope TEXT NOT NULL, seq INTEGER NOT NULL, pack BLOB, doc TEXT, UNIQUE (key, scope));
CREATE TABLE numbers      (id INTEGER PRIMARY KEY, key INTEGER NOT NULL, scope TEXT NOT NULL, seq INTEGER NOT NULL, pack BLOB, doc TEXT, UNIQUE (key, scope));
CREATE TABLE scams        (id INTEGER PRIMARY KEY, key INTEGER NOT NULL, scope TEXT NOT NULL, seq INTEGER NOT NULL, pack BLOB, doc TEXT, UNIQUE (key, scope));
CREATE TABLE patterns     (id INTEGER PRIMARY KEY, key INTEGER NOT NULL, scope TEXT NOT NULL, seq INTEGER NOT NULL, pack BLOB, doc TEXT, UNIQUE (key, scope));
CREATE TABLE lines        (id INTEGER PRIMARY KEY, key INTEGER NOT NULL, scope TEXT NOT NULL, seq INTEGER NOT NULL, pack BLOB, doc TEXT, UNIQUE (key, scope));
CREATE TABLE saved        (id INTEGER PRIMARY KEY, key INTEGER NOT NULL, scope TEXT NOT NULL, seq INTEGER NOT NULL, pack BLOB, doc TEXT, UNIQUE (key, scope));
CREATE TABLE appeals      (id INTEGER PRIMARY KEY, key INTEGER NOT NULL, scope TEXT NOT NULL, seq INTEGER NOT NULL, pack BLOB, doc TEXT, UNIQUE (key, scope));

-- Numbers that are prefixes are few; the index loads them as patterns.
CREATE INDEX numbers_prefix ON numbers (id) WHERE substr(pack, 1, 1) = x'03';

-- How far imports came that commit in parts.
CREATE TABLE imports (
	name   TEXT PRIMARY KEY,
	input  BLOB    NOT NULL, -- SHA-256 of the beginning of the input
	rows   INTEGER NOT NULL, -- rows read and committed
	done   INTEGER NOT NULL,
	at     INTEGER NOT NULL
) WITHOUT ROWID;

-- All numbers of an institution: scope begins with its id.
CREATE INDEX numbers_scope ON numbers (scope);
