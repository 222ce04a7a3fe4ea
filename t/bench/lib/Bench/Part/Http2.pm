# SPDX-License-Identifier: Apache-2.0
#
# HTTP/1.1 and HTTP/2, in the clear and over TLS, with as many requests under
# way at once: 32 connections, or 8 of 4 streams. One token.

package Bench::Part::Http2;

use strict;
use warnings;

use AcctTest;
use Bench::Fill;
use Bench::Load;
use Bench::Machine;
use Bench::Options;
use Bench::Rounds;
use Bench::Server;

sub title { 'HTTP/1.1 and HTTP/2' }

my @WAYS = (['h1', 'http', 'HTTP/1.1'], ['h2', 'http', 'HTTP/2'],
            ['h1', 'https', 'HTTP/1.1 over TLS'],
            ['h2', 'https', 'HTTP/2 over TLS']);

sub _tls
{
    my ($http, $port) = @_;
    my $dir = $http->dir;
    system('openssl req -x509 -newkey ec -pkeyopt '
        . 'ec_paramgen_curve:prime256v1 -nodes -days 2 -subj /CN=localhost '
        . "-keyout $dir/tls.key -out $dir/tls.crt 2>/dev/null") == 0
        or die "openssl made no certificate\n" if !-e "$dir/tls.crt";
    return <<"CONF";
Listen 127.0.0.1:$port
<VirtualHost 127.0.0.1:$port>
    Protocols h2 http/1.1
    SSLEngine On
    SSLCertificateFile "$dir/tls.crt"
    SSLCertificateKeyFile "$dir/tls.key"
</VirtualHost>
CONF
}

sub measure
{
    Bench::Machine::keep_apart(1);
    my $port = free_port();
    my $s = Bench::Server->start(cache => 'On', tokens => 1000, h2 => 1,
        modules => ['ssl'], conf => sub { _tls($_[0], $port) });
    my %base = (http => $s->url(''), https => "https://127.0.0.1:$port");
    my $token = 'Authorization: Token ' . Bench::Fill::token(500);
    my @cases;
    for my $way (@WAYS) {
        my ($protocol, $scheme) = @$way;
        push @cases,
            ["open $protocol $scheme", sub { Bench::Load::h2load($s,
                "$base{$scheme}/open/file.txt", $protocol) }],
            ["line $protocol $scheme", sub { Bench::Load::h2load($s,
                "$base{$scheme}/line/file.txt", $protocol, $token) },
             beside => "open $protocol $scheme"];
    }
    my $rates = Bench::Rounds->warm_measure('http2', @cases);
    $s->stop;
    return map {
        my ($protocol, $scheme, $name) = @$_;
        my $open = "open $protocol $scheme";
        ($rates->row($open, text => "$name, unprotected", unit => 'req/s'),
         $rates->row("line $protocol $scheme", text => "$name, cached",
             unit => 'req/s', to => $open, of => 'unprotected',
             target => ['>=', 0.93]));
    } @WAYS;
}

1;
