#!/usr/bin/perl
# SPDX-License-Identifier: Apache-2.0
# mpm: any, what is answered is the dialect's
#
# The API "auth-signin", served at /auth/ and at /api/auth/: sign-in by
# address, sign-up with names, 64-digit tokens of which an account can hold
# many.

use strict;
use warnings;
use utf8;
use lib 't/lib';
use AcctTest;
use FiveAPIs;
use Test::More;

my $s = AcctTest->start(hash => 'argon2id m=8 t=1 p=1');

my $WRONG = '{"detail":"Login failed: Wrong credentials"}';
my $INCLUDE = 'Please include email';
my $VALID = 'Please use a valid email';
my $PASSWORD = 'Please submit a valid password';

my $n = 0;
for my $mount ('/auth/', '/api/auth/') {
    subtest "mounted at $mount" => sub { everything($mount, ++$n) };
}

sub everything
{
    my ($mount, $k) = @_;
    my ($signin, $signout, $signup)
        = map { $mount . $_ } 'signin/', 'signout/', 'signup/';
    my $email = "john_doe$k\@test.com";
    my %john = (first_name => 'John', last_name => 'Doe', email => $email,
                password => 'reallySecurePassword',
                confirm_password => 'reallySecurePassword');
    my $id;

    subtest 'the printed sign-up' => sub {
        my $r = $s->post($signup, \%john);
        answer_is $r, 200, '{"first_name":"John","last_name":"Doe",'
            . "\"email\":\"$email\"}", 'is a 200 with the three fields';
        my ($row) = $s->sql('SELECT id, is_staff, is_active, username '
                            . "FROM account WHERE email = '$email'");
        ($id, my @rest) = @$row;
        is_deeply \@rest, [0, 1, undef],
            'makes an active account that is not staff, without a username';
        my ($tokens) = $s->sql('SELECT count(*) FROM token '
                               . "WHERE account_id = $id");
        is $tokens->[0], 0, 'and mints no token';
    };

    subtest 'last_name may be left out' => sub {
        my %f = (%john, email => "a$k\@test.com");
        delete $f{last_name};
        answer_is $s->post($signup, \%f), 200,
            "{\"first_name\":\"John\",\"last_name\":\"\","
            . "\"email\":\"a$k\@test.com\"}", 'absent';
        answer_is $s->post($signup, { %f, email => "b$k\@test.com",
                                      last_name => '' }), 200,
            "{\"first_name\":\"John\",\"last_name\":\"\","
            . "\"email\":\"b$k\@test.com\"}", 'empty';
    };

    subtest 'what is wrong with a sign-up is told as lists' => sub {
        my @table = (
            [ {}, {}, required(qw(first_name email password
                                  confirm_password)), 'nothing sent' ],
            [ { first_name => '' }, {}, compact(first_name => [$NOT_BLANK]),
              'blank name' ],
            [ { email => '' }, {}, compact(email => [$NOT_BLANK]),
              'blank address' ],
            [ { password => '', confirm_password => '' }, {},
              compact(password => [$NOT_BLANK],
                      confirm_password => [$NOT_BLANK]),
              'blank passwords' ],
            [ { email => $email }, {},
              '{"email":["The mail is already in use."]}', 'taken address' ],
            [ { email => uc $email }, {},
              '{"email":["The mail is already in use."]}',
              'taken in other letters' ],
            [ { email => 'x' }, {}, compact(email => [$BAD_EMAIL]),
              'malformed address' ],
            [ { confirm_password => 'other' }, {},
              '{"password":["Passwords do not match"]}', 'mismatch' ],
            [ { confirm_password => 'reallySecurePassword ' }, {},
              '{"password":["Passwords do not match"]}',
              'a trailing blank is a mismatch' ],
            [ {}, { confirm_password => 1 }, required('confirm_password'),
              'no confirmation: no mismatch' ],
            [ {}, { password => 1 }, required('password'),
              'no password: no mismatch' ],
            [ { first_name => '', email => $email,
                confirm_password => 'other' }, {},
              '{"first_name":["This field may not be blank."],'
              . '"email":["The mail is already in use."],'
              . '"password":["Passwords do not match"]}',
              'all fields are checked, as the sample shows' ],
        );
        for my $row (@table) {
            my ($change, $without, $want, $name) = @$row;
            my %f = (%john, email => "new$k\@test.com", %$change);
            delete @f{ keys %$without };
            %f = () if $name eq 'nothing sent';
            answer_is $s->post($signup, \%f), 400, $want, $name;
        }
        my ($row) = $s->sql('SELECT count(*) FROM account WHERE email = '
                            . "'new$k\@test.com'");
        is $row->[0], 0, 'no refused sign-up left an account';
    };

    subtest 'the printed sign-in' => sub {
        my $r = $s->post($signin, { username => $email,
                                    password => 'reallySecurePassword' });
        my $token = $r->{json}{token};
        like $token, qr/\A[0-9a-f]{64}\z/, 'the token has 64 hex digits';
        answer_is $r, 200,
            "{\"id\":$id,\"user\":\"John\",\"token\":\"$token\"}",
            'id, user, token; user is the first name of an account '
            . 'without a username';
        $r = $s->post($signin, { email => $email,
                                 password => 'reallySecurePassword' });
        is $r->{json}{id}, $id, '"email" is the name of the field';
        isnt $r->{json}{token}, $token, 'each sign-in makes a new token';
    };

    subtest 'user is the username where there is one, never the address'
        => sub {
        my $at = "user$k\@test.com";
        my $uid = $s->account(username => "UserOO$k", email => $at,
                              first_name => 'First', password => 'pw');
        my $r = $s->post($signin, { email => $at, password => 'pw' });
        answer_is $r, 200, "{\"id\":$uid,\"user\":\"UserOO$k\",\"token\":\""
            . $r->{json}{token} . '"}', 'the username';
        $s->post('/api/v1/users/signup/', { email => "bare$k\@test.com",
                                            password => 'pw' });
        $r = $s->post($signin, { email => "bare$k\@test.com",
                                 password => 'pw' });
        is $r->{status}, 200, 'an account with neither name signs in';
        unlike $r->{json}{user} // '', qr/@/, 'and its address is not told';
    };

    subtest 'what is wrong with a sign-in is told under email and password'
        => sub {
        my @table = (
            [ {}, { email => [$INCLUDE], password => [$PASSWORD] } ],
            [ { email => '', password => '' },
              { email => [$INCLUDE], password => [$PASSWORD] } ],
            [ { email => undef, password => undef },
              { email => [$INCLUDE], password => [$PASSWORD] } ],
            [ { email => '  ', password => 'x' }, { email => [$INCLUDE] } ],
            [ { password => 'x' }, { email => [$INCLUDE] } ],
            [ { username => '', password => 'x' }, { email => [$INCLUDE] } ],
            [ { email => 'nope', password => 'x' }, { email => [$VALID] } ],
            [ { username => 'nope', password => 'x' },
              { email => [$VALID] } ],
            [ { username => "UserOO$k", password => 'pw' },
              { email => [$VALID] } ],
            [ { email => 'nope' },
              { email => [$VALID], password => [$PASSWORD] } ],
            [ { email => 42, password => 'x' }, { email => [$VALID] } ],
            [ { email => $email }, { password => [$PASSWORD] } ],
            [ { email => $email, password => '' },
              { password => [$PASSWORD] } ],
        );
        for my $row (@table) {
            my ($data, $errors) = @$row;
            my $want = compact(map { $_ => $errors->{$_} }
                               grep { $errors->{$_} } qw(email password));
            answer_is $s->post($signin, $data), 400, $want,
                JSON::PP->new->canonical->encode($data);
        }
    };

    subtest 'a wrong sign-in is a 401 with a challenge' => sub {
        $s->account(username => "barred$k", email => "barred$k\@test.com",
                    password => 'right');
        $s->cli('user', 'block', "barred$k");
        my @table = (
            [ $email, 'wrong', 'wrong password' ],
            [ "no$email", 'wrong', 'unknown address' ],
            [ "barred$k\@test.com", 'right', 'blocked account' ],
            [ "barred$k\@test.com", 'wrong', 'blocked, wrong password' ],
        );
        for my $row (@table) {
            my ($at, $password, $name) = @$row;
            my $r = $s->post($signin, { email => $at,
                                        password => $password });
            answer_is $r, 401, $WRONG, $name;
            is $r->{headers}{'www-authenticate'}, 'Token',
                '  its challenge';
        }
    };

    subtest 'a sign-out ends this token and no other' => sub {
        my @t = map { $s->post($signin, { email => $email,
                        password => 'reallySecurePassword' })->{json}{token}
                } 1 .. 3;
        my $r = $s->post($signout, undef, token => $t[0]);
        answer_is $r, 200, '', 'a 200 without a body or a Content-Type';
        answer_is $s->post($signout, undef, token => $t[0]), 401,
            '{"detail":"Invalid token."}', 'the token is dead at once';
        is $s->get("/api/v1/users/$id/", token => $t[$_])->{status}, 200,
            "token $_ lives on" for 1, 2;
        answer_is $s->post($signout, undef, token => $t[1]), 200, '',
            'the second ends by itself';
        is $s->get("/api/v1/users/$id/", token => $t[2])->{status}, 200,
            'the third lives on';
    };

    subtest 'a sign-out needs a token' => sub {
        my @table = (
            [ undef, $NOT_PROVIDED, 'no header' ],
            [ 'Bearer abc', $NOT_PROVIDED, 'another scheme' ],
            [ 'Token', $NO_CREDENTIALS, 'the scheme alone' ],
            [ 'Token a b', $SPACES, 'three words' ],
            [ 'Token really_cool_session_token', $BAD_TOKEN,
              'an unknown one' ],
        );
        for my $row (@table) {
            my ($header, $sentence, $name) = @$row;
            my @h = defined $header ? ([Authorization => $header]) : ();
            answer_is $s->request('POST', $signout, headers => \@h), 401,
                detail($sentence), $name;
        }
    };
}

subtest 'both mounts know the same accounts and tokens' => sub {
    my $r = $s->post('/auth/signin/', { email => 'john_doe2@test.com',
                                        password => 'reallySecurePassword' });
    is $r->{status}, 200, 'signed up at /api/auth/, signed in at /auth/';
    answer_is $s->post('/api/auth/signout/', undef,
                       token => $r->{json}{token}), 200, '',
        'signed out at /api/auth/';
    answer_is $s->post('/auth/signout/', undef,
                       token => $r->{json}{token}), 401,
        detail($BAD_TOKEN), 'and so at /auth/';
};

subtest 'names are trimmed and kept as they are written' => sub {
    my $r = $s->post('/auth/signup/', {
        first_name => '  Zoë  ', last_name => "O'Brien \"q\" \\",
        email => ' zoe@test.com ', password => 'p',
        confirm_password => 'p' });
    answer_is $r, 200, '{"first_name":"Zoë","last_name":'
        . '"O\'Brien \"q\" \\\\","email":"zoe@test.com"}',
        'UTF-8 is not escaped, quotes are';
};

subtest '/api/auth/ has the routes of auth-register too, /auth/ has not'
    => sub {
    answer_is $s->post('/auth/login/', {}), 404, detail('Not found.'),
        'POST /auth/login/';
    answer_is $s->post('/api/auth/login/', {}), 400,
        required('username', 'password'), 'POST /api/auth/login/';
};

done_testing;
