#!/usr/bin/perl
# SPDX-License-Identifier: Apache-2.0
# mpm: any, how a body is read does not depend on it
# driver: any, a body is read before a database is asked
#
# Request bodies on the wire: too long, cut off, slow, badly framed; and what
# becomes of the connection after. Whatever is wrong with a body, it changes
# nothing, and no byte of it becomes part of the connection's next request.

use strict;
use warnings;
use lib 't/lib';
use AcctTest;
use FiveAPIs;
use Test::More;
use Time::HiRes ();

my $s = AcctTest->start(hash => 'argon2id m=8 t=1 p=1',
    modules => ['reqtimeout'], conf => <<'CONF');
RequestReadTimeout header=10 body=1
CONF

my $TOO_LARGE = detail('Request body is too large.');
my $ann = $s->account(username => 'ann', email => 'ann@example.org',
                      password => 'ann-secret');
my $n = 0;

sub token
{
    return $s->post('/api/auth/login/', { username => 'ann',
                    password => 'ann-secret' })->{json}{token};
}

# A registration's body, SIZE bytes long when that is given.
sub body
{
    my ($size) = @_;
    my $text = '{"username":"b' . ++$n . '","password":"pw"';
    $text .= ',"pad":"' . 'x' x ($size - length($text) - 10) . '"' if $size;
    return "$text}";
}

sub head
{
    my ($path, @lines) = @_;
    return join "\r\n", "POST $path HTTP/1.1", 'Host: 127.0.0.1',
        (grep({ /^Content-Type:/i } @lines)
            ? () : 'Content-Type: application/json'), @lines, '', '';
}

my $register = '/api/auth/register/';

sub chunk { return sprintf "%x\r\n%s\r\n", length $_[0], $_[0] }

sub accounts_now { return ($s->sql('SELECT count(*) FROM account'))[0][0] }

# statuses(BYTES): of all the answers in what a connection brought.
sub statuses
{
    my ($bytes) = @_;
    return join ' ', $bytes =~ m{HTTP/1\.1 (\d{3}) }g;
}

# changes_nothing(NAME, CODE): no account more or less.
sub changes_nothing
{
    my ($name, $code) = @_;
    subtest $name => sub {
        my $before = accounts_now();
        $code->();
        is accounts_now(), $before, 'no account was made';
        my $r = $s->post($register, { username => 'ok' . ++$n,
                                      password => 'pw' });
        is $r->{status}, 200, 'and the next request is served';
    };
}

# refused_or_closed(BYTES, NAME): one refusal, that no cache may keep, or a
# closed connection; and nothing after it.
sub refused_or_closed
{
    my ($bytes, $name) = @_;
    local $Test::Builder::Level = $Test::Builder::Level + 1;
    my $got = statuses($bytes);
    $got .= ' without Cache-Control: no-store'
        if length $got && $bytes !~ /^Cache-Control: no-store\r$/mi;
    like $got, qr/\A(?:4\d\d)?\z/, $name;
}

changes_nothing 'over the limit as declared: 413 before the body is sent'
    => sub {
    for my $length (16385, 1_000_000, 2_000_000_000) {
        my $start = Time::HiRes::time();
        my $r = $s->request('POST', $register, type => 'application/json',
                            headers => [['Content-Length', $length]],
                            body => '{"user');
        answer_is $r, 413, $TOO_LARGE, "$length bytes declared";
        ok Time::HiRes::time() - $start < 0.9,
            '  told without waiting for them';
    }
};

changes_nothing 'over the limit in chunks' => sub {
    my $body = body(16385);
    my $bytes = $s->raw(head($register, 'Transfer-Encoding: chunked',
                             'Connection: close')
        . join('', map { chunk($_) } $body =~ /(.{1,1000})/gs)
        . "0\r\n\r\n");
    like $bytes, qr{\AHTTP/1\.1 413 }, '16385 bytes in chunks of 1000';
    like $bytes, qr/\r\n\r\n\Q$TOO_LARGE\E\z/, '  with the JSON body';
    $bytes = $s->raw(head($register, 'Transfer-Encoding: chunked')
        . '7fffffff' . "\r\n" . body(20000));
    like statuses($bytes), qr/\A41[3]\z/, 'one chunk of 2 GiB, begun';
    # Never the end: the answer does not wait for it.
    $bytes = $s->raw(head($register, 'Transfer-Encoding: chunked')
        . chunk('x' x 10000) x 3);
    is statuses($bytes), '413', 'a body without an end';
};

subtest 'exactly the limit is read, declared and in chunks' => sub {
    my $r = $s->request('POST', $register, type => 'application/json',
                        body => body(16384));
    is $r->{status}, 200, 'declared';
    my $body = body(16384);
    $r = $s->request('POST', $register,
                     chunked => [$body =~ /(.{1,999})/gs]);
    is $r->{status}, 200, 'in chunks';
};

subtest 'a chunked body is read however it is cut' => sub {
    for my $size (1, 2, 7, 100) {
        my $body = body();
        my $r = $s->request('POST', $register,
                            chunked => [$body =~ /(.{1,$size})/gs]);
        is $r->{status}, 200, "chunks of $size";
    }
    my $body = body();
    my $bytes = $s->raw([head($register, 'Transfer-Encoding: chunked',
                              'Connection: close'),
                         map({ chunk($_) } $body =~ /(.{1,9})/gs),
                         "0\r\n\r\n"], pause => 0.01);
    is statuses($bytes), '200', 'with pauses between them';
    $body = body();
    $bytes = $s->raw(head($register, 'Transfer-Encoding: chunked',
                          'Connection: close')
        . sprintf("%X;ext=\"v\"\r\n%s\r\n", length $body, $body)
        . "0;last\r\nX-Trailer: a\r\nX-Other: b\r\n\r\n");
    is statuses($bytes), '200', 'with extensions and trailers';
    $body = body();
    $bytes = $s->raw([head($register, 'Content-Length: ' . length $body,
                           'Connection: close'),
                      split //, $body], pause => 0.002);
    is statuses($bytes), '200', 'a declared one byte by byte';
};

changes_nothing 'chunk framing that is none' => sub {
    my @table = (
        [ "zz\r\n{}\r\n0\r\n\r\n", 'no hexadecimal size' ],
        [ "-5\r\n{}\r\n0\r\n\r\n", 'a negative size' ],
        [ "ffffffffffffffffff\r\n", 'a size beyond 64 bits' ],
        [ "\r\n\r\n", 'no size' ],
        [ "2\r\n{}XX0\r\n\r\n", 'no line end after a chunk' ],
        [ chunk('{"username":"cg","password":"p"') . "}\r\n0\r\n\r\n",
          'data where a size should be' ],
    );
    for my $row (@table) {
        my ($chunks, $name) = @$row;
        my $bytes = $s->raw(head($register, 'Transfer-Encoding: chunked')
                            . $chunks, timeout => 4);
        refused_or_closed $bytes,
            "$name: refused, and nothing is answered after it";
    }
};

changes_nothing 'a body that is cut off half-way' => sub {
    my $body = body();
    my $half = substr $body, 0, 12;
    my $bytes = $s->raw(head($register, 'Content-Length: ' . length $body)
                        . $half, shut => 1, timeout => 4);
    refused_or_closed $bytes, 'declared longer';
    $bytes = $s->raw(head($register, 'Transfer-Encoding: chunked')
                     . chunk($half), shut => 1, timeout => 4);
    refused_or_closed $bytes, 'chunked, no last chunk';
    $bytes = $s->raw(head($register, 'Transfer-Encoding: chunked')
                     . sprintf("%x\r\n%s", length $body, $half),
                     shut => 1, timeout => 4);
    refused_or_closed $bytes, 'inside a chunk';
    # All of the JSON is there, but not all that was announced.
    my $whole = body();
    $bytes = $s->raw(head($register, 'Content-Length: '
                          . (length($whole) + 5)) . $whole, shut => 1,
                     timeout => 4);
    refused_or_closed $bytes,
        'a whole object, with five bytes missing after it';
    $bytes = $s->raw(head($register, 'Transfer-Encoding: chunked')
                     . chunk($whole), shut => 1, timeout => 4);
    refused_or_closed $bytes,
        'a whole object, no last chunk';
    for (1 .. 5) {
        my $sock = $s->connect;
        print {$sock} head($register, 'Content-Length: 400') . $half;
        close $sock;
    }
    pass 'closed in the middle, five times';
};

changes_nothing 'a Content-Length that lies or is none' => sub {
    my $body = body();
    my $bytes = $s->raw(head($register, 'Content-Length: 10') . $body,
                        timeout => 4);
    like statuses($bytes), qr/\A400(?: [45]\d\d)*\z/,
        'too short: a parse error, and the rest is no request';
    for my $row ([ '-1' ], [ 'x' ], [ '10, 11' ], [ '0x10' ], [ '' ],
                 [ '99999999999999999999999' ], [ '10', '12' ]) {
        $bytes = $s->raw(head($register,
            (map { "Content-Length: $_" } @$row), 'Connection: close')
            . $body, timeout => 4);
        like statuses($bytes), qr/\A4\d\d\b/, "Content-Length @$row";
    }
    $bytes = $s->raw(head($register, 'Transfer-Encoding: gzip, chunked')
                     . chunk("\x1f\x8b\x08\0\0\0\0\0") . "0\r\n\r\n",
                     timeout => 4);
    like statuses($bytes), qr/\A(?:4\d\d|501)\b/,
        'a transfer coding that nobody undoes';
    $bytes = $s->raw(head($register, 'Transfer-Encoding: gzip')
                     . $body, timeout => 4);
    like statuses($bytes), qr/\A(?:4\d\d|501)\b/,
        'a transfer coding without chunks';
};

subtest 'Content-Length beside chunks never splits into two requests' => sub {
    my $token = token();
    my $body = body();
    my $inner = "GET /api/v1/users/$ann/ HTTP/1.1\r\nHost: x\r\n\r\n";
    my $bytes = $s->raw("POST /api/v1/users/$ann/ HTTP/1.1\r\nHost: x\r\n"
        . "Authorization: Token $token\r\nContent-Length: 4\r\n"
        . "Transfer-Encoding: chunked\r\n\r\n"
        . "0\r\n\r\n$inner", timeout => 4);
    unlike $bytes, qr/"auth_token"/, 'no identity is left over';
};

changes_nothing 'a body that stalls is given up' => sub {
    my $start = Time::HiRes::time();
    my $bytes = $s->raw(head($register, 'Content-Length: 100')
                        . '{"username":"slow"', timeout => 8);
    my $took = Time::HiRes::time() - $start;
    ok $took < 7, 'the connection is closed';
    like statuses($bytes), qr/\A(?:408|400)?\z/, 'with a 408 or nothing';
    $bytes = $s->raw(head($register, 'Transfer-Encoding: chunked')
                     . "40\r\n{\"user", timeout => 8);
    like statuses($bytes), qr/\A(?:408|400)?\z/, 'in chunks too';
};

subtest 'Expect: 100-continue is answered only where the body is wanted'
    => sub {
    my $token = token();
    my @expect = ('Expect: 100-continue', 'Content-Length: 20');
    my @table = (
        [ head('/account/login/', @expect,
               'Content-Type: text/plain'), 415, 'a wrong media type' ],
        [ head('/account/login/', @expect, 'Content-Encoding: gzip'), 415,
          'a content encoding' ],
        [ head('/account/login/', 'Expect: 100-continue',
               'Content-Length: 16385'), 413, 'too long as declared' ],
        [ head('/account/nope/', @expect), 404, 'no such path' ],
        [ head('/account/logout/', @expect), 401, 'no token' ],
        [ head('/account/logout/', @expect, 'Authorization: Token x'), 401,
          'a bad token' ],
        [ head("/api/v1/users/$ann/", @expect,
               "Authorization: Token $token"), 405, 'a wrong method' ],
        [ do { (my $h = head('/account/login/', @expect))
                   =~ s/^POST/PUT/; $h }, 405, 'PUT' ],
    );
    for my $row (@table) {
        my ($bytes, $status, $name) = @$row;
        my $answer = $s->raw($bytes, timeout => 3);
        is statuses($answer), $status, "$name: $status and no 100";
    }
    my $body = '{"username":"ann","password":"ann-secret"}';
    my $sock = $s->connect;
    print {$sock} head('/account/login/', 'Expect: 100-continue',
        'Connection: close', 'Content-Length: ' . length $body);
    my $first = '';
    sysread $sock, $first, 4096 if IO::Select->new($sock)->can_read(3);
    is statuses($first), '100', 'a body that is wanted is asked for';
    print {$sock} $body;
    my $rest = '';
    while (IO::Select->new($sock)->can_read(3)) {
        sysread($sock, $rest, 65536, length $rest) or last;
    }
    is statuses($rest), '200', 'and then answered';
};

subtest 'after a refused body the next request is nobody\'s but its own'
    => sub {
    my $token = token();
    my $auth = "Authorization: Token $token";
    my $next = "GET /api/v1/users/$ann/ HTTP/1.1\r\nHost: x\r\n"
             . "Connection: close\r\n\r\n";
    my $long = body(20000);
    my $length = 'Content-Length: ' . length $long;
    my $chunks = chunk($long) . "0\r\n\r\n";
    my $te = 'Transfer-Encoding: chunked';
    my @table = (
        [ head('/account/logout/', $auth, $length) . $long, '413',
          'declared, too long' ],
        [ head('/account/logout/', $auth, $te) . $chunks, '413',
          'in chunks, too long' ],
        [ head($register, $auth, $length) . $long, '413',
          'at a sign-up' ],
        [ head($register, $auth, $length, 'Content-Type: text/plain')
          . $long, '4\d\d', 'of a wrong type' ],
        [ head($register, $auth, $te, 'Content-Type: text/plain')
          . $chunks, '4\d\d', 'of a wrong type, in chunks' ],
        [ head("/api/v1/users/$ann/", $auth, 'Content-Length: 5')
          . 'abcde', '405', 'of a wrong method' ],
        [ head($register, $auth, 'Content-Length: 5') . '{"a":', '400',
          'no JSON' ],
        [ head($register, $auth, $te) . chunk('{"a":') . "0\r\n\r\n", '400',
          'no JSON, in chunks' ],
        [ head('/account/nope/', $auth, 'Content-Length: 5') . 'abcde',
          '404', 'at no path' ],
        [ head('/account/logout/', 'Content-Length: 5') . 'abcde', '401',
          'without a token' ],
    );
    for my $row (@table) {
        my ($first, $status, $name) = @$row;
        my $bytes = $s->raw($first . $next, timeout => 4);
        like statuses($bytes), qr/\A$status(?: 401)?\z/,
            "$name: then a closed connection or a 401";
        unlike $bytes, qr/"auth_token"|\Q$token\E/, '  never the account';
        is $s->get("/api/v1/users/$ann/", token => $token)->{status}, 200,
            '  and the token lives';
    }
};

subtest 'a good request keeps the connection for the next' => sub {
    my $token = token();
    my $login = '{"username":"ann","password":"ann-secret"}';
    my $one = head('/account/login/', 'Content-Length: ' . length $login)
            . $login;
    my $two = "GET /api/v1/users/$ann/ HTTP/1.1\r\nHost: x\r\n"
            . "Authorization: Token $token\r\n\r\n";
    my $three = "GET /api/v1/users/$ann/ HTTP/1.1\r\nHost: x\r\n";
    my $bytes = $s->raw("$one$two$three\r\n$one$three"
                        . "Connection: close\r\n\r\n", timeout => 4);
    is statuses($bytes), '200 200 401 200 401',
        'five pipelined requests, each with its own identity';
    my $bad = head('/account/login/', 'Content-Length: 2') . '{}';
    my $none = head('/account/login/', 'Content-Length: 0');
    $bytes = $s->raw("$bad$none$bad$one$three" . "Connection: close\r\n\r\n",
                     timeout => 4);
    like statuses($bytes), qr/\A400(?: 400 400 200 401)?\z/,
        'a small refused body leaves it closed or in step';
    my $options = "OPTIONS /account/login/ HTTP/1.1\r\nHost: x\r\n\r\n";
    my $head = "HEAD /api/v1/users/$ann/ HTTP/1.1\r\nHost: x\r\n"
             . "Authorization: Token $token\r\n\r\n";
    my $logout = head('/api/auth/logout/', "Authorization: Token $token");
    my $account = head('/account/logout/',
                       'Authorization: Token ' . token());
    $bytes = $s->raw("$options$head$two$logout$two$account$three"
                     . "Connection: close\r\n\r\n", timeout => 4);
    is statuses($bytes), '200 200 200 204 401 200 401',
        'answers without a body keep it in step';
    my @bodies = $bytes =~ /(\{.*?\}(?=HTTP|\z))/gs;
    is scalar @bodies, 3, 'and three of those seven have one';
};

subtest 'AcctAuthMaxBody sets another limit' => sub {
    $s->restart("AcctAuthMaxBody 300\n");
    my $r = $s->request('POST', $register, type => 'application/json',
                        body => body(300));
    is $r->{status}, 200, '300 bytes are read';
    $r = $s->request('POST', $register, type => 'application/json',
                     body => body(301));
    answer_is $r, 413, $TOO_LARGE, '301 are not';
    $r = $s->request('POST', $register, chunked => [body(150), ' ' x 151]);
    answer_is $r, 413, $TOO_LARGE, 'nor in chunks';
    $s->restart("AcctAuthMaxBody 65536\n");
    $r = $s->request('POST', $register, type => 'application/json',
                     body => body(65536));
    is $r->{status}, 200, '65536 bytes are read where they may be';
    $r = $s->request('POST', $register, type => 'application/json',
                     body => body(65537));
    answer_is $r, 413, $TOO_LARGE, '65537 are not';
};

done_testing;
