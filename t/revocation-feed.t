# SPDX-License-Identifier: Apache-2.0
# long: yes
#
# The feed does not read what other servers revoked, or not in time: once the
# bound has passed, the server does not believe its cache any more, each
# request asks the database, and where that does not answer either the answer
# is 503. When the feed reads again, the cache is believed again.

use strict;
use warnings;
use lib 't/lib';
use AcctTest;
use FaultKit;
use PgServer;
use RevocationKit;
use TcpBreaker;
use Test::More;
use Time::HiRes qw(sleep time);

my $BOUND = 2;
my $SLACK = 0.2;                # our own requests' time

my ($breaker, %opt) = ();
if (($ENV{ACCT_DRIVER} || 'sqlite3') eq 'pgsql') {
    my $pg = PgServer->shared;
    my $name = $pg->database;
    $breaker = TcpBreaker->new($pg->socket_path);
    %opt = (pg => $pg, dbname => $name, made => $name,
            params => 'host=127.0.0.1 port=' . $breaker->port
                . " user=postgres dbname=$name");
}
my $s = caching_server(%opt, workers => { StartServers => 3 });

# The child that reads now.
sub reader
{
    my @all = $s->log =~ /\[pid (\d+)[^\n]*ACCT0235/g;
    return $all[-1];
}

# A token that is remembered, and whose row is gone without a word: it is
# let in as long as what is remembered is believed.
sub ghost
{
    wait_believed($s);
    opens_everywhere($s, $s->{ghost});
    return $s->{ghost};
}

# In the child whose reading hung the server counts as silent for a moment.
sub asks_the_database
{
    my ($token) = more_tokens($s, 1);
    like(opens_everywhere($s, $token), qr/^200(?: 503)?$/,
        'a good token is let in');
    $s->sql("DELETE FROM token WHERE id = '$token->{id}'");
    like(opens_everywhere($s, $token), qr/^401(?: 503)?$/,
        'and not on trust');
}

subtest 'the child that reads is killed: another takes over' => sub {
    my $ghost = ghost();
    my $old = reader();
    my $begin = time;
    kill 'KILL', $old;
    my $new;
    ok($s->wait_for(sub { ($new = reader()) != $old }, 5),
        sprintf 'after %.2f s', time - $begin);
    cmp_ok(time - $begin, '<', $BOUND, 'before the bound is over');
    ok(wait_believed($s, 5), 'what is remembered is believed');
};

subtest 'the child that reads is stopped: another takes over' => sub {
    my $old = reader();
    my ($token) = more_tokens($s, 1);
    ghost();
    kill 'STOP', $old;
    my $begin = time;
    ok($s->wait_for(sub { reader() != $old }, 5),
        sprintf 'after %.2f s', time - $begin);
    $s->wait_for(sub { opens($s, $token, timeout => 1) == 200 }, 5);
    $s->sql(sql_sign_out($token));
    $begin = time;
    $s->wait_for(sub { opens($s, $token, timeout => 1) == 401 }, 5);
    cmp_ok(time - $begin, '<', $BOUND, sprintf
        'what is revoked meanwhile ends after %.2f s', time - $begin);
    kill 'CONT', $old;
    $begin = time;
    while (time - $begin < 1.5) {
        last if opens($s, $token) != 401;
        sleep 0.05;
    }
    # What it was in the middle of with a server may be cut: 503, once.
    like(opens_everywhere($s, $token), qr/^401(?: 503)?$/,
        'and stays so when it goes on');
    ok(wait_believed($s, 5), 'what is remembered is believed');
};

subtest 'all children stand still for longer than the bound' => sub {
    ghost();
    my ($token) = more_tokens($s, 1);
    opens_everywhere($s, $token);
    my @all = $s->children;
    kill 'STOP', @all;
    $s->sql(sql_sign_out($token));
    sleep $BOUND + 0.2;
    my @sent = map { $s->connect } 1 .. 3;
    syswrite $_, "GET /private/a.txt HTTP/1.1\r\nHost: localhost\r\n"
        . "Connection: close\r\nAuthorization: Token $token->{text}\r\n\r\n"
        for @sent;
    kill 'CONT', @all;
    # Whoever answers, before the feed is read again or after.
    my %seen = map { my $sock = $_; local $/;
                     (<$sock> // '') =~ m{\AHTTP/1\.1 (\d+)} ? ($1 => 1)
                                                         : (0 => 1) } @sent;
    is(join(' ', sort keys %seen), 401, 'then nothing old is believed');
    ok(wait_believed($s, 5), 'what is remembered is believed again');
};

subtest 'the database is gone' => sub {
    my $ghost = ghost();
    $s->lose_database;
    my $late = accepted_for($s, $ghost, $BOUND + 1);
    cmp_ok($late, '<', $BOUND + $SLACK,
        sprintf 'believed for %.2f s', $late);
    is_unavailable($s->get('/private/a.txt', token => $ghost->{text}),
        'then nobody can know');
    is($s->get('/a.txt')->{status}, 200, 'an open file is served');
    $s->find_database;
    my $begin = time;
    ok($s->wait_for(sub { opens($s, $ghost) == 401 }, 5), sprintf
        'the database is asked again after %.2f s', time - $begin);
    ok(wait_believed($s, 5), 'what is remembered is believed again');
};

subtest 'the database hangs for the reader alone' => sub {
    plan skip_all => 'a file does not hang' if !$breaker;
    my $ghost = ghost();
    $breaker->mode('hold', "\0revocation_after\0", 'all');
    ok($s->wait_for(sub { $breaker->held > 0 }, 3), 'its answer is kept');
    my $late = accepted_for($s, $ghost, $BOUND + 1);
    cmp_ok($late, '<', $BOUND + $SLACK,
        sprintf 'believed for %.2f s', $late);
    asks_the_database();
    $breaker->mode('pass');
    my $begin = time;
    ok(wait_believed($s, 10), sprintf 'believed again');
    note sprintf 'after %.2f s', time - $begin;
};

subtest 'without mod_watchdog nothing is believed' => sub {
    my $dir = File::Temp::tempdir(CLEANUP => 1);
    chmod 0755, $dir;
    spew("$dir/no.c", <<'C');
#define _GNU_SOURCE
#include <dlfcn.h>
#include <stddef.h>
#include <string.h>
void *apr_dynamic_fn_retrieve(const char *name)
{
    static void *(*real)(const char *);
    if (!real) real = (void *(*)(const char *))
        dlsym(RTLD_NEXT, "apr_dynamic_fn_retrieve");
    return strncmp(name, "ap_watchdog_", 12) == 0 ? NULL : real(name);
}
C
    my $cc = $ENV{CC} || 'cc';
    system("$cc -w -shared -fPIC -o '$dir/no.so' '$dir/no.c' -ldl") == 0
        or plan skip_all => 'no C compiler';
    my $without = caching_server(env => { LD_PRELOAD => join ':',
        grep { defined && length } $ENV{ACCT_PRELOAD}, "$dir/no.so" });
    like($without->log, qr/ACCT0215/, 'the log says so');
    sleep 1;
    ok(!believes($without), 'each request asks the database');
};

done_testing();
