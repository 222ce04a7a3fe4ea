#!/usr/bin/perl
# SPDX-License-Identifier: Apache-2.0
# driver: sqlite3, the lines are the same
#
# Lines of the error log that clients can cause. At warn and above the whole
# server writes one line a minute of each kind, with a count; at info each
# event has its line, with the client's address.

use strict;
use warnings;
use lib 't/lib';
use AcctTest;
use GuardTest;
use Test::More;

# The lines of an id, with their level.
sub lines_of
{
    my ($s, $id) = @_;
    return grep { /\b$id\b/ } split /\n/, $s->log;
}

# at_once(N, CODE): N processes at once, each with CODE's number as exit.
sub at_once
{
    my ($n, $code) = @_;
    my %count;
    my @pids = map {
        my $pid = fork // die "cannot fork: $!\n";
        if (!$pid) {
            my $status = eval { $code->() } // 0;
            require POSIX;
            POSIX::_exit($status == 200 ? 1 : $status == 503 ? 2 : 3);
        }
        $pid;
    } 1 .. $n;
    for (@pids) {
        waitpid $_, 0;
        $count{ $? >> 8 }++;
    }
    return \%count;
}

subtest 'more sign-ins than the hasher takes' => sub {
    my $s = AcctTest->start(workers => { StartServers => 4 },
        conf => "AcctAuthHashConcurrency 1\n"
            . "AcctAuthPasswordHash argon2id m=65536 t=10 p=1\n");
    $s->account(username => 'ann', password => 'correct horse');
    # from now on hers is as dear as that
    is($s->post('/account/login/', { username => 'ann',
        password => 'correct horse' })->{status}, 200, 'a sign-in');
    my $refused = 0;
    for my $round (1 .. 2) {
        my $count = at_once(16, sub {
            return $s->post('/account/login/', { username => 'ann',
                password => 'x' })->{status};
        });
        $refused += $count->{2} // 0;
        $s->graceful if $round == 1;
    }
    cmp_ok($refused, '>', 2, 'many were refused');
    my @lines = lines_of($s, 'ACCT0202');
    is(scalar @lines, 1, 'one line, of all children and over a reload')
        or diag(@lines);
    like($lines[0], qr/acctauth:warn.*authn_hash_gate_full/, 'at warn');
};

subtest 'TLS that is ended elsewhere' => sub {
    my $s = AcctTest->start(conf => <<'CONF');
AcctAuthPasswordHash argon2id m=8 t=1 p=1
AcctAuthRequireTLS On
<Location "/private/">
    AcctAuthProtect On
</Location>
<Location "/optional/">
    AcctAuthProtect Optional
</Location>
CONF
    $s->write("htdocs/$_/a.txt", "text\n") for qw(private optional);
    is($s->get('/optional/a.txt')->{status}, 200, 'anonymous');
    is(scalar(lines_of($s, 'ACCT0404')), 0, 'is nothing to tell of');
    my @h = (['X-Forwarded-Proto', 'https']);
    for (1 .. 10) {
        my $r = $s->get('/private/a.txt', token => 'a' x 40, headers => \@h);
        is($r->{status}, 403, 'a token') if $_ == 1;
        unlike($r->{body}, qr/Use the https/, 'is not told what it did')
            if $_ == 1;
        $r = $s->post('/account/login/', { username => 'a', password => 'b' },
            headers => \@h);
        is($r->{status}, 403, 'a sign-in') if $_ == 1;
    }
    my @lines = lines_of($s, 'ACCT0404');
    is(scalar @lines, 1, 'one line') or diag(@lines);
    like($lines[0], qr/acctauth:warn.*AcctAuthRequireTLS Off/,
        'at warn, with what to write');
    is(scalar(lines_of($s, 'ACCT0402')), 10, 'each at info all the same');
    is(scalar(lines_of($s, 'ACCT0301')), 10, 'and each refusal of the guard');
    like((lines_of($s, 'ACCT0301'))[-1], qr/\[client 127\.0\.0\.1:\d+\]/,
        'with its address');
};

subtest 'a guarded place of a server without a database' => sub {
    my $s = AcctTest->start(database => 0, api => 0, conf => <<'CONF');
<Directory "${HTDOCS}">
    AllowOverride AuthConfig
</Directory>
CONF
    $s->write('htdocs/private/.htaccess', "AcctAuthProtect On\n");
    $s->write('htdocs/private/a.txt', "text\n");
    is($s->get('/private/a.txt', token => 'a' x 40)->{status}, 503,
        "try $_") for 1 .. 5;
    my @lines = lines_of($s, 'ACCT0220');
    is(scalar @lines, 1, 'one line') or diag(@lines);
};

subtest 'a database that is away' => sub {
    my $s = AcctTest->start(workers => { StartServers => 4 }, conf =>
        "AcctAuthPasswordHash argon2id m=8 t=1 p=1\nAcctAuthCache Off\n"
        . "<Location \"/private/\">\nAcctAuthProtect On\n</Location>\n");
    $s->write('htdocs/private/a.txt', "text\n");
    my $c = credentials($s);
    my @before = lines_of($s, 'ACCT0204');
    $s->post('/api/auth/login/', { username => 'nobody', password => 'x' })
        for 1 .. 5;
    is(scalar(lines_of($s, 'ACCT0204')) - @before, 5,
        'each failed sign-in has its line');
    $s->lose_database(folder => 1);
    my $count = at_once(8, sub {
        my $status;
        $status = $s->get('/private/a.txt', headers => $c->{good})->{status}
            for 1 .. 20;
        return $status;
    });
    is($count->{2}, 8, 'refused');
    # By whoever finds out first: a request, or the thread that reads.
    my @lines = lines_of($s, 'store_unavailable');
    my %seen;
    $seen{ s/.*store_unavailable//r }++ for @lines;
    cmp_ok(scalar @lines, '>=', 1, 'said');
    is(join("\n", grep { $seen{$_} > 1 } keys %seen), '',
        'nothing is said twice');
    $s->find_database;
};

done_testing();
