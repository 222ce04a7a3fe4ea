#!/usr/bin/perl
# SPDX-License-Identifier: Apache-2.0
# mpm: any, what is taken is the same with any
# driver: any, what is taken is the same
#
# The presented token is taken from a request once it was judged: no CGI, no
# page, no application and no ErrorDocument finds it, in whatever variable
# another module put it; and what the operator sets stays.

use strict;
use warnings;
use lib 't/lib';
use AcctTest;
use GuardTest;
use Test::More;

my $app = backend(sub {
    my ($req) = @_;
    return (200, [['Content-Type', 'text/plain']],
        join '', "application $req->{path}\n",
            map { "$_->[0]: $_->[1]\n" } @{ $req->{headers} });
});
my $url = 'http://127.0.0.1:' . $app->port;
my $scgi = backend_scgi();
my $h2 = qx(curl -V) =~ /HTTP2/;

my %GUARD = (
    't' => "AuthType Token\nRequire valid-user",
    'p' => 'AcctAuthProtect On',
    'o' => 'AcctAuthProtect Optional',
);
my $conf = <<"CONF";
AcctAuthPasswordHash argon2id m=8 t=1 p=1
# As Debian's php-fpm.conf has it, and as sites write it.
SetEnvIfNoCase ^Authorization\$ "(.+)" HTTP_AUTHORIZATION=\$1
SetEnvIf Authorization "^Token +(\\S+)" BARE=\$1 AMID=before-\$1-behind
SetEnv MODE 1
SetEnv ROOT "/var/www/"
SetEnvIf Host . EARLY_MODE=1 EARLY_ROOT=/ EARLY_NAME=operator-sets-this-one KIND=Token
RewriteEngine On
RewriteRule "^" "-" [E=REWRITTEN:%{HTTP:Authorization}]
RewriteRule "^/[tpo]/f-server/" "-" [F]
RewriteRule "^/(?:api/auth|open)/f-server/" "-" [F]
RewriteRule "^/open/ahead/" "-" [E=AHEAD:%{LA-U:ENV:HTTP_AUTHORIZATION}]
ErrorDocument 401 "/err/env"
ErrorDocument 403 "/err/env"
ErrorDocument 404 "/err/env"
ErrorDocument 405 "/err/env"
ErrorDocument 500 "/err/env"
ScriptAlias "/cgi/" "\${DIR}/cgi/"
ScriptAlias "/err/" "\${DIR}/cgi/"
<Directory "\${DIR}/cgi">
    Require all granted
    CGIPassAuth On
</Directory>
<Directory "\${HTDOCS}">
    Options +Includes
    AllowOverride All
</Directory>
AddOutputFilter INCLUDES .shtml
AddType text/html .shtml
ProxyPass "/open/app/" "$url/"
ProxyPass "/open/scgi/" "scgi://127.0.0.1:${\ $scgi->port}/"
<Location "/bearer/">
    AcctAuthProtect On
    AcctAuthScheme Bearer
</Location>
<Location "/any/">
    AuthType Token
    Require all granted
</Location>
ScriptAlias "/any/cgi/" "\${DIR}/cgi/"
<Location "/any/satisfied/">
    Satisfy Any
</Location>
<Location "/backend/">
    AcctAuthProtect On
    RequestHeader set Authorization "Basic b3BlcmF0b3I6eA=="
    ProxyPass "$url/"
</Location>
<Location "/fake/">
    AcctAuthProtect On
    AuthBasicFake "%{REMOTE_USER}" secret
    ProxyPass "$url/"
</Location>
<Location "/same/">
    AcctAuthProtect On
    AcctAuthForwardToken On
    ErrorDocument 403 "/same/open/app/x"
    ErrorDocument 404 "/same/open/app/x"
</Location>
<Location "/same/denied/">
    Require user nobody
</Location>
ProxyPass "/same/open/app/" "$url/"
CONF
my %ERROR = (cgi => '/err/env', app => '/open/app/err',
             scgi => '/open/scgi/err', ssi => '/open/err.shtml');
for my $g (sort keys %GUARD) {
    $conf .= <<"CONF";
<Location "/$g/">
    $GUARD{$g}
</Location>
ScriptAlias "/$g/cgi/" "\${DIR}/cgi/"
ProxyPass "/$g/app/" "$url/"
ProxyPass "/$g/scgi/" "scgi://127.0.0.1:${\ $scgi->port}/"
<Location "/$g/passed/">
    AcctAuthForwardToken On
</Location>
ScriptAlias "/$g/passed/cgi/" "\${DIR}/cgi/"
ProxyPass "/$g/passed/app/" "$url/"
CONF
    for my $e (sort keys %ERROR) {
        $conf .= <<"CONF";
<LocationMatch "^/$g/[\\w-]+/$e/">
    ErrorDocument 401 "$ERROR{$e}"
    ErrorDocument 403 "$ERROR{$e}"
    ErrorDocument 404 "$ERROR{$e}"
    ErrorDocument 500 "$ERROR{$e}"
</LocationMatch>
<Location "/$g/require/$e/">
    Require user nobody
</Location>
<Location "/$g/passed/require/">
    Require user nobody
    ErrorDocument 403 "$ERROR{app}"
</Location>
CONF
    }
}
$conf .= <<"CONF";
<LocationMatch "^/(?:api/auth|open)/f-server/">
    ErrorDocument 403 "$ERROR{app}"
</LocationMatch>
<Location "/api/auth/denied/">
    Require all denied
    ErrorDocument 403 "$ERROR{app}"
</Location>
CONF

my $s = AcctTest->start(mpm => 'event', h2 => $h2, conf => $conf,
    modules => [qw(cgi include proxy_http proxy_scgi rewrite auth_basic
                   access_compat)]);
$s->write('cgi/env', env_script(), 0755);
my $ECHO = join '', map { "<!--#echo var=\"$_\" -->\n" }
    map { ($_, "REDIRECT_$_") } qw(HTTP_AUTHORIZATION REWRITTEN BARE AMID
                                   BY_HTACCESS);
$s->write('htdocs/open/err.shtml', "page\n$ECHO<!--#printenv -->");
$s->write("htdocs/$_/echo.shtml", "SECRET page\n$ECHO<!--#printenv -->")
    for qw(t p o);
for my $g (qw(t p o)) {
    for my $e (sort keys %ERROR) {
        $s->write("htdocs/$g/f-htaccess/$e/.htaccess",
            "RewriteEngine On\n"
            . "RewriteRule ^ - [E=BY_HTACCESS:%{HTTP:Authorization}]\n"
            . "RewriteRule ^ - [F]\n");
        $s->write("htdocs/$g/require/$e/a.txt", "SECRET\n");
        $s->write("htdocs/$g/broken/$e/.htaccess", "NoSuchDirective\n");
    }
}
$s->write('htdocs/open/inc.shtml',
    '<!--#include virtual="/p/cgi/env" -->');
my $c = credentials($s);
my $token = $c->{token};
my $header = "Token $token";

# What of a token is in an answer: '' when nothing.
sub holds
{
    my ($r, $what) = @_;
    return join ' | ', grep { index($_, $what) >= 0 }
        split /\n/, $r->{body};
}

subtest 'no handler of a guarded location sees it in any variable' => sub {
    for my $g (qw(t p o)) {
        for my $path ("/$g/cgi/env", "/$g/app/x", "/$g/scgi/x",
                      "/$g/echo.shtml") {
            my $r = $s->get($path, token => $token);
            is("$r->{status} " . holds($r, $token), '200 ', $path);
            like($r->{body}, $path =~ /app/ ? qr/application/
                : qr/EARLY_NAME=operator-sets-this-one/,
                'though what the operator sets is there');
        }
        my $r = $s->get("/$g/cgi/env", headers => [['Authorization',
            "tOKEN \t $token"]]);
        is("$r->{status} " . holds($r, $token), '200 ', "$g: in blanks");
    }
    my $r = $s->get('/open/inc.shtml', token => $token);
    like($r->{body}, qr/REMOTE_USER=alice/, 'a guarded part of an open page');
    is(holds($r, $token), '', 'neither');
    $r = $s->get('/any/cgi/env', token => $token);
    like($r->{body}, qr/REMOTE_USER=alice/, 'Require all granted');
    is(holds($r, $token), '', 'is a guarded location');
    for my $other ($c->{revoked}, $c->{expired}, $c->{blocked}) {
        my ($is) = $other->[0][1] =~ /(\S+)$/;
        $r = $s->get('/any/cgi/env', headers => $other);
        is("$r->{status} " . holds($r, $is), '200 ',
            'also for a token that is no good');
    }
};

subtest 'nor where "Satisfy Any" let it in unasked' => sub {
    $s->write('htdocs/any/satisfied/e.shtml', "page\n<!--#printenv -->");
    my $r = $s->get('/any/satisfied/e.shtml', token => $token);
    is("$r->{status} " . holds($r, $token), '200 ', 'no token');
};

subtest 'no ErrorDocument sees it, whoever refused' => sub {
    for my $g (qw(t p o)) {
        for my $e (sort keys %ERROR) {
            for my $by (qw(require f-server f-htaccess broken gone)) {
                my $r = $s->get("/$g/$by/$e/a.txt", token => $token);
                like($r->{body}, qr/^(?:SECRET cgi|application|page|SERVER_)/m,
                    "$g: $by: the document, by $e");
                is(holds($r, $token), '', 'no token in it');
                unlike($r->{body}, qr/^Authorization:/mi, 'nor its header');
            }
            my $is = ($c->{revoked}[0][1] =~ /(\S+)$/)[0];
            my $r = $s->get("/$g/require/$e/a.txt",
                headers => $c->{revoked});
            is(holds($r, $is), '', "$g: $e: a revoked one");
            $r = $s->get("/$g/require/$e/a.txt", headers => [
                [Authorization => $header],
                [Authorization => "Token $c->{bob_token}"]]);
            is(holds($r, $token) . holds($r, $c->{bob_token}), '',
                "$g: $e: two headers");
        }
    }
    for my $scheme ('Bearer', 'Tokenn', 'Basic') {
        my $r = $s->get('/p/require/app/a.txt', token => $token,
            scheme => $scheme);
        is(holds($r, $token), '', "a wrong scheme, $scheme");
    }
    my $r = $s->get('/p/require/cgi/a.txt', headers => [['Authorization',
        $token]]);
    is(holds($r, $token), '', 'none at all');
};

subtest 'nor one of an API' => sub {
    for my $path ('/api/auth/denied/x', '/api/auth/f-server/x',
                  '/api/auth/login%2F') {
        my $r = $s->get($path, token => $token);
        is(holds($r, $token), '', $path);
    }
};

subtest 'what is not refused in a guarded location keeps its header' => sub {
    my $r = $s->get('/open/app/x', token => $token);
    is(holds($r, 'Authorization'), "Authorization: $header", 'open');
    $r = $s->get('/o/app/x', headers => [['Authorization', 'Basic eDp5']]);
    is(holds($r, 'Authorization'), 'Authorization: Basic eDp5',
        'another scheme where anonymous is let in');
};

subtest 'what the operator sets stays' => sub {
    my $r = $s->get('/backend/x', token => $token);
    is(holds($r, 'Authorization'),
        'Authorization: Basic b3BlcmF0b3I6eA==', 'RequestHeader set');
    $r = $s->get('/fake/x', token => $token);
    is(holds($r, 'Authorization'), 'Authorization: Basic YWxpY2U6c2VjcmV0',
        'AuthBasicFake');
    # Whatever a client presents: these are in no request's gift.
    for my $short ('1', '/', 'Token', '', 'operator-sets', 'a 1 /') {
        for my $scheme ('Token ', 'Bearer ', '') {
            for my $path ('/any/cgi/env', '/p/require/cgi/x') {
                my $r = $s->get($path, headers => [['Authorization',
                    "$scheme$short"]]);
                my $prefix = $path =~ /any/ ? '' : 'REDIRECT_';
                like($r->{body}, qr/^$prefix$_$/m,
                    "\"$scheme$short\" leaves $prefix$_ at $path")
                    for 'EARLY_MODE=1', 'EARLY_ROOT=/', 'KIND=Token',
                        'EARLY_NAME=operator-sets-this-one';
            }
        }
    }
};

subtest 'AcctAuthForwardToken On' => sub {
    for my $g (qw(t p o)) {
        my $r = $s->get("/$g/passed/app/x", token => $token);
        is(holds($r, $token), "Authorization: $header",
            "$g: the application");
        $r = $s->get("/$g/passed/cgi/env", token => $token);
        like($r->{body}, qr/^HTTP_AUTHORIZATION=\Q$header\E$/m, 'CGI');
        like($r->{body}, qr/^BARE=\Q$token\E$/m, 'and in variables');
        $r = $s->get("/$g/passed/require/x", token => $token);
        like($r->{body}, qr/application/, 'an ErrorDocument');
        is(holds($r, $token), '', 'has it not');
    }
    for my $path ('/same/denied/x', '/same/gone') {
        my $r = $s->get($path, token => $token);
        like($r->{body}, qr/application/, "$path: one in the same place");
        is(holds($r, $token), '', 'neither');
    }
};

# upgraded(PATH): the answer by HTTP/2, with its version at the end.
sub upgraded
{
    my ($path) = @_;
    my $url = $s->url($path);
    return qx(curl -s --http2 -H "Authorization: $header" -w '%{http_version}' $url);
}

SKIP: {
    skip 'no HTTP/2', 1 if !$h2;
    subtest 'Upgrade: h2c starts with the token, and hides it too' => sub {
        for my $g (qw(t p o)) {
            my $body = upgraded("/$g/cgi/env");
            like($body, qr/REMOTE_USER=alice/, "$g: let in");
            like($body, qr/2\z/, 'by HTTP/2');
            is(holds({ body => $body }, $token), '', 'no token');
            $body = upgraded("/$g/require/app/x");
            is(holds({ body => $body }, $token), '',
                'nor in an ErrorDocument');
        }
        like(upgraded('/backend/x'), qr/^Authorization: Basic b3Bl/m,
            'what the operator sets stays');
    };
}

unlike($s->log . $s->access_log, qr/\Q$token\E/, 'no token in a log');

done_testing();
