-- Fingerprints of known recordings: scams to warn of, and announcements that
-- honest callers play, which must never be taken for one. The rows stand in doc.
CREATE TABLE recordings (id INTEGER PRIMARY KEY, key INTEGER NOT NULL, scope TEXT NOT NULL, seq INTEGER NOT NULL, pack BLOB, doc TEXT, UNIQUE (key, scope));
