# SPDX-License-Identifier: Apache-2.0
#
# A database full of accounts, a token each. They are inserted, not
# registered: it would take hours to hash a million passwords.
#
# What is inserted are digests of tokens that the module has not minted, as
# if imported; so where its database says that it minted all of them, that
# is taken back.

package Bench::Fill;

use strict;
use warnings;

use AcctTest;
use Bench::Options;
use Digest::SHA qw(sha1_hex sha256_hex);
use File::Temp ();

# token(N): the text of token N, from 1 on.
sub token { sha1_hex("token $_[0]") }

# some(HOW_MANY, OF): that many token numbers, evenly spread.
sub some
{
    my ($n, $of) = @_;
    return map { 1 + int $_ * $of / $n } 0 .. $n - 1;
}

# credentials(HOW_MANY, OF): as values of the header Authorization.
sub credentials
{
    my ($n, $of) = @_;
    return map { 'Token ' . token($_) } some($n, $of);
}

# fill(SERVER, N): N accounts and tokens beside the accounts there are.
sub fill
{
    my ($s, $n) = @_;
    note("filling ", $s->driver, " with $n accounts and tokens");
    my $password = '$argon2id$v=19$m=19456,t=2,p=1$'
        . 'c29tZXNhbHQxMjM0NTY3OA$' . 'A' x 43;
    my $csv = File::Temp->new(TEMPLATE => 'acctauth-bench-XXXXXXXX',
                              TMPDIR => 1);
    for my $i (1 .. $n) {
        printf {$csv} "%d,%s,%s\n", $i, substr(sha256_hex("id $i"), 0, 32),
            sha256_hex(token($i));
    }
    close $csv or die "cannot write $csv: $!\n";
    my $now = time . '000000';
    my $pg = $s->driver eq 'pgsql';
    my $import = $pg ? "\\copy fresh FROM '$csv' (FORMAT csv)"
        : ".import --csv $csv fresh";
    my $set = $pg ? '' : "PRAGMA cache_size = -400000;\n"
        . "PRAGMA synchronous = OFF;\n";
    $s->sql(<<"SQL");
${set}CREATE TEMPORARY TABLE fresh (n INTEGER, id TEXT, digest TEXT);
$import
BEGIN;
INSERT INTO account (username, username_key, password, created_at)
    SELECT 'user' || n, 'user' || n, '$password', $now FROM fresh;
INSERT INTO token (id, account_id, digest, created_at)
    SELECT fresh.id, account.id, fresh.digest, $now
    FROM fresh JOIN account ON account.username_key = 'user' || fresh.n;
DELETE FROM meta WHERE name = 'tokens_checked';
COMMIT;
SQL
    $s->sql($pg ? 'VACUUM ANALYZE' : 'PRAGMA wal_checkpoint(TRUNCATE)');
    give_to_children($s) if !$pg;
}

# The database, with what sqlite keeps beside it, is the children's.
sub give_to_children
{
    my ($s) = @_;
    my $user = child_user() or return;
    chown $user->{uid}, $user->{gid}, glob $s->db . '*';
}

1;
