#!/usr/bin/perl
# SPDX-License-Identifier: Apache-2.0
# mpm: any, what is answered is the dialect's
#
# The API "account-register": registration with a repeated password that
# answers a token, sign-in by username; one 40-digit token an account.

use strict;
use warnings;
use utf8;
use lib 't/lib';
use AcctTest;
use FiveAPIs;
use Test::More;

my $s = AcctTest->start(hash => 'argon2id m=8 t=1 p=1');

my $WRONG = '{"non_field_errors":'
          . '["Unable to log in with provided credentials."]}';

sub register { return $s->post('/account/register/', { @_ }) }

sub login
{
    my ($username, $password) = @_;
    return $s->post('/account/login/', { username => $username,
                                         password => $password });
}

my @pw = (password => 'USER_PASSWORD', password2 => 'USER_PASSWORD');
my $token;

subtest 'the printed registration' => sub {
    my $r = register(username => 'NEW_USERNAME', email => 'user@mail.io',
                     @pw);
    $token = $r->{json}{token};
    like $token, qr/\A[0-9a-f]{40}\z/, 'the token has 40 hex digits';
    answer_is $r, 200, '{"response":"Registration Successful!",'
        . '"username":"NEW_USERNAME","email":"user@mail.io",'
        . "\"token\":\"$token\"}", 'every byte of the answer';
    unlike $r->{body}, qr/USER_PASSWORD/, 'the password is not echoed';
    my ($row) = $s->sql('SELECT is_staff, is_active FROM account');
    is_deeply $row, [0, 1], 'the account is active and not staff';
};

subtest 'a taken name' => sub {
    my $taken = '{"username":["A user with that username already exists."]}';
    answer_is register(username => $_, email => 'other@mail.io', @pw), 400,
        $taken, $_
        for 'NEW_USERNAME', 'new_username', ' NEW_USERNAME ',
            'ＮＥＷ_ＵＳＥＲＮＡＭＥ';
};

subtest 'a taken address' => sub {
    answer_is register(username => 'other', email => $_, @pw), 400,
        '{"error":"Email already exists!"}', $_
        for 'user@mail.io', 'USER@MAIL.IO', ' user@mail.io ';
};

subtest 'two passwords that differ' => sub {
    my $differ = '{"error":"P1 and P2 should be same!"}';
    answer_is register(username => 'other', email => 'other@mail.io',
                       password => 'USER_PASSWORD',
                       password2 => 'USER_PASS'),
        400, $differ, 'as printed';
    answer_is register(username => 'other', email => 'other@mail.io',
                       password => 'pw', password2 => 'pw '),
        400, $differ, 'a trailing blank counts';
    answer_is register(username => 'other', email => 'other@mail.io',
                       password => 'pw', password2 => 'PW'),
        400, $differ, 'and so does case';
};

subtest 'field errors, then the passwords, then the address' => sub {
    my @other = (username => 'other', email => 'other@mail.io');
    my @differ = (password => 'a', password2 => 'b');
    my @table = (
        [ [], required(qw(username email password password2)),
          'nothing sent: all four' ],
        [ [ username => 'a b', email => 'x', password => '',
            password2 => undef ],
          compact(username => [$BAD_USERNAME], email => [$BAD_EMAIL],
                  password => [$NOT_BLANK], password2 => [$NOT_NULL]),
          'one wrong in each' ],
        [ [ username => 'NEW_USERNAME', email => 'user@mail.io', @differ ],
          compact(username => [$NAME_TAKEN]),
          'a taken name before the two that are told alone' ],
        [ [ username => 'NEW_USERNAME', email => 'x', @differ ],
          compact(username => [$NAME_TAKEN], email => [$BAD_EMAIL]),
          'a taken name together with other field errors' ],
        [ [ username => 'other', email => 'user@mail.io', @differ ],
          '{"error":"P1 and P2 should be same!"}',
          'passwords before a taken address' ],
        [ [ @other, password => 'a' ], required('password2'),
          'no second password' ],
        [ [ @other, password2 => 'a' ], required('password'),
          'no first password' ],
        [ [ username => 'other', @pw ], required('email'), 'no address' ],
    );
    for my $row (@table) {
        my ($data, $want, $name) = @$row;
        answer_is register(@$data), 400, $want, $name;
    }
    my ($row) = $s->sql('SELECT count(*) FROM account');
    is $row->[0], 1, 'no refused registration left an account';
};

subtest 'the printed sign-in' => sub {
    answer_is login('NEW_USERNAME', 'USER_PASSWORD'), 200,
        "{\"token\":\"$token\"}",
        'answers the token that the registration made';
    answer_is login('new_username', 'USER_PASSWORD'), 200,
        "{\"token\":\"$token\"}", 'the name is case-blind';
    answer_is login('user@mail.io', 'USER_PASSWORD'), 400, $WRONG,
        'the address is no username here';
};

subtest 'a wrong sign-in' => sub {
    $s->account(username => 'barred', password => 'right');
    $s->cli('user', 'block', 'barred');
    answer_is login('NEW_USERNAME', 'user_password'), 400, $WRONG,
        'wrong password';
    answer_is login('NOBODY', 'USER_PASSWORD'), 400, $WRONG, 'unknown name';
    answer_is login('barred', 'right'), 400, $WRONG, 'a blocked account';
    answer_is login('barred', 'wrong'), 400, $WRONG,
        'a blocked account, wrong password';
    answer_is $s->post('/account/login/', {}), 400,
        required('username', 'password'), 'nothing sent';
};

subtest 'a sign-out ends the account\'s token' => sub {
    my $cut = substr $token, 0, 39;
    my $logout = '/account/logout/';
    answer_is $s->post($logout, undef, token => $cut), 401,
        '{"detail":"Invalid token."}', 'a cut token, as printed';
    answer_is $s->post($logout, undef, token => 'f' x 40), 401,
        '{"detail":"Invalid token."}', 'an unknown one';
    my $r = $s->post($logout);
    answer_is $r, 401, detail($NOT_PROVIDED), 'no token';
    is $r->{headers}{'www-authenticate'}, 'Token', '  its challenge';
    answer_is $s->post($logout, undef, token => $token), 200, '',
        'the token: 200, no body, no Content-Type';
    answer_is $s->post($logout, undef, token => $token), 401,
        detail($BAD_TOKEN), 'it is dead at once';
    my $new = login('NEW_USERNAME', 'USER_PASSWORD')->{json}{token};
    like $new, qr/\A[0-9a-f]{40}\z/, 'the next sign-in makes one';
    isnt $new, $token, 'a new one';
};

subtest 'the document\'s JSON holds no-break spaces: a parse error' => sub {
    my $body = "{\n\n\x{a0}\x{a0}\"username\": \"NEW_USERNAME\"\n}";
    utf8::encode($body);
    my $r = $s->request('POST', '/account/register/', body => $body,
                        type => 'application/json');
    is $r->{status}, 400, 'is a 400';
    is "@{$r->{order}}", 'detail', 'only a detail';
    like $r->{json}{detail}, qr/\AJSON parse error - ./, 'which says so';
};

subtest 'a registration cannot make staff' => sub {
    my $r = register(username => 'mallory', email => 'm@mail.io', @pw,
                     is_staff => JSON::PP::true, staff => 1,
                     is_superuser => 1);
    is $r->{status}, 200, 'unknown members are ignored';
    my ($row) = $s->sql("SELECT is_staff FROM account "
                        . "WHERE username = 'mallory'");
    is $row->[0], 0, 'not staff';
};

done_testing;
