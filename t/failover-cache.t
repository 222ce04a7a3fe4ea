#!/usr/bin/perl
# SPDX-License-Identifier: Apache-2.0
# alone: yes, what it measures other tests would lengthen
# long: yes
#
# A standby takes over while the cache is on: a client whose token is in the
# cache is let in meanwhile, the server believes no older slot afterwards, and
# a token that is revoked on the new primary is refused as on the old one.
# driver: pgsql

use strict;
use warnings;
use lib 't/lib';
use AcctTest;
use PgServer;
use RevocationKit;
use TcpBreaker;
use Test::More;
use Time::HiRes qw(sleep time);

my $BOUND = 5;

my $first = PgServer->new(settings => { synchronous_commit => 'on' });
my $name = $first->database;
my $second = $first->standby;
my @way = map { TcpBreaker->new($_->socket_path) } $first, $second;
my $s = caching_server(driver => 'pgsql', pg => $first, dbname => $name,
    params => 'host=127.0.0.1,127.0.0.1 port='
        . join(',', map { $_->port } @way) . " user=postgres dbname=$name "
        . 'sslmode=disable gssencmode=disable',
    workers => { StartServers => 2 },
    conf => "AcctAuthRevocationBound $BOUND");

# An account each, and the last was never presented.
my ($stays, $leaves, $early, $late, $unknown) = more_tokens($s, 5, 5);
my $ghost;

subtest 'with no primary who was let in a moment ago is let in' => sub {
    $second->wait_for($first);
    ok(wait_believed($s), 'the cache is believed');
    is(opens_everywhere($s, $_), 200, 'it is remembered')
        for $stays, $leaves, $early, $late;
    ok(wait_believed($s), 'the cache is believed still');
    $ghost = $s->{ghost};
    $second->wait_for($first);
    # until we say so
    $way[1]->mode('refuse');
    $first->stop('QUIT');
    is(opens($s, $unknown), 503, 'who was not cannot be judged');
    my $until = time + 1;
    my %seen;
    $seen{ opens($s, $stays) }++ while time < $until;
    is(join(' ', sort keys %seen), 200, 'let in');
};

my $revoked;

subtest 'and goes on to be while the standby takes over' => sub {
    $second->promote;
    $s->{pg} = $second;
    $s->sql(sql_sign_out($early));
    $revoked = time;
    $way[1]->mode('pass');
    my %seen;
    ok($s->wait_for(sub {
        $seen{ opens($s, $stays) }++;
        return opens($s, $unknown) == 200;
    }, $BOUND), sprintf 'it has after %.2f s', time - $revoked);
    is(join(' ', sort keys %seen), 200, 'never refused meanwhile');
};

subtest 'what was known before is asked of the new primary' => sub {
    ok($s->wait_for(sub { opens($s, $early) == 401 },
        $revoked + $BOUND - time), sprintf 'what was revoked there before it '
        . 'was found ends after %.2f s', time - $revoked);
    is(opens_everywhere($s, $early), 401, 'in every child');
    is(opens_everywhere($s, $ghost), 401,
        'a row that is not there is not believed');
    is(opens_everywhere($s, $stays), 200, 'one that is there is let in');
    like($s->log, qr/ACCT0236.*everybody is asked|ACCT0231: store_recovered/,
        'the log tells');
};

subtest 'what is revoked on the new primary is over' => sub {
    ok(wait_believed($s), 'the cache is believed again');
    is(opens_everywhere($s, $_), 200, 'let in') for $leaves, $late;
    is($s->request('POST', '/api/auth/logout/', token => $leaves->{text})
        ->{status}, 204, 'signed out here');
    is(opens_everywhere($s, $leaves), 401, 'over at once');
    $s->sql(sql_sign_out($late));
    my $last = accepted_for($s, $late, $BOUND + 1);
    cmp_ok($last, '<', $BOUND, sprintf 'by another program: last let in '
        . 'after %.2f s', $last);
    is(opens_everywhere($s, $late), 401, 'and over');
    is(opens_everywhere($s, $stays), 200, 'the others are let in');
};

$s->stop;
done_testing;
