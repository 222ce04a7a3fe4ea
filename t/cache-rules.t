#!/usr/bin/perl
# SPDX-License-Identifier: Apache-2.0
# mpm: any, headers do not depend on it
# driver: any, headers do not depend on it
#
# A site's cache rules beside guarded locations and endpoints: an answer that
# depended on a token leaves the server as private, and an endpoint's answer
# or a refusal as not to be stored, whatever mod_headers, mod_expires or an
# application said. AcctAuthSharedCache On lets a site's own rules through.

use strict;
use warnings;
use lib 't/lib';
use AcctTest;
use GuardTest;
use Test::More;

my $h2 = qx(curl -V) =~ /HTTP2/ && ($ENV{ACCT_MPM} || '') ne 'prefork';

# What an application says of its page, by the last part of its path.
my %SAYS = (
    silent => [],
    public => [['Cache-Control', 'public, max-age=600, immutable']],
    shared => [['Cache-Control', 's-maxage = 600, Public , max-age=1']],
    quoted => [['Cache-Control', 'no-cache="a, public", private="x"']],
    cdn => [['CDN-Cache-Control', 'max-age=9'], ['Surrogate-Control', 'max-age=9'],
            ['Edge-Control', 'max-age=9'], ['X-Accel-Expires', '9'],
            ['Cloudflare-CDN-Cache-Control', 'max-age=9']],
    nostore => [['Cache-Control', 'no-store']],
    varies => [['Vary', 'Accept'], ['Vary', 'Accept-Language']],
    many => [map { ['Cache-Control', "public, x$_=1"] } 1 .. 40],
);
my $app = backend(sub {
    my ($req) = @_;
    my ($says) = $req->{path} =~ m{/(\w+)\z};
    return $says =~ /^\d+\z/ ? ($says, [['Cache-Control', 'public, max-age=9']],
        "error\n") : (200, [['Content-Type', 'text/plain'],
        @{ $SAYS{$says} || [] }], "page of somebody\n");
});
my $url = 'http://127.0.0.1:' . $app->port;

# What sites write, all of it into one host each.
my %RULES = (
    none => '',
    files => <<'CONF',
<FilesMatch "\.(css|js|json|txt)$">
    Header set Cache-Control "max-age=31536000, public"
</FilesMatch>
Header set Vary "Accept-Encoding"
CONF
    always => <<'CONF',
Header always set Cache-Control "no-cache, public"
Header always set Vary "Origin"
Header always set CDN-Cache-Control "max-age=60"
CONF
    merge => <<'CONF',
Header merge Cache-Control "public"
Header always append Cache-Control "s-maxage=60"
Header append Vary "Cookie"
CONF
    unset => <<'CONF',
Header unset Cache-Control
Header always unset Cache-Control
Header unset Vary
Header always unset Vary
Header always unset X-Content-Type-Options
Header unset X-Content-Type-Options
CONF
    edit => <<'CONF',
Header edit Cache-Control "private|no-store" "public"
Header always edit Cache-Control "private|no-store" "public"
Header edit Vary "Authorization" "X"
Header always edit Vary "Authorization" "X"
CONF
    onsuccess => <<'CONF',
Header onsuccess set Cache-Control "public"
Header onsuccess set Surrogate-Control "max-age=600"
Header onsuccess set X-Accel-Expires 600
CONF
    expires => <<'CONF',
ExpiresActive On
ExpiresDefault "access plus 1 month"
CONF
    early => <<'CONF',
Header set Cache-Control "public" early
Header always set Vary "Accept" early
CONF
);
my $conf = sub {
    my ($self) = @_;
    my $text = <<"CONF";
AcctAuthPasswordHash argon2id m=8 t=1 p=1
ScriptAlias "/plain/cgi/" "$self->{dir}/cgi/"
<Directory "$self->{dir}/cgi">
    Require all granted
</Directory>
<Directory "$self->{dir}/htdocs">
    Options +Includes
</Directory>
CONF
    for my $name (sort keys %RULES) {
        $text .= <<"CONF";
<VirtualHost *:$self->{port}>
    ServerName $name.example
    DocumentRoot "$self->{dir}/htdocs"
    <Location "/plain/">
        AcctAuthProtect On
    </Location>
    <Location "/token/">
        AuthType Token
        Require valid-user
    </Location>
    <Location "/optional/">
        AcctAuthProtect Optional
    </Location>
    <Location "/any/">
        AuthType Token
        <RequireAny>
            Require valid-user
            Require all granted
        </RequireAny>
    </Location>
    <Location "/bob/">
        AcctAuthProtect On
        Require user bob
    </Location>
    <Location "/page/">
        AcctAuthProtect On
        ErrorDocument 401 /errors/401.txt
    </Location>
    <Location "/plain/shared/">
        AcctAuthSharedCache On
    </Location>
    <Location "/account/">
        AcctAuthAPI account-register
    </Location>
    <Location "/api/auth/">
        AcctAuthAPI auth-register
    </Location>
    ScriptAlias "/plain/cgi/" "$self->{dir}/cgi/"
    ScriptAlias "/front/" "$self->{dir}/cgi/who.sh/"
    RewriteEngine On
    <Location "/plain/front/">
        RewriteEngine On
        RewriteRule . /front/x [PT]
    </Location>
    ProxyPass "/plain/app/" "$url/"
    ProxyPass "/plain/shared/app/" "$url/"
    ProxyPass "/plain/over/" "$url/"
    <Location "/plain/over/">
        ProxyErrorOverride On
    </Location>
$RULES{$name}
</VirtualHost>
CONF
    }
    return $text;
};
my $s = AcctTest->start(api => 0, h2 => $h2, conf => $conf, modules =>
    ['proxy_http', 'cgi', 'rewrite', 'expires', 'include']);
$s->write("htdocs/$_/a.txt", "page of somebody\n")
    for qw(plain token optional any bob page plain/dir plain/shared open);
$s->write('htdocs/errors/401.txt', "sign in\n");
$s->write('cgi/who.sh', "#!/bin/sh\ncat >/dev/null\nprintf 'Content-Type: "
    . "text/plain\\r\\nCache-Control: public, max-age=300\\r\\n"
    . "CDN-Cache-Control: public\\r\\n\\r\\npage'\n", 0755);

sub ask
{
    my ($host, $method, $path, %opt) = @_;
    my @headers = (['Host', "$host.example"], @{ delete $opt{headers} || [] });
    return $s->request($method, $path, headers => \@headers, keep => !$opt{h2},
        %opt);
}

my $host = 'none';
{
    # The accounts of the library are made through the first host.
    no warnings 'redefine';
    my $post = \&AcctTest::post;
    local *AcctTest::post = sub {
        my ($self, $path, $json, %opt) = @_;
        my @h = ref $opt{headers} eq 'ARRAY' ? @{ $opt{headers} } : ();
        return $post->($self, $path, $json, %opt,
            headers => [['Host', 'none.example'], @h]);
    };
    our $c = credentials($s);
}
our $c;

# What is wrong with the headers of an answer that depends on a token.
sub private_faults
{
    my ($r) = @_;
    my @lines = map { $_->[1] } grep { lc $_->[0] eq 'cache-control' }
        @{ $r->{raw_headers} };
    my $cc = join ', ', @lines;
    my @bad;
    push @bad, "Cache-Control: $cc" if $cc !~ /(?:^|, )(?:private|no-store)(?:,|$)/
        || $cc =~ /\bpublic\b(?!")|s-maxage/i;
    push @bad, 'Vary: ' . ($r->{headers}{vary} // '')
        if ($r->{headers}{vary} // '') !~ /(?:^|,\s*)Authorization(?:,|$)/;
    push @bad, grep { /cdn-cache|surrogate|edge-control|x-accel/ }
        keys %{ $r->{headers} };
    return join '; ', @bad;
}

sub no_store_faults
{
    my ($r, %opt) = @_;
    my @lines = map { $_->[1] } grep { lc $_->[0] eq 'cache-control' }
        @{ $r->{raw_headers} };
    my $bad = private_faults($r);
    $bad .= " Cache-Control: @lines" if "@lines" ne 'no-store';
    $bad .= ' no nosniff'
        if ($r->{headers}{'x-content-type-options'} // '') ne 'nosniff';
    return $bad;
}

for my $rules (sort keys %RULES) {
    subtest "rules of a site: $rules" => sub {
        my $good = $c->{good};
        for my $path (qw(/plain/a.txt /token/a.txt /optional/a.txt /any/a.txt
                /plain/dir /plain/none /plain/cgi/who.sh /plain/front/x
                /plain/over/404), map { "/plain/app/$_" } sort keys %SAYS) {
            my $r = ask($rules, 'GET', $path, headers => $good);
            is(private_faults($r), '', "$path ($r->{status})");
            if ($path eq '/plain/a.txt') {
                $r = ask($rules, 'GET', $path, headers => [@$good,
                    ['If-None-Match', $r->{headers}{etag}]]);
                is("$r->{status} " . private_faults($r), '304 ',
                    'not modified');
                $r = ask($rules, 'HEAD', $path, headers => $good);
                is(private_faults($r), '', 'HEAD');
                $r = ask($rules, 'GET', $path, headers => [@$good,
                    ['Range', 'bytes=1-2']]);
                is("$r->{status} " . private_faults($r), '206 ', 'a range');
            }
        }
        for my $path (qw(/optional/a.txt /any/a.txt)) {
            my $r = ask($rules, 'GET', $path);
            is("$r->{status} " . private_faults($r), '200 ',
                "$path, anonymous");
        }
        my $r = ask($rules, 'GET', '/any/a.txt', headers => $c->{garbage});
        is("$r->{status} " . private_faults($r), '200 ',
            'a bad token where all are let in');
        for my $cred (qw(none garbage)) {
            for my $path (qw(/plain/a.txt /token/a.txt /page/a.txt)) {
                $r = ask($rules, 'GET', $path, headers => $c->{$cred});
                is("$r->{status} " . no_store_faults($r), '401 ',
                    "$path, $cred");
                is($r->{headers}{'www-authenticate'}, 'Token',
                    'with its challenge');
            }
        }
        $r = ask($rules, 'GET', '/bob/a.txt', headers => $good);
        is("$r->{status} " . no_store_faults($r), '403 ', 'not bob');
        my @h = (['Content-Type', 'application/json']);
        $r = ask($rules, 'POST', '/api/auth/login/', headers => \@h,
            body => '{"username":"alice","password":"alice-secret"}');
        is("$r->{status} " . no_store_faults($r), '200 ', 'a sign-in');
        is($r->{headers}{allow}, 'POST, OPTIONS', 'Allow');
        for (['POST', '/api/auth/login/', 400], ['GET', '/api/auth/login/', 405],
             ['POST', '/api/auth/none/', 404], ['OPTIONS', '/api/auth/login/', 200],
             ['POST', '/api/auth/logout/', 401], ['POST', '/api/auth/%2f', 404],
             ['TRACE', '/api/auth/login/', 405]) {
            my ($method, $path, $status) = @$_;
            $r = ask($rules, $method, $path);
            is("$r->{status} " . no_store_faults($r), "$status ",
                "$method $path");
        }
        $r = ask($rules, 'GET', '/open/a.txt');
        unlike($r->{headers}{vary} // '', qr/Authorization/,
            'an open file is left alone');
        unlike($r->{headers}{'cache-control'} // '', qr/private|no-store/,
            'and kept as the site says');
    };
}

subtest 'what a site adds to Vary stays' => sub {
    my $r = ask('always', 'GET', '/plain/a.txt', headers => $c->{good});
    like($r->{headers}{vary}, qr/\bOrigin\b/, 'of a guarded page');
    $r = ask('always', 'OPTIONS', '/api/auth/login/');
    like($r->{headers}{vary}, qr/\bOrigin\b/, 'of an endpoint');
    $r = ask('none', 'GET', '/plain/app/varies', headers => $c->{good});
    like($r->{headers}{vary}, qr/Accept.*Accept-Language/, 'an application\'s');
};

subtest 'what an application says that is not about sharing stays' => sub {
    my $r = ask('none', 'GET', '/plain/app/public', headers => $c->{good});
    is($r->{headers}{'cache-control'}, 'private, max-age=600, immutable',
        'public goes');
    $r = ask('none', 'GET', '/plain/app/quoted', headers => $c->{good});
    is($r->{headers}{'cache-control'},
        'private, no-cache="a, public", private="x"', 'what is quoted stays');
    $r = ask('none', 'GET', '/plain/app/nostore', headers => $c->{good});
    is($r->{headers}{'cache-control'}, 'private, no-store', 'no-store');
};

SKIP: {
    skip 'no HTTP/2', 1 if !$h2;
    subtest 'over HTTP/2' => sub {
        for my $rules (qw(files always unset)) {
            my $r = ask($rules, 'GET', '/plain/a.txt', h2 => 1,
                headers => $c->{good});
            is("$r->{status} " . private_faults($r), '200 ', "$rules, a file");
            $r = ask($rules, 'GET', '/plain/a.txt', h2 => 1);
            is("$r->{status} " . no_store_faults($r), '401 ',
                "$rules, a refusal");
            $r = ask($rules, 'POST', '/api/auth/login/', h2 => 1,
                headers => [['Content-Type', 'application/json']],
                body => '{"username":"alice","password":"alice-secret"}');
            is("$r->{status} " . no_store_faults($r), '200 ',
                "$rules, a sign-in");
        }
    };
}

subtest 'AcctAuthSharedCache On lets the site decide' => sub {
    my $r = ask('files', 'GET', '/plain/shared/a.txt', headers => $c->{good});
    is($r->{headers}{'cache-control'}, 'max-age=31536000, public',
        'mod_headers has the last word');
    is($r->{headers}{vary}, 'Accept-Encoding', 'of Vary, too');
    $r = ask('none', 'GET', '/plain/shared/app/public', headers => $c->{good});
    is($r->{headers}{'cache-control'}, 'public, max-age=600, immutable',
        'an application\'s words hold');
    like($r->{headers}{vary}, qr/Authorization/, 'Vary is there');
    for my $path (qw(a.txt app/silent)) {
        $r = ask('none', 'GET', "/plain/shared/$path", headers => $c->{good});
        is($r->{headers}{'cache-control'}, 'private',
            "where nobody says anything it is private: $path");
    }
    $r = ask('always', 'GET', '/plain/shared/a.txt');
    is("$r->{status} " . no_store_faults($r), '401 ',
        'a refusal is kept by nobody all the same');
};

subtest 'AcctAuthSharedCache On is told at configtest' => sub {
    my ($ok, $text) = $s->configtest("<Location \"/x/\">\n"
        . "AcctAuthSharedCache On\n</Location>\n");
    ok($ok, 'it is no mistake');
    like($text, qr/ACCT0150: AcctAuthSharedCache On on line \d+ of/, 'but said');
    ($ok, $text) = $s->configtest("AcctAuthSharedCache Maybe\n");
    ok(!$ok, 'On or Off');
    $s->write('htdocs/open/.htaccess', "AcctAuthSharedCache On\n");
    ($ok, $text) = $s->configtest("<Directory \"\${HTDOCS}/open\">\n"
        . "AllowOverride All\n</Directory>\n");
    unlink $s->htdocs . '/open/.htaccess';
};

done_testing();
