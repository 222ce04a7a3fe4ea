#!/usr/bin/perl
# SPDX-License-Identifier: Apache-2.0
# alone: yes, what it measures other tests would lengthen
#
# Graceful reloads under traffic: no client notices one, no change is lost,
# no file or process is left behind.
#
#   ACCT_RELOADS   how many (default 20)

use strict;
use warnings;
use lib 't/lib';
use AcctTest;
use FaultKit;
use Test::More;
use Time::HiRes qw(time sleep);

my $reloads = $ENV{ACCT_RELOADS} || 20;
my $mpm = $ENV{ACCT_MPM} || 'event';
my $starts = 2;
my $s = AcctTest->start(hash => 'argon2id m=1024 t=1 p=1',
    log_level => 'notice acctauth:info',
    workers => $mpm eq 'prefork'
    ? { StartServers => $starts, MinSpareServers => 2, MaxSpareServers => 6 }
    : { StartServers => $starts, ServerLimit => 16, MinSpareThreads => 8,
        MaxSpareThreads => 32 },
    conf => <<'CONF');
AcctAuthHashConcurrency 1
AcctAuthMaxTokens Off
AcctAuthPasswordRules min-length=8 not-similar
<Location "/private/">
    AcctAuthProtect On
</Location>
<Location "/typed/">
    AuthType Token
    Require valid-user
</Location>
<VirtualHost 127.0.0.1:*>
    ServerName other.example
    <Location "/accounts/">
        AcctAuthAPI accounts
    </Location>
    <Location "/api/auth/">
        AcctAuthAPI auth-signin auth-register
    </Location>
    <Location "/private/">
        AcctAuthProtect On
    </Location>
    <Location "/typed/">
        AuthType Token
        Require valid-user
    </Location>
</VirtualHost>
CONF
$s->write('htdocs/open.txt', "open\n");
$s->write("htdocs/$_/a.txt", "secret\n") for qw(private typed);
$s->account(username => "user$_", password => 'tower bridge') for 1 .. 3;

clients($s, 3, sub {
    my ($n, $tell, $go_on) = @_;
    my $kept = $s->post('/api/auth/login/', { username => "user$n",
        password => 'tower bridge' })->{json}{token};
    $tell->(keep => $kept);
    my %count;
    my $check = sub {
        my ($what, $r, $want) = @_;
        $count{$what}++;
        $tell->(bad => $what, $r->{status}, $r->{reason})
            if $r->{status} != $want;
        return $r;
    };
    my $i = 0;
    while ($go_on->()) {
        $check->(protected => $s->get('/private/a.txt', token => $kept), 200);
        $check->(typed => $s->get('/typed/a.txt', token => $kept), 200);
        $check->(open => $s->get('/open.txt'), 200);
        $check->(anonymous => $s->get('/private/a.txt'), 401);
        my $r = $check->(in => $s->post('/api/auth/login/',
            { username => "user$n", password => 'tower bridge' }), 200);
        my $token = $r->{json}{token};
        if (defined $token && ++$i % 5) {
            $check->(out => $s->request('POST', '/api/auth/logout/',
                                        token => $token), 204);
            $check->(dead => $s->get('/private/a.txt', token => $token), 401);
        }
        elsif (defined $token) {
            $tell->(keep => $token);
        }
        sleep 0.01;
    }
    $tell->(count => \%count);
});

my (@sizes, %old, @slow);
for my $round (1 .. $reloads) {
    sleep 0.15;
    $old{$_} = 1 for $s->children;
    my (undef, $took) = timed(sub { $s->graceful });
    push @slow, $took;
    push @sizes, rss($s->pid);
}
sleep 0.3;
stop_clients($s);

my (@kept, @bad, %count);
for my $line (journal($s)) {
    my ($word, @rest) = @$line;
    if ($word eq 'keep') { push @kept, $rest[0] }
    elsif ($word eq 'count') { $count{$_} += $rest[0]{$_} for keys %{ $rest[0] } }
    else { push @bad, "@$line" }
}
note(join ', ', map { "$_ $count{$_}" } sort keys %count);
is(scalar(grep { $_ } values %count) > 6 && $count{in} >= 6, 1,
    'there was traffic of every kind');
is_deeply(\@bad, [], "$reloads reloads: every answer was the right one");
is_deeply([grep { $s->get('/private/a.txt', token => $_)->{status} != 200 }
           @kept], [], scalar(@kept) . ' tokens that were kept open the door');
is_unprotected_fast($s, 'the rest of the site is served');

# A slot lost on the way would leave the next login waiting for ever.
my @more = burst($s, [({ method => 'POST', path => '/api/auth/login/',
    json => { username => 'user1', password => 'tower bridge' } }) x 4]);
is(join(' ', map { $_->{status} } @more), '200 200 200 200',
    'no slot of the gate is lost');

my $gone = $s->wait_for(sub { !grep { $old{$_} } $s->children }, 20);
ok($gone, 'no child of an earlier generation is left')
    or diag('left: ' . join ' ', grep { $old{$_} } $s->children);
cmp_ok(scalar(() = $s->children), '<=', 8, 'nor are there more than usual');
unlike($s->log, qr/exit signal|seg(?:mentation)? fault|AH00052/i,
    'no child died of it');
unlike($s->log, qr/\[acctauth:(?:error|crit|alert|emerg)\]/,
    'the log holds no fault of ours');

# Warm after a few; then each reload frees what the last one took.
SKIP: {
    skip 'memory says nothing under a sanitizer', 1 if $ENV{ACCT_PRELOAD};
    skip 'too few reloads', 1 if @sizes < 10;
    my $warm = $sizes[4];
    my $grown = $sizes[-1] - $warm;
    note("the parent's RSS: @sizes KiB");
    note(sprintf 'a reload takes %.2f to %.2f s',
        (sort { $a <=> $b } @slow)[0, -1]);
    my $counted = @sizes - 5;
    cmp_ok($grown, '<=', 8 * $counted, "the parent grew by $grown KiB in "
        . "$counted reloads");
}

# File handles of the parent: none for the database.
my @open = grep { /accounts\.db/ } map { readlink || '' }
    glob '/proc/' . $s->pid . '/fd/*';
is_deeply(\@open, [], 'the parent holds no handle of the database');

done_testing;
