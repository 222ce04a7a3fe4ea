#!/usr/bin/perl
# SPDX-License-Identifier: Apache-2.0
# mpm: any, what is answered is the dialect's
# driver: any, the same
#
# What a route of a dialect may say of the credentials and the body that it
# takes: fields in a DELETE, a token that is optional, HTTP Basic, a name or an
# address; and how many tokens a login may make.

use strict;
use warnings;
use lib 't/lib';
use AcctTest;
use FaultKit;
use JSON::PP ();
use MIME::Base64 'encode_base64';
use Test::More;

my $PASSWORD = 'Correct-horse-9';
my $FORM = 'application/x-www-form-urlencoded';
my $TOKEN = { status => 200, body => { token => '{token}' } };
my $NAME = { u => 'identifier', p => 'password' };

my %dialect = (
    session => {
        extends => 'base', token => { policy => 'many' },
        routes => [
            { path => 'in', method => 'POST', operation => 'login',
              fields => $NAME, responses => { ok => $TOKEN } },
            { path => 'in', method => 'DELETE', operation => 'login',
              fields => $NAME, responses => { ok => $TOKEN } },
            { path => 'out', method => 'POST', operation => 'logout',
              token => 'optional', responses =>
                { ok => { status => 200, body => { detail => 'Out.' } } } },
            { path => 'me', method => 'DELETE', operation => 'delete',
              fields => { pw => 'current_password' },
              responses => { ok => { status => 204 } } },
            { path => 'mixed', method => 'POST', operation => 'login',
              fields => $NAME, responses => { ok => $TOKEN } },
            { path => 'mixed', method => 'GET', operation => 'current',
              responses => { ok => { status => 200,
                                     body => { u => '{account.username}' } } }
            },
        ],
    },
    basic => {
        extends => 'base', token => { policy => 'many' },
        routes => [
            { path => 'in', method => 'POST', operation => 'login',
              credentials => 'basic', challenge => 'Basic realm="a b"',
              responses => { ok => $TOKEN, wrong_credentials =>
                { status => 401, body => { detail => '{message}' } } } },
            { path => 'out', method => 'POST', operation => 'logout',
              responses => { ok => { status => 204 } } },
        ],
    },
    told => {
        extends => 'session',
        responses => { blocked_token => { status => 401,
            body => { detail => 'Blocked.' } } },
    },
    few => { extends => 'basic', token => { policy => 'many', limit => 2 } },
    either => {
        extends => 'base', token => { policy => 'many' },
        identifier => ['username', 'email'],
        routes => [
            { path => 'in', method => 'POST', operation => 'login',
              fields => { username => { as => 'identifier', required =>
                                        JSON::PP::false },
                          email => { as => 'email', required =>
                                     JSON::PP::false },
                          password => 'password' },
              responses => { ok => { status => 200, body =>
                { u => '{account.username}', token => '{token}' } } } },
        ],
    },
);

my $s = AcctTest->prepare(api => 0, hash => cheap_hash());
my $dialects = $s->dir . '/dialects';
mkdir $dialects;
for my $file (glob tree() . '/conf/dialects/*.json') {
    (my $base = $file) =~ s{.*/}{};
    spew("$dialects/$base", slurp($file));
}
spew("$dialects/$_.json", JSON::PP::encode_json($dialect{$_}))
    for keys %dialect;
$s->{dialect_dir} = $dialects;
my $LOGGED = '%{Authorization}i %{HEADER}e %{WORD}e';
$s->{conf} = <<"CONF" . join '', map {
AcctAuthLimit On failures=100/5m
CustomLog "logs/presented" "%U $LOGGED"
SetEnvIf Authorization "(.+)" HEADER=\$1
SetEnvIf Authorization "^Basic +(\\S+)" WORD=\$1
ErrorDocument 403 /closed.txt
<Location "/basic/">
    <If "-n %{HTTP:X-Closed}">
        Require all denied
    </If>
</Location>
CONF
 "<Location \"/$_/\">\n    AcctAuthAPI $_\n"
    . "</Location>\n" } sort keys %dialect;
$s->_write_conf;
is($s->run, undef, 'a server with routes of several kinds')
    or BAIL_OUT('no server');
$s->write('htdocs/closed.txt', "Closed.\n");
$s->account(username => 'ann', password => $PASSWORD,
            email => 'ann@example.org');
$s->account(username => 'few', password => $PASSWORD);
$s->account(username => 'bob', password => 'a:b:c-Long-1',
            email => 'bob@example.org');

sub sign_in
{
    return $s->post('/session/in', { u => 'ann', p => $PASSWORD })
        ->{json}{token};
}
sub token { return (headers => { Authorization => "Token $_[0]" }) }
sub said { return "$_[0]{status} $_[0]{body}" }
sub status { return join ' ', map { $_->{status} } @_ }

subtest 'a DELETE may have a body, JSON or a form' => sub {
    my $r = $s->request('DELETE', '/session/in', type => 'application/json',
        body => qq({"u":"ann","p":"$PASSWORD"}));
    is($r->{status}, 200, 'JSON');
    ok($r->{json}{token}, 'was read');
    $r = $s->request('DELETE', '/session/in', type => $FORM,
        body => "u=ann&p=$PASSWORD");
    is($r->{status}, 200, 'a form');
    ok($r->{json}{token}, 'was read');
};

subtest 'its fields never come from the query, and none sent is none' => sub {
    my $r = $s->request('DELETE', "/session/in?u=ann&p=$PASSWORD");
    is($r->{status}, 400, 'refused');
    is_deeply($r->{json}, { u => ['This field is required.'],
                            p => ['This field is required.'] },
        'as an empty object is');
    $r = $s->request('DELETE', "/session/in?u=ann&p=$PASSWORD",
        type => $FORM, body => 'u=ann');
    is($r->{body}, '{"p":["This field is required."]}',
        'nor what a form lacks');
};

subtest 'what is wrong with its body is told as of any other' => sub {
    my %wrong = (
        'text/plain' => ['u', 415], 'application/json' => ['{', 400]);
    for my $type (sort keys %wrong) {
        my ($body, $status) = @{$wrong{$type}};
        my $r = $s->request('DELETE', '/session/in', type => $type,
                            body => $body);
        is($r->{status}, $status, "$type $body");
    }
    is($s->request('DELETE', '/session/in', type => 'application/json',
        body => '[]')->{body}, '{"non_field_errors":["Invalid data. Expected '
        . 'a dictionary, but got list."]}', 'a list');
};

subtest 'a route may take a token and fields' => sub {
    $s->account(username => 'del', password => $PASSWORD);
    my $token = $s->post('/session/in', { u => 'del', p => $PASSWORD })
        ->{json}{token};
    my $del = sub {
        my ($type, $body, $query) = @_;
        return said($s->request('DELETE', '/session/me' . ($query || ''),
            token($token), defined $type ? (type => $type, body => $body)
                                         : ()));
    };
    my $required = '400 {"pw":["This field is required."]}';
    is($del->(), $required, 'no body is an empty object');
    is($del->(undef, undef, "?pw=$PASSWORD"), $required, 'with a query too');
    is($del->('text/plain', "pw=$PASSWORD"), '415 {"detail":"Unsupported '
        . 'media type \"text/plain\" in request."}', 'neither JSON nor form');
    like($del->('application/json', '{'), qr/^400 .*JSON parse error/,
        'no JSON');
    like($del->('application/json', 'null'), qr/^400 .*No data provided/,
        'nothing');
    is($del->($FORM, 'pw=wrong'), '400 {"pw":["Invalid value."]}',
        'a wrong one');
    is($s->request('DELETE', '/session/me', type => 'application/json',
        body => '{')->{status}, 401, 'the token goes before the body');
    is($del->($FORM, "pw=$PASSWORD"), '204 ', 'the right one');
    is($s->post('/session/in', { u => 'del', p => $PASSWORD })->{status},
        400, 'was taken');
};

subtest 'a live token of a blocked account is told as the dialect says' => sub {
    $s->account(username => 'out', password => $PASSWORD);
    my $token = sub { $s->post('/session/in', { u => 'out', p => $PASSWORD })
        ->{json}{token} };
    my ($live, $over) = ($token->(), $token->());
    # The command ends all tokens with a block; a row can say it alone.
    $s->sql("UPDATE account SET is_active = 0 WHERE username = 'out'");
    my $id = ($s->sql('SELECT id FROM token ORDER BY created_at DESC'))[0][0];
    $s->sql("UPDATE token SET expires_at = 1 WHERE id = '$id'");
    is(said($s->request('GET', '/told/mixed', token($live))),
        '401 {"detail":"Blocked."}', 'in its own words');
    is(said($s->request('GET', '/session/mixed', token($live))),
        '401 {"detail":"Invalid token."}', 'or as one that is none');
    is(said($s->request('GET', '/told/mixed', token($over))),
        '401 {"detail":"Invalid token."}', 'one that is over is none at all');
    is($s->request('POST', '/told/in', type => 'application/json',
        body => qq({"u":"out","p":"$PASSWORD"}))->{status}, 400,
        'nor is the account signed in to');
};

subtest 'where a token is optional none is none' => sub {
    my $r = $s->request('POST', '/session/out');
    is("$r->{status} $r->{body}", '200 {"detail":"Out."}', 'no header');
    $r = $s->request('POST', '/session/out',
                     headers => { Authorization => 'Basic YTpi' });
    is("$r->{status} $r->{body}", '200 {"detail":"Out."}', 'another scheme');
};

subtest 'a good one counts' => sub {
    my ($one, $two) = (sign_in(), sign_in());
    is($s->request('POST', '/session/out', token($one))->{status}, 200,
        'signed out');
    is(status(map { $s->request('GET', '/session/mixed', token($_)) }
              $one, $two), '401 200', 'that token has ended, and no other');
};

subtest 'and a bad one is refused' => sub {
    my %wrong = (
        'Token ' . $s->unknown_token => 'Invalid token.',
        'Token' => 'Invalid token header. No credentials provided.',
        'Token a b' => 'Invalid token header. Token string should not '
            . 'contain spaces.');
    for my $header (sort keys %wrong) {
        my $r = $s->request('POST', '/session/out',
                            headers => { Authorization => $header });
        is("$r->{status} $r->{json}{detail}", "401 $wrong{$header}",
            substr $header, 0, 10);
        is($r->{headers}{'www-authenticate'}, 'Token', 'with a challenge');
    }
};

subtest 'there the method is judged first, whatever was presented' => sub {
    for my $method (qw(GET PUT PATCH DELETE)) {
        is(status($s->request($method, '/session/out'),
                  $s->request($method, '/session/out',
                              token($s->unknown_token))),
            '405 405', $method);
    }
};

subtest 'a method that no route has is refused for the token, if a route of '
    . 'the path needs one' => sub {
    my $token = sign_in();
    my $r = $s->request('PUT', '/session/mixed');
    is("$r->{status} $r->{json}{detail}",
        '401 Authentication credentials were not provided.', 'none');
    is($r->{headers}{allow}, 'GET, POST, HEAD, OPTIONS', 'says what may be');
    is($r->{headers}{'www-authenticate'}, 'Token', 'and what is wanted');
    is(status($s->request('PUT', '/session/mixed', token($s->unknown_token)),
              $s->request('PUT', '/session/mixed', token($token)),
              $s->request('PUT', '/session/in')),
        '401 405 405', 'a bad one, a good one, a path where none is needed');
    is($s->request('OPTIONS', '/session/mixed')->{status}, 200,
        'OPTIONS needs none');
};

subtest 'signing nobody out leaves no line in the log' => sub {
    my $before = () = $s->log =~ /authn_token_revoked/g;
    $s->request('POST', '/session/out') for 1 .. 3;
    is(scalar(() = $s->log =~ /authn_token_revoked/g), $before, 'none');
    $s->request('POST', '/session/out', token(sign_in()));
    is(scalar(() = $s->log =~ /authn_token_revoked/g), $before + 1,
        'signing somebody out does');
};

# ------------------------------------------------------------- HTTP Basic

sub basic
{
    my ($text, %opt) = @_;
    return $s->request('POST', '/basic/in', headers => { Authorization =>
        'Basic ' . encode_base64($text, '') }, %opt);
}
sub told { return "$_[0]{status} " . ($_[0]{json}{detail} || 'a token') }

my $NONE = '401 Authentication credentials were not provided.';
my $WRONG = '401 Unable to log in with provided credentials.';

subtest 'name and password may come by HTTP Basic' => sub {
    my $r = basic("ann:$PASSWORD");
    is($r->{status}, 200, 'signed in');
    is($s->request('POST', '/basic/out', token($r->{json}{token}))->{status},
        204, 'with a token that is one');
    is(told(basic('bob:a:b:c-Long-1')), '200 a token',
        'the first colon divides');
    my $word = encode_base64("ann:$PASSWORD", '');
    $r = $s->request('POST', '/basic/in',
                     headers => { Authorization => "bAsIC  $word" });
    is(told($r), '200 a token', 'the scheme is compared without case');
};

subtest 'then the body is not read, whatever it is' => sub {
    my %body = ('{' => 'application/json', 'x' => 'text/plain',
                '{"u":"bob"}' => 'application/json');
    for my $body (sort keys %body) {
        my $r = basic("ann:$PASSWORD", type => $body{$body}, body => $body);
        is(told($r), '200 a token', $body);
    }
    is(basic("ann:$PASSWORD", type => 'application/json',
             body => ' ' x 200_000)->{status}, 413, 'but it has a limit');
    is(told($s->post('/basic/in', { u => 'ann', p => $PASSWORD })), $NONE,
        'nor are credentials looked for in it');
};

subtest 'what are no credentials is told, with the challenge of the route'
    => sub {
    my %wrong = (
        'Basic' => '401 Invalid basic header. No credentials provided.',
        'Basic a b' => '401 Invalid basic header. Credentials string should '
            . 'not contain spaces.',
        'Bearer abc' => $NONE, 'Token ' . 'a' x 40 => $NONE,
        'Basic %%%' => $WRONG, 'Basic YWJj' => $WRONG, 'Basic Og==' => $WRONG);
    for my $header (sort keys %wrong) {
        my $r = $s->request('POST', '/basic/in',
                            headers => { Authorization => $header });
        is(told($r), $wrong{$header}, substr $header, 0, 12);
        is($r->{headers}{'www-authenticate'}, 'Basic realm="a b"', 'asked');
    }
    is(told(basic('ann:wrong')), $WRONG, 'a wrong password');
    is(told(basic('nobody:wrong')), $WRONG, 'nobody');
    is(told(basic("ann\@example.org:$PASSWORD")), $WRONG,
        'what the dialect does not sign in by');
    is($s->request('POST', '/basic/out')->{headers}{'www-authenticate'},
        'Token', 'another route asks as the server does');
};

subtest 'a wrong method is refused for the lack of them first' => sub {
    my $r = $s->request('GET', '/basic/in');
    is(told($r), $NONE, 'none');
    is($r->{headers}{'www-authenticate'}, 'Basic realm="a b"', 'asked');
    is($s->request('GET', '/basic/in', headers => { Authorization =>
        'Basic ' . encode_base64("ann:$PASSWORD", '') })->{status}, 405,
        'then the method');
};

subtest 'no log and no variable learns what was presented' => sub {
    my $word = encode_base64("ann:$PASSWORD", '');
    my @lines = grep { m{^/basic/in } } split /\n/,
        slurp($s->dir . '/logs/presented');
    cmp_ok(scalar @lines, '>', 10, 'requests were logged');
    is(scalar(grep { /\Q$word\E|Basic [^-]/ } @lines), 0, 'without it');
    ok((grep { m{^/basic/in - - -$} } @lines), 'nor anything in its place');
    unlike($s->log, qr/\Q$word\E|\Q$PASSWORD\E/, 'nor the error log');
};

subtest 'nor does the document of an error that came before it' => sub {
    my $r = $s->request('POST', '/basic/in', headers => { 'X-Closed' => 1,
        Authorization => 'Basic ' . encode_base64("ann:$PASSWORD", '') });
    is(said($r), "403 Closed.\n", 'refused by another');
    my ($line) = reverse grep { m{^/basic/in } } split /\n/,
        slurp($s->dir . '/logs/presented');
    is($line, '/basic/in - - -', 'and taken from the request');
};

subtest 'a login is refused where the account has its tokens' => sub {
    my $few = sub {
        return $s->request('POST', '/few/in', headers => { Authorization =>
            'Basic ' . encode_base64("few:$_[0]", '') });
    };
    my @made = map { $few->($PASSWORD) } 1, 2;
    is(told($few->($PASSWORD)), '403 Maximum amount of tokens allowed per '
        . 'user exceeded.', 'the third');
    is(told($few->('wrong')), $WRONG, 'not so for a wrong password');
    is(status(map { $s->request('POST', '/basic/out',
                                token($_->{json}{token})) } @made),
        '204 204', 'and none was ended for it');
    is(told($few->($PASSWORD)), '200 a token', 'then there is room');
};

subtest 'wrong passwords are counted as those of a body' => sub {
    my $r;
    for (1 .. 8) {
        $r = basic('bob:wrong');
        last if $r->{status} != 401;
    }
    is($r->{status}, 429, 'then the name has to wait');
    cmp_ok($r->{headers}{'retry-after'}, '>', 0, 'for so long');
    is(basic('bob:a:b:c-Long-1')->{status}, 429, 'its right one too');
};

# -------------------------------------------------------- name or address

subtest 'a login may have a name and an address, of which one is sent' => sub
{
    my $by = sub {
        my $r = $s->post('/either/in', { password => $PASSWORD, @_ });
        return $r->{status} == 200 ? $r->{json}{u} : $r->{body};
    };
    my $wrong = '{"non_field_errors":["Unable to log in with provided '
        . 'credentials."]}';
    is($by->(username => 'ann'), 'ann', 'the name');
    is($by->(username => 'ann@example.org'), 'ann', 'an address for one');
    is($by->(email => 'ann@example.org'), 'ann', 'the address');
    is($by->(email => 'ann@example.org', username => 'bob'), 'ann',
        'an address goes before a name');
    is($by->(email => 'few@example.org', username => 'ann'), $wrong,
        'and alone counts');
    is($by->(email => ' ', username => 'ann'), 'ann', 'unless it is blank');
    is($by->(email => 'ann', username => 'ann'),
        '{"email":["Enter a valid email address."]}', 'its form is checked');
    is($by->(username => '', email => ''), '{"non_field_errors":["Must '
        . 'include a name or an address, and a password."]}', 'neither');
    is($by->(password => ''), '{"password":["This field may not be '
        . 'blank."]}', 'after the problems of fields');
};

done_testing;
