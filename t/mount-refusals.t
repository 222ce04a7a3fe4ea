#!/usr/bin/perl
# SPDX-License-Identifier: Apache-2.0
# mpm: any, httpd refuses the same with any
# driver: any, httpd refuses before any database is asked
#
# What httpd itself refuses below a mount, before an endpoint is asked: in
# the API's JSON, with the headers that every answer of an endpoint has.
# Elsewhere it is httpd's page.

use strict;
use warnings;
use lib 't/lib';
use AcctTest;
use GuardTest;
use Test::More;

my $h2 = qx(curl -V) =~ /HTTP2/ && ($ENV{ACCT_MPM} || '') ne 'prefork';
my $s = AcctTest->start(timeout => 2, h2 => $h2, conf => sub {
    my ($self) = @_;
    return <<"CONF";
AcctAuthPasswordHash argon2id m=8 t=1 p=1
LimitRequestFieldSize 1000
LimitRequestFields 20
<Location "/small/">
    LimitRequestBody 10
    AcctAuthAPI account-register
</Location>
<VirtualHost *:$self->{port}>
    ServerName first.example
    DocumentRoot "$self->{dir}/htdocs"
</VirtualHost>
<VirtualHost *:$self->{port}>
    ServerName own.example
    DocumentRoot "$self->{dir}/htdocs"
    <Location "/mine/">
        AcctAuthAPI account-register
    </Location>
</VirtualHost>
CONF
});

# The answer to bytes, taken apart.
sub ask
{
    my ($bytes, %opt) = @_;
    my $text = $s->raw($bytes, timeout => 4, %opt);
    my ($head, $body) = split /\r\n\r\n/, $text, 2;
    my ($line, @lines) = split /\r\n/, $head // '';
    my %h = map { /^([^:]+): (.*)/ ? (lc $1 => $2) : () } @lines;
    my ($status) = ($line // '') =~ m{^HTTP/1\.1 (\d+)};
    return { status => $status // 0, headers => \%h, body => $body // '' };
}

sub faults
{
    my ($r, $status, $detail, %opt) = @_;
    my %want = ('content-type' => 'application/json',
        'cache-control' => 'no-store', vary => 'Authorization',
        'x-content-type-options' => 'nosniff', %{ $opt{headers} || {} });
    my @bad;
    push @bad, "status $r->{status}" if $r->{status} != $status;
    push @bad, "body $r->{body}" if $r->{body} ne qq({"detail":"$detail"});
    push @bad, map { "$_: " . ($r->{headers}{$_} // 'none') }
        grep { ($r->{headers}{$_} // '') ne $want{$_} } sort keys %want;
    return join '; ', @bad;
}

my $host = "Host: localhost\r\nConnection: close\r\n";
my $parse = 'Request parse error - ';
my %REFUSED = (
    'a path that cannot be decoded' => [400, "${parse}the request is malformed",
        sub { "POST $_[0]login/%zz HTTP/1.1\r\n$_[1]\r\n" }],
    'a NUL in the path' => [404, 'Not found.',
        sub { "POST $_[0]login/%00 HTTP/1.1\r\n$_[1]\r\n" }],
    'an encoded slash' => [404, 'Not found.',
        sub { "POST $_[0]login%2F HTTP/1.1\r\n$_[1]\r\n" },
        headers => { allow => 'POST, OPTIONS' }],
    'no Host' => [400, "${parse}the request is malformed",
        sub { "POST $_[0]login/ HTTP/1.1\r\n\r\n" },
        headers => { allow => 'POST, OPTIONS' }],
    'a length that is no number' => [400, "${parse}the request is malformed",
        sub { "POST $_[0]login/ HTTP/1.1\r\n$_[1]Content-Length: abc\r\n\r\n" }],
    'a transfer coding nobody knows' => [400, "${parse}the request is malformed",
        sub { "POST $_[0]login/ HTTP/1.1\r\n$_[1]Transfer-Encoding: x\r\n\r\n" }],
    'a header line that is too long' => [400, "${parse}the request is malformed",
        sub { "POST $_[0]login/ HTTP/1.1\r\n$_[1]X-A: " . 'a' x 2000
            . "\r\n\r\n" }],
    'too many header lines' => [400, "${parse}the request is malformed",
        sub { "POST $_[0]login/ HTTP/1.1\r\n$_[1]"
            . join('', map { "X-$_: a\r\n" } 1 .. 30) . "\r\n" }],
    'a URL that is too long' => [414, "${parse}the URL is too long",
        sub { "POST $_[0]login/?" . 'a' x 9000 . " HTTP/1.1\r\n$_[1]\r\n" },
        headers => { allow => 'POST, OPTIONS' }],
    'an expectation nobody knows' => [417, "${parse}the expectation is not known",
        sub { "POST $_[0]login/ HTTP/1.1\r\n$_[1]Expect: tea\r\n\r\n" },
        headers => { allow => 'POST, OPTIONS' }],
    'TRACE' => [405, 'Method \"TRACE\" not allowed.',
        sub { "TRACE $_[0]login/ HTTP/1.1\r\n$_[1]\r\n" },
        headers => { allow => 'POST, OPTIONS' }],
    'TRACE of a path with two slashes' => [405,
        'Method \"TRACE\" not allowed.',
        sub { "TRACE /$_[0]login/ HTTP/1.1\r\n$_[1]\r\n" },
        headers => { allow => 'POST, OPTIONS' }],
);

for my $what (sort keys %REFUSED) {
    my ($status, $detail, $make, %opt) = @{ $REFUSED{$what} };
    subtest $what => sub {
        is(faults(ask($make->('/account/', $host)), $status, $detail, %opt),
            '', 'below a mount');
        is(faults(ask($make->('/mine/', 
            "Host: own.example\r\nConnection: close\r\n")), $status,
            $detail, %opt), '', 'below the mount of a virtual host');
        my $r = ask($make->('/open/', $host));
        cmp_ok($r->{status}, '>=', 400, 'elsewhere refused, too');
        unlike($r->{body}, qr/detail/, 'in httpd\'s words');
    };
}

subtest 'a body that is too large for httpd' => sub {
    my $r = ask("POST /small/login/ HTTP/1.1\r\n${host}Content-Type: "
        . "application/json\r\nContent-Length: 20\r\n\r\n" . '{' x 20);
    is(faults($r, 413, 'Request body is too large.',
        headers => { allow => 'POST, OPTIONS' }), '', 'by its length');
    $r = ask("POST /small/login/ HTTP/1.1\r\n${host}Content-Type: "
        . "application/json\r\nTransfer-Encoding: chunked\r\n\r\n14\r\n"
        . '{' x 20 . "\r\n0\r\n\r\n");
    is(faults($r, 413, 'Request body is too large.',
        headers => { allow => 'POST, OPTIONS' }), '', 'as it comes');
};

subtest 'chunks that are none' => sub {
    my $r = ask("POST /account/login/ HTTP/1.1\r\n${host}Content-Type: "
        . "application/json\r\nTransfer-Encoding: chunked\r\n\r\nxyz\r\n");
    is($r->{status}, 400, 'status');
    like($r->{body}, qr/^\{"detail":"Request parse error/, 'JSON');
    is($r->{headers}{allow}, 'POST, OPTIONS', 'Allow');
};

subtest 'a request that does not arrive' => sub {
    my $r = ask("POST /account/login/ HTTP/1.1\r\n${host}X-A: ",
        timeout => 8);
    is(faults($r, 408, "${parse}the request did not arrive in time"), '',
        'its headers');
    $r = ask("POST /account/login/ HTTP/1.1\r\n${host}Content-Type: "
        . "application/json\r\nContent-Length: 20\r\n\r\n{", timeout => 8);
    is($r->{status}, 408, 'its body');
    like($r->{body}, qr/^\{"detail":"Request parse error/, 'JSON');
};

SKIP: {
    skip 'no HTTP/2', 1 if !$h2;
    subtest 'header fields that are too large, over HTTP/2' => sub {
        my $r = $s->request('POST', '/account/login/', h2 => 1,
            headers => [['X-A', 'a' x 3000]]);
        is(faults($r, 431, "${parse}the header fields are too large"), '',
            'below a mount');
        $r = $s->request('GET', '/open/', h2 => 1,
            headers => [['X-A', 'a' x 3000]]);
        is($r->{status}, 431, 'elsewhere');
        unlike($r->{body}, qr/detail/, 'in httpd\'s words');
    };
}

subtest 'no server that handles tokens has TRACE' => sub {
    $s->write('htdocs/open/a.txt', "free\n");
    my $r = $s->request('OPTIONS', '/open/a.txt');
    is($r->{status}, 200, 'OPTIONS of a file');
    is(join(' ', sort split /,\s*/, $r->{headers}{allow}),
        'GET HEAD OPTIONS POST', 'does not name it');
    $r = $s->request('TRACE', '/open/a.txt', token => 'a' x 40);
    is($r->{status}, 405, 'TRACE of a file');
    is(join(' ', sort split /,\s*/, $r->{headers}{allow}),
        'GET HEAD OPTIONS POST', 'names what the file has');
    unlike($r->{body}, qr/a{40}/, 'and gives nothing back');
};

done_testing();
