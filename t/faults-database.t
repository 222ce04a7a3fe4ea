#!/usr/bin/perl
# SPDX-License-Identifier: Apache-2.0
# long: yes
#
# What happens to the database while the server runs: gone, replaced, cut
# off, locked, read-only, rebuilt by another process, on a full disk. What
# cannot be known is 503 and never 401 or 200; what needs no database is
# served as if nothing were wrong; and when it is back it works again by
# itself.
# driver: sqlite3

use strict;
use warnings;
use lib 't/lib';
use AcctTest;
use File::Copy ();
use FaultKit;
use Fcntl qw(O_CREAT O_WRONLY);
use Test::More;
use Time::HiRes qw(time sleep);

# Each request asks: what is believed without asking, and for how long, is
# t/revocation.t's.
my $CONF = <<'CONF';
AcctAuthCache Off
<Location "/private/">
    AcctAuthProtect On
</Location>
<Location "/typed/">
    AuthType Token
    AuthName "members"
    Require valid-user
</Location>
<Location "/optional/">
    AcctAuthProtect Optional
</Location>
CONF
my $BUSY = '{"detail":"Service temporarily unavailable."}';
my $BUSY_0 = '{"detail":{"success":false,"code":500,"data":{},"message":'
    . '"Internal Server Error","errors":{"error":["errors"]}}}';
my $PASSWORD = 'tower bridge';
my $n = 0;

sub fill
{
    my ($s) = @_;
    $s->write('htdocs/open.txt', "open\n");
    $s->write("htdocs/$_/a.txt", "secret\n") for qw(private typed optional);
    $s->account(username => 'ada', email => 'ada@example.org',
                password => $PASSWORD);
    chown $s->{user}{uid}, $s->{user}{gid}, glob $s->db . '*' if $s->{user};
}

sub login { $_[0]->post('/api/auth/login/', { username => 'ada',
                                              password => $PASSWORD }) }
sub reuse { $_[0]->post('/accounts/signin/', { username => 'ada',
                                               password => $PASSWORD }) }
sub open_with { $_[0]->get($_[2] || '/private/a.txt', token => $_[1]) }

# A server with an account, its tokens of both kinds, and no more in the
# journal: what is in the file is all there is.
sub start
{
    my (%opt) = @_;
    my $s = AcctTest->prepare(hash => cheap_hash(), conf => $CONF,
        (($ENV{ACCT_MPM} || '') eq 'prefork'
         ? (workers => { StartServers => 8, MinSpareServers => 4,
                         MaxSpareServers => 10 }) : ()), %opt);
    fill($s);
    my $why = $s->run;
    die "httpd did not start: $why\n" if defined $why;
    $s->{many} = login($s)->{json}{token};
    $s->{reuse} = reuse($s)->{json}{data}{token};
    die "no tokens\n" if !defined $s->{many} || !defined $s->{reuse};
    $s->sql('PRAGMA wal_checkpoint(TRUNCATE)');
    return $s;
}

# Nothing can be known: everything that would ask the database says so.
sub is_down
{
    my ($s, $what, %opt) = @_;
    local $Test::Builder::Level = $Test::Builder::Level + 1;
    subtest "$what: nobody can know" => sub {
        is_unavailable(open_with($s, $s->{many}), 'a good token', $BUSY)
            or return;      # then what follows would sign people out
        for my $path (qw(/private/a.txt /typed/a.txt /optional/a.txt)) {
            is_unavailable(open_with($s, $s->{many}, $path),
                "$path with a good token", $BUSY);
        }
        is_unavailable(open_with($s, $s->unknown_token(40)),
            'an unknown token', $BUSY);
        is($s->get('/private/a.txt')->{status}, 401,
            'no token at all is still 401');
        is($s->get('/optional/a.txt')->{status}, 200,
            'and optional is open without one');
        is_unprotected_fast($s, 'the open file is served, at once');
        is_unavailable(login($s), 'auth-register login', $BUSY);
        is_unavailable(reuse($s), 'accounts signin', $BUSY_0);
        is_unavailable($s->post('/auth/signin/', {
            email => 'ada@example.org', password => $PASSWORD }),
            'auth-signin signin', $BUSY);
        is_unavailable($s->post('/account/login/', { username => 'ada',
            password => $PASSWORD }), 'account-register login', $BUSY);
        is_unavailable($s->post('/api/v1/users/login/', {
            email => 'ada@example.org', password => $PASSWORD }),
            'users-v1 login');
        is_unavailable($s->post('/api/auth/register/', {
            username => 'new' . ++$n, password => 'x' }), 'a sign-up', $BUSY);
        is_unavailable($s->request('POST', '/accounts/signout/',
            token => $s->{reuse}), 'a sign-out', $BUSY_0);
        is_unavailable($s->request('POST', '/api/auth/logoutall/',
            token => $s->{many}), 'a sign-out of all', $BUSY);
        is_unavailable($s->get('/api/v1/users/1/', token => $s->{reuse}),
            'the current account');
        is($s->post('/api/auth/login/', {})->{body},
            '{"username":["This field is required."],'
            . '"password":["This field is required."]}',
            'a form that is wrong is told so') if !$opt{no_form};
        is_unprotected_fast($s, 'the open file still is');
    };
}

# All is well again, by itself and soon.
sub is_up
{
    my ($s, $what, %opt) = @_;
    local $Test::Builder::Level = $Test::Builder::Level + 1;
    subtest "$what: all is well again" => sub {
        my $start = time;
        my @seen;
        my $row = 0;
        # Every child finds out for itself; a dozen in a row is all of them.
        my $ok = $s->wait_for(sub {
            push @seen, open_with($s, $s->{many})->{status};
            $row = $seen[-1] == 200 ? $row + 1 : 0;
            $row >= 12 }, 5);
        ok($ok, sprintf 'the good token opens the door after %.2f s',
            time - $start) or diag("seen: @seen");
        is(scalar(grep { $_ == 401 } @seen), 0, 'it was never called wrong');
        my $r;
        $s->wait_for(sub { ($r = login($s))->{status} == 200 }, 5);
        is($r->{status}, 200, 'sign-in') or diag($r->{body});
        is(reuse($s)->{json}{data}{token}, $s->{reuse},
            'the reused token is the same');
        my $out = $s->request('POST', '/api/auth/logout/',
                              token => $r->{json}{token});
        is($out->{status}, 204, 'sign-out') or diag($out->{body});
        is(open_with($s, $r->{json}{token})->{status}, 401,
            'ends that token');
        is($s->post('/api/auth/register/', { username => 'new' . ++$n,
            password => 'x' })->{status}, 200, 'sign-up');
        is(open_with($s, 'f' x 40)->{status}, 401,
            'an unknown token is wrong again');
        is(integrity($s), 'ok', 'the database is whole');
        my @late = map { open_with($s, $s->{many}, '/typed/a.txt')
                             ->{status} } 1 .. 12;
        is(scalar(grep { $_ != 200 } @late), 0, 'in every child');
    };
}

# ACCT_ONLY=REGEX runs the parts of that name alone.
sub part
{
    my ($name, $code) = @_;
    local $Test::Builder::Level = $Test::Builder::Level + 1;
    subtest($name => $code) if !$ENV{ACCT_ONLY}
        || $name =~ /$ENV{ACCT_ONLY}/;
}

my $s = start();
is_up($s, 'before anything');

part 'the file is moved away and comes back' => sub {
    rename $s->db, $s->db . '.away' or die $!;
    is_down($s, 'the file is gone');
    ok(!-e $s->db, 'no new file was made in its place');
    rename $s->db . '.away', $s->db or die $!;
    is_up($s, 'it is back');
};

part 'the file is moved away with its journal' => sub {
    my @files = grep { -e } map { $s->db . $_ } '', '-wal', '-shm';
    rename $_, "$_.away" for @files;
    is_down($s, 'all is gone');
    ok(!-e $s->db, 'no new file was made in its place');
    unlink $s->db . '-wal', $s->db . '-shm';
    rename "$_.away", $_ for @files;
    is_up($s, 'all is back');
};

part 'the whole folder is moved away, or shut' => sub {
    my $db = $s->dir . '/db';
    rename $db, "$db.away" or die $!;
    is_down($s, 'the folder is gone');
    rename "$db.away", $db or die $!;
    is_up($s, 'it is back');
    SKIP: {
        skip 'root is never shut out', 1 if $> == 0 && !$s->{user};
        chmod 0, $db;
        is_down($s, 'the folder is shut');
        chmod 0700, $db;
        is_up($s, 'it is open again');
    }
};

part 'it is gone while the server reloads' => sub {
    rename $s->db, $s->db . '.away' or die $!;
    eval { $s->graceful; 1 } or diag($@);
    ok($s->pid && kill(0, $s->pid), 'a reload does not end the server')
        or BAIL_OUT('the server is gone');
    is_down($s, 'after the reload');
    like($s->log, qr/ACCT0120.*AcctAuthDatabase/, 'the log says why');
    rename $s->db . '.away', $s->db or die $!;
    is_up($s, 'back, without another reload');
};

part 'a backup is put in its place' => sub {
    $s->sql('PRAGMA wal_checkpoint(TRUNCATE)');
    $s->sql("VACUUM INTO '" . $s->db . ".backup'");
    my $late = login($s)->{json}{token};
    is(open_with($s, $late)->{status}, 200, 'a token younger than the backup');
    $s->sql('PRAGMA wal_checkpoint(TRUNCATE)');
    chmod 0600, $s->db . '.backup';
    $s->_chown($s->db . '.backup');
    unlink map { $s->db . $_ } '-wal', '-shm';
    rename $s->db . '.backup', $s->db or die $!;
    is_up($s, 'the backup');
    is(open_with($s, $late)->{status}, 401,
        'what the backup does not know is unknown, in every child')
        for 1 .. 6;
};

part 'another server\'s database is put in its place' => sub {
    my $other = AcctTest->prepare(api => 0);
    fill($other);
    $other->sql('PRAGMA wal_checkpoint(TRUNCATE)');
    $s->sql('PRAGMA wal_checkpoint(TRUNCATE)');
    File::Copy::copy($other->db, $s->db . '.other');
    chmod 0600, $s->db . '.other';
    $s->_chown($s->db . '.other');
    my $away = $s->dir . '/db/away';
    mkdir $away;
    for my $file (grep { -e } map { $s->db . $_ } '', '-wal', '-shm') {
        my ($name) = $file =~ m{([^/]+)$};
        rename $file, "$away/$name";
    }
    rename $s->db . '.other', $s->db;
    # Its tokens are sealed under another key: this is not the database the
    # server's configuration names.
    is_unavailable(open_with($s, $s->{many}), 'a good token', $BUSY)
        for 1 .. 3;
    is_unavailable(reuse($s), 'a sign-in', $BUSY_0);
    is_unprotected_fast($s, 'the open file is served');
    unlink map { $s->db . $_ } '', '-wal', '-shm';
    for my $file (glob "$away/*") {
        my ($name) = $file =~ m{([^/]+)$};
        rename $file, $s->dir . "/db/$name";
    }
    is_up($s, 'the right one again');
};

for my $case (['nothing', sub { '' }],
              ['something that is no database', sub { "garbage\n" x 1000 }],
              ['the first half of it', sub { substr $_[0], 0,
                                             length($_[0]) / 2 }]) {
    my ($what, $make) = @$case;
    part "$what is put in its place" => sub {
        $s->sql('PRAGMA wal_checkpoint(TRUNCATE)');
        my $bytes = slurp($s->db);
        my $put = sub {
            AcctTest::spew($s->db . '.new', $_[0]);
            chmod 0600, $s->db . '.new';
            $s->_chown($s->db . '.new');
            unlink map { $s->db . $_ } '-wal', '-shm';
            rename $s->db . '.new', $s->db or die $!;
        };
        $put->($make->($bytes));
        is_unavailable(open_with($s, $s->{many}), 'a good token', $BUSY)
            for 1 .. 3;
        is_unavailable(login($s), 'a sign-in', $BUSY);
        is_unavailable($s->post('/api/auth/register/', {
            username => 'new' . ++$n, password => 'x' }), 'a sign-up', $BUSY);
        is_unprotected_fast($s, 'the open file is served');
        $put->($bytes);
        is_up($s, 'the whole database again');
    };
}

part 'the file itself is cut off' => sub {
    for my $part (0, 0.5) {
        $s->sql('PRAGMA wal_checkpoint(TRUNCATE)');
        my $bytes = slurp($s->db);
        truncate $s->db, int(length($bytes) * $part / 4096) * 4096;
        my @seen = map { open_with($s, $s->{many})->{status} } 1 .. 8;
        is(scalar(grep { $_ == 401 } @seen), 0,
            "$part of it: a good token is never called wrong");
        is(scalar(grep { $_ != 503 } @seen), 0,
            "$part of it: nor taken on trust: @seen");
        my $in = login($s);
        is($in->{status}, 503, "$part of it: a sign-in");
        is_unprotected_fast($s, "$part of it: the open file is served");
        AcctTest::spew($s->db . '.new', $bytes);
        chmod 0600, $s->db . '.new';
        $s->_chown($s->db . '.new');
        unlink map { $s->db . $_ } '-wal', '-shm';
        rename $s->db . '.new', $s->db or die $!;
        is_up($s, "$part of it, then whole again");
    }
};

part 'another process holds a write lock' => sub {
    for my $lock ('BEGIN IMMEDIATE;', 'BEGIN EXCLUSIVE;') {
        my $release = lock_database($s, $lock,
            "UPDATE meta SET value = value WHERE name = 'schema_version';");
        my (@reads, @open, %status);
        my $read = sub {
            my ($r, $t) = timed(sub { open_with($s, $s->{many}) });
            $status{"protected $r->{status}"}++;
            push @reads, $t;
            ($r, $t) = timed(sub { $s->get('/open.txt') });
            $status{"open $r->{status}"}++;
            push @open, $t;
        };
        $read->() for 1 .. 3;
        ok($reads[-1] < 0.5, "$lock a read does not wait");
        my @r = burst($s, [
            { method => 'POST', path => '/api/auth/login/',
              json => { username => 'ada', password => $PASSWORD } },
            { method => 'POST', path => '/accounts/signin/',
              json => { username => 'ada', password => $PASSWORD } },
            { method => 'POST', path => '/api/auth/register/',
              json => { username => 'new' . ++$n, password => 'x' } },
            { method => 'POST', path => '/accounts/signout/',
              token => $s->{reuse} },
            { method => 'POST', path => '/api/auth/logout/',
              token => $s->{many} }], meanwhile => $read, timeout => 20);
        is(join(' ', map { $_->{status} } @r), '503 503 503 503 503',
            "$lock what writes is told 503");
        is(scalar(grep { !$_->{headers}{'retry-after'} } @r), 0,
            '  with Retry-After');
        my ($longest) = sort { $b <=> $a } map { $_->{seconds} } @r;
        cmp_ok($longest, '<', 5, sprintf '  after %.2f s at most', $longest);
        $read->() for 1 .. 3;
        is(join(', ', sort keys %status), 'open 200, protected 200',
            "$lock all that reads is answered meanwhile");
        my ($read_most) = sort { $b <=> $a } @reads;
        my ($open_most) = sort { $b <=> $a } @open;
        note(sprintf '%s %d reads, the slowest %.3f s; open file %.3f s',
            $lock, scalar @reads, $read_most, $open_most);
        cmp_ok($read_most, '<', 2.5, '  within 2.5 s');
        cmp_ok($open_most, '<', 0.5, '  and the open file at once');
        $release->();
        is(open_with($s, $s->{many})->{status}, 200,
            '  what was not signed out opens the door');
        is_up($s, "$lock then released");
    }
    # A lock that is short is waited for.
    my $release = lock_database($s, 'BEGIN IMMEDIATE;',
        "UPDATE meta SET value = value WHERE name = 'schema_version';");
    my $pid = fork;
    if (!$pid) { sleep 0.6; $release->('COMMIT;'); POSIX::_exit(0) }
    my ($r, $t) = timed(sub { login($s) });
    is($r->{status}, 200, sprintf 'a short lock is waited for, %.2f s', $t);
    waitpid $pid, 0;
};

part 'another process works on the schema' => sub {
    for my $sql ('VACUUM', 'ANALYZE', 'REINDEX',
                 'CREATE INDEX extra ON account (last_name)',
                 'DROP INDEX extra', 'PRAGMA optimize',
                 'CREATE TABLE notes (x)', 'DROP TABLE notes',
                 'PRAGMA wal_checkpoint(TRUNCATE)',
                 'PRAGMA auto_vacuum = 1; VACUUM') {
        for my $first ('read', 'write', 'sign-up', 'sign-out') {
            my $token = $first eq 'sign-out' ? login($s)->{json}{token}
                                             : undef;
            $s->sql($sql eq 'CREATE INDEX extra ON account (last_name)'
                || $sql eq 'CREATE TABLE notes (x)'
                ? "DROP INDEX IF EXISTS extra; DROP TABLE IF EXISTS notes; "
                  . $sql
                : $sql =~ /^DROP/ ? ($sql =~ s/(INDEX|TABLE)/$1 IF EXISTS/r)
                : $sql);
            my $r = $first eq 'read' ? open_with($s, $s->{many})
                : $first eq 'write' ? login($s)
                : $first eq 'sign-up' ? $s->post('/api/auth/register/',
                    { username => 'new' . ++$n, password => 'x' })
                : $s->request('POST', '/api/auth/logout/', token => $token);
            is($r->{status}, $first eq 'sign-out' ? 204 : 200,
                "$sql, then a $first") or diag($r->{body});
        }
    }
    is_up($s, 'after all that');
};

part 'another process works on the schema all the time' => sub {
    my $end = time + 2;
    my $pid = fork;
    if (!$pid) {
        while (time < $end) {
            eval { $s->sql('CREATE INDEX IF NOT EXISTS extra ON account '
                . '(last_name); DROP INDEX extra; ANALYZE') };
            sleep 0.005;
        }
        POSIX::_exit(0);
    }
    my %seen;
    while (time < $end) {
        $seen{'read ' . open_with($s, $s->{many})->{status}}++;
        my $r = login($s);
        $seen{"in $r->{status}"}++;
        $seen{'out ' . $s->request('POST', '/api/auth/logout/',
            token => $r->{json}{token})->{status}}++ if $r->{status} == 200;
    }
    waitpid $pid, 0;
    note(join ', ', map { "$_ x $seen{$_}" } sort keys %seen);
    is(scalar(grep { !/^(?:read 200|in 200|out 204|\w+ 503)$/ } keys %seen),
        0, 'nothing but the right answer, or 503');
    cmp_ok($seen{'read 200'} || 0, '>', $seen{'read 503'} || 0,
        'mostly the right one');
    is_up($s, 'afterwards');
};

part 'a table is renamed and comes back' => sub {
    for my $table (qw(token account)) {
        $s->sql("ALTER TABLE $table RENAME TO ${table}_away");
        is_down($s, "no table $table");
        $s->sql("ALTER TABLE ${table}_away RENAME TO $table");
        is_up($s, "table $table");
    }
};

part 'a newer version has been at the database' => sub {
    $s->sql("PRAGMA wal_checkpoint(TRUNCATE)");
    my $version = $s->schema_version;
    $s->sql("BEGIN; ALTER TABLE account ADD COLUMN phone TEXT; "
        . "UPDATE meta SET value = '99' WHERE name = 'schema_version'; "
        . 'COMMIT');
    sleep 0.2;
    is_down($s, 'a schema that this version does not know');
    like($s->log, qr/schema version 99/, 'the log says why');
    $s->sql("UPDATE meta SET value = '$version' "
        . "WHERE name = 'schema_version'; "
        . 'ALTER TABLE account DROP COLUMN phone');
    is_up($s, 'the right version again');
};

part 'the file can only be read' => sub {
    plan skip_all => 'root can write everything' if $> == 0 && !$s->{user};
    $s->sql('PRAGMA wal_checkpoint(TRUNCATE)');
    chmod 0400, $s->db;
    $s->hup;                # so that the connections are opened again
    my $r = open_with($s, $s->{many});
    is($r->{status}, 200, 'a token can still be looked up');
    is_unavailable(login($s), 'a sign-in', $BUSY);
    is_unavailable($s->post('/api/auth/register/', {
        username => 'new' . ++$n, password => 'x' }), 'a sign-up', $BUSY);
    is_unavailable($s->request('POST', '/accounts/signout/',
        token => $s->{reuse}), 'a sign-out', $BUSY_0);
    is(open_with($s, $s->{reuse})->{status}, 200,
        'that token was not signed out');
    is_unprotected_fast($s, 'the open file is served');
    chmod 0600, glob $s->db . '*';
    is_up($s, 'the file can be written again');
};

# sqlite run by root makes the files beside the database as root's own, and
# gives them to the owner of the database a moment later.
part 'root opens the file at the same moment' => sub {
    plan skip_all => 'the tests do not run as root' if !$s->{user};
    my ($uid, $gid) = (stat $s->db)[4, 5];
    $s->hup;
    my $wal = $s->db . '-wal';
    sysopen my $fh, $wal, O_WRONLY | O_CREAT, 0600 or die "$wal: $!";
    chown 0, 0, $wal;
    my $pid = fork;
    if (!$pid) {
        sleep 0.06;
        chown $uid, $gid, $wal;
        POSIX::_exit(0);
    }
    my $r = open_with($s, $s->{many});
    waitpid $pid, 0;
    is($r->{status}, 200, 'a request waits until the file is the owner\'s');
};

part 'what is stored makes no sense' => sub {
    my $id = ($s->sql("SELECT id FROM account WHERE username = 'ada'"))[0][0];
    my ($hash) = map { $_->[0] }
        $s->sql("SELECT password FROM account WHERE id = $id");
    for my $bad ('x', '!', '*0', '$argon2id$', $PASSWORD,
                 '$argon2id$v=19$m=4194304,t=100,p=1$c2FsdHNhbHQ$aGFzaA',
                 'x' x 10000) {
        $s->sql("UPDATE account SET password = '$bad' WHERE id = $id");
        my ($r, $t) = timed(sub { login($s) });
        is($r->{status}, 400, 'a stored hash of ' . length($bad)
            . ' characters matches nothing');
        cmp_ok($t, '<', 1, '  and costs nothing');
    }
    $s->sql("UPDATE account SET password = '$hash' WHERE id = $id");
    # A seal that cannot be opened: the login cannot be answered, the token
    # itself can still be looked up.
    my $sealed = ($s->sql('SELECT sealed FROM token WHERE sealed IS NOT NULL '
        . "AND account_id = $id"))[0][0];
    for my $bad ('x', '1:0123456789abcdef:AAAA',
                 substr($sealed, 0, -4) . 'AAAA') {
        $s->sql("UPDATE token SET sealed = '$bad' WHERE sealed IS NOT NULL "
            . "AND account_id = $id");
        is_unavailable(reuse($s), 'a token whose seal is broken is not '
            . 'handed out', $BUSY_0);
        is(open_with($s, $s->{reuse})->{status}, 200, '  but it is known');
    }
    $s->sql("UPDATE token SET sealed = '$sealed' WHERE sealed IS NOT NULL "
        . "AND account_id = $id");
    is_up($s, 'what makes sense again');
};

part 'the key is gone or wrong when the server reloads' => sub {
    my $key = slurp($s->key);
    my $with_key = sub {
        my ($text, $mode) = @_;
        unlink $s->key;
        return if !defined $text;
        AcctTest::spew($s->key, $text);
        chmod $mode || 0600, $s->key;
    };
    for my $case (['gone', undef], ['short', substr $key, 0, 10],
                  ['another', ('0123456789abcdef' x 4) . "\n"],
                  ['readable by all', $key, 0644]) {
        my ($what, @args) = @$case;
        $with_key->(@args);
        eval { $s->graceful; 1 } or diag($@);
        ok($s->pid && kill(0, $s->pid), "$what: the server goes on")
            or BAIL_OUT('the server is gone');
        my $ok = $s->wait_for(sub { reuse($s)->{status} == 503 }, 3);
        is_unavailable(reuse($s), "$what: a token that must be opened",
            $BUSY_0) if $ok;
        ok($ok, "$what: is not handed out");
        # Others may have read the key while they could, so that the server
        # takes no token by it.
        my $closed = $what eq 'readable by all';
        is(open_with($s, $s->{many})->{status}, $closed ? 503 : 200,
            "$what: a token is " . ($closed ? 'not looked up'
                                            : 'looked up without it'));
        is_unprotected_fast($s, "$what: the open file is served");
        $with_key->($key);
        if ($what eq 'another') {
            # The parent looks for it every second.
            my ($back, $took) = timed(sub { $s->wait_for(sub {
                reuse($s)->{status} == 200 }, 25) });
            ok($back && $took < 5, sprintf 'it is seen to be back after %.1f s', $took);
        }
        else {
            $s->graceful;
        }
        is_up($s, "$what, then back");
    }
};
$s->graceful;

part 'a full disk' => sub {
    plan skip_all => 'only root can mount a small disk' if $> != 0;
    my $t = AcctTest->prepare(hash => cheap_hash(), conf => $CONF);
    my $db = $t->dir . '/db';
    mkdir $t->dir . '/aside';
    File::Copy::copy($_, $t->dir . '/aside/') for glob "$db/*";
    my $uid = $t->{user} ? $t->{user}{uid} : 0;
    if (system("mount -t tmpfs -o size=1m,mode=0700,uid=$uid none '$db' "
               . '2>/dev/null') != 0) {
        plan skip_all => 'mounting is not permitted here';
    }
    my $mounted = Mounted->new($db);
    File::Copy::copy($_, $db) for glob $t->dir . '/aside/*';
    chmod 0600, glob "$db/*";
    $t->_chown(glob "$db/*");
    fill($t);
    is($t->run, undef, 'a server on a disk of 1 MiB') or return;
    $t->{many} = login($t)->{json}{token};
    $t->{reuse} = reuse($t)->{json}{data}{token};
    is_up($t, 'before');
    # Fill it to the last byte.
    open my $fh, '>', "$db/filler" or die;
    for my $size (65536, 4096, 512, 1) {
        1 while syswrite $fh, 'x' x $size;
    }
    close $fh;
    # sqlite uses the journal's room again when it can, so a write may
    # succeed now and then. Whatever is answered has to be true.
    my (%in, @told);
    for my $i (1 .. 60) {
        my $r = login($t);
        $in{"sign-in $r->{status}"}++;
        push @told, $r->{json}{token} if $r->{status} == 200;
        is_unavailable($r, 'a sign-in that is refused', $BUSY)
            if $r->{status} == 503 && $in{'sign-in 503'} == 1;
        $r = $t->post('/api/auth/register/', { username => "full$i",
            password => 'x' });
        $in{"sign-up $r->{status}"}++;
        push @told, $r->{json}{token} if $r->{status} == 200;
        is(($t->sql("SELECT count(*) FROM account WHERE username = 'full$i'"))
            [0][0], 0, 'a sign-up that is refused is not written')
            if $r->{status} == 503 && $in{'sign-up 503'} == 1;
        my $known = open_with($t, $t->{many});
        $in{"lookup $known->{status}"}++;
        last if ($in{'sign-in 503'} || 0) >= 3
            && ($in{'sign-up 503'} || 0) >= 3;
    }
    note(join ', ', map { "$_ x $in{$_}" } sort keys %in);
    cmp_ok($in{'sign-in 503'} || 0, '>=', 1, 'sign-ins are told 503');
    cmp_ok($in{'sign-up 503'} || 0, '>=', 1, 'and sign-ups');
    is(scalar(grep { !/ (?:200|503)$/ } keys %in), 0, 'and nothing else');
    is($in{'lookup 401'} || 0, 0, 'a good token is never called wrong');
    is_unprotected_fast($t, 'the open file is served');
    my $out = $t->request('POST', '/accounts/signout/', token => $t->{reuse});
    unlink "$db/filler";
    $t->wait_for(sub { open_with($t, $t->{many})->{status} == 200 }, 5);
    is(open_with($t, $t->{reuse})->{status},
        $out->{status} == 200 ? 401 : 200,
        "a sign-out told $out->{status} is just that");
    is_deeply([grep { open_with($t, $_)->{status} != 200 } @told], [],
        'every token that was handed out is good');
    $t->{reuse} = reuse($t)->{json}{data}{token};
    is_up($t, 'there is room again');
    $t->stop;
};

part 'one of two databases is gone' => sub {
    my $t = AcctTest->prepare(hash => cheap_hash());
    my $second = $t->dir . '/db/second.db';
    my ($exit, $out, $err) = $t->cli('init', '-p', $second, '--key',
                                     $t->dir . '/key2');
    is($exit, 0, 'a second database') or diag("$out$err");
    fill($t);
    my $host = sub {
        my ($name, $more) = @_;
        return "<VirtualHost 127.0.0.1:*>\nServerName $name\n$more\n"
            . "<Location \"/api/auth/\">\nAcctAuthAPI auth-register\n"
            . "</Location>\n<Location \"/private/\">\nAcctAuthProtect On\n"
            . "</Location>\n</VirtualHost>\n";
    };
    $t->{conf} = $host->('one.example', '') . $host->('two.example',
        "AcctAuthDatabase sqlite3 \"$second\"\nAcctAuthKeyFile \""
        . $t->dir . '/key2"');
    $t->_chown(glob $t->dir . '/db/*');
    $t->_write_conf;
    is($t->run, undef, 'a server for two sites') or return;
    my %token;
    for my $name (qw(one two)) {
        my $r = $t->post('/api/auth/register/', { username => 'eve',
            password => 'x' }, headers => { Host => "$name.example" });
        $token{$name} = $r->{json}{token};
        ok($token{$name}, "an account at $name");
    }
    my $get = sub { $t->get('/private/a.txt', token => $token{$_[1]},
        headers => { Host => "$_[0].example" }) };
    is($get->('one', 'two')->{status}, 401, 'a token of one is none of two');
    rename $second, "$second.away";
    for (1 .. 6) {
        is_unavailable($get->('two', 'two'), 'the second is gone', $BUSY);
        is($get->('one', 'one')->{status}, 200, 'the first is as it was');
    }
    # Minted with another key: that alone is enough for a while to say no.
    like($get->('two', 'one')->{status}, qr/\A(?:401|503)\z/,
        'who belongs to one is not let in at two');
    rename "$second.away", $second;
    my $row = 0;
    ok($t->wait_for(sub { $row = $get->('two', 'two')->{status} == 200
                              ? $row + 1 : 0; $row >= 8 }, 5),
        'the second is back');
    is($get->('two', 'one')->{status}, 401, 'and says no to who is none of '
        . 'its own');
    $t->stop;
};

# ------------------------------------------------- calls that are made to fail

part 'writes, syncs, clock and random numbers go wrong' => sub {
    my $t = AcctTest->prepare(hash => cheap_hash(), conf => $CONF);
    my $env = shim($t->dir)
        or plan skip_all => 'there is no compiler for the library that makes '
        . 'calls fail';
    $t->{env} = $env;
    fill($t);
    is($t->run, undef, 'a server whose calls can be made to fail') or return;
    $t->{many} = login($t)->{json}{token};
    $t->{reuse} = reuse($t)->{json}{data}{token};
    my $fresh = 0;
    my $sign_up = sub { $t->post('/api/auth/register/', {
        username => 'f' . ++$fresh, password => 'x' }) };
    my $count = sub { ($t->sql("SELECT count(*) FROM $_[0]"))[0][0] };

    for my $case (['no space', write_error => 28],
                  ['an I/O error', write_error => 5],
                  ['a sync that fails', sync_error => 5]) {
        my ($what, %fault) = @$case;
        my $accounts = $count->('account');
        shim_set($t->dir, %fault);
        is_unavailable(login($t), "$what: a sign-in", $BUSY);
        is_unavailable($sign_up->(), "$what: a sign-up", $BUSY);
        is_unavailable($t->request('POST', '/accounts/signout/',
            token => $t->{reuse}), "$what: a sign-out", $BUSY_0);
        like(open_with($t, $t->{many})->{status}, qr/^(?:200|503)$/,
            "$what: a good token is never called wrong");
        is_unprotected_fast($t, "$what: the open file is served");
        shim_set($t->dir);
        $t->wait_for(sub { open_with($t, $t->{many})->{status} == 200 }, 5);
        my $alive = open_with($t, $t->{reuse})->{status};
        if ($fault{write_error}) {
            is($alive, 200, "$what: who was not signed out is not");
            is($count->('account'), $accounts,
                "$what: what was refused was not written");
        }
        else {
            # It was written, but the sync failed: it may not last.
            like($alive, qr/^(?:200|401)$/, "$what: signed out, or not");
            my ($half) = $t->sql('SELECT count(*) FROM account a WHERE '
                . "username LIKE 'f%' AND NOT EXISTS (SELECT 1 FROM token t "
                . 'WHERE t.account_id = a.id)');
            is($half->[0], 0, "$what: nothing is there by half");
        }
        $t->{reuse} = reuse($t)->{json}{data}{token};
        is_up($t, $what);
    }

    for my $bad (1, -1) {
        my ($accounts, $tokens) = ($count->('account'), $count->('token'));
        shim_set($t->dir, random => $bad);
        is_unavailable(login($t), "no random numbers ($bad): a sign-in",
            $BUSY);
        is_unavailable($sign_up->(), "no random numbers ($bad): a sign-up",
            $BUSY);
        is(open_with($t, $t->{many})->{status}, 200,
            "no random numbers ($bad): tokens are looked up");
        is($count->('token'), $tokens,
            "no random numbers ($bad): no token was made");
        is($count->('account'), $accounts,
            "no random numbers ($bad): and no account");
        shim_set($t->dir);
    }
    is_up($t, 'random numbers');

    my $out = login($t)->{json}{token};
    $t->request('POST', '/api/auth/logout/', token => $out);
    for my $jump (['an hour ahead', 3600, 200], ['a day ahead', 86400, 401],
                  ['ten years ahead', 315360000, 401],
                  ['past 2038', 700000000, 401],
                  ['an hour back', -3600, 200], ['a day back', -86400, 200],
                  ['ten years back', -315360000, 200], ['right', 0, 200]) {
        my ($what, $seconds, $want) = @$jump;
        shim_set($t->dir, clock => $seconds);
        sleep 0.1;
        is(open_with($t, $t->{many})->{status}, $want,
            "the clock is $what: a token of ten hours");
        is(open_with($t, $t->{reuse})->{status}, 200,
            "the clock is $what: one without end");
        is(open_with($t, $out)->{status}, 401,
            "the clock is $what: one that was signed out");
        my $r = login($t);
        is($r->{status}, 200, "the clock is $what: a sign-in");
        is(open_with($t, $r->{json}{token})->{status}, 200,
            "the clock is $what: its token is good");
        like($r->{json}{expiry}, qr/^\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d\.\d{6}Z$/,
            "the clock is $what: and says until when");
    }
    shim_set($t->dir);
    is_up($t, 'the clock');

    # What waits or remembers may not go by the clock of the wall.
    for my $back (-3600, -86400 * 400) {
        $t->sql('ALTER TABLE token RENAME TO token_away');
        is_unavailable(open_with($t, $t->{many}), 'a table is gone')
            for 1 .. 3;
        shim_set($t->dir, clock => $back);
        $t->sql('ALTER TABLE token_away RENAME TO token');
        my $ok = $t->wait_for(sub { $t->get('/private/a.txt', timeout => 3,
            token => $t->{many})->{status} == 200 }, 5);
        ok($ok, "it is back, and the clock goes $back s: that is seen")
            or last;
        shim_set($t->dir);
        is_up($t, 'the clock is right again');
    }
    $t->stop;
};

# ------------------------------------------------------------------- at last

is_up($s, 'after everything');
my @lines = grep { /store_unavailable/ } split /\n/, $s->log;
cmp_ok(scalar @lines, '>=', $ENV{ACCT_ONLY} ? 0 : 1, 'the log says when it was unavailable');
cmp_ok(scalar @lines, '<', 400, scalar(@lines) . ' lines, not one a request');
$s->stop;

done_testing;

# A mount that goes when the test does, however it ends.
package Mounted;
sub new { my ($class, $at) = @_; return bless { at => $at, pid => $$ }, $class }
sub DESTROY
{
    my ($self) = @_;
    return if $self->{pid} != $$;
    local ($?, $!);
    system 'umount', '-l', $self->{at};
}
