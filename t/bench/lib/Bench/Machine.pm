# SPDX-License-Identifier: Apache-2.0
#
# The machine: what it is, which of its cores work on what, and the time
# that processes have used of it.

package Bench::Machine;

use strict;
use warnings;

use AcctTest;
use Bench::Options;
use PgServer;
use POSIX ();

my $tick = POSIX::sysconf(POSIX::_SC_CLK_TCK());

sub cores
{
    my $n = qx(getconf _NPROCESSORS_ONLN);
    return $n =~ /^(\d+)/ && $1 > 0 ? $1 : 1;
}

sub load { (slurp('/proc/loadavg') =~ /^(\S+)/)[0] }

# ------------------------------------------------------------------- cores

my $apart = 0;

# keep_apart(YES): what is started from now on runs on the first half of the
# cores, and load on the other half; or both on all.
sub keep_apart
{
    my ($yes) = @_;
    my $cores = cores();
    $apart = $yes && $OPT{pin} && $cores > 1;
    my $last = $apart ? POSIX::ceil($cores / 2) - 1 : $cores - 1;
    return if $cores == 1;
    system("taskset -pc 0-$last $$ >/dev/null") == 0
        or die "taskset failed\n";
}

# What to put in front of the command of a load.
sub for_load
{
    return if !$apart;
    my $cores = cores();
    return ('taskset', '-c',
            POSIX::ceil($cores / 2) . '-' . ($cores - 1));
}

# How many threads make the load.
sub load_threads
{
    my $half = int(cores() / 2);
    return $half > 1 ? $half : 1;
}

sub cores_text
{
    my $cores = cores();
    return 'one for servers and load' if $cores == 1;
    return "servers and load share all $cores" if !$OPT{pin};
    my $half = POSIX::ceil($cores / 2);
    return "$half for the servers, " . ($cores - $half)
        . ' for the load, where throughput is measured; else shared';
}

# -------------------------------------------------------------- scheduling

# Linux can share the processor out among sessions (setsid) in place of
# processes. Each process of PostgreSQL is a session of its own; on a core
# that has work all the time some then wait for it for seconds. Services that
# systemd starts in control groups know nothing of it.
my $AUTOGROUP = '/proc/sys/kernel/sched_autogroup_enabled';
my $changed_by = 0;             # a child that ends does not change it back

sub _autogroup { (slurp($AUTOGROUP) =~ /^(\d)/)[0] }

# For as long as this process lives, where it may. Whether it is off.
sub without_autogroup
{
    return 1 if !_autogroup();
    return 0 if !-w $AUTOGROUP;
    spew($AUTOGROUP, "0\n");
    $changed_by = $$;
    return 1;
}

END { spew($AUTOGROUP, "1\n") if $changed_by == $$ }

# --------------------------------------------------------------- processes

# family(PID...): they and all that descend from them.
sub family
{
    my %children;
    for my $stat (glob '/proc/[0-9]*/stat') {
        push @{ $children{$2} }, $1
            if slurp($stat) =~ /^(\d+) \(.*\) \S (\d+) /s;
    }
    my @family = @_;
    for (my $i = 0; $i < @family; $i++) {
        push @family, @{ $children{ $family[$i] } || [] };
    }
    return @family;
}

# cpu_times(PID...): seconds that each process has used, in user space and
# in the kernel.
sub cpu_times
{
    my %used;
    for my $pid (@_) {
        my ($rest) = slurp("/proc/$pid/stat") =~ /\) (.*)/s or next;
        my @field = split ' ', $rest;
        $used{$pid} = ($field[11] + $field[12]) / $tick;
    }
    return \%used;
}

# ------------------------------------------------------------------ what it is

sub _first_line
{
    my ($text) = grep { /\S/ } split /\n/, $_[0];
    $text = '' if !defined $text;
    $text =~ s/^\s+|\s+$//g;
    return $text;
}

sub _python
{
    my $python = Bench::Django::python() or return 'none';
    return _first_line(qx($python -c '
import sys, django, rest_framework, gunicorn
print("Python", sys.version.split()[0], "Django", django.get_version(),
      "DRF", rest_framework.VERSION, "gunicorn", gunicorn.__version__)'));
}

# facts(): a list of [name, text].
sub facts
{
    my ($cpu) = slurp('/proc/cpuinfo') =~ /^model name\s*:\s*(.*)$/m;
    my ($memory) = slurp('/proc/meminfo') =~ /^MemTotal:\s*(\d+)/m;
    my ($system) = slurp('/etc/os-release') =~ /^PRETTY_NAME="?([^"\n]*)/m;
    my $layout = slurp(build_dir() . '/layout');
    my ($httpd) = $layout =~ /^HTTPD='(.*)'$/m;
    my ($module) = $layout =~ /^VERSION='(.*)'$/m;
    my ($version) = qx("$httpd" -v) =~ m{(Apache/\S+)};
    my $postgres = (PgServer::bin_dir() || '') . '/postgres';
    my ($sqlite) = _first_line(qx(sqlite3 --version)) =~ /^(\S+)/;
    my ($wrk) = _first_line(qx(wrk -v 2>&1)) =~ /^(wrk \S+)/;
    return (
        ['processor', cores() . ' cores, ' . ($cpu || 'unknown')],
        ['cores', cores_text()],
        ['autogroup', _autogroup() ? 'on: see PostgreSQL in '
            . 'docs/postgresql.md' : 'off'],
        ['memory', int(($memory || 0) / 1024) . ' MiB'],
        ['system', ($system || '') . ', Linux ' . (POSIX::uname())[2]],
        ['module', "mod_acctauth $module"],
        ['httpd', "$version, event, one child of $OPT{threads} threads"],
        ['OpenSSL', _first_line(qx(openssl version)) =~ /^OpenSSL (\S+)/],
        ['databases', "sqlite $sqlite, " . _first_line(qx("$postgres" -V))
            . ' (unix socket)'],
        ['database on', _first_line(qx(stat -f -c %T /tmp))],
        ['peers', _python()],
        ['load by', "$wrk, " . _first_line(qx(h2load --version))],
    );
}

1;
