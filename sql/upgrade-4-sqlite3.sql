-- SPDX-License-Identifier: Apache-2.0
--
-- From version 3 of the schema for SQLite to version 4: the tables of the
-- limits on tries. `acctauth upgrade` runs it in one transaction. A statement
-- ends at a line that ends in a semicolon.

-- The networks from which an account's owner signed in lately: a keyed
-- hash of each (limit/known.h). At most twenty of an account.
CREATE TABLE known_network (
    account_id INTEGER NOT NULL REFERENCES account (id) ON DELETE CASCADE,
    network TEXT NOT NULL
        CHECK (length(network) = 32 AND network NOT GLOB '*[^0-9a-f]*'),
    seen_at INTEGER NOT NULL
        CHECK (typeof(seen_at) = 'integer' AND seen_at >= 0),
    PRIMARY KEY (account_id, network)
);

CREATE INDEX known_network_seen_at ON known_network (seen_at);

-- What the servers' limits refuse now, one row each: names (budget ''; by a
-- keyed hash, with the account where there is one) and networks. No reference
-- to account: a row lives for as long as the refusal.
CREATE TABLE limited (
    subject TEXT PRIMARY KEY NOT NULL
        CHECK (length(subject) = 16 AND subject NOT GLOB '*[^0-9a-f]*'),
    budget TEXT NOT NULL,
    account_id INTEGER NOT NULL DEFAULT 0,
    network TEXT NOT NULL DEFAULT '',
    failures INTEGER NOT NULL DEFAULT 0,
    server TEXT NOT NULL,
    ends_at INTEGER NOT NULL
        CHECK (typeof(ends_at) = 'integer' AND ends_at >= 0)
);

CREATE INDEX limited_ends_at ON limited (ends_at);

-- What an operator has cleared, for the servers to read: a canonical name or
-- a network.
CREATE TABLE limit_clear (
    id INTEGER PRIMARY KEY AUTOINCREMENT CHECK (id > 0),
    subject TEXT NOT NULL CHECK (subject <> ''),
    cleared_at INTEGER NOT NULL
        CHECK (typeof(cleared_at) = 'integer' AND cleared_at >= 0)
);

UPDATE meta SET value = '4' WHERE name = 'schema_version';
