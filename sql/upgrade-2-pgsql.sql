-- SPDX-License-Identifier: Apache-2.0
--
-- From version 1 of the schema for PostgreSQL to version 2: tokens get an
-- absolute end and a time that they live on for when they are used, and
-- revocations the transaction that wrote them.
-- `acctauth upgrade` runs it in one transaction. A statement ends at a line
-- that ends in a semicolon.

ALTER TABLE token
    ADD COLUMN ends_at BIGINT NOT NULL DEFAULT 0 CHECK (ends_at >= 0),
    ADD COLUMN sliding BIGINT NOT NULL DEFAULT 0 CHECK (sliding >= 0);

UPDATE token SET ends_at = expires_at WHERE expires_at > 0;

ALTER TABLE revocation
    ADD COLUMN txid BIGINT NOT NULL DEFAULT txid_current();

CREATE INDEX revocation_txid ON revocation (txid);

UPDATE meta SET value = '2' WHERE name = 'schema_version';
