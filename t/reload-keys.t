#!/usr/bin/perl
# SPDX-License-Identifier: Apache-2.0
# driver: any, keys are read from files
#
# A child that httpd had just begun to make when it was reloaded has the
# configuration of before: the parent keeps the keys of the last four
# configurations for such children. A library in front of libc stops such a
# child until the test lets it go on.

use strict;
use warnings;
use lib 't/lib';
use AcctTest;
use FaultKit;
use Test::More;
use Time::HiRes qw(sleep);

plan skip_all => 'other systems have no segments that can be let go of'
    if $^O ne 'linux';

my $SOURCE = <<'C';
#define _GNU_SOURCE
#include <dlfcn.h>
#include <fcntl.h>
#include <stdlib.h>
#include <sys/mman.h>
#include <sys/shm.h>
#include <unistd.h>

/* Mapped: whether to hold the next child of the parent, which is held, and
 * until when; how often it got memory, and how often not. */
struct control { int hold, held, let_go, attached, failed; };
static struct control none;
static volatile struct control *control = &none;

__attribute__((constructor)) static void start(void)
{
    int fd = open(getenv("HOLD_CONTROL"), O_RDWR | O_CLOEXEC);
    void *map = mmap(NULL, sizeof(none), PROT_READ | PROT_WRITE, MAP_SHARED,
                     fd, 0);
    if (map != MAP_FAILED) control = map;
    close(fd);
}

pid_t fork(void)
{
    pid_t (*real)(void) = (pid_t (*)(void))dlsym(RTLD_NEXT, "fork");
    pid_t pid = real();
    if (pid == 0 && control->hold) {
        control->hold = 0;
        control->held = getpid();
        while (!control->let_go) usleep(10000);
    }
    return pid;
}

void *shmat(int id, const void *at, int flags)
{
    void *(*real)(int, const void *, int) =
        (void *(*)(int, const void *, int))dlsym(RTLD_NEXT, "shmat");
    void *got = real(id, at, flags);
    if (control->held == getpid()) {
        if (got == (void *)-1) control->failed++; else control->attached++;
    }
    return got;
}
C

my @NAMES = qw(hold held let_go attached failed);
my $s = AcctTest->prepare(hash => cheap_hash(), env => {},
    workers => ($ENV{ACCT_MPM} || 'event') eq 'prefork'
    ? { StartServers => 1, MinSpareServers => 1 }
    : { StartServers => 1, ServerLimit => 16 });
my $control = $s->dir . '/control';

sub set { spew($control, pack 'i5', map { $_ || 0 } @{ { @_ } }{@NAMES}) }

sub now
{
    my %now;
    @now{@NAMES} = unpack 'i5', slurp($control);
    return \%now;
}

# In place: it is mapped.
sub put
{
    my ($name, $value) = @_;
    my ($at) = grep { $NAMES[$_] eq $name } 0 .. $#NAMES;
    open my $fh, '+<:raw', $control or die "no control: $!\n";
    seek $fh, 4 * $at, 0;
    print {$fh} pack 'i', $value;
    close $fh;
}

set();
chmod 0666, $control;
spew($s->dir . '/hold.c', $SOURCE);
my $library = $s->dir . '/hold.so';
my $cc = $ENV{CC} || 'cc';
plan skip_all => 'needs a C compiler' if system("$cc -w -O1 -shared -fPIC "
    . "-o '$library' '@{[ $s->dir ]}/hold.c' -ldl >/dev/null 2>&1") != 0;
chmod 0755, $library;
$s->{env} = { HOLD_CONTROL => $control, LD_PRELOAD => join ':',
              grep { defined && length } $ENV{ACCT_PRELOAD}, $library };
$s->account(username => 'ann', password => 'tower bridge');
$s->_chown(glob $s->db . '*') if $s->driver eq 'sqlite3';

sub has_begun
{
    my ($pid) = @_;
    my @threads = glob "/proc/$pid/task/*";
    return @threads != 1;       # or has ended by now
}

# What becomes of a child that is held while httpd is reloaded so often.
sub after_reloads
{
    my ($count) = @_;
    my $why = $s->run;
    die "httpd did not start: $why\n" if defined $why;
    put(hold => 1);
    kill 'KILL', ($s->children)[0];
    $s->wait_for(sub { now()->{held} }, 10) or die "no child was made\n";
    my $held = now()->{held};
    $s->graceful for 1 .. $count;
    is($s->post('/accounts/signin/', { username => 'ann',
        password => 'tower bridge' })->{status}, 200,
        'those of the last reload serve');
    put(let_go => 1);
    ok($s->wait_for(sub { has_begun($held) }, 10), 'the child goes on');
    my $now = now();
    my $log = join '', grep { /\[pid $held:/ } map { "$_\n" }
        split /\n/, $s->log;
    $s->stop;
    put($_ => 0) for @NAMES;
    return ($now, $log);
}

subtest 'a child of before four reloads has its keys' => sub {
    my ($now, $log) = after_reloads(4);
    cmp_ok($now->{attached}, '>=', 1, 'it has what it shares');
    is($now->{failed}, 0, 'all of it');
    unlike($log, qr/ACCT0219/, 'and complains of nothing');
};

subtest 'a child of before five has none, and says so' => sub {
    my ($now, $log) = after_reloads(5);
    cmp_ok($now->{failed}, '>=', 1, 'they are gone');
    like($log, qr/ACCT0219: [^\n]*the keys: it answers 503/,
        'it answers 503');
};

done_testing;
