#!/usr/bin/perl
# SPDX-License-Identifier: Apache-2.0
# mpm: any, who refused does not depend on it
# driver: any, who refused does not depend on it
#
# Which refusals are put into the API's JSON: the guard's, and below a mount
# httpd's own. A refusal by others (mod_security, another module's hook, an
# application, the file system) keeps the page that it had.

use strict;
use warnings;
use lib 't/lib';
use AcctTest;
use GuardTest;
use Test::More;

my $app = backend(sub {
    my ($req) = @_;
    my ($status) = $req->{path} =~ m{/(\d+)\z};
    return ($status, [['Content-Type', 'text/plain'],
        $status == 401 ? ['WWW-Authenticate', 'App realm="own"'] : ()],
        "the application's $status\n");
});
my $url = 'http://127.0.0.1:' . $app->port;
my $lua = has_module('lua');
my $security = has_module('security2') && has_module('unique_id');

# Hooks of a module that ours does not know: refuse where the request asks
# for it.
my %HOOK = (access => 'AccessChecker', fixups => 'Fixups');
my $hooks = !$lua ? '' : join '', map {
    "LuaHook$HOOK{$_} \"\${DIR}/refuse.lua\" $_"
        . ($_ eq 'access' ? " early\n" : "\n") } sort keys %HOOK;
my $rules = !$security ? '' : <<'CONF';
SecRuleEngine On
SecRequestBodyAccess On
SecRule REQUEST_HEADERS:X-Refuse "@streq early" "id:1,phase:1,deny,status:403"
SecRule REQUEST_HEADERS:X-Refuse "@streq rules" "id:2,phase:2,deny,status:403"
SecRule REQUEST_HEADERS:X-Refuse "@streq answer" "id:3,phase:3,deny,status:403"
CONF

my $guards = <<'CONF';
<Location "/plain/">
    AcctAuthProtect On
</Location>
<Location "/token/">
    AuthType Token
    Require valid-user
</Location>
CONF

my $s = AcctTest->start(modules => ['rewrite', 'proxy_http', 'cgi', 'authn_file',
        'auth_basic', 'access_compat', $lua ? 'lua' : ()],
    conf => <<"CONF");
AcctAuthPasswordHash argon2id m=8 t=1 p=1
$hooks$guards
<Location "/optional/">
    AcctAuthProtect Optional
</Location>
<Location "/bob/">
    AcctAuthProtect On
    Require user bob
</Location>
<Location "/id/">
    AcctAuthProtect On
    Require expr "reqenv('ACCTAUTH_EMAIL') =~ /\@nowhere\$/"
</Location>
<Location "/names/">
    AcctAuthProtect On
    Require env ACCTAUTH_NOBODY
</Location>
<Location "/staff/">
    AcctAuthProtect On
    Require expr "reqenv('ACCTAUTH_STAFF') == '1'"
</Location>
<Directory "\${HTDOCS}/dir-bob">
    AuthType Token
    Require user bob
</Directory>
<Directory "\${HTDOCS}/dir-id">
    AuthType Token
    Require expr "reqenv('ACCTAUTH_EMAIL') =~ /\@nowhere\$/"
</Directory>
<Directory "\${HTDOCS}/dir-denied">
    AcctAuthProtect On
    Require all denied
</Directory>
ScriptAlias "/plain/cgi/" "\${DIR}/closed/"
ProxyPass "/plain/app/" "$url/"
ProxyPass "/plain/over/" "$url/"
<Location "/plain/over/">
    ProxyErrorOverride On
</Location>
<Location "/plain/rewrite/">
    RewriteEngine On
    RewriteRule . - [F]
</Location>
<Location "/plain/gone/">
    Redirect 410
</Location>
<Location "/account/register">
    Require all denied
</Location>
<Location "/account/login">
    Order deny,allow
    Deny from all
</Location>
<Location "/auth/">
    AuthType Basic
    AuthName "basic"
    AuthUserFile "\${DIR}/users"
    Require valid-user
</Location>
CONF
$s->write("htdocs/$_/a.txt", "SECRET\n") for qw(plain token optional bob id names
    staff dir-bob dir-id dir-denied plain/rewrite plain/gone plain/none);
$s->write('users', "x:x\n");
$s->write('closed/a.sh', "#!/bin/sh\n", 0755);
$s->write('refuse.lua', join '', map { <<"LUA" } sort keys %HOOK);
function $_(r)
    if r.headers_in['X-Refuse'] == '$_' then
        return 403
    end
    return apache2.DECLINED
end
LUA
my $c = credentials($s);
my $HTML = qr{\A<!DOCTYPE HTML.*<title>(\d+) }s;

# Another module's refusal: httpd's page, not ours.
sub is_theirs
{
    my ($r, $status, $name, %opt) = @_;
    is($r->{status}, $status, $name);
    like($r->{body}, $opt{body} || $HTML, "$name: in their words");
    unlike($r->{body}, qr/"detail"/, "$name: not in ours");
    unlike($r->{headers}{'content-type'} || '', qr/json/, "$name: no JSON");
}

# An API's: JSON with what every answer below a mount has.
sub is_api
{
    my ($r, $status, $detail, $name) = @_;
    my %h = %{ $r->{headers} };
    is($r->{status}, $status, $name);
    is($r->{body}, qq({"detail":"$detail"}), "$name: its words");
    is($h{'content-type'}, 'application/json', "$name: JSON");
    is($h{'cache-control'}, 'no-store', "$name: not to be kept");
    is($h{'x-content-type-options'}, 'nosniff', "$name: nosniff");
    is($h{vary}, 'Authorization', "$name: Vary");
}

subtest 'an application that says no says it itself' => sub {
    for my $status (401, 403, 404, 500) {
        my $r = $s->get("/plain/app/$status", headers => $c->{good});
        is_theirs($r, $status, "its $status", body => qr/^the application's/);
        $r = $s->get("/plain/over/$status", headers => $c->{good});
        is_theirs($r, $status, "$status with ProxyErrorOverride");
        like($r->{headers}{'cache-control'}, qr/\bprivate\b/,
            'and depends on who asked');
        like($r->{headers}{vary}, qr/\bAuthorization\b/, 'which is said');
        is($r->{headers}{'www-authenticate'}, $status == 401
            ? 'App realm="own"' : undef, 'the application\'s challenge');
    }
};

subtest 'a directory that is not opened is not the token\'s fault' => sub {
    is_theirs($s->get('/plain/cgi/a.sh', headers => $c->{good}), 403,
        'CGI outside an allowed directory');
    is(refusal_faults($s->get('/plain/cgi/a.sh'), 'none'), '',
        'without a token the guard speaks');
    is_theirs($s->get('/dir-denied/a.txt', headers => $c->{good}), 403,
        'Require all denied in the guarded directory');
};

subtest 'rewriting rules and files that are not there' => sub {
    is_theirs($s->get('/plain/rewrite/a.txt', headers => $c->{good}), 403,
        'RewriteRule - [F]');
    is_theirs($s->get('/plain/missing', headers => $c->{good}), 404,
        'a file that is not there');
    my $r = $s->get('/plain/none', headers => $c->{good});
    is($r->{status}, 301, 'a folder without its slash');
    like($r->{headers}{'cache-control'}, qr/\bprivate\b/,
        'is a redirect for who asked');
    like($r->{headers}{vary}, qr/\bAuthorization\b/, 'which is said');
};

subtest 'a Require that asks who it is is the guard\'s' => sub {
    for my $place (qw(bob id staff names dir-bob dir-id)) {
        my $r = $s->get("/$place/a.txt", headers =>
            $c->{$place eq 'staff' ? 'bob' : 'good'});
        is(refusal_faults($r, 'require', status => 403), '', $place);
    }
};

SKIP: {
    skip 'no mod_lua', 1 if !$lua;
    subtest 'hooks of other modules' => sub {
        for my $phase (sort keys %HOOK) {
            for my $path (qw(/plain/a.txt /token/a.txt)) {
                my $r = $s->get($path, headers => [@{ $c->{good} },
                    ['X-Refuse', $phase]]);
                is_theirs($r, 403, "$phase, $path");
            }
            my $r = $s->post('/api/auth/login/', { username => 'alice',
                password => 'alice-secret' }, headers => [['X-Refuse', $phase]]);
            is_theirs($r, 403, "$phase, below a mount");
            like($r->{headers}{'cache-control'}, qr/\bno-store\b/,
                'and nobody keeps it');
        }
    };
}

SKIP: {
    skip 'no mod_security', 1 if !$security;
    # Alone: its Lua is another one than mod_lua's.
    my $w = AcctTest->start(modules => ['unique_id', 'security2'],
        conf => "AcctAuthPasswordHash argon2id m=8 t=1 p=1\n$rules$guards");
    $w->write("htdocs/$_/a.txt", "SECRET\n") for qw(plain token);
    my $wc = credentials($w);
    subtest 'mod_security' => sub {
        for my $when (qw(early rules answer)) {
            my @h = (['X-Refuse', $when]);
            for my $place (qw(plain token)) {
                is_theirs($w->get("/$place/a.txt", headers =>
                    [@{ $wc->{good} }, @h]), 403, "$when, $place");
            }
            is_theirs($w->post('/api/auth/login/', { username => 'alice',
                password => 'alice-secret' }, headers => \@h), 403,
                "$when, below a mount");
        }
    };
}

subtest 'Basic around a mount asks in its own words' => sub {
    my $r = $s->post('/auth/signin/', { email => 'a@b.io', password => 'x' });
    is_theirs($r, 401, 'Basic');
    is($r->{headers}{'www-authenticate'}, 'Basic realm="basic"',
        'its challenge');
};

subtest 'httpd\'s access control below a mount speaks JSON' => sub {
    my $words = 'You do not have permission to perform this action.';
    is_api($s->post('/account/register/', {}), 403, $words, 'Require');
    is_api($s->post('/account/login/', {}), 403, $words, 'Deny from all');
    my $r = $s->post('/account/login/', {});
    is($r->{headers}{allow}, 'POST, OPTIONS', 'and names what the route has');
};

done_testing();
