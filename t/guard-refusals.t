#!/usr/bin/perl
# SPDX-License-Identifier: Apache-2.0
# mpm: any, a refusal is the same with any
# driver: any, a refusal is the same, and so is a 503
# needs: curl openssl
#
# What a refusal looks like: its body and challenge, when it is 401 and when
# 503, an operator's ErrorDocument, and no credentials over plain HTTP.

use strict;
use warnings;
use lib 't/lib';
use AcctTest;
use GuardTest;
use IO::Socket::INET;
use Test::More;

my $HASH = "AcctAuthPasswordHash argon2id m=8 t=1 p=1\n";

# ------------------------------------------------------- body and challenge

my $s = AcctTest->start(modules => [qw(cgi include proxy_http)], timeout => 5,
    conf => $HASH . <<'CONF');
<Location "/plain/">
    AcctAuthProtect On
</Location>
<Location "/realm/">
    AuthType Token
    AuthName "a \"quoted\" realm, with comma"
    Require valid-user
</Location>
<Location "/protect-realm/">
    AuthName "members"
    AcctAuthProtect On
</Location>
<Location "/optional/">
    AcctAuthProtect Optional
</Location>
<Location "/staff/">
    AuthType Token
    AuthName staff
    Require expr "reqenv('ACCTAUTH_STAFF') == '1'"
</Location>
<Location "/anybody/">
    AuthType Token
    AuthName anybody
    Require all granted
</Location>
<Location "/text/">
    AcctAuthProtect On
    ErrorDocument 401 "Ask the operator."
    ErrorDocument 403 "Not yours."
</Location>
<Location "/file/">
    AcctAuthProtect On
    ErrorDocument 401 "/errors/401.html"
    ErrorDocument 503 "/errors/503.html"
</Location>
<Location "/inside/">
    AcctAuthProtect On
    ErrorDocument 401 "/inside/401.html"
</Location>
<Location "/other/">
    AcctAuthProtect On
    ErrorDocument 401 "/realm/401.html"
</Location>
<Location "/missing/">
    AcctAuthProtect On
    ErrorDocument 401 "/errors/none.html"
</Location>
<Location "/cgi-error/">
    AcctAuthProtect On
    ErrorDocument 401 "/cgi/error.sh"
</Location>
<Location "/away/">
    AcctAuthProtect On
    ErrorDocument 401 "http://127.0.0.1:9/elsewhere"
</Location>
<Location "/default/">
    AcctAuthProtect On
    ErrorDocument 401 default
</Location>
<Location "/ssi-error/">
    AcctAuthProtect On
    ErrorDocument 401 "/errors/ssi.shtml"
</Location>
<Location "/gated/">
    AcctAuthProtect On
    Require user bob
    ErrorDocument 403 "Not yours."
</Location>
<Location "/broken/">
    AcctAuthProtect On
    ErrorDocument 404 "/errors/404.html"
</Location>
ScriptAlias "/cgi/" "${DIR}/cgi/"
<Directory "${DIR}/cgi">
    Require all granted
</Directory>
<Directory "${HTDOCS}">
    Options +Includes
</Directory>
AddOutputFilter INCLUDES .shtml
AddType text/html .shtml
CONF
for my $place (qw(plain realm protect-realm optional staff anybody text file inside other
                  missing cgi-error away default ssi-error gated broken)) {
    $s->write("htdocs/$place/a.txt", "SECRET in $place\n");
}
$s->write('htdocs/inside/401.html', "please sign in (inside)\n");
$s->write('htdocs/realm/401.html', "SECRET please sign in\n");
$s->write('htdocs/errors/401.html', "<p>please sign in</p>\n");
$s->write('htdocs/errors/404.html', "<p>not here</p>\n");
$s->write('htdocs/errors/503.html', "<p>come back later</p>\n");
$s->write('htdocs/errors/ssi.shtml',
    "sign in <!--#include virtual=\"/plain/a.txt\" --> now\n");
$s->write('htdocs/open.txt', "free\n");
$s->write('cgi/error.sh', "#!/bin/sh\ncat >/dev/null\n"
    . "printf 'Content-Type: text/plain\\r\\n\\r\\nscript: %s %s %s' \"\$REDIRECT_STATUS\" \"\$REDIRECT_URL\" "
    . "\"\$REMOTE_USER\"\n", 0755);
my $c = credentials($s);

subtest 'body and challenge' => sub {
    my %challenge = (plain => 'Token', optional => 'Token',
        realm => 'Token realm="a \"quoted\" realm, with comma"',
        'protect-realm' => 'Token realm="members"');
    for my $place (qw(plain realm protect-realm optional)) {
        for my $cred (qw(none revoked expired garbage blocked two)) {
            next if $place eq 'optional' && $cred eq 'none';
            my $r = $s->get("/$place/a.txt", headers => $c->{$cred});
            is(refusal_faults($r, $cred, challenge => $challenge{$place}),
                '', "$place, $cred");
            $r = $s->request('HEAD', "/$place/a.txt",
                headers => $c->{$cred});
            is(refusal_faults($r, $cred, challenge => $challenge{$place},
                head => 1), '', "HEAD $place, $cred");
        }
        is(scalar(grep { lc $_->[0] eq 'www-authenticate' }
            @{ $s->get("/$place/a.txt", headers => $c->{garbage})
                ->{raw_headers} }), 1, "$place: one challenge");
    }
    my @seen = map { my $r = $s->get('/plain/a.txt', headers => $c->{$_});
        join "\n", $r->{status}, $r->{body},
            map { "$_->[0]: $_->[1]" } grep { $_->[0] ne 'Date' }
            @{ $r->{raw_headers} } } qw(revoked expired garbage blocked);
    is($seen[$_], $seen[0], 'bad tokens are all told the same') for 1 .. 3;
    my $r = $s->get('/plain/a.txt');
    is($r->{headers}{'x-content-type-options'}, 'nosniff', 'nosniff');
    $r = $s->get('/plain/a.txt', headers => [['Accept', 'text/html']]);
    is(refusal_faults($r, 'none'), '', 'whatever is accepted');
    $r = $s->get('/plain/a.txt', http10 => 1);
    is(refusal_faults($r, 'none'), '', 'HTTP/1.0');
    $r = $s->get('/plain/a.txt', keep => 1);
    ok(!$r->{closed}, 'the connection is kept after a refusal');
    $r = $s->request('POST', '/plain/a.txt', body => 'x' x 70000,
        type => 'text/plain', keep => 1);
    is($r->{status}, 401, 'with a body that nobody reads');
    is($s->get('/open.txt', keep => 1)->{body}, "free\n",
        'and the next request is its own');
    $r = $s->get('/gated/a.txt', headers => $c->{good});
    is("$r->{status} $r->{body}", '403 Not yours.',
        'a Require that is not met, with the operator\'s words');
};

subtest 'the operator\'s ErrorDocument' => sub {
    my %want = (
        text => qr/\AAsk the operator\.\z/, default => undef,
        file => qr/\A<p>please sign in<\/p>\n\z/,
        'cgi-error' => qr{\Ascript: 401 /cgi-error/a\.txt \z},
        'ssi-error' => qr/\Asign in \[an error occurred.*\] now\n\z/s,
        missing => undef, other => undef,
    );
    for my $place (sort keys %want) {
        for my $cred (qw(none garbage blocked)) {
            for my $method ('GET', 'POST', 'HEAD') {
                my $r = $s->request($method, "/$place/a.txt",
                    headers => $c->{$cred}, $method eq 'POST'
                        ? (body => 'a=1', type => 'text/plain') : ());
                my $name = "$method /$place/, $cred";
                if (!$want{$place}) {
                    is(refusal_faults($r, $cred, head => $method eq 'HEAD',
                        challenge => $place eq 'other'
                            ? $r->{headers}{'www-authenticate'} : 'Token'),
                        '', "$name: the body is ours");
                    like($r->{headers}{'www-authenticate'} || '',
                        qr/^Token\b/, 'and there is a challenge');
                    next;
                }
                is($r->{status}, 401, $name);
                like($r->{body}, $want{$place}, 'its words')
                    if $method ne 'HEAD';
                is($r->{headers}{'www-authenticate'}, 'Token',
                    'its challenge');
                is($r->{headers}{'cache-control'}, 'no-store', 'no-store');
                isnt($r->{headers}{'content-type'}, 'application/json',
                    'its type');
                unlike($r->{body}, qr/SECRET|detail/, 'nothing else');
            }
        }
        my $r = $s->get("/$place/a.txt", headers => $c->{good});
        is("$r->{status} $r->{body}", "200 SECRET in $place\n",
            "$place, good");
    }
    my $r = $s->get('/inside/a.txt');
    is($r->{status}, 401, 'a document in the protected place: no loop');
    unlike($r->{body}, qr/SECRET/, 'and no content');
    is($r->{headers}{'www-authenticate'}, 'Token', 'with the challenge');
    $r = $s->get('/away/a.txt');
    is(refusal_faults($r, 'none'), '',
        'a URL elsewhere is ignored for 401, as httpd says');
    $r = $s->get('/broken/none', headers => $c->{good});
    is("$r->{status} $r->{body}", "404 <p>not here</p>\n",
        'another error of a good request is left alone');
    $r = $s->get('/plain/none', headers => $c->{good});
    is($r->{status}, 404, 'not found');
    like($r->{headers}{'content-type'}, qr{text/html},
        'in httpd\'s own words: it is no refusal');
};

subtest 'no 100-continue for a refusal' => sub {
    for my $cred ('none', 'garbage') {
        my $all = $s->raw("POST /plain/a.txt HTTP/1.1\r\nHost: a\r\n"
            . join('', map { "$_->[0]: $_->[1]\r\n" } @{ $c->{$cred} })
            . "Content-Type: text/plain\r\nContent-Length: 100\r\n"
            . "Expect: 100-continue\r\n\r\n", timeout => 1);
        like($all, qr{\AHTTP/1\.1 401 }, $cred);
    }
};

# The command is another process: the server takes a token that the command
# ended for the bound at most.
subtest 'what ends a token ends it' => sub {
    my $n = 0;
    my $look = sub { $s->get('/plain/a.txt', token => $_[0], keep => 1) };
    my @ways = (
        ['block', sub { $s->cli('user', 'block', $_[0]) }],
        ['passwd', sub { $s->cli('user', 'passwd', $_[0],
            '--password-stdin', stdin => "other-secret\n") }],
        ['delete', sub { $s->cli('user', 'delete', $_[0]) }],
        ['revoke --all', sub { $s->cli('token', 'revoke', $_[0], '--all') }],
        ['sign-out', sub { my $r = $s->post('/api/auth/logout/', undef,
            token => $_[1]); ($r->{status} == 204 ? 0 : $r->{status}) }],
        ['sign-out of all', sub { my $r = $s->post('/api/auth/logoutall/',
            undef, token => sign_in($s, $_[0], 'p-secret'));
            ($r->{status} == 204 ? 0 : $r->{status}) }],
    );
    for my $way (@ways) {
        my ($name, $code) = @$way;
        my $user = 'user' . $n++;
        $s->account(username => $user, email => "$user\@example.org",
            password => 'p-secret');
        my $many = sign_in($s, $user, 'p-secret');
        my $reuse = $s->post('/account/login/', { username => $user,
            password => 'p-secret' })->{json}{token};
        is(length $reuse, 40, "$name: a reusable token too");
        is($look->($_)->{status}, 200, "$name: before") for $many, $reuse;
        my ($exit, $out, $err) = $code->($user, $many);
        is($exit, 0, "$name: done") or diag("$out$err");
        $s->wait_for(sub { $look->($many)->{status} != 200 }, 2)
            if $name !~ /sign-out/;
        is(refusal_faults($look->($many), 'revoked'), '', "$name: after");
        is($look->($reuse)->{status}, $name eq 'sign-out' ? 200 : 401,
            "$name: the reusable one");
        next if $name ne 'block';
        is(($s->cli('user', 'unblock', $user))[0], 0, 'unblock');
        is(refusal_faults($look->($many), 'revoked'), '',
            'does not bring it back');
        is($look->(sign_in($s, $user, 'p-secret'))->{status}, 200,
            'but a new one is good');
    }
};

# ----------------------------------------------------------------- outages

subtest 'an outage is 503, never 401 and never 200' => sub {
    my $db = $s->db;
    is($s->get('/plain/a.txt', headers => $c->{good})->{status}, 200,
        'before');
    for my $round (1 .. 2) {
        $s->lose_database;
        # Handles that are open may serve on as long as they know; new ones
        # must not make an empty database.
        for my $try (1 .. 12) {
            my $r = $s->get('/plain/a.txt', headers => $c->{good});
            ok($r->{status} == 200 || refusal_faults($r, 'outage',
                status => 503) eq '', "good, try $try: $r->{status}")
                or diag($r->{body});
            $r = $s->get('/plain/a.txt', headers => $c->{garbage});
            ok($r->{status} == 401 || refusal_faults($r, 'outage',
                status => 503) eq '', "garbage, try $try: $r->{status}");
        }
        ok(!-e $db, 'no new file was made') if $s->driver eq 'sqlite3';
        is($s->get('/open.txt')->{body}, "free\n", 'an open file');
        is(refusal_faults($s->get('/plain/a.txt'), 'none'), '',
            'no token at all needs no database');
        $s->find_database;
        $s->wait_for(sub { $s->get('/plain/a.txt',
            headers => $c->{good})->{status} == 200 }, 5);
        is($s->get('/plain/a.txt', headers => $c->{good})->{status}, 200,
            "back again, round $round");
        is(refusal_faults($s->get('/plain/a.txt',
            headers => $c->{garbage}), 'garbage'), '', 'and says no');
    }
    # A folder that cannot be entered, with children that have no handle
    # yet: nothing can be known.
    $s->stop;
    $s->run;
    $s->lose_database(folder => 1);
    for my $place (qw(plain realm optional)) {
        my $r = $s->get("/$place/a.txt", headers => $c->{good});
        is(refusal_faults($r, 'outage', status => 503), '', "$place, good");
        $r = $s->get("/$place/a.txt", headers => $c->{garbage});
        is(refusal_faults($r, 'outage', status => 503), '',
            "$place, garbage");
    }
    my $r = $s->request('HEAD', '/plain/a.txt', headers => $c->{good});
    is(refusal_faults($r, 'outage', status => 503, head => 1), '', 'HEAD');
    is($s->get('/optional/a.txt')->{status}, 200, 'optional, anonymous');
    is(refusal_faults($s->get('/staff/a.txt', headers => $c->{good}),
        'outage', status => 503), '', 'an expression that needs to know');
    is($s->get('/anybody/a.txt', headers => $c->{good})->{body},
        "SECRET in anybody\n", 'where all are let in all the same');
    is($s->get('/open.txt', headers => $c->{good})->{body}, "free\n",
        'an open file, with a token');
    $r = $s->get('/file/a.txt', headers => $c->{good});
    is("$r->{status} $r->{body}", "503 <p>come back later</p>\n",
        'the operator\'s ErrorDocument');
    ok($r->{headers}{'retry-after'}, 'with Retry-After');
    $r = $s->post('/api/auth/login/', { username => 'alice',
        password => 'alice-secret' });
    is($r->{status}, 503, 'sign-in');
    ok($r->{headers}{'retry-after'}, 'with Retry-After');
    $r = $s->post('/api/auth/logout/', undef, headers => $c->{good});
    is($r->{status}, 503, 'sign-out');
    $s->find_database;
    $s->wait_for(sub { $s->get('/plain/a.txt',
        headers => $c->{good})->{status} == 200 }, 5);
    is($s->get('/plain/a.txt', headers => $c->{good})->{status}, 200,
        'recovers by itself');
    is($s->post('/api/auth/logout/', undef, headers => $c->{bob})
        ->{status}, 204, 'sign-out too');
};

# --------------------------------------------------------------------- TLS

subtest 'credentials need TLS' => sub {
    my $port = free_port();
    my $dir;
    my $h2 = has_h2()
        && ($ENV{ACCT_MPM} || '') ne 'prefork';
    my $t = AcctTest->prepare(modules => ['ssl', 'proxy_http', 'cgi'],
        h2 => $h2, conf => sub {
            my ($self) = @_;
            return $HASH . <<"CONF";
AcctAuthRequireTLS On
<Location "/plain/">
    AcctAuthProtect On
</Location>
<Location "/realm/">
    AuthType Token
    AuthName realm
    Require valid-user
</Location>
<Location "/optional/">
    AcctAuthProtect Optional
</Location>
<Location "/own-words/">
    AcctAuthProtect On
    ErrorDocument 403 "Use https."
</Location>
<Location "/off/">
    AcctAuthRequireTLS Off
    AcctAuthProtect On
</Location>
<Location "/remote/">
    AcctAuthRequireTLS Remote
    AcctAuthProtect On
</Location>
Listen 127.0.0.1:$port
<VirtualHost 127.0.0.1:$port>
    SSLEngine On
    SSLCertificateFile "$self->{dir}/cert.pem"
    SSLCertificateKeyFile "$self->{dir}/key.pem"
    @{[ $h2 ? 'Protocols h2 http/1.1' : '' ]}
</VirtualHost>
CONF
        });
    my $d = $t->dir;
    is(system("openssl req -x509 -newkey rsa:2048 -nodes -days 2 -batch "
        . "-subj /CN=localhost -keyout $d/key.pem -out $d/cert.pem "
        . ">$d/openssl.out 2>&1"), 0, 'a certificate') or return;
    my $why = $t->run;
    is($why, undef, 'the server starts') or return;
    $t->write("htdocs/$_/a.txt", "SECRET in $_\n")
        for qw(plain realm optional own-words off remote);
    $t->write('htdocs/open.txt', "free\n");
    $t->account(username => 'alice', email => 'alice@example.org',
        password => 'alice-secret');
    my $n = 0;
    my $tls = sub {
        my ($path, @args) = @_;
        my $out = "$d/curl.out." . $n++;
        my $code = qx(curl -sk -o $out -w '%{http_code} %{http_version}' @args https://127.0.0.1:$port$path);
        return ($code, slurp($out));
    };
    my $login = q(-H 'Content-Type: application/json' --data )
        . q('{"username":"alice","password":"alice-secret"}');
    my ($code, $body) = $tls->('/api/auth/login/', '--http1.1', $login);
    like($code, qr/^200 /, 'sign-in over TLS') or diag($body);
    my ($token) = $body =~ /"token":"(\w+)"/ or return;
    my $auth = "-H 'Authorization: Token $token'";
    for my $v ('--http1.1', $h2 ? '--http2' : ()) {
        my $version = $v eq '--http2' ? '2' : '1.1';
        for my $place (qw(plain realm optional off remote)) {
            is(join(' ', $tls->("/$place/a.txt", $v, $auth)),
                "200 $version SECRET in $place\n", "$place over TLS $v");
        }
        ($code, $body) = $tls->('/plain/a.txt', $v);
        is("$code $body", "401 $version " . detail_of('none'),
            "no token over TLS $v");
        ($code, $body) = $tls->('/api/auth/login/', $v, $login);
        like($code, qr/^200 /, "sign-in over TLS $v");
    }
    my @forged = ([], [['X-Forwarded-Proto', 'https']],
        [['Forwarded', 'proto=https;for=127.0.0.1']],
        [['X-Forwarded-Ssl', 'on']], [['Front-End-Https', 'on']],
        [['X-Forwarded-For', '127.0.0.1']],
        [['Upgrade-Insecure-Requests', '1']]);
    for my $forged (@forged) {
        my $what = @$forged ? $forged->[0][0] : 'nothing';
        for my $place (qw(plain realm optional)) {
            my $r = $t->get("/$place/a.txt", token => $token,
                headers => $forged);
            is($r->{status}, 403, "$place over plain HTTP, $what forged");
            unlike($r->{body}, qr/SECRET/, 'no content');
            ok(ref $r->{json} eq 'HASH' && $r->{json}{detail},
                'a clear body') or diag($r->{body});
            is($r->{headers}{'content-type'}, 'application/json', 'JSON');
            is($r->{headers}{'cache-control'}, 'no-store', 'no-store');
        }
        my $r = $t->post('/api/auth/login/', { username => 'alice',
            password => 'alice-secret' }, headers => $forged);
        is($r->{status}, 403, "sign-in over plain HTTP, $what forged");
        ok(ref $r->{json} eq 'HASH' && $r->{json}{detail}
            && $r->{json}{detail} =~ /TLS|HTTPS|secure/i, 'a clear body')
            or diag($r->{body});
        ok(!$r->{json}{token}, 'no token');
        is($r->{headers}{'cache-control'}, 'no-store', 'no-store');
    }
    for my $cred ('f' x 64, 'x') {
        is($t->get('/plain/a.txt', token => $cred)->{status}, 403,
            'a bad token is not looked at');
    }
    is($t->get('/plain/a.txt')->{status}, 403, 'nor asked for');
    is($t->get('/optional/a.txt')->{body}, "SECRET in optional\n",
        'optional, anonymous over plain HTTP');
    is($t->get('/open.txt', token => $token)->{body}, "free\n",
        'an open file');
    for my $place (qw(off remote)) {
        is($t->get("/$place/a.txt", token => $token)->{status}, 200,
            "$place over plain HTTP from this machine");
    }
    my $r = $t->get('/own-words/a.txt', token => $token);
    is("$r->{status} $r->{body}", '403 Use https.', 'own words');
    if ($h2) {
        $r = $t->get('/plain/a.txt', token => $token, h2 => 1);
        is($r->{status}, 403, 'HTTP/2 without TLS');
    }
    # Refused before the body is read.
    my $all = $t->raw("POST /api/auth/login/ HTTP/1.1\r\nHost: a\r\n"
        . "Content-Type: application/json\r\nContent-Length: 100\r\n"
        . "Expect: 100-continue\r\n\r\n", timeout => 3);
    like($all, qr{\AHTTP/1\.1 403 }, 'no 100-continue');
};

unlike($s->log . $s->access_log, qr/\Q$c->{token}\E|alice-secret/,
    'no token or password in a log');

done_testing();
