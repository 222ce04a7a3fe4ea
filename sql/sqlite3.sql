-- SPDX-License-Identifier: Apache-2.0
--
-- The schema of mod_acctauth for SQLite (3.24 or newer), version 6.
-- `acctauth init` runs it in one transaction. A statement ends at a line
-- that ends in a semicolon. Times are microseconds since the epoch, UTC.

CREATE TABLE meta (
    name TEXT PRIMARY KEY NOT NULL,
    value TEXT NOT NULL
);

-- AUTOINCREMENT: the id of a deleted account is never given to another.
-- username_key and email_key are the canonical forms; what they were made
-- of is kept for display.
--
-- pending_until is 0 but for an account that was not activated yet, which
-- cannot be signed in to and is gone then. email_pending is the address that
-- the account is to have once it is verified; email_verified_at and
-- password_changed_at are 0 for never. totp_sealed is the secret of the second
-- factor, opened with the key file only, pending while totp_confirmed_at is 0;
-- totp_step the last step of time that a code was accepted of.
CREATE TABLE account (
    id INTEGER PRIMARY KEY AUTOINCREMENT CHECK (id > 0),
    username TEXT,
    username_key TEXT CHECK (username_key <> ''),
    email TEXT,
    email_key TEXT CHECK (email_key <> ''),
    first_name TEXT NOT NULL DEFAULT '',
    last_name TEXT NOT NULL DEFAULT '',
    password TEXT NOT NULL CHECK (password <> ''),
    is_active INTEGER NOT NULL DEFAULT 1 CHECK (is_active IN (0, 1)),
    is_staff INTEGER NOT NULL DEFAULT 0 CHECK (is_staff IN (0, 1)),
    created_at INTEGER NOT NULL
        CHECK (typeof(created_at) = 'integer' AND created_at >= 0),
    last_login INTEGER NOT NULL DEFAULT 0
        CHECK (typeof(last_login) = 'integer' AND last_login >= 0),
    pending_until INTEGER NOT NULL DEFAULT 0
        CHECK (typeof(pending_until) = 'integer' AND pending_until >= 0
               AND (pending_until = 0 OR is_active = 0)),
    email_verified_at INTEGER NOT NULL DEFAULT 0
        CHECK (typeof(email_verified_at) = 'integer'
               AND email_verified_at >= 0),
    email_pending TEXT,
    email_pending_key TEXT
        CHECK ((email_pending IS NULL) = (email_pending_key IS NULL)
               AND coalesce(email_pending_key, '-') <> ''),
    password_changed_at INTEGER NOT NULL DEFAULT 0
        CHECK (typeof(password_changed_at) = 'integer'
               AND password_changed_at >= 0),
    totp_sealed TEXT CHECK (totp_sealed <> ''),
    totp_confirmed_at INTEGER NOT NULL DEFAULT 0
        CHECK (typeof(totp_confirmed_at) = 'integer'
               AND totp_confirmed_at >= 0
               AND (totp_confirmed_at = 0 OR totp_sealed IS NOT NULL)),
    totp_step INTEGER NOT NULL DEFAULT 0
        CHECK (typeof(totp_step) = 'integer' AND totp_step >= 0),
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
    id TEXT PRIMARY KEY NOT NULL
        CHECK (length(id) = 32 AND id NOT GLOB '*[^0-9a-f]*'),
    account_id INTEGER NOT NULL REFERENCES account (id) ON DELETE CASCADE,
    digest TEXT NOT NULL
        CHECK (length(digest) = 64 AND digest NOT GLOB '*[^0-9a-f]*'),
    sealed TEXT CHECK (sealed <> ''),
    label TEXT NOT NULL DEFAULT '',
    created_at INTEGER NOT NULL
        CHECK (typeof(created_at) = 'integer' AND created_at >= 0),
    expires_at INTEGER NOT NULL DEFAULT 0
        CHECK (typeof(expires_at) = 'integer' AND expires_at >= 0),
    last_used INTEGER NOT NULL DEFAULT 0
        CHECK (typeof(last_used) = 'integer' AND last_used >= 0),
    ends_at INTEGER NOT NULL DEFAULT 0
        CHECK (typeof(ends_at) = 'integer' AND ends_at >= 0),
    sliding INTEGER NOT NULL DEFAULT 0
        CHECK (typeof(sliding) = 'integer' AND sliding >= 0),
    network TEXT NOT NULL DEFAULT '',
    form INTEGER NOT NULL DEFAULT 0
        CHECK (typeof(form) = 'integer' AND form BETWEEN 0 AND 4),
    foreign_digest TEXT
        CHECK ((foreign_digest IS NULL) = (form IN (0, 4))
               AND (foreign_digest IS NULL
                    OR (length(foreign_digest) = 128
                        AND foreign_digest NOT GLOB '*[^0-9a-f]*'
                        AND substr(foreign_digest, 1, 64) = digest))),
    foreign_salt TEXT
        CHECK ((foreign_salt IS NULL) = (form <> 1)
               AND coalesce(foreign_salt, '-') <> ''
               AND coalesce(foreign_salt, '') NOT GLOB '*[^0-9a-f]*'),
    foreign_key TEXT
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
CREATE TABLE revocation (
    id INTEGER PRIMARY KEY AUTOINCREMENT CHECK (id > 0),
    account_id INTEGER NOT NULL,
    revoked_at INTEGER NOT NULL
        CHECK (typeof(revoked_at) = 'integer' AND revoked_at >= 0)
);

CREATE INDEX revocation_revoked_at ON revocation (revoked_at);

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

-- What was mailed to the owner of an address, or of an account, so that
-- what it is for can be done by it: digest is its SHA-256. Used once; an
-- account has at most one of a purpose that lives.
CREATE TABLE link (
    digest TEXT PRIMARY KEY NOT NULL
        CHECK (length(digest) = 64 AND digest NOT GLOB '*[^0-9a-f]*'),
    account_id INTEGER NOT NULL REFERENCES account (id) ON DELETE CASCADE,
    purpose TEXT NOT NULL CHECK (purpose <> ''),
    address_key TEXT NOT NULL DEFAULT '',
    created_at INTEGER NOT NULL
        CHECK (typeof(created_at) = 'integer' AND created_at >= 0),
    expires_at INTEGER NOT NULL
        CHECK (typeof(expires_at) = 'integer' AND expires_at > 0)
);

CREATE INDEX link_account ON link (account_id, purpose);

CREATE INDEX link_expires_at ON link (expires_at);

-- Names that were given up, which no other account can have until then. No
-- reference to account: it may be gone.
CREATE TABLE name_hold (
    name_key TEXT PRIMARY KEY NOT NULL CHECK (name_key <> ''),
    account_id INTEGER NOT NULL,
    until INTEGER NOT NULL CHECK (typeof(until) = 'integer' AND until > 0)
);

CREATE INDEX name_hold_until ON name_hold (until);

CREATE INDEX name_hold_account ON name_hold (account_id);

-- SHA-256 of the codes that do instead of a second factor, once each.
CREATE TABLE recovery_code (
    account_id INTEGER NOT NULL REFERENCES account (id) ON DELETE CASCADE,
    digest TEXT NOT NULL
        CHECK (length(digest) = 64 AND digest NOT GLOB '*[^0-9a-f]*'),
    PRIMARY KEY (account_id, digest)
);

-- What is to be mailed; a row goes when it was handed over, or when that is
-- given up. No reference to account: what is written says nothing of whether
-- there is one (0: it is looked up by the address). claimed_by is the server
-- that is at it, '' where none is.
CREATE TABLE mail (
    id INTEGER PRIMARY KEY AUTOINCREMENT CHECK (id > 0),
    kind TEXT NOT NULL CHECK (kind <> ''),
    site TEXT NOT NULL,
    dialect TEXT NOT NULL DEFAULT '',
    language TEXT NOT NULL DEFAULT '',
    account_id INTEGER NOT NULL DEFAULT 0,
    address TEXT NOT NULL DEFAULT '',
    address_key TEXT NOT NULL DEFAULT '',
    created_at INTEGER NOT NULL
        CHECK (typeof(created_at) = 'integer' AND created_at >= 0),
    next_at INTEGER NOT NULL
        CHECK (typeof(next_at) = 'integer' AND next_at >= 0),
    expires_at INTEGER NOT NULL
        CHECK (typeof(expires_at) = 'integer' AND expires_at >= 0),
    tries INTEGER NOT NULL DEFAULT 0
        CHECK (typeof(tries) = 'integer' AND tries >= 0),
    claimed_by TEXT NOT NULL DEFAULT '',
    claimed_at INTEGER NOT NULL DEFAULT 0
        CHECK (typeof(claimed_at) = 'integer' AND claimed_at >= 0),
    last_error TEXT NOT NULL DEFAULT ''
);

CREATE INDEX mail_next_at ON mail (next_at);

CREATE INDEX mail_account ON mail (account_id, address_key);

CREATE INDEX mail_claimed ON mail (claimed_by, claimed_at);

-- How many mails were handed over for a key (an address, a network, a
-- server) in an hour, counted from the epoch.
CREATE TABLE mail_count (
    key TEXT NOT NULL CHECK (key <> ''),
    hour INTEGER NOT NULL CHECK (typeof(hour) = 'integer' AND hour >= 0),
    n INTEGER NOT NULL CHECK (typeof(n) = 'integer' AND n >= 0),
    PRIMARY KEY (key, hour)
);

CREATE INDEX mail_count_hour ON mail_count (hour);

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

INSERT INTO meta (name, value) VALUES ('schema_version', '6');

INSERT INTO meta (name, value)
    VALUES ('created_at',
            CAST(CAST(strftime('%s', 'now') AS INTEGER) * 1000000 AS TEXT));
