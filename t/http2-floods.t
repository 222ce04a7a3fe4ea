#!/usr/bin/perl
# SPDX-License-Identifier: Apache-2.0
#
# What one connection of HTTP/2 can do that one of HTTP/1.1 cannot: many
# requests at once, of several accounts, and thousands that are given up as
# they are sent. Each is answered for its own token; a sign-in that was given
# up is done wholly or not at all; the children's memory does not grow.
# mpm: any, mod_http2 has threads of its own

use strict;
use warnings;
use lib 't/lib';
use AcctTest;
use FaultKit;
use Http2;
use JSON::PP ();
use Test::More;

plan skip_all => 'httpd has no mod_http2' if !AcctTest::has_module('http2');

my $PASSWORD = 'tower bridge';
my $s = AcctTest->start(h2 => 1, mpm => 'event', hash => cheap_hash(),
    workers => { StartServers => 1, ServerLimit => 1, ThreadsPerChild => 16,
                 MinSpareThreads => 1, MaxSpareThreads => 16,
                 MaxRequestWorkers => 16 }, conf => <<'CONF');
AcctAuthMaxTokens Off
<Location "/private/">
    AcctAuthProtect On
</Location>
CONF
$s->write('htdocs/private/a.txt', "secret\n");
my @names = map { "u$_" } 0 .. 9;
$s->account(username => $_, email => "$_\@example.org",
            password => $PASSWORD) for @names;

sub sign_in { $s->post('/api/auth/login/', { username => $_[0],
                                             password => $PASSWORD }) }
my %token = map { $_ => sign_in($_)->{json}{token} } @names;
my %id = map { $_->[0] => $_->[1] } $s->sql('SELECT username, id FROM account');
my $SIGN_IN = JSON::PP->new->canonical->encode(
    { username => 'u0', password => $PASSWORD });

# On a connection of its own, HTTP/1.1.
sub promises_hold
{
    my ($when) = @_;
    local $Test::Builder::Level = $Test::Builder::Level + 1;
    is($s->get('/private/a.txt', token => $token{u1})->{body}, "secret\n",
        "$when: a good token is let in");
    is($s->get('/private/a.txt', token => $s->unknown_token(40))->{status},
        401, "$when: another is not");
}

# The children's own memory, KiB, once nothing is under way.
sub memory
{
    my $all = 0;
    $s->wait_for(sub { !$s->_has_work }, 5);
    $all += rss($_) for $s->children;
    return $all;
}

subtest 'each of 100 requests at once is answered for its own token' => sub {
    my $h2 = Http2->to($s->port);
    my %asked;
    for my $i (0 .. 99) {
        my $name = $names[$i % 10];
        my $kind = int($i / 10) % 4;
        $asked{$kind == 0 ? $h2->ask(GET => '/private/a.txt')
             : $kind == 1 ? $h2->ask(GET => '/private/a.txt',
                                     token => 'f' x 40)
             : $h2->ask(GET => "/api/v1/users/$id{$name}/",
                        token => $token{$name})} = [$kind, $name];
    }
    my @streams = sort { $a <=> $b } keys %asked;
    my @bodies = $h2->bodies(20, @streams);
    is(scalar(grep { defined } @bodies), 100, 'all are answered');
    my @wrong;
    for my $i (0 .. $#streams) {
        my ($kind, $name) = @{ $asked{$streams[$i]} };
        my $body = $bodies[$i] // '';
        push @wrong, $body if $kind == 0 && $body !~ /not provided/
            || $kind == 1 && $body !~ /Invalid token/
            || $kind > 1 && $body !~ /"\Q$name\E\@example\.org"/;
    }
    is_deeply(\@wrong, [], 'none for another\'s');
    $h2->hang_up;
};

subtest '100 sign-ins at once are each done, or not' => sub {
    my $h2 = Http2->to($s->port);
    my @streams = map { $h2->ask(POST => '/api/auth/login/',
                                 json => $SIGN_IN) } 1 .. 100;
    $h2->flush;
    promises_hold('meanwhile');
    my @bodies = $h2->bodies(30, @streams);
    my @tokens = map { ($_ // '') =~ /"token":"([0-9a-f]+)"/ ? $1 : () }
        @bodies;
    my @busy = grep { ($_ // '') =~ /temporarily unavailable/ } @bodies;
    is(@tokens + @busy, 100, 'each says which: ' . @tokens . ' are done')
        or diag(join "\n", map { $_ // 'no answer' } @bodies[0 .. 4]);
    cmp_ok(scalar @tokens, '>', 0, 'some are');
    my %there = map { $_->[0] => 1 } $s->sql('SELECT digest FROM token');
    is(scalar(grep { !$there{digest($_)} } @tokens), 0,
        'those that are have a token in the database');
    is($s->get('/private/a.txt', token => $tokens[-1])->{status}, 200,
        'which opens the door');
    $h2->hang_up;
};

# A thousand requests that are given up as they are sent. The server may hang
# up on such a client, and does: another comes.
sub given_up
{
    my ($count) = @_;
    my ($sent, $connections) = (0, 0);
    while ($sent < $count && $connections < 100) {
        my $h2 = Http2->to($s->port) or last;
        $connections++;
        while ($sent < $count && !$h2->{closed} && !$h2->{goaway}) {
            my $i = $sent++;
            my %what = (reset => 1, token => $i % 3 ? $token{u2} : 'f' x 40);
            $i % 10 == 9
                ? $h2->ask(POST => '/api/auth/login/', reset => 1,
                           json => $SIGN_IN)
                : $h2->ask(GET => '/private/a.txt', %what);
            $h2->flush if $i % 20 == 19;
        }
        $h2->flush;
        $h2->bodies(0.05, 0);
        $h2->hang_up;
    }
    return ($sent, $connections);
}

subtest 'thousands that are given up at once change nothing' => sub {
    given_up(1000);
    my $before = memory();
    my @sent = given_up(3000);
    is($sent[0], 3000, "3000 were sent, on $sent[1] connections");
    promises_hold('then');
    my $after = memory();
    cmp_ok($after - $before, '<', 4096,
        "the children hold $after KiB, and held $before");
    my ($none) = $s->sql('SELECT count(*) FROM token t WHERE NOT EXISTS '
        . '(SELECT 1 FROM account a WHERE a.id = t.account_id)');
    is($none->[0], 0, 'no token is there by half');
    is(integrity($s), 'ok', 'the database is whole');
    is(sign_in('u3')->{status}, 200, 'a sign-in is one as before');
};

is(scalar(grep { /exit signal/ } split /\n/, $s->log), 0, 'no child died');
$s->stop;
done_testing();
