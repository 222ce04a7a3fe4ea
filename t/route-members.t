#!/usr/bin/perl
# SPDX-License-Identifier: Apache-2.0
# mpm: any, what is answered is the dialect's
# driver: any, the same
#
# What a route of a dialect may say of the credentials and the body that it
# takes: fields in a DELETE, a token that is optional.

use strict;
use warnings;
use lib 't/lib';
use AcctTest;
use FaultKit;
use JSON::PP ();
use Test::More;

my $PASSWORD = 'Correct-horse-9';
my $FORM = 'application/x-www-form-urlencoded';
my $TOKEN = { status => 200, body => { token => '{token}' } };
my $NAME = { u => 'identifier', p => 'password' };

my %dialect = (
    session => {
        extends => 'base', token => { policy => 'many' },
        routes => [
            { path => 'in', method => 'POST', operation => 'login',
              fields => $NAME, responses => { ok => $TOKEN } },
            { path => 'in', method => 'DELETE', operation => 'login',
              fields => $NAME, responses => { ok => $TOKEN } },
            { path => 'out', method => 'POST', operation => 'logout',
              token => 'optional', responses =>
                { ok => { status => 200, body => { detail => 'Out.' } } } },
            { path => 'mixed', method => 'POST', operation => 'login',
              fields => $NAME, responses => { ok => $TOKEN } },
            { path => 'mixed', method => 'GET', operation => 'current',
              responses => { ok => { status => 200,
                                     body => { u => '{account.username}' } } }
            },
        ],
    },
);

my $s = AcctTest->prepare(api => 0, hash => cheap_hash());
my $dialects = $s->dir . '/dialects';
mkdir $dialects;
for my $file (glob tree() . '/conf/dialects/*.json') {
    (my $base = $file) =~ s{.*/}{};
    spew("$dialects/$base", slurp($file));
}
spew("$dialects/$_.json", JSON::PP::encode_json($dialect{$_}))
    for keys %dialect;
$s->{dialect_dir} = $dialects;
$s->{conf} = join '', map { "<Location \"/$_/\">\n    AcctAuthAPI $_\n"
    . "</Location>\n" } sort keys %dialect;
$s->_write_conf;
is($s->run, undef, 'a server with routes of several kinds')
    or BAIL_OUT('no server');
$s->account(username => 'ann', password => $PASSWORD,
            email => 'ann@example.org');

sub sign_in
{
    return $s->post('/session/in', { u => 'ann', p => $PASSWORD })
        ->{json}{token};
}
sub token { return (headers => { Authorization => "Token $_[0]" }) }
sub status { return join ' ', map { $_->{status} } @_ }

subtest 'a DELETE may have a body, JSON or a form' => sub {
    my $r = $s->request('DELETE', '/session/in', type => 'application/json',
        body => qq({"u":"ann","p":"$PASSWORD"}));
    is($r->{status}, 200, 'JSON');
    ok($r->{json}{token}, 'was read');
    $r = $s->request('DELETE', '/session/in', type => $FORM,
        body => "u=ann&p=$PASSWORD");
    is($r->{status}, 200, 'a form');
    ok($r->{json}{token}, 'was read');
};

subtest 'its fields never come from the query, and none sent is none' => sub {
    my $r = $s->request('DELETE', "/session/in?u=ann&p=$PASSWORD");
    is($r->{status}, 400, 'refused');
    is_deeply($r->{json}, { u => ['This field is required.'],
                            p => ['This field is required.'] },
        'as an empty object is');
    $r = $s->request('DELETE', "/session/in?u=ann&p=$PASSWORD",
        type => $FORM, body => 'u=ann');
    is($r->{body}, '{"p":["This field is required."]}',
        'nor what a form lacks');
};

subtest 'what is wrong with its body is told as of any other' => sub {
    my %wrong = (
        'text/plain' => ['u', 415], 'application/json' => ['{', 400]);
    for my $type (sort keys %wrong) {
        my ($body, $status) = @{$wrong{$type}};
        my $r = $s->request('DELETE', '/session/in', type => $type,
                            body => $body);
        is($r->{status}, $status, "$type $body");
    }
    is($s->request('DELETE', '/session/in', type => 'application/json',
        body => '[]')->{body}, '{"non_field_errors":["Invalid data. Expected '
        . 'a dictionary, but got list."]}', 'a list');
};

subtest 'where a token is optional none is none' => sub {
    my $r = $s->request('POST', '/session/out');
    is("$r->{status} $r->{body}", '200 {"detail":"Out."}', 'no header');
    $r = $s->request('POST', '/session/out',
                     headers => { Authorization => 'Basic YTpi' });
    is("$r->{status} $r->{body}", '200 {"detail":"Out."}', 'another scheme');
};

subtest 'a good one counts' => sub {
    my ($one, $two) = (sign_in(), sign_in());
    is($s->request('POST', '/session/out', token($one))->{status}, 200,
        'signed out');
    is(status(map { $s->request('GET', '/session/mixed', token($_)) }
              $one, $two), '401 200', 'that token has ended, and no other');
};

subtest 'and a bad one is refused' => sub {
    my %wrong = (
        'Token ' . $s->unknown_token => 'Invalid token.',
        'Token' => 'Invalid token header. No credentials provided.',
        'Token a b' => 'Invalid token header. Token string should not '
            . 'contain spaces.');
    for my $header (sort keys %wrong) {
        my $r = $s->request('POST', '/session/out',
                            headers => { Authorization => $header });
        is("$r->{status} $r->{json}{detail}", "401 $wrong{$header}",
            substr $header, 0, 10);
        is($r->{headers}{'www-authenticate'}, 'Token', 'with a challenge');
    }
};

subtest 'there the method is judged first, whatever was presented' => sub {
    for my $method (qw(GET PUT PATCH DELETE)) {
        is(status($s->request($method, '/session/out'),
                  $s->request($method, '/session/out',
                              token($s->unknown_token))),
            '405 405', $method);
    }
};

subtest 'a method that no route has is refused for the token, if a route of '
    . 'the path needs one' => sub {
    my $token = sign_in();
    my $r = $s->request('PUT', '/session/mixed');
    is("$r->{status} $r->{json}{detail}",
        '401 Authentication credentials were not provided.', 'none');
    is($r->{headers}{allow}, 'GET, POST, HEAD, OPTIONS', 'says what may be');
    is($r->{headers}{'www-authenticate'}, 'Token', 'and what is wanted');
    is(status($s->request('PUT', '/session/mixed', token($s->unknown_token)),
              $s->request('PUT', '/session/mixed', token($token)),
              $s->request('PUT', '/session/in')),
        '401 405 405', 'a bad one, a good one, a path where none is needed');
    is($s->request('OPTIONS', '/session/mixed')->{status}, 200,
        'OPTIONS needs none');
};

subtest 'an account\'s own lines in the log are those of one that was '
    . 'signed out' => sub {
    my @lines = grep { /authn_token_revoked/ } split /\n/, $s->log;
    is(@lines, 1, 'once, however often nobody was signed out');
};

done_testing;
