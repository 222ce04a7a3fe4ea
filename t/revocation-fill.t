# SPDX-License-Identifier: Apache-2.0
#
# quiet: yes, what it measures other tests would lengthen
# A thread that fills the cache stands still between the database's answer
# and the cache. A token that is revoked meanwhile stays revoked: the answer
# that this thread comes back with is not stored.
#
# It is stopped at two places by a library in front of httpd: when it has the
# database's answer (a file's driver only), and in the cache's store, when
# it has looked for revocations already and has not written yet. On
# PostgreSQL it is the network, too, that keeps the answer.

use strict;
use warnings;
use lib 't/lib';
use AcctTest;
use Digest::SHA ();
use FaultKit;
use PgServer;
use RevocationKit;
use TcpBreaker;
use Test::More;
use Time::HiRes qw(sleep time);

# The first thread that comes by while DIR/hold is there takes it, waits
# until DIR/go is, and says when.
my $SHIM = <<'C';
#define _GNU_SOURCE
#include <dlfcn.h>
#include <stddef.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

static void stand_still(const char *place)
{
    const char *dir = getenv("FILL_DIR");
    char hold[4096], held[4096], go[4096];
    snprintf(hold, sizeof(hold), "%s/hold-%s", dir, place);
    snprintf(held, sizeof(held), "%s/held", dir);
    snprintf(go, sizeof(go), "%s/go", dir);
    if (rename(hold, held) != 0) return;
    while (access(go, F_OK) != 0) usleep(1000);
}

/* The row of a token's look-up, which has eight columns. */
int apr_dbd_get_row(const void *driver, void *pool, void *res, void **row,
                    int rownum)
{
    static int (*real)(const void *, void *, void *, void **, int);
    static int (*columns)(const void *, void *);
    int rv;
    if (!real) real = (int (*)(const void *, void *, void *, void **, int))
        dlsym(RTLD_NEXT, "apr_dbd_get_row");
    if (!columns) columns = (int (*)(const void *, void *))
        dlsym(RTLD_NEXT, "apr_dbd_num_cols");
    rv = real(driver, pool, res, row, rownum);
    if (rv == 0 && columns(driver, res) == 8) stand_still("answer");
    return rv;
}

unsigned long long apr_siphash24(const void *src, size_t len,
                                 const unsigned char *key)
{
    static unsigned long long (*real)(const void *, size_t,
                                      const unsigned char *);
    if (!real) real = (unsigned long long (*)(const void *, size_t,
        const unsigned char *))dlsym(RTLD_NEXT, "apr_siphash24");
    stand_still("store");
    return real(src, len, key);
}
C

my $dir = File::Temp::tempdir(CLEANUP => 1);
chmod 0777, $dir;
spew("$dir/fill.c", $SHIM);
my $cc = $ENV{CC} || 'cc';
system("$cc -w -O1 -shared -fPIC -o '$dir/fill.so' '$dir/fill.c' -ldl") == 0
    or plan skip_all => 'no C compiler';
chmod 0755, "$dir/fill.so";

my %opt = (workers => { StartServers => 3 },
           env => { FILL_DIR => $dir, LD_PRELOAD => join ':',
                    grep { defined && length } $ENV{ACCT_PRELOAD},
                    "$dir/fill.so" });
my $breaker;
if (($ENV{ACCT_DRIVER} || 'sqlite3') eq 'pgsql') {
    my $pg = PgServer->shared;
    my $name = $pg->database;
    $breaker = TcpBreaker->new($pg->socket_path);
    %opt = (%opt, pg => $pg, dbname => $name, made => $name,
            params => 'host=127.0.0.1 port=' . $breaker->port
                . " user=postgres dbname=$name");
}
my $s = caching_server(%opt);

# ---- places: {stop, is_stopped, go} ----

sub shim_place
{
    my ($place) = @_;
    return {
        stop => sub { unlink "$dir/go", "$dir/held";
                      spew("$dir/hold-$place", '');
                      chmod 0666, "$dir/hold-$place" },
        is_stopped => sub { -e "$dir/held" },
        go => sub { spew("$dir/go", '') },
    };
}

my $network = {
    stop => sub { $breaker->mode('hold',
                                 Digest::SHA::sha256_hex($_[0]{text})) },
    is_stopped => sub { $breaker->held > 0 },
    go => sub { $breaker->mode('pass') },
};

# ---- ways to revoke: each is done and has taken effect when it returns ----

sub answered
{
    my ($path) = @_;
    return sub {
        my ($token) = @_;
        my $r = $s->post($path, undef, token => $token->{text});
        is($r->{status}, 204, 'it is answered');
    };
}

# What the command does takes effect a little later: another token of the
# account tells when.
sub commanded
{
    my (@command) = @_;
    return sub {
        my ($token, $other) = @_;
        my ($name) = map { $_->[0] } $s->sql('SELECT username FROM account '
            . "WHERE id = $token->{account}");
        my ($exit, undef, $err) = $s->cli(@command, $name,
            $command[1] eq 'passwd'
            ? ('--password-stdin', stdin => "another secret\n")
            : ());
        is($exit, 0, 'the command is done') or diag $err;
        ok($s->wait_for(sub { opens($s, $other) == 401 }, 3),
            'and has taken effect');
    };
}

my @ways = (
    ['a sign-out', answered('/api/auth/logout/')],
    ['a sign-out everywhere', answered('/api/auth/logoutall/')],
    ['a block', commanded('user', 'block')],
    ['another password', commanded('user', 'passwd')],
    ['the end of the account', commanded('user', 'delete')],
);

sub ask
{
    my ($token) = @_;
    my $sock = $s->connect or die "cannot connect: $!\n";
    syswrite $sock, "GET /private/a.txt HTTP/1.1\r\nHost: localhost\r\n"
        . "Connection: close\r\nAuthorization: Token $token->{text}\r\n\r\n";
    return sub {
        my $answer = do { local $/; <$sock> };
        return $answer =~ m{\AHTTP/1\.1 (\d+)} ? $1 : 0;
    };
}

sub late_filler
{
    my ($place, $way) = @_;
    my ($token, $other) = more_tokens($s, 2, 1);
    is(opens_everywhere($s, $other), 200, 'the account is let in');
    $place->{stop}->($token);
    my $begin = time;
    my $answer = ask($token);
    ok($s->wait_for($place->{is_stopped}, 3), 'the filler stands still');
    $way->($token, $other);
    my $took = time - $begin;
    $place->{go}->();
    like($answer->(), qr/^(?:200|401|503)$/, 'the filler comes back');
    is(opens_everywhere($s, $token), 401, sprintf
        'nobody else is let in (it stood still for %.2f s)', $took);
    is(opens_everywhere($s, $token), 401, 'now or later');
}

sub everywhere
{
    my ($place, $name) = @_;
    for my $way (@ways) {
        subtest "$name: $way->[0]" => sub { late_filler($place, $way->[1]) };
    }
}

ok(wait_believed($s), 'what is cached is believed');
everywhere(shim_place('answer'), 'before it looks for revocations')
    if !$breaker;
everywhere(shim_place('store'), 'before it writes');
everywhere($network, 'while the answer is under way') if $breaker;

subtest 'without a revocation the same filler fills' => sub {
    my $place = $breaker ? $network : shim_place('answer');
    my ($token) = more_tokens($s, 1);
    ok(wait_believed($s), 'what is cached is believed');
    $place->{stop}->($token);
    my $answer = ask($token);
    ok($s->wait_for($place->{is_stopped}, 3), 'the filler stands still');
    $place->{go}->();
    is($answer->(), 200, 'it is let in');
    $s->sql("DELETE FROM token WHERE id = '$token->{id}'");
    is(opens($s, $token), 200, 'and remembered');
};

done_testing();
