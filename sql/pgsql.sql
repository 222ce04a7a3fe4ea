-- SPDX-License-Identifier: Apache-2.0
--
-- The schema of mod_acctauth for PostgreSQL (11 or newer), version 6.
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
--
-- pending_until is 0 but for an account that was not activated yet, which
-- cannot be signed in to and is gone then. email_pending is the address that
-- the account is to have once it is verified; email_verified_at and
-- password_changed_at are 0 for never. totp_sealed is the secret of the second
-- factor, opened with the key file only, pending while totp_confirmed_at is 0;
-- totp_step the last step of time that a code was accepted of.
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
    pending_until BIGINT NOT NULL DEFAULT 0
        CHECK (pending_until >= 0
               AND (pending_until = 0 OR is_active = 0)),
    email_verified_at BIGINT NOT NULL DEFAULT 0 CHECK (email_verified_at >= 0),
    email_pending TEXT,
    email_pending_key TEXT COLLATE "C"
        CHECK ((email_pending IS NULL) = (email_pending_key IS NULL)
               AND coalesce(email_pending_key, '-') <> ''),
    password_changed_at BIGINT NOT NULL DEFAULT 0
        CHECK (password_changed_at >= 0),
    totp_sealed TEXT CHECK (totp_sealed <> ''),
    totp_confirmed_at BIGINT NOT NULL DEFAULT 0
        CHECK (totp_confirmed_at >= 0
               AND (totp_confirmed_at = 0 OR totp_sealed IS NOT NULL)),
    totp_step BIGINT NOT NULL DEFAULT 0 CHECK (totp_step >= 0),
    CHECK (username IS NOT NULL OR email IS NOT NULL),
    CHECK ((username IS NULL) = (username_key IS NULL)),
    CHECK ((email IS NULL) = (email_key IS NULL))
);

CREATE UNIQUE INDEX account_username_key ON account (username_key);

CREATE UNIQUE INDEX account_email_key ON account (email_key);

CREATE INDEX account_pending_until ON account (pending_until)
    WHERE pending_until > 0;

-- The token's text is not here: digest is its SHA-256, sealed (a reusable
-- token's alone) can be opened with the key file only. expires_at, ends_at
-- and last_used are 0 for never. A token with sliding lives on for that
-- long whenever it is used, and never past ends_at. network is the one that
-- was signed in from, '' where it is not known.
--
-- form is 0 but for a token of another system that was imported and not used
-- since (token/foreign.h): foreign_digest is that system's digest, of which
-- digest is the first half; foreign_salt what is digested with the token;
-- foreign_key what the row is found by, or what the token must name.
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
    sliding BIGINT NOT NULL DEFAULT 0 CHECK (sliding >= 0),
    network TEXT NOT NULL DEFAULT '',
    form BIGINT NOT NULL DEFAULT 0 CHECK (form BETWEEN 0 AND 4),
    foreign_digest TEXT COLLATE "C"
        CHECK ((foreign_digest IS NULL) = (form IN (0, 4))
               AND (foreign_digest IS NULL
                    OR (foreign_digest ~ '^[0-9a-f]{128}$'
                        AND substr(foreign_digest, 1, 64) = digest))),
    foreign_salt TEXT COLLATE "C"
        CHECK ((foreign_salt IS NULL) = (form <> 1)
               AND coalesce(foreign_salt, 'a') ~ '^[0-9a-f]+$'),
    foreign_key TEXT COLLATE "C"
        CHECK ((foreign_key IS NULL) = (form NOT IN (1, 4))
               AND coalesce(foreign_key, '-') <> '')
);

CREATE UNIQUE INDEX token_digest ON token (digest);

-- At most one reusable token for an account.
CREATE UNIQUE INDEX token_reusable ON token (account_id)
    WHERE sealed IS NOT NULL;

CREATE INDEX token_account ON token (account_id);

CREATE INDEX token_expires_at ON token (expires_at) WHERE expires_at > 0;

CREATE INDEX token_foreign_key ON token (foreign_key) WHERE form = 1;

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

-- What was mailed to the owner of an address, or of an account, so that
-- what it is for can be done by it: digest is its SHA-256. Used once; an
-- account has at most one of a purpose that lives.
CREATE TABLE link (
    digest TEXT COLLATE "C" PRIMARY KEY CHECK (digest ~ '^[0-9a-f]{64}$'),
    account_id BIGINT NOT NULL REFERENCES account (id) ON DELETE CASCADE,
    purpose TEXT COLLATE "C" NOT NULL CHECK (purpose <> ''),
    address_key TEXT COLLATE "C" NOT NULL DEFAULT '',
    created_at BIGINT NOT NULL CHECK (created_at >= 0),
    expires_at BIGINT NOT NULL CHECK (expires_at > 0)
);

CREATE INDEX link_account ON link (account_id, purpose);

CREATE INDEX link_expires_at ON link (expires_at);

-- Names that were given up, which no other account can have until then. No
-- reference to account: it may be gone.
CREATE TABLE name_hold (
    name_key TEXT COLLATE "C" PRIMARY KEY CHECK (name_key <> ''),
    account_id BIGINT NOT NULL,
    until BIGINT NOT NULL CHECK (until > 0)
);

CREATE INDEX name_hold_until ON name_hold (until);

CREATE INDEX name_hold_account ON name_hold (account_id);

-- SHA-256 of the codes that do instead of a second factor, once each.
CREATE TABLE recovery_code (
    account_id BIGINT NOT NULL REFERENCES account (id) ON DELETE CASCADE,
    digest TEXT COLLATE "C" NOT NULL CHECK (digest ~ '^[0-9a-f]{64}$'),
    PRIMARY KEY (account_id, digest)
);

-- What is to be mailed; a row goes when it was handed over, or when that is
-- given up. No reference to account: what is written says nothing of whether
-- there is one (0: it is looked up by the address). claimed_by is the server
-- that is at it, '' where none is.
CREATE TABLE mail (
    id BIGINT GENERATED ALWAYS AS IDENTITY PRIMARY KEY CHECK (id > 0),
    kind TEXT COLLATE "C" NOT NULL CHECK (kind <> ''),
    site TEXT NOT NULL,
    dialect TEXT NOT NULL DEFAULT '',
    language TEXT NOT NULL DEFAULT '',
    account_id BIGINT NOT NULL DEFAULT 0,
    address TEXT NOT NULL DEFAULT '',
    address_key TEXT COLLATE "C" NOT NULL DEFAULT '',
    created_at BIGINT NOT NULL CHECK (created_at >= 0),
    next_at BIGINT NOT NULL CHECK (next_at >= 0),
    expires_at BIGINT NOT NULL CHECK (expires_at >= 0),
    tries BIGINT NOT NULL DEFAULT 0 CHECK (tries >= 0),
    claimed_by TEXT COLLATE "C" NOT NULL DEFAULT '',
    claimed_at BIGINT NOT NULL DEFAULT 0 CHECK (claimed_at >= 0),
    last_error TEXT NOT NULL DEFAULT ''
);

CREATE INDEX mail_next_at ON mail (next_at);

CREATE INDEX mail_account ON mail (account_id, address_key);

CREATE INDEX mail_claimed ON mail (claimed_by, claimed_at);

-- How many mails were handed over for a key (an address, a network, a
-- server) in an hour, counted from the epoch.
CREATE TABLE mail_count (
    key TEXT COLLATE "C" NOT NULL CHECK (key <> ''),
    hour BIGINT NOT NULL CHECK (hour >= 0),
    n BIGINT NOT NULL CHECK (n >= 0),
    PRIMARY KEY (key, hour)
);

CREATE INDEX mail_count_hour ON mail_count (hour);

-- What came from another system, under the name of its import, so that what
-- runs again knows what it has made: its key there, the account or token here,
-- and a digest of what was read. When an account is deleted its row keeps a
-- keyed hash of the source key alone, and those of its tokens go. No reference
-- to account: a row outlives it.
CREATE TABLE import_run (
    id BIGINT GENERATED ALWAYS AS IDENTITY PRIMARY KEY CHECK (id > 0),
    name TEXT COLLATE "C" NOT NULL CHECK (name <> ''),
    started_at BIGINT NOT NULL CHECK (started_at >= 0),
    ended_at BIGINT NOT NULL DEFAULT 0 CHECK (ended_at >= 0),
    state TEXT COLLATE "C" NOT NULL
        CHECK (state IN ('running', 'stopped', 'done')),
    counts TEXT NOT NULL DEFAULT ''
);

CREATE INDEX import_run_name ON import_run (name);

CREATE TABLE imported (
    name TEXT COLLATE "C" NOT NULL CHECK (name <> ''),
    kind TEXT COLLATE "C" NOT NULL CHECK (kind IN ('account', 'token')),
    source_key TEXT COLLATE "C" NOT NULL CHECK (source_key <> ''),
    account_id BIGINT,
    token_id TEXT COLLATE "C",
    print TEXT COLLATE "C" NOT NULL DEFAULT '',
    PRIMARY KEY (name, kind, source_key)
);

CREATE INDEX imported_account ON imported (account_id)
    WHERE account_id IS NOT NULL;

INSERT INTO meta (name, value) VALUES ('schema_version', '6');

INSERT INTO meta (name, value)
    VALUES ('created_at', CAST(CAST(floor(extract(epoch FROM now()))
                               AS BIGINT) * 1000000 AS TEXT));
