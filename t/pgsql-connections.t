#!/usr/bin/perl
# SPDX-License-Identifier: Apache-2.0
#
# AcctAuthDatabaseConnections: how many sessions a child has on the server.
# driver: pgsql
# mpm: own

use strict;
use warnings;
use lib 't/lib';
use AcctTest;
use FaultKit;
use Test::More;

my $ONE_CHILD = { StartServers => 1, ServerLimit => 1, ThreadLimit => 32,
                  ThreadsPerChild => 32, MinSpareThreads => 1,
                  MaxSpareThreads => 32, MaxRequestWorkers => 32 };
my $CONF = <<'CONF';
AcctAuthCache Off
<Location "/private/">
    AcctAuthProtect On
</Location>
CONF

my $s = AcctTest->start(driver => 'pgsql', mpm => 'event',
    workers => $ONE_CHILD, hash => cheap_hash(), conf => $CONF);
$s->write('htdocs/private/page', "page\n");
$s->account(username => 'ada', password => 'pw');
my $r = $s->post('/api/auth/login/', { username => 'ada', password => 'pw' });
my $token = $r->{json}{token};

# A connection is kept for a minute after its use, so what is there
# afterwards is the most there was.
sub sixteen_at_once
{
    my ($path) = @_;
    my @answers = burst($s, [map { +{ method => 'GET', path => $path,
                                      token => $token } } 1 .. 16]);
    my ($row) = $s->sql('SELECT count(*) FROM pg_stat_activity WHERE '
        . "application_name = 'mod_acctauth' AND datname = "
        . 'current_database()');
    return (scalar(grep { $_->{status} == 200 } @answers), $row->[0]);
}

# restart_with(NUMBER): the server anew, with no session left from before.
sub restart_with
{
    my ($conf) = @_;
    $s->stop;
    $s->{conf} = $conf . $CONF;
    $s->_write_conf;
    is($s->run, undef, 'starts');
}

my $me = '/api/v1/users/1/';

subtest 'a child takes as many sessions as requests need' => sub {
    restart_with('');
    my ($good, $sessions) = sixteen_at_once($me);
    is($good, 16, 'all are answered');
    cmp_ok($sessions, '>', 2, 'by more than two');
    cmp_ok($sessions, '<=', 17, 'and sixteen at most, and one that reads '
        . 'revocations');
};

subtest 'those that only have their tokens looked up share one' => sub {
    restart_with('');
    $s->get('/private/page', token => $token);      # opens it
    my ($good, $sessions) = sixteen_at_once('/private/page');
    is($good, 16, 'all are answered');
    cmp_ok($sessions, '<=', 4, 'by a few, where one takes long');
};

subtest 'but no more than it may' => sub {
    for my $most (1, 2) {
        restart_with("AcctAuthDatabaseConnections $most\n");
        for (1 .. 3) {
            my ($good, $sessions) = sixteen_at_once($me);
            is($good, 16, 'all are answered');
            cmp_ok($sessions, '<=', $most + 1,
                "by $most, and one that reads revocations");
        }
    }
};

subtest 'a virtual host of the same database can lower it' => sub {
    restart_with("AcctAuthDatabaseConnections 8\n<VirtualHost *:1>\n"
        . "AcctAuthDatabaseConnections 2\n</VirtualHost>\n");
    my ($good, $sessions) = sixteen_at_once($me);
    is($good, 16, 'all are answered');
    cmp_ok($sessions, '<=', 3, 'by two, and one that reads revocations');
};

done_testing;
