#!/usr/bin/perl
# SPDX-License-Identifier: Apache-2.0
# mpm: any, what is answered is the dialect's
#
# The API "accounts": sign-in and sign-out in an envelope that is wrapped in
# "detail" in some answers and not in others. One 40-digit token an account,
# the same at every sign-in until it signs out. There is no sign-up.

use strict;
use warnings;
use utf8;
use lib 't/lib';
use AcctTest;
use FiveAPIs;
use POSIX 'strftime';
use Test::More;
use Time::HiRes ();

my $s = AcctTest->start(hash => 'argon2id m=8 t=1 p=1');

my $id = $s->account(username => 'admin', email => 'admin@admin.com',
                     first_name => 'admin', last_name => 'admin',
                     password => 'example123');

my $WRONG = '{"success":false,"code":400,"data":{},"message":"ValueError",'
          . '"errors":"The username or password is incorrect"}';
my $BLOCKED = '{"success":false,"code":401,"data":{},'
            . '"message":"Permission Denied","errors":'
            . '"Account blocked, contact the administrators."}';
my $SIGNED_OUT = '{"detail":{"success":true,"code":200,"data":{},'
               . '"message":"ok"}}';

sub refused
{
    return '{"success":false,"code":400,"data":{},"message":"ValueError",'
         . "\"errors\":\"$_[0]\"}";
}

sub denied
{
    return '{"success":false,"code":401,"data":{},'
         . "\"message\":\"Permission Denied\",\"errors\":\"$_[0]\"}";
}

sub signin
{
    my ($username, $password) = @_;
    return $s->post('/accounts/signin/',
                    { username => $username, password => $password });
}

sub token_of { return $_[0]{json}{data}{token} }

subtest 'a sign-in answers the printed body, keys in their order' => sub {
    # Not gmtime alone: its clock lags some milliseconds behind.
    my $now = sub { strftime('%Y-%m-%d %H:%M:%S',
                             gmtime int Time::HiRes::time()) };
    my $before = $now->();
    my $r = signin('admin', 'example123');
    my $after = $now->();
    my $token = token_of($r);
    my $when = $r->{json}{data}{last_login};
    like $token, qr/\A[0-9a-f]{40}\z/, 'the token has 40 hex digits';
    like $when, qr/\A\d{4}-\d\d-\d\d \d\d:\d\d:\d\d\z/,
        'last_login looks like the printed one';
    ok $when ge $before && $when le $after,
        'last_login is the time of this sign-in, UTC';
    answer_is $r, 200, '{"success":true,"code":200,"data":{"id":' . $id
        . ",\"last_login\":\"$when\",\"username\":\"admin\","
        . '"first_name":"admin","last_name":"admin",'
        . '"email":"admin@admin.com","is_active":true,'
        . "\"token\":\"$token\"},\"message\":\"ok\"}",
        'every byte of the answer';
};

subtest 'the sign-in takes the address for the username' => sub {
    is signin($_, 'example123')->{json}{data}{username}, 'admin', $_
        for 'admin@admin.com', 'ADMIN@Admin.COM', ' admin@admin.com ',
            'Admin';
};

subtest 'a wrong sign-in is a 400 in the envelope' => sub {
    answer_is signin('admin', 'example124'), 400, $WRONG, 'wrong password';
    answer_is signin('nobody', 'example123'), 400, $WRONG, 'unknown name';
    answer_is signin('no@body.io', 'example123'), 400, $WRONG,
        'unknown address';
    answer_is signin('not an address @', 'x'), 400, $WRONG,
        'a name that no account could have';
};

subtest 'an empty or missing field is told, the username first' => sub {
    my $no_name = refused('The username cannot be empty');
    my $no_word = refused('The password cannot be empty');
    my @table = (
        [ {}, $no_name ],
        [ { username => '', password => '' }, $no_name ],
        [ { username => '', password => 'x' }, $no_name ],
        [ { username => '   ', password => 'x' }, $no_name ],
        [ { username => undef, password => 'x' }, $no_name ],
        [ { password => 'x' }, $no_name ],
        [ { username => 'admin' }, $no_word ],
        [ { username => 'admin', password => '' }, $no_word ],
        [ { username => 'admin', password => undef }, $no_word ],
        [ { username => 'nobody' }, $no_word ],
    );
    for my $row (@table) {
        my ($data, $want) = @$row;
        answer_is $s->post('/accounts/signin/', $data), 400, $want,
            JSON::PP->new->canonical->encode($data);
    }
    answer_is $s->request('POST', '/accounts/signin/'), 400, $no_name,
        'no body at all';
};

subtest 'every other problem is told in the envelope, the first of them' => sub {
    my $no_string = 'Not a valid string.';
    my $null = 'Null characters are not allowed.';
    my $long = sub { "Ensure this field has no more than $_[0] characters." };
    my $good = '"password":"example123"';
    my @table = (
        [ qq({"username":["admin"],$good}), $no_string ],
        [ qq({"username":{"a":1},$good}), $no_string ],
        [ qq({"username":true,$good}), $no_string ],
        [ qq({"username":"ad\\u0000min",$good}), $null ],
        [ qq({"username":") . 'a' x 255 . qq(",$good}), $long->(254) ],
        [ '{"username":"admin","password":[]}', $no_string ],
        [ '{"username":"admin","password":false}', $no_string ],
        [ '{"username":"admin","password":"a\\u0000"}', $null ],
        [ '{"username":"admin","password":"' . 'p' x 1025 . '"}',
            $long->(1024) ],
        [ '{"username":[],"password":""}', $no_string ],
        [ '{"username":"a\\u0000","password":[]}', $null ],
        [ '{"password":[]}', 'The username cannot be empty' ],
        [ '[]', 'Invalid data. Expected a dictionary, but got list.' ],
        [ '"x"', 'Invalid data. Expected a dictionary, but got str.' ],
        [ '1', 'Invalid data. Expected a dictionary, but got int.' ],
        [ '1e400', 'Invalid data. Expected a dictionary, but got float.' ],
        [ 'true', 'Invalid data. Expected a dictionary, but got bool.' ],
        [ 'null', 'No data provided' ],
    );
    for my $row (@table) {
        my ($body, $want) = @$row;
        answer_is $s->request('POST', '/accounts/signin/', body => $body,
            type => 'application/json'), 400, refused($want),
            length $body < 60 ? $body : substr($body, 0, 57) . '...';
    }
};

subtest 'a body that cannot be parsed is told as everywhere' => sub {
    like $s->request('POST', '/accounts/signin/', body => '{',
        type => 'application/json')->{body}, qr/\A\{"detail":"JSON parse/,
        'without the envelope';
};

subtest 'a blocked account is told so, and only after the right password'
    => sub {
    $s->account(username => 'barred', password => 'right');
    my ($exit) = $s->cli('user', 'block', 'barred');
    is $exit, 0, 'acctauth blocks the account';
    my $r = signin('barred', 'right');
    answer_is $r, 401, $BLOCKED, 'the right password';
    is $r->{headers}{'www-authenticate'}, 'Token',
        'this 401 carries a challenge too';
    answer_is signin('barred', 'wrong'), 400, $WRONG, 'a wrong password';
    $s->cli('user', 'unblock', 'barred');
    is signin('barred', 'right')->{status}, 200, 'unblocked, it signs in';
};

subtest 'the account has one token until it signs out' => sub {
    my $first = token_of(signin('admin', 'example123'));
    is token_of(signin('admin', 'example123')), $first,
        'the second sign-in returns the same token';
    is token_of(signin('admin@admin.com', 'example123')), $first,
        'and so does one by address';
    my $r = $s->request('POST', '/accounts/signout/',
                        headers => [['Authorization', "token $first"]]);
    answer_is $r, 200, $SIGNED_OUT,
        'signing out with the scheme in lower case, as printed';
    $r = $s->request('POST', '/accounts/signout/', token => $first);
    answer_is $r, 401, denied('Invalid Token'), 'the old token is dead';
    my $second = token_of(signin('admin', 'example123'));
    isnt $second, $first, 'the next sign-in makes a new one';
    answer_is $s->request('POST', '/accounts/signout/', token => $first),
        401, denied('Invalid Token'), 'which does not wake the old one';
    answer_is $s->request('POST', '/accounts/signout/', token => $second,
                          json => { any => 'thing' }),
        200, $SIGNED_OUT, 'a body at sign-out is ignored';
};

subtest 'sign-out without a good token is the 401 envelope' => sub {
    my $token = token_of(signin('admin', 'example123'));
    my $unknown = '74dafd9462f6c8df986723fccee1c08c2e564cd6';
    my @table = (
        [ undef, $NOT_PROVIDED, 'no header' ],
        [ '', $NOT_PROVIDED, 'an empty header' ],
        [ "Bearer $token", $NOT_PROVIDED, 'another scheme' ],
        [ $token, $NOT_PROVIDED, 'the token without a scheme' ],
        [ 'Token', $NO_CREDENTIALS, 'the scheme alone' ],
        [ "Token $token $token", $SPACES, 'three words' ],
        [ "Token \xc3\xa9$token", $CHARACTERS, 'not printable ASCII' ],
        [ "token $unknown", 'Invalid Token', 'the unknown one printed' ],
        [ 'Token ' . substr($token, 0, 39), 'Invalid Token', 'cut short' ],
        [ "Token ${token}0", 'Invalid Token', 'one digit more' ],
        [ 'Token ' . uc $token, $token =~ /[a-f]/ ? 'Invalid Token' : undef,
          'in upper case' ],
    );
    for my $row (@table) {
        my ($header, $sentence, $name) = @$row;
        next if !defined $sentence;
        my @h = defined $header ? ([Authorization => $header]) : ();
        my $r = $s->request('POST', '/accounts/signout/', headers => \@h);
        answer_is $r, 401, denied($sentence), $name;
        is $r->{headers}{'www-authenticate'}, 'Token', '  its challenge';
    }
    is token_of(signin('admin', 'example123')), $token,
        'none of them ended the token';
};

subtest 'a blocked account\'s token is as unknown as any other' => sub {
    $s->account(username => 'eve', password => 'pw');
    my $token = token_of(signin('eve', 'pw'));
    $s->sql("UPDATE account SET is_active = 0 WHERE username = 'eve'");
    answer_is $s->request('POST', '/accounts/signout/', token => $token),
        401, denied('Invalid Token'), 'sign-out';
};

subtest 'there is no sign-up route' => sub {
    for my $path (qw(signup/ register/ users/), '') {
        answer_is $s->post("/accounts/$path", {}), 404,
            '{"detail":"Not found."}', "/accounts/$path";
    }
};

subtest 'both mixed-in envelopes stay as printed when the database fails'
    => sub {
    $s->sql('ALTER TABLE account RENAME TO account_away');
    my $r = signin('admin', 'example123');
    my $o = $s->request('POST', '/accounts/signout/', token => $s->unknown_token(40));
    $s->sql('ALTER TABLE account_away RENAME TO account');
    my $failed = '{"detail":{"success":false,"code":500,"data":{},'
        . '"message":"Internal Server Error",'
        . '"errors":{"error":["errors"]}}}';
    answer_is $r, 503, $failed, 'sign-in: the wrapped 500, status 503';
    like $r->{headers}{'retry-after'}, qr/\A\d+\z/, '  with Retry-After';
    answer_is $o, 503, $failed, 'sign-out: never a 401';
    like $o->{headers}{'retry-after'}, qr/\A\d+\z/, '  with Retry-After';
    is signin('admin', 'example123')->{status}, 200,
        'and it works again when the database does';
};

done_testing;
