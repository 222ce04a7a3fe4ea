-- SPDX-License-Identifier: Apache-2.0
--
-- From version 5 of the schema for PostgreSQL to version 6: tokens of other
-- systems in their own forms, and what came from where. `acctauth upgrade`
-- runs it in one transaction. A statement ends at a line that ends in a
-- semicolon.

-- form is 0 but for a token of another system that was imported and not used
-- since (token/foreign.h): foreign_digest is that system's digest, of which
-- digest is the first half; foreign_salt what is digested with the token;
-- foreign_key what the row is found by, or what the token must name.
ALTER TABLE token
    ADD COLUMN form BIGINT NOT NULL DEFAULT 0 CHECK (form BETWEEN 0 AND 4),
    ADD COLUMN foreign_digest TEXT COLLATE "C"
        CHECK ((foreign_digest IS NULL) = (form IN (0, 4))
               AND (foreign_digest IS NULL
                    OR (foreign_digest ~ '^[0-9a-f]{128}$'
                        AND substr(foreign_digest, 1, 64) = digest))),
    ADD COLUMN foreign_salt TEXT COLLATE "C"
        CHECK ((foreign_salt IS NULL) = (form <> 1)
               AND coalesce(foreign_salt, 'a') ~ '^[0-9a-f]+$'),
    ADD COLUMN foreign_key TEXT COLLATE "C"
        CHECK ((foreign_key IS NULL) = (form NOT IN (1, 4))
               AND coalesce(foreign_key, '-') <> '');

CREATE INDEX token_foreign_key ON token (foreign_key) WHERE form = 1;

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
            'ON import_run, imported TO %I',
            role); END LOOP; END
$grants$;

UPDATE meta SET value = '6' WHERE name = 'schema_version';
