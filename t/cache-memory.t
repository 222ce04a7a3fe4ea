#!/usr/bin/perl
# SPDX-License-Identifier: Apache-2.0
# mpm: any, the segment is made by the parent of either
# driver: any, no database takes part
#
# A large AcctAuthCache costs nothing until it is used: neither to start
# with, nor in memory, nor for the status page, nor for what looks through
# it in the background.

use strict;
use warnings;
use lib 't/lib';
use AcctTest;
use Test::More;
use Time::HiRes qw(time sleep);

plan skip_all => 'needs RssShmem' if slurp('/proc/self/status')
    !~ /^RssShmem:/m;

# The most, in kB, that a process of the server has of shared memory.
sub shared_kb
{
    my ($s) = @_;
    my $most = 0;
    for my $pid ($s->pid, $s->children) {
        my ($kb) = slurp("/proc/$pid/status") =~ /^RssShmem:\s+(\d+)/m;
        $most = $kb if ($kb || 0) > $most;
    }
    return $most;
}

# A server with a cache of that size, and the seconds it takes to start: the
# shortest of some, since others run beside.
sub fastest
{
    my ($size) = @_;
    my $s = AcctTest->prepare(modules => ['status'], conf => <<"CONF");
AcctAuthCache $size
<Location "/status">
    SetHandler server-status
</Location>
<Location "/private/">
    AcctAuthProtect On
</Location>
CONF
    my $least;
    for (1 .. 3) {
        my $began = time;
        my $why = $s->run;
        die $why if defined $why;
        my $took = time - $began;
        $least = $took if !defined $least || $took < $least;
        $s->stop if $_ < 3;
    }
    return ($s, $least);
}

my ($usual, $base) = fastest('16M');
$usual->stop;
my ($s, $large) = fastest('1024M');
cmp_ok($large, '<', $base + 0.3, 'a cache of 1 GiB starts 0.3 s later than '
    . 'one of 16 MiB at most');
diag(sprintf '%.2f s, with 16 MiB %.2f s', $large, $base)
    if $large >= $base + 0.3;

cmp_ok(shared_kb($s), '<', 8192, 'it takes no memory yet');

$s->write('htdocs/private/a.txt', "private\n");
my $token = $s->post('/api/auth/register/', { username => 'ann',
    password => 'tower bridge' })->{json}{token};
for (1 .. 20) {
    is($s->get('/private/a.txt', headers =>
        { Authorization => "Token $token" })->{status}, 200,
       'a token is let in') if $_ == 20;
    $s->get('/private/a.txt', headers => { Authorization => "Token $token" });
}
my $page = $s->get('/status?auto')->{body};
like($page, qr/^AcctAuthCacheInUse: 1$/m, 'the status page tells that one '
    . 'place is used');
ok($s->wait_for(sub { $s->log =~ /ACCT0234/ }, 20), 'its use is written');
cmp_ok(shared_kb($s), '<', 8192, 'it takes as much memory as is used');

$s->graceful;
is($s->get('/private/a.txt', headers =>
    { Authorization => "Token $token" })->{status}, 200,
   'after a graceful reload the token is let in');
cmp_ok(shared_kb($s), '<', 8192, 'so it does after a graceful reload');

done_testing;
