#!/usr/bin/perl
# SPDX-License-Identifier: Apache-2.0
# mpm: own
# driver: sqlite3
#
# Headers that the module walks through, a client's or an application's, cost
# memory in proportion to its length. A child serves requests as long, then
# fifty of each shape, and may not have grown by a megabyte: work of the square
# would take tens of megabytes for the first.

use strict;
use warnings;
use lib 't/lib';
use AcctTest;
use FaultKit;
use GuardTest;
use Test::More;

my $REQUESTS = 50;
my $MOST = 1024;            # KiB

# The application answers with the headers that the path asks for.
my %ANSWER = (
    'cache-control' => ['Cache-Control', join ',', ('a') x 3500],
    'cache-blanks'  => ['Cache-Control', join ' , ', ('a=b') x 1300],
    'cache-public'  => ['Cache-Control', join ',', ('public') x 1100],
    'cache-short'   => ['Cache-Control', 'a'],
    'cache-empty'   => ['Cache-Control', ' , ,'],
    'cache-own'     => ['Cache-Control', 'public, no-store , b'],
    'vary'          => ['Vary', join ',', ('a') x 3500],
);
my $app = backend(sub {
    my ($req) = @_;
    my ($name) = $req->{path} =~ m{([^/]+)\z};
    return (200, [['Content-Type', 'text/plain'],
                  $ANSWER{$name} || ['X-Long', 'a,' x 3500]], 'SECRET');
});

my $s = AcctTest->start(mpm => 'prefork', hash => cheap_hash(),
    log_level => 'warn', modules => [qw(proxy_http)],
    workers => { StartServers => 1, ServerLimit => 1, MinSpareServers => 1,
                 MaxSpareServers => 1, MaxRequestWorkers => 1,
                 MaxConnectionsPerChild => 0, MaxKeepAliveRequests => 0 },
    conf => <<"CONF");
LimitRequestFields 4000
# A pool's memory stays the child's: what it has is the most it needed.
MaxMemFree 0
<Location "/p/">
    AcctAuthProtect On
    ProxyPass "http://127.0.0.1:${\ $app->port}/"
</Location>
SetEnvIf ^Authorization\$ "(.+)" HTTP_AUTHORIZATION=\$1
CONF
$s->write('htdocs/open.txt', "open\n");
$s->account(username => 'ann', password => 'a');
my $token = $s->post('/account/login/', { username => 'ann',
    password => 'a' })->{json}{token};
my ($child) = $s->children;

# What the child has of its own, in KiB; not the files that it maps, of which
# the kernel takes and gives back pages as it likes.
sub resident
{
    my ($kib) = slurp("/proc/$child/status") =~ /^RssAnon:\s+(\d+) kB/m;
    return $kib;
}

my $plain = ['X-Foo', join ',', ('a') x 4000];
my @many = map { ["X_Acct_$_", 'f'] } 1 .. 900;
my @shapes = (
    (map { ["the application's $_", "/p/$_", 200,
            ['Authorization', "Token $token"]] } sort keys %ANSWER),
    ['Connection: a,a,a,…', '/open.txt', 200,
        ['Connection', join ',', ('a') x 4000]],
    ['… with a name of ours among them', '/open.txt', 200,
        ['Connection', join ',', ('a') x 3900, 'x-acct-id']],
    ['… with nothing but names of ours', '/open.txt', 200,
        ['Connection', join ',', ('x-acct-a') x 800]],
    ['… in blanks and tabs', '/open.txt', 200,
        ['Connection', join " \t", ('b') x 2500]],
    ['a thousand headers of ours', '/open.txt', 200, @many],
    ['a thousand of one name', '/open.txt', 200,
        map { ['X-Acct-User', 'f'] } 1 .. 900],
    ['Authorization of thousands of words', '/p/x', 401,
        ['Authorization', 'Token ' . join ' ', ('a') x 3900]],
    ['Authorization of hundreds of words that a token could be', '/p/x',
        401, ['Authorization', 'Token ' . join ',', ('a' x 16) x 470]],
);

# As long, as many, by the same ways, but nothing that anybody looks into.
for (1 .. 10) {
    $s->get('/open.txt', headers => [$plain]);
    $s->get('/open.txt', headers => [map { ["X-Foo-$_", 'f'] } 1 .. 900]);
    $s->get('/p/plain', headers => [$plain,
        ['Authorization', 'Token ' . 'f' x 40]]);
    $s->get('/p/plain', headers => [$plain,
        ['Authorization', "Token $token"]]);
}

for my $shape (@shapes) {
    my ($name, $path, $want, @headers) = @$shape;
    my $before = resident();
    my %seen;
    $seen{ $s->get($path, headers => \@headers)->{status} }++
        for 1 .. $REQUESTS;
    my $grown = resident() - $before;
    is(join(' ', keys %seen), $want, "$name: $want");
    cmp_ok($grown, '<', $MOST, "$name: $grown KiB for $REQUESTS requests");
}
is_deeply([$s->children], [$child], 'all by one child');

# What is left of such headers is right.
subtest 'what is kept of them' => sub {
    my $r = $s->get('/p/cache-control', token => $token);
    is($r->{headers}{'cache-control'}, 'private, ' . join(', ',
        ('a') x 3500), 'each word of Cache-Control');
    $r = $s->get('/p/cache-blanks', token => $token);
    is($r->{headers}{'cache-control'}, 'private, ' . join(', ',
        ('a=b') x 1300), 'without its blanks');
    $r = $s->get('/p/cache-public', token => $token);
    is($r->{headers}{'cache-control'}, 'private', 'but for "public"');
    $r = $s->get('/p/cache-short', token => $token);
    is($r->{headers}{'cache-control'}, 'private, a', 'one letter');
    $r = $s->get('/p/cache-empty', token => $token);
    is($r->{headers}{'cache-control'}, 'private', 'nothing');
    $r = $s->get('/p/cache-own', token => $token);
    is($r->{headers}{'cache-control'}, 'private, no-store, b',
        'what says no-store');
};

done_testing();
