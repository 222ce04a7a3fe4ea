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

# A file "N,DIGEST" for the first N tokens, made once.
my %digests;

sub _digests
{
    my ($n) = @_;
    return $digests{$n} if $digests{$n};
    my $csv = File::Temp->new(TEMPLATE => 'acctauth-bench-XXXXXXXX',
                              TMPDIR => 1);
    print {$csv} "$_,", sha256_hex(token($_)), "\n" for 1 .. $n;
    close $csv or die "cannot write $csv: $!\n";
    return $digests{$n} = $csv;
}

# In the order in which they would have come, so that the index of digests
# grows as it would in life. The public ids are in order too: no look-up of
# a token reads their index.
my $INSERT = <<'SQL';
INSERT INTO account (username, username_key, password, created_at)
    SELECT 'user' || n, 'user' || n, 'none', %1$s FROM fresh ORDER BY n;
INSERT INTO token (id, account_id, digest, created_at)
    SELECT %2$s, account.id, fresh.digest, %1$s
    FROM fresh JOIN account ON account.username_key = 'user' || fresh.n
    ORDER BY n;
DELETE FROM meta WHERE name = 'tokens_checked';
SQL

# fill(SERVER, N): N accounts and tokens beside the accounts there are.
sub fill
{
    my ($s, $n) = @_;
    note("filling ", $s->driver, " with $n accounts and tokens");
    my $csv = _digests($n);
    my $now = time . '000000';
    if ($s->driver eq 'pgsql') {
        my $insert = sprintf $INSERT, $now, "lpad(to_hex(n), 32, '0')";
        # Without looking at each foreign key.
        $s->sql("SET session_replication_role = replica;\n"
            . "CREATE TEMPORARY TABLE fresh (n INTEGER, digest TEXT);\n"
            . "\\copy fresh FROM '$csv' (FORMAT csv)\nANALYZE fresh;\n"
            . "BEGIN;\n${insert}COMMIT;\nVACUUM ANALYZE;\n");
        return;
    }
    my $insert = sprintf $INSERT, $now, "printf('%032x', n)";
    $s->sql("PRAGMA cache_size = -400000;\nPRAGMA synchronous = OFF;\n"
        . "CREATE TEMPORARY TABLE fresh (n INTEGER, digest TEXT);\n"
        . ".import --csv $csv fresh\nBEGIN;\n${insert}COMMIT;\n"
        . "PRAGMA wal_checkpoint(TRUNCATE);\n");
    give_to_children($s);
}

# The database, with what sqlite keeps beside it, is the children's.
sub give_to_children
{
    my ($s) = @_;
    my $user = child_user() or return;
    chown $user->{uid}, $user->{gid}, glob $s->db . '*';
}

1;
