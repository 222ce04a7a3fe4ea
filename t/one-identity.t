#!/usr/bin/perl
# SPDX-License-Identifier: Apache-2.0
# driver: any, what others are told is read from the same record
# mpm: any, the same hooks
# needs: curl openssl
#
# A request has one identity, the token's, also where another module names
# another user: mod_ssl the owner of a client's certificate (SSLUserName,
# FakeBasicAuth), a RewriteRule a variable. And the log names, once, the
# account that was refused.

use strict;
use warnings;
use lib 't/lib';
use AcctTest;
use GuardTest;
use Test::More;

my $app = backend(sub {
    my ($req) = @_;
    return (200, [['Content-Type', 'text/plain']],
        join '', "application\n",
            map { "$_->[0]: $_->[1]\n" } @{ $req->{headers} });
});
my $scgi = backend_scgi();
my $tls = AcctTest::free_port();

my %GUARD = (
    't' => "AuthType Token\nRequire valid-user",
    'p' => 'AcctAuthProtect On',
    'o' => 'AcctAuthProtect Optional',
    'v' => "AcctAuthProtect On\nRequire valid-user",
    's' => "AcctAuthProtect On\nSatisfy Any",
);
my $conf = <<'CONF';
AcctAuthPasswordHash argon2id m=8 t=1 p=1
RewriteEngine On
CONF
for my $g (sort keys %GUARD) {
    $conf .= <<"CONF";
<Location "/$g/">
    $GUARD{$g}
    AcctAuthIdentityHeaders On
    RequestHeader set X-User-Expr "expr=%{REMOTE_USER}"
</Location>
<Location "/$g/bob/">
    Require user bob
</Location>
<Location "/$g/alice/">
    Require user alice
</Location>
ProxyPass "/$g/app/" "http://127.0.0.1:${\ $app->port}/"
ProxyPass "/$g/bob/app/" "http://127.0.0.1:${\ $app->port}/"
ProxyPass "/$g/alice/app/" "http://127.0.0.1:${\ $app->port}/"
ProxyPass "/$g/scgi/" "scgi://127.0.0.1:${\ $scgi->port}/"
CONF
}
my $s = AcctTest->prepare(
    modules => [qw(ssl proxy_http proxy_scgi rewrite auth_basic authn_file
                   access_compat)],
    log_format => '%r|%u|%{ACCTAUTH_USERNAME}e|%{REMOTE_USER}e|%>s',
    conf => sub {
        my ($self) = @_;
        my $dir = $self->dir;
        return $conf . <<"CONF";
<Location "/o/var/">
    SetEnv REMOTE_USER guest
</Location>
ProxyPass "/o/var/scgi/" "scgi://127.0.0.1:${\ $scgi->port}/"
<Directory "$dir/htdocs">
    AllowOverride All
</Directory>
Listen 127.0.0.1:$tls
<VirtualHost 127.0.0.1:$tls>
    SSLEngine On
    SSLCertificateFile "$dir/server.pem"
    SSLCertificateKeyFile "$dir/server.key"
    SSLCACertificateFile "$dir/ca.pem"
    SSLVerifyClient optional
    SSLUserName SSL_CLIENT_S_DN_CN
    Protocols http/1.1
</VirtualHost>
CONF
    });
my $d = $s->dir;

sub openssl
{
    my ($args) = @_;
    return system("openssl $args >>$d/openssl.out 2>&1") == 0;
}

my $made = openssl("req -x509 -newkey rsa:2048 -nodes -days 2 -batch "
        . "-subj /CN=ca -keyout $d/ca.key -out $d/ca.pem");
for my $name (qw(server bob)) {
    $made &&= openssl("req -newkey rsa:2048 -nodes -batch "
            . "-subj /CN=" . ($name eq 'server' ? 'localhost' : $name)
            . " -keyout $d/$name.key -out $d/$name.csr")
        && openssl("x509 -req -days 2 -in $d/$name.csr -CA $d/ca.pem "
            . "-CAkey $d/ca.key -CAcreateserial -out $d/$name.pem");
}
ok($made, 'certificates') or BAIL_OUT(slurp("$d/openssl.out"));
is($s->run, undef, 'the server starts');
my $c = credentials($s);

# secure(PATH, HEADERS, %opt): by TLS, with bob's certificate unless bare.
my $n = 0;

sub secure
{
    my ($path, $headers, %opt) = @_;
    my $out = "$d/curl." . $n++;
    my @args = map { "-H '$_->[0]: $_->[1]'" } @{ $headers || [] };
    push @args, "--cert $d/bob.pem --key $d/bob.key" if !$opt{bare};
    my $status = qx(curl -sk -o $out -w '%{http_code}' @args https://127.0.0.1:$tls$path);
    return { status => $status, body => -e $out ? slurp($out) : '' };
}

# The access log's line of a path that was asked for once.
sub logged
{
    my ($mark) = @_;
    return $s->wait_for(sub {
        (grep { /\b\Q$mark\E\b/ } split /\n/, $s->access_log)[0] });
}

subtest "a token wins over a certificate of somebody else's" => sub {
    for my $g (sort keys %GUARD) {
        my $r = secure("/$g/scgi/x$g", $c->{good});
        is($r->{status}, 200, "$g: let in");
        like($r->{body}, qr/^REMOTE_USER=alice$/m, 'REMOTE_USER');
        like($r->{body}, qr/^AUTH_TYPE=Token$/m, 'AUTH_TYPE');
        like($r->{body}, qr/^ACCTAUTH_USERNAME=alice$/m, 'ACCTAUTH_USERNAME');
        like($r->{body}, qr/^HTTP_X_ACCT_USER=alice$/m, 'X-Acct-User');
        like($r->{body}, qr/^HTTP_X_USER_EXPR=alice$/m, 'expressions');
        like(logged("x$g"), qr/\|alice\|alice\|/, 'the log');
        next if $g =~ /[so]/;
        is(secure("/$g/bob/app/x", $c->{good})->{status}, 403,
            'Require user bob');
        is(secure("/$g/alice/app/x", $c->{good})->{status}, 200,
            'Require user alice');
    }
};

subtest 'a certificate is no token' => sub {
    for my $g (qw(t p v)) {
        for my $cred (qw(none revoked garbage expired blocked two)) {
            my $r = secure("/$g/app/x", $c->{$cred});
            is($r->{status}, 401, "$g: $cred");
        }
        is(secure("/$g/bob/app/x", $c->{none})->{status}, 401,
            'nor for Require');
        is(secure("/$g/bob/app/x", $c->{revoked})->{status}, 401,
            'with a revoked one');
    }
    my $r = secure('/o/scgi/x');
    like($r->{body}, qr/^REMOTE_USER=bob$/m,
        'where anonymous is let in, the other module has its say');
    unlike($r->{body}, qr/ACCTAUTH_/, 'and we have none');
};

subtest 'nobody becomes somebody by a variable' => sub {
    $s->write("htdocs/o/app.d/.htaccess", <<"CONF");
RewriteEngine On
RewriteRule ^ - [E=REMOTE_USER:%{HTTP:Authorization}]
RewriteRule ^in\$ scgi://127.0.0.1:${\ $scgi->port}/x [P]
RewriteRule ^again\$ /o/scgi/again [L]
CONF
    for my $path ('/o/app.d/in', '/o/app.d/again') {
        my $r = $s->get($path, headers => [['Authorization', 'alice']]);
        is($r->{status}, 200, $path);
        unlike($r->{body}, qr/REMOTE_USER=./, 'no REMOTE_USER');
        $r = $s->get($path, headers => $c->{bob});
        like($r->{body}, qr/^REMOTE_USER=bob$/m, 'but with a token');
    }
    my $r = $s->get('/o/var/scgi/x', headers => [['Authorization', 'x']]);
    like($r->{body}, qr/^REMOTE_USER=guest$/m, "an operator's own stays");
};

# The lines of ours in the error log since the last call.
my $read = 0;

sub lines
{
    my ($want) = @_;
    $s->wait_for(sub { substr($s->log, $read) =~ /ACCT030[12]/ }) if $want;
    select undef, undef, undef, 0.1;
    my $new = substr $s->log, $read;
    $read += length $new;
    return grep { /ACCT030[12]/ } split /\n/, $new;
}

subtest 'one refusal is one line' => sub {
    lines();
    for my $path (map { "/$_/app/x" } qw(t p v s)) {
        $s->get($path, headers => $c->{garbage});
        my @lines = lines(1);
        is(scalar @lines, 1, $path);
        like($lines[0], qr/ACCT0301: authz_fail: invalid_token: \Q$path\E/,
            'which says why');
    }
};

subtest 'a good token that misses a Require is told with its account' => sub {
    my ($id) = map { $_->[0] }
        $s->sql("SELECT id FROM account WHERE username = 'alice'");
    for my $g (qw(t p v)) {
        lines();
        is($s->get("/$g/bob/app/x", headers => $c->{good})->{status}, 403,
            $g);
        my @lines = lines(1);
        is(scalar @lines, 1, 'one line');
        like($lines[0], qr{ACCT0302:\ authz_fail:\ account\ $id:
            \ a\ Require\ is\ not\ met:\ /$g/bob/app/x}x, 'whose it was');
    }
    lines();
    $s->get('/p/app/x', headers => $c->{good});
    $s->write('htdocs/p/forbidden/.htaccess',
        "RewriteEngine On\nRewriteRule ^ - [F]\n");
    is($s->get('/p/forbidden/x', headers => $c->{good})->{status}, 403,
        "another module's refusal");
    is($s->get('/p/none', headers => $c->{good})->{status}, 404,
        'what is not there');
    is(join("\n", lines()), '', 'are no Require');
};

done_testing();
