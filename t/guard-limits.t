#!/usr/bin/perl
# SPDX-License-Identifier: Apache-2.0
# mpm: any, what is let in is httpd's rules
# driver: any, what is let in is httpd's rules
#
# What docs/what-a-guard-does-not-hold.md says, in its order: each shape
# that does not hold, so that the page is not kept longer than it is true,
# and what it says to write instead, which does.

use strict;
use warnings;
use lib 't/lib';
use AcctTest;
use GuardTest;
use Test::More;
use Time::HiRes qw(sleep time);

my $app = backend(sub {
    my ($req) = @_;
    return (200, [['Content-Type', 'text/plain'],
        ['Cache-Control', 'max-age=300']], "APP $req->{path}\n" . join '',
        map { "$_->[0]: $_->[1]\n" } @{ $req->{headers} });
});
my $url = 'http://127.0.0.1:' . $app->port;

# An application that sends an event every 0.2 seconds, for 3 seconds.
my $events = GuardTest::_server(sub {
    my ($sock) = @_;
    my $buf = '';
    until ($buf =~ /\r\n\r\n/) {
        sysread $sock, $buf, 4096, length $buf or return;
    }
    syswrite $sock, "HTTP/1.1 200 OK\r\nContent-Type: text/event-stream\r\n"
        . "Connection: close\r\n\r\n";
    for my $i (1 .. 15) {
        syswrite $sock, "data: $i\n\n";
        sleep 0.2;
    }
});
my $events_url = 'http://127.0.0.1:' . $events->port;

my @hosts;      # [name, lines]
sub host { push @hosts, [@_]; return $_[0] }

my $token_auth = "AuthType Token\nAuthName x";
my $private = '<Location "/private/">';

host('no-require', "$private\n$token_auth\n</Location>");
host('satisfy', "$private\n$token_auth\nRequire valid-user\nSatisfy Any\n"
    . '</Location>');
host('later', "$private\n$token_auth\nRequire valid-user\n</Location>\n"
    . "<Location \"/\">\nRequire all granted\n</Location>");
host('merging-or', "$private\n$token_auth\nRequire valid-user\n</Location>\n"
    . "<Location \"/private/in/\">\nAuthMerging Or\nRequire user bob\n"
    . "</Location>");
host('merging-and', "$private\n$token_auth\nRequire valid-user\n"
    . "</Location>\n<Location \"/private/in/\">\nAuthMerging And\n"
    . "Require user bob\n</Location>");
host('ifmodule', "$private\n<IfModule mod_accauth.c>\nAcctAuthProtect On\n"
    . "</IfModule>\n</Location>");
host('override', "<Directory \"\${HTDOCS}/ignored\">\nAllowOverride None\n"
    . "</Directory>\n<Directory \"\${HTDOCS}/heeded\">\n"
    . "AllowOverride AuthConfig\n</Directory>");
host('remedy', "$private\nAcctAuthProtect On\n</Location>\n<Location \"/\">\n"
    . "Require all granted\n</Location>\n<Location \"/private/in/\">\n"
    . "AuthMerging Or\nRequire all granted\n</Location>");
host('app-slash', "ProxyPass \"/\" \"$url/\"\n$private\nAcctAuthProtect On\n"
    . '</Location>');
host('app-pattern', "ProxyPass \"/\" \"$url/\"\n"
    . "<LocationMatch \"^/private(?:[/;]|\$)\">\nAcctAuthProtect On\n"
    . '</LocationMatch>');
host('app-all', "ProxyPass \"/\" \"$url/\"\n<Location \"/\">\n"
    . "AcctAuthProtect On\n</Location>\n<Location \"/public/\">\n"
    . "AcctAuthProtect Off\n</Location>");
host('proxy-section', "<Proxy \"$url/*\">\nAcctAuthProtect On\n</Proxy>\n"
    . "ProxyPass \"/passed/\" \"$url/\"\n<Directory \"\${HTDOCS}\">\n"
    . "AllowOverride FileInfo\n</Directory>");
host('proxy-location', "<Location \"/rewritten/\">\nAcctAuthProtect On\n"
    . "</Location>\n<Directory \"\${HTDOCS}\">\nAllowOverride FileInfo\n"
    . '</Directory>');
host('dav-child', "<Location \"/dav/\">\nDav On\n</Location>\n"
    . "<Location \"/dav/tree/secret/\">\nAcctAuthProtect On\n</Location>");
host('dav-all', "<Location \"/dav/\">\nDav On\nAcctAuthProtect On\n"
    . "</Location>");
host('dav-read', "<Location \"/dav/\">\nDav On\n$token_auth\n"
    . "<LimitExcept GET HEAD OPTIONS>\nRequire valid-user\n</LimitExcept>\n"
    . "</Location>\n<Location \"/dav/tree/secret/\">\nAcctAuthProtect On\n"
    . '</Location>');
host('cached', "ProxyPass \"/cached/\" \"$url/\"\nCacheEnable disk /\n"
    . '${CACHED}');
host('events', "<Location \"/events/\">\nProxyPass \"$events_url/\"\n"
    . "AcctAuthProtect On\n</Location>");
host('names', "$private\nAcctAuthProtect On\nRequire user admin\n"
    . "</Location>");
host('names-staff', "$private\nAcctAuthProtect On\n"
    . "Require expr \"reqenv('ACCTAUTH_STAFF') == '1'\"\n</Location>");
host('moved', "Redirect 301 \"/old/\" \"/api/auth/\"\n"
    . "Redirect 308 \"/kept/\" \"/api/auth/\"");
host('https', "RewriteEngine On\nRewriteCond %{HTTPS} !=on\n"
    . 'RewriteRule "^" "https://%{HTTP_HOST}%{REQUEST_URI}" [R=308,L]');
host('forwarded', "<Location \"/app/\">\nProxyPass \"$url/\"\n"
    . "AcctAuthProtect On\n"
    . "RequestHeader set X-Forwarded-User \"expr=%{REMOTE_USER}\"\n"
    . '</Location>');
host('app-letters', "ProxyPass \"/\" \"$url/\"\n"
    . "<LocationMatch \"(?i)^/private(?:[/;]|\$)\">\nAcctAuthProtect On\n"
    . '</LocationMatch>');

# Pages of another origin: what to write so that a preflight is let through.
my $cors = "Header always set Access-Control-Allow-Origin "
    . "\"https://app.example\"\n"
    . "Header always set Access-Control-Allow-Methods "
    . "\"GET, POST, PUT, PATCH, DELETE\"\n"
    . "Header always set Access-Control-Allow-Headers "
    . "\"Authorization, Content-Type\"";
my %preflight = (
    if => "AcctAuthProtect On\n<If \"%{REQUEST_METHOD} == 'OPTIONS'\">\n"
        . "AcctAuthProtect Off\n</If>",
    limit => "$token_auth\n<LimitExcept OPTIONS>\nRequire valid-user\n"
        . '</LimitExcept>',
    any => "$token_auth\n<RequireAny>\nRequire valid-user\n"
        . "Require method OPTIONS\n</RequireAny>",
);
host('cors-none', "$private\nAcctAuthProtect On\n$cors\n</Location>");
host("cors-$_", "$private\n$preflight{$_}\n$cors\n</Location>\n"
    . "<Location \"/api/\">\n$cors\n</Location>") for sort keys %preflight;

my $cached = '';
my $s = AcctTest->start(modules => [qw(access_compat proxy_http rewrite dav
        dav_fs cache cache_disk headers)], hash => 'argon2id m=8 t=1 p=1',
    conf => sub {
    my ($self) = @_;
    mkdir "$self->{dir}/cache";
    chmod 0777, "$self->{dir}/cache";
    my $all = "AcctAuthMaxTokens Off\nCacheRoot \"$self->{dir}/cache\"\n";
    for my $host (@hosts) {
        my ($name, $lines) = @$host;
        $lines =~ s/\$\{CACHED\}/$cached/;
        $all .= "<VirtualHost *:$self->{port}>\nServerName $name.example\n"
            . "DocumentRoot \"$self->{dir}/htdocs\"\n$lines\n</VirtualHost>\n";
    }
    return $all;
});
$s->write("htdocs/$_", "SECRET\n") for 'private/a.txt', 'private/in/a.txt',
    'open/in/a.txt', 'ignored/a.txt', 'heeded/a.txt', 'optional/a.txt',
    'dav/tree/secret/a.txt';
$s->write("htdocs/$_/.htaccess", "AcctAuthProtect On\n")
    for 'ignored', 'heeded';
$s->write('htdocs/rewritten/.htaccess', "RewriteEngine On\n"
    . "RewriteRule \"^(.*)\" \"$url/rewritten/\$1\" [P]\n");
system 'chmod', '-R', 'a+rwX', "$s->{dir}/htdocs/dav";

$s->account(username => 'alice', email => 'alice@example.org',
    password => 'alice-secret');
sub new_token
{
    return $s->post('/api/auth/login/', { username => 'alice',
        password => 'alice-secret' })->{json}{token};
}
my $token = new_token();
my $bad = $s->unknown_token;

sub ask
{
    my ($host, $method, $path, %opt) = @_;
    return $s->request($method, $path, %opt,
        headers => [['Host', "$host.example"], @{ $opt{headers} || [] }]);
}

sub got
{
    my ($host, $path, $method) = @_;
    return join ' ', map { ask($host, $method || 'GET', $path, @$_)
        ->{status} } [], [token => $bad], [token => $token];
}

sub open_to_all { is(got(@_[0, 1]), '200 200 200', "$_[0]$_[1] is open") }
sub held { is(got(@_[0, 1]), '401 401 200', "$_[0]$_[1] is guarded") }

subtest 'AuthType Token is one of several conditions' => sub {
    open_to_all($_, '/private/a.txt') for qw(no-require satisfy later);
    held('remedy', '/private/a.txt');
};

subtest 'AuthMerging Or lets in whom either section lets in' => sub {
    held('merging-or', '/private/a.txt');
    # Also the <Directory> that the files lie in.
    open_to_all('merging-or', '/private/in/a.txt');
    is(got('merging-and', '/private/in/a.txt'), '401 401 403',
        'And asks for bob');
    held('remedy', '/private/in/a.txt');
};

subtest 'what is never read guards nothing' => sub {
    open_to_all('ifmodule', '/private/a.txt');
    open_to_all('override', '/ignored/a.txt');
    held('override', '/heeded/a.txt');
};

subtest 'a path of an application is not all that it takes for that path'
    => sub {
    held('app-slash', '/private/x');
    open_to_all('app-slash', $_) for '/private', '/private;x', '/private;/x';
    held('app-pattern', $_) for '/private', '/private;x', '/private;/x',
        '/private/x', '/private/;x';
    open_to_all('app-pattern', $_) for '/privately', '/PRIVATE';
    held('app-letters', $_) for '/private', '/PRIVATE', '/Private;x';
    held('app-all', $_) for '/private', '/private;x', '/PRIVATE/', '/';
    open_to_all('app-all', '/public/x');
};

subtest '<Proxy> is not about what a .htaccess hands on' => sub {
    held('proxy-section', '/passed/x');
    open_to_all('proxy-section', '/rewritten/x');
    held('proxy-location', '/rewritten/x');
};

subtest 'WebDAV copies and moves a tree with what is guarded in it' => sub {
    my $copy = sub {
        my ($host, $to, %opt) = @_;
        return ask($host, 'COPY', '/dav/tree/', %opt, headers =>
            [['Destination', "http://$host.example:$s->{port}/dav/$to/"]])
            ->{status};
    };
    held('dav-child', '/dav/tree/secret/a.txt');
    is($copy->('dav-child', 'copy1'), 201, 'the parent is copied');
    open_to_all('dav-child', '/dav/copy1/secret/a.txt');
    for my $host ('dav-all', 'dav-read') {
        is($copy->($host, "copy-$host"), 401, "$host: not without a token");
        is($copy->($host, "copy-$host", token => $bad), 401,
            'nor with a bad one');
    }
    is($copy->('dav-read', 'copy2', token => $token), 201,
        'who may write may copy');
    is(ask('dav-read', 'GET', '/dav/copy2/secret/a.txt')->{status}, 200,
        'and the copy is where reading is free');
};

subtest 'what was cached before it was guarded' => sub {
    is(ask('cached', 'GET', '/cached/x')->{status}, 200, 'open, and cached');
    my $guard = "<Location \"/cached/\">\nAcctAuthProtect On\n</Location>\n";
    $cached = $guard;
    $s->_write_conf;
    $s->graceful;
    is(ask('cached', 'GET', '/cached/x')->{status}, 200, 'is served still');
    held('cached', '/cached/y');
    $s->stop;
    rename "$s->{dir}/cache", "$s->{dir}/cache.old" or die "rename: $!";
    mkdir "$s->{dir}/cache";
    chmod 0777, "$s->{dir}/cache";
    $s->run;
    held('cached', '/cached/x');
    $s->stop;
    rename "$s->{dir}/cache", "$s->{dir}/cache.empty" or die "rename: $!";
    rename "$s->{dir}/cache.old", "$s->{dir}/cache" or die "rename: $!";
    $s->run;
    is(ask('cached', 'GET', '/cached/x')->{status}, 200, 'with the cache '
        . 'it had');
    $cached = "CacheQuickHandler Off\n$guard";
    $s->_write_conf;
    $s->graceful;
    held('cached', '/cached/x');
};

subtest 'what goes on after a sign-out' => sub {
    my $mine = new_token();
    my $sock = $s->connect;
    syswrite $sock, "GET /events/ HTTP/1.1\r\nHost: events.example\r\n"
        . "Authorization: Token $mine\r\n\r\n";
    my $text = '';
    await(sub {
        sysread $sock, $text, 4096, length $text
            if IO::Select->new($sock)->can_read(0.1);
        return $text =~ /data: 2\b/;
    }, 'the second event');
    is($s->post('/api/auth/logout/', undef, token => $mine)->{status}, 204,
        'signed out');
    my $until = time + 5;
    while (time < $until && $text !~ /data: 15\b/) {
        sysread $sock, $text, 4096, length $text or last;
    }
    like($text, qr/data: 15\b/, 'a stream of events is not cut off');
    is(ask('events', 'GET', '/events/', token => $mine)->{status}, 401,
        'it is not begun again');
};

subtest 'a name that anybody can sign up with is no role' => sub {
    my $r = $s->post('/api/auth/register/', { username => 'admin',
        email => 'x@example.org', password => 'admin-secret' });
    my $theirs = $r->{json}{token} || $s->post('/api/auth/login/',
        { username => 'admin', password => 'admin-secret' })->{json}{token};
    is(ask('names', 'GET', '/private/a.txt', token => $theirs)->{status},
        200, 'Require user admin lets in who was first');
    is(ask('names-staff', 'GET', '/private/a.txt', token => $theirs)
        ->{status}, 403, 'staff is what the operator says');
};

subtest 'a header for an application is set by the operator' => sub {
    my $r = ask('forwarded', 'GET', '/app/x', token => $token,
        headers => [['X-Forwarded-User', 'root'],
            ['X_Forwarded_User', 'root']]);
    is(join(' ', $r->{body} =~ /^X-Forwarded-User: (.*)$/gm), 'alice',
        'in place of the client\'s');
    like($r->{body}, qr/^X_Forwarded_User: root$/m, 'not in place of one '
        . 'that is spelled in another way');
};

subtest 'a moved API: 308 keeps the method' => sub {
    my $at = sub { ask('moved', 'POST', $_[0], json => {})->{status} };
    is($at->('/old/login/'), 301, 'followed with GET by clients');
    is($at->('/kept/login/'), 308, 'followed with POST');
    my $r = ask('https', 'POST', '/api/auth/login/', json => {});
    is($r->{status}, 308, 'to https:// as well');
    like($r->{headers}{location}, qr{^https://.*/api/auth/login/$},
        'of the same path');
    is(ask('moved', 'GET', '/api/auth/login/')->{status}, 405,
        'which is no sign-in');
    is(ask('moved', 'POST', '/api/auth/login/', json => {})->{status}, 400,
        'while this is');
};

subtest 'a preflight of another origin has no token' => sub {
    my @preflight = (headers => [['Origin', 'https://app.example'],
        ['Access-Control-Request-Method', 'GET'],
        ['Access-Control-Request-Headers', 'authorization']]);
    is(ask('cors-none', 'OPTIONS', '/private/a.txt', @preflight)->{status},
        401, 'a guarded location refuses it');
    for my $how (sort keys %preflight) {
        my $r = ask("cors-$how", 'OPTIONS', '/private/a.txt', @preflight);
        is($r->{status}, 200, "$how: let through");
        is($r->{headers}{'access-control-allow-headers'},
            'Authorization, Content-Type', 'with what the browser asks for');
        held("cors-$how", '/private/a.txt');
        $r = ask("cors-$how", 'GET', '/private/a.txt', token => $bad);
        is($r->{headers}{'access-control-allow-origin'},
            'https://app.example', 'a refusal can be read by the page');
        $r = ask("cors-$how", 'OPTIONS', '/api/auth/login/', @preflight);
        is($r->{status}, 200, 'an API answers one by itself');
        is($r->{headers}{'access-control-allow-origin'},
            'https://app.example', 'with the headers');
    }
};

done_testing();
