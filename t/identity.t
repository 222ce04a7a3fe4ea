#!/usr/bin/perl
# SPDX-License-Identifier: Apache-2.0
# mpm: any, what others are told does not depend on it
# driver: any, what others are told is read from the same record
#
# The account of a request, as CGI, logs, expressions and a proxied
# application see it; and that none of them sees an account that the client
# only claims to be.

use strict;
use warnings;
use lib 't/lib';
use AcctTest;
use GuardTest;
use IO::Select;
use IO::Socket::INET;
use Test::More;

# The application shows the request it was sent.
my $app = backend(sub {
    my ($req) = @_;
    return (200, [['Content-Type', 'text/plain']],
        join '', "$req->{method} $req->{path}\n",
            map { "$_->[0]: $_->[1]\n" } @{ $req->{headers} });
});
my $url = 'http://127.0.0.1:' . $app->port;

# The same by SCGI: the environment as a page.
my $scgi = backend_scgi();

my %GUARD = (
    't' => "AuthType Token\nAuthName x\nRequire valid-user",
    'p' => 'AcctAuthProtect On',
    'o' => 'AcctAuthProtect Optional',
);
my $conf = <<'CONF';
AcctAuthPasswordHash argon2id m=8 t=1 p=1
ScriptAlias "/cgi/" "${DIR}/cgi/"
<Directory "${DIR}/cgi">
    Require all granted
    CGIPassAuth On
</Directory>
<Directory "${HTDOCS}">
    Options +Includes
</Directory>
AddOutputFilter INCLUDES .shtml
AddType text/html .shtml
RewriteEngine On
RewriteRule "^/ahead/(.*)$" "/t/cgi/env.sh" [PT,E=AHEAD:%{LA-U:REMOTE_USER}]
RewriteRule "^/early/(.*)$" "/t/cgi/env.sh" [PT,E=EARLY:%{REMOTE_USER}]
RewriteRule "^/vars/(.*)$" "/p/cgi/env.sh" [PT,E=ACCTAUTH_ID:1]
<Location "/t/hdr/">
    RequestHeader set X-Who "%{ACCTAUTH_ID}e"
    RequestHeader set X-Name "expr=%{REMOTE_USER}"
    Header always set X-Answer-Who "expr=%{REMOTE_USER}/%{reqenv:ACCTAUTH_STAFF}"
    <If "%{REMOTE_USER} == 'alice'">
        Header always set X-Too-Early "yes"
    </If>
</Location>
<Directory "${HTDOCS}/index">
    DirectoryIndex "/p/cgi/env.sh"
</Directory>
CONF
for my $g (sort keys %GUARD) {
    $conf .= <<"CONF";
<Location "/$g/">
    $GUARD{$g}
</Location>
<Location "/$g/told/">
    AcctAuthIdentityHeaders On
</Location>
<Location "/$g/passed/">
    AcctAuthForwardToken On
</Location>
ScriptAlias "/$g/cgi/" "\${DIR}/cgi/"
ScriptAlias "/$g/passed/cgi/" "\${DIR}/cgi/"
ScriptAlias "/$g/told/cgi/" "\${DIR}/cgi/"
ProxyPass "/$g/told/scgi/" "scgi://127.0.0.1:${\ $scgi->port}/"
ProxyPass "/$g/told/" "$url/"
ProxyPass "/$g/passed/app/" "$url/"
ProxyPass "/$g/hdr/" "$url/"
ProxyPass "/$g/scgi/" "scgi://127.0.0.1:${\ $scgi->port}/"
ProxyPass "/$g/app/" "$url/"
CONF
}
# ProxyPass of a wider path first would take the CGI.
$conf =~ s{(ProxyPass "/(\w)/told/")}{ProxyPass "/$2/told/cgi/" !\n$1}g;
$conf .= <<"CONF";
ProxyPass "/open/scgi/" "scgi://127.0.0.1:${\ $scgi->port}/"
ProxyPass "/open/app/" "$url/"
<Location "/open/told/">
    AcctAuthIdentityHeaders On
</Location>
ProxyPass "/open/told/" "$url/"
CONF

my $h2 = has_h2();
my $s = AcctTest->start(mpm => 'event', h2 => $h2, conf => $conf,
    modules => [qw(cgi include proxy_http proxy_scgi rewrite)],
    log_format => '%{ACCTAUTH_ID}e|%{ACCTAUTH_USERNAME}e|%{ACCTAUTH_STAFF}e'
        . '|%{ACCTAUTH_TOKEN_ID}e|%u|%r|%>s');
$s->write('cgi/env.sh', env_script(), 0755);
$s->write('htdocs/t/who.shtml', 'user=<!--#echo var="REMOTE_USER" -->;'
    . 'id=<!--#echo var="ACCTAUTH_ID" -->;<!--#include virtual='
    . '"/t/cgi/env.sh" -->;<!--#include virtual="/p/app/x" -->');
$s->write('htdocs/open/inc.shtml', 'user=<!--#echo var="REMOTE_USER" -->;'
    . '<!--#include virtual="/p/told/x" -->');
$s->write('htdocs/index/.keep', '');
my $c = credentials($s);
# Names that do not fit into a header as they are.
my $zoe = "zo\x{eb}";
utf8::encode($zoe);
$s->account(username => $zoe, email => 'zoe@example.org', password => 'z');
$s->account(email => "o'brien+tag\@x.io", password => 'o');
my $zoe_token = $s->post('/api/v1/users/login/', { email => 'zoe@example.org',
    password => 'z' })->{json}{result}{auth_token};
my $mail_token = $s->post('/api/v1/users/login/', {
    email => "o'brien+tag\@x.io", password => 'o' })
    ->{json}{result}{auth_token};
my ($alice_id) = map { $_->[0] }
    $s->sql("SELECT id FROM account WHERE username = 'alice'");
my $token = $c->{token};

# The lines "NAME=value" or "Name: value" of a page as a hash.
sub fields
{
    my ($r) = @_;
    my %f;
    for (split /\n/, $r->{body}) {
        $f{$1} = $2 if /^([\w.!-]+)(?:=|: )(.*)$/;
    }
    return \%f;
}

sub acct_names
{
    my ($r) = @_;
    return join ' ', sort grep { my $n = lc; $n =~ s/[^a-z0-9]/-/g;
        $n =~ /^(?:http-)?x-acct-/ } keys %{ fields($r) };
}

my $TOLD = 'X-Acct-Email X-Acct-Id X-Acct-Staff X-Acct-Token-Id X-Acct-User';

subtest 'CGI' => sub {
    for my $g (qw(t p o)) {
        my $f = fields($s->get("/$g/cgi/env.sh", headers => $c->{good}));
        is($f->{REMOTE_USER}, 'alice', "$g: REMOTE_USER");
        is($f->{AUTH_TYPE}, 'Token', 'AUTH_TYPE');
        is($f->{ACCTAUTH_ID}, $alice_id, 'ACCTAUTH_ID');
        is($f->{ACCTAUTH_USERNAME}, 'alice', 'ACCTAUTH_USERNAME');
        is($f->{ACCTAUTH_EMAIL}, 'alice@example.org', 'ACCTAUTH_EMAIL');
        is($f->{ACCTAUTH_STAFF}, '1', 'ACCTAUTH_STAFF');
        like($f->{ACCTAUTH_TOKEN_ID}, qr/\A[0-9a-f]{32}\z/,
            'ACCTAUTH_TOKEN_ID');
        isnt($f->{ACCTAUTH_TOKEN_ID}, substr($token, 0, 32),
            'which is not of the token');
        $f = fields($s->get("/$g/cgi/env.sh", headers => $c->{bob}));
        is($f->{REMOTE_USER}, 'bob', 'bob');
        ok(!exists $f->{ACCTAUTH_STAFF}, 'who is not staff');
        $f = fields($s->get("/$g/cgi/env.sh", token => $mail_token));
        is($f->{REMOTE_USER}, "o'brien+tag\@x.io", 'an account by address');
        is($f->{ACCTAUTH_USERNAME}, '', 'has no username');
        $f = fields($s->get("/$g/cgi/env.sh", token => $zoe_token));
        is($f->{REMOTE_USER}, $zoe, 'UTF-8');
    }
    for my $path ('/o/cgi/env.sh', '/cgi/env.sh') {
        my $f = fields($s->get($path));
        is(join(' ', sort grep { /^ACCTAUTH_|^REMOTE_USER|^AUTH_TYPE/ }
            keys %$f), '', "$path, anonymous: nothing");
    }
    my $f = fields($s->get('/cgi/env.sh', headers => $c->{good}));
    ok(!exists $f->{REMOTE_USER}, 'an open place asks nobody');
    $f = fields($s->get('/vars/x', headers => $c->{bob}));
    is($f->{ACCTAUTH_USERNAME}, 'bob', 'set over what was set before');
    isnt($f->{ACCTAUTH_ID}, '1', 'all of it');
};

subtest 'log' => sub {
    for my $who (['t', 'good', "$alice_id|alice|1|[0-9a-f]{32}|alice"],
        ['p', 'bob', '\d+|bob|-|[0-9a-f]{32}|bob'],
        ['o', 'good', "$alice_id|alice|1|[0-9a-f]{32}|alice"],
        ['o', 'none', '-|-|-|-|-'], ['p', 'none', '-|-|-|-|-'],
        ['p', 'revoked', '-|-|-|-|-'], ['t', 'garbage', '-|-|-|-|-'],
        ['open', 'good', '-|-|-|-|-']) {
        my ($g, $cred, $want) = @$who;
        my $mark = "log-$g-$cred-" . int rand 1e9;
        $s->get("/$g/app/$mark", headers => $c->{$cred});
        $want =~ s/\|/\\|/g;
        # The line is written when the answer has gone.
        my ($line) = $s->wait_for(sub {
            (grep { /\b\Q$mark\E\b/ } split /\n/, $s->access_log)[0] });
        like($line || '', qr/\A$want\|GET/, "$g, $cred");
    }
};

subtest 'expressions and headers' => sub {
    my $r = $s->get('/t/hdr/x', headers => $c->{good});
    my $f = fields($r);
    is($f->{'X-Who'}, $alice_id, 'RequestHeader from the environment');
    is($f->{'X-Name'}, 'alice', 'RequestHeader from an expression');
    is($r->{headers}{'x-answer-who'}, 'alice/1', 'Header');
    ok(!exists $r->{headers}{'x-too-early'},
        'an If section comes before it is known');
    $r = $s->get('/t/hdr/x', headers => $c->{garbage});
    is($r->{headers}{'x-answer-who'}, '/', 'nobody in a refusal');
    my $ahead = fields($s->get('/ahead/x', headers => $c->{good}));
    is("$ahead->{REMOTE_USER} $ahead->{AHEAD}", 'alice alice', 'look-ahead');
    is($s->get('/ahead/x', headers => $c->{garbage})->{status}, 401,
        'which lets nobody in');
    my $early = fields($s->get('/early/x', headers => $c->{good}));
    ok(!length($early->{EARLY} // $early->{REDIRECT_EARLY} // ''),
        'before authentication there is nobody');
};

subtest 'sub-requests' => sub {
    my $r = $s->get('/t/who.shtml', headers => $c->{good});
    like($r->{body}, qr/\Auser=alice;id=$alice_id;/, 'SSI');
    my $f = fields($r);
    is($f->{REMOTE_USER}, 'alice', 'CGI in it');
    is($f->{ACCTAUTH_ID}, $alice_id, 'CGI in it: identity');
    unlike($r->{body}, qr/\Q$token\E/, 'nothing in it gets the token');
    $r = $s->get('/open/inc.shtml', headers => $c->{good});
    like($r->{body}, qr/\Auser=\(none\);/, 'an open page: nobody');
    is(acct_names($r), $TOLD, 'a protected part of it is told');
    unlike($r->{body}, qr/\Q$token\E/, 'but not the token');
    $r = $s->get('/open/inc.shtml');
    is(acct_names($r), '', 'without a token: not');
    $f = fields($s->get('/index/', headers => $c->{good}));
    is($f->{ACCTAUTH_USERNAME}, 'alice', 'DirectoryIndex elsewhere');
    ok(!exists $f->{HTTP_AUTHORIZATION}, 'and no token there');
};

subtest 'the token goes no further' => sub {
    for my $g (qw(t p o)) {
        for my $path ("/$g/app/x", "/$g/told/x", "/$g/cgi/env.sh") {
            for my $who ($token, $zoe_token) {
                my $r = $s->get($path, token => $who);
                is($r->{status}, 200, $path);
                unlike($r->{body}, qr/\Q$who\E|authorization/i,
                    'has no token');
            }
        }
        my $r = $s->post("/$g/app/x", { a => 1 }, token => $token);
        unlike($r->{body}, qr/\Q$token\E|authorization/i, 'nor by POST');
        is(fields($s->get("/$g/passed/app/x", token => $token))
            ->{Authorization}, "Token $token", "$g: asked for, the application");
        is(fields($s->get("/$g/passed/cgi/env.sh", token => $token))
            ->{HTTP_AUTHORIZATION}, "Token $token", "$g: asked for, CGI");
    }
    is(fields($s->get('/o/app/x', headers => [['Authorization',
        'Basic eDp5']]))->{Authorization}, 'Basic eDp5',
        'optional: another scheme is not ours to take');
    is(fields($s->get('/open/app/x', headers => [['Authorization',
        'Basic eDp5']]))->{Authorization}, 'Basic eDp5', 'nor elsewhere');
};

subtest 'the application is told' => sub {
    for my $g (qw(t p o)) {
        my $r = $s->get("/$g/told/x", headers => $c->{good});
        my $f = fields($r);
        is(acct_names($r), $TOLD, "$g: all five");
        is($f->{'X-Acct-Id'}, $alice_id, 'X-Acct-Id');
        is($f->{'X-Acct-User'}, 'alice', 'X-Acct-User');
        is($f->{'X-Acct-Email'}, 'alice@example.org', 'X-Acct-Email');
        is($f->{'X-Acct-Staff'}, '1', 'X-Acct-Staff');
        like($f->{'X-Acct-Token-Id'}, qr/\A[0-9a-f]{32}\z/,
            'X-Acct-Token-Id');
        $f = fields($s->get("/$g/told/x", token => $zoe_token));
        is($f->{'X-Acct-User'}, 'zo%C3%AB', 'UTF-8 is percent-encoded');
        $f = fields($s->get("/$g/told/x", token => $mail_token));
        is($f->{'X-Acct-User'}, "o'brien+tag\@x.io", 'an address');
        is(acct_names($s->get("/$g/app/x", headers => $c->{good})), '',
            "$g: not unless asked");
        is(fields($s->get("/$g/told/cgi/env.sh", headers => $c->{good}))
            ->{HTTP_X_ACCT_USER}, 'alice', "$g: CGI too");
    }
    is(acct_names($s->get('/o/told/x')), '', 'optional, anonymous: nothing');
    is(acct_names($s->get('/open/told/x', headers => $c->{good})), '',
        'where nobody is asked: nothing');
};

# Every character that a header's name may have beside letters and digits.
my @SIGNS = split //, q(-_.!#$%&'*+^`|~);
my @FORGED = ((map { "X${_}Acct${_}User" } @SIGNS),
    qw(X-Acct-User x-acct-user X-ACCT-USER x-AcCt-uSeR X_Acct_User
       x_acct_user X.Acct.User X-Acct_User X_Acct-User X-Acct-Id X_ACCT_ID
       X-Acct-Staff x.acct.staff X-Acct-Email X-Acct-Token-Id
       X-Acct-Token_Id X-Acct-Anything X-Acct- x_acct_));

sub forged
{
    my ($path, $who, $want, %opt) = @_;
    my $all = [(map { [$_, 'f0rged'] } @FORGED), @{ $c->{$who} }];
    my $r = $s->get($path, headers => $all, %opt);
    is($r->{status}, 200, "$path, $who");
    is(acct_names($r), $want, "$path, $who: names");
    unlike($r->{body}, qr/f0rged/, "$path, $who: no value of the client");
}

subtest 'forged headers' => sub {
    for my $v ({}, $h2 ? { h2 => 1 } : ()) {
        my $w = $h2 && $v->{h2} ? 'HTTP/2' : 'HTTP/1.1';
        for my $g (qw(t p o)) {
            forged("/$g/app/x", 'good', '', %$v);
            forged("/$g/told/x", 'good', $TOLD, %$v)
                if 1;
            forged("/$g/cgi/env.sh", 'good', '', %$v);
        }
        forged($_, 'none', '', %$v) for '/o/app/x', '/o/told/x',
            '/o/cgi/env.sh', '/open/app/x', '/open/told/x', '/cgi/env.sh';
        forged($_, 'good', '', %$v) for '/open/app/x', '/open/told/x',
            '/cgi/env.sh';
        for my $name (@FORGED) {
            my $r = $s->get('/open/app/x', headers => [[$name, 'f0rged']],
                keep => !$v->{h2}, %$v);
            unlike($r->{body}, qr/f0rged/, "$name alone, $w");
            last if $v->{h2} && $name eq 'X_Acct_User';
        }
    }
    for my $method (qw(OPTIONS POST PUT DELETE HEAD PATCH)) {
        my $r = $s->request($method, '/open/app/x',
            headers => [['X-Acct-User', 'f0rged'], ['x_acct_id', '1'],
                        ['Origin', 'http://x'],
                        ['Access-Control-Request-Method', 'POST']],
            $method =~ /^P/ ? (body => 'x', type => 'a/b') : ());
        unlike($r->{body}, qr/f0rged/, $method);
    }
    my $f = fields($s->get('/open/app/x', headers => [['X-Acct', 'a'],
        ['X-Account-User', 'b'], ['Y-Acct-User', 'c']]));
    is("$f->{'X-Acct'}$f->{'X-Account-User'}$f->{'Y-Acct-User'}", 'abc',
        'names that are not ours are left alone');
    my $r = $s->post('/api/auth/login/', { username => 'bob',
        password => 'bob-secret' }, headers => [['X-Acct-User', 'alice'],
        ['X-Acct-Staff', '1']]);
    is($r->{status}, 200, 'an endpoint does not care');
    my $bobs = $r->{json}{token};
    is(fields($s->get('/p/told/x', token => $bobs))->{'X-Acct-User'}, 'bob',
        'and it is bob who signed in');
    like($s->log, qr/ACCT0310/, 'the log tells')
        if $s->{log_level} =~ /acctauth:(?:info|debug)/;
};

subtest 'SCGI' => sub {
    for my $g (qw(t p o)) {
        my $f = fields($s->get("/$g/scgi/x", headers => $c->{good}));
        is("$f->{REMOTE_USER} $f->{AUTH_TYPE} $f->{ACCTAUTH_ID}",
            "alice Token $alice_id", "$g: who it is");
        forged("/$g/scgi/x", 'good', '');
        my $r = $s->get("/$g/told/scgi/x", headers => $c->{good});
        is(fields($r)->{HTTP_X_ACCT_USER}, 'alice', "$g: told");
        unlike($r->{body}, qr/\Q$token\E/, "$g: no token");
    }
    forged($_, 'none', '') for '/o/scgi/x', '/o/told/scgi/x', '/open/scgi/x';
    my $f = fields($s->get('/open/scgi/x', headers => $c->{good}));
    is(join(' ', grep { /ACCT|REMOTE_USER/ } keys %$f), '', 'open: nothing');
};

subtest 'headers as trailers' => sub {
    for my $merge ('Off', 'On') {
        hup_quietly($s, "$conf\nMergeTrailers $merge\n");
        for my $path ('/p/told/x', '/open/app/x', '/p/cgi/env.sh',
                      '/cgi/env.sh') {
            my $all = $s->raw("POST $path HTTP/1.1\r\nHost: a\r\n"
                . "Authorization: Token $token\r\nConnection: close\r\n"
                . "Transfer-Encoding: chunked\r\nTrailer: X-Acct-User\r\n\r\n"
                . "3\r\na=1\r\n0\r\nX-Acct-User: f0rged\r\nx_acct_id: f0rged"
                . "\r\n\r\n");
            like($all, qr{\AHTTP/1\.1 200 }, "$path, MergeTrailers $merge");
            unlike($all, qr/f0rged/, 'and no trailer');
        }
    }
    hup_quietly($s, $conf);
};

subtest 'our names in Connection' => sub {
    for my $value ('X-Acct-User', 'close, X-Acct-User, x_acct_id',
        'keep-alive, X-Acct-Id,X-Acct-User ,X-Acct-Staff',
        'x-acct-user', 'X.Acct.User, X-Acct-Email, X-Acct-Token-Id') {
        for my $path ('/p/told/x', '/o/told/x', '/t/told/x') {
            my $r = $s->get($path, headers => [['Connection', $value],
                @{ $c->{good} }]);
            is(acct_names($r), $TOLD, "$path: $value");
        }
    }
    my $r = $s->get('/p/told/x', headers => [['Connection', 'X-Other'],
        ['Connection', 'X-Acct-User'], ['X-Other', 'gone'],
        @{ $c->{good} }]);
    is(acct_names($r), $TOLD, 'two lines');
    unlike($r->{body}, qr/gone/, 'and what is not ours is still obeyed');
    $r = $s->get('/p/told/x', headers => [['Connection', 'Authorization'],
        @{ $c->{good} }]);
    is(acct_names($r), $TOLD, 'Authorization there changes nothing');
};

subtest 'one connection, many people' => sub {
    my @who = (['good', 'alice'], ['none', ''], ['garbage', undef],
               ['bob', 'bob'], ['two', undef]);
    for my $place ('/o/cgi/env.sh', '/o/told/x', '/p/told/x') {
        my @wrong;
        for my $i (0 .. 49) {
            my ($cred, $name) = @{ $who[($i * 3 + int $i / 5) % 5] };
            my $r = $s->get($place, headers => $c->{$cred}, keep => 1);
            my $f = fields($r);
            my $got = $r->{status} == 200
                ? $f->{REMOTE_USER} // $f->{'X-Acct-User'} // '' : undef;
            $name = undef if $place =~ m{^/p/} && $cred eq 'none';
            push @wrong, "$i $cred: " . ($got // 'refused')
                if ($got // '-') ne ($name // '-');
        }
        is("@wrong", '', $place);
    }
    # A header that shrinks: nothing of the former one is left over.
    my @seen;
    for my $i (1 .. 100) {
        my $value = $i % 3 == 0 ? "Token $token" : $i % 3 == 1 ? '' : 'Token';
        my $r = $s->get('/p/cgi/env.sh', keep => 1,
            headers => [['Authorization', $value]]);
        push @seen, "$i $r->{status}"
            if $r->{status} != ($i % 3 ? 401 : 200);
    }
    is("@seen", '', 'shrinking headers');
};

# ------------------------------------------------------------------ HTTP/2

# One connection, all requests at once: [path, headers...]; bodies in order.
sub h2_burst
{
    my ($port, @requests) = @_;
    my $sock = IO::Socket::INET->new(PeerAddr => '127.0.0.1',
        PeerPort => $port) or die "cannot connect: $!\n";
    my $frame = sub {
        my ($type, $flags, $stream, $payload) = @_;
        return substr(pack('N', length $payload), 1)
            . pack('CCN', $type, $flags, $stream) . $payload;
    };
    my $text = sub {
        my $n = length $_[0];
        return ($n < 127 ? chr $n
            : $n < 255 ? chr(127) . chr($n - 127)
            : chr(127) . chr(128 | (($n - 127) & 127)) . chr(($n - 127) >> 7))
            . $_[0];
    };
    my $out = "PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n" . $frame->(4, 0, 0, '')
        . $frame->(8, 0, 0, pack 'N', 1 << 24);
    my (%body, %done);
    for my $i (0 .. $#requests) {
        my ($path, @headers) = @{ $requests[$i] };
        my $block = "\x82\x86\x04" . $text->($path) . "\x01" . $text->('a');
        $block .= "\x00" . $text->(lc $_->[0]) . $text->($_->[1])
            for @headers;
        $out .= $frame->(1, 5, 2 * $i + 1, $block);
    }
    syswrite $sock, $out;
    my $buf = '';
    my $end = time + 30;
    while (keys %done < @requests && time < $end) {
        last if !IO::Select->new($sock)->can_read(10);
        sysread $sock, $buf, 65536, length $buf or last;
        while (length $buf >= 9) {
            my ($h, $l, $type, $flags, $id) = unpack 'nCCCN', $buf;
            my $length = $h << 8 | $l;
            last if length $buf < 9 + $length;
            my $payload = substr $buf, 9, $length;
            substr $buf, 0, 9 + $length, '';
            $id &= 0x7fffffff;
            $body{$id} .= $payload if $type == 0;
            $body{$id} = "reset $payload" if $type == 3;
            syswrite $sock, $frame->(4, 1, 0, '')
                if $type == 4 && !($flags & 1);
            syswrite $sock, $frame->(6, 1, 0, $payload)
                if $type == 6 && !($flags & 1);
            $done{$id} = 1 if $type == 3 || ($type <= 1 && $flags & 1);
        }
    }
    close $sock;
    return map { $body{ 2 * $_ + 1 } // '' } 0 .. $#requests;
}

SKIP: {
    skip 'no HTTP/2', 1 if !$h2;
    subtest 'HTTP/2: 50 streams of one connection, mixed' => sub {
        my @who = (['good', 'alice'], ['none', ''], ['garbage', undef],
                   ['bob', 'bob'], ['two', undef]);
        my (@requests, @want);
        for my $i (0 .. 49) {
            my ($cred, $name) = @{ $who[($i * 7) % 5] };
            my $place = $i % 2 ? '/o/told/x' : '/o/cgi/env.sh';
            push @requests, [$place, @{ $c->{$cred} },
                ['x_acct_user', 'f0rged']];
            push @want, $name;
        }
        my @bodies = h2_burst($s->port, @requests);
        my @wrong;
        for my $i (0 .. $#requests) {
            my $f = fields({ body => $bodies[$i] });
            my $got = $bodies[$i] =~ /"detail"/ ? '-'
                : $f->{REMOTE_USER} // $f->{'X-Acct-User'} // '';
            $got = 'empty' if $bodies[$i] eq '';
            $got = 'f0rged' if $bodies[$i] =~ /f0rged/;
            push @wrong, "$i $requests[$i][0]: $got, not "
                . ($want[$i] // 'refused') if $got ne ($want[$i] // '-');
        }
        is(join("\n", @wrong), '', 'each is told its own');
    };
}

unlike($s->log . $s->access_log, qr/\Q$token\E/, 'no token in a log');

done_testing();
