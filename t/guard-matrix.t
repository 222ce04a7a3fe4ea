#!/usr/bin/perl
# SPDX-License-Identifier: Apache-2.0
# long: yes
# mpm: own
# driver: any, what is guarded is no database's
#
# The guard before every kind of content httpd can serve: a client without a
# good token never gets a byte of it, in either form of protection.

use strict;
use warnings;
use lib 't/lib';
use AcctTest;
use GuardTest;
use Test::More;

# The two forms; everything below exists once for each, with the letter of
# the form in its path.
my %FORM = (
    t => { name => 'AuthType Token', challenge => 'Token realm="the matrix"',
           conf => "AuthType Token\nAuthName \"the matrix\"\n"
                 . "Require valid-user\n" },
    p => { name => 'AcctAuthProtect On', challenge => 'Token',
           conf => "AcctAuthProtect On\n" },
);

my $app = backend(sub {
    my ($req) = @_;
    return (200, [['Content-Type', 'text/plain'],
                  ['Last-Modified', 'Mon, 01 Jan 2024 00:00:00 GMT']],
            "SECRET app $req->{method} $req->{path}");
});

my $COMMON = <<"CONF";
AcctAuthPasswordHash argon2id m=8 t=1 p=1
AllowEncodedSlashes NoDecode
<Directory "\${HTDOCS}">
    Options +Includes +Indexes +MultiViews +FollowSymLinks
</Directory>
AddOutputFilter INCLUDES .shtml
AddType text/html .shtml
<Directory "\${DIR}/cgi">
    Options +ExecCGI
    SetHandler cgi-script
    Require all granted
</Directory>
<Directory "\${DIR}/elsewhere">
    Require all granted
</Directory>
<Directory "\${HTDOCS}/noauth">
    AllowOverride FileInfo Indexes Limit Options
</Directory>
ScriptAlias "/cgi-open/" "\${DIR}/cgi/"
ProxyPass "/app-open/" "http://127.0.0.1:${\ $app->port}/app/"
<Location "/dav-open/">
    Dav On
</Location>
RewriteEngine On
CONF

sub form_conf
{
    my ($f) = @_;
    my $auth = $FORM{$f}{conf};
    return <<"CONF";
<Location "/$f/">
    $auth
</Location>
ScriptAlias "/$f/cgi/" "\${DIR}/cgi/"
Alias "/$f/alias/" "\${DIR}/elsewhere/"
ProxyPass "/$f/app/" "http://127.0.0.1:${\ $app->port}/app/"
<Location "/$f/dav/">
    Dav On
    DirectoryIndex disabled
</Location>
<Location "/$f/status">
    SetHandler server-status
</Location>
RewriteRule "^/into-$f/(.*)\$" "/$f/\$1" [PT]
RewriteRule "^/$f/out/(.*)\$" "/open/\$1" [PT]
RewriteRule "^/$f/rewritten-app/(.*)\$" "http://127.0.0.1:${\ $app->port}/app/\$1" [P]
RewriteRule "^/direct-$f/(.*)\$" "\${HTDOCS}/dir-$f/\$1" [L]
RewriteRule "^/look-$f/" "-" [E=AHEAD:%{LA-U:REMOTE_USER}]
<Directory "\${HTDOCS}/dir-$f">
    $auth
</Directory>
Alias "/aliased-$f/" "\${HTDOCS}/dir-$f/"
<Directory "\${HTDOCS}/perdir-$f">
    RewriteEngine On
    RewriteRule "^(.+)\$" "/$f/\$1" [L]
</Directory>
<Directory "\${HTDOCS}/$f/perdir">
    RewriteEngine On
    RewriteRule "^open\$" "/open/o.txt" [L]
    RewriteRule "^app\$" "http://127.0.0.1:${\ $app->port}/app/perdir" [P]
</Directory>
<Directory "\${HTDOCS}/fallback-$f">
    FallbackResource "/$f/a.txt"
</Directory>
<Directory "\${HTDOCS}/index-$f">
    DirectoryIndex "/$f/a.txt"
</Directory>
<Location "/error-$f/">
    ErrorDocument 404 "/$f/a.txt"
</Location>
<Directory "\${HTDOCS}/files-$f">
    <Files "*.key">
        $auth
    </Files>
    <Files "page.html">
        $auth
    </Files>
</Directory>
<Directory "\${HTDOCS}/ht-$f">
    AllowOverride AuthConfig
</Directory>
<Directory "\${HTDOCS}/$f/ht">
    AllowOverride AuthConfig Limit
</Directory>
<Location "/action-$f/">
    SetHandler acct-action-$f
</Location>
Action acct-action-$f "/$f/cgi/env.sh" virtual
<LocationMatch "^/match-$f/[0-9]+\$">
    $auth
</LocationMatch>
Alias "/match-$f/" "\${HTDOCS}/$f/"
<If "%{REQUEST_URI} =~ m#^/if-$f/#">
    $auth
</If>
Alias "/if-$f/" "\${HTDOCS}/$f/"
CONF
}

sub write_tree
{
    my ($s) = @_;
    $s->write('cgi/env.sh', env_script(), 0755);
    $s->write('elsewhere/e.txt', "SECRET alias\n");
    $s->write('htdocs/open/o.txt', "free for all\n");
    $s->write('htdocs/dav-open/seed.txt', "free seed\n");
    for my $f (sort keys %FORM) {
        $s->write("cgi/redirect-$f.sh",
            "#!/bin/sh\nprintf 'Location: /$f/a.txt\\r\\n\\r\\n'\n", 0755);
        $s->write("htdocs/$f/a.txt", "SECRET static " . 'x' x 100 . "\n");
        utime 1704067200, 1704067200, "$s->{dir}/htdocs/$f/a.txt";
        $s->write("htdocs/$f/1", "SECRET matched\n");
        $s->write("htdocs/$f/dir/index.html", "SECRET index\n");
        $s->write("htdocs/$f/list/SECRET-file.bin", "y\n");
        $s->write("htdocs/$f/many/page.txt", "SECRET variant\n");
        $s->write("htdocs/$f/page.shtml",
            "SECRET page <!--#include virtual=\"/$f/a.txt\" -->\n"
            . "by <!--#echo var=\"REMOTE_USER\" -->\n");
        $s->write("htdocs/$f/dav/old.txt", "SECRET dav\n");
        $s->write("htdocs/$f/perdir/.keep", '');
        $s->write("htdocs/open/includes-$f.shtml",
            "open page <!--#include virtual=\"/$f/a.txt\" -->"
            . "<!--#include virtual=\"/$f/cgi/env.sh\" -->"
            . "<!--#include virtual=\"/$f/app/x\" --> end\n");
        $s->write("htdocs/open/fsize-$f.shtml",
            "size <!--#fsize virtual=\"/$f/a.txt\" --> end\n");
        $s->write("htdocs/dir-$f/d.txt", "SECRET in a directory\n");
        $s->write("htdocs/perdir-$f/.keep", '');
        $s->write("htdocs/fallback-$f/.keep", '');
        $s->write("htdocs/index-$f/.keep", '');
        $s->write("htdocs/error-$f/.keep", '');
        $s->write("htdocs/files-$f/x.key", "SECRET key\n");
        $s->write("htdocs/files-$f/x.txt", "free text\n");
        $s->write("htdocs/files-$f/page.html", "SECRET variant\n");
        $s->write("htdocs/ht-$f/h.txt", "SECRET by .htaccess\n");
        $s->write("htdocs/ht-$f/.htaccess", $FORM{$f}{conf});
    }
    my $user = child_user() or return;
    chown $user->{uid}, $user->{gid},
        map { ("$s->{dir}/htdocs/$_", glob "$s->{dir}/htdocs/$_/*") }
        't/dav', 'p/dav', 'dav-open';
}

# The kinds of content. %F is the form's letter.
#   good     status and pattern with a good token
#   refused  absent: 401 with body and challenge; a list of two: status
#            and pattern then (the protected part is missing from it)
my @CONTENTS = (
    { name => 'static file', path => '/%F/a.txt', good => [200, qr/SECRET static/] },
    { name => 'file that is not there', path => '/%F/none.txt', good => [404, qr//] },
    { name => 'file with path info', path => '/%F/a.txt/more', good => [404, qr//] },
    { name => 'directory with DirectoryIndex', path => '/%F/dir/', good => [200, qr/SECRET index/] },
    { name => 'directory without its slash', path => '/%F/dir', good => [301, qr//] },
    { name => 'autoindex', path => '/%F/list/', good => [200, qr/Index of.*SECRET-file/s] },
    { name => 'HEAD of a file', path => '/%F/a.txt', method => 'HEAD', good => [200, qr/\A\z/] },
    { name => 'POST to a file', path => '/%F/a.txt', method => 'POST', body => 'a=1', good => [200, qr/SECRET static/] },
    { name => 'an unknown method', path => '/%F/a.txt', method => 'BREW', good => [501, qr//] },
    { name => 'OPTIONS', path => '/%F/a.txt', method => 'OPTIONS', good => [200, qr/\A\z/] },
    { name => 'CGI', path => '/%F/cgi/env.sh', good => [200, qr/SECRET cgi.*REMOTE_USER=alice/s] },
    { name => 'POST to a CGI', path => '/%F/cgi/env.sh', method => 'POST', body => 'a=1', good => [200, qr/SECRET cgi/] },
    { name => 'Alias', path => '/%F/alias/e.txt', good => [200, qr/SECRET alias/] },
    { name => 'ProxyPass', path => '/%F/app/x', good => [200, qr/SECRET app GET/] },
    { name => 'POST to ProxyPass', path => '/%F/app/x', method => 'POST', body => 'a=1', good => [200, qr/SECRET app POST/] },
    { name => 'server-status', path => '/%F/status', good => [200, qr/Apache Server Status/] },
    { name => 'rewritten into the tree', path => '/into-%F/a.txt', good => [200, qr/SECRET static/] },
    { name => 'rewritten into a proxied place', path => '/into-%F/app/x', good => [200, qr/SECRET app/] },
    { name => 'rewritten out of the tree', path => '/%F/out/o.txt', good => [200, qr/free for all/], refused => [200, qr/free for all/] },
    { name => 'rewritten to a proxy', path => '/%F/rewritten-app/x', good => [200, qr/SECRET app/] },
    { name => 'rewritten to a file of a protected directory', path => '/direct-%F/d.txt', good => [200, qr/SECRET in/] },
    { name => 'protected directory', path => '/dir-%F/d.txt', good => [200, qr/SECRET in/] },
    { name => 'Alias of a protected directory', path => '/aliased-%F/d.txt', good => [200, qr/SECRET in/] },
    { name => 'rewritten per directory into the tree', path => '/perdir-%F/a.txt', good => [200, qr/SECRET static/] },
    { name => 'rewritten per directory out of the tree', path => '/%F/perdir/open', good => [200, qr/free for all/] },
    { name => 'rewritten per directory to a proxy', path => '/%F/perdir/app', good => [200, qr/SECRET app/] },
    { name => 'FallbackResource', path => '/fallback-%F/anything', good => [200, qr/SECRET static/] },
    { name => 'DirectoryIndex elsewhere', path => '/index-%F/', good => [200, qr/SECRET static/] },
    { name => 'MultiViews', path => '/%F/many/page', good => [200, qr/SECRET variant/] },
    { name => 'MultiViews to a protected variant', path => '/files-%F/page', good => [200, qr/SECRET variant/], refused => [404, qr//] },
    { name => 'Files section', path => '/files-%F/x.key', good => [200, qr/SECRET key/] },
    { name => 'file beside a Files section', path => '/files-%F/x.txt', good => [200, qr/free text/], refused => [200, qr/free text/] },
    { name => 'ErrorDocument target', path => '/error-%F/none', good => [404, qr/SECRET static/], refused => [404, qr//] },
    { name => 'CGI with a Location of its own', path => '/cgi-open/redirect-%F.sh', good => [200, qr/SECRET static/] },
    { name => 'Action', path => '/action-%F/x', good => [200, qr/SECRET cgi/] },
    { name => '.htaccess', path => '/ht-%F/h.txt', good => [200, qr/SECRET by/] },
    { name => 'LocationMatch', path => '/match-%F/1', good => [200, qr/SECRET matched/] },
    { name => 'If section', path => '/if-%F/a.txt', good => [200, qr/SECRET static/] },
    { name => 'SSI page with an include', path => '/%F/page.shtml', good => [200, qr/SECRET page SECRET static.*by alice/s] },
    { name => 'open SSI page that includes protected parts', path => '/open/includes-%F.shtml', good => [200, qr/open page SECRET static.*SECRET cgi.*SECRET app.* end/s], refused => [200, qr/\Aopen page (?:\[an error occurred while processing this directive\]\s*){3} end\n\z/] },
    { name => 'open SSI page that asks the size', path => '/open/fsize-%F.shtml', good => [200, qr/size \d+\s+end/], refused => [200, qr/\Asize \[an error occurred while processing this directive\]\s* end\n\z/] },
    { name => 'look-ahead of mod_rewrite', path => '/look-%F/', good => [404, qr//], refused => [404, qr//] },
    { name => 'byte range', path => '/%F/a.txt', headers => [['Range', 'bytes=0-5']], good => [206, qr/\ASECRET\z/] },
    { name => 'range of a proxied answer', path => '/%F/app/x', headers => [['Range', 'bytes=0-5']], good => [206, qr/\ASECRET\z/] },
    { name => 'If-None-Match that matches', path => '/%F/a.txt', headers => [['If-None-Match', '*']], good => [304, qr/\A\z/] },
    { name => 'If-Match that does not', path => '/%F/a.txt', headers => [['If-Match', '"x"']], good => [412, qr//] },
    { name => 'If-Modified-Since that has not', path => '/%F/a.txt', headers => [['If-Modified-Since', 'Tue, 02 Jan 2024 00:00:00 GMT']], good => [304, qr//] },
    { name => 'absolute URI', path => 'http://127.0.0.1:%P/%F/a.txt', good => [200, qr/SECRET static/], h1 => 1 },
    { name => 'a query with somebody\'s token', path => '/%F/a.txt?token=%T', good => [200, qr/SECRET static/] },
);

sub check
{
    my ($s, $c, $f, $content, $cred, %opt) = @_;
    my $path = $content->{path};
    $path =~ s/%F/$f/g;
    $path =~ s/%P/$s->port/ge;
    $path =~ s/%T/$c->{bob_token}/g;
    my $method = $content->{method} || 'GET';
    my $r;
    # Over HTTP/2 a refusal may come while curl still sends: it calls that
    # an error of the stream now and then.
    for (1 .. 5) {
        $r = $s->request($method, $path, keep => !$opt{h2}, %opt,
            headers => [@{ $content->{headers} || [] }, @{ $c->{$cred} }],
            (defined $content->{body} ? (body => $content->{body},
                type => 'application/x-www-form-urlencoded') : ()));
        last if $r->{status} || !$opt{h2};
    }
    my $name = "$content->{name}, $cred";
    my $want = $cred eq 'good' ? $content->{good} : $content->{refused};
    if (!$want) {
        return is(refusal_faults($r, $cred, head => $method eq 'HEAD',
                challenge => $FORM{$f}{challenge}, %opt), '', $name);
    }
    my $seen = "$r->{body} @{[ %{ $r->{headers} } ]}";
    my $ok = $r->{status} == $want->[0] && $r->{body} =~ $want->[1]
        && ($cred eq 'good' || $seen !~ /SECRET/);
    ok($ok, $name) or diag("status $r->{status}: $r->{reason}\n"
        . substr $r->{body}, 0, 600);
}

# WebDAV: each method refused without trace, then each done.
sub check_dav
{
    my ($s, $c, $f) = @_;
    my $root = "$s->{dir}/htdocs/$f/dav";
    my $url = $s->url("/$f/dav");
    my @methods = (
        ['PUT', 'new.txt', body => 'SECRET new', status => 201],
        ['GET', 'new.txt', status => 200],
        ['PROPFIND', '', headers => [['Depth', '1']], status => 207],
        ['OPTIONS', '', status => 200],
        ['MKCOL', 'folder/', status => 201],
        ['COPY', 'new.txt', headers => [['Destination', "$url/copy.txt"]], status => 201],
        ['MOVE', 'copy.txt', headers => [['Destination', "$url/moved.txt"]], status => 201],
        ['PROPPATCH', 'new.txt', status => 207, type => 'application/xml',
         body => '<?xml version="1.0"?><propertyupdate xmlns="DAV:"><set><prop><x xmlns="urn:x">1</x></prop></set></propertyupdate>'],
        ['LOCK', 'new.txt', status => 200, type => 'application/xml',
         body => '<?xml version="1.0"?><lockinfo xmlns="DAV:"><lockscope><exclusive/></lockscope><locktype><write/></locktype></lockinfo>'],
        ['DELETE', 'moved.txt', status => 204],
    );
    my $call = sub {
        my ($m, $cred) = @_;
        my ($method, $path, %o) = @$m;
        return $s->request($method, "/$f/dav/$path",
            headers => [@{ $o{headers} || [] }, @{ $c->{$cred} }],
            (defined $o{body} ? (body => $o{body}, type => $o{type}) : ()));
    };
    for my $cred (grep { $_ ne 'good' } @CREDENTIALS) {
        for my $m (@methods) {
            is(refusal_faults($call->($m, $cred), $cred,
                challenge => $FORM{$f}{challenge}), '', "$m->[0], $cred");
        }
    }
    is(join(' ', map { s{.*/}{}r } glob "$root/*"), 'old.txt',
        'nothing was written');
    for my $m (@methods) {
        my %o = @$m[2 .. $#$m];
        my $r = $call->($m, 'good');
        is($r->{status}, $o{status}, "$m->[0], good")
            or diag(substr $r->{body}, 0, 300);
    }
    # From an open place into the protected one, and out of it.
    for my $cred (@CREDENTIALS) {
        my $to = "cross-$cred.txt";
        my $r = $s->request('COPY', '/dav-open/seed.txt',
            headers => [['Destination', "$url/$to"], @{ $c->{$cred} }]);
        is(-e "$root/$to" ? 'there' : 'not there',
            $cred eq 'good' ? 'there' : 'not there',
            "COPY into the tree, $cred");
        cmp_ok($r->{status}, $cred eq 'good' ? '<' : '>=', 400,
            "its status, $cred") or diag($r->{body});
        $r = $s->request('COPY', "/$f/dav/old.txt",
            headers => [['Destination', $s->url("/dav-open/$f-$cred.txt")],
                        @{ $c->{$cred} }]);
        is(-e "$s->{dir}/htdocs/dav-open/$f-$cred.txt" ? 'there'
            : 'not there', $cred eq 'good' ? 'there' : 'not there',
            "COPY out of the tree, $cred");
    }
}

# Spellings of a path: whatever httpd makes of them, no token, no content.
sub check_spellings
{
    my ($s, $f, $how) = @_;
    my @inner = ('a.txt', 'app/x', 'cgi/env.sh', 'alias/e.txt', 'dir/');
    my @seen;
    my $tried = 0;
    for my $inner (@inner) {
        my $escaped = $inner =~ s/(\w)/sprintf '%%%02x', ord $1/re;
        for my $path ("//$f/$inner", "/$f//$inner", "/./$f/$inner",
            "/open/../$f/$inner", "/$f/./$inner", "/$f/x/../$inner",
            "/%2e/$f/$inner", "/open/%2e%2e/$f/$inner", "/$f/$escaped",
            '/%' . sprintf('%02x', ord $f) . "/$inner", "/$f%2f$inner",
            "/$f%5c$inner", "/$f/$inner%00", "/$f/$inner%20", "/$f;x/$inner",
            "/$f/$inner;x", "/$f/$inner.", "/$f/$inner/", "/$f/%2e/$inner",
            "/$f/..;/$f/$inner", "/$f/%252e/$inner", "/$f/$inner%3fx",
            "/$f/$inner?x=1", "/$f/$inner#x", "/open/..%2f$f/$inner",
            '/' . uc($f) . "/$inner", "/open/o.txt/../../$f/$inner",
            "\\$f/$inner", "/$f/$inner%0a", "http://x\@127.0.0.1/$f/$inner") {
            my $all = $s->raw("GET $path HTTP/1.1\r\nHost: 127.0.0.1\r\n"
                . "Connection: close\r\n\r\n");
            $tried++;
            push @seen, $path if $all =~ /SECRET/ || $all eq '';
        }
    }
    is("@seen", '',
        "$how: no spelling of a path shows anything ($tried tried)");
}

sub check_odd_requests
{
    my ($s, $c, $f) = @_;
    for my $path ("/$f/a.txt", '/open/o.txt', '/api/auth/login/', '*') {
        my $r = $s->request('TRACE', $path, headers => $c->{good});
        is($r->{status}, $path eq '*' ? 400 : 405,
            "TRACE $path is refused");
        unlike($r->{body}, qr/\Q$c->{token}\E/, 'and echoes no token');
    }
    my $r = $s->request('OPTIONS', '*', headers => $c->{good});
    unlike($r->{body}, qr/SECRET/, 'OPTIONS *');
    unlike($s->raw("GET /$f/a.txt\r\n\r\n"), qr/SECRET/, 'HTTP/0.9');
    unlike($s->raw("GET /$f/a.txt HTTP/1.0\r\n\r\n"), qr/SECRET/,
        'HTTP/1.0 without Host');
    like($s->raw("GET /$f/a.txt HTTP/1.0\r\n"
        . "Authorization: Token $c->{token}\r\n\r\n"), qr/SECRET/,
        'HTTP/1.0 with a token');
    # Where else a token might be: nowhere.
    my $t = $c->{token};
    for my $header (['Cookie', "token=$t; Token=$t"], ['X-Auth-Token', $t],
        ['Proxy-Authorization', "Token $t"], ['X-Authorization', "Token $t"],
        ['X-Acct-User', 'alice'], ['X-HTTP-Method-Override', 'OPTIONS']) {
        my $r = $s->get("/$f/a.txt", headers => [$header]);
        is(refusal_faults($r, 'none', challenge => $FORM{$f}{challenge}), '',
            "a token in $header->[0] is none");
    }
    # A trailer comes too late, and is not of the header's kind.
    for my $name ('Authorization', 'X-Acct-User') {
        my $all = $s->raw("POST /$f/cgi/env.sh HTTP/1.1\r\nHost: a\r\n"
            . "Transfer-Encoding: chunked\r\nTrailer: $name\r\n"
            . "Connection: close\r\n\r\n3\r\na=1\r\n0\r\n$name: Token $t"
            . "\r\n\r\n");
        like($all, qr{\AHTTP/1.1 401 }, "$name as a trailer");
    }
    # A refused body is not taken for the next request.
    my $hidden = "GET /$f/a.txt HTTP/1.1\r\nHost: a\r\n"
        . "Authorization: Token $t\r\n\r\n";
    my $all = $s->raw("POST /$f/a.txt HTTP/1.1\r\nHost: a\r\n"
        . 'Content-Length: ' . length($hidden) . "\r\n\r\n$hidden"
        . "GET /$f/a.txt HTTP/1.1\r\nHost: a\r\nConnection: close\r\n\r\n");
    unlike($all, qr/SECRET/, 'a request in the body of a refused one');
    is(scalar(() = $all =~ m{HTTP/1\.1 401 }g), 2, 'two answers');
    # Pipelined: the token of one is not that of the next.
    $all = $s->raw("GET /$f/a.txt HTTP/1.1\r\nHost: a\r\n"
        . "Authorization: Token $t\r\n\r\n"
        . "GET /$f/a.txt HTTP/1.1\r\nHost: a\r\nConnection: close\r\n\r\n");
    is(join(' ', $all =~ m{HTTP/1\.1 (\d+) }g), '200 401', 'pipelined');
}

# Whose header it is, to the byte.
sub check_headers
{
    my ($s, $c, $f) = @_;
    my $t = $c->{token};
    my @table = (
        ["Token $t", 'good'], ["token $t", 'good'], ["TOKEN $t", 'good'],
        ["  Token   $t  ", 'good'], ["Token\t$t", 'good'],
        ['Token', 'absent'], ['Token ', 'absent'],
        ["Token $t $t", 'two'], ["Token $t, Token $t", 'two'],
        ["Token \"$t\"", 'garbage'], ['Token ' . uc $t, 'garbage'],
        ['Token ' . substr($t, 0, 63), 'garbage'], ["Token ${t}0", 'garbage'],
        ['Token ' . substr($t, 0, 8), 'garbage'],
        ["Tokenx $t", 'none'], ["Token=$t", 'none'], ["Bearer $t", 'none'],
        ["Basic $t", 'none'], ['', 'none'], [$t, 'none'],
        ['Token ' . 'a' x 8000, 'garbage'],
        ["Token ' OR 1=1--", 'two'], ["Token '%n%s\$1?", 'garbage'],
    );
    for my $row (@table) {
        my ($value, $cred) = @$row;
        my $r = $s->get("/$f/a.txt", headers => [['Authorization', $value]]);
        my $name = 'Authorization: ' . substr $value =~ s/\t/\\t/r, 0, 40;
        if ($cred eq 'good') {
            is($r->{status}, 200, $name);
            next;
        }
        is(refusal_faults($r, $cred, challenge => $FORM{$f}{challenge}), '',
            $name);
    }
    for my $cred ('expired', 'two_people') {
        my $r = $s->get("/$f/a.txt", headers => $c->{$cred});
        is(refusal_faults($r, $cred eq 'expired' ? $cred : 'two',
            challenge => $FORM{$f}{challenge}), '', $cred);
    }
    my $r = $s->get("/$f/a.txt", headers => [
        ['Authorization', "Token $t"], ['Authorization', 'Basic eDp5']]);
    isnt($r->{status}, 200, 'a good header and another scheme');
    $r = $s->get("/$f/a.txt", headers => [
        ['Authorization', 'Basic eDp5'], ['Authorization', "Token $t"]]);
    isnt($r->{status}, 200, 'the other way round');
    for my $bad ("Authorization : Token $t", "Authorization: Token $t\rx: y",
        "Authorization: Token $t\0", "Authorization\t: Token $t") {
        my $all = $s->raw("GET /$f/a.txt HTTP/1.1\r\nHost: a\r\n$bad\r\n"
            . "Connection: close\r\n\r\n");
        unlike($all, qr/SECRET/, 'a malformed field line');
    }
}

# What a .htaccess may do, and what not.
sub check_htaccess
{
    my ($s, $c) = @_;
    # In /p/ht/ and /t/ht/ it can open its folder, but not the location.
    for my $f (sort keys %FORM) {
        # (Satisfy Any opens what AuthType and Require hold, as httpd says.)
        $s->write("htdocs/$f/ht/.htaccess", "Require all granted\n"
            . ($f eq 'p' ? "AcctAuthProtect Off\nSatisfy Any\n"
                . "Allow from all\n" : "AuthType None\n"));
        $s->write("htdocs/$f/ht/h.txt", "SECRET\n");
        for my $cred (qw(none garbage)) {
            my $r = $s->get("/$f/ht/h.txt", headers => $c->{$cred});
            is($r->{status}, 401, "it does not open a location: $f, $cred");
            unlike($r->{body}, qr/SECRET/, 'no content');
        }
    }
    my @table = (
        ["AcctAuthProtect On\nRequire user bob", none => 401, good => 403, bob => 200],
        ["AcctAuthProtect On\nRequire valid-user", none => 401, good => 200, garbage => 401],
        ['AcctAuthProtect Optional', none => 200, good => 200, garbage => 401],
        ['AcctAuthProtect Off', none => 200],
        ["AuthType Token\nAuthName x\nRequire user bob", none => 401, good => 403, bob => 200],
        ['AcctAuthProtect Sometimes', none => 500, good => 500],
        (map { [$_, none => 500, good => 500] }
            'AcctAuthForwardToken On', 'AcctAuthIdentityHeaders On',
            'AcctAuthScheme Bearer', 'AcctAuthRequireTLS Off',
            'AcctAuthMaxBody 4096', 'AcctAuthAPI auth-register',
            'AcctAuthDatabase sqlite3 /tmp/x', 'AcctAuthKeyFile /tmp/x',
            'AcctAuthPasswordRules Off', 'AcctAuthHashConcurrency 1'),
    );
    for my $row (@table) {
        my ($text, %want) = @$row;
        $s->write('htdocs/ht-p/.htaccess', "$text\n");
        for my $cred (sort keys %want) {
            my $r = $s->get('/ht-p/h.txt', headers => $c->{$cred});
            is($r->{status}, $want{$cred}, "$text, $cred" =~ s/\n/; /gr);
            is($r->{body} =~ /SECRET/ ? 1 : 0, $want{$cred} == 200 ? 1 : 0,
                'content');
        }
    }
    $s->write('htdocs/ht-p/.htaccess', $FORM{p}{conf});
    $s->write('htdocs/noauth/.htaccess', "AcctAuthProtect Off\n");
    $s->write('htdocs/noauth/h.txt', "x\n");
    is($s->get('/noauth/h.txt')->{status}, 500,
        'AllowOverride without AuthConfig does not take it');
}

# h2c by Upgrade: the request that asks for it is answered over HTTP/2.
sub check_upgrade
{
    my ($s, $c) = @_;
    for my $row (['none', 401], ['good', 200], ['garbage', 401]) {
        my ($cred, $want) = @$row;
        my $header = @{ $c->{$cred} } ? "-H '$c->{$cred}[0][0]: "
            . "$c->{$cred}[0][1]'" : '';
        my $url = $s->url('/p/a.txt');
        my $got = qx(curl -s --http2 $header -w ' %{http_code} %{http_version}' $url);
        like($got, qr/ $want (?:2|1\.1)\z/, "Upgrade: h2c, $cred");
        is($got =~ /SECRET/ ? 1 : 0, $want == 200 ? 1 : 0, 'content');
    }
}

# Endpoints and guard inside "ProxyPass /", whichever module comes first.
sub check_behind_proxy
{
    my ($order) = @_;
    my $s = AcctTest->start(
        modules => $order eq 'first' ? [] : ['proxy_http'],
        conf => ($order eq 'first' ? join '', map {
                "LoadModule ${_}_module \"\${LIBEXEC}/mod_$_.so\"\n"
            } qw(proxy proxy_http) : '') . <<"CONF");
AcctAuthPasswordHash argon2id m=8 t=1 p=1
ProxyPass "/" "http://127.0.0.1:${\ $app->port}/"
<Location "/p/">
    AcctAuthProtect On
</Location>
<Location "/t/">
    $FORM{t}{conf}
</Location>
CONF
    my $c = credentials($s);
    like($s->get('/x')->{body}, qr/SECRET app/, "$order: proxied");
    my $r = $s->post('/api/auth/login/', { username => 'alice',
        password => 'wrong' });
    is($r->{status}, 400, 'an endpoint answers');
    is($r->{headers}{'content-type'}, 'application/json', 'itself');
    $r = $s->get('/api/auth/none/');
    answer_is($r, 404, '{"detail":"Not found."}', 'also what it has not');
    for my $f (sort keys %FORM) {
        for my $cred (@CREDENTIALS) {
            my $r = $s->get("/$f/x", headers => $c->{$cred});
            if ($cred eq 'good') {
                like($r->{body}, qr/SECRET app/, "$f, good");
                next;
            }
            is(refusal_faults($r, $cred,
                challenge => $FORM{$f}{challenge}), '', "$f, $cred");
        }
        my @seen;
        for my $path ("//$f/x", "/./$f/x", "/%2e/$f/x", "/a/../$f/x",
            "/a/%2e%2e/$f/x", '/%' . sprintf('%02x', ord $f) . '/x',
            "/$f//x", "/$f/%2e%2e/$f/x", "/$f;a/../$f/x", "/$f/..;/x") {
            my $all = $s->raw("GET $path HTTP/1.1\r\nHost: a\r\n"
                . "Connection: close\r\n\r\n");
            # What the application would take for the protected path.
            push @seen, $path if $all =~ m{SECRET app GET /$f/x};
        }
        is("@seen", '', "$f: spellings");
    }
}

my @modules = qw(rewrite include cgi proxy_http autoindex negotiation
                 actions dav_fs status access_compat);
for my $mpm ('event', 'prefork') {
    my $h2 = $mpm eq 'event' && has_h2();
    my $conf = $COMMON . join '', map { form_conf($_) } sort keys %FORM;
    my $s = AcctTest->start(mpm => $mpm, modules => \@modules, h2 => $h2,
        conf => $conf);
    write_tree($s);
    my $c = credentials($s);
    for my $f (sort keys %FORM) {
        subtest "$mpm, $FORM{$f}{name}" => sub {
            for my $content (@CONTENTS) {
                check($s, $c, $f, $content, $_) for @CREDENTIALS;
            }
        };
        subtest "$mpm, $FORM{$f}{name}: WebDAV" => sub {
            check_dav($s, $c, $f);
        };
        if ($mpm eq 'event') {
            subtest "$FORM{$f}{name}: spellings" => sub {
                check_spellings($s, $f, 'as it is');
                hup_quietly($s, "${conf}AllowEncodedSlashes On\n"
                    . "MergeSlashes Off\n");
                check_spellings($s, $f, 'slashes of all kinds');
                hup_quietly($s, $conf);
            };
            subtest "$FORM{$f}{name}: header" => sub {
                check_headers($s, $c, $f);
            };
        }
        subtest "$mpm, $FORM{$f}{name}: odd requests" => sub {
            check_odd_requests($s, $c, $f);
        };
    }
    subtest '.htaccess' => sub { check_htaccess($s, $c) }
        if $mpm eq 'event';
    next if !$h2;
    subtest 'h2c by Upgrade' => sub { check_upgrade($s, $c) };
    for my $f (sort keys %FORM) {
        subtest "HTTP/2, $FORM{$f}{name}" => sub {
            my $short = qr/static|autoindex|CGI|ProxyPass|into the tree|SSI page|Fallback|ErrorDoc|range|htaccess|HEAD/;
            for my $content (grep { $_->{name} =~ $short } @CONTENTS) {
                check($s, $c, $f, $content, $_, h2 => 1)
                    for qw(none good revoked blocked two);
            }
            my $r = $s->request('TRACE', "/$f/a.txt", h2 => 1,
                headers => $c->{good});
            unlike($r->{body}, qr/\Q$c->{token}\E/, 'TRACE');
        };
    }
    unlike($s->log . $s->access_log, qr/\Q$c->{token}\E/,
        "$mpm: no token in a log");
}

for my $order ('first', 'last') {
    subtest "all is proxied, this module is loaded $order" => sub {
        check_behind_proxy($order);
    };
}

done_testing();
