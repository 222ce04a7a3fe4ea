# SPDX-License-Identifier: Apache-2.0
#
# The clients: wrk for throughput, h2load for HTTP/2 and for requests at a
# steady pace, and the bare hash. An answer that is not the expected one
# makes a measurement worthless, and ends the run.

package Bench::Load;

use strict;
use warnings;

use AcctTest;
use Bench::Machine;
use Bench::Options;
use File::Basename ();
use File::Temp ();
use POSIX ();

my $LUA = File::Basename::dirname(__FILE__) . '/../../load.lua';

# lines(TEXT...): a file of them, that lasts as long as what is returned.
sub lines
{
    my $file = File::Temp->new(TEMPLATE => 'acctauth-bench-XXXXXXXX',
                               TMPDIR => 1);
    print {$file} map { "$_\n" } @_;
    close $file or die "cannot write lines: $!\n";
    return $file;
}

# A command in the background; finish() returns what it printed.
sub _begin
{
    my (@command) = @_;
    my $out = File::Temp->new(TEMPLATE => 'acctauth-bench-XXXXXXXX',
                              TMPDIR => 1);
    my $pid = fork;
    die "cannot fork: $!\n" if !defined $pid;
    if ($pid == 0) {
        $SIG{$_} = 'DEFAULT' for qw(INT TERM HUP PIPE);
        open STDIN, '<', '/dev/null';
        open STDOUT, '>', $out->filename;
        open STDERR, '>&', \*STDOUT;
        no warnings 'exec';
        exec { $command[0] } @command or POSIX::_exit(127);
    }
    return { pid => $pid, out => $out, command => \@command };
}

sub _finish
{
    my ($job) = @_;
    waitpid $job->{pid}, 0;
    my $text = slurp($job->{out}->filename);
    die "failed ($?): @{ $job->{command} }\n$text\n" if $?;
    return $text;
}

# --------------------------------------------------------------------- wrk

# wrk_begin(SERVER, PATH, %opt), wrk_finish(JOB). What is sent:
#   own => FILE      one of its lines as Authorization, by chance, the same
#                    for all requests of a thread of wrk's
#   pick => FILE     another with each request (default none: the same
#                    request each time)
#   random => NAME   40 random hex digits as a token in the header NAME
#   bodies => FILE   POST with one of its lines as body, by chance
# and connections, threads (default as many as there are cores for them; as
# many as connections: each is a client by itself), seconds, want (200, 401,
# or 0: any), lenient => 1: what is refused or cut off is counted.
sub wrk_begin
{
    my ($server, $path, %opt) = @_;
    my $connections = $opt{connections} || $OPT{connections};
    my $threads = $opt{threads} || Bench::Machine::load_threads();
    $threads = $connections if $threads > $connections;
    my @what = $opt{own} ? ('own', "$opt{own}")
        : $opt{pick} ? ('pick', "$opt{pick}")
        : $opt{random} ? ('random', $opt{random})
        : $opt{bodies} ? ('bodies', "$opt{bodies}") : ('same');
    my $job = _begin(Bench::Machine::for_load(), 'wrk', "-t$threads",
        "-c$connections", '-d' . ($opt{seconds} || $OPT{seconds}) . 's',
        '--timeout', '10s', '-s', $LUA, $server->url($path),
        '--', 1 + int rand 2**30, @what);
    @$job{qw(server path lenient)} = ($server, $path, $opt{lenient});
    $job->{want} = defined $opt{want} ? $opt{want} : 200;
    my @family = Bench::Machine::family($server->processes);
    $job->{before} = Bench::Machine::cpu_times(@family);
    return $job;
}

sub wrk_finish
{
    my ($job) = @_;
    my $server = $job->{server};
    my $text = _finish($job);
    my $after = Bench::Machine::cpu_times(
        Bench::Machine::family($server->processes));
    my ($n, $usec, $bad, $broken, $p50, $p99)
        = $text =~ /^bench: (\d+) (\d+) (\d+) (\d+) (\d+) (\d+)$/m
        or die "wrk said nothing of use:\n$text\n";
    my $as_wanted = $job->{want} == 200 ? $bad == 0
        : $job->{want} == 401 ? $bad == $n : 1;
    die "not every answer of $job->{path} was $job->{want}:\n$text\n"
        . $server->tail . "\n"
        if !$n || (!$job->{lenient} && (!$as_wanted || $broken));
    my $cpu = 0;
    $cpu += $after->{$_} - ($job->{before}{$_} || 0) for keys %$after;
    return { value => $n / $usec * 1e6, cpu => $cpu / $n * 1e6,
             bad => $bad + $broken, refused => $bad / $usec * 1e6,
             good => ($n - $bad) / $usec * 1e6,
             p50 => $p50 / 1000, p99 => $p99 / 1000 };
}

sub wrk { wrk_finish(wrk_begin(@_)) }

# The same, each connection a client by itself.
sub clients
{
    my ($server, $path, %opt) = @_;
    return wrk($server, $path, threads => $OPT{connections}, %opt);
}

# ------------------------------------------------------------------- h2load

# h2load(SERVER, URL, PROTOCOL, HEADERS...): PROTOCOL h1 or h2; as many
# requests under way at once for either.
sub h2load
{
    my ($server, $url, $protocol, @headers) = @_;
    my @shape = $protocol eq 'h1' ? ('--h1', '-c', $OPT{connections})
        : ('-c', $OPT{connections} / 4, '-m', 4);
    my $text = _finish(_begin(Bench::Machine::for_load(), 'h2load', @shape,
        '-t', Bench::Machine::load_threads(), '-D', $OPT{seconds},
        (map { ('-H', $_) } @headers), $url));
    my ($good) = $text =~ /^status codes: (\d+) 2xx, 0 3xx, 0 4xx, 0 5xx/m;
    my ($rate) = $text =~ m{^finished in [\d.]+m?s, ([\d.]+) req/s}m;
    die "h2load of $url:\n$text\n" . $server->tail . "\n"
        if !$good || !$rate;
    return { value => $rate };
}

# pace(SERVER, PATH, TOKEN): 800 requests a second from 32 connections that
# wait for nothing but their own answers; milliseconds to the end of an
# answer, and how many were not 200.
sub pace
{
    my ($server, $path, $token) = @_;
    my $log = lines();
    _finish(_begin(Bench::Machine::for_load(), 'h2load', '--h1', '-c', 32,
        '--rps', 25, '-D', $OPT{seconds}, '--log-file', "$log", '-H',
        "Authorization: Token $token", $server->url($path)));
    my (@times, $bad);
    for my $line (split /\n/, slurp("$log")) {
        my (undef, $status, $usec) = split /\t/, $line;
        push @times, $usec / 1000;
        $bad++ if $status != 200;
    }
    die "h2load sent nothing to $path\n" if !@times;
    @times = sort { $a <=> $b } @times;
    return { value => $times[$#times * 0.99], p50 => $times[$#times * 0.5],
             bad => $bad || 0, count => scalar @times };
}

# --------------------------------------------------------------------- hash

# hash(THREADS): verifications a second and nothing else.
sub hash
{
    my ($threads) = @_;
    my $rate = _finish(_begin(build_dir() . '/bench/hash', $threads,
                              $OPT{seconds}));
    die "the hash said: $rate\n" if $rate !~ /^[\d.]+$/;
    return { value => $rate + 0 };
}

1;
