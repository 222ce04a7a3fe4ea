# SPDX-License-Identifier: Apache-2.0
#
# Memory of httpd, parent and child, after load: its share of what it has in
# memory (PSS), so that what processes share counts once.

package Bench::Part::Memory;

use strict;
use warnings;

use AcctTest;
use Bench::Fill;
use Bench::Load;
use Bench::Machine;
use Bench::Options;
use Bench::Rounds;
use Bench::Server;

sub title { 'Memory' }

sub is_exact { 1 }

sub measure
{
    Bench::Machine::keep_apart(0);
    my %mib;
    for my $use (qw(none idle)) {
        my $s = Bench::Server->start(use => $use);
        Bench::Load::wrk($s, '/open/file.txt');
        $mib{$use} = _pss($s);
        $mib{"$use shared"} = _shared($s);
        $s->stop;
    }
    my $s = Bench::Server->start(tokens => 100_000);
    my $all = Bench::Load::lines(
        Bench::Fill::credentials(100_000, 100_000));
    Bench::Load::wrk($s, '/line/file.txt', pick => $all);
    $mib{reads} = _pss($s);
    $mib{shared} = _shared($s) - $mib{'idle shared'};
    $s->signed_in('bench');
    my $body = Bench::Load::lines(
        "{\"username\":\"bench\",\"password\":\"$OPT{password}\"}");
    Bench::Load::wrk($s, '/api/auth/login/', bodies => $body, want => 0);
    $mib{logins} = _pss($s);
    $s->stop;
    return _rows(Bench::Rounds->once(%mib));
}

# MiB of all processes of a server.
sub _pss
{
    my ($s) = @_;
    my $kib = 0;
    for my $pid (Bench::Machine::family($s->processes)) {
        my ($n) = slurp("/proc/$pid/smaps_rollup") =~ /^Pss:\s+(\d+) kB/m;
        $kib += $n || 0;
    }
    return $kib / 1024;
}

# MiB of shared memory without a name, as long as it is: how much of it has
# been touched does not matter.
sub _shared
{
    my ($s) = @_;
    my $bytes = 0;
    no warnings 'portable';     # of addresses of 64 bits
    for (split /\n/, slurp('/proc/' . $s->http->pid . '/maps')) {
        $bytes += hex($2) - hex $1
            if m{^([0-9a-f]+)-([0-9a-f]+) rw-s .*/dev/zero};
    }
    return $bytes / 2**20;
}

sub _rows
{
    my ($n) = @_;
    my @to = (unit => 'MiB', to => 'none', of => 'no module');
    return (
        $n->row('none', text => 'server without the module, after load',
            unit => 'MiB'),
        $n->row('idle', text => 'module loaded, nothing configured', @to),
        $n->row('reads', @to,
            text => 'module in use, 100,000 tokens, after protected load'),
        $n->row('logins', text => 'the same, after sign-ins', @to),
        $n->row('shared', text => 'shared memory by default, its size',
            unit => 'MiB', target => ['<=', 16], on => 'value'));
}

1;
