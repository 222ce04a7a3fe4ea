# SPDX-License-Identifier: Apache-2.0
#
# Instructions of a request in user space, by callgrind.

package Bench::Part::Instructions;

use strict;
use warnings;

use Bench::Callgrind;
use Bench::Fill;
use Bench::Machine;
use Bench::Options;
use Bench::Rounds;

sub title { 'Instructions of one request' }

sub is_exact { 1 }

sub measure
{
    Bench::Machine::keep_apart(0);
    my $open = '/open/file.txt';
    my $line = '/line/file.txt';
    my @token = ('Authorization: Token ' . Bench::Fill::token(500));
    my @filled = (tokens => 1000);
    my %n;
    my $count = sub {
        my ($server, @requests) = @_;
        note('instructions, ', join ', ', map { $_->[0] } @requests);
        %n = (%n, Bench::Callgrind::count($server, @requests));
    };
    $count->({ use => 'none' }, ['none', 200, $open]);
    $count->({ use => 'idle' }, ['idle', 200, $open]);
    $count->({ @filled, cache => 'On' }, ['open', 200, $open],
        ['open-token', 200, $open, @token], ['line', 200, $line, @token],
        ['type', 200, '/type/file.txt', @token]);
    $count->({ @filled, cache => 'Off' }, ['off', 200, $line, @token]);
    $count->({ cache => 'On' }, ['absent', 401, $line],
        ['garbage', 401, $line, \&_garbage]);
    return _rows(Bench::Rounds->once(%n));
}

sub _garbage
{
    return 'Authorization: Token '
        . join '', map { sprintf '%08x', int rand 2**32 } 1 .. 5;
}

sub _rows
{
    my ($n) = @_;
    my $row = sub {
        my ($case, $text, %opt) = @_;
        return $n->row($case, text => $text, unit => 'instr.',
                       to => 'open', of => 'unprotected', %opt);
    };
    my @same = (to => 'open-token', of => 'unprotected with a token');
    return (
        $row->('none', 'server without the module', to => undef),
        $row->('idle', 'module loaded, nothing configured', to => 'none',
            of => 'no module', target => ['<=', 300], on => 'more'),
        $row->('open', 'unprotected, on a server that uses the module',
            to => 'none', of => 'no module'),
        $row->('open-token', 'the same, a token sent all the same'),
        $row->('line', 'cached, AcctAuthProtect On',
            target => ['<=', 1.10]),
        $row->('type', 'cached, AuthType Token', target => ['<=', 1.10]),
        $row->('line', 'cached, AcctAuthProtect On', alone => 1, @same),
        $row->('type', 'cached, AuthType Token', alone => 1, @same),
        $row->('off', 'AcctAuthCache Off, sqlite'),
        $row->('absent', '401, no token'),
        $row->('garbage', '401, random tokens', to => 'absent',
            of => 'no token'));
}

1;
