#!/usr/bin/perl
# SPDX-License-Identifier: Apache-2.0
# mpm: any, the order of a request's steps is the same
#
# A request that acts for a token, and whose body comes late: the token must
# still be good when the whole body is there.

use strict;
use warnings;
use lib 't/lib';
use AcctTest;
use IO::Socket::INET;
use Test::More;
use Time::HiRes qw(sleep time);

my $s = AcctTest->start(hash => 'argon2id m=8 t=1 p=1');
my $ann = $s->account(username => 'ann', password => 'ann-secret');
my $id = ($s->sql("SELECT id FROM account WHERE username = 'ann'"))[0][0];

sub sign_in
{
    return $s->post('/api/auth/login/', { username => 'ann',
        password => 'ann-secret' })->{json}{token};
}

# begin(METHOD, PATH, TOKEN): all of a request but its body, on its way.
# The function it returns sends that, and returns the answer.
sub begin
{
    my ($method, $path, $token, @lines) = @_;
    my $socket = IO::Socket::INET->new(PeerAddr => '127.0.0.1',
        PeerPort => $s->port) or die "no connection: $!\n";
    print {$socket} join "\r\n", "$method $path HTTP/1.1",
        'Host: 127.0.0.1', 'Connection: close', @lines,
        ($token ? "Authorization: Token $token" : ()), '', '';
    $socket->flush;
    sleep 0.3;                  # it was judged by now
    return sub {
        my ($body) = @_;
        print {$socket} $body;
        local $/;
        return scalar <$socket>;
    };
}

my $one = "/api/v1/users/$id/";
my @length = ('Content-Length: 3');

subtest 'a token that is good all the while' => sub {
    my $token = sign_in();
    like(begin(GET => $one, $token, @length)->('abc'),
        qr{\AHTTP/1\.1 200 .*"id":\s*$id\b}s, 'is told its account');
    like(begin(GET => $one, $token, 'Transfer-Encoding: chunked')
        ->("3\r\nabc\r\n0\r\n\r\n"), qr{\AHTTP/1\.1 200 }, 'chunked too');
    like(begin(POST => '/api/auth/logoutall/', $token, @length)->('abc'),
        qr{\AHTTP/1\.1 204 }, 'ends all tokens');
};

my %over = (
    'was signed out' => sub {
        $s->request('POST', '/api/auth/logout/', token => $_[0]) },
    'had its account blocked' => sub {
        $s->cli('user', 'block', 'ann') });

for my $what (sort keys %over) {
    subtest "a token that $what meanwhile" => sub {
        for my $request ([GET => $one, @length],
                         [GET => $one, 'Transfer-Encoding: chunked'],
                         [POST => '/api/auth/logoutall/', @length]) {
            my ($method, $path, @lines) = @$request;
            my $token = sign_in();
            my $other = sign_in();
            my $rest = begin($method, $path, $token, @lines);
            $over{$what}->($token);
            # what the command does is seen within the bound
            sleep 2.2 if $what =~ /blocked/;
            my $answer = $rest->($lines[0] =~ /chunked/
                ? "3\r\nabc\r\n0\r\n\r\n" : 'abc');
            like($answer, qr{\AHTTP/1\.1 401 }, "$method $path: refused");
            like($answer, qr/^WWW-Authenticate: Token/m, '  as any');
            unlike($answer, qr/\Q$token\E|"id"/, '  and told nothing');
            $s->cli('user', 'unblock', 'ann')
                if $what =~ /blocked/;
            is($s->get($one, token => $other)->{status}, 200,
                '  another token lives on') if $what !~ /blocked/;
        }
    };
}

subtest 'who has no good token is told without a wait for the body' => sub {
    for my $token (undef, 'f' x 40) {
        my $begun = time;
        my $answer = begin(GET => $one, $token, 'Content-Length: 3',
            'Expect: 100-continue')->('');
        like($answer, qr{\AHTTP/1\.1 401 }, 'refused');
        unlike($answer, qr/100 Continue/, '  and not asked for it');
        cmp_ok(time - $begun, '<', 3, '  at once');
    }
};

$s->stop;
done_testing;
