#!/usr/bin/perl
# SPDX-License-Identifier: Apache-2.0
# long: yes
#
# The database goes on from another past than the one whose revocations the
# feed read: its server lost its last transactions in a crash, it was restored
# while httpd runs, or it was away and may be another one now. The server
# believes nothing then that its cache learnt before.

use strict;
use warnings;
use lib 't/lib';
use AcctTest;
use PgServer;
use RevocationKit;
use Test::More;
use Time::HiRes qw(sleep time);

my $BOUND = 2;

# A token that is believed without asking.
sub warm
{
    my ($s) = @_;
    my ($token) = more_tokens($s, 1);
    wait_believed($s);
    opens_everywhere($s, $token);
    return $token;
}

sub ends_within
{
    my ($s, $token, $name) = @_;
    local $Test::Builder::Level = $Test::Builder::Level + 1;
    my $late = accepted_for($s, $token, $BOUND + 1);
    cmp_ok($late, '<', $BOUND + 0.5,
        sprintf '%s: last let in after %.2f s', $name, $late);
    is(opens_everywhere($s, $token), 401, 'and now it is over');
}

# That a row went without a revocation shows only in a request that asks the
# database.
sub forget_row
{
    my ($s, $token) = @_;
    $s->sql("DELETE FROM token WHERE id = '$token->{id}'");
}

subtest 'what was let in before an outage is asked for after it' => sub {
    my $s = caching_server(conf => 'AcctAuthRevocationBound 10s');
    my ($gone, $stays) = (warm($s), warm($s));
    forget_row($s, $gone);
    is(opens($s, $gone), 200, 'a row that went is not missed');
    $s->lose_database;
    ok($s->wait_for(sub { $s->log =~ /store_unavailable/ }, 5),
        'the database is away');
    sleep 2;                    # whoever finds it out first, the feed has too
    is(opens($s, $gone), 200, 'who was let in is so within the bound');
    $s->find_database;
    ok($s->wait_for(sub { opens($s, $gone) == 401 }, 9),
        'but not once it is back');
    is(opens_everywhere($s, $gone), 401, 'in every child');
    is(opens_everywhere($s, $stays), 200, 'what is in it is let in');
    like($s->log, qr/ACCT0231: store_recovered/, 'the log tells');
    $s->stop;
};

subtest 'on PostgreSQL' => sub {
    plan skip_all => 'no PostgreSQL here' if !PgServer::available();
    plan skip_all => 'not this driver'
        if ($ENV{ACCT_DRIVER} || '') eq 'sqlite3';
    # what is committed asynchronously is written late
    my $pg = PgServer->new(sessions => 1,
        settings => { wal_writer_delay => '10s' });
    my $s = caching_server(driver => 'pgsql', pg => $pg,
                           workers => { StartServers => 2 });
    my $name = $s->{dbname};

    subtest 'requests on all connections do not make it forget' => sub {
        my ($token) = (warm($s));
        forget_row($s, $token);
        my $told = sub { scalar(() = $s->log =~ /$_[0]/g) };
        my ($forgot, $taken) = map { $told->($_) } qw(ACCT0236 ACCT0235);
        my %seen;
        my $until = time + 3;
        while (time < $until) {
            # tokens that no account has, and an operation, ask the database
            opens($s, substr($token->{text}, 1) . '0');
            $s->post('/api/auth/login/', { username => 'nobody',
                                           password => 'x' });
            $seen{ opens($s, $token) }++;
        }
        # on a busy machine another child may find the reader late
        $taken = $told->('ACCT0235') - $taken;
        cmp_ok($told->('ACCT0236') - $forgot, '<=', $taken,
            "no more than another child took over: $taken");
        is(join(' ', keys %seen), 200, 'known for all of three seconds')
            if $taken == 0;
    };

    subtest 'sessions that were ended make it forget' => sub {
        my $token = warm($s);
        forget_row($s, $token);
        $s->sql('SELECT pg_terminate_backend(pid) FROM pg_stat_activity '
            . "WHERE application_name = 'mod_acctauth'");
        ends_within($s, $token, 'a row that went without a word');
        like($s->log, qr/ACCT0236.*another connection/, 'the log tells');
    };

    subtest 'numbers that a crash gives out again' => sub {
        my $token = warm($s);
        # numbers that no row will have had
        my $unflushed = join ";\n", 'SET synchronous_commit = off',
            ('SELECT txid_current()') x 400;
        $pg->sql($unflushed);
        sleep 0.7;          # the feed has seen them go by
        my ($backend) = map { $_->[0] } $s->sql('SELECT pid FROM '
            . "pg_stat_activity WHERE application_name = 'mod_acctauth' "
            . 'LIMIT 1');
        kill 'KILL', $backend;
        # all of it before the next look, where the machine is not busy
        my $again = sql_sign_out($token) . "\n"
            . join ";\n", ('SELECT txid_current()') x 450;
        $s->wait_for(sub { eval { $s->sql($again); 1 } }, 20);
        ends_within($s, $token, 'what was revoked under one');
    };

    subtest 'a restore into the running server' => sub {
        wait_believed($s);
        $s->stop;
        $pg->sql("CREATE DATABASE copy TEMPLATE $name");
        is($s->run, undef, 'starts');
        my $token = warm($s);
        $pg->sql("DROP DATABASE $name WITH (FORCE)");
        $pg->sql("CREATE DATABASE $name TEMPLATE copy");
        $pg->sql("REVOKE CONNECT, TEMPORARY ON DATABASE $name FROM PUBLIC");
        ends_within($s, $token, 'a token that is not in it');
        is(opens_everywhere($s, warm($s)), 200, 'one that is is let in');
    };

    subtest 'tables that are filled anew while all sessions go on' => sub {
        for my $table ('token', 'account', 'revocation') {
            my $token = warm($s);
            $s->sql('BEGIN; '
                . ($table eq 'account' ? '' : "CREATE TEMP TABLE kept AS "
                    . "SELECT * FROM $table WHERE id::text <> "
                    . "'$token->{id}'; ")
                . "DELETE FROM token WHERE id = '$token->{id}'; "
                . ($table eq 'account' ? 'TRUNCATE account CASCADE; COMMIT;'
                    : "TRUNCATE $table; INSERT INTO $table "
                    . ($table eq 'revocation' ? 'OVERRIDING SYSTEM VALUE '
                        : '') . 'SELECT * FROM kept; COMMIT;'));
            ends_within($s, $token, $table);
            delete $s->{ghost};
        }
    };
    $s->stop;
};

done_testing;
