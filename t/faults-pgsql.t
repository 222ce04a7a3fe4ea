#!/usr/bin/perl
# SPDX-License-Identifier: Apache-2.0
# alone: yes, what it measures other tests would lengthen
#
# What happens to a PostgreSQL while the server runs, and to the network
# before it. What cannot be known is 503 within about two seconds and never
# 401 or 200; what needs no database is served as if nothing were wrong;
# and when the database is back, all works again by itself.
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

# Each request asks: what is believed without asking, and for how long, is
# t/revocation.t's.
my $CONF = <<'CONF';
AcctAuthCache Off
AcctAuthMaxTokens Off
<Location "/private/">
    AcctAuthProtect On
</Location>
<Location "/optional/">
    AcctAuthProtect Optional
</Location>
CONF
my $BUSY = '{"detail":"Service temporarily unavailable."}';
my $PASSWORD = 'tower bridge';
my $COMMIT = "COMMIT\0";
my $LONGEST = 2.4;      # "about two seconds", on a busy machine
my $n = 0;
my ($many, $reuse);

lanes(3);
my $pg = PgServer->new(sessions => 1, settings => { max_connections => 40,
    superuser_reserved_connections => 3 });
my $name = $pg->database;
$pg->sql("CREATE ROLE web LOGIN; GRANT CREATE ON SCHEMA public TO web; "
    . "GRANT CONNECT ON DATABASE $name TO web", $name);
my $breaker = TcpBreaker->new($pg->socket_path);
my $params = 'host=127.0.0.1 port=' . $breaker->port
    . " user=web dbname=$name sslmode=disable gssencmode=disable";

my $s = AcctTest->prepare(driver => 'pgsql', pg => $pg, dbname => $name,
    params => $params, hash => cheap_hash(), conf => $CONF,
    workers => { StartServers => 2, ServerLimit => 2, MaxRequestWorkers => 16,
                 MinSpareThreads => 1, MaxSpareThreads => 16 });
$s->write('htdocs/open.txt', "open\n");
$s->write("htdocs/$_/a.txt", "secret\n") for qw(private optional);
$s->account(username => 'ada', email => 'ada@example.org',
            password => $PASSWORD);
my $why = $s->run;
die "httpd did not start: $why\n" if defined $why;

sub login { $s->post('/api/auth/login/', { username => 'ada',
                                           password => $PASSWORD }) }
sub reuse { $s->post('/accounts/signin/', { username => 'ada',
                                            password => $PASSWORD }) }
sub open_with { $s->get($_[1] || '/private/a.txt', token => $_[0]) }
sub sign_up { $s->post('/api/auth/register/', { username => $_[0],
                                                password => 'x' }) }
sub in_time
{
    my ($code, $name) = @_;
    local $Test::Builder::Level = $Test::Builder::Level + 1;
    my ($r, $t) = timed($code);
    is_unavailable($r, $name, $BUSY);
    cmp_ok($t, '<', $LONGEST, sprintf '  after %.2f s', $t);
    return $r;
}

# The same for several at once, each [NAME, METHOD, PATH, TOKEN, JSON].
sub all_in_time
{
    my (@asked) = @_;
    local $Test::Builder::Level = $Test::Builder::Level + 1;
    my @r = burst($s, [ map { { method => $_->[1], path => $_->[2],
        defined $_->[3] ? (token => $_->[3]) : (),
        $_->[4] ? (json => $_->[4]) : () } } @asked ], timeout => 10);
    for my $i (0 .. $#asked) {
        is_unavailable($r[$i], $asked[$i][0], $BUSY);
        cmp_ok($r[$i]{seconds}, '<', $LONGEST, sprintf '  after %.2f s',
            $r[$i]{seconds});
    }
}

# As many at once as there are threads, nearly.
sub twelve
{
    my (%opt) = @_;
    return burst($s, [ map { { method => 'GET', token => $many,
        path => '/private/a.txt' } } 1 .. 12 ], timeout => 10, %opt);
}

$many = login()->{json}{token};
$reuse = reuse()->{json}{data}{token};
ok($many && $reuse, 'two tokens') or BAIL_OUT($s->log);

# Nothing can be known: everything that would ask the database says so.
sub is_down
{
    my ($what) = @_;
    local $Test::Builder::Level = $Test::Builder::Level + 1;
    subtest "$what: nobody can know" => sub {
        all_in_time(
            (map { ['a good token', GET => '/private/a.txt', $many] } 1 .. 4),
            ['an unknown token', GET => '/private/a.txt',
                $s->unknown_token(40)],
            ['optional', GET => '/optional/a.txt', $many]);
        is($s->get('/private/a.txt')->{status}, 401,
            'no token at all is still 401');
        is($s->get('/optional/a.txt')->{status}, 200,
            'and optional is open without one');
        all_in_time(
            ['a sign-in', POST => '/api/auth/login/', undef,
                { username => 'ada', password => $PASSWORD }],
            ['a sign-up', POST => '/api/auth/register/', undef,
                { username => 'new' . ++$n, password => 'x' }]);
        in_time(sub { $s->request('POST', '/api/auth/logout/',
            token => $many) }, 'a sign-out');
        is($s->post('/api/auth/login/', {})->{status}, 400,
            'a form that is wrong is told so');
        # and a file beside them
        my @open;
        my @r = twelve(meanwhile => sub {
            my ($r, $t) = timed(sub { $s->get('/open.txt') });
            push @open, $r->{status} == 200 ? $t : 99;
        });
        is(scalar(grep { $_->{status} == 503 } @r), 12, 'twelve at once');
        my ($longest) = sort { $b <=> $a } map { $_->{seconds} } @r;
        cmp_ok($longest, '<', $LONGEST, sprintf '  %.2f s at most', $longest);
        is_unprotected_fast($s, 'the open file is served');
        my ($file) = sort { $b <=> $a } @open, 0;
        cmp_ok($file, '<', 0.6, sprintf '  %d times meanwhile, %.3f s at '
            . 'most', scalar @open, $file);
    };
}

sub is_up
{
    my ($what) = @_;
    local $Test::Builder::Level = $Test::Builder::Level + 1;
    subtest "$what: all is well again" => sub {
        my $start = time;
        my @seen;
        # every child: twelve at once, twice
        my $row = 0;
        my $ok = $s->wait_for(sub {
            my @now = map { $_->{status} } twelve();
            push @seen, @now;
            $row = (grep { $_ != 200 } @now) ? 0 : $row + 1;
            $row == 2;
        }, 5);
        ok($ok, sprintf 'the good token opens the door after %.2f s',
            time - $start) or diag("seen: @seen");
        is(scalar(grep { $_ == 401 } @seen), 0, 'it was never called wrong');
        my $r = login();
        is($r->{status}, 200, 'sign-in') or diag($r->{body});
        is(reuse()->{json}{data}{token}, $reuse,
            'the reused token is the same');
        is($s->request('POST', '/api/auth/logout/',
            token => $r->{json}{token})->{status}, 204, 'sign-out');
        is(open_with($r->{json}{token})->{status}, 401, 'ends that token');
        is(sign_up('new' . ++$n)->{status}, 200, 'sign-up');
        is(open_with($s->unknown_token(40))->{status}, 401, 'an unknown one is wrong');
        is(scalar(grep { $_->{status} == 200 } twelve()), 12,
            'twelve at once');
        cmp_ok($breaker->count, '<=', 13, 'no connection was left behind: '
            . $breaker->count);
    };
}

is_up('before anything');

for my $case (['refused', 'refuse'], ['taken and never answered', 'hang'],
              ['not answered', 'silent'], ['answered five seconds late',
               'delay', 5]) {
    my ($what, @mode) = @$case;
    part "connections are $what" => sub {
        $breaker->mode(@mode);
        is_down("connections are $what");
        $breaker->mode('pass');
        is_up("connections were $what");
    };
}

part 'all goes silent while many work' => sub {
    for my $round (1 .. 3) {
        $breaker->mode('hang');
        my @open;
        my @r = twelve(meanwhile => sub {
            my ($r, $t) = timed(sub { $s->get('/open.txt') });
            push @open, $r->{status} == 200 ? $t : 99;
        });
        is(scalar(grep { $_->{status} == 503 } @r), 12, 'twelve at once');
        my ($longest) = sort { $b <=> $a } map { $_->{seconds} } @r;
        cmp_ok($longest, '<', $LONGEST, sprintf '  %.2f s at most', $longest);
        my ($file) = sort { $b <=> $a } @open;
        cmp_ok($file, '<', 0.6, sprintf '  the open file %d times meanwhile, '
            . '%.3f s at most', scalar @open, $file);
        $breaker->mode('pass');
        $s->wait_for(sub { !grep { $_->{status} != 200 } twelve() }, 5);
    }
    is_up('it speaks again');
};

part 'an answer is cut in many places' => sub {
    for my $bytes (0, 1, 9, 100, 400, 2000, 6000) {
        $breaker->mode('cut', $bytes);
        my @seen = map { my ($r, $t) = timed(sub { open_with($many) });
            $t < $LONGEST ? $r->{status} : "late" } 1 .. 6;
        is(scalar(grep { $_ ne '200' && $_ ne '503' } @seen), 0,
            "cut after $bytes bytes: known or not: @seen");
        my ($r, $t) = timed(\&login);
        ok(($r->{status} == 200 || $r->{status} == 503) && $t < $LONGEST,
            "  a sign-in is $r->{status} after " . sprintf '%.2f s', $t);
        is_unprotected_fast($s, '  the open file is served');
        $breaker->mode('pass');
        $s->wait_for(sub { open_with($many)->{status} == 200 }, 5);
    }
    is_up('cut in many places');
};

part 'a reset of what is open is not noticed' => sub {
    for my $round (1 .. 3) {
        $breaker->mode('reset');
        is(open_with($many)->{status}, 200, "round $round: a look-up");
        $breaker->mode('reset');
        is(login()->{status}, 200, "round $round: a sign-in");
    }
};

part 'the transaction is cut before it is committed' => sub {
    for my $text ('BEGIN', 'account_insert', 'token_insert', 'COMMIT') {
        # as it is sent to be run, not to be prepared
        $breaker->mode('before', $text eq 'BEGIN' ? $text
            : $text eq 'COMMIT' ? $COMMIT : "\0$text\0");
        my $who = 'cut' . ++$n;
        in_time(sub { sign_up($who) }, "before $text: a sign-up");
        in_time(\&login, "before $text: a sign-in") if $text !~ /^account/;
        is(open_with($many)->{status}, 200, '  look-ups go on');
        $breaker->mode('pass');
        is(($s->sql("SELECT count(*) FROM account WHERE username = '$who'"))
            [0][0], 0, '  nothing was written');
        is(sign_up($who)->{status}, 200, '  the same again is done');
    }
    is_up('cut before the commit');
};

part 'the server dies in a transaction' => sub {
    my $count = sub { ($s->sql('SELECT count(*) FROM token'))[0][0] };
    my $before = $count->();
    my $held = IO::Handle->new;
    my $psql = open $held, '|-', PgServer::psql(), '-qX', '-h',
        $pg->dir, '-U', 'postgres', $name or die;
    $held->autoflush(1);
    print {$held} "BEGIN; SELECT 1 FROM account WHERE username = 'ada' "
        . "FOR UPDATE;\n";
    $s->wait_for(sub { ($pg->sql("SELECT count(*) FROM pg_locks WHERE "
        . "mode = 'RowShareLock' AND relation = 'account'::regclass",
        $name))[0][0] }, 5);
    my $died;
    my ($r) = burst($s, [{ method => 'POST', path => '/api/auth/login/',
        json => { username => 'ada', password => $PASSWORD } }],
        meanwhile => sub {
            $died ||= ($pg->sql("SELECT count(*) FROM pg_stat_activity "
                . "WHERE wait_event_type = 'Lock'"))[0][0]
                && $pg->stop('QUIT');
        });
    ok($died, 'it has begun, and waits for a lock');
    is_unavailable($r, 'a sign-in', $BUSY);
    print {$held} "\\q\n";
    close $held;
    $pg->start;
    is($count->(), $before, '  has left no token');
    is_up('it died in a transaction');
};

part 'the server dies when it has committed' => sub {
    my $who = 'died' . ++$n;
    $breaker->mode('after', $COMMIT);
    in_time(sub { sign_up($who) }, 'a sign-up');
    $pg->stop('QUIT');
    $breaker->mode('pass');
    is_unavailable(sign_up($who), '  the same again, too early', $BUSY);
    $pg->start;
    is(sign_up($who)->{status}, 400, '  the same again: the name is taken');
    is($s->post('/api/auth/login/', { username => $who, password => 'x' })
        ->{status}, 200, '  and it is one\'s own');
    is_up('it died when it had committed');
};

part 'the answer to the commit is lost' => sub {
    my $who = 'lost' . ++$n;
    $breaker->mode('after', $COMMIT);
    in_time(sub { sign_up($who) }, 'a sign-up');
    is(($s->sql("SELECT count(*) FROM account WHERE username = '$who'"))
        [0][0], 1, '  was done all the same');
    $breaker->mode('pass');
    is(sign_up($who)->{status}, 400, '  the same again: the name is taken');
    is($s->post('/api/auth/login/', { username => $who, password => 'x' })
        ->{status}, 200, '  and it is one\'s own');
    my $count = sub { ($s->sql('SELECT count(*) FROM token'))[0][0] };
    my $before = $count->();
    $breaker->mode('after', $COMMIT);
    in_time(\&login, 'a sign-in');
    $breaker->mode('pass');
    is($count->(), $before + 1, '  has left one token');
    is(login()->{status}, 200, '  the same again is done');
    is($count->(), $before + 2, '  and makes one more');
    $s->sql('DELETE FROM token WHERE sealed IS NOT NULL');
    $breaker->mode('after', $COMMIT);
    is_unavailable(reuse(), 'a sign-in that is given the token there is');
    $breaker->mode('pass');
    my ($made) = $s->sql('SELECT id FROM token WHERE sealed IS NOT NULL');
    $reuse = reuse()->{json}{data}{token};
    ok($reuse, '  the same again is done');
    is_deeply([$s->sql('SELECT id FROM token WHERE sealed IS NOT NULL')],
        [$made], '  and is given that which the first has made');
    my $mine = login()->{json}{token};
    $breaker->mode('after', $COMMIT);
    in_time(sub { $s->request('POST', '/api/auth/logout/',
        token => $mine) }, 'a sign-out');
    is(open_with($mine)->{status}, 401, '  has ended the token');
    $breaker->mode('pass');
    is($s->request('POST', '/api/auth/logout/', token => $mine)->{status},
        401, '  the same again: it is over');
    is_up('the commit\'s answer was lost');
};

# ------------------------------------------------------------- the server

for my $signal ('INT', 'QUIT') {
    part "the server is stopped with SIG$signal and comes back" => sub {
        $pg->stop($signal);
        is_down("stopped with SIG$signal");
        $pg->start;
        is_up("started after SIG$signal");
    };
}

part 'the server is restarted between two requests' => sub {
    for my $round (1, 2) {
        is(open_with($many)->{status}, 200, 'before') for 1 .. 4;
        $pg->restart;
        my ($r, $t) = timed(sub { open_with($many) });
        is($r->{status}, 200, sprintf 'a look-up, %.2f s', $t);
        is(login()->{status}, 200, 'a sign-in');
        $pg->restart;
        is(login()->{status}, 200, 'a sign-in first');
    }
};

part 'sessions are ended' => sub {
    my $end = sub { $pg->sql('SELECT pg_terminate_backend(pid, 5000) FROM '
        . "pg_stat_activity WHERE datname = '$name' AND "
        . "application_name = 'mod_acctauth'") };
    for my $round (1 .. 3) {
        $end->();
        is(open_with($many)->{status}, 200, "round $round: a look-up");
        $end->();
        is(login()->{status}, 200, "round $round: a sign-in");
    }
    # while they work
    my $pid = fork;
    if (!$pid) { for (1 .. 10) { $end->(); sleep 0.1 } POSIX::_exit(0) }
    my %seen;
    while (waitpid($pid, POSIX::WNOHANG()) == 0) {
        $seen{open_with($many)->{status}}++;
        $seen{login()->{status}}++;
    }
    is(join(' ', grep { !/^(?:200|503)$/ } keys %seen), '',
        'while requests run: ' . join ', ', map { "$_ x $seen{$_}" }
        sort keys %seen);
    is_up('sessions were ended');
};

part 'the server is frozen' => sub {
    $pg->freeze;
    is_down('frozen');
    $pg->thaw;
    is_up('thawed');
};

part 'no connection is left' => sub {
    # first, since the server connects again by itself
    $pg->sql('ALTER ROLE web CONNECTION LIMIT 0');
    $pg->sql('SELECT pg_terminate_backend(pid, 5000) FROM pg_stat_activity '
        . "WHERE application_name = 'mod_acctauth'");
    is_down('none is left');
    # one for each child, one that revocations are read by, and one for what
    # a child does beside its requests
    $pg->sql('ALTER ROLE web CONNECTION LIMIT 4');
    ok($s->wait_for(sub { !grep { open_with($many)->{status} != 200 }
        1 .. 4 }, 5), 'four are enough for one at a time');
    $pg->sql('ALTER ROLE web CONNECTION LIMIT -1');
    is_up('there are enough again');
};

part 'the server only reads' => sub {
    $pg->sql("ALTER DATABASE $name SET default_transaction_read_only = on");
    $pg->sql('SELECT pg_terminate_backend(pid, 5000) FROM pg_stat_activity '
        . "WHERE application_name = 'mod_acctauth'");
    is(open_with($many)->{status}, 200, 'what can be known is');
    is(open_with($s->unknown_token(40))->{status}, 401, 'either way');
    in_time(\&login, 'a sign-in');
    in_time(sub { sign_up('ro' . ++$n) }, 'a sign-up');
    in_time(sub { $s->request('POST', '/api/auth/logout/',
        token => $many) }, 'a sign-out');
    is(open_with($many)->{status}, 200, 'which ended nothing');
    $pg->sql("ALTER DATABASE $name RESET default_transaction_read_only");
    $pg->sql('SELECT pg_terminate_backend(pid, 5000) FROM pg_stat_activity '
        . "WHERE application_name = 'mod_acctauth'");
    is_up('it writes again');
};

part 'somebody holds a lock' => sub {
    my $held = IO::Handle->new;
    my $pid = open $held, '|-', PgServer::psql(), '-qX', '-h',
        $pg->dir, '-U', 'postgres', $name or die;
    $held->autoflush(1);
    print {$held} "BEGIN; SELECT 1 FROM account WHERE username = 'ada' "
        . "FOR UPDATE;\n";
    sleep 0.5;
    is(open_with($many)->{status}, 200, 'on an account: look-ups go on');
    in_time(\&login, 'its sign-in');
    is(sign_up('free' . ++$n)->{status}, 200, 'others sign up');
    print {$held} "LOCK TABLE token IN ACCESS EXCLUSIVE MODE;\n";
    sleep 0.5;
    in_time(sub { open_with($many) }, 'on a table: a look-up');
    is_unprotected_fast($s, 'the open file is served');
    print {$held} "ROLLBACK;\n\\q\n";
    close $held;
    is_up('the lock is gone');
};

part 'a table is away' => sub {
    $s->sql('ALTER TABLE account RENAME TO account_away');
    is_down('the table account is renamed');
    $s->sql('ALTER TABLE account_away RENAME TO account');
    is_up('it has its name again');
};

part 'the database is another one' => sub {
    my $other = AcctTest->prepare(driver => 'pgsql', pg => $pg, api => 0);
    # The server connects again by itself, and a database with a session
    # cannot be renamed.
    my $end = join '', (map { "ALTER DATABASE $_ ALLOW_CONNECTIONS false;\n" }
                        $name, $other->{dbname}),
        'SELECT pg_terminate_backend(pid, 5000) FROM pg_stat_activity '
        . "WHERE datname IN ('$name', '$other->{dbname}');\n";
    my $begin = join '', map { "ALTER DATABASE $_ ALLOW_CONNECTIONS true;\n" }
        $name, $other->{dbname};
    $pg->sql("${end}ALTER DATABASE $name RENAME TO away;\n"
        . "ALTER DATABASE $other->{dbname} RENAME TO $name;\n"
        . "ALTER DATABASE away RENAME TO $other->{dbname};\n$begin");
    $pg->sql("GRANT CONNECT ON DATABASE $name TO web;\n"
        . 'GRANT ALL ON ALL TABLES IN SCHEMA public TO web', $name);
    in_time(sub { open_with($many) }, 'a good token is not looked up there');
    in_time(\&login, 'nor is an account');
    like($s->log, qr/another database than the one/, 'the log says why');
    $pg->sql("${end}ALTER DATABASE $name RENAME TO away;\n"
        . "ALTER DATABASE $other->{dbname} RENAME TO $name;\n"
        . "ALTER DATABASE away RENAME TO $other->{dbname};\n$begin");
    is_up('the right one again');
};

# -------------------------------------------------------------- two servers

part 'two servers on one database' => sub {
    my $t = AcctTest->start(driver => 'pgsql', pg => $pg, dbname => $name,
        params => $pg->params($name), hash => cheap_hash(), conf => $CONF,
        key_from => $s);
    my $both = sub {
        my ($path, $data) = @_;
        my @pids;
        pipe my $read, my $write;
        for my $server (($s, $t) x 3) {
            my $pid = fork;
            if (!$pid) {
                my $r = $server->post($path, $data);
                syswrite $write, "$r->{status} "
                    . ($r->{json}{token} || $r->{json}{data}{token} || '-')
                    . "\n";
                POSIX::_exit(0);
            }
            push @pids, $pid;
        }
        close $write;
        my @lines = <$read>;
        waitpid $_, 0 for @pids;
        return map { [split] } @lines;
    };
    for my $round (1 .. 10) {
        my @r = $both->('/api/auth/register/', { username => "race$round",
                                                 password => 'x' });
        is(join(' ', sort map { $_->[0] } @r), '200 400 400 400 400 400',
            "one name, six at once: round $round");
    }
    is_deeply([$s->sql("SELECT count(*) FROM account WHERE username LIKE "
        . "'race%'")], [[10]], 'ten accounts');
    # a name here is an address there
    for my $round (1 .. 10) {
        my ($read, $write);
        pipe $read, $write;
        my @pids = map {
            my ($server, $data) = @$_;
            my $pid = fork;
            if (!$pid) {
                my $r = $server->post('/account/register/', $data);
                syswrite $write, "$r->{status}\n";
                POSIX::_exit(0);
            }
            $pid;
        } [$s, { username => "x$round\@y.org", email => "a$round\@b.org",
                 password => 'pw', password2 => 'pw' }],
          [$t, { username => "plain$round", email => "x$round\@y.org",
                 password => 'pw', password2 => 'pw' }];
        close $write;
        my @status = sort map { /(\d+)/ } <$read>;
        waitpid $_, 0 for @pids;
        is("@status", '200 400', "a name that is another's address: round "
            . $round);
    }
    for my $round (1 .. 5) {
        $s->sql("DELETE FROM token WHERE sealed IS NOT NULL");
        my @r = $both->('/accounts/signin/', { username => 'ada',
                                               password => $PASSWORD });
        my %tokens = map { $_->[1] => 1 } @r;
        is(join(' ', map { $_->[0] } @r), '200 200 200 200 200 200',
            "six sign-ins at once: round $round");
        is(scalar keys %tokens, 1, '  one token');
        my ($token) = keys %tokens;
        is(open_with($token)->{status}, 200, '  which is good');
        is($t->get('/api/v1/users/1/', token => $token)->{status}, 200,
            '  on both');
        is($t->request('POST', '/accounts/signout/', token => $token)
            ->{status}, 200, '  signed out at one');
        is(open_with($token)->{status}, 401, '  it is over at the other');
    }
    $t->stop;
};

part 'it fails over to another address' => sub {
    my @way = map { TcpBreaker->new($pg->socket_path) } 1, 2;
    my $t = AcctTest->start(driver => 'pgsql', pg => $pg, dbname => $name,
        params => 'host=127.0.0.1,127.0.0.1 port='
            . join(',', map { $_->port } @way) . " user=web dbname=$name "
            . 'sslmode=disable gssencmode=disable', hash => cheap_hash(),
        conf => $CONF, key_from => $s);
    $t->write("htdocs/$_", "open\n") for 'open.txt', 'private/a.txt';
    my $ask = sub { $t->get('/private/a.txt', token => $many)->{status} };
    is($ask->(), 200, 'before');
    is($way[1]->accepted, 0, 'the second is not asked');
    for my $mode ('refuse', 'hang') {
        $way[0]->mode($mode);
        my $start = time;
        my @seen;
        my $ok = $t->wait_for(sub { push @seen, $ask->();
                                    $seen[-1] == 200 }, 6);
        my $took = time - $start;
        ok($ok && $took < 5.3, sprintf '%s: over after %.2f s', $mode,
            $took) or diag("@seen");
        is(scalar(grep { $_ != 200 && $_ != 503 } @seen), 0,
            '  and never wrong');
        is_unprotected_fast($t, '  the open file is served');
        is($ask->(), 200, '  and then it stays') for 1 .. 3;
        $way[0]->mode('pass');
        $way[1]->mode('refuse');
        is($ask->(), 200, '  back again');
        $way[1]->mode('pass');
    }
    $t->stop;
};

part 'two servers that believe what they have asked' => sub {
    my $bound = 2;
    (my $cached = $CONF) =~ s/Cache Off/Cache On/;
    my @two = map { AcctTest->start(driver => 'pgsql', pg => $pg,
        dbname => $name, params => $pg->params($name), hash => cheap_hash(),
        conf => $cached, key_from => $s) } 1, 2;
    $_->write('htdocs/private/a.txt', "secret\n") for @two;
    my $asks = sub { $_[0]->get('/private/a.txt', token => $_[1])->{status} };
    my ($most, $kept) = (0, 0);
    for my $round (1 .. 5) {
        my $token = $two[0]->post('/api/auth/login/', { username => 'ada',
            password => $PASSWORD })->{json}{token};
        sleep 0.8;
        is($asks->($two[1], $token), 200, "round $round: let in") for 1 .. 3;
        $two[0]->request('POST', '/api/auth/logout/', token => $token);
        my $end = time;
        is($asks->($two[0], $token), 401, '  over where it was ended');
        while (time - $end < $bound + 1) {
            my $at = time;
            $most = $at - $end
                if $asks->($two[1], $token) == 200 && $at - $end > $most;
            sleep 0.02;
        }
        is($asks->($two[1], $token), 401, '  and at the other');
    }
    cmp_ok($most, '<', $bound, sprintf 'there after %.2f s at most', $most);
    $_->stop for @two;
};

# ------------------------------------------------------------------- at last

unlike($s->log, qr/tower bridge|\$argon2/, 'no secret in the log');
my @lines = grep { /store_unavailable/ } split /\n/, $s->log;
cmp_ok(scalar @lines, '<', 200, scalar(@lines) . ' lines of it being away');
$s->stop;
done_lanes();
