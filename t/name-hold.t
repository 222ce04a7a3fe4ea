#!/usr/bin/perl
# SPDX-License-Identifier: Apache-2.0
# mpm: any, the database holds the names
#
# A name that an account gave up is nobody else's for a while: what goes by
# it (Require user, REMOTE_USER, folders) would be the next one's otherwise.

use strict;
use warnings;
use lib 't/lib';
use AcctTest;
use Test::More;

my $PASSWORD = 'tower bridge';
my $s = AcctTest->start(api => 0, hash => 'argon2id m=8 t=1 p=1',
    conf => sub {
    my ($self) = @_;
    my $dir = "$self->{dir}/dialects";
    mkdir $dir;
    symlink tree() . '/conf/dialects/base.json', "$dir/base.json";
    AcctTest::spew("$dir/leave.json", <<'JSON');
{ "extends": "base", "identifier": ["username", "email"],
  "token": { "policy": "many" },
  "routes": [
    { "path": "up", "method": "POST", "operation": "register",
      "fields": { "username": "username",
                  "email": { "as": "email", "required": false },
                  "password": "password" },
      "responses": { "ok": { "status": 201,
                             "body": { "token": "{token}" } } } },
    { "path": "up/address", "method": "POST", "operation": "register",
      "fields": { "email": "email", "password": "password" },
      "responses": { "ok": { "status": 201,
                             "body": { "token": "{token}" } } } },
    { "path": "in", "method": "POST", "operation": "login",
      "fields": { "name": "identifier", "password": "password" },
      "responses": { "ok": { "status": 200,
                             "body": { "token": "{token}" } } } },
    { "path": "me", "method": "DELETE", "operation": "delete",
      "responses": { "ok": { "status": 204 } } }
  ] }
JSON
    return <<"CONF";
AcctAuthDialectDir "$dir"
<Location "/api/">
    AcctAuthAPI leave
</Location>
CONF
});

sub up
{
    my (%f) = @_;
    return $s->post('/api/up' . ($f{username} ? '' : '/address'),
        { password => $PASSWORD, %f });
}
sub leave { $s->request('DELETE', '/api/me', token => $_[0]) }

my $ann = up(username => 'Ann', email => 'ann@x.org');
is($ann->{status}, 201, 'an account');
is(leave($ann->{json}{token})->{status}, 204, 'that deletes itself');

subtest 'the name is not to be had, in any spelling' => sub {
    for my $name ('Ann', 'ann', 'ANN') {
        my $r = up(username => $name);
        is($r->{status}, 400, $name);
        like($r->{body}, qr/username/, 'as if it were taken');
    }
    my ($exit, undef, $err) = $s->cli('user', 'add', 'ann',
        '--password-stdin', stdin => "$PASSWORD\n");
    is($exit, 1, 'nor by the command');
    like($err, qr/held.*user release/, 'which says what to do');
};

subtest 'the address of an account with a name is free at once' => sub {
    is(up(username => 'ben', email => 'ann@x.org')->{status}, 201,
        'no request was called by it');
};

subtest 'the address is the name of an account that has no other' => sub {
    my $eve = up(email => 'eve@x.org');
    is($eve->{status}, 201, 'an account');
    is(leave($eve->{json}{token})->{status}, 204, 'that deletes itself');
    is(up(email => 'Eve@X.org')->{status}, 400, 'the address is held');
    is(up(username => 'eve@x.org')->{status}, 400,
        'and is no name either');
};

subtest 'an operator lets it go' => sub {
    my ($exit, $out) = $s->cli('user', 'release', 'ANN');
    is($exit, 0, 'released');
    is(up(username => 'ann')->{status}, 201, 'it is to be had');
    ($exit) = $s->cli('user', 'release', 'ann');
    is($exit, 1, 'what is not held is not released');
};

subtest 'what the command deletes or renames is held too' => sub {
    $s->account(username => 'cid', password => $PASSWORD);
    $s->account(username => 'dan', password => $PASSWORD);
    is(($s->cli('user', 'delete', 'cid'))[0], 0, 'deleted');
    is(up(username => 'cid')->{status}, 400, 'held');
    is(($s->cli('user', 'set', 'dan', '--username', 'dora'))[0], 0,
        'renamed');
    is(up(username => 'dan')->{status}, 400, 'held');
    is(($s->cli('user', 'set', 'dora', '--username', 'dan'))[0], 0,
        'but not for the account itself');
};

subtest 'a hold ends by itself' => sub {
    $s->sql("UPDATE name_hold SET until = 1 WHERE name_key = 'cid'");
    is(up(username => 'cid')->{status}, 201, 'it is to be had');
};

subtest 'AcctAuthNameHold 0 holds nothing' => sub {
    my $conf = slurp($s->dir . '/httpd.conf');
    AcctTest::spew($s->dir . '/httpd.conf', "$conf\nAcctAuthNameHold 0\n");
    $s->graceful;
    my $fay = up(username => 'fay');
    is(leave($fay->{json}{token})->{status}, 204, 'deleted');
    is(up(username => 'fay')->{status}, 201, 'another one has the name');
};

subtest 'what is no time is told at configtest' => sub {
    for my $wrong ('30', 'd', '-1d', '1w', '11000d') {
        my ($ok, $text) = $s->configtest("AcctAuthNameHold $wrong");
        ok(!$ok, "$wrong is none");
        like($text, qr/AcctAuthNameHold: "\Q$wrong\E".*30d/,
            'and what to write');
    }
};

done_testing;
