#!/usr/bin/perl
# SPDX-License-Identifier: Apache-2.0
# mpm: any, what is answered is the core's and the dialect's
#
# A refusal does not tell why. Sign-ins that fail for different reasons, and
# tokens that are bad in different ways, get the same answer to the byte,
# headers and their order included; only Date may differ. (That they take the
# same time is measured elsewhere: a test on a busy machine cannot.)

use strict;
use warnings;
use lib 't/lib';
use AcctTest;
use Digest::SHA 'sha256_hex';
use FiveAPIs;
use JSON::PP ();
use Test::More;

my $s = AcctTest->start(hash => 'argon2id m=8 t=1 p=1');

for my $name (qw(known barred unusable plain star)) {
    $s->account(username => $name, email => "$name\@example.org",
                password => 'right');
}
$s->cli('user', 'block', 'barred');
# Stored values that no password may match.
my %STORED = (unusable => '!', plain => 'right', star => '*0');
$s->sql("UPDATE account SET password = '$STORED{$_}' WHERE username = '$_'")
    for keys %STORED;

# The bytes of an answer, without its Date.
sub bytes_of
{
    my ($method, $path, $data, $token) = @_;
    my $body = defined $data ? JSON::PP->new->canonical->encode($data) : '';
    my $bytes = $s->raw(join "\r\n", "$method $path HTTP/1.1",
        'Host: 127.0.0.1', 'Connection: close',
        (defined $token ? "Authorization: Token $token" : ()),
        (defined $data ? ('Content-Type: application/json',
                          'Content-Length: ' . length $body) : ()),
        '', $body);
    # httpd writes Expires with the same time where nothing may be kept.
    my ($date) = $bytes =~ /^Date: ([^\r\n]*)\r\n/mi;
    $bytes =~ s/^(?:Date|Expires): \Q$date\E\r\n//mig if defined $date;
    return $bytes;
}

for my $route (login_routes(1)) {
    subtest "a failed sign-in at $route->{path}" => sub {
        my ($field) = @{ $route->{fields} };
        my $as = sub { $field eq 'email' ? "$_[0]\@example.org" : $_[0] };
        my $try = sub {
            my ($name, $password) = @_;
            return bytes_of('POST', $route->{path},
                { $field => $as->($name), password => $password });
        };
        my $want = $try->('known', 'wrong');
        like $want, qr{\AHTTP/1\.1 40[01] }, 'is refused';
        my @table = (
            [ 'nobody', 'wrong', 'an unknown name' ],
            [ 'nobody', 'right', 'an unknown name, a known password' ],
            [ 'known', 'right ', 'a blank more' ],
            [ 'known', 'x' x 1024, 'a long password' ],
            [ 'barred', 'wrong', 'a blocked account' ],
            [ 'unusable', 'right', 'a password that was switched off' ],
            [ 'unusable', '!', 'as it is stored' ],
            [ 'plain', 'right', 'a stored text that is no hash' ],
            [ 'star', '*0', 'the failure mark of crypt' ],
            [ 'star', 'right', 'the same' ],
        );
        push @table, [ 'barred', 'right', 'a blocked account, right '
                       . 'password' ]
            if $route->{api} !~ /\A(?:accounts|users-v1)\z/;
        for my $row (@table) {
            my ($name, $password, $why) = @$row;
            is $try->($name, $password), $want, $why;
        }
        my ($ok) = $try->('known', 'right') =~ m{\AHTTP/1\.1 (\d+)};
        is $ok, 200, 'and the right one signs in';
    };
}

subtest 'a bad token, whatever is bad about it' => sub {
    my $signin = sub { $s->post('/api/auth/login/', {
        username => 'known', password => 'right' })->{json}{token} };
    my $reuse = sub { $s->post('/account/login/', {
        username => 'known', password => 'right' })->{json}{token} };
    my ($id) = map { $_->[0] } $s->sql("SELECT id FROM account "
                                       . "WHERE username = 'known'");
    my $revoked = $signin->();
    $s->post('/api/auth/logout/', undef, token => $revoked);
    my $revoked40 = $reuse->();
    $s->post('/account/logout/', undef, token => $revoked40);
    my $expired = $signin->();
    $s->sql("UPDATE token SET expires_at = 1 WHERE digest = '"
            . sha256_hex($expired) . "'");
    $s->account(username => 'later', email => 'later@example.org',
                password => 'right');
    my $blocked = $s->post('/api/auth/login/', { username => 'later',
                    password => 'right' })->{json}{token};
    $s->sql("UPDATE account SET is_active = 0 WHERE username = 'later'");
    my $live = $signin->();
    my @table = (
        [ $revoked, 'signed out' ], [ $revoked40, 'signed out, reusable' ],
        [ $expired, 'expired' ], [ $blocked, 'of a blocked account' ],
        [ 'f' x 40, 'unknown, 40 digits' ],
        [ substr($live, 0, 63), 'all but a digit of a live one' ],
        [ substr($live, 0, 8), 'its first 8 digits' ],
        [ "${live}f", 'a digit more' ], [ uc($live) . 'A', 'upper case' ],
        [ 'x', 'one letter' ], [ 'z' x 4000, '4000 letters' ],
    );
    for my $route (token_routes($id)) {
        my $want = bytes_of($route->{method}, $route->{path}, undef,
                            '0' x 64);
        like $want, qr{\AHTTP/1\.1 401 }, "$route->{name}: unknown";
        is bytes_of($route->{method}, $route->{path}, undef, $_->[0]),
            $want, "  $_->[1]" for @table;
    }
    is $s->get("/api/v1/users/$id/", token => $live)->{status}, 200,
        'the live one still is';
};

subtest 'an id tells nothing about the accounts that there are' => sub {
    my $token = $s->post('/api/auth/login/', { username => 'known',
                    password => 'right' })->{json}{token};
    my @ids = map { $_->[0] } $s->sql('SELECT id FROM account '
                                      . "WHERE username <> 'known'");
    for my $row ([ 'GET', '' ], [ 'POST', 'logout/' ]) {
        my ($method, $tail) = @$row;
        my $want = bytes_of($method, "/api/v1/users/99999999/$tail", undef,
                            $token);
        like $want, qr{\AHTTP/1\.1 404 }, "$method of an unknown id";
        is bytes_of($method, "/api/v1/users/$_/$tail", undef, $token),
            $want, "  the same for $_" for @ids;
    }
};

done_testing;
