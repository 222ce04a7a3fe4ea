-- SPDX-License-Identifier: Apache-2.0
--
-- From version 1 of the schema for SQLite to version 2: tokens get an
-- absolute end and a time that they live on for when they are used.
-- `acctauth upgrade` runs it in one transaction. A statement ends at a line
-- that ends in a semicolon.

ALTER TABLE token ADD COLUMN ends_at INTEGER NOT NULL DEFAULT 0
    CHECK (typeof(ends_at) = 'integer' AND ends_at >= 0);

ALTER TABLE token ADD COLUMN sliding INTEGER NOT NULL DEFAULT 0
    CHECK (typeof(sliding) = 'integer' AND sliding >= 0);

UPDATE token SET ends_at = expires_at WHERE expires_at > 0;

UPDATE meta SET value = '2' WHERE name = 'schema_version';
