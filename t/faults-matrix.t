#!/usr/bin/perl
# SPDX-License-Identifier: Apache-2.0
# alone: yes, what it measures other tests would lengthen
#
# Every way in which a PostgreSQL can fail, each by itself, and of each
# the same things: a token that was presented a moment ago is still let in, as
# the cache allows; a request that needs the database is answered with 503
# within two seconds; a file that is not protected does not wait; and five
# seconds after the fault every request is answered as before it, over as many
# connections. The table is printed with `prove -v`.
# driver: pgsql
# long: yes

use strict;
use warnings;
use lib 't/lib';
use AcctTest;
use FaultKit;
use Lanes;
use PgServer;
use TcpBreaker;
use Test::More;
use Time::HiRes qw(time sleep);

my $CONF = <<'CONF';
AcctAuthCache On
AcctAuthMaxTokens Off
AcctAuthRevocationBound 2
<Location "/private/">
    AcctAuthProtect On
</Location>
CONF
my $PASSWORD = 'tower bridge';
my $COMMIT = "COMMIT\0";
my $LONGEST = 2.4;      # two seconds, on a busy machine
my $FILE = 0.6;         # an open file: the same
my $POOL = 13;          # connections: two children, six each, and one that
                        # the feed is read by
my $n = 0;
my (%longest, @table);

lanes(3);
my $PLACES = 22;        # of the server, for such as us
my $pg = PgServer->new(sessions => 1,
                       settings => { max_connections => $PLACES + 8,
                                     superuser_reserved_connections => 8 });
my $name = $pg->database;
$pg->sql("CREATE ROLE web LOGIN; GRANT CREATE ON SCHEMA public TO web; "
    . "GRANT CONNECT ON DATABASE $name TO web", $name);
my @way = map { TcpBreaker->new($pg->socket_path) } 1, 2;
my $breaker = $way[0];

sub server
{
    my ($ports, %opt) = @_;
    my $s = AcctTest->prepare(driver => 'pgsql', pg => $pg, dbname => $name,
        params => 'host=' . join(',', ('127.0.0.1') x @$ports) . ' port='
            . join(',', @$ports) . " user=web dbname=$name sslmode=disable "
            . 'gssencmode=disable',
        hash => cheap_hash(), conf => $CONF,
        workers => { StartServers => 2, ServerLimit => 2,
                     MaxRequestWorkers => 16, MinSpareThreads => 1,
                     MaxSpareThreads => 16 }, %opt);
    $s->write($_, "open\n") for 'htdocs/open.txt';
    $s->write('htdocs/private/a.txt', "secret\n");
    return $s;
}

my $s = server([$breaker->port]);
$s->account(username => 'ada', email => 'ada@example.org',
            password => $PASSWORD);
my $why = $s->run;
die "httpd did not start: $why\n" if defined $why;

sub login { $s->post('/api/auth/login/', { username => 'ada',
                                           password => $PASSWORD }) }
sub open_with { $s->get('/private/a.txt', token => $_[0]) }
sub end_sessions
{
    $pg->sql('SELECT pg_terminate_backend(pid, 5000) FROM pg_stat_activity '
        . "WHERE application_name = 'mod_acctauth'");
}
sub connections
{
    return ($pg->sql('SELECT count(*) FROM pg_stat_activity WHERE '
        . "application_name = 'mod_acctauth'"))[0][0];
}

# note_time(WHAT, SECONDS) for the table.
sub note_time
{
    my ($what, $seconds) = @_;
    $longest{$what} = $seconds if $seconds > ($longest{$what} || 0);
    return $seconds;
}

# Tokens that no request has presented yet: they are in the database and in
# no cache. A child that had no request since the fault may still have to find
# out that the server answers again.
sub fresh
{
    my ($count) = @_;
    return map { $s->wait_for(sub { login()->{json}{token} }, 3)
        || die "no token\n" } 1 .. $count;
}

# at_once(TOKENS, SIGN_INS): a request with each token, and so many sign-ins.
sub at_once
{
    my ($tokens, $sign_ins) = @_;
    return burst($s, [ (map { { method => 'GET', token => $_,
        path => '/private/a.txt' } } @$tokens), ({ method => 'POST',
        path => '/api/auth/login/', json => { username => 'ada',
        password => $PASSWORD } }) x $sign_ins ], timeout => 10,
        meanwhile => sub {
            my ($r, $t) = timed(sub { $s->get('/open.txt') });
            note_time(file => $r->{status} == 200 ? $t : 99);
        });
}

# While it lasts. known: a pattern of what a look-up may say, else 503;
# cached: of what is said to whom the cache knows, else 200.
sub is_borne
{
    my ($cached, $tokens, %opt) = @_;
    my ($r, $t) = timed(sub { open_with($cached) });
    note_time(cached => $t);
    my $let_in = $opt{cached} || '200';
    like($r->{status}, qr/^(?:$let_in)\z/,
        'who was let in a moment ago is let in');
    cmp_ok($t, '<', 0.5, sprintf '  after %.3f s', $t);
    my @r = at_once($tokens, 0);
    my $known = $opt{known} || '503';
    my @status = map { $_->{status} } @r;
    is(scalar(grep { !/^(?:$known)\z/ } @status), 0, "who was not: @status")
        or diag("@status");
    note_time(unknown => $_->{seconds}) for @r;
    is(scalar(grep { $_->{status} == 503 && !$_->{headers}{'retry-after'} }
        @r), 0, 'with Retry-After where it is 503');
    for (1 .. 2) {
        ($r, $t) = timed(\&login);
        note_time(unknown => $t);
        is($r->{status}, 503, 'a sign-in') if $known !~ /200/
            || $opt{reads};
        like($r->{status}, qr/^(?:200|503)\z/, 'a sign-in is or is not');
    }
    if ($known eq '503') {
        # until nothing of the cache is fresh
        $s->wait_for(sub { ($r, $t) = timed(sub { open_with($cached) });
            note_time(unknown => $t); $r->{status} != 200 }, 5);
        is($r->{status}, 503, 'after the bound nobody is let in unasked');
    }
    cmp_ok($longest{unknown}, '<', $LONGEST,
        sprintf 'nobody waits longer than %.2f s', $longest{unknown});
    cmp_ok($longest{file} || 0, '<', $FILE,
        sprintf 'and for an open file %.3f s', $longest{file} || 0);
}

sub is_well_again
{
    my ($cached, $tokens) = @_;
    my $start = time;
    my @seen;
    # One child may know before the other, which asks each half second, and
    # only when a request needs the database: it has ended when all has been
    # well for longer than that, sign-ins too, which the cache cannot answer.
    my $since;
    my $ok = $s->wait_for(sub {
        # which leaves the other processes here some of the processors
        sleep 0.1 if @seen;
        my @now = map { $_->{status} } at_once($tokens, 12);
        push @seen, @now;
        undef $since if grep { $_ != 200 } @now;
        $since ||= time if !grep { $_ != 200 } @now;
        return $since && time - $since > 0.6;
    }, 6);
    my $took = note_time(recovery => ($since || time) - $start);
    ok($ok && $took < 5, sprintf 'all are let in again after %.2f s', $took)
        or diag("seen: @seen");
    is(scalar(grep { $_ != 200 && $_ != 503 } @seen), 0,
        'and nobody was turned away');
    ok($s->wait_for(sub { login()->{status} == 200 }, 5 - $took),
        'sign-ins are too');
    # the server takes its time with those that were cut off
    ok($s->wait_for(sub {
        $longest{connections} = connections();
        return $longest{connections} >= 1 && $longest{connections} <= $POOL;
    }, 5), "the pool is back at its size: $longest{connections}");
}

# fault(WHAT, BEGIN, END, %opt)
sub fault
{
    my ($what, $begin, $end, %opt) = @_;
    part $what => sub {
        %longest = ();
        my ($cached, @tokens) = fresh(7);
        $s->wait_for(sub { connections() > 0 }, 5);
        ok($s->wait_for(sub {
            my $before = $breaker->asked;
            my @r = map { open_with($cached) } 1 .. 3;
            return $breaker->asked == $before
                && !grep { $_->{status} != 200 } @r;
        }, 5), 'it stands in the cache');
        $begin->();
        is_borne($cached, \@tokens, %opt);
        $opt{check}->() if $opt{check};
        $end->();
        is_well_again($cached, \@tokens);
        push @table, sprintf '%-42s %6.3f %6.2f %6.3f %6.2f %4d', $what,
            map { $_ || 0 } @longest{qw(cached unknown file recovery
                                        connections)};
    };
}

# ------------------------------------------------------------ the network

my $pass = sub { $breaker->mode('pass') };
for my $case (['nobody listens', 'refuse'],
              ['the kernel drops SYN', 'full'],
              ['taken and never answered', 'hang'],
              ['the server\'s answers vanish', 'silent'],
              ['half of an answer, connecting', 'stall', 40],
              ['half of an answer, preparing', 'stall', 900],
              ['cut after 0 bytes', 'cut', 0],
              ['cut after 40 bytes, connecting', 'cut', 40],
              ['cut after 900 bytes, preparing', 'cut', 900],
              ['answers 0.4 s late', 'delay', 0.4],
              ['answers 1.7 s late', 'delay', 1.7],
              ['answers 5 s late', 'delay', 5]) {
    my ($what, @mode) = @$case;
    fault($what, sub { $breaker->mode(@mode) }, $pass,
          $mode[-1] =~ /^(?:900|0.4|1.7)\z/ ? (known => '200|503') : ());
}

# ------------------------------------------------------------- the server

fault('it was shut down', sub { $pg->stop('INT') }, sub { $pg->start });
fault('it crashed', sub { $pg->stop('QUIT') }, sub { $pg->start });
fault('it is frozen', sub { $pg->freeze }, sub { $pg->thaw });

{
    my @held;
    fault('it has no connection left', sub {
        # httpd's places are freed last, and taken at once
        my $hold = sub {
            for (1 .. $_[0]) {
                my $pid = open my $psql, '|-', PgServer::psql(), '-qX', '-h',
                    $pg->dir, '-U', 'web', '-o', '/dev/null', $name or die;
                push @held, $psql;
            }
        };
        my $all = sub { ($pg->sql('SELECT count(*) FROM pg_stat_activity '
            . "WHERE usename = 'web' AND application_name = 'psql'"))[0][0] };
        $hold->($PLACES - connections());
        $s->wait_for(sub { $all->() + connections() >= $PLACES }, 5);
        while ((my $left = $PLACES - $all->()) > 0) {
            end_sessions();
            $hold->($left);
            $s->wait_for(sub { $all->() + connections() >= $PLACES }, 1);
        }
    # which takes longer than what is known may be believed, at times
    }, sub { close $_ for splice @held }, cached => '200|503');
}

fault('it only reads', sub {
    $pg->sql("ALTER DATABASE $name SET default_transaction_read_only = on");
    end_sessions();
}, sub {
    # sessions that began meanwhile only read for ever
    $pg->sql("ALTER DATABASE $name RESET default_transaction_read_only");
}, known => '200', reads => 1);

note($_) for sprintf('%-42s %6s %6s %6s %6s %4s', 'longest, seconds',
    qw(cached asking file again pool)), @table;
$s->stop;
done_lanes();
