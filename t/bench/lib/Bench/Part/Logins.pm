# SPDX-License-Identifier: Apache-2.0
#
# Sign-ins a second beside the bare hash with as many threads as
# AcctAuthHashConcurrency has slots, measured before and after each. The rate
# of sign-ins cannot be better.

package Bench::Part::Logins;

use strict;
use warnings;

use Bench::Load;
use Bench::Machine;
use Bench::Options;
use Bench::Rounds;
use Bench::Server;

sub title { 'Sign-ins' }

# Few are done in a second, and those under way at the end do not count.
sub longer { 3 }

my %PATH = (reuse => '/accounts/signin/', many => '/api/auth/login/');

sub measure
{
    Bench::Machine::keep_apart(0);
    my $cores = Bench::Machine::cores();
    my @slots = $cores > 1 ? (1, $cores) : 1;
    my $body = Bench::Load::lines(
        "{\"username\":\"bench\",\"password\":\"$OPT{password}\"}");
    my (%s, @cases);
    for my $n (@slots) {
        $s{$n} = Bench::Server->start(
            conf => "AcctAuthHashConcurrency $n");
        $s{$n}->signed_in('bench');
        push @cases, ["hash $n", sub { Bench::Load::hash($n) }];
        for my $clients ($n, 4 * $n) {
            push @cases, map { my $policy = $_;
                ["$policy $n $clients", sub {
                    Bench::Load::wrk($s{$n}, $PATH{$policy},
                        bodies => $body, connections => $clients) },
                 beside => "hash $n"]
            } sort keys %PATH;
        }
    }
    my $rates = Bench::Rounds->measure('sign-ins', @cases);
    $_->stop for values %s;
    return map { _rows($rates, $_) } @slots;
}

sub _rows
{
    my ($rates, $n) = @_;
    my $at_once = $n == 1 ? '1 slot' : "$n slots";
    my @rows = $rates->row("hash $n", unit => 'per s',
        text => "the hash alone, $n thread" . ($n == 1 ? '' : 's'));
    for my $clients ($n, 4 * $n) {
        push @rows, map { $rates->row("$_ $n $clients", unit => 'per s',
            text => "policy $_, $at_once, $clients client"
                . ($clients == 1 ? '' : 's'),
            to => "hash $n", of => 'the hash', target => ['>=', 0.9])
        } sort keys %PATH;
    }
    return @rows;
}

1;
