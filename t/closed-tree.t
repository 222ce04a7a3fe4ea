#!/usr/bin/perl
# SPDX-License-Identifier: Apache-2.0
# mpm: any, which section holds does not depend on it
# driver: any, which section holds does not depend on it
#
# An API inside a tree that is closed to those without a token: its routes
# are never guarded by the tokens that only they hand out. What is said of
# the API's own location, or of one below it, holds.

use strict;
use warnings;
use lib 't/lib';
use AcctTest;
use GuardTest;
use Test::More;

my $port = free_port();

# Each host closes all of itself in another way; beside it stands what it
# says of its API.
my %host = (
    'protect' => '<Location "/"> | AcctAuthProtect On | </Location>',
    'optional' => '<Location "/"> | AcctAuthProtect Optional | </Location>',
    'require' => '<Location "/"> | AuthType Token | AuthName x | '
        . 'Require valid-user | </Location>',
    'both' => '<Location "/"> | AuthType Token | AcctAuthProtect On | '
        . 'Require user alice | </Location>',
    'pattern' => '<LocationMatch "^/(?!public/)"> | AcctAuthProtect On | '
        . '</LocationMatch>',
    'tilde' => '<Location ~ "^/"> | AcctAuthProtect On | </Location>',
    'if-within' => '<Location "/"> | <If "true"> | AcctAuthProtect On | '
        . '</If> | </Location>',
    'parent' => '<Location "/api"> | AcctAuthProtect On | </Location>'
        . '<Location "/files/"> | AcctAuthProtect On | </Location>',
    'bare-type' => '<Location "/"> | AuthType Token | </Location>'
        . '<Location "/files/"> | Require valid-user | </Location>',
);
my @names = sort keys %host;
my $api = '<Location "/api/auth/"> | AcctAuthAPI auth-register | '
    . '</Location>';
# What stands below the mount, or at it; each of it before and after.
my %own = (
    'own-below' => '<Location "/api/auth/register"> | AcctAuthProtect On | '
        . '</Location>',
    'own-require' => '<Location "/api/auth/register"> | AuthType Token | '
        . 'AuthName x | Require valid-user | </Location>',
    'own-user' => '<Location "/api/auth/register"> | Require user alice | '
        . '</Location>',
    'own-expr' => '<Location "/api/auth/register"> | '
        . 'Require expr %{REMOTE_USER} == "alice" | </Location>',
    'own-pattern' => '<LocationMatch "/register/?$"> | AcctAuthProtect On | '
        . '</LocationMatch>',
    'own-condition' => '<If "%{REQUEST_URI} =~ m#/register/?$#"> | '
        . 'AcctAuthProtect On | </If>',
    'own-wildcard' => '<Location "/*/auth/register/"> | AcctAuthProtect On '
        . '| </Location>',
    'own-if' => '<Location "/api/auth/register"> | <If "true"> | '
        . 'AcctAuthProtect On | </If> | </Location>',
);
my %refuses = (
    'all-denied' => 'Require all denied',
    'ip' => 'Require ip 192.0.2.1',
    'both-asked' => '<RequireAll> | Require valid-user | '
        . 'Require ip 192.0.2.1 | </RequireAll>',
    'expr' => 'Require expr "false"',
    'env' => 'Require env NOT_THERE',
);

sub lines { my ($text) = @_; $text =~ s/\s*\|\s*/\n/g; return "$text\n" }

sub host
{
    my ($s, $name, @parts) = @_;
    return "<VirtualHost *:$s->{port}>\nServerName $name.example\n"
        . "DocumentRoot \"$s->{dir}/htdocs\"\n"
        . join('', map { s{</Location>(?=<)}{</Location> | }gr =~ s/^/ /r }
               map { lines($_) } @parts) . "</VirtualHost>\n";
}

my $s = AcctTest->start(api => 0, conf => sub {
    my ($self) = @_;
    my $conf = "AcctAuthPasswordHash argon2id m=8 t=1 p=1\n"
        . "AcctAuthMaxTokens Off\n";
    $conf .= host($self, 'open', $api);
    for my $name (@names) {
        my $tree = $host{$name};
        $tree =~ s{</Location><}{</Location> | <}g;
        $conf .= host($self, $name, $tree, $api)
            . host($self, "$name-last", $api, $tree);
    }
    for my $name (sort keys %own) {
        $conf .= host($self, $name, $host{protect}, $api, $own{$name})
            . host($self, "$name-first", $own{$name}, $api, $host{protect})
            . host($self, "$name-token", $host{require}, $api, $own{$name});
    }
    for my $name (sort keys %refuses) {
        $conf .= host($self, "refuses-$name", '<Location "/"> | '
            . "AuthType Token | AuthName x | $refuses{$name} | </Location>",
            $api);
    }
    $conf .= host($self, 'at', $host{protect}, '<Location "/api/auth/"> | '
        . 'AcctAuthAPI auth-register | AcctAuthProtect On | </Location>');
    $conf .= host($self, 'at-first', '<Location "/api/auth/"> | '
        . 'AcctAuthAPI auth-register | AcctAuthProtect On | </Location>',
        '<Location "/"> | AcctAuthProtect Off | </Location>');
    $conf .= host($self, 'reopened', '<Location "/api/auth/"> | '
        . 'AcctAuthAPI auth-register | AcctAuthProtect On | </Location>',
        '<Location "/api/auth/login"> | AcctAuthProtect Off | </Location>',
        $host{protect});
    $conf .= host($self, 'basic', '<Location "/"> | AuthType Basic | '
        . 'AuthName staging | AuthBasicProvider file | '
        . "AuthUserFile \"$self->{dir}/none\" | Require valid-user | "
        . '</Location>', $api);
    $conf .= host($self, 'basic-open', '<Location "/"> | AuthType Basic | '
        . 'AuthName staging | AuthBasicProvider file | '
        . "AuthUserFile \"$self->{dir}/none\" | Require valid-user | "
        . '</Location>', '<Location "/api/auth/"> | '
        . 'AcctAuthAPI auth-register | Require all granted | </Location>');
    return $conf;
}, modules => ['auth_basic', 'authn_file']);
$s->write('htdocs/files/a.txt', "SECRET\n");
$s->write('none', '');
$s->account(username => 'alice', email => 'alice@example.org',
    password => 'alice-secret');

sub ask
{
    my ($host, $method, $path, %opt) = @_;
    return $s->request($method, $path, %opt,
        headers => [['Host', "$host.example"], @{ $opt{headers} || [] }]);
}

sub sign_in_at
{
    my ($host, %opt) = @_;
    return ask($host, 'POST', '/api/auth/login/', json =>
        { username => 'alice', password => 'alice-secret' }, %opt);
}

sub sign_up_at
{
    my ($host, %opt) = @_;
    return ask($host, 'POST', '/api/auth/register/', json => {}, %opt);
}

my $token = sign_in_at('open')->{json}{token};
ok($token, 'a token to begin with') or BAIL_OUT($s->log);

subtest 'people sign up, in and out in a closed tree' => sub {
    for my $name (map { ($_, "$_-last") } @names) {
        my $r = sign_in_at($name);
        is($r->{status}, 200, "$name: signed in") or diag($r->{body});
        is(sign_up_at($name)->{status}, 400, "$name: the sign-up answers");
        is(ask($name, 'OPTIONS', '/api/auth/login/')->{status}, 200,
            "$name: so does OPTIONS");
        is(ask($name, 'POST', '/api/auth/logout/',
            token => $r->{json}{token})->{status}, 204,
            "$name: signed out");
        is(ask($name, 'POST', '/api/auth/logout/')->{status}, 401,
            "$name: which takes a token");
    }
};

subtest 'a stale token, or one that is none, does not keep anybody out'
    => sub {
    my @sent = (['Token null'], ['Token undefined'], ['Token a b'],
        ['Token'], ['Token ' . $s->unknown_token]);
    for my $name (map { ($_, "$_-last") } @names) {
        for my $sent (@sent) {
            is(sign_in_at($name, headers => [['Authorization', @$sent]])
                ->{status}, 200, "$name: $sent->[0]");
        }
    }
};

subtest 'what is no route of the API is guarded as before' => sub {
    my %lets = map { $_ => 1 } qw(optional optional-last);
    for my $name (map { ($_, "$_-last") } @names) {
        my $want = $lets{$name} ? 200 : 401;
        is(ask($name, 'GET', '/files/a.txt')->{status}, $want,
            "$name: a file");
        is(ask($name, 'GET', '/files/a.txt', token => $token)->{status},
            200, "$name: a file with a token");
        next if $name =~ /^bare-type/;
        is(ask($name, 'GET', '/api/auth/other/')->{status},
            $lets{$name} ? 404 : 401, "$name: another path below the API");
        is(ask($name, 'GET', '/api/auth/other/', token => $token)
            ->{status}, 404, "$name: and with a token");
    }
};

subtest 'a guard at the API or below it holds, wherever it stands' => sub {
    for my $own (sort keys %own) {
        for my $name ($own, "$own-first", "$own-token") {
            is(sign_up_at($name)->{status}, 401, "$name: no sign-up");
            is(sign_up_at($name, token => $s->unknown_token)->{status}, 401,
                "$name: nor with another token");
            is(sign_up_at($name, token => $token)->{status}, 400,
                "$name: with a good one");
            is(sign_in_at($name)->{status}, 200, "$name: the sign-in is not "
                . 'closed by it');
        }
    }
    for my $name ('at', 'at-first') {
        is(sign_in_at($name)->{status}, 401, "$name: a guard at the mount");
        is(sign_in_at($name, token => $token)->{status}, 200,
            "$name: and a token for it");
    }
    is(sign_up_at('reopened')->{status}, 401, 'a guard at the mount');
    is(sign_in_at('reopened')->{status}, 200, 'and Off further down');
};

subtest 'what a Require refuses without asking for a user it still refuses'
    => sub {
    for my $name (sort keys %refuses) {
        my $r = sign_in_at("refuses-$name");
        is($r->{status}, 403, $name);
        ok($r->{json}, 'in JSON');
    }
};

subtest 'a tree that another module guards is that module\'s' => sub {
    my $r = sign_in_at('basic');
    is($r->{status}, 401, 'its password is asked for');
    like($r->{headers}{'www-authenticate'}, qr/^Basic/, 'by its challenge');
    is(sign_in_at('basic-open')->{status}, 200,
        'unless the API\'s section says otherwise');
};

done_testing();
