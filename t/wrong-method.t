#!/usr/bin/perl
# SPDX-License-Identifier: Apache-2.0
# mpm: any, a method is refused the same with any
# driver: any, a method is refused before it is asked
#
# A wrong method is refused as such, also where a dialect's answer to a
# request without a token is no refusal (a sign-out that is always "done").

use strict;
use warnings;
use lib 't/lib';
use AcctTest;
use Test::More;

my $DONE = '{ "status": 200, "body": { "done": true } }';
my $NOBODY = '{ "status": 204 }';

my $s = AcctTest->start(api => 0, conf => sub {
    my ($self) = @_;
    my $dir = "$self->{dir}/dialects";
    mkdir $dir;
    symlink tree() . '/conf/dialects/base.json', "$dir/base.json";
    AcctTest::spew("$dir/kind.json", <<"JSON");
{ "extends": "base", "identifier": ["username"],
  "token": { "policy": "many", "bytes": 32 },
  "routes": [
    { "path": "login/", "method": "POST", "operation": "login",
      "fields": { "username": "identifier", "password": "password" },
      "responses": { "ok": { "status": 200, "body": { "token": "{token}" } } } },
    { "path": "logout/", "method": "POST", "operation": "logout",
      "responses": { "ok": $DONE, "not_authenticated": $DONE,
        "invalid_token": $DONE, "token_absent": $NOBODY,
        "token_spaces": { "status": 302, "headers": { "Location": "/" } } } },
    { "path": "me/", "method": "GET", "operation": "current",
      "responses": { "ok": { "status": 200, "body": { "me": "{account.username}" } },
        "not_authenticated": { "status": 200, "body": { "me": null } } } },
    { "path": "me/", "method": "DELETE", "operation": "logout_all",
      "responses": { "ok": $NOBODY, "not_authenticated": $NOBODY } },
    { "path": "odd/", "method": "DELETE", "operation": "login",
      "fields": { "username": "identifier", "password": "password" },
      "responses": { "ok": { "status": 200, "body": { "token": "{token}" } } } },
    { "path": "strict/", "method": "POST", "operation": "logout",
      "responses": { "ok": $DONE } }
  ] }
JSON
    return <<"CONF";
AcctAuthPasswordHash argon2id m=8 t=1 p=1
AcctAuthDialectDir "$dir"
<Location "/api/">
    AcctAuthAPI kind
</Location>
CONF
});
$s->account(username => 'ann', email => 'ann@example.org',
    password => 'ann-secret');
my $token = $s->post('/api/login/', { username => 'ann',
    password => 'ann-secret' })->{json}{token};

my %sent = ('no token' => [], 'an unknown token' =>
    [['Authorization', 'Token ' . $s->unknown_token]],
    'the scheme alone' => [['Authorization', 'Token']],
    'two words' => [['Authorization', 'Token a b']]);

sub ask
{
    my ($method, $path, $headers) = @_;
    return $s->request($method, $path, headers => $headers);
}

subtest 'a DELETE may have a body' => sub {
    my $r = $s->request('DELETE', '/api/odd/', json => { username => 'ann',
        password => 'ann-secret' });
    is($r->{status}, 200, 'which is read');
    ok($r->{json}{token}, 'and answered');
    is($s->request('DELETE', '/api/odd/')->{status}, 400,
        'without one the fields are missing');
};

subtest 'the method that the route has answers as the dialect says' => sub {
    is(ask('POST', '/api/logout/', $sent{'no token'})->{status}, 200,
        'no token');
    is(ask('POST', '/api/logout/', $sent{'an unknown token'})->{status}, 200,
        'an unknown one');
    is(ask('POST', '/api/logout/', $sent{'the scheme alone'})->{status}, 204,
        'the scheme alone');
    is(ask('POST', '/api/logout/', $sent{'two words'})->{status}, 302,
        'two words');
    is(ask('GET', '/api/me/', [])->{status}, 200, 'who is nobody');
    is(ask('HEAD', '/api/me/', [])->{status}, 200, 'HEAD is GET');
    is(ask('DELETE', '/api/me/', [])->{status}, 204, 'another of its routes');
};

subtest 'no other method is answered with it' => sub {
    for my $how (sort keys %sent) {
        for my $method (qw(GET HEAD PUT PATCH DELETE PROPFIND BREW)) {
            my $r = ask($method, '/api/logout/', $sent{$how});
            is($r->{status}, 405, "$method, $how");
            is($r->{headers}{allow}, 'POST, OPTIONS', 'with Allow');
        }
    }
    for my $method (qw(POST PUT PATCH)) {
        my $r = ask($method, '/api/me/', []);
        is($r->{status}, 405, "$method of a path with two methods");
        is($r->{headers}{allow}, 'GET, DELETE, HEAD, OPTIONS', 'with Allow');
    }
};

subtest 'where no token is a refusal, it is told first' => sub {
    is(ask('GET', '/api/strict/', $sent{$_})->{status}, 401, $_)
        for sort keys %sent;
    is($s->get('/api/strict/', token => $token)->{status}, 405,
        'and with a token the method');
};

done_testing();
