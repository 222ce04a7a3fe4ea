# SPDX-License-Identifier: Apache-2.0
#
# What the tests of faults share: many requests at once from one process,
# clients that run beside the test, a lock on the database held by another
# process, a process's memory, and a library that makes system calls fail.

package FaultKit;

use strict;
use warnings;

use Cwd ();
use Digest::SHA ();
use Exporter 'import';
use IO::Handle;
use IO::Select;
use IPC::Open2 ();
use JSON::PP ();
use POSIX ();
use Test::More ();
use Time::HiRes qw(time sleep);

use AcctTest;

our @EXPORT = qw(burst timed is_unavailable is_unprotected_fast clients
                 journal stop_clients lock_database rss digest integrity
                 shim shim_set cheap_hash);

# A hash that costs next to nothing, where hashing is not what is tested.
sub cheap_hash { 'argon2id m=64 t=1 p=1' }

sub digest { Digest::SHA::sha256_hex($_[0]) }

sub integrity
{
    my ($s) = @_;
    return join ' ', map { @$_ } $s->sql('PRAGMA integrity_check');
}

# ------------------------------------------------------------ single answers

# timed(sub {...}) returns (value, seconds).
sub timed
{
    my ($code) = @_;
    my $start = time;
    my $value = $code->();
    return ($value, time - $start);
}

# An answer that says "I cannot know now". With a body that is tested too.
sub is_unavailable
{
    my ($r, $name, $body) = @_;
    local $Test::Builder::Level = $Test::Builder::Level + 1;
    my $after = $r->{headers}{'retry-after'};
    my $got = "$r->{status}, Retry-After "
        . (defined $after && $after =~ /^[1-9]\d{0,3}$/ ? 'yes' : 'no');
    my $want = '503, Retry-After yes';
    if (defined $body) {
        $got .= ", $r->{body}";
        $want .= ", $body";
    }
    Test::More::is($got, $want, $name);
}

# What is not protected is served as if nothing were wrong.
sub is_unprotected_fast
{
    my ($s, $name, $bound) = @_;
    local $Test::Builder::Level = $Test::Builder::Level + 1;
    $bound ||= 0.5;
    my ($r, $seconds) = timed(sub { $s->get('/open.txt') });
    Test::More::ok($r->{status} == 200 && $r->{body} eq "open\n"
        && $seconds < $bound, $name)
        or Test::More::diag(sprintf 'status %s after %.3f s', $r->{status},
                            $seconds);
}

# ------------------------------------------------------- many requests at once

my $JSON = JSON::PP->new->utf8->canonical;

sub _message
{
    my ($s, $q) = @_;
    my $body = exists $q->{json} ? $JSON->encode($q->{json}) : '';
    return join "\r\n", "$q->{method} $q->{path} HTTP/1.1",
        'Host: 127.0.0.1:' . $s->port, 'Connection: close',
        (defined $q->{token} ? "Authorization: Token $q->{token}" : ()),
        (exists $q->{json} ? ('Content-Type: application/json',
                              'Content-Length: ' . length $body) : ()),
        '', $body;
}

# burst($s, [{method, path, json, token}...], meanwhile => sub, timeout)
# sends all at once, each on a connection of its own, and returns a list of
# {status, headers, body, seconds} in the same order. meanwhile runs again
# and again while answers are awaited.
sub burst
{
    my ($s, $requests, %opt) = @_;
    my $end = time + ($opt{timeout} || 30);
    my $select = IO::Select->new;
    my (%of, @answers);
    for my $i (0 .. $#$requests) {
        my $sock = $s->connect(%{ $requests->[$i] })
            or die "cannot connect: $!\n";
        syswrite $sock, _message($s, $requests->[$i]);
        $of{fileno $sock} = { i => $i, start => time, bytes => '' };
        $select->add($sock);
    }
    while ($select->count && time < $end) {
        for my $sock ($select->can_read(0.02)) {
            my $one = $of{fileno $sock};
            my $n = sysread $sock, $one->{bytes}, 65536,
                length $one->{bytes};
            next if $n;
            $select->remove($sock);
            $answers[$one->{i}] = _parse($one->{bytes}, time - $one->{start});
            close $sock;
        }
        $opt{meanwhile}->() if $opt{meanwhile} && $select->count;
    }
    for my $i (0 .. $#$requests) {
        $answers[$i] ||= _parse('', time - $end + ($opt{timeout} || 30));
    }
    return @answers;
}

sub _parse
{
    my ($bytes, $seconds) = @_;
    my ($head, $body) = split /\r\n\r\n/, $bytes, 2;
    my ($status) = ($head || '') =~ m{\AHTTP/1\.1 (\d{3})};
    my %headers = map { /^([^:]+):\s*(.*?)\s*$/ ? (lc $1 => $2) : () }
        split /\r\n/, $head || '';
    return { status => $status || 0, headers => \%headers,
             body => defined $body ? $body : '', seconds => $seconds };
}

# --------------------------------------------------- clients beside the test

my @running;

# clients($s, COUNT, sub { my ($n, $tell, $go_on) = @_; ... }) forks clients.
# Each may call $tell->(anything...) to write a line of its journal, and goes
# on while $go_on->() is true.
sub clients
{
    my ($s, $count, $code) = @_;
    my $dir = $s->dir;
    unlink "$dir/stop";
    for my $n (1 .. $count) {
        my $pid = fork;
        die "cannot fork: $!\n" if !defined $pid;
        if ($pid == 0) {
            $SIG{$_} = 'DEFAULT' for qw(INT TERM HUP);
            open my $journal, '>>', "$dir/journal.$n" or POSIX::_exit(1);
            $journal->autoflush(1);
            srand($$ ^ int(time * 1000));
            my $end = time + 120;
            my $tell = sub { print {$journal} $JSON->encode([@_]), "\n" };
            eval {
                $code->($n, $tell, sub { !-e "$dir/stop" && time < $end });
                1;
            } or $tell->(died => "$@");
            POSIX::_exit(0);
        }
        push @running, $pid;
    }
}

sub stop_clients
{
    my ($s) = @_;
    open my $fh, '>', $s->dir . '/stop' or die "cannot stop clients: $!\n";
    close $fh;
    local $?;
    waitpid $_, 0 for splice @running;
}

# journal($s): the lines that the clients wrote, a list of array refs.
sub journal
{
    my ($s) = @_;
    return map { $JSON->decode($_) } grep { length }
        map { split /\n/, slurp($_) } sort glob $s->dir . '/journal.*';
}

END {
    local $?;
    kill 'TERM', @running if @running && !$ENV{FAULTKIT_CHILD};
    waitpid $_, 0 for @running;
}

# ---------------------------------------------------------- another process

# lock_database($s, SQL...): another process runs these statements and stays;
# it holds what they locked until ->() is called.
sub lock_database
{
    my ($s, @sql) = @_;
    my $pid = IPC::Open2::open2(my $out, my $in, 'sqlite3', '-batch',
        '-cmd', '.timeout 5000', $s->db);
    $in->autoflush(1);
    print {$in} "$_\n" for @sql, ".print held";
    my $line = '';
    while (defined($line = <$out>)) {
        last if $line =~ /^held/;
    }
    die "the other process did not get its lock\n" if !defined $line;
    return sub {
        my ($last) = @_;
        local $?;
        print {$in} defined $last ? "$last\n" : "ROLLBACK;\n";
        close $in;
        close $out;
        waitpid $pid, 0;
    };
}

# ------------------------------------------------------------------- memory

# What a process has in memory of its own, in KiB, counted exactly (status
# only estimates it); shared memory, which fills up as it is used, is not.
sub rss
{
    my ($pid) = @_;
    return $1 if slurp("/proc/$pid/smaps_rollup")
        =~ /^Anonymous:\s+(\d+) kB/m;
    return slurp("/proc/$pid/status") =~ /^RssAnon:\s+(\d+)/m ? $1 : 0;
}

# -------------------------------------- a library that makes calls go wrong

my $SHIM_SOURCE = <<'C';
#define _GNU_SOURCE
#include <dlfcn.h>
#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/time.h>
#include <time.h>
#include <unistd.h>

/* The file that says what is to go wrong, mapped: a number of seconds to
 * add to the clock, what writes to the database fail with, what syncs fail
 * with, and whether the random generator fails. */
struct control { long clock, write_error, sync_error, random; };
static volatile struct control none;
static volatile struct control *control = &none;

__attribute__((constructor)) static void start(void)
{
    const char *name = getenv("FAULT_CONTROL");
    int fd = name ? open(name, O_RDWR) : -1;
    void *map = fd < 0 ? MAP_FAILED
        : mmap(NULL, sizeof(none), PROT_READ | PROT_WRITE, MAP_SHARED, fd, 0);
    if (map != MAP_FAILED) control = map;
    if (fd >= 0) close(fd);
}

#define REAL(type, name, args) \
    static type (*real) args; \
    if (!real) real = (type (*) args)dlsym(RTLD_NEXT, name)

static int is_database(int fd)
{
    char link[64], path[4096];
    ssize_t n;
    snprintf(link, sizeof(link), "/proc/self/fd/%d", fd);
    n = readlink(link, path, sizeof(path) - 1);
    if (n < 0) return 0;
    path[n] = 0;
    return strstr(path, "accounts.db") != NULL;
}

#define FAULTY_WRITE(name, offset_type) \
ssize_t name(int fd, const void *data, size_t size, offset_type at) \
{ \
    REAL(ssize_t, #name, (int, const void *, size_t, offset_type)); \
    if (control->write_error && is_database(fd)) { \
        errno = (int)control->write_error; \
        return -1; \
    } \
    return real(fd, data, size, at); \
}
FAULTY_WRITE(pwrite, off_t)
FAULTY_WRITE(pwrite64, off64_t)

#define FAULTY_SYNC(name) \
int name(int fd) \
{ \
    REAL(int, #name, (int)); \
    if (control->sync_error && is_database(fd)) { \
        errno = (int)control->sync_error; \
        return -1; \
    } \
    return real(fd); \
}
FAULTY_SYNC(fsync)
FAULTY_SYNC(fdatasync)

int gettimeofday(struct timeval *tv, void *zone)
{
    REAL(int, "gettimeofday", (struct timeval *, void *));
    int rv = real(tv, zone);
    if (rv == 0 && tv) tv->tv_sec += control->clock;
    return rv;
}

time_t time(time_t *out)
{
    struct timespec now;
    clock_gettime(CLOCK_REALTIME, &now);
    if (out) *out = now.tv_sec;
    return now.tv_sec;
}

int clock_gettime(clockid_t clock, struct timespec *ts)
{
    REAL(int, "clock_gettime", (clockid_t, struct timespec *));
    int rv = real(clock, ts);
    if (rv == 0 && clock == CLOCK_REALTIME) ts->tv_sec += control->clock;
    return rv;
}

#define FAULTY_RANDOM(name) \
int name(unsigned char *buf, int n) \
{ \
    REAL(int, #name, (unsigned char *, int)); \
    if (control->random) return control->random > 0 ? 0 : -1; \
    return real(buf, n); \
}
FAULTY_RANDOM(RAND_bytes)
FAULTY_RANDOM(RAND_priv_bytes)
C

# shim(DIR): compiles the library; the environment httpd needs for it, or
# undef where there is no compiler.
sub shim
{
    my ($dir) = @_;
    AcctTest::spew("$dir/fault.c", $SHIM_SOURCE);
    my $cc = $ENV{CC} || 'cc';
    system("$cc -w -O1 -shared -fPIC -o '$dir/fault.so' '$dir/fault.c' -ldl"
        . " >'$dir/fault.log' 2>&1") == 0 or return;
    AcctTest::spew("$dir/fault.control", pack 'l!4', 0, 0, 0, 0);
    chmod 0666, "$dir/fault.control";
    chmod 0755, "$dir/fault.so";
    return { FAULT_CONTROL => "$dir/fault.control",
             LD_PRELOAD => join ':', grep { defined && length }
                 $ENV{ACCT_PRELOAD}, "$dir/fault.so" };
}

# shim_set(DIR, clock =>, write_error =>, sync_error =>, random =>): what goes
# wrong from now on; what is not named goes right. In place: it is mapped.
sub shim_set
{
    my ($dir, %f) = @_;
    open my $fh, '+<:raw', "$dir/fault.control" or die "no shim: $!\n";
    print {$fh} pack 'l!4', map { $_ || 0 }
        @f{qw(clock write_error sync_error random)};
    close $fh;
}

1;
