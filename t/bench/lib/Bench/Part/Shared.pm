# SPDX-License-Identifier: Apache-2.0
#
# The first rows of the part throughput once more, where the load may use the
# cores of the servers and they those of the load: what a run measures that
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
    @s{qw(on off)} = Bench::Server->pair(tokens => $ACCOUNTS);
    @s{qw(pg_on pg_off)} = Bench::Server->pair(tokens => $ACCOUNTS,
        driver => 'pgsql', pg => Bench::Server::postgres());
    $_->run for values %s;
    my @protected = ('/line/file.txt', own => Bench::Load::lines(
        Bench::Fill::credentials($ACTIVE, $ACCOUNTS)));
    my $rates = Bench::Rounds->warm_measure('shared',
        ['open', sub { Bench::Load::clients($s{on}, '/open/file.txt') }],
        map { my $server = $s{$_};
              [$_, sub { Bench::Load::clients($server, @protected) },
               beside => 'open'] } sort keys %s);
    $_->stop for values %s;
    return _rows($rates);
}

sub _rows
{
    my ($rates) = @_;
    my @row = (unit => 'req/s', to => 'open', of => 'unprotected');
    return (
        $rates->row('open', text => 'unprotected', unit => 'req/s'),
        $rates->row('on', @row, target => ['>=', 0.93],
            text => 'cached, AcctAuthProtect On'),
        $rates->row('pg_on', @row, target => ['>=', 0.93],
            text => 'cached, pgsql'),
        $rates->row('off', @row, target => ['>=', 0.65],
            text => 'AcctAuthCache Off, sqlite'),
        $rates->row('pg_off', @row, target => ['>=', 0.45],
            text => 'AcctAuthCache Off, pgsql'));
}

1;
