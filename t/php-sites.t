#!/usr/bin/perl
# SPDX-License-Identifier: Apache-2.0
# driver: any, what others are told is read from the same record
# mpm: any, the same hooks
#
# PHP applications behind a front controller: a .htaccess sends every path,
# the guarded ones too, to one index.php that lies outside of them. The rules
# are those that WordPress, Laravel, Drupal and Nextcloud ship, their
# rewriting lines.

use strict;
use warnings;
use lib 't/lib';
use AcctTest;
use GuardTest;
use PhpFpm;
use Test::More;

my %HTACCESS = (
    wordpress => <<'CONF',
<IfModule mod_rewrite.c>
RewriteEngine On
RewriteRule .* - [E=HTTP_AUTHORIZATION:%{HTTP:Authorization}]
RewriteBase /
RewriteRule ^index\.php$ - [L]
RewriteCond %{REQUEST_FILENAME} !-f
RewriteCond %{REQUEST_FILENAME} !-d
RewriteRule . /index.php [L]
</IfModule>
CONF
    laravel => <<'CONF',
<IfModule mod_rewrite.c>
    RewriteEngine On

    # Handle Authorization Header
    RewriteCond %{HTTP:Authorization} .
    RewriteRule .* - [E=HTTP_AUTHORIZATION:%{HTTP:Authorization}]

    # Handle X-XSRF-Token Header
    RewriteCond %{HTTP:x-xsrf-token} .
    RewriteRule .* - [E=HTTP_X_XSRF_TOKEN:%{HTTP:X-XSRF-Token}]

    # Redirect Trailing Slashes If Not A Folder...
    RewriteCond %{REQUEST_FILENAME} !-d
    RewriteCond %{REQUEST_URI} (.+)/$
    RewriteRule ^ %1 [L,R=301]

    # Send Requests To Front Controller...
    RewriteCond %{REQUEST_FILENAME} !-d
    RewriteCond %{REQUEST_FILENAME} !-f
    RewriteRule ^ index.php [L]
</IfModule>
CONF
    drupal => <<'CONF',
ErrorDocument 404 /index.php
<IfModule mod_rewrite.c>
  RewriteEngine on
  RewriteRule ^ - [E=protossl]
  RewriteCond %{HTTPS} on
  RewriteRule ^ - [E=protossl:s]
  RewriteRule "/\.|^\.(?!well-known/)" - [F]
  RewriteCond %{REQUEST_FILENAME} !-f
  RewriteCond %{REQUEST_FILENAME} !-d
  RewriteCond %{REQUEST_URI} !=/favicon.ico
  RewriteRule ^ index.php [L]
  RewriteCond %{REQUEST_URI} !/core/[^/]*\.php$
  RewriteCond %{REQUEST_URI} !/core/modules/system/tests/https?\.php
  RewriteRule "^(.+/.*|autoload)\.php($|/)" - [F]
</IfModule>
CONF
    nextcloud => <<'CONF',
<IfModule mod_setenvif.c>
  SetEnvIfNoCase ^Authorization$ "(.+)" XAUTHORIZATION=$1
</IfModule>
<IfModule mod_rewrite.c>
  RewriteEngine on
  RewriteCond %{HTTP_USER_AGENT} DavClnt
  RewriteRule ^$ /remote.php/webdav/ [L,R=302]
  RewriteRule .* - [env=HTTP_AUTHORIZATION:%{HTTP:Authorization}]
  RewriteRule ^\.well-known/carddav /remote.php/dav/ [R=301,L]
  RewriteRule ^\.well-known/caldav /remote.php/dav/ [R=301,L]
  RewriteRule ^remote/(.*) remote.php [QSA,L]
  RewriteRule ^(?:build|tests|config|lib|3rdparty|templates)/.* - [R=404,L]
  RewriteRule ^(?:\.(?!well-known)|autotest|occ|issue|indie|db_|console).* - [R=404,L]
</IfModule>
<IfModule mod_rewrite.c>
  Options -MultiViews
  RewriteRule ^core/js/oc.js$ index.php [PT,E=PATH_INFO:$1]
  RewriteCond %{REQUEST_FILENAME} !\.(css|js|svg|gif|png|html|ttf|woff2?|ico|jpg|jpeg|map|webm|mp4|mp3|ogg|wav)$
  RewriteCond %{REQUEST_FILENAME} !/core/ajax/update\.php
  RewriteCond %{REQUEST_FILENAME} !/remote\.php
  RewriteCond %{REQUEST_FILENAME} !/public\.php
  RewriteCond %{REQUEST_FILENAME} !/status\.php
  RewriteRule . index.php [PT,E=PATH_INFO:$1]
  RewriteBase /
  <IfModule mod_env.c>
    SetEnv front_controller_active true
    <IfModule mod_dir.c>
      DirectorySlash off
    </IfModule>
  </IfModule>
</IfModule>
CONF
    # httpd's own.
    fallback => "FallbackResource /index.php\n",
);
my @SITES = sort keys %HTACCESS;

# The host's name is the site's; NAME-all is guarded as the documents have it
# for pages, NAME-apart has AcctAuthProtect Off for index.php.
my %MORE = ('' => '', '-all' => <<'CONF', '-apart' => <<'CONF');
    <Location "/">
        AcctAuthProtect Optional
        AcctAuthIdentityHeaders On
    </Location>
CONF
    <Location "/index.php">
        AcctAuthProtect Off
    </Location>
CONF

sub hosts
{
    my ($dir, $handler) = @_;
    my $conf = <<"CONF";
AcctAuthPasswordHash argon2id m=8 t=1 p=1
SetEnvIfNoCase ^Authorization\$ "(.+)" HTTP_AUTHORIZATION=\$1
DirectoryIndex index.php index.html
CONF
    for my $site (@SITES) {
        for my $more (sort keys %MORE) {
            $conf .= <<"CONF";
<VirtualHost *>
    ServerName $site$more.test
    DocumentRoot "$dir/sites/$site"
    <Directory "$dir/sites/$site">
        Options FollowSymLinks ExecCGI
        AllowOverride All
        Require all granted
        CGIPassAuth On
        $handler
    </Directory>
$MORE{$more}
    <Location "/members/">
        AcctAuthProtect On
        AcctAuthIdentityHeaders On
    </Location>
    <Location "/bobs/">
        AcctAuthProtect On
        AcctAuthIdentityHeaders On
        Require user bob
        ErrorDocument 403 /index.php
    </Location>
    <Location "/passed/">
        AcctAuthProtect On
        AcctAuthForwardToken On
    </Location>
</VirtualHost>
CONF
        }
    }
    return $conf;
}

my $SCRIPT = env_script();
$SCRIPT =~ s/SECRET cgi/the application/;
my $PHP = '<?php header("Content-Type: text/plain"); echo "the application\n";'
    . 'foreach ($_SERVER as $k => $v) if (is_string($v)) echo "$k=$v\n";';

my ($s, $c);

sub ask
{
    my ($host, $path, $cred, @more) = @_;
    return $s->get($path, headers => [['Host', "$host.test"],
        @{ $c->{$cred} || [] }, @more]);
}

# What the application is told, by what an application asks for.
sub told
{
    my ($r) = @_;
    my %f = map { /^([\w.-]+)=(.*)$/ ? ($1, $2) : () }
        split /\n/, $r->{body};
    return join ' ', map { "$_=$f{$_}" } grep { exists $f{$_} }
        qw(REMOTE_USER AUTH_TYPE ACCTAUTH_USERNAME HTTP_X_ACCT_USER);
}

my $ALICE = 'REMOTE_USER=alice AUTH_TYPE=Token ACCTAUTH_USERNAME=alice '
    . 'HTTP_X_ACCT_USER=alice';
my @FORGED = map { [$_, 'f0rged'] } qw(X-Acct-User x_acct_user X.Acct.Id
    Remote-User AcctAuth-Username);

sub is_right
{
    my $token = $c->{token};
    for my $site (@SITES) {
        my $r = ask($site, '/members/area', 'none');
        is($r->{status}, 401, "$site: a guarded path, nobody");
        is(ask($site, '/members/area', 'revoked')->{status}, 401,
            'a revoked token');
        $r = ask($site, '/members/area?a=1', 'good', @FORGED);
        is($r->{status}, 200, 'a good one');
        like($r->{body}, qr/^the application$/m, 'index.php answers');
        is(told($r), $ALICE, 'and is told who it is');
        unlike($r->{body}, qr/\Q$token\E/, 'not the token');
        unlike($r->{body}, qr/^(?:HTTP_X_ACCT\w+|REMOTE_USER)=f0rged/m,
            'nor what the client pretends');
        like($r->{headers}{'cache-control'}, qr/\bprivate\b/, 'private');
        like($r->{headers}{vary}, qr/\bAuthorization\b/, 'and varying');
        $r = ask($site, '/passed/area', 'good');
        like($r->{body}, qr/^(?:REDIRECT_)?HTTP_AUTHORIZATION=Token \Q$token\E$/m,
            'the token where it shall have that');
        $r = ask($site, '/elsewhere/area', 'none', @FORGED);
        is("$r->{status} " . told($r), '200 ', 'another path: nobody');

        $r = ask($site, '/bobs/area', 'good');
        like($r->{body}, qr/^the application$/m,
            'a Require not met: the ErrorDocument');
        is(told($r), '', 'serves nobody');
        is(told(ask($site, '/bobs/area', 'bob')), $ALICE =~ s/alice/bob/gr,
            'met: bob');

        $r = ask("$site-apart", '/members/area', 'good', @FORGED);
        is("$r->{status} " . told($r), '200 ',
            'AcctAuthProtect Off at index.php: not told');
        like($r->{headers}{'cache-control'}, qr/\bprivate\b/,
            'private all the same');

        # A guarded path is not a guarded page.
        my @pages = ('/index.php/members/area', '/?pagename=members/area',
                     '/index.php?q=members/area', '/members/area');
        for my $path (@pages[0 .. 2]) {
            $r = ask($site, $path, 'none');
            isnt($r->{status}, 401, "$path is another path");
            is(told($r), '', 'with nobody');
        }
        for my $path (@pages) {
            $r = ask("$site-all", $path, 'good', @FORGED);
            is(told($r), $ALICE, "$path, Optional at /: told");
            is(told(ask("$site-all", $path, 'none', @FORGED)), '',
                'nobody without a token');
            is(ask("$site-all", $path, 'revoked')->{status}, 401,
                'a revoked one refused');
        }
    }
}

subtest 'index.php as CGI' => sub {
    $s = AcctTest->prepare(modules => [qw(cgi rewrite)], conf => sub {
        return hosts($_[0]->dir, "AddHandler cgi-script .php");
    });
    for my $site (@SITES) {
        $s->write("sites/$site/index.php", $SCRIPT, 0755);
        $s->write("sites/$site/.htaccess", $HTACCESS{$site});
    }
    is($s->run, undef, 'the server starts') or return;
    $c = credentials($s);
    is_right();
    # WordPress where there is no mod_rewrite.
    $s->write('sites/wordpress/.htaccess', "ErrorDocument 404 /index.php\n");
    my $r = ask('wordpress', '/members/area', 'good', @FORGED);
    is("$r->{status} " . told($r), "404 $ALICE",
        'an ErrorDocument for what is not there is told too');
    $r = ask('wordpress', '/passed/area', 'good');
    unlike($r->{body}, qr/\Q$c->{token}\E/, 'though never the token');
};

SKIP: {
    skip 'no php-fpm here (scripts/install-deps test)', 1
        if !PhpFpm::program();
    subtest 'index.php by php-fpm' => sub {
        my $fpm;
        $s = AcctTest->prepare(modules => [qw(proxy_fcgi rewrite)],
            conf => sub {
                my ($self) = @_;
                $fpm ||= PhpFpm->start($self->dir . '/logs');
                return hosts($self->dir, "<FilesMatch \"\\.php\$\">\n"
                    . "SetHandler \"proxy:fcgi://127.0.0.1:${\ $fpm->port}\"\n"
                    . '</FilesMatch>');
            });
        for my $site (@SITES) {
            $s->write("sites/$site/index.php", $PHP);
            $s->write("sites/$site/.htaccess", $HTACCESS{$site});
        }
        is($s->run, undef, 'the server starts') or return;
        $c = credentials($s);
        is_right();
    };
}

done_testing();
