# SPDX-License-Identifier: Apache-2.0
#
# A protected file while 32 clients sign in without pause: a client that is
# refused for want of a slot tries again at once. Each has an account.

package Bench::Part::Mixed;

use strict;
use warnings;

use Bench::Fill;
use Bench::Load;
use Bench::Machine;
use Bench::Options;
use Bench::Rounds;
use Bench::Server;

my $CLIENTS = 32;

sub title { "$CLIENTS clients that sign in without pause" }

# The slowest of a hundred of 800 requests a second, and few sign-ins.
sub longer { 3 }

sub measure
{
    Bench::Machine::keep_apart(0);
    my $s = Bench::Server->start(cache => 'On', threads => 128);
    my $token = $s->signed_in('reader');
    $s->http->account(username => "client$_", password => $OPT{password})
        for 1 .. $CLIENTS;
    Bench::Fill::give_to_children($s->http);
    my $bodies = Bench::Load::lines(map {
        "{\"username\":\"client$_\",\"password\":\"$OPT{password}\"}"
    } 1 .. $CLIENTS);
    my $sign_in = sub {
        return Bench::Load::wrk_begin($s, '/api/auth/login/',
            bodies => $bodies, want => 0, connections => $CLIENTS,
            seconds => $OPT{seconds} + 2);
    };
    my $pace = sub { Bench::Load::pace($s, '/line/file.txt', $token) };
    my $credential = Bench::Load::lines("Token $token");
    my $full = sub { Bench::Load::wrk($s, '/line/file.txt',
                                      pick => $credential, lenient => 1) };
    my $times = Bench::Rounds->measure('mixed',
        ['idle', $pace],
        ['busy', sub { _beside($sign_in, $pace) }],
        ['full', $full],
        ['both', sub { _beside($sign_in, $full) }]);
    $s->stop;
    return _rows($times);
}

sub _beside
{
    my ($sign_in, $measure) = @_;
    my $job = $sign_in->();
    select undef, undef, undef, 0.5;
    my $got = $measure->();
    my $logins = Bench::Load::wrk_finish($job);
    @$got{qw(logins unserved)} = @$logins{qw(good refused)};
    return $got;
}

sub _rows
{
    my ($times) = @_;
    my @refused = (field => 'bad', unit => '', target => ['<=', 0],
                   on => 'value');
    my @full = (to => 'full', of => 'no sign-ins');
    return (
        (map { my ($field, $name, @target) = @$_;
            my @ms = (field => $field, unit => 'ms');
            ($times->row('idle', text => "800 requests/s, $name", @ms),
             $times->row('busy', text => "the same, $name, with sign-ins",
                 @ms, to => 'idle', of => 'no sign-ins', @target)) }
            ['p50', 'p50'], ['value', 'p99', target => ['<=', 12]]),
        $times->row('busy', text => 'protected requests refused', @refused),
        $times->row('busy', text => 'sign-ins meanwhile', field => 'logins',
            unit => 'per s'),
        $times->row('busy', text => 'sign-ins told to come back (503)',
            field => 'unserved', unit => 'per s'),
        $times->row('full', text => 'as many requests as can be',
            unit => 'req/s'),
        $times->row('both', text => 'the same, with sign-ins',
            unit => 'req/s', @full),
        $times->row('both', text => 'protected requests refused', @refused),
        $times->row('full', text => 'as many as can be, p99',
            field => 'p99', unit => 'ms'),
        $times->row('both', text => 'the same, p99, with sign-ins',
            field => 'p99', unit => 'ms', @full));
}

1;
