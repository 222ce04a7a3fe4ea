-- SPDX-License-Identifier: Apache-2.0
--
-- From version 4 of the schema for PostgreSQL to version 5: accounts that are
-- not activated yet, verified addresses, second factors, links, names that are
-- held, mails; and the network a token was signed in from. `acctauth upgrade`
-- runs it in one transaction. A statement ends at a line that ends in a
-- semicolon.

-- pending_until is 0 but for an account that was not activated yet, which
-- cannot be signed in to and is gone then. email_pending is the address that
-- the account is to have once it is verified; email_verified_at and
-- password_changed_at are 0 for never. totp_sealed is the secret of the second
-- factor, opened with the key file only, pending while totp_confirmed_at is 0;
-- totp_step the last step of time that a code was accepted of.
ALTER TABLE account
    ADD COLUMN pending_until BIGINT NOT NULL DEFAULT 0
        CHECK (pending_until >= 0
               AND (pending_until = 0 OR is_active = 0)),
    ADD COLUMN email_verified_at BIGINT NOT NULL DEFAULT 0
        CHECK (email_verified_at >= 0),
    ADD COLUMN email_pending TEXT,
    ADD COLUMN email_pending_key TEXT COLLATE "C"
        CHECK ((email_pending IS NULL) = (email_pending_key IS NULL)
               AND coalesce(email_pending_key, '-') <> ''),
    ADD COLUMN password_changed_at BIGINT NOT NULL DEFAULT 0
        CHECK (password_changed_at >= 0),
    ADD COLUMN totp_sealed TEXT CHECK (totp_sealed <> ''),
    ADD COLUMN totp_confirmed_at BIGINT NOT NULL DEFAULT 0
        CHECK (totp_confirmed_at >= 0
               AND (totp_confirmed_at = 0 OR totp_sealed IS NOT NULL)),
    ADD COLUMN totp_step BIGINT NOT NULL DEFAULT 0
        CHECK (totp_step >= 0);

CREATE INDEX account_pending_until ON account (pending_until)
    WHERE pending_until > 0;

-- The one that was signed in from, '' where it is not known.
ALTER TABLE token ADD COLUMN network TEXT NOT NULL DEFAULT '';

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

-- A role that may write to the table token, and does not own it, is a
-- server's: it may do with the new tables what it may with that one. (No line
-- of this statement but the last ends in a semicolon.)
DO $grants$ DECLARE role name; BEGIN
    FOR role IN SELECT DISTINCT pg_get_userbyid(a.grantee)
        FROM pg_class c, aclexplode(c.relacl) a
        WHERE c.oid = CAST('token' AS regclass) AND a.grantee <> 0
        AND a.grantee <> c.relowner AND a.privilege_type = 'INSERT'
    LOOP
        EXECUTE format('GRANT SELECT, INSERT, UPDATE, DELETE '
            'ON link, name_hold, recovery_code, mail, mail_count TO %I',
            role); END LOOP; END
$grants$;

UPDATE meta SET value = '5' WHERE name = 'schema_version';
