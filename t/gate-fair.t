#!/usr/bin/perl
# SPDX-License-Identifier: Apache-2.0
# alone: yes, it measures waiting
# driver: sqlite3, the gate knows no database
#
# The password gate is fair: while one address guesses over many connections
# all other clients can sign in, on its virtual host and on others; while many
# addresses guess, all clients of other virtual hosts can, and of their own
# host the owners whose network is known.

use strict;
use warnings;
use lib 't/lib';
use AcctTest;
use FaultKit;
use IO::Select;
use IO::Socket::INET;
use Test::More;
use Time::HiRes qw(time sleep);

plan skip_all => 'hashing is too slow under a sanitizer'
    if $ENV{ACCT_PRELOAD};
plan skip_all => 'one cannot connect from 127.0.0.2 here'
    if !IO::Socket::INET->new(Listen => 1, LocalAddr => '127.0.0.2');

my $PASSWORD = 'tower bridge';

my $s = AcctTest->start(hash => 'argon2id m=8192 t=2 p=1', workers => (
    ($ENV{ACCT_MPM} || '') eq 'prefork'
    ? { StartServers => 40, ServerLimit => 48, MinSpareServers => 1,
        MaxSpareServers => 48, MaxRequestWorkers => 48 }
    : { StartServers => 2, ServerLimit => 2, ThreadsPerChild => 24,
        MaxSpareThreads => 48, MaxRequestWorkers => 48 }),
    conf => sub { my $port = $_[0]->port; return <<"CONF" });
AcctAuthHashConcurrency 1
# networks are known, and nobody is refused for what they guessed
AcctAuthLimit Observe
<VirtualHost *:$port>
    ServerName a.example
</VirtualHost>
<VirtualHost *:$port>
    ServerName b.example
</VirtualHost>
CONF
$s->account(username => $_, password => $PASSWORD) for qw(ada bob);

sub message
{
    my ($host, $name, $password, @headers) = @_;
    my $body = qq({"username":"$name","password":"$password"});
    return join "\r\n", 'POST /api/auth/login/ HTTP/1.1', "Host: $host",
        'Content-Type: application/json',
        'Content-Length: ' . length $body, @headers, '', $body;
}

sub connect_from
{
    my ($address) = @_;
    return IO::Socket::INET->new(PeerAddr => '127.0.0.1',
        PeerPort => $s->port, LocalAddr => $address, Timeout => 10);
}

# Each connection guesses again when it has its answer, until SIGTERM. Tells
# what the answers were. The little rest is for the processors, which are not
# what is tested.
sub flood
{
    my ($host, $addresses, $journal) = @_;
    my ($stop, $n, %count, %of) = (0, 0);
    local $SIG{TERM} = sub { $stop = 1 };
    my $select = IO::Select->new;
    my $guess = sub { syswrite $_[0], message($host, 'absent' . $n++, 'x') };
    my $open = sub {
        my ($address) = @_;
        my $sock = connect_from($address) or return;
        $of{fileno $sock} = { address => $address, bytes => '' };
        $select->add($sock);
        $guess->($sock);
    };
    $open->($_) for @$addresses;
    while (!$stop) {
        for my $sock ($select->can_read(0.1)) {
            my $own = $of{fileno $sock};
            if (sysread $sock, $own->{bytes}, 65536, length $own->{bytes}) {
                next if $own->{bytes} !~ m{^HTTP/1\.1 (\d+).*\r\n\r\n.*\}}s;
                $count{$1}++;
                $count{unsaid}++ if $1 == 503
                    && $own->{bytes} !~ /^Retry-After: [1-9]\d*\r$/mi;
                $own->{bytes} = '';
                $guess->($sock);
                next;
            }
            $select->remove($sock);
            close $sock;
            $open->($own->{address});
        }
        sleep 0.05;
    }
    spew($journal, join '', map { "$_ $count{$_}\n" } sort keys %count);
}

# during(ADDRESSES, CODE): a connection from each of them guesses on host b
# meanwhile; what it was told.
sub during
{
    my ($addresses, $code) = @_;
    my $journal = $s->dir . '/flood';
    my $pid = fork // die "cannot fork: $!\n";
    if (!$pid) {
        eval { flood('b.example', $addresses, $journal) };
        POSIX::_exit(0);
    }
    sleep 1;
    $code->();
    kill 'TERM', $pid;
    waitpid $pid, 0;
    return map { split } split /\n/, slurp($journal);
}

# sign_in(HOST, ADDRESS, NAME): status and seconds.
sub sign_in
{
    my ($host, $address, $name) = @_;
    return timed(sub {
        my $sock = connect_from($address) or return 0;
        syswrite $sock, message($host, $name // 'ada', $PASSWORD,
                                'Connection: close');
        my $bytes = '';
        1 while sysread $sock, $bytes, 65536, length $bytes;
        return $bytes =~ m{^HTTP/1\.1 (\d+)} ? $1 : 0;
    });
}

# all_sign_in(NAME, [as sign_in]...): but for one, each within two seconds.
sub all_sign_in
{
    my ($name, @who) = @_;
    my ($longest, @bad) = 0;
    for (@who) {
        my ($status, $seconds) = sign_in(@$_);
        push @bad, sprintf '%s %d after %.2f s', $_->[0], $status, $seconds
            if $status != 200 || $seconds > 2;
        $longest = $seconds if $seconds > $longest;
    }
    note(sprintf 'the longest %.3f s', $longest);
    cmp_ok(scalar @bad, '<=', 1, $name) or diag(join ', ', @bad);
}

is((sign_in("$_.example", '127.0.0.9', 'bob'))[0], 200, "host $_ signs in")
    for qw(a b);

subtest '24 connections of one address guess on host b' => sub {
    my %told = during([('127.0.0.2') x 24], sub {
        all_sign_in('others sign in there and on host a',
            map { [$_ % 2 ? 'a.example' : 'b.example', "127.0.1.$_"] }
            1 .. 20);
        my ($r, $seconds) = timed(sub { $s->get('/') });
        ok($r->{status} == 200 && $seconds < 1, 'a file is served')
            or diag("$r->{status} after $seconds s");
    });
    note(join ', ', map { "$_: $told{$_}" } sort keys %told);
    cmp_ok($told{400} // 0, '>', 5, 'it has its own turns');
    cmp_ok($told{503} // 0, '>', 5, 'the rest is told 503');
    is($told{unsaid} // 0, 0, 'and when to come back');
    is(join(' ', grep { !/^(?:400|503|unsaid)$/ } sort keys %told), '',
        'and nothing else');
};

subtest '60 addresses guess on host b' => sub {
    my %told = during([map { "127.0.2.$_" } 1 .. 60], sub {
        all_sign_in('others sign in on host a',
            map { ['a.example', "127.0.3.$_"] } 1 .. 10);
        all_sign_in('on host b an owner does whose network is known',
            (['b.example', '127.0.0.9', 'bob']) x 10);
    });
    note(join ', ', map { "$_: $told{$_}" } sort keys %told);
    cmp_ok($told{503} // 0, '>', 5, 'though there are more than can wait');
};

# One slot and 16 places for one network, once the last guesses have waited
# their time: httpd does not see that their clients are gone. With one lost, 17
# at once would never find a place.
ok($s->wait_for(sub {
    my @at_once = burst($s, [({ method => 'POST',
        path => '/api/auth/login/',
        json => { username => 'ada', password => $PASSWORD } }) x 17]);
    return !grep { $_->{status} == 503 && $_->{seconds} < 1 } @at_once;
}, 15), 'afterwards no slot and no place is lost');
$s->stop;

done_testing;
