#!/usr/bin/perl
# SPDX-License-Identifier: Apache-2.0
# mpm: any, what Require says is httpd's core's
# driver: any, the same
#
# The guard together with Require in all its forms, Limit, Satisfy, nested
# and merged locations, and the guard that lets anonymous in.

use strict;
use warnings;
use lib 't/lib';
use AcctTest;
use GuardTest;
use Test::More;

# Each row is a location of its own: its configuration, then what each
# credential gets. Credentials: n none, a alice (staff), b bob, m by address
# only (no username), g garbage, x another scheme, k a blocked account.
#   200  with the user's name in the page ('' for anonymous)
#   401  the guard refused; 401r 403r: the token was good, but a Require
#   not met; with the body of that; 403 httpd's own refusal
my $TOKEN = "AuthType Token\nAuthName realm\n";
my @ROWS = (
    # -- Require, one at a time
    ['valid-user', "$TOKEN Require valid-user",
        n => 401, a => 'alice', b => 'bob', m => 'mail@example.org', g => 401, x => 401, k => 401],
    ['user NAME', "$TOKEN Require user alice",
        n => 401, a => 'alice', b => '403r', g => 401, x => 401],
    ['user NAME, forbidden', "$TOKEN Require user alice\nAuthzSendForbiddenOnFailure On",
        n => 401, a => 'alice', b => '403r', g => 401],
    ['user by address', "$TOKEN Require user mail\@example.org",
        n => 401, a => '403r', m => 'mail@example.org'],
    ['two names', "$TOKEN Require user alice bob",
        n => 401, a => 'alice', b => 'bob', m => '403r'],
    ['name in another case', "$TOKEN Require user ALICE",
        n => 401, a => '403r'],
    ['expr on REMOTE_USER', "$TOKEN Require expr \"%{REMOTE_USER} == 'alice'\"",
        n => 401, a => 'alice', b => '401r', g => 401],
    ['expr on the environment', "$TOKEN Require expr \"reqenv('ACCTAUTH_STAFF') == '1'\"",
        n => '403r', a => 'alice', b => '403r', g => '403r'],
    ['expr on user and environment', "$TOKEN Require expr \"%{REMOTE_USER} != '' && reqenv('ACCTAUTH_STAFF') == '1'\"",
        n => 401, a => 'alice', b => '401r', g => 401],
    ['valid-user and expr on the environment', "$TOKEN <RequireAll>\nRequire valid-user\nRequire expr \"reqenv('ACCTAUTH_STAFF') == '1'\"\n</RequireAll>",
        n => '403r', a => 'alice', b => '403r', g => '403r'],
    ['expr on the email', "$TOKEN Require expr \"%{REMOTE_USER} != '' && reqenv('ACCTAUTH_EMAIL') =~ /\@example\\.org\$/\"",
        n => 401, a => 'alice', b => 'bob'],
    ['all granted', "$TOKEN Require all granted",
        n => '', a => 'alice', g => ''],
    ['all denied', "$TOKEN Require all denied",
        n => 403, a => 403, g => 403],
    ['env for staff alone', "$TOKEN Require env ACCTAUTH_STAFF",
        n => '403r', a => 'alice', b => '403r', g => '403r'],
    ['env that is not there', "$TOKEN Require env NO_SUCH",
        n => 403, a => 403],

    # -- composed
    ['RequireAll', "$TOKEN <RequireAll>\nRequire valid-user\nRequire not user bob\n</RequireAll>",
        n => 401, a => 'alice', b => '403r', g => 401],
    ['RequireAny', "$TOKEN <RequireAny>\nRequire user alice\nRequire user bob\n</RequireAny>",
        n => 401, a => 'alice', b => 'bob', m => '403r'],
    ['RequireNone', "$TOKEN <RequireAll>\nRequire valid-user\n<RequireNone>\nRequire user bob\nRequire user mail\@example.org\n</RequireNone>\n</RequireAll>",
        n => 401, a => 'alice', b => '403r', m => '403r'],
    ['RequireAny of address and user', "$TOKEN <RequireAny>\nRequire ip 10.0.0.0/8\nRequire user alice\n</RequireAny>",
        n => 401, a => 'alice', b => '403r'],
    ['RequireAny of our address and user', "$TOKEN <RequireAny>\nRequire ip 127.0.0.1\nRequire user alice\n</RequireAny>",
        n => '', a => 'alice', g => ''],
    ['RequireAll of our address and user', "$TOKEN <RequireAll>\nRequire ip 127.0.0.1\nRequire valid-user\n</RequireAll>",
        n => 401, a => 'alice', b => 'bob', g => 401],
    ['RequireAll of another address and user', "$TOKEN <RequireAll>\nRequire ip 10.0.0.0/8\nRequire valid-user\n</RequireAll>",
        n => 403, a => 403],
    ['nested three deep', "$TOKEN <RequireAll>\nRequire valid-user\n<RequireAny>\nRequire user alice\n<RequireAll>\nRequire user bob\nRequire method POST\n</RequireAll>\n</RequireAny>\n</RequireAll>",
        n => 401, a => 'alice', b => '403r', 'POST b' => 'bob'],

    # -- methods
    ['Limit POST', "$TOKEN <Limit POST>\nRequire valid-user\n</Limit>",
        n => '', g => '', 'POST n' => 401, 'POST a' => 'alice', 'POST g' => 401],
    ['LimitExcept GET', "$TOKEN <LimitExcept GET>\nRequire valid-user\n</LimitExcept>",
        n => '', 'POST n' => 401, 'POST a' => 'alice', 'PUT g' => 401, 'HEAD n' => ''],
    ['Limit and Protect', "AcctAuthProtect On\n<Limit POST>\nRequire user alice\n</Limit>",
        n => 401, b => 'bob', 'POST n' => 401, 'POST b' => '403r', 'POST a' => 'alice'],
    ['Require method', "$TOKEN <RequireAny>\nRequire method GET\nRequire valid-user\n</RequireAny>",
        n => '', 'POST n' => 401, 'POST a' => 'alice'],

    # -- the one-line form with Require beside it
    ['Protect', 'AcctAuthProtect On',
        n => 401, a => 'alice', b => 'bob', m => 'mail@example.org', g => 401, x => 401, k => 401],
    ['Protect, valid-user', "AcctAuthProtect On\nRequire valid-user",
        n => 401, a => 'alice', g => 401],
    ['Protect, user', "AcctAuthProtect On\nRequire user alice",
        n => 401, a => 'alice', b => '403r', g => 401],
    ['Protect, env for staff alone', "AcctAuthProtect On\nRequire env ACCTAUTH_STAFF",
        n => 401, a => 'alice', b => '403r', g => 401],
    ['Protect, staff', "AcctAuthProtect On\nRequire expr \"reqenv('ACCTAUTH_STAFF') == '1'\"",
        n => 401, a => 'alice', b => '403r', g => 401],
    ['Protect, all granted', "AcctAuthProtect On\nRequire all granted",
        n => 401, a => 'alice', g => 401],
    ['Protect, all denied', "AcctAuthProtect On\nRequire all denied",
        n => 401, a => '403r', g => 401],
    ['Protect, our address', "AcctAuthProtect On\nRequire ip 127.0.0.1",
        n => 401, a => 'alice', g => 401],
    ['Protect, another address', "AcctAuthProtect On\nRequire ip 10.0.0.0/8",
        n => 401, a => '403r', g => 401],
    ['Protect, RequireAny of address and user', "AcctAuthProtect On\n<RequireAny>\nRequire ip 127.0.0.1\nRequire user alice\n</RequireAny>",
        n => 401, a => 'alice', b => 'bob', g => 401],
    ['Protect, RequireNone', "AcctAuthProtect On\n<RequireAll>\nRequire all granted\n<RequireNone>\nRequire user bob\n</RequireNone>\n</RequireAll>",
        n => 401, a => 'alice', b => '403r'],
    ['both forms', "AcctAuthProtect On\n$TOKEN Require valid-user",
        n => 401, a => 'alice', g => 401],
    # The guard has set r->user before httpd asks for it, so it says 403.
    ['both forms, user', "AcctAuthProtect On\n$TOKEN Require user alice",
        n => 401, a => 'alice', b => '403r', g => 401],
    ['both forms, our address', "AcctAuthProtect On\n$TOKEN <RequireAny>\nRequire ip 127.0.0.1\nRequire valid-user\n</RequireAny>",
        n => 401, a => 'alice', g => 401],

    # -- Satisfy
    ['Satisfy Any, denied address', "$TOKEN Require valid-user\nOrder allow,deny\nDeny from all\nSatisfy Any",
        n => 401, a => 'alice', g => 401],
    ['Satisfy Any, allowed address', "$TOKEN Require valid-user\nOrder deny,allow\nDeny from all\nAllow from 127.0.0.1\nSatisfy Any",
        n => '', a => '', g => ''],
    ['Satisfy All, denied address', "$TOKEN Require valid-user\nOrder allow,deny\nDeny from all\nSatisfy All",
        n => 403, a => 403],
    ['Satisfy Any, Protect', "AcctAuthProtect On\nSatisfy Any",
        n => 401, a => 'alice', g => 401, k => 401],
    ['Satisfy Any, Protect, allowed address', "AcctAuthProtect On\nOrder deny,allow\nAllow from all\nSatisfy Any",
        n => 401, a => 'alice', g => 401],
    ['Satisfy Any, Protect, denied address', "AcctAuthProtect On\nRequire valid-user\nOrder allow,deny\nDeny from all\nSatisfy Any",
        n => 401, a => 'alice', g => 401],
    ['Satisfy Any, Protect, valid-user', "AcctAuthProtect On\nRequire valid-user\nSatisfy Any",
        n => 401, a => 'alice', g => 401],
    ['Satisfy Any, Protect, all granted', "AcctAuthProtect On\nRequire all granted\nSatisfy Any",
        n => 401, a => 'alice', g => 401],
    ['Satisfy Any, both forms', "AcctAuthProtect On\n$TOKEN Require valid-user\nAllow from all\nSatisfy Any",
        n => 401, a => 'alice', g => 401],
    ['Satisfy Any, Optional', "AcctAuthProtect Optional\nAllow from all\nSatisfy Any",
        n => '', a => 'alice', g => 401],

    # -- anonymous may come in
    ['Optional', 'AcctAuthProtect Optional',
        n => '', a => 'alice', b => 'bob', g => 401, x => '', k => 401],
    ['Optional, valid-user', "AcctAuthProtect Optional\nRequire valid-user",
        n => 401, a => 'alice', g => 401, x => 401],
    ['Optional, user', "AcctAuthProtect Optional\nRequire user alice",
        n => 401, a => 'alice', b => '403r', g => 401],
    ['Optional, expr', "AcctAuthProtect Optional\nRequire expr \"reqenv('ACCTAUTH_STAFF') == '1'\"",
        n => '403r', a => 'alice', b => '403r', g => 401],
    ['Optional beside AuthType Token', "AcctAuthProtect Optional\n$TOKEN Require valid-user",
        n => 401, a => 'alice', g => 401],
    ['Optional, all denied', "AcctAuthProtect Optional\nRequire all denied",
        n => '403r', a => '403r', g => 401],

    # -- another scheme's word
    ['Bearer', "AcctAuthScheme Bearer\nAcctAuthProtect On",
        n => [401, 'Bearer'], a => [401, 'Bearer'], B => 'alice', x => [401, 'Bearer']],
    ['Bearer, AuthType', "AcctAuthScheme Bearer\n$TOKEN Require valid-user",
        n => [401, 'Bearer realm="realm"'], a => [401, 'Bearer realm="realm"'], B => 'alice'],
    ['Bearer, Optional', "AcctAuthScheme Bearer\nAcctAuthProtect Optional",
        n => '', a => '', B => 'alice'],
    ['Token again below', "AcctAuthScheme Token\nAcctAuthProtect On",
        a => 'alice', B => 401],

    # -- off
    ['nothing', '', n => '', a => '', g => '', k => ''],
    ['Off', 'AcctAuthProtect Off', n => '', a => '', g => ''],
    ['Off beside AuthType Token', "AcctAuthProtect Off\n$TOKEN Require valid-user",
        n => 401, a => 'alice', g => 401],
    ['AuthType None', "AuthType None\nRequire all granted",
        n => '', a => '', g => ''],
);

# Locations one in the other: configuration of outer, middle and inner,
# asked are all three.
my @NESTED = (
    ['On, Off, On', ['AcctAuthProtect On', 'AcctAuthProtect Off', 'AcctAuthProtect On'],
        n => [401, '', 401], a => ['alice', '', 'alice'], g => [401, '', 401]],
    ['Off, On, Off', ['AcctAuthProtect Off', 'AcctAuthProtect On', 'AcctAuthProtect Off'],
        n => ['', 401, ''], a => ['', 'alice', ''], g => ['', 401, '']],
    ['On, nothing, Optional', ['AcctAuthProtect On', '', 'AcctAuthProtect Optional'],
        n => [401, 401, ''], a => ['alice', 'alice', 'alice'], g => [401, 401, 401]],
    ['Optional, On, Off', ['AcctAuthProtect Optional', 'AcctAuthProtect On', 'AcctAuthProtect Off'],
        n => ['', 401, ''], a => ['alice', 'alice', ''], g => [401, 401, '']],
    ['On, other settings, Off', ['AcctAuthProtect On', "AcctAuthForwardToken On\nAcctAuthIdentityHeaders On", 'AcctAuthProtect Off'],
        n => [401, 401, ''], a => ['alice', 'alice', '']],
    ['AuthType, all granted, valid-user', ["$TOKEN Require valid-user", 'Require all granted', 'Require valid-user'],
        n => [401, '', 401], a => ['alice', 'alice', 'alice'], g => [401, '', 401]],
    ['AuthType, None, AuthType', ["$TOKEN Require valid-user", "AuthType None\nRequire all granted", "$TOKEN Require user alice"],
        n => [401, '', 401], a => ['alice', '', 'alice'], b => ['bob', '', '403r']],
    ['AuthMerging And', ["$TOKEN Require valid-user", "AuthMerging And\nRequire user alice bob", "AuthMerging And\n<RequireAll>\nRequire valid-user\nRequire not user bob\n</RequireAll>"],
        n => [401, 401, 401], a => ['alice', 'alice', 'alice'], b => ['bob', 'bob', '403r'], m => ['mail@example.org', '403r', '403r']],
    ['AuthMerging Or', ["$TOKEN Require user alice", "AuthMerging Or\nRequire user bob", 'Require user mail@example.org'],
        n => [401, 401, 401], a => ['alice', 'alice', '403r'], b => ['403r', 'bob', '403r'], m => ['403r', '403r', 'mail@example.org']],
    ['AuthMerging Or with an address', ["$TOKEN Require user alice", "AuthMerging Or\nRequire ip 127.0.0.1", "AcctAuthProtect On\nAuthMerging Or\nRequire ip 127.0.0.1"],
        n => [401, '', 401], a => ['alice', 'alice', 'alice'], b => ['403r', 'bob', 'bob']],
    ['AuthType outside, Protect inside', ["$TOKEN Require valid-user", "AcctAuthProtect On", "AcctAuthProtect Off"],
        n => [401, 401, 401], a => ['alice', 'alice', 'alice']],
    ['Protect outside, AuthType inside', ['AcctAuthProtect On', "$TOKEN Require user alice", "AcctAuthProtect Off\nRequire all granted"],
        n => [401, 401, ''], a => ['alice', 'alice', 'alice'], b => ['bob', '403r', 'bob']],
    ['scheme inherited', ["AcctAuthScheme Bearer\nAcctAuthProtect On", 'AcctAuthProtect On', "AcctAuthScheme Token"],
        n => [[401, 'Bearer'], [401, 'Bearer'], 401], a => [[401, 'Bearer'], [401, 'Bearer'], 'alice'], B => ['alice', 'alice', 401]],
);

# Below /c/ is a folder that is denied to all: what is merged with Or there
# is not merged with "all granted".
sub where
{
    my ($i) = @_;
    return ("@{ $NESTED[$i][1] }" =~ /AuthMerging Or/ ? '/c' : '/n')
        . "/$i/";
}

my $conf = <<'CONF';
AcctAuthPasswordHash argon2id m=8 t=1 p=1
ScriptAliasMatch "^/r/[0-9]+/" "${DIR}/cgi/who.sh"
ScriptAliasMatch "^/n/[0-9]+/" "${DIR}/cgi/who.sh"
ScriptAliasMatch "^/c/[0-9]+/" "${DIR}/closed/who.sh"
<Directory "${DIR}/cgi">
    Require all granted
</Directory>
CONF
for my $i (0 .. $#ROWS) {
    $conf .= "<Location \"/r/$i/\">\n$ROWS[$i][1]\n</Location>\n";
}
for my $i (0 .. $#NESTED) {
    my @c = @{ $NESTED[$i][1] };
    my $at = where($i);
    $conf .= "<Location \"$at\">\n$c[0]\n</Location>\n"
        . "<Location \"${at}b/\">\n$c[1]\n</Location>\n"
        . "<Location \"${at}b/c/\">\n$c[2]\n</Location>\n";
}

my $s = AcctTest->start(modules => ['cgi', 'access_compat'], conf => $conf);
$s->write("$_/who.sh", "#!/bin/sh\ncat >/dev/null\n"
    . "printf 'Content-Type: text/plain\\r\\n\\r\\n%s' "
    . "\"user=\$REMOTE_USER;type=\$AUTH_TYPE\"\n", 0755)
    for 'cgi', 'closed';
my $c = credentials($s);
$s->account(email => 'mail@example.org', password => 'm-secret');
my $mail = $s->post('/api/v1/users/login/', { email => 'mail@example.org',
    password => 'm-secret' })->{json}{result}{auth_token};
my %HEADERS = (n => [], a => $c->{good}, b => $c->{bob},
    m => [['Authorization', "Token $mail"]], g => $c->{garbage},
    k => $c->{blocked}, x => [['Authorization', 'Basic YWxpY2U6eA==']],
    B => [['Authorization', "Bearer $c->{token}"]]);
my %CREDENTIAL = (n => 'none', a => 'none', g => 'garbage', x => 'none',
                  k => 'blocked', B => 'none');

sub ask
{
    my ($path, $who, $want, $realm, $name) = @_;
    my ($method, $key) = $who =~ /^(\w+) (\w)$/ ? ($1, $2) : ('GET', $who);
    my $r = $s->request($method, $path, headers => $HEADERS{$key},
        keep => 1, $method =~ /^P/ ? (body => 'x', type => 'a/b') : ());
    my ($status, $challenge) = ref $want ? @$want : ($want, undef);
    $challenge = $realm if !defined $challenge;
    if ($status =~ /^40[13]r?$/) {
        if ($status eq '403') {
            return is($r->{status}, 403, $name);
        }
        return is(refusal_faults($r,
            $status =~ /r/ ? 'require' : $CREDENTIAL{$key} || 'none',
            status => substr($status, 0, 3), challenge => $challenge,
            secret => qr/user=/), '', $name);
    }
    my $body = $method eq 'HEAD' ? ''
        : "user=$want;type=" . (length $want ? 'Token' : '');
    is("$r->{status} $r->{body}", "200 $body", $name);
}

sub in_pairs
{
    my ($code, @pairs) = @_;
    while (my ($who, $want) = splice @pairs, 0, 2) {
        $code->($who, $want);
    }
}

for my $i (0 .. $#ROWS) {
    my ($name, $text, @pairs) = @{ $ROWS[$i] };
    my $realm = $text =~ /AuthName/ ? 'Token realm="realm"' : 'Token';
    subtest $name => sub {
        in_pairs(sub {
            my ($who, $want) = @_;
            ask("/r/$i/x", $who, $want, $realm, $who);
        }, @pairs);
    };
}

for my $i (0 .. $#NESTED) {
    my ($name, $texts, @pairs) = @{ $NESTED[$i] };
    subtest "nested: $name" => sub {
        in_pairs(sub {
            my ($who, $want) = @_;
            my $realm = 'Token';
            for my $depth (0 .. 2) {
                my $path = where($i) . ('', 'b/', 'b/c/')[$depth] . 'x';
                $realm = 'Token realm="realm"'
                    if $texts->[$depth] =~ /AuthName/;
                ask($path, $who, $want->[$depth], $realm, "$who $path");
            }
        }, @pairs);
    };
}

subtest 'a method limit cannot hold the one-line form' => sub {
    for my $word ('On', 'Optional', 'Off') {
        my ($ok, $text) = $s->configtest("<Location \"/z/\">\n"
            . "AcctAuthProtect On\n<Limit OPTIONS>\nAcctAuthProtect $word\n"
            . "</Limit>\n</Location>\n");
        ok(!$ok, "AcctAuthProtect $word in Limit is refused");
        like($text, qr/AcctAuthProtect/, 'and named');
    }
};

subtest 'a fight of two AuthTypes is refused' => sub {
    my ($ok, $text) = $s->configtest("<Location \"/z/\">\n"
        . "AuthType Basic\nAuthName x\nAcctAuthProtect On\n"
        . "Require valid-user\n</Location>\n");
    ok(!$ok, 'AcctAuthProtect beside AuthType Basic');
    like($text, qr/AcctAuthProtect/, 'and named');
};

done_testing();
