# SPDX-License-Identifier: Apache-2.0
#
# The first rows of the part throughput once more, where the load may use the
# cores of the servers and they those of the load: what somebody sees who
# does not keep them apart.

package Bench::Part::Shared;

use strict;
use warnings;

use Bench::Fill;
use Bench::Load;
use Bench::Machine;
use Bench::Options;
use Bench::Rounds;
use Bench::Server;

sub title { "A file of $OPT{file_size} bytes, on shared cores" }

my ($ACTIVE, $ACCOUNTS) = (100, 1000);

sub measure
{
    Bench::Machine::keep_apart(0);
    my %s;
    for my $driver (qw(sqlite3 pgsql)) {
        $s{"$driver On"} = Bench::Server->prepare(
            driver => $driver, cache => 'On', tokens => $ACCOUNTS,
            $driver eq 'pgsql' ? (pg => Bench::Server::postgres()) : ());
        $s{"$driver Off"} = Bench::Server->prepare(
            of => $s{"$driver On"}, cache => 'Off');
    }
    $_->run for values %s;
    my $rates = _rounds(%s);
    $_->stop for values %s;
    return _rows($rates);
}

sub _rounds
{
    my (%s) = @_;
    my $token = Bench::Load::lines(
        Bench::Fill::credentials($ACTIVE, $ACCOUNTS));
    my $case = sub {
        my ($name, $server, $path, @opt) = @_;
        return ($name, sub { Bench::Load::wrk($s{$server}, $path,
            threads => $OPT{connections}, @opt) });
    };
    my @protected = ('/line/file.txt', own => $token);
    return Bench::Rounds->warm_measure('shared',
        [$case->('open', 'sqlite3 On', '/open/file.txt')],
        map { [$case->($_, $_, @protected), beside => 'open'] }
            sort keys %s);
}

sub _rows
{
    my ($rates) = @_;
    my @row = (unit => 'req/s', to => 'open', of => 'unprotected');
    return (
        $rates->row('open', text => 'unprotected', unit => 'req/s'),
        $rates->row('sqlite3 On', @row, target => ['>=', 0.93],
            text => 'cached, AcctAuthProtect On'),
        $rates->row('pgsql On', @row, target => ['>=', 0.93],
            text => 'cached, pgsql'),
        $rates->row('sqlite3 Off', @row, target => ['>=', 0.65],
            text => 'AcctAuthCache Off, sqlite'),
        $rates->row('pgsql Off', @row, target => ['>=', 0.45],
            text => 'AcctAuthCache Off, pgsql'));
}

1;
