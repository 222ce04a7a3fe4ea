#!/usr/bin/perl
# SPDX-License-Identifier: Apache-2.0
# driver: any, what is taken is the same
# mpm: any, the same hooks
#
# Applications as sites run them, PHP by php-fpm and Python by mod_wsgi, in a
# guarded location: they get the account, and the token is in none of their
# variables, although the site has the lines that would hand it to them.

use strict;
use warnings;
use lib 't/lib';
use AcctTest;
use GuardTest;
use PhpFpm;
use Test::More;

my $COMMON = <<'CONF';
AcctAuthPasswordHash argon2id m=8 t=1 p=1
# As Debian's php-fpm.conf has it.
SetEnvIfNoCase ^Authorization$ "(.+)" HTTP_AUTHORIZATION=$1
<Location "/p/">
    AcctAuthProtect On
</Location>
<Location "/t/">
    AuthType Token
    Require valid-user
</Location>
<Location "/o/">
    AcctAuthProtect Optional
</Location>
<Location "/p/passed/">
    AcctAuthForwardToken On
</Location>
<Location "/p/refused/">
    Require user nobody
</Location>
CONF

# What is the same of every application: PATH below /p/, /t/ and /o/.
sub keeps_the_token
{
    my ($s, $c, $name) = @_;
    my $token = $c->{token};
    for my $g (qw(p t o)) {
        my $r = $s->get("/$g/$name", token => $token);
        is($r->{status}, 200, "/$g/$name") or diag($s->log);
        like($r->{body}, qr/^REMOTE_USER=alice$/m, 'REMOTE_USER');
        like($r->{body}, qr/^AUTH_TYPE=Token$/m, 'AUTH_TYPE');
        like($r->{body}, qr/^ACCTAUTH_USERNAME=alice$/m, 'ACCTAUTH_…');
        unlike($r->{body}, qr/\Q$token\E|AUTHORIZATION/i, 'no token');
    }
    my $r = $s->get("/p/passed/$name", token => $token);
    like($r->{body}, qr/^HTTP_AUTHORIZATION=Token \Q$token\E$/m,
        'AcctAuthForwardToken On');
    $r = $s->get("/p/refused/$name", token => $token);
    like($r->{body}, qr/^REDIRECT_STATUS=403$/m, 'an ErrorDocument');
    unlike($r->{body}, qr/\Q$token\E|AUTHORIZATION/i, 'has no token');
    $r = $s->get("/open/$name", token => $token);
    like($r->{body}, qr/\Q$token\E/, 'what nobody guards has it');
}

SKIP: {
    skip 'no php-fpm here (scripts/install-deps test)', 1
        if !PhpFpm::program();
    subtest 'PHP' => sub {
        my $fpm;
        my $s = AcctTest->prepare(modules => [qw(proxy_fcgi)],
            conf => sub {
                my ($self) = @_;
                my $dir = $self->dir;
                $fpm ||= PhpFpm->start("$dir/logs");
                return $COMMON . <<"CONF";
<Directory "$dir/htdocs">
    CGIPassAuth On
</Directory>
<FilesMatch "\\.php\$">
    SetHandler "proxy:fcgi://127.0.0.1:${\ $fpm->port}"
</FilesMatch>
ErrorDocument 403 /open/a.php
CONF
            });
        $s->write("htdocs/$_/a.php", '<?php header("Content-Type: text/plain");'
            . 'foreach ($_SERVER as $k => $v) if (is_string($v)) echo "$k=$v\n";'
            . 'foreach (getallheaders() as $k => $v) echo "header $k=$v\n";')
            for qw(p t o p/passed p/refused open);
        is($s->run, undef, 'the server starts') or return;
        keeps_the_token($s, credentials($s), 'a.php');
    };
}

my $wsgi = -e AcctTest::layout()->{LIBEXECDIR} . '/mod_wsgi.so';
SKIP: {
    skip 'no mod_wsgi here (scripts/install-deps test)', 1 if !$wsgi;
    subtest 'Python' => sub {
        my $s = AcctTest->prepare(modules => [qw(wsgi)], conf => sub {
            my ($self) = @_;
            my $dir = $self->dir;
            return $COMMON . <<"CONF" . join '', map {
WSGISocketPrefix "$dir/logs/wsgi"
WSGIDaemonProcess app processes=1 threads=2
WSGIProcessGroup app
WSGIPassAuthorization On
<Directory "$dir/wsgi">
    Require all granted
</Directory>
ErrorDocument 403 /open/wsgi
CONF
                "WSGIScriptAlias \"/$_/wsgi\" \"$dir/wsgi/app.py\"\n"
            } qw(p/passed p/refused p t o open);
        });
        $s->write('wsgi/app.py', <<'PY');
def application(environ, start_response):
    start_response('200 OK', [('Content-Type', 'text/plain')])
    return ['\n'.join('%s=%s' % (k, v) for k, v in environ.items()
                      if isinstance(v, str)).encode() + b'\n']
PY
        is($s->run, undef, 'the server starts') or return;
        keeps_the_token($s, credentials($s), 'wsgi');
    };
}

done_testing();
