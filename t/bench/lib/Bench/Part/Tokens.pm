# SPDX-License-Identifier: Apache-2.0
#
# Few and many tokens in the database. `1,000 in use`: requests are spread
# over 1,000 of them, all of which the cache holds; `all in use`: over all,
# which may be more than it can hold.

package Bench::Part::Tokens;

use strict;
use warnings;

use AcctTest;
use Bench::Fill;
use Bench::Load;
use Bench::Machine;
use Bench::Options;
use Bench::Rounds;
use Bench::Server;

my $FEW = 1000;

sub title { 'Tokens in the database' }

sub _thousands
{
    my ($n) = @_;
    1 while $n =~ s/^(\d+)(\d{3})/$1,$2/;
    return $n;
}

sub measure
{
    Bench::Machine::keep_apart(1);
    my $pg = Bench::Server::postgres();
    my @sizes = sort { $a <=> $b } @{ $OPT{sizes} };
    my (%s, %lines, @cases, @rows);
    for my $n (@sizes) {
        $lines{$n}{few} = Bench::Load::lines(
            Bench::Fill::credentials($FEW, $n));
        $lines{$n}{all} = Bench::Load::lines(
            Bench::Fill::credentials($n, $n));
        for my $driver (qw(sqlite3 pgsql)) {
            @s{"$driver $n On", "$driver $n Off"} = Bench::Server->pair(
                driver => $driver, tokens => $n,
                $driver eq 'pgsql' ? (pg => $pg) : ());
        }
    }
    $_->run for values %s;
    my $measure = sub {
        my ($driver, $n, $cache, $use) = @_;
        my ($name, $least) = ("$driver $n $cache $use",
                              "$driver $sizes[0] $cache few");
        return [$name, sub {
            Bench::Load::wrk($s{"$driver $n $cache"}, '/line/file.txt',
                             pick => $lines{$n}{$use}) },
            $name eq $least ? () : (beside => $least)];
    };
    for my $driver (qw(sqlite3 pgsql)) {
        for my $cache (qw(On Off)) {
            for my $n (@sizes) {
                push @cases, $measure->($driver, $n, $cache, $_)
                    for $n > $FEW ? qw(few all) : 'few';
            }
        }
    }
    my $rates = Bench::Rounds->warm_measure('tokens', @cases);
    $_->stop for values %s;
    for my $driver (qw(sqlite3 pgsql)) {
        push @rows, map { _rows($rates, $driver, $_, @sizes) } qw(On Off);
    }
    return @rows;
}

# Cached, all in use is no target: what does not fit is not cached.
sub _rows
{
    my ($rates, $driver, $cache, @sizes) = @_;
    my $name = $driver eq 'pgsql' ? 'pgsql' : 'sqlite';
    my $how = $cache eq 'On' ? 'cached' : 'AcctAuthCache Off';
    my $least = shift @sizes;
    my $base = "$driver $least $cache few";
    my $of = _thousands($least) . ' tokens';
    my @rows = $rates->row($base, unit => 'req/s',
        text => "$name, $how, $of");
    for my $n (@sizes) {
        for my $use (qw(few all)) {
            push @rows, $rates->row("$driver $n $cache $use",
                unit => 'req/s', to => $base, of => $of,
                text => "$name, $how, " . _thousands($n) . ', '
                    . ($use eq 'few' ? _thousands($FEW) : 'all') . ' in use',
                $cache eq 'On' && $use eq 'all' ? ()
                    : (target => ['>=', 0.9]));
        }
    }
    return @rows;
}

1;
