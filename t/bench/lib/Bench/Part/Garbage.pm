# SPDX-License-Identifier: Apache-2.0
#
# A flood of random tokens, no two alike, beside the same flood of requests
# whose digits stand in a header that means nothing: these are refused for
# having no token. And requests with a good token while either goes on.

package Bench::Part::Garbage;

use strict;
use warnings;

use Bench::Load;
use Bench::Machine;
use Bench::Options;
use Bench::Rounds;
use Bench::Server;

sub title { 'Garbage tokens' }

sub measure
{
    Bench::Machine::keep_apart(1);
    my $pg = Bench::Server::postgres();
    my @own = (cache => 'On', threads => 128);
    my %s = (sqlite => Bench::Server->prepare(@own),
             pgsql => Bench::Server->prepare(@own, driver => 'pgsql',
                 pg => $pg),
             imported => Bench::Server->prepare(@own, tokens => 1000));
    $_->run for values %s;
    my $good = $s{sqlite}->signed_in('good');
    my $rates = _floods(\%s);
    my $times = _latency($s{sqlite}, $good);
    $_->stop for values %s;
    return (_rows($rates), _latency_rows($times));
}

my @NO_TOKEN = (random => 'X-Nothing-Known', want => 401);
my @GARBAGE = (random => 'Authorization', want => 401);

sub _floods
{
    my ($s) = @_;
    my $case = sub {
        my ($name, $server, @opt) = @_;
        return ($name, sub {
            Bench::Load::wrk($server, '/line/file.txt', @opt) });
    };
    return Bench::Rounds->warm_measure('garbage',
        [$case->('none', $s->{sqlite}, @NO_TOKEN)],
        (map { [$case->($_, $s->{$_}, @GARBAGE), beside => 'none'] }
             sort keys %$s));
}

# Good requests at a steady pace, alone and beside each flood.
sub _latency
{
    my ($server, $token) = @_;
    my $pace = sub {
        Bench::Load::pace($server, '/line/file.txt', $token) };
    my $beside = sub {
        my @flood = @_;
        return sub {
            my $flood = Bench::Load::wrk_begin($server, '/line/file.txt',
                @flood, seconds => $OPT{seconds} + 2);
            select undef, undef, undef, 0.5;
            my $got = $pace->();
            Bench::Load::wrk_finish($flood);
            die "$got->{bad} good requests were refused in a flood\n"
                if $got->{bad};
            return $got;
        };
    };
    return Bench::Rounds->measure('good requests in a flood',
        ['idle', $pace], ['none', $beside->(@NO_TOKEN)],
        ['garbage', $beside->(@GARBAGE)]);
}

sub _rows
{
    my ($rates) = @_;
    my @to = (unit => 'req/s', to => 'none', of => 'no token');
    return (
        $rates->row('none', text => '401, no token', unit => 'req/s'),
        $rates->row('sqlite', text => '401, random tokens, sqlite', @to,
            target => ['>=', 0.9]),
        $rates->row('pgsql', text => '401, random tokens, pgsql', @to,
            target => ['>=', 0.9]),
        $rates->row('imported', @to,
            text => '401, random tokens, database with imported tokens'));
}

sub _latency_rows
{
    my ($times) = @_;
    my @to = (to => 'none', of => 'flood without tokens');
    return map {
        my ($field, $name) = @$_;
        my @field = (field => $field, unit => 'ms');
        ($times->row('idle', text => "good requests, $name, no flood",
                     @field),
         $times->row('none', text => "good, $name, flood without tokens",
                     @field),
         $times->row('garbage', text => "good, $name, flood of garbage",
                     @field, @to, target => ['<=', 1.25]));
    } ['p50', 'p50'], ['value', 'p99'];
}

1;
