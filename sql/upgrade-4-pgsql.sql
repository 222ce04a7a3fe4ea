-- SPDX-License-Identifier: Apache-2.0
--
-- From version 3 of the schema for PostgreSQL to version 4: the tables of the
-- limits on tries. `acctauth upgrade` runs it in one transaction. A statement
-- ends at a line that ends in a semicolon.

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

-- A role that may write to the table token, and does not own it, is a server's:
-- it may do with the new tables what it may with that one. (No line of this
-- statement but the last ends in a semicolon.)
DO $grants$ DECLARE role name; BEGIN
    FOR role IN SELECT DISTINCT pg_get_userbyid(a.grantee)
        FROM pg_class c, aclexplode(c.relacl) a
        WHERE c.oid = CAST('token' AS regclass) AND a.grantee <> 0
        AND a.grantee <> c.relowner AND a.privilege_type = 'INSERT'
    LOOP
        EXECUTE format('GRANT SELECT, INSERT, UPDATE, DELETE '
            'ON known_network, limited, limit_clear TO %I', role); END LOOP; END
$grants$;

UPDATE meta SET value = '4' WHERE name = 'schema_version';
