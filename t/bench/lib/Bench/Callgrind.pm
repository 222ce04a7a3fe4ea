# SPDX-License-Identifier: Apache-2.0
#
# Instructions of a request. One process (httpd -X, prefork) is counted by
# callgrind inside of ap_run_process_connection alone, one file of counts
# for each connection. What a request costs is the difference between a
# connection with few requests and one with many: the median of three such
# pairs, since what the process does once in a while falls into one.

package Bench::Callgrind;

use strict;
use warnings;

use AcctTest;
use Bench::Options;
use Bench::Rounds;
use Bench::Server;
use File::Copy ();
use IO::Socket::INET;
use POSIX ':sys_wait_h';
use Time::HiRes ();

my ($FEW, $MANY) = (100, 600);
my @CONNECTIONS = (10, ($FEW, $MANY) x 3);      # the first is not counted
my $serving;        # the process under callgrind, while there is one

# count(OPTIONS of the server, [NAME, STATUS, PATH, HEADER...]...): NAME =>
# instructions. A header may be a sub that makes it.
sub count
{
    my ($options, @requests) = @_;
    my $s = Bench::Server->prepare(%$options, mpm => 'prefork')->http;
    my $pid = $serving = _serve($s);
    my %n;
    my $ok = eval {
        for my $request (@requests) {
            for my $times (@CONNECTIONS) {
                my $sock = _connect($s, $pid);
                _ask($sock, $times, @$request[1 .. $#$request]);
                close $sock;
            }
        }
        my @counts = _counts($s->dir, @CONNECTIONS * @requests);
        for my $request (@requests) {
            my (undef, @pairs) = splice @counts, 0, scalar @CONNECTIONS;
            $n{ $request->[0] } = median(
                map { ($pairs[2 * $_ + 1] - $pairs[2 * $_]) / ($MANY - $FEW) }
                    0 .. $#pairs / 2);
        }
        _keep($s->dir, map { $_->[0] } @requests) if $OPT{keep} ne '';
        1;
    };
    my $why = $@;
    _end();
    die $why if !$ok;
    return %n;
}

sub _end
{
    my $pid = $serving or return;
    undef $serving;
    local ($?, $!);
    kill 'TERM', $pid;
    waitpid $pid, 0;
}

END { my $status = $?; _end(); $? = $status }

# As root httpd would change its user, and callgrind could not write.
sub _serve
{
    my ($s) = @_;
    my ($httpd) = slurp(build_dir() . '/layout') =~ /^HTTPD='(.*)'$/m;
    my $dir = $s->dir;
    my $user = child_user();
    system('chown', '-R', "$user->{uid}:$user->{gid}", $dir) if $user;
    my $pid = fork;
    die "cannot fork: $!\n" if !defined $pid;
    return $pid if $pid;
    POSIX::setpgid(0, 0);
    $SIG{$_} = 'DEFAULT' for qw(INT TERM HUP PIPE);
    open STDIN, '<', '/dev/null';
    open STDOUT, '>', "$dir/logs/callgrind.out";
    open STDERR, '>&', \*STDOUT;
    if ($user) {
        $) = "$user->{gid} $user->{gid}";
        POSIX::setgid($user->{gid});
        POSIX::setuid($user->{uid});
    }
    chdir $dir;
    no warnings 'exec';
    exec 'valgrind', '--tool=callgrind', '--vgdb=no',
        "--callgrind-out-file=$dir/logs/counts",
        '--toggle-collect=ap_run_process_connection',
        '--dump-after=ap_run_process_connection',
        $httpd, '-X', '-d', $dir, '-f', "$dir/httpd.conf"
        or POSIX::_exit(127);
}

sub _connect
{
    my ($s, $pid) = @_;
    for (1 .. 600) {
        my $sock = IO::Socket::INET->new(
            PeerAddr => '127.0.0.1', PeerPort => $s->port, Timeout => 60);
        return $sock if $sock;
        last if waitpid($pid, WNOHANG) == $pid;
        Time::HiRes::sleep(0.1);
    }
    die "httpd under callgrind did not start:\n"
        . slurp($s->dir . '/logs/callgrind.out') . $s->log . "\n";
}

sub _ask
{
    my ($sock, $times, $want, $path, @headers) = @_;
    for (1 .. $times) {
        print {$sock} join "\r\n", "GET $path HTTP/1.1", 'Host: localhost',
            (map { ref $_ ? $_->() : $_ } @headers), '', ''
            or die "httpd under callgrind went away\n";
        my $status = <$sock>;
        die 'httpd under callgrind answered ' . ($status || 'nothing') . "\n"
            if !defined $status || $status !~ / $want /;
        my $length = 0;
        while (defined(my $line = <$sock>)) {
            last if $line eq "\r\n";
            $length = $1 if $line =~ /^Content-Length: (\d+)/i;
        }
        my $got = read($sock, my $body, $length);
        die "httpd under callgrind cut its answer off\n"
            if !defined $got || $got != $length;
    }
}

# What is worth reading function by function: the counts of the last
# connection for each request, which has many of it.
sub _keep
{
    my ($dir, @names) = @_;
    mkdir $OPT{keep};
    for my $i (0 .. $#names) {
        File::Copy::copy("$dir/logs/counts." . ($i + 1) * @CONNECTIONS,
                         "$OPT{keep}/$names[$i].$MANY")
            or die "cannot write into $OPT{keep}: $!\n";
    }
}

# The counts of each connection, in the order in which they were made.
sub _counts
{
    my ($dir, $n) = @_;
    my $end = Time::HiRes::time() + 30;
    until (-s "$dir/logs/counts.$n"
           && slurp("$dir/logs/counts.$n") =~ /^(?:totals|summary):/m) {
        die "callgrind wrote no counts\n" if Time::HiRes::time() > $end;
        Time::HiRes::sleep(0.1);
    }
    return map { slurp("$dir/logs/counts.$_") =~ /^summary: (\d+)/m } 1 .. $n;
}

1;
