# SPDX-License-Identifier: Apache-2.0
#
# A file of 1 KiB, open and behind everything that could guard it. All have
# 1,000 accounts. Each connection is a client with an account of its own, one
# of 100 by chance, but where a row says that they take turns on it.

package Bench::Part::Throughput;

use strict;
use warnings;

use Bench::Basic;
use Bench::Django;
use Bench::Fill;
use Bench::Load;
use Bench::Machine;
use Bench::Options;
use Bench::Rounds;
use Bench::Server;

my $ACCOUNTS = 1000;
my $ACTIVE = 100;

sub title { "A file of $OPT{file_size} bytes, $OPT{connections} connections" }

my @BASIC = (
    ['file-sha', 'AuthUserFile, {SHA}'],
    ['file-bcrypt', 'AuthUserFile, bcrypt cost 5'],
    ['dbd-sha', 'mod_authn_dbd, {SHA}'],
    ['socache-sha', 'mod_authn_dbd + socache, {SHA}'],
    ['dbd-bcrypt', 'mod_authn_dbd, bcrypt cost 5'],
    ['socache-bcrypt', 'mod_authn_dbd + socache, bcrypt cost 5']);

sub measure
{
    Bench::Machine::keep_apart(1);
    my $pg = Bench::Server::postgres();
    my %s = (none => Bench::Server->prepare(use => 'none'),
             idle => Bench::Server->prepare(use => 'idle'));
    @s{qw(on off)} = Bench::Server->pair(tokens => $ACCOUNTS);
    @s{qw(pg_on pg_off)} = Bench::Server->pair(tokens => $ACCOUNTS,
        driver => 'pgsql', pg => $pg);
    my %drf = map { $_ => Bench::Django->start(worker => $_,
                                               tokens => $ACCOUNTS) }
        qw(sync gthread);
    $s{peers} = Bench::Basic->prepare(accounts => $ACCOUNTS,
        modules => ['proxy_http'],
        conf => join '', map { $drf{$_}->proxy_conf("/$_/") } keys %drf);
    $_->run for values %s;
    $s{peers}->help($_->pid) for values %drf;

    my $rates = _rounds(\%s, \%drf);
    $_->stop for values %s, values %drf;
    return _rows($rates);
}

sub _rounds
{
    my ($s, $drf) = @_;
    my $token = Bench::Load::lines(
        Bench::Fill::credentials($ACTIVE, $ACCOUNTS));
    my $basic = Bench::Load::lines(
        Bench::Basic::credentials($ACTIVE, $ACCOUNTS));
    my $case = sub {
        my ($name, @load) = @_;
        return ($name, sub { Bench::Load::clients(@load) });
    };
    my $open = '/open/file.txt';
    my $line = '/line/file.txt';
    my @token = (own => $token);
    my @beside = (beside => 'open');
    return Bench::Rounds->warm_measure('throughput',
        [$case->('none', $s->{none}, $open)],
        [$case->('open', $s->{on}, $open)],
        [$case->('line', $s->{on}, $line, @token), @beside],
        [$case->('open-token', $s->{on}, $open, @token), @beside],
        [$case->('type', $s->{on}, '/type/file.txt', @token), @beside],
        [$case->('turns', $s->{on}, $line, pick => $token), @beside],
        [$case->('off', $s->{off}, $line, @token), @beside],
        [$case->('pg', $s->{pg_on}, $line, @token), @beside],
        [$case->('pg-off', $s->{pg_off}, $line, @token), @beside],
        [$case->('idle', $s->{idle}, $open)],
        (map { [$case->($_->[0], $s->{peers}, "/$_->[0]/file.txt",
                        own => $basic)] } @BASIC),
        (map { [$case->("drf-$_", $s->{peers}, "/$_/protected/", @token)] }
             sort keys %$drf),
        (map { [$case->("alone-$_", $drf->{$_}, '/protected/', @token)] }
             sort keys %$drf),
        [$case->('proxied-open', $s->{peers}, '/gthread/open/', @token)]);
}

sub _rows
{
    my ($rates) = @_;
    my $row = sub {
        my ($case, $text, %opt) = @_;
        return $rates->row($case, text => $text, unit => 'req/s',
                           to => 'open', of => 'unprotected', %opt);
    };
    my @same = (to => 'open-token', of => 'unprotected with a token');
    my @rows = (
        $row->('none', 'server without the module', to => undef),
        $row->('idle', 'module loaded, nothing configured', to => 'none',
            of => 'no module'),
        $row->('open', 'unprotected, on a server that uses the module',
            to => 'none', of => 'no module', target => ['>=', 0.98]),
        $row->('open-token', 'the same, a token sent all the same'),
        $row->('line', 'cached, AcctAuthProtect On',
            target => ['>=', 0.93]),
        $row->('type', 'cached, AuthType Token', target => ['>=', 0.93]),
        $row->('line', 'cached, AcctAuthProtect On', alone => 1, @same),
        $row->('type', 'cached, AuthType Token', alone => 1, @same),
        $row->('turns', 'cached, another account with each request'),
        $row->('pg', 'cached, pgsql', target => ['>=', 0.93]),
        $row->('off', 'AcctAuthCache Off, sqlite', target => ['>=', 0.65]),
        $row->('pg-off', 'AcctAuthCache Off, pgsql', target => ['>=', 0.45]),
        (map { $row->(@$_) } @BASIC),
        $row->('drf-sync', 'DRF, gunicorn sync, behind httpd'),
        $row->('drf-gthread', 'DRF, gunicorn gthread, behind httpd'),
        $row->('alone-sync', 'DRF, gunicorn sync alone'),
        $row->('alone-gthread', 'DRF, gunicorn gthread alone'),
        $row->('proxied-open', 'DRF, the view open, gthread, behind httpd'));
    for my $own (['line', 'cached'], ['off', 'AcctAuthCache Off, sqlite']) {
        push @rows, map { $rates->row($own->[0], alone => 1,
            text => $own->[1], to => $_->[0], of => $_->[1],
            target => ['>=', 1]) } grep { $_->[0] =~ /^dbd|^so/ } @BASIC;
    }
    push @rows, map { $rates->row('line', alone => 1, text => 'cached',
        to => "drf-$_", of => "DRF, $_, behind httpd",
        target => ['>=', 20]) } qw(sync gthread);
    return @rows;
}

1;
