#!/usr/bin/perl
# SPDX-License-Identifier: Apache-2.0
# long: yes
# mpm: any, mod_cache decides by headers
# driver: any, the same
#
# mod_cache in front of protected content: never one user's page for
# another, whatever the application says of its pages and however the cache
# is set.

use strict;
use warnings;
use lib 't/lib';
use AcctTest;
use GuardTest;
use Test::More;

# What an application may say of a page: the first part of the path.
my %SAYS = (
    public     => [['Cache-Control', 'public, max-age=300']],
    maxage     => [['Cache-Control', 'max-age=300']],
    smaxage    => [['Cache-Control', 's-maxage=300']],
    both       => [['Cache-Control', 'public, s-maxage=300, max-age=300']],
    upper      => [['Cache-Control', 'PUBLIC , MAX-AGE=300,S-MaxAge=300']],
    two        => [['Cache-Control', 'public'], ['Cache-Control', 'max-age=300']],
    revalidate => [['Cache-Control', 'public, max-age=300, must-revalidate']],
    expires    => [['Expires', 'Fri, 01 Jan 2100 00:00:00 GMT']],
    vary       => [['Cache-Control', 'public, max-age=300'], ['Vary', 'Accept']],
    varyall    => [['Cache-Control', 'public, max-age=300'], ['Vary', 'Accept, Authorization']],
    modified   => [['Last-Modified', 'Mon, 01 Jan 2024 00:00:00 GMT']],
    etag       => [['Cache-Control', 'max-age=300'], ['ETag', '"x"']],
    silent     => [],
    gone       => [['Cache-Control', 'public, max-age=300']],
);
my $app = backend(sub {
    my ($req) = @_;
    my %h = map { lc $_->[0] => $_->[1] } @{ $req->{headers} };
    my ($says) = $req->{path} =~ m{/(\w+)/[^/]*\z};
    my $who = $h{'x-acct-user'} // 'nobody';
    # Counts, so that a kept page is known by its number.
    our $count;
    $count++;
    return ($says eq 'gone' ? 410 : 200,
        [['Content-Type', 'text/plain'], @{ $SAYS{$says} || [] }],
        "page $count of $who\n");
});
my $url = 'http://127.0.0.1:' . $app->port;

my %GUARD = (
    t => "AuthType Token\nAuthName x\nRequire valid-user",
    p => 'AcctAuthProtect On',
    o => 'AcctAuthProtect Optional',
);

sub conf_of
{
    my (%set) = @_;
    my $conf = <<"CONF";
AcctAuthPasswordHash argon2id m=8 t=1 p=1
CacheRoot "\${DIR}/cache"
CacheDirLevels 1
CacheDirLength 1
CacheSocache shmcb
CacheSocacheMaxSize 102400
CacheQuickHandler $set{quick}
CacheEnable $set{store} "/"
CacheIgnoreNoLastMod On
CacheDefaultExpire 300
CacheIgnoreCacheControl On
@{[ $set{greedy} ? "CacheStorePrivate On\nCacheStoreNoStore On\nCacheStoreExpired On\nCacheIgnoreQueryString On" : '' ]}
CacheHeader On
ScriptAlias "/open/cgi/" "\${DIR}/cgi/"
<Directory "\${DIR}/cgi">
    Require all granted
</Directory>
<Directory "\${HTDOCS}">
    Options +Includes
    XBitHack full
</Directory>
AddOutputFilter INCLUDES .shtml
AddType text/html .shtml
ProxyPass "/open/app/" "$url/"
<LocationMatch "^/open/(?:kept|plain)">
    Header set Cache-Control "public, max-age=300"
</LocationMatch>
CONF
    for my $g (sort keys %GUARD) {
        $conf .= <<"CONF";
<Location "/$g/">
    $GUARD{$g}
    AcctAuthIdentityHeaders On
</Location>
ScriptAlias "/$g/cgi/" "\${DIR}/cgi/"
ProxyPass "/$g/app/" "$url/"
<Directory "\${HTDOCS}/open/index-$g">
    DirectoryIndex "/$g/cgi/who.sh"
</Directory>
CONF
    }
    return $conf;
}

my $dir;
for my $set ({ quick => 'on', store => 'disk' },
             { quick => 'off', store => 'disk' },
             { quick => 'on', store => 'disk', greedy => 1 },
             { quick => 'off', store => 'disk', greedy => 1 },
             { quick => 'on', store => 'socache', greedy => 1 },
             { quick => 'off', store => 'socache' }) {
    my $name = "quick handler $set->{quick}, $set->{store}"
        . ($set->{greedy} ? ', greedy' : '');
    subtest $name => sub {
        my $s = AcctTest->prepare(conf => conf_of(%$set), modules =>
            ['cgi', 'include', 'proxy_http', 'cache_disk', 'cache_socache']);
        mkdir $s->dir . '/cache';
        if (my $user = child_user()) {
            chown $user->{uid}, $user->{gid}, $s->dir . '/cache';
        }
        $s->write('cgi/who.sh', "#!/bin/sh\nprintf 'Content-Type: text/plain"
            . "\\r\\nCache-Control: public, max-age=300\\r\\n\\r\\n'\n"
            . "echo \"page of \${REMOTE_USER:-\${ACCTAUTH_USERNAME:-nobody}}\"\n",
            0755);
        for my $g (sort keys %GUARD) {
            $s->write("htdocs/$g/file.txt", "page of somebody\n");
            $s->write("htdocs/open/index-$g/.keep", '');
            $s->write("htdocs/open/part-$g.shtml",
                "page: <!--#include virtual=\"/$g/cgi/who.sh\" -->\n", 0755);
            # Open pages with a part that is not, said to be for all.
            $s->write("htdocs/open/kept-$g-$_.shtml",
                "page: <!--#include virtual=\"/$g/cgi/who.sh\" -->\n")
                for 1, 2;
            $s->write("htdocs/$g/page.shtml",
                "page of <!--#echo var=\"REMOTE_USER\" -->\n", 0755);
        }
        my $why = $s->run;
        die "httpd did not start:\n$why\n" if defined $why;
        my $c = credentials($s);

        # The cache works at all.
        my @open = map { $s->get('/open/app/public/x')->{body} } 1 .. 3;
        is($open[2], $open[1], 'an open page is kept');
        $s->write('htdocs/open/plain.shtml',
            "page: <!--#include virtual=\"/open/cgi/who.sh\" -->\n");
        # (The other store takes no answer of unknown length.)
        for my $path ('/open/app/public/x',
            $set->{store} eq 'disk' ? '/open/plain.shtml' : ()) {
            $s->get($path);
            like($s->get($path)->{headers}{'x-cache'} || '', qr/HIT/,
                "and comes from the cache: $path");
        }

        for my $g (sort keys %GUARD) {
            my (@leaks, @loose);
            for my $path ((map { "/$g/app/$_/x" } sort keys %SAYS),
                (map { "/$g/app/$_/2" } sort keys %SAYS),
                "/$g/app/public/q?a=1", "/$g/cgi/who.sh", "/$g/cgi/who.sh/2",
                "/$g/page.shtml", "/$g/file.txt", "/open/part-$g.shtml",
                "/open/kept-$g-1.shtml", "/open/kept-$g-2.shtml",
                "/open/index-$g/") {
                my $answer = sub {
                    my ($cred, %opt) = @_;
                    my $r = $s->request('GET', $path, keep => 1,
                        headers => [@{ $c->{$cred} },
                                    @{ $opt{headers} || [] }]);
                    my ($who) = $r->{body} =~ /of \(?(\w+)/;
                    return ($who // '', $r);
                };
                # Whom the page may name, and what refusals look like.
                my $shown = $path =~ /file/ ? 'somebody' : '';
                my $may = sub {
                    my ($cred, $who) = @_;
                    my $own = { good => 'alice', bob => 'bob' }->{$cred};
                    return $who eq '' || $who eq 'nobody' || $who eq 'none'
                        || ($shown && $who eq $shown
                            && ($own || $g eq 'o'))
                        || ($own && $who eq $own);
                };
                my $n = 0;
                # The first request's answer is the one that a cache keeps.
                my @order = qw(none good good bob none garbage good bob
                               blocked revoked none good);
                shift @order if $path =~ /2/;
                for my $cred (@order) {
                    $n++;
                    my ($who, $r) = $answer->($cred);
                    push @leaks, "$path: $cred (no. $n) saw $who"
                        if !$may->($cred, $who);
                    push @leaks, "$path: $cred (no. $n) got $r->{status}"
                        if $path !~ m{^/open/} && ($r->{status} == 401)
                            != ($cred =~ /garb|block|revok/
                                || ($cred eq 'none' && $g ne 'o'));
                    push @leaks, "$path: $cred (no. $n) was shown to "
                        . ($who || 'nobody') if $cred =~ /^(?:good|bob)$/
                            && $path !~ m{^/open/|file}
                            && $who ne ($cred eq 'good' ? 'alice' : 'bob');
                    next if $r->{status} >= 400 && $r->{status} != 410;
                    next if $who eq '' || $path =~ m{^/open/};
                    my $cc = $r->{headers}{'cache-control'} || '';
                    push @loose, "$path ($cred): Cache-Control $cc"
                        if $cc !~ /\b(?:private|no-store)\b/
                            || $cc =~ /public|s-maxage/i;
                    push @loose, "$path ($cred): Vary "
                        . ($r->{headers}{vary} || '')
                        if ($r->{headers}{vary} || '')
                            !~ /\bAuthorization\b/;
                }
            }
            is(join("\n", @leaks), '', "$g: nobody sees another's page");
            is(join("\n", @loose), '', "$g: and no other cache may keep it");
        }
    };
}

done_testing();
