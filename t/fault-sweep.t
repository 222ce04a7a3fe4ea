#!/usr/bin/perl
# SPDX-License-Identifier: Apache-2.0
#
# Every call that a request makes and that can fail is made to fail once, one
# after the other: memory, the database's files or its server's socket,
# libpq, OpenSSL, jansson, libargon2, libidn2. Whichever call fails: a bad
# token or password lets no client in, a good one is never called wrong, a
# change that was answered as done is in the database, the answer is one of
# the documented ones, and the next request is answered as usual (where a
# connection could not be opened, half a second later).
#
# A child whose pools have no memory ends itself, as httpd has it; nothing
# else ends one.
#
# make walk tries each call; make test some of each kind, in the same way.
# mpm: any, the calls are the module's
# long: yes

use strict;
use warnings;
use utf8;
use lib 't/lib';
use AcctTest;
use FaultKit;
use FaultSweep;
use Test::More;
use Time::HiRes qw(time);

plan skip_all => 'the sanitizers have an allocator of their own'
    if $ENV{ACCT_PRELOAD};

my $WALK = $ENV{ACCT_WALK};
my $PASSWORD = 'tower bridge';
my $n = 0;

# Walked, one child, so that one run makes the calls of another; else so many
# that none waits for a new one.
my $children = $WALK ? 1 : 8;
my $s = AcctTest->prepare(hash => cheap_hash(), allow_crash => 1,
    mpm => 'event', limit => 'Observe', conf => <<'CONF',
AcctAuthMaxTokens Off
AcctAuthAuditLog "logs/audit_log"
<Location "/private/">
    AcctAuthProtect On
</Location>
CONF
    workers => { StartServers => $children, ServerLimit => $children,
                 ThreadsPerChild => 3, MinSpareThreads => 1,
                 MaxSpareThreads => 3 * $children,
                 MaxRequestWorkers => 3 * $children });
my $fault = FaultSweep->of($s)
    or plan skip_all => 'no compiler for the library that makes calls fail';
$s->write('htdocs/private/a.txt', "secret\n");
$s->account(username => 'ada', email => 'ada@example.org',
            password => $PASSWORD);
my $why = $s->run;
die "httpd did not start: $why\n" if defined $why;

# ------------------------------------------------------------- what is asked

sub login { $s->post('/api/auth/login/', { username => $_[0] || 'ada',
                                           password => $PASSWORD }) }
sub reuse { $s->post('/accounts/signin/', { username => $_[0] || 'ada',
                                            password => $PASSWORD }) }
sub guard { $s->get('/private/a.txt', token => $_[0]) }
sub logout { $s->request('POST', "/api/auth/$_[1]/", token => $_[0]) }
sub current { $s->get("/api/v1/users/$_[1]/", token => $_[0]) }
sub register
{
    my ($name) = @_;
    return $s->post('/api/auth/register/', { username => $name,
        email => "$name\@dömäin.example", password => $PASSWORD });
}

# What a request that is no part of it came to.
sub came_to
{
    my ($r) = @_;
    my ($why) = $r->{status} == 503
        ? $s->log =~ /.*(ACCT\d+: store_unavailable[^\n]*)/s : '';
    return join ' ', $r->{status}, grep { defined && length }
        $r->{reason}, $why;
}

sub count { ($s->sql("SELECT count(*) FROM $_[0]"))[0][0] }
sub has_token { count("token WHERE digest = '" . digest($_[0]) . "'") }
sub has_account { count("account WHERE username = '$_[0]'") }

my @unready;    # what went wrong where nothing was made to fail
sub token_of
{
    my ($name) = @_;
    my $r = after_a_moment(sub { login($name) });
    push @unready, 'a sign-in: ' . came_to($r) if $r->{status} != 200;
    return $r->{json}{token} || 'none';
}

# One that was let in and then signed out. A sign-out that was 503 is asked for
# again; if it had been done all the same, that is 401.
sub ended_token
{
    my $token = token_of('ada');
    guard($token);
    my $r = after_a_moment(sub { logout($token, 'logout') });
    push @unready, 'a sign-out: ' . came_to($r)
        if $r->{status} != 204 && $r->{status} != 401;
    return $token;
}

my $ada = ($s->sql("SELECT id FROM account WHERE username = 'ada'"))[0][0];
my $reused = after_a_moment(\&reuse)->{json}{data}{token};

# An account of its own: ending all of its tokens ends no other client's.
sub newcomer
{
    my $name = 'n' . ++$n;
    my $r = after_a_moment(sub { register($name) });
    push @unready, 'a sign-up: ' . came_to($r) if $r->{status} != 200;
    return $name;
}

# Each request: what is made ready for it, it, which answers are right beside
# those to a failure, what is wrong after an answer, if anything.
my %ask = (
    register => {
        ready => sub { 'r' . ++$n },
        ask => \&register, right => qr/^200$/,
        wrong => sub {
            my ($name, $r) = @_;
            my $there = has_account($name);
            return 'signed up, and no account' if $r->{status} == 200
                && (!$there || !has_token($r->{json}{token}));
            my $again = after_a_moment(sub { register($name) })->{status};
            return "again: $again" if $again != ($there ? 400 : 200);
            my $in = after_a_moment(sub { login($name) })->{status};
            return $in == 200 ? () : "its sign-in: $in";
        },
    },
    login => {
        ready => sub { },
        ask => sub { login() }, right => qr/^200$/,
        wrong => sub {
            my (undef, $r) = @_;
            return 'signed in, and no token' if $r->{status} == 200
                && !has_token($r->{json}{token});
            return;
        },
    },
    'login, a token anew' => {
        ready => \&newcomer,
        ask => \&reuse, right => qr/^200$/,
        wrong => sub {
            my ($name, $r) = @_;
            my $again = after_a_moment(sub { reuse($name) });
            return 'again: ' . came_to($again) if $again->{status} != 200;
            return 'another token' if $r->{status} == 200
                && $r->{json}{data}{token} ne $again->{json}{data}{token};
            return;
        },
    },
    'login, the same token' => {
        ready => sub { },
        ask => sub { reuse() }, right => qr/^200$/,
        wrong => sub {
            my (undef, $r) = @_;
            return 'another token' if $r->{status} == 200
                && $r->{json}{data}{token} ne $reused;
            return;
        },
    },
    'login, a wrong password' => {
        ready => sub { },
        ask => sub { $s->post('/api/auth/login/', { username => 'ada',
            password => 'london bridge' }) },
        right => qr/^400$/,
        wrong => sub {
            my (undef, $r) = @_;
            return $r->{status} == 400 && $r->{body} !~ /Unable to log in/
                ? "400 $r->{body}" : ();
        },
    },
    logout => {
        ready => sub { my $t = token_of('ada'); guard($t); $t },
        ask => sub { logout($_[0], 'logout') }, right => qr/^204$/,
        wrong => sub {
            my ($token, $r) = @_;
            my $there = has_token($token);
            return 'signed out, and a token' if $r->{status} == 204
                && $there;
            my $then = after_a_moment(sub { guard($token) })->{status};
            return $then == ($there ? 200 : 401) ? () : "then $then";
        },
    },
    logout_all => {
        ready => sub {
            my $name = newcomer();
            my @tokens = map { token_of($name) } 1, 2;
            guard($_) for @tokens;
            return \@tokens;
        },
        ask => sub { logout($_[0][0], 'logoutall') }, right => qr/^204$/,
        wrong => sub {
            my ($tokens, $r) = @_;
            my @there = map { has_token($_) } @$tokens;
            return "by half: @there" if $there[0] != $there[1];
            return 'signed out, and tokens' if $r->{status} == 204
                && $there[0];
            my @then = map { my $token = $_;
                after_a_moment(sub { guard($token) })->{status} } @$tokens;
            return grep({ $_ != ($there[0] ? 200 : 401) } @then)
                ? "then @then" : ();
        },
    },
    current => {
        ready => sub { token_of('ada') },
        ask => sub { current($_[0], $ada) }, right => qr/^200$/,
        wrong => sub { },
    },
    'guard, cached' => {
        ready => sub { my $t = token_of('ada'); guard($t); $t },
        ask => \&guard, right => qr/^200$/,
        wrong => sub { },
    },
    'guard, not cached' => {
        ready => sub { token_of('ada') },
        ask => \&guard, right => qr/^200$/,
        wrong => sub { },
    },
    'guard, a new connection' => {
        ready => sub { my $t = token_of('ada'); drop_connection(); $t },
        ask => \&guard, right => qr/^200$/,
        wrong => sub { },
    },
    # Whose first request it is: what else is there already is made.
    'guard, a new child' => {
        ready => sub { my $t = token_of('ada'); new_child(); $t },
        ask => \&guard, right => qr/^200$/,
        wrong => sub { },
    },
    'login, a new child' => {
        ready => \&new_child,
        ask => sub { login() }, right => qr/^200$/,
        wrong => sub { },
    },
    'guard, a token that has ended' => {
        ready => \&ended_token,
        ask => \&guard, right => qr/^401$/,
        wrong => sub { my ($token) = @_;
            after_a_moment(sub { guard($token) })->{status} == 401
                ? () : 'let in then' },
    },
    'guard, a token that never was' => {
        ready => sub { $s->unknown_token(40) },
        ask => \&guard, right => qr/^401$/,
        wrong => sub { },
    },
);

# Which has made what it begins with when it serves a file.
sub new_child
{
    $s->graceful;
    $s->get('/index.html');
}

# A connection that failed is given up; so the next request opens one.
sub drop_connection
{
    if ($s->{pg}) {
        $s->{pg}->sql('SELECT pg_terminate_backend(pid, 5000) FROM '
            . "pg_stat_activity WHERE datname = '$s->{dbname}' AND "
            . "application_name = 'mod_acctauth'");
    }
    else {
        my $t = token_of('ada');
        $fault->failing('files', 1, sub { guard($t) });
    }
}

# ----------------------------------------------------- what came of a failure

# A child's end is in the log once the parent has seen it.
my $ended = 0;
sub child_ended
{
    my @ends;
    $s->wait_for(sub { @ends = $s->log =~ /exit signal (\w+)/g;
                       @ends > $ended }, 5);
    my @new = splice @ends, $ended;
    $ended += @new;
    return @new;
}

# What is wrong with an answer by itself.
sub judge
{
    my ($ask, $kind, $r) = @_;
    return if $r->{status} =~ $ask->{right};
    return $r->{headers}{'retry-after'} ? () : '503 without Retry-After'
        if $r->{status} == 503;
    return $r->{json} ? () : '500 in no words of ours'
        if $r->{status} == 500;
    if ($r->{status} == 0 && $kind eq 'memory') {
        my @signals = child_ended();
        return "@signals" =~ /^Abort(?:ed)?$/ ? ()
            : 'no answer, and a child ended by: ' . join(' ', @signals);
    }
    return "$r->{status} " . ($r->{body} || $r->{reason} || '');
}

my @table;

# A connection that could not be opened is not tried anew for half a second;
# meanwhile what needs one is 503. Where other work has the machine the opening
# that follows may be cut, too, once or twice.
sub after_a_moment
{
    my ($code) = @_;
    my $end = time + 5;
    my $r;
    do {
        $r = $code->();
        return $r if $r->{status} != 503 || time > $end;
    } while (select(undef, undef, undef, 0.1), 1);
}

sub made_ready
{
    my ($ask) = @_;
    my $ready;
    for (1 .. 3) {
        @unready = ();
        $ready = $ask->{ready}->();
        last if !@unready;
        select undef, undef, undef, 0.6;
    }
    return $ready;
}

# try(REQUEST, KIND, N): what is wrong when the N-th call fails, and whether
# one did.
sub try
{
    my ($name, $kind, $which) = @_;
    my $ask = $ask{$name};
    my $ready = made_ready($ask);
    my ($r, $count, $function, $where) = $fault->failing($kind, $which,
        sub { $ask->{ask}->($ready) });
    my @wrong = judge($ask, $kind, $r);
    push @wrong, $ask->{wrong}->($ready, $r) if !@wrong;
    # the next request, of another account
    my $next = after_a_moment(sub { reuse() });
    push @wrong, 'then a sign-in: ' . came_to($next)
        if $next->{status} != 200;
    unshift @wrong, @unready;
    return ($count, $function, $r->{status}, map { defined $function
        ? "call $which, $function at " . $fault->place($where) . ": $_"
        : "call $which of $count did not fail: $_" } @wrong);
}

# Walked: the first, the second … until none fails; two runs in a row, since
# one may make a call less. Else some, closer at the beginning.
sub sweep
{
    my ($name, $kind) = @_;
    my ($tried, $behind, $which, $step) = (0, 0, 1, 1);
    my (@wrong, %answers);
    while ($behind < ($WALK ? 2 : 1)) {
        my ($count, $function, $status, @bad) = try($name, $kind, $which);
        push @wrong, @bad;
        if (defined $function) {
            $tried++;
            $answers{$status}++;
            $behind = 0;
        }
        else {
            $behind++;
        }
        last if @wrong > 10;
        $which += $WALK ? 1 : $step;
        $step = int($step * 2.5) + 1;
    }
    my $said = join ', ', map { ($_ || 'closed') . " $answers{$_}" }
        sort keys %answers;
    push @table, sprintf '%-30s %-11s %5d  %s', $name, $kind, $tried, $said;
    ok(!@wrong, "$kind: $tried calls, one by one ($said)")
        or diag(join "\n", @wrong);
}

my @kinds = ('memory', $s->{pg} ? qw(libpq libpq-done sockets) : 'files',
             qw(openssl others));
my $only = $ENV{ACCT_ONLY} // '';
# A new child takes a second, each time.
for my $name (grep { /$only/ && ($WALK || !/new child/) } sort keys %ask) {
    subtest $name => sub { sweep($name, $_) for @kinds };
}

# ------------------------------------------------------------------ at last

is(integrity($s), 'ok', 'the database is whole');
my @signals = grep { !/^Abort/ } $s->log =~ /exit signal (\w+)/g;
is_deeply(\@signals, [], 'no child was ended by anything but want of memory');
note($_) for @table;
$s->stop;
done_testing();
