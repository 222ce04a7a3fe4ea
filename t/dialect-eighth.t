#!/usr/bin/perl
# SPDX-License-Identifier: Apache-2.0
# mpm: any, what is answered is the dialect's
# driver: any, the same
#
# Tokens as OAuth 2 clients ask for them, written from docs/dialects.md:
# access_token, token_type and expires_in (RFC 6749, 5.1), errors by their
# codes (5.2), an id as text.

use strict;
use warnings;
use lib 't/lib';
use AcctTest;
use FaultKit;
use File::Copy ();
use Test::More;

my $s = AcctTest->prepare(api => 0, hash => cheap_hash());
my $dialects = $s->dir . '/dialects';
mkdir $dialects;
for my $file (glob(tree() . '/conf/dialects/*.json'),
              tree() . '/t/fixtures/dialects/eighth.json') {
    File::Copy::copy($file, $dialects) or die "copy $file: $!\n";
}
$s->{dialect_dir} = $dialects;
$s->{conf} = "AcctAuthScheme Bearer\n"
    . "<Location \"/oauth/\">\n    AcctAuthAPI eighth\n</Location>\n";
$s->_write_conf;
is($s->run, undef, 'a server with an API like OAuth') or BAIL_OUT('no server');
$s->account(username => 'ann', email => 'ann@example.org',
            password => 'tower bridge');

my $FORM = 'application/x-www-form-urlencoded';
sub grant
{
    return $s->request('POST', '/oauth/token', type => $FORM,
                       body => $_[0]);
}
sub answers
{
    my ($r, $status, $body, $name) = @_;
    local $Test::Builder::Level = $Test::Builder::Level + 1;
    is("$r->{status} $r->{body}", "$status $body", $name);
}

my $r = grant('grant_type=password&username=ann&password=tower+bridge');
is($r->{status}, 200, 'a token is granted');
is_deeply($r->{order}, [qw(access_token token_type expires_in)],
    'with the members of RFC 6749');
my $left = $r->{json}{expires_in};
like($r->{body}, qr/"expires_in":\d+\}$/, 'a number of seconds');
ok($left > 3500 && $left <= 3600, 'that are left of the hour') or diag($left);
is($r->{json}{token_type}, 'Bearer', 'its type');
is($r->{headers}{pragma}, 'no-cache', 'a header for old caches');
my $bearer = { Authorization => "Bearer $r->{json}{access_token}" };

$r = $s->request('GET', '/oauth/introspect', headers => $bearer);
like($r->{body}, qr/^\{"active":true,"sub":"MQ","username":"ann",
    "exp":\d{10},"jti":"[0-9a-f]{32}"\}$/x, 'whose it is, the id as text');
cmp_ok(abs($r->{json}{exp} - time - 3600), '<', 60, 'and until when');

answers(grant('username=ann&password=wrong'), 400,
    '{"error":"invalid_grant","error_description":'
    . '"Unable to log in with provided credentials."}', 'a wrong password');
answers(grant('username=ann'), 400, '{"error":"invalid_request",'
    . '"error_description":"This field is required."}',
    'the first problem alone');
like($s->request('POST', '/oauth/token', type => 'application/json',
    body => '{')->{body}, qr/^\{"error":"invalid_request",/,
    'a body that cannot be read');
answers($s->request('GET', '/oauth/introspect',
    headers => { Authorization => 'Bearer ' . 'f' x 40 }), 401,
    '{"error":"invalid_token","error_description":"Invalid token."}',
    'an unknown token');

answers($s->request('POST', '/oauth/revoke', headers => $bearer), 200, '',
    'a token is revoked');
is($s->request('GET', '/oauth/introspect', headers => $bearer)->{status},
    401, 'and is good for nothing');
$s->stop;

done_testing;
