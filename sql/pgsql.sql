-- SPDX-License-Identifier: Apache-2.0
--
-- The schema of mod_acctauth for PostgreSQL (11 or newer), version 4.
-- `acctauth init` runs it in one transaction. A statement ends at a line
-- that ends in a semicolon. Times are microseconds since the epoch, UTC.
--
-- Keys are compared byte by byte (COLLATE "C"): they are canonical
-- already, and an index in the order of a language would have to be made
-- again whenever the system's idea of that order changes.

CREATE TABLE meta (
    name TEXT COLLATE "C" PRIMARY KEY,
    value TEXT NOT NULL
);

-- The identity counts on: the id of a deleted account is never given to
-- another. username_key and email_key are the canonical forms; what they
-- were made of is kept for display.
CREATE TABLE account (
    id BIGINT GENERATED ALWAYS AS IDENTITY PRIMARY KEY CHECK (id > 0),
    username TEXT,
    username_key TEXT COLLATE "C" CHECK (username_key <> ''),
    email TEXT,
    email_key TEXT COLLATE "C" CHECK (email_key <> ''),
    first_name TEXT NOT NULL DEFAULT '',
    last_name TEXT NOT NULL DEFAULT '',
    password TEXT NOT NULL CHECK (password <> ''),
    is_active SMALLINT NOT NULL DEFAULT 1 CHECK (is_active IN (0, 1)),
    is_staff SMALLINT NOT NULL DEFAULT 0 CHECK (is_staff IN (0, 1)),
    created_at BIGINT NOT NULL CHECK (created_at >= 0),
    last_login BIGINT NOT NULL DEFAULT 0 CHECK (last_login >= 0),
    CHECK (username IS NOT NULL OR email IS NOT NULL),
    CHECK ((username IS NULL) = (username_key IS NULL)),
    CHECK ((email IS NULL) = (email_key IS NULL))
);

CREATE UNIQUE INDEX account_username_key ON account (username_key);

CREATE UNIQUE INDEX account_email_key ON account (email_key);

-- The token's text is not here: digest is its SHA-256, sealed (a reusable
-- token's alone) can be opened with the key file only. expires_at, ends_at
-- and last_used are 0 for never. A token with sliding lives on for that
-- long whenever it is used, and never past ends_at.
CREATE TABLE token (
    id TEXT COLLATE "C" PRIMARY KEY CHECK (id ~ '^[0-9a-f]{32}$'),
    account_id BIGINT NOT NULL REFERENCES account (id) ON DELETE CASCADE,
    digest TEXT COLLATE "C" NOT NULL CHECK (digest ~ '^[0-9a-f]{64}$'),
    sealed TEXT CHECK (sealed <> ''),
    label TEXT NOT NULL DEFAULT '',
    created_at BIGINT NOT NULL CHECK (created_at >= 0),
    expires_at BIGINT NOT NULL DEFAULT 0 CHECK (expires_at >= 0),
    last_used BIGINT NOT NULL DEFAULT 0 CHECK (last_used >= 0),
    ends_at BIGINT NOT NULL DEFAULT 0 CHECK (ends_at >= 0),
    sliding BIGINT NOT NULL DEFAULT 0 CHECK (sliding >= 0)
);

CREATE UNIQUE INDEX token_digest ON token (digest);

-- At most one reusable token for an account.
CREATE UNIQUE INDEX token_reusable ON token (account_id)
    WHERE sealed IS NOT NULL;

CREATE INDEX token_account ON token (account_id);

CREATE INDEX token_expires_at ON token (expires_at) WHERE expires_at > 0;

-- No reference to account: a revocation outlives the account it is about.
-- Rows do not become visible in the order of their ids, so servers look for
-- new ones by txid, the transaction that wrote them.
CREATE TABLE revocation (
    id BIGINT GENERATED ALWAYS AS IDENTITY PRIMARY KEY CHECK (id > 0),
    account_id BIGINT NOT NULL,
    revoked_at BIGINT NOT NULL CHECK (revoked_at >= 0),
    txid BIGINT NOT NULL DEFAULT txid_current()
);

CREATE INDEX revocation_txid ON revocation (txid);

CREATE INDEX revocation_revoked_at ON revocation (revoked_at);

-- The networks from which an account's owner signed in lately: a keyed
-- hash of each (limit/known.h). At most twenty of an account.
CREATE TABLE known_network (
    account_id BIGINT NOT NULL REFERENCES account (id) ON DELETE CASCADE,
    network TEXT COLLATE "C" NOT NULL CHECK (network ~ '^[0-9a-f]{32}$'),
    seen_at BIGINT NOT NULL CHECK (seen_at >= 0),
    PRIMARY KEY (account_id, network)
);

CREATE INDEX known_network_seen_at ON known_network (seen_at);

-- What the servers' limits refuse now, one row each: names (budget ''; by a
-- keyed hash, with the account where there is one) and networks. No reference
-- to account: a row lives for as long as the refusal.
CREATE TABLE limited (
    subject TEXT COLLATE "C" PRIMARY KEY CHECK (subject ~ '^[0-9a-f]{16}$'),
    budget TEXT COLLATE "C" NOT NULL,
    account_id BIGINT NOT NULL DEFAULT 0,
    network TEXT COLLATE "C" NOT NULL DEFAULT '',
    failures BIGINT NOT NULL DEFAULT 0,
    server TEXT COLLATE "C" NOT NULL,
    ends_at BIGINT NOT NULL CHECK (ends_at >= 0)
);

CREATE INDEX limited_ends_at ON limited (ends_at);

-- What an operator has cleared, for the servers to read: a canonical name or
-- a network.
CREATE TABLE limit_clear (
    id BIGINT GENERATED ALWAYS AS IDENTITY PRIMARY KEY CHECK (id > 0),
    subject TEXT NOT NULL CHECK (subject <> ''),
    cleared_at BIGINT NOT NULL CHECK (cleared_at >= 0)
);

INSERT INTO meta (name, value) VALUES ('schema_version', '4');

INSERT INTO meta (name, value)
    VALUES ('created_at', CAST(CAST(floor(extract(epoch FROM now()))
                               AS BIGINT) * 1000000 AS TEXT));
