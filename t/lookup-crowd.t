#!/usr/bin/perl
# SPDX-License-Identifier: Apache-2.0
# quiet: yes, what it measures other tests would lengthen
#
# A PostgreSQL that falls silent while more requests than a child has threads
# need it, whatever for: requests that do not need it are answered meanwhile.
# driver: pgsql
# mpm: own

use strict;
use warnings;
use lib 't/lib';
use AcctTest;
use FaultKit;
use PgServer;
use Test::More;
use Time::HiRes qw(time);

my $PASSWORD = 'tower bridge';

my $pg = PgServer->new;
my $name = $pg->database;
my $s = AcctTest->prepare(driver => 'pgsql', pg => $pg, dbname => $name,
    params => 'host=' . $pg->dir . " user=postgres dbname=$name",
    hash => cheap_hash(), mpm => 'event', conf => <<'CONF',
AcctAuthCache Off
AcctAuthRevocationBound 0
<Location "/private/">
  AcctAuthProtect On
</Location>
CONF
    workers => { StartServers => 1, ServerLimit => 1, ThreadsPerChild => 25,
                 MaxRequestWorkers => 25, MinSpareThreads => 1,
                 MaxSpareThreads => 25 });
$s->account(username => 'ada', email => 'ada@example.org',
            password => $PASSWORD);
my $why = $s->run;
die "httpd did not start: $why\n" if defined $why;
$s->write('htdocs/private/a.txt', "secret\n");
$s->write('htdocs/open.txt', "open\n");
my $token = $s->post('/api/auth/login/', { username => 'ada',
    password => $PASSWORD })->{json}{token};
is($s->get('/private/a.txt', token => $token)->{status}, 200,
    'a look-up is answered');

my $look_up = { method => 'GET', path => '/private/a.txt',
                token => $token };
my $login = { method => 'POST', path => '/api/auth/login/',
              json => { username => 'ada', password => $PASSWORD } };

# All at once while the server is silent, and the open file half a second
# later.
sub leaves_a_thread
{
    my ($what, @requests) = @_;
    subtest $what => sub {
        my ($open, $took);
        my $start = time;
        $pg->freeze;
        my @r = burst($s, \@requests, meanwhile => sub {
            return if $open || time - $start < 0.5;
            ($open, $took) = timed(sub { $s->get('/open.txt') });
        });
        $pg->thaw;
        is($open->{status}, 200, 'the open file is served');
        cmp_ok($took, '<', 0.8, sprintf '  after %.2f s', $took);
        is(scalar(grep { $_->{status} != 503 } @r), 0,
            'and nobody was let in unasked');
        ok($s->wait_for(sub { $s->get('/private/a.txt',
            token => $token)->{status} == 200 }, 5), 'later they are again');
    };
}

leaves_a_thread("those who wait for the others' look-ups",
    ($look_up) x 30);
leaves_a_thread('those who wait to sign in', ($login) x 30);
leaves_a_thread('those who wait for one or the other',
    map { ($look_up, $login) } 1 .. 18);

$s->stop;
done_testing;
