#!/usr/bin/perl
# SPDX-License-Identifier: Apache-2.0
#
# Of two databases one does not answer: the revocations of the other are
# read in time all the same.
# driver: sqlite3
# mpm: own

use strict;
use warnings;
use lib 't/lib';
use AcctTest;
use PgServer;
use Test::More;
use Time::HiRes qw(time sleep);

PgServer::available() or plan skip_all => 'no PostgreSQL here';

my $pg = PgServer->new;
my $other = AcctTest->prepare(driver => 'pgsql', pg => $pg);
my $s = AcctTest->start(driver => 'sqlite3', mpm => 'event',
    modules => ['status'],
    workers => { StartServers => 1, ServerLimit => 1, ThreadsPerChild => 4,
                 MaxRequestWorkers => 4 },
    conf => sub { my ($self) = @_; <<"CONF" });
AcctAuthRevocationBound 1s
<Location "/server-status">
    SetHandler server-status
</Location>
<Location "/private/">
    AcctAuthProtect On
</Location>
<VirtualHost *:$self->{port}>
    ServerName one.example
</VirtualHost>
<VirtualHost *:$self->{port}>
    ServerName two.example
    AcctAuthDatabase pgsql "${\$other->db}"
    AcctAuthKeyFile "${\$other->key}"
</VirtualHost>
CONF

# How long ago each feed was read, the youngest first, in milliseconds. A
# file's is read only while requests ask that file.
sub ages
{
    $s->get('/private/', headers => { Host => 'one.example',
        Authorization => 'Token ' . 'f' x 40 });
    my $page = $s->get('/server-status?auto')->{body} // '';
    return sort { $a <=> $b } $page =~ /^AcctAuthFeedAge\[[^\]\n]*\]: (\d+)/mg;
}

ok($s->wait_for(sub { my @ages = ages(); @ages == 2 && $ages[1] < 1000 }, 5),
    'both are read');

$pg->freeze;
ok($s->wait_for(sub { ages(); $s->log =~ /ACCT0230/ }, 10),
    'one cannot be any more');
# The first reading that was slow kept the other waiting; from here on it does
# not.
$s->wait_for(sub { my ($age) = ages(); $age < 1000 }, 2);
my $oldest = 0;
my $end = time + 5;
while (time < $end) {
    my ($age) = ages();
    $oldest = $age if $age > $oldest;
    sleep 0.05;
}
note("read $oldest ms ago at most");
cmp_ok($oldest, '<', 1500, 'the other is read in time');

$pg->thaw;
my $thawed = time;
ok($s->wait_for(sub { my @ages = ages(); $ages[1] < 1000 }, 8),
    'both are read again');
note(sprintf 'after %.1f s', time - $thawed);

done_testing;
