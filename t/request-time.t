#!/usr/bin/perl
# SPDX-License-Identifier: Apache-2.0
#
# What a request asks of a PostgreSQL whose answers come late: all that it
# asks, of one connection or another, it asks in one time.
# driver: pgsql
# long: yes

use strict;
use warnings;
use lib 't/lib';
use AcctTest;
use FaultKit;
use Lanes;
use PgServer;
use TcpBreaker;
use Test::More;
use Time::HiRes qw(time sleep);

my $LONGEST = 2.4;      # two seconds, on a busy machine
my $PASSWORD = 'tower bridge';

lanes(2);
my $pg = PgServer->new;
my $name = $pg->database;
my $breaker = TcpBreaker->new($pg->socket_path);
my $s = AcctTest->prepare(driver => 'pgsql', pg => $pg, dbname => $name,
    params => 'host=127.0.0.1 port=' . $breaker->port
        . " user=postgres dbname=$name sslmode=disable gssencmode=disable",
    hash => cheap_hash(), conf => <<'CONF',
AcctAuthCache Off
AcctAuthRevocationBound 0
AcctAuthMaxTokens Off
CONF
    workers => { StartServers => 1, ServerLimit => 1,
                 MaxRequestWorkers => 8, MinSpareThreads => 1,
                 MaxSpareThreads => 8 });
$s->account(username => 'ada', email => 'ada@example.org',
            password => $PASSWORD);
my $why = $s->run;
die "httpd did not start: $why\n" if defined $why;

my %LOGIN = (method => 'POST', path => '/api/auth/login/',
             json => { username => 'ada', password => $PASSWORD });

sub login { $s->post('/api/auth/login/', $LOGIN{json}) }
sub logout { $s->request('POST', '/api/auth/logout/', token => $_[0]) }

# All is well, and three connections wait for requests.
sub settle
{
    $breaker->mode('pass');
    my @r;
    ok($s->wait_for(sub { @r = burst($s, [ (\%LOGIN) x 6 ]);
        !grep { $_->{status} != 200 } @r }, 20), 'sign-ins');
    $s->wait_for(sub { burst($s, [ (\%LOGIN) x 6 ]);
        $breaker->count >= 3 }, 5);
}

sub is_in_time
{
    my ($what, $r, $t) = @_;
    local $Test::Builder::Level = $Test::Builder::Level + 1;
    is_unavailable($r, $what);
    cmp_ok($t, '<', $LONGEST, sprintf '  after %.2f s', $t);
}

for my $delay (0.4, 1.2) {
    part "answers $delay s late" => sub {
        settle();
        my $token = login()->{json}{token};
        $breaker->mode('delay', $delay);
        is_in_time('a sign-in', timed(\&login));
        settle();
        # its token is looked up, then it is ended
        $breaker->mode('delay', $delay);
        is_in_time('a sign-out', timed(sub { logout($token) }));
        settle();
        is(logout($token)->{status}, 204, 'later it is done');
    };
}

# Its first connection is closed because another broke meanwhile, and the
# opening of one is as late as all else.
part 'no connection is left for the second half of a sign-in' => sub {
    settle();
    my $token = login()->{json}{token};
    my ($r, $t);
    my $start = time;
    $breaker->mode('delay', 1.7);
    my ($other) = burst($s, [ { method => 'POST', token => $token,
        path => '/api/auth/logout/' } ], meanwhile => sub {
            return if $r || time - $start < 1;
            ($r, $t) = timed(\&login);
        });
    is_in_time('the sign-in', $r, $t);
    is_unavailable($other, 'the other, whose connection breaks');
    settle();
};

$s->stop;
done_lanes();
