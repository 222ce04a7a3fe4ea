-- SPDX-License-Identifier: Apache-2.0
--
-- From version 5 of the schema for SQLite to version 6: tokens of other
-- systems in their own forms, and what came from where. `acctauth upgrade`
-- runs it in one transaction. A statement ends at a line that ends in a
-- semicolon.

-- form is 0 but for a token of another system that was imported and not used
-- since (token/foreign.h): foreign_digest is that system's digest, of which
-- digest is the first half; foreign_salt what is digested with the token;
-- foreign_key what the row is found by, or what the token must name.
ALTER TABLE token ADD COLUMN form INTEGER NOT NULL DEFAULT 0
    CHECK (typeof(form) = 'integer' AND form BETWEEN 0 AND 4);

ALTER TABLE token ADD COLUMN foreign_digest TEXT
    CHECK ((foreign_digest IS NULL) = (form IN (0, 4))
           AND (foreign_digest IS NULL
                OR (length(foreign_digest) = 128
                    AND foreign_digest NOT GLOB '*[^0-9a-f]*'
                    AND substr(foreign_digest, 1, 64) = digest)));

ALTER TABLE token ADD COLUMN foreign_salt TEXT
    CHECK ((foreign_salt IS NULL) = (form <> 1)
           AND coalesce(foreign_salt, '-') <> ''
           AND coalesce(foreign_salt, '') NOT GLOB '*[^0-9a-f]*');

ALTER TABLE token ADD COLUMN foreign_key TEXT
    CHECK ((foreign_key IS NULL) = (form NOT IN (1, 4))
           AND coalesce(foreign_key, '-') <> '');

CREATE INDEX token_foreign_key ON token (foreign_key) WHERE form = 1;

-- What came from another system, under the name of its import, so that what
-- runs again knows what it has made: its key there, the account or token here,
-- and a digest of what was read. When an account is deleted its row keeps a
-- keyed hash of the source key alone, and those of its tokens go. No reference
-- to account: a row outlives it.
CREATE TABLE import_run (
    id INTEGER PRIMARY KEY AUTOINCREMENT CHECK (id > 0),
    name TEXT NOT NULL CHECK (name <> ''),
    started_at INTEGER NOT NULL
        CHECK (typeof(started_at) = 'integer' AND started_at >= 0),
    ended_at INTEGER NOT NULL DEFAULT 0
        CHECK (typeof(ended_at) = 'integer' AND ended_at >= 0),
    state TEXT NOT NULL CHECK (state IN ('running', 'stopped', 'done')),
    counts TEXT NOT NULL DEFAULT ''
);

CREATE INDEX import_run_name ON import_run (name);

CREATE TABLE imported (
    name TEXT NOT NULL CHECK (name <> ''),
    kind TEXT NOT NULL CHECK (kind IN ('account', 'token')),
    source_key TEXT NOT NULL CHECK (source_key <> ''),
    account_id INTEGER,
    token_id TEXT,
    print TEXT NOT NULL DEFAULT '',
    PRIMARY KEY (name, kind, source_key)
);

CREATE INDEX imported_account ON imported (account_id)
    WHERE account_id IS NOT NULL;

UPDATE meta SET value = '6' WHERE name = 'schema_version';
