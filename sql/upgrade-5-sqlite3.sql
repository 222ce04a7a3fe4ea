-- SPDX-License-Identifier: Apache-2.0
--
-- From version 4 of the schema for SQLite to version 5: accounts that are not
-- activated yet, verified addresses, second factors, links, names that are
-- held, mails; and the network a token was signed in from. `acctauth upgrade`
-- runs it in one transaction. A statement ends at a line that ends in a
-- semicolon.

-- pending_until is 0 but for an account that was not activated yet, which
-- cannot be signed in to and is gone then. email_pending is the address that
-- the account is to have once it is verified; email_verified_at and
-- password_changed_at are 0 for never. totp_sealed is the secret of the second
-- factor, opened with the key file only, pending while totp_confirmed_at is 0;
-- totp_step the last step of time that a code was accepted of.
ALTER TABLE account ADD COLUMN pending_until INTEGER NOT NULL DEFAULT 0
    CHECK (typeof(pending_until) = 'integer' AND pending_until >= 0
           AND (pending_until = 0 OR is_active = 0));

ALTER TABLE account ADD COLUMN email_verified_at INTEGER NOT NULL DEFAULT 0
    CHECK (typeof(email_verified_at) = 'integer'
           AND email_verified_at >= 0);

ALTER TABLE account ADD COLUMN email_pending TEXT;

ALTER TABLE account ADD COLUMN email_pending_key TEXT
    CHECK ((email_pending IS NULL) = (email_pending_key IS NULL)
           AND coalesce(email_pending_key, '-') <> '');

ALTER TABLE account ADD COLUMN password_changed_at INTEGER NOT NULL DEFAULT 0
    CHECK (typeof(password_changed_at) = 'integer'
           AND password_changed_at >= 0);

ALTER TABLE account ADD COLUMN totp_sealed TEXT CHECK (totp_sealed <> '');

ALTER TABLE account ADD COLUMN totp_confirmed_at INTEGER NOT NULL DEFAULT 0
    CHECK (typeof(totp_confirmed_at) = 'integer'
           AND totp_confirmed_at >= 0
           AND (totp_confirmed_at = 0 OR totp_sealed IS NOT NULL));

ALTER TABLE account ADD COLUMN totp_step INTEGER NOT NULL DEFAULT 0
    CHECK (typeof(totp_step) = 'integer' AND totp_step >= 0);

CREATE INDEX account_pending_until ON account (pending_until)
    WHERE pending_until > 0;

-- The one that was signed in from, '' where it is not known.
ALTER TABLE token ADD COLUMN network TEXT NOT NULL DEFAULT '';

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

UPDATE meta SET value = '5' WHERE name = 'schema_version';
