#!/usr/bin/perl
# SPDX-License-Identifier: Apache-2.0
# quiet: yes, what it measures other tests would lengthen
# long: yes
#
# Several addresses in the connection string: a standby that takes over,
# and addresses that do not answer.
# driver: pgsql

use strict;
use warnings;
use lib 't/lib';
use AcctTest;
use FaultKit;
use PgServer;
use TcpBreaker;
use Test::More;
use Time::HiRes qw(time);

my $CONF = <<'CONF';
AcctAuthCache Off
<Location "/private/">
    AcctAuthProtect On
</Location>
CONF
my $LONGEST = 2.4;      # two seconds, on a busy machine

my $first = PgServer->new(settings => { synchronous_commit => 'on' });
my $name = $first->database;
my $second = $first->standby;

sub server
{
    my ($hosts, %opt) = @_;
    my $s = AcctTest->start(driver => 'pgsql', pg => $first, dbname => $name,
        params => "$hosts user=postgres dbname=$name "
            . 'target_session_attrs=read-write sslmode=disable '
            . 'gssencmode=disable', hash => cheap_hash(), conf => $CONF,
        %opt);
    $s->write('htdocs/open.txt', "open\n");
    $s->write('htdocs/private/a.txt', "secret\n");
    return $s;
}
sub enter { $_[0]->get('/private/a.txt', token => $_[1]) }
sub login { $_[0]->post('/api/auth/login/', { username => 'ada',
                                              password => 'pw' }) }

my @way = map { TcpBreaker->new($first->socket_path) } 1, 2;
my $s = server('host=127.0.0.1,127.0.0.1 port='
    . join ',', map { $_->port } @way);
$s->account(username => 'ada', email => 'ada@example.org',
            password => 'pw');
my $token = login($s)->{json}{token};
ok($token, 'a token') or BAIL_OUT($s->log);

sub end_sessions
{
    $first->sql('SELECT pg_terminate_backend(pid, 5000) FROM '
        . "pg_stat_activity WHERE application_name = 'mod_acctauth'");
}

subtest 'an address that does not answer costs one request its answer' => sub {
    for my $mode ('hang', 'full', 'silent') {
        is(enter($s, $token)->{status}, 200, "$mode: before");
        $way[0]->mode($mode);
        my ($r, $longest, $start) = ({ status => 0 }, 0, time);
        $s->wait_for(sub {
            ($r, my $t) = timed(sub { enter($s, $token) });
            $longest = $t if $t > $longest;
            return $r->{status} == 200;
        }, 5);
        my $took = time - $start;
        ok($r->{status} == 200 && $took < 5,
            sprintf '  the other is used after %.2f s', $took);
        cmp_ok($longest, '<', $LONGEST, sprintf '  nobody waits longer than '
            . '%.2f s', $longest);
        for my $round (1 .. 3) {
            end_sessions();
            ($r, my $t) = timed(sub { enter($s, $token) });
            ok($r->{status} == 200 && $t < 0.5, sprintf '  connecting '
                . 'again begins with it: %.3f s', $t);
        }
        $way[1]->mode('refuse');
        $way[0]->mode('pass');
        ok($s->wait_for(sub { enter($s, $token)->{status} == 200 }, 5),
            '  and back');
        $way[1]->mode('pass');
    }
};

subtest 'none answers' => sub {
    $_->mode('hang') for @way;
    end_sessions();
    for my $round (1 .. 6) {
        my ($r, $t) = timed(sub { enter($s, $token) });
        is_unavailable($r, "round $round");
        cmp_ok($t, '<', $LONGEST, sprintf '  after %.2f s', $t);
        Time::HiRes::sleep(0.3);
    }
    is_unprotected_fast($s, 'the open file is served');
    $_->mode('pass') for @way;
    ok($s->wait_for(sub { enter($s, $token)->{status} == 200 }, 5),
        'until they do');
};

subtest 'the standby takes over' => sub {
    my $t = server('host=' . join(',', $second->dir, $first->dir),
                   key_from => $s);
    is(login($t)->{status}, 200, 'the one that only follows is passed over');
    my $last = login($t)->{json}{token};
    # what was answered must be there before we go on without the first
    $second->wait_for($first);
    $first->stop('QUIT');
    is_unavailable(enter($t, $last), 'the first is gone: nobody can know');
    is_unavailable(login($t), 'nor sign in');
    is_unprotected_fast($t, 'the open file is served');
    $second->promote;
    my $start = time;
    my @seen;
    $t->wait_for(sub { push @seen, enter($t, $last)->{status};
                       $seen[-1] == 200 }, 6);
    my $took = time - $start;
    ok($seen[-1] == 200 && $took < 5,
        sprintf 'the other takes over: %.2f s', $took);
    is(scalar(grep { $_ != 200 && $_ != 503 } @seen), 0,
        'nobody was turned away meanwhile');
    my $r = login($t);
    is($r->{status}, 200, 'sign-in');
    is($t->request('POST', '/api/auth/logout/', token => $last)->{status},
        204, 'sign-out');
    is(enter($t, $last)->{status}, 401, 'ends the token');
    $t->stop;
};

$s->stop;
done_testing;
