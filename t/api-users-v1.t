#!/usr/bin/perl
# SPDX-License-Identifier: Apache-2.0
# mpm: any, what is answered is the dialect's
#
# The API "users-v1": accounts known by their address; an envelope of
# status_code and message; the account's id in the path. One 40-digit token
# an account.

use strict;
use warnings;
use utf8;
use lib 't/lib';
use AcctTest;
use FiveAPIs;
use Test::More;

my $s = AcctTest->start(hash => 'argon2id m=8 t=1 p=1');
my $base = '/api/v1/users/';

sub signup
{
    return $s->post("${base}signup/", { @_ });
}

sub login
{
    my ($email, $password) = @_;
    return $s->post("${base}login/", { email => $email,
                                       password => $password });
}

# An envelope whose message the document leaves open.
sub envelope_is
{
    my ($r, $status, $name) = @_;
    local $Test::Builder::Level = $Test::Builder::Level + 1;
    like "$r->{status} $r->{body}",
        qr/\A$status \{"status_code":$status,"message":"[^"]+"\}\z/, $name;
}

sub id_of
{
    my ($row) = $s->sql("SELECT id FROM account WHERE email = '$_[0]'");
    return $row->[0];
}

my ($id, $token);

subtest 'the printed sign-up is a 201' => sub {
    my $r = signup(email => 'user@user.com', password => 'xxxxxxxx');
    $token = $r->{json}{result}{auth_token};
    like $token, qr/\A[0-9a-f]{40}\z/, 'the token has 40 hex digits';
    answer_is $r, 201, '{"status_code":201,'
        . '"message":"you have successfully signed up on Ras",'
        . '"result":{"email":"user@user.com",'
        . "\"auth_token\":\"$token\"}}", 'every byte of the answer';
    is $r->{headers}{location}, undef, 'no Location';
    $id = id_of('user@user.com');
    ok $id, 'the account is there';
};

subtest 'a sign-up with a bad address is a 401' => sub {
    my $bad = '{"status_code":401,'
            . '"message":"please enter a valid email address"}';
    my @table = (
        [ [ email => 'nope', password => 'x' ], 'malformed' ],
        [ [ password => 'x' ], 'missing' ],
        [ [ email => '', password => 'x' ], 'blank' ],
        [ [ email => '   ', password => 'x' ], 'blanks' ],
        [ [ email => 'a@b', password => 'x' ], 'no top-level domain' ],
        [ [ email => undef, password => 'x' ], 'null' ],
    );
    for my $row (@table) {
        my $r = signup(@{ $row->[0] });
        answer_is $r, 401, $bad, $row->[1];
        is $r->{headers}{'www-authenticate'}, 'Token', '  its challenge';
    }
    answer_is signup(), 401, $bad, 'nothing sent: the address comes first';
};

subtest 'a taken address is a 401' => sub {
    answer_is signup(email => $_, password => 'y'), 401,
        '{"status_code":401,"message":"email already exist, please use '
        . 'different email"}', $_
        for 'user@user.com', 'USER@user.COM', ' user@user.com';
};

subtest 'a missing or refused password is a 400 in the envelope' => sub {
    my @at = (email => 'new@user.com');
    envelope_is signup(@at), 400, 'missing';
    envelope_is signup(@at, password => ''), 400, 'blank';
    envelope_is signup(@at, password => undef), 400, 'null';
    envelope_is signup(@at, password => []), 400, 'a list';
    envelope_is signup(@at, password => 'x' x 1025), 400, 'too long';
    is id_of('new@user.com'), undef, 'none of them left an account';
};

subtest 'the sign-in answers 200, as its body says' => sub {
    my $r = login('user@user.com', 'xxxxxxxx');
    answer_is $r, 200, '{"status_code":200,'
        . '"message":"you have successfully logged in",'
        . '"result":{"email":"user@user.com",'
        . "\"auth_token\":\"$token\"}}",
        'the token is the one that the sign-up made';
    is login('USER@User.com', 'xxxxxxxx')->{json}{result}{auth_token},
        $token, 'the address is case-blind';
};

subtest 'a wrong sign-in is a 400' => sub {
    my $wrong = '{"status_code":400,'
              . '"message":"Invalid username or password"}';
    answer_is login('user@user.com', 'yyyyyyyy'), 400, $wrong,
        'wrong password';
    answer_is login('who@user.com', 'xxxxxxxx'), 400, $wrong,
        'unknown address';
};

subtest 'a deactivated account is a 404, after the right password' => sub {
    signup(email => 'barred@user.com', password => 'right');
    my $was = login('barred@user.com', 'right')->{json}{result}{auth_token};
    my ($exit) = $s->cli('user', 'block', 'barred@user.com');
    is $exit, 0, 'acctauth blocks the account';
    answer_is login('barred@user.com', 'right'), 404,
        '{"status_code":404,"message":"This account has been deactivated"}',
        'right password';
    answer_is login('barred@user.com', 'wrong'), 400, '{"status_code":400,'
        . '"message":"Invalid username or password"}', 'wrong password';
    my $at = $base . id_of('barred@user.com') . '/';
    answer_is $s->get($at, token => $was), 401, detail($BAD_TOKEN),
        'its token is dead';
};

my $other = do {
    signup(email => 'other@user.com', password => 'pw');
    id_of('other@user.com');
};

subtest 'an account reads itself with its token' => sub {
    answer_is $s->get("$base$id/", token => $token), 200,
        "{\"id\":$id,\"email\":\"user\@user.com\","
        . "\"auth_token\":\"$token\"}", 'id, email and the presented token';
    my $many = $s->post('/auth/signin/', { email => 'user@user.com',
                            password => 'xxxxxxxx' })->{json}{token};
    is $s->get("$base$id/", token => $many)->{json}{auth_token}, $many,
        'the presented one, also when another API made it';
    my $head = $s->request('HEAD', "$base$id/", token => $token);
    is $head->{status}, 200, 'HEAD is 200';
    is $head->{body}, '', 'without a body';
};

subtest 'and nobody else' => sub {
    answer_is $s->get("$base$_->[0]/", token => $token), 404,
        detail('Not found.'), $_->[1]
        for [$other, 'another account'], [987654321, 'an unknown id'],
            ['abc', 'no number'], ['1' x 23, '23 digits'], [0, 'zero'],
            [-1, 'a minus'], ["+$id", 'a plus'], ["$id.0", 'a fraction'],
            ["0x$id", 'hexadecimal'], ["$id%20", 'a blank after it'],
            ["%D9%A1", 'an Arabic digit'],
            ['18446744073709551617', 'an id that wraps to 1 in 64 bits'],
            ['4294967297', 'and in 32'];
    answer_is $s->get("$base$other/"), 401, detail($NOT_PROVIDED),
        'no token, as printed';
    answer_is $s->get("$base$id/", token => 'f' x 40), 401,
        detail($BAD_TOKEN), 'a bad token';
    answer_is $s->get("$base$other/", token => 'f' x 40), 401,
        detail($BAD_TOKEN), 'a bad token for another account';
};

subtest 'a sign-out needs the token of that account' => sub {
    my $logout = "$base$id/logout/";
    answer_is $s->post($logout), 401, detail($NOT_PROVIDED), 'no token';
    answer_is $s->post($logout, undef, token => 'f' x 40), 401,
        '{"message":"Invalid Token"}', 'an unknown token';
    envelope_is $s->post("$base$other/logout/", undef, token => $token),
        404, 'another account\'s id';
    envelope_is $s->post("${base}987654321/logout/", undef,
                         token => $token), 404, 'an unknown id';
    is $s->get("$base$id/", token => $token)->{status}, 200,
        'nothing was revoked';
    is login('other@user.com', 'pw')->{status}, 200,
        'of the other account neither';
    my $theirs = login('other@user.com', 'pw')->{json}{result}{auth_token};
    is $s->get("$base$other/", token => $theirs)->{status}, 200,
        'its token lives';
};

subtest 'the sign-out ends the token, the next sign-in makes a new one'
    => sub {
    my $logout = "$base$id/logout/";
    answer_is $s->post($logout, undef, token => $token), 200,
        '{"status_code":200,'
        . '"message":"You have been successfully logged out"}',
        'as printed';
    my $r = $s->post($logout, undef, token => $token);
    answer_is $r, 401, '{"message":"Invalid Token"}', 'again, as printed';
    is $r->{headers}{'www-authenticate'}, 'Token', '  its challenge';
    answer_is $s->get("$base$id/", token => $token), 401,
        detail($BAD_TOKEN), 'reading with it';
    my $new = login('user@user.com', 'xxxxxxxx')->{json}{result}{auth_token};
    like $new, qr/\A[0-9a-f]{40}\z/, 'a new token';
    isnt $new, $token, 'not the old one';
};

subtest 'words of the API are no account ids' => sub {
    for my $word (qw(signup login)) {
        my $r = $s->get("$base$word/");
        answer_is $r, 405, '{"detail":"Method \"GET\" not allowed."}',
            "GET $base$word/";
        is set_of($r->{headers}{allow}), 'OPTIONS POST', '  its Allow';
    }
};

done_testing;
