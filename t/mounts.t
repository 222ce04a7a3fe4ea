#!/usr/bin/perl
# SPDX-License-Identifier: Apache-2.0
# mpm: any, what a path leads to does not depend on it
# driver: any, what a path leads to does not depend on it
#
# Where an API is mounted: its routes are no files, a path without a route
# can be left to the application, and several mounts go together.

use strict;
use warnings;
use lib 't/lib';
use AcctTest;
use GuardTest;
use Test::More;

my $app = backend(sub {
    my ($req) = @_;
    return (200, [['Content-Type', 'text/plain']], "APP $req->{path}\n");
});
my $url = 'http://127.0.0.1:' . $app->port;

# One route each, so that several can share a place.
my %dialect = map {
    my ($name, $path, $method) = @$_;
    $name => qq({ "extends": "base", "identifier": ["username"],
        "token": { "policy": "many", "bytes": 32 },
        "routes": [{ "path": "$path", "method": "$method",
            "operation": "current", "responses": { "ok": { "status": 200,
                "body": { "here": "$name" } } } }] }\n);
} (['me', 'me/', 'GET'], ['you', 'you/', 'GET'], ['deep', 'v2/me/', 'GET']);

my $s = AcctTest->start(api => 0, modules => [qw(proxy_http rewrite speling
        negotiation)], conf => sub {
    my ($self) = @_;
    my $tree = tree();
    mkdir "$self->{dir}/dialects";
    symlink $_, "$self->{dir}/dialects/" . ($_ =~ m{([^/]+)$})[0]
        for glob "$tree/conf/dialects/*.json";
    AcctTest::spew("$self->{dir}/dialects/$_.json", $dialect{$_})
        for keys %dialect;
    my $docs = "DocumentRoot \"$self->{dir}/htdocs\"";
    return <<"CONF";
AcctAuthPasswordHash argon2id m=8 t=1 p=1
AcctAuthMaxTokens Off
AcctAuthDialectDir "$self->{dir}/dialects"
<Directory "$self->{dir}/htdocs">
    AllowOverride All
    Options +MultiViews
</Directory>
<VirtualHost *:$self->{port}>
    ServerName files.example
    $docs
    CheckSpelling On
    <Location "/api/auth/">
        AcctAuthAPI auth-register
    </Location>
    <Location "/pass/auth/">
        AcctAuthAPI auth-register
        AcctAuthUnknownPath Pass
    </Location>
</VirtualHost>
<VirtualHost *:$self->{port}>
    ServerName denied.example
    $docs
    <Directory "$self->{dir}/htdocs">
        Require all denied
    </Directory>
    <Files "login">
        Require all denied
    </Files>
    <Location "/api/auth/">
        AcctAuthAPI auth-register
    </Location>
</VirtualHost>
<VirtualHost *:$self->{port}>
    ServerName proxied.example
    AcctAuthUnknownPath Pass
    ProxyPass "/" "$url/"
    <Proxy "$url/*">
        AcctAuthProtect On
    </Proxy>
    <Location "/api/">
        AcctAuthAPI auth-register
    </Location>
    <Location "/own/">
        AcctAuthUnknownPath 404
        AcctAuthAPI auth-register
    </Location>
</VirtualHost>
<VirtualHost *:$self->{port}>
    ServerName closed.example
    ProxyPass "/" "$url/"
    <Location "/">
        AcctAuthProtect On
    </Location>
    <Location "/api">
        AcctAuthAPI auth-register
        AcctAuthUnknownPath pASS
    </Location>
</VirtualHost>
<VirtualHost *:$self->{port}>
    ServerName rewritten.example
    $docs
    RewriteEngine On
    RewriteRule "^/old/(.*)" "/api/auth/\$1" [PT]
    RewriteRule "^/api/auth/login/gone" "-" [F]
    <Location "/api/auth/">
        AcctAuthAPI auth-register
    </Location>
</VirtualHost>
<VirtualHost *:$self->{port}>
    ServerName two.example
    $docs
    <Location "/a/">
        AcctAuthAPI me
    </Location>
    <Location "/a">
        AcctAuthAPI you
    </Location>
    <Location "/n/in/">
        AcctAuthAPI you
    </Location>
    <Location "/n/">
        AcctAuthAPI me deep
    </Location>
</VirtualHost>
CONF
});
$s->write("htdocs/$_/.htaccess", <<'CONF') for 'api', 'pass';
RewriteEngine On
RewriteCond %{REQUEST_FILENAME} !-d
RewriteCond %{REQUEST_URI} (.+)/$
RewriteRule ^ %1 [L,R=301]
RewriteCond %{HTTP_USER_AGENT} bot
RewriteRule ^ - [F]
CONF
$s->write('htdocs/api/auth/login.html', "a file\n");
$s->write('htdocs/pass/auth/page.txt', "a page\n");
$s->write('htdocs/pass/auth/.htaccess', "RewriteEngine Off\n");
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
    my ($host, $path, %opt) = @_;
    return ask($host, 'POST', $path, json =>
        { username => 'alice', password => 'alice-secret' }, %opt);
}

my $token = sign_in_at('files', '/api/auth/login/')->{json}{token};
ok($token, 'a token to begin with') or BAIL_OUT($s->log);

subtest 'a .htaccess neither redirects nor forbids an API' => sub {
    for my $path ('/api/auth/login/', '/api/auth/login',
        '/pass/auth/login/') {
        is(sign_in_at('files', $path)->{status}, 200, $path);
        is(sign_in_at('files', $path,
            headers => [['User-Agent', 'a bot']])->{status}, 200,
            "$path: a user agent that it forbids");
    }
    my $r = ask('files', 'GET', '/api/auth/none/');
    is($r->{status}, 404, 'nor a path that no route has');
    is($r->{json}{detail}, 'Not found.', 'which is told in JSON');
    is(ask('files', 'GET', '/api/other/')->{status}, 301,
        'what is beside the API it does redirect');
};

subtest 'a .htaccess with a mistake does not take the API away' => sub {
    my $file = 'htdocs/api/auth/.htaccess';
    $s->write($file, "Nonsense\n");
    is(sign_in_at('files', '/api/auth/login/')->{status}, 200,
        'nothing is read there');
    unlink "$s->{dir}/$file";
};

subtest 'no <Directory> and no <Files> is about an API' => sub {
    is(sign_in_at('denied', '/api/auth/login/')->{status}, 200, 'sign-in');
    is(sign_in_at('denied', '/api/auth/login')->{status}, 200,
        'without its slash');
    is(ask('denied', 'GET', '/index.html')->{status}, 403, 'a file');
};

subtest 'an API inside of ProxyPass answers; Pass leaves it the rest' => sub {
    is(sign_in_at('proxied', '/api/login/')->{status}, 200, 'a route');
    is(ask('proxied', 'PUT', '/api/login/')->{status}, 405,
        'a route with another method is no unknown path');
    is(ask('proxied', 'GET', '/api/notes/')->{status}, 401,
        'another path is the application\'s, guarded as it is');
    my $r = ask('proxied', 'GET', '/api/notes/', token => $token);
    is($r->{body}, "APP /api/notes/\n", 'and reaches it');
    is(ask('proxied', 'GET', '/own/notes/')->{status}, 404,
        'unless the API\'s section says 404');
};

subtest 'Pass on files: they are served as if there were no API' => sub {
    is(ask('files', 'GET', '/pass/auth/page.txt')->{body}, "a page\n",
        'a file');
    my $r = ask('files', 'GET', '/pass/auth/none.txt');
    is($r->{status}, 404, 'one that is not there');
    unlike($r->{body}, qr/^\{/, 'is told in the site\'s words');
    is(ask('files', 'GET', '/api/auth/login.html')->{status}, 404,
        'without Pass a file is not served');
};

subtest 'what is passed on is guarded as the tree is' => sub {
    is(sign_in_at('closed', '/api/login/')->{status}, 200, 'a route');
    for my $path ('/api/notes/', '/api/login/x', '/api', '/api/',
        '/api/LOGIN/', '/api/login;x/', '/api/login//x', '/apix') {
        is(ask('closed', 'GET', $path)->{status}, 401, "$path: no token");
        is(ask('closed', 'GET', $path, token => $s->unknown_token)
            ->{status}, 401, "$path: a bad one");
        is(ask('closed', 'GET', $path, token => $token)->{status}, 200,
            "$path: a good one");
    }
    for my $path ('/api/login%2F', '/api/%00', '/api/login%2fx') {
        my $r = ask('closed', 'GET', $path);
        cmp_ok($r->{status}, '>=', 400, "$path: $r->{status}");
        unlike($r->{body}, qr/^APP/, 'not the application');
    }
};

subtest 'rewriting in the virtual host comes first' => sub {
    is(sign_in_at('rewritten', '/old/login/')->{status}, 200,
        'to an API');
    is(ask('rewritten', 'GET', '/api/auth/login/gone')->{status}, 403,
        'or away from it');
};

subtest 'two sections of one path are both served' => sub {
    is(ask('two', 'GET', '/a/me/', token => $token)->{json}{here}, 'me',
        'the first');
    is(ask('two', 'GET', '/a/you/', token => $token)->{json}{here}, 'you',
        'the second');
};

subtest 'an API within another: both are served, in any order' => sub {
    is(ask('two', 'GET', '/n/me/', token => $token)->{json}{here}, 'me',
        'the outer one');
    is(ask('two', 'GET', '/n/in/you/', token => $token)->{json}{here},
        'you', 'the inner one');
    is(ask('two', 'GET', '/n/v2/me/', token => $token)->{json}{here},
        'deep', 'what only the outer one has');
    is(ask('two', 'GET', '/n/in/none/')->{status}, 404, 'what none has');
};

# ----------------------------------------------------------- configtest

sub refused
{
    my ($conf, $like, $name) = @_;
    my ($ok, $text) = $s->configtest($conf);
    ok(!$ok, "refused: $name") or diag($text);
    like($text, $like, 'and what to write is said');
}

subtest 'a mount that no request reaches is refused' => sub {
    my $wildcard = qr{AcctAuthAPI: <Location .* wildcard.*<Location> of its own}s;
    my $never = qr{AcctAuthAPI: no request is ever for .*decoded: <Location}s;
    refused("<Location \"$_\">\nAcctAuthAPI me\n</Location>", $wildcard, $_)
        for '/api/*/', '/v[12]/', '/v?/', '/*', '/a/b*';
    refused("<Location \"$_\">\nAcctAuthAPI me\n</Location>", $never, $_)
        for '//api/', '/api//v1/', '/api//', '/./api/', '/api/../v1/',
            '/api/.', '/api/..', '/%61pi/', '/caf%C3%A9/', '/api#x/',
            '/a\\b/';
    refused("<LocationMatch \"/x/\">\nAcctAuthAPI me\n</LocationMatch>",
        qr/belongs into a section <Location/, 'a pattern');
    my ($ok, $text) = $s->configtest(
        "<Location \"/.well-known/...x/caf\xc3\xa9/\">\nAcctAuthAPI me\n"
        . '</Location>');
    ok($ok, 'dots that are part of a name are none of it') or diag($text);
};

subtest 'two mounts with one route are refused' => sub {
    refused("<Location \"/z/\">\nAcctAuthAPI me\n</Location>\n"
        . "<Location \"/z\">\nAcctAuthAPI you me\n</Location>",
        qr/ACCT0102.*can never be reached.*mount the two at different/s,
        'in two sections of one path');
    refused("<Location \"/z/v2/\">\nAcctAuthAPI me\n</Location>\n"
        . "<Location \"/z/\">\nAcctAuthAPI deep\n</Location>",
        qr/ACCT0102.*never reached.*mount one of them elsewhere/s,
        'one below the other');
};

subtest 'AcctAuthUnknownPath where it says nothing is refused' => sub {
    refused("<Location \"/z/\">\nAcctAuthUnknownPath Pass\n</Location>",
        qr/ACCT0107.*AcctAuthAPI/s, 'in a section without an API');
    refused("<Location \"/z/\">\nAcctAuthAPI me\n<If \"true\">\n"
        . "AcctAuthUnknownPath Pass\n</If>\n</Location>",
        qr/ACCT0107.*AcctAuthAPI/s, 'in an <If>');
    refused('AcctAuthUnknownPath maybe',
        qr/AcctAuthUnknownPath: "maybe".*404.*Pass/s, 'another word');
};

done_testing();
