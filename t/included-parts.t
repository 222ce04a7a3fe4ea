#!/usr/bin/perl
# SPDX-License-Identifier: Apache-2.0
# driver: any, headers do not depend on it
# mpm: any, nor on that
#
# An open page that includes a guarded part. The page depends on the token
# then, but mod_include sends what stands before an include, headers with
# it, before it asks for the part: so it says so only where another filter
# holds the page back. httpd's own cache keeps neither.

use strict;
use warnings;
use lib 't/lib';
use AcctTest;
use GuardTest;
use Test::More;

my $s = AcctTest->prepare(modules => ['include', 'cgi', 'cache_disk', 'buffer'],
    conf => <<'CONF');
AcctAuthPasswordHash argon2id m=8 t=1 p=1
CacheRoot "${DIR}/cache"
CacheEnable disk "/open/"
CacheQuickHandler Off
CacheIgnoreNoLastMod On
CacheIgnoreCacheControl On
CacheDefaultExpire 300
CacheHeader On
AddOutputFilter INCLUDES .shtml
AddType text/html .shtml
<Directory "${HTDOCS}">
    Options +Includes
</Directory>
<Location "/open/">
    Header set Cache-Control "public, max-age=300"
</Location>
<Location "/open/held/">
    SetOutputFilter BUFFER
</Location>
ScriptAlias "/private/cgi/" "${DIR}/cgi/"
ScriptAlias "/optional/cgi/" "${DIR}/cgi/"
<Directory "${DIR}/cgi">
    Require all granted
</Directory>
<Location "/private/">
    AcctAuthProtect On
</Location>
<Location "/optional/">
    AcctAuthProtect Optional
</Location>
CONF
mkdir $s->dir . '/cache';
if (my $user = child_user()) {
    chown $user->{uid}, $user->{gid}, $s->dir . '/cache';
}
$s->write('cgi/who.sh', "#!/bin/sh\nprintf 'Content-Type: text/plain\\r\\n"
    . "Cache-Control: public, max-age=300\\r\\n\\r\\n'\n"
    . "echo \"part of \${REMOTE_USER:-nobody}\"\n", 0755);
for my $place (qw(private optional)) {
    my $part = "<!--#include virtual=\"/$place/cgi/who.sh\" -->";
    for my $folder ('', 'held/') {
        $s->write("htdocs/open/${folder}first-$place.shtml",
            "$part and text\n");
        $s->write("htdocs/open/${folder}behind-$place.shtml",
            "text and $part\n");
    }
    $s->write("htdocs/open/set-$place.shtml",
        "<!--#set var=\"a\" value=\"b\" -->$part\n");
    $s->write("htdocs/open/nested-$place.shtml",
        "<!--#include virtual=\"/open/first-$place.shtml\" -->\n");
}
$s->write('htdocs/open/plain.shtml', "text <!--#echo var=\"X\" -->\n");
my $why = $s->run;
die "httpd did not start:\n$why\n" if defined $why;
my $c = credentials($s);

# Of a page that is held back until all of it is there (mod_deflate and
# mod_buffer do) nothing was sent by then.
subtest 'a page of which nothing was sent says so' => sub {
    for my $place (qw(private optional)) {
        for my $page ("first-$place", "behind-$place") {
            for my $cred (qw(none good garbage)) {
                my $r = $s->get("/open/held/$page.shtml",
                    headers => $c->{$cred});
                is($r->{status}, 200, "$page, $cred");
                is($r->{headers}{'cache-control'}, 'private, max-age=300',
                    'is private, whatever the site says');
                like($r->{headers}{vary} // '', qr/\bAuthorization\b/,
                    'and varies');
            }
        }
    }
};

subtest 'a page that is sent as it comes has gone out by then' => sub {
    my $r = $s->get('/open/behind-private.shtml', headers => $c->{good});
    is($r->{headers}{'cache-control'}, 'public, max-age=300',
        'so its location has to say that it is private');
    like($r->{body}, qr/^text and part of alice/, 'the part is in it');
};

subtest 'httpd\'s own cache hands no part to others' => sub {
    $s->get('/open/plain.shtml');
    like($s->get('/open/plain.shtml')->{headers}{'x-cache'} // '', qr/HIT/,
        'it keeps pages');
    for my $place (qw(private optional)) {
        for my $page ("first-$place", "behind-$place", "set-$place",
                "nested-$place") {
            for my $cred (qw(none good bob none good garbage bob)) {
                my $r = $s->get("/open/$page.shtml", headers => $c->{$cred});
                unlike($r->{headers}{'x-cache'} // '', qr/HIT/,
                    "$page, $cred: not from the cache");
                my ($who) = $r->{body} =~ /part of (\w+)/;
                my $own = { good => 'alice', bob => 'bob' }->{$cred};
                is($who, $own // ($place eq 'optional' && $cred eq 'none'
                    ? 'nobody' : undef), 'names who asked');
            }
        }
    }
};

done_testing();
