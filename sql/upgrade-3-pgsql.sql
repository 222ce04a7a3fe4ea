-- SPDX-License-Identifier: Apache-2.0
--
-- From version 2 of the schema for PostgreSQL to version 3: the keys of
-- addresses, and of names that are spelled like one, have the domain as its
-- A-labels. `acctauth upgrade` makes the keys anew and runs this in one
-- transaction; alone it is not enough. A statement ends at a line that ends
-- in a semicolon.

UPDATE meta SET value = '3' WHERE name = 'schema_version';
