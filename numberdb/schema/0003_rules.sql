-- Rules over what callers say, as analysts write them: YAML with its own test
-- sentences. The rows stand in doc; pack marks those that are approved.
CREATE TABLE rules (id INTEGER PRIMARY KEY, key INTEGER NOT NULL, scope TEXT NOT NULL, seq INTEGER NOT NULL, pack BLOB, doc TEXT, UNIQUE (key, scope));
