# SPDX-License-Identifier: Apache-2.0
# long: yes
#
# Revocations become visible in another order than that of their numbers: a
# transaction stays open, a sequence hands its numbers out in bundles, a
# database is set back to an earlier state. Each still takes effect within
# the bound.
#
# driver: pgsql

use strict;
use warnings;
use lib 't/lib';
use AcctTest;
use PgServer;
use RevocationKit;
use Test::More;
use Time::HiRes qw(sleep time);

plan skip_all => 'no PostgreSQL here' if !PgServer::available();

my $BOUND = 2;
my $pg = PgServer->new(sessions => 1);
my $s = caching_server(driver => 'pgsql', pg => $pg);

# A token that is believed without asking.
sub warm
{
    my ($token) = more_tokens($s, 1);
    wait_believed($s);
    opens_everywhere($s, $token);
    return $token;
}

# The feed has seen all that is visible now: what was ended a moment ago by
# another program is not believed any more.
sub wait_seen
{
    my $token = warm();
    $s->sql(sql_sign_out($token));
    return $s->wait_for(sub { opens($s, $token) == 401 }, 10);
}

sub ends_within
{
    my ($token, $name) = @_;
    local $Test::Builder::Level = $Test::Builder::Level + 1;
    my $late = accepted_for($s, $token, $BOUND + 0.5);
    cmp_ok($late, '<', $BOUND,
        sprintf '%s: last let in after %.2f s', $name, $late);
    is(opens($s, $token), 401, 'and now it is over');
}

sub others
{
    my ($count) = @_;
    return 'INSERT INTO revocation (account_id, revoked_at) '
        . 'SELECT 999999, ' . int(1e6 * time)
        . " FROM generate_series(1, $count)";
}

subtest 'a lower number that becomes visible later' => sub {
    my $token = warm();
    my $slow = session($s);
    $slow->("BEGIN;\n" . sql_sign_out($token));
    ok(wait_seen(), 'a higher one is seen');
    is(opens($s, $token), 200, 'not committed, so it is let in');
    $slow->('COMMIT;');
    ends_within($token, 'committed');
    $slow->();
};

subtest 'thousands of higher numbers in between' => sub {
    my $token = warm();
    my $slow = session($s);
    $slow->("BEGIN;\n" . sql_sign_out($token));
    for (1 .. 3) {
        $s->sql(others(3000));
        wait_seen();
    }
    is(opens_everywhere($s, $token), 200, 'not committed, so it is let in');
    $slow->('COMMIT;');
    ends_within($token, 'committed');
    $slow->();
};

subtest 'more at once than is looked at one by one' => sub {
    my $token = warm();
    my $slow = session($s);
    my $early = warm();
    $slow->("BEGIN;\n" . sql_sign_out($token));
    $s->sql('BEGIN;' . others(20000) . ';' . sql_sign_out($early)
        . 'COMMIT;');
    ends_within($early, 'one of the many');
    is(opens_everywhere($s, $token), 200, 'not committed, so it is let in');
    $slow->('COMMIT;');
    ends_within($token, 'committed');
    $slow->();
};

subtest 'two transactions that stay open, ended in turn' => sub {
    my @tokens = map { warm() } 1 .. 2;
    my @slow = map { session($s) } @tokens;
    $slow[$_]->("BEGIN;\n" . sql_sign_out($tokens[$_])) for 1, 0;
    wait_seen();
    $slow[0]->('COMMIT;');
    ends_within($tokens[0], 'the first');
    is(opens($s, $tokens[1]), 200, 'the other is not yet over');
    $slow[1]->('COMMIT;');
    ends_within($tokens[1], 'the second');
    $_->() for @slow;
};

subtest 'numbers that were given back leave gaps' => sub {
    my $token = warm();
    $s->sql('BEGIN;' . others(3000) . ';ROLLBACK;');
    $s->sql(sql_sign_out($token));
    ends_within($token, 'behind the gap');
};

subtest 'a savepoint does not hide what it wrote' => sub {
    my $token = warm();
    $s->sql("BEGIN; SAVEPOINT a;\n" . sql_sign_out($token)
        . 'RELEASE SAVEPOINT a; COMMIT;');
    ends_within($token, 'in a transaction in a transaction');
};

subtest 'a sequence that hands out thousands at once' => sub {
    $s->sql('ALTER SEQUENCE revocation_id_seq CACHE 5000');
    my $old = session($s);
    $old->(others(1) . ';');
    my $new = session($s);
    $new->(others(1) . ';');
    my $token = warm();
    wait_seen();
    $old->(sql_sign_out($token));
    ends_within($token, 'with a number far below');
    $_->() for $old, $new;
    $s->sql('ALTER SEQUENCE revocation_id_seq CACHE 1');
};

subtest 'numbers that begin again' => sub {
    $s->sql('TRUNCATE revocation; '
        . 'ALTER TABLE revocation ALTER id RESTART WITH 1');
    my $token = warm();
    wait_seen();
    $s->sql(sql_sign_out($token));
    ends_within($token, 'with a small number');
};

subtest 'rows of another server, as a restore brings them' => sub {
    $s->sql('INSERT INTO revocation (account_id, revoked_at, txid) SELECT '
        . 'id, 1, 1000000000 FROM account');
    wait_seen();
    sleep 1.2;                  # twice the time between two looks
    my $token = warm();
    sleep 1.2;
    $s->sql("DELETE FROM token WHERE id = '$token->{id}'");
    is(opens($s, $token), 200, 'they do not empty the cache for ever');
    $token = warm();
    $s->sql(sql_sign_out($token));
    ends_within($token, 'and one of today counts');
};

subtest 'a server set back to an earlier state' => sub {
    $pg->stop;
    my $data = $pg->dir . '/data';
    system('cp', '-a', $data, "$data.old") == 0 or die "cp: $?\n";
    $pg->start;
    wait_believed($s);
    $s->sql(others(1)) for 1 .. 3;
    $s->sql("SELECT txid_current();" x 200);
    wait_seen();
    $pg->stop('QUIT');
    rename $data, "$data.new" or die "rename: $!\n";
    rename "$data.old", $data or die "rename: $!\n";
    $pg->start;
    ok(wait_believed($s, 20), 'it is read again');
    my $token = warm();
    $s->sql(sql_sign_out($token));
    ends_within($token, 'with numbers that were seen before');
};

done_testing();
