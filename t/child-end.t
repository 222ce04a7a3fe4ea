#!/usr/bin/perl
# SPDX-License-Identifier: Apache-2.0
#
# Prefork ends a child inside a signal's handler, whatever its request is at:
# a connection in use, or a wait for one, is no reason to crash or to hang.
#
# A child that is inside of malloc() when the signal comes crashes in the
# handler's free(), without any module of ours too. A child mostly allocates
# while it sets itself up: so all children are started at once, and have half
# a second for that before the first signal.
# mpm: own

use strict;
use warnings;
use lib 't/lib';
use AcctTest;
use FaultKit;
use Test::More;
use Time::HiRes qw(time sleep);

my $s = AcctTest->start(mpm => 'prefork', hash => cheap_hash(),
    workers => { StartServers => 4, MinSpareServers => 1,
                 MaxSpareServers => 4, MaxRequestWorkers => 4 },
    conf => ($ENV{ACCT_DRIVER} || '') eq 'pgsql'
        ? "AcctAuthDatabaseConnections 1\n" : '');
$s->account(username => 'ada', password => 'pw');

sub login { $s->post('/api/auth/login/',
    { username => 'ada', password => 'pw' })->{status} }

# hold(): locks the database against writers, on PostgreSQL against readers
# too, until ->() is called.
sub hold
{
    return lock_database($s, 'BEGIN IMMEDIATE;') if $s->driver eq 'sqlite3';
    open my $held, '|-', PgServer::psql(), '-qX', $s->db or die "psql: $!";
    $held->autoflush(1);
    print {$held} "BEGIN; LOCK TABLE token, revocation, account;\n";
    # the reading thread has its child's only connection now
    $s->wait_for(sub { ($s->sql('SELECT count(*) FROM pg_locks WHERE '
        . 'NOT granted'))[0][0] > 0 }, 5) or die "nobody waits\n";
    return sub { close $held };
}

sub begin_login
{
    my $body = '{"username":"ada","password":"pw"}';
    my $socket = $s->connect;
    syswrite $socket, "POST /api/auth/login/ HTTP/1.1\r\nHost: localhost\r\n"
        . "Content-Type: application/json\r\nContent-Length: "
        . length($body) . "\r\n\r\n$body";
    return $socket;
}

for my $round (1 .. 3) {
    sleep 0.5;
    my %old = map { $_ => 1 } $s->children;
    my $lock = hold();
    my @sockets = map { begin_login() } 1 .. 2;
    sleep 0.1;
    my $begun = time;
    kill 'HUP', $s->pid;
    ok($s->wait_for(sub { !grep { $old{$_} } $s->children }, 6),
        "round $round: the children end");
    note(sprintf 'in %.1f s', time - $begun);
    $lock->();
    ok($s->wait_for(sub { login() == 200 }, 8),
        'and others serve');
}
unlike($s->log, qr/AH00052|AH00046|AH00045|SIGKILL/, 'none crashed or hung');

done_testing;
