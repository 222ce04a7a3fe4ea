-- SPDX-License-Identifier: Apache-2.0
--
-- From version 2 of the schema for SQLite to version 3: the keys of
-- addresses, and of names that are spelled like one, have the domain as its
-- A-labels. `acctauth upgrade` makes the keys anew and runs this in one
-- transaction; alone it is not enough. A statement ends at a line that ends
-- in a semicolon.

-- The same index as before: that the schema is touched ends the prepared
-- statements of a server of an older version, which would go on to write
-- the keys as it makes them.
DROP INDEX account_email_key;

CREATE UNIQUE INDEX account_email_key ON account (email_key);

UPDATE meta SET value = '3' WHERE name = 'schema_version';
