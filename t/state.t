#!/usr/bin/perl
# SPDX-License-Identifier: Apache-2.0
# long: yes
#
# Whatever state databases, keys and their folders are in, httpd is checked,
# started, reloaded and stopped: what needs them is answered with 503,
# everything else is served, the log says why, once, and that it is over,
# once; and it comes back by itself within five seconds, also where the
# server was started in that state.

use strict;
use warnings;
use lib 't/lib';
use AcctTest;
use FaultKit;
use File::Copy ();
use IO::Socket::INET;
use POSIX ();
use Test::More;
use Time::HiRes qw(time sleep);

my $WITHIN = 5;
my $driver = $ENV{ACCT_DRIVER} || 'sqlite3';
my $is_file = $driver eq 'sqlite3';
my $CONF = <<'CONF';
<Location "/private/">
    AcctAuthProtect On
</Location>
CONF
my $PASSWORD = 'tower bridge';

sub sign_in { $_[0]->post('/api/auth/login/', { username => 'ann',
                                               password => $PASSWORD }) }
sub reuse { $_[0]->post('/accounts/signin/', { username => 'ann',
                                              password => $PASSWORD }) }
sub page { $_[0]->get('/private/a.txt', token => $_[0]{token}) }

# httpd with the server's own configuration, as apachectl calls it.
sub control
{
    my ($s, @args) = @_;
    my $httpd = AcctTest::layout()->{HTTPD};
    my $begun = time;
    my ($exit, $out, $err) = AcctTest::_run_command(undef, $s->{env}, $httpd,
        '-d', $s->dir, '-f', $s->dir . '/httpd.conf', @args);
    return ($exit, $out . $err, time - $begun);
}

sub prepared
{
    my (%opt) = @_;
    my $s = AcctTest->prepare(hash => cheap_hash(), log_level => 'notice', %opt, conf => $CONF
        . ($is_file ? '' : 'AcctAuthDatabase pgsql "file:${DIR}/connection"'));
    if (!$is_file) {
        AcctTest::spew($s->dir . '/connection', $s->db . "\n");
        chmod 0600, $s->dir . '/connection';
    }
    $s->write('htdocs/open.txt', "open\n");
    $s->write('htdocs/private/a.txt', "secret\n");
    $s->account(username => 'ann', password => $PASSWORD);
    $s->_chown(glob $s->db . '*') if $is_file;
    return $s;
}

# A token that is in the database before httpd runs.
sub with_token
{
    my ($s) = @_;
    my $why = $s->run;
    die "httpd did not start: $why\n" if defined $why;
    $s->{token} = sign_in($s)->{json}{token} or die "no token\n";
    $s->stop;
    $s->sql('PRAGMA wal_checkpoint(TRUNCATE)') if $is_file;
    return $s;
}

# -------------------------------------------------------------- the states

# name, cause as the log says it, begin, end; what is open all the same.
my @states;
sub state { my ($name, %of) = @_; push @states, { name => $name, %of } }

sub swap { my ($file) = @_;
           -e $file ? rename $file, "$file.away" : rename "$file.away", $file }

state 'the key is missing', cause => qr/cannot open the key file: .*put its copy back/,
    id => 'ACCT0110', begin => sub { swap($_[0]->key) },
    end => sub { swap($_[0]->key) }, reads => 1, only_start => 1;
state 'the key can be read by others', cause => qr/mode 644/,
    id => 'ACCT0110', begin => sub { chmod 0644, $_[0]->key },
    end => sub { chmod 0600, $_[0]->key }, mend => 1;
state 'the schema is older', cause => qr/schema version 1/,
    id => 'ACCT0120', begin => sub { $_[0]->sql("UPDATE meta SET value = "
        . "'1' WHERE name = 'schema_version'") },
    end => sub { my ($s) = @_; $s->sql("UPDATE meta SET value = "
        . "'$s->{version}' WHERE name = 'schema_version'") },
    remedy => qr/acctauth upgrade -d $driver -p/, only_start => 1;
state 'the schema is newer', cause => qr/newer mod_acctauth/,
    id => 'ACCT0120', begin => sub { $_[0]->sql("UPDATE meta SET value = "
        . "'99' WHERE name = 'schema_version'") },
    end => sub { my ($s) = @_; $s->sql("UPDATE meta SET value = "
        . "'$s->{version}' WHERE name = 'schema_version'") },
    only_start => 1;
state 'the database is away', id => 'ACCT0120',
    cause => $is_file ? qr/No such file/ : qr/cannot be reached/,
    begin => sub { $_[0]->lose_database },
    end => sub { $_[0]->find_database };

if ($is_file) {
    my $dir_of = sub { my ($s) = @_; return $s->dir . '/db' };
    state 'the whole folder is away', cause => qr/No such file/,
        id => 'ACCT0120', begin => sub { swap($dir_of->($_[0])) },
        end => sub { swap($dir_of->($_[0])) };
    state 'others can read the database', cause => qr/mode 644/,
        id => 'ACCT0121', begin => sub { chmod 0644, $_[0]->db },
        end => sub { chmod 0600, $_[0]->db }, mend => 1;
    state 'others can write to its folder', cause => qr/others can write to/,
        id => 'ACCT0121', begin => sub { chmod 0777, $dir_of->($_[0]) },
        end => sub { chmod 0700, $dir_of->($_[0]) }, mend => 1;
    state 'others can write to a folder above', id => 'ACCT0121',
        cause => qr/others can write to/,
        begin => sub { chmod 0777, $_[0]->dir },
        end => sub { chmod 0711, $_[0]->dir }, mend => 1,
        causes => 2;            # the key is in it, too
    state 'others can read its journal', id => 'ACCT0121',
        cause => qr/-wal can be read/,
        begin => sub { my ($s) = @_;
            AcctTest::spew($s->db . '-wal', '') if !-e $s->db . '-wal';
            $s->_chown($s->db . '-wal');
            chmod 0644, $s->db . '-wal' },
        end => sub { chmod 0600, $_[0]->db . '-wal' }, mend => 1;
    if ($> == 0) {
        state 'it belongs to root', id => 'ACCT0120',
            cause => qr/may not read and write/,
            begin => sub { chown 0, 0, $_[0]->db },
            end => sub { $_[0]->_chown($_[0]->db) }, mend => 1,
            only_start => 1;
        state 'its folder belongs to root', id => 'ACCT0120',
            cause => qr/may not (?:make files in|go through)|not be read/,
            begin => sub { chown 0, 0, $dir_of->($_[0]);
                           chmod 0700, $dir_of->($_[0]);
                           unlink map { $_[0]->db . $_ } '-wal', '-shm' },
            end => sub { $_[0]->_chown($dir_of->($_[0])) }, mend => 1,
            only_start => 1;
        state 'it belongs to another user', id => 'ACCT0121',
            cause => qr/the folder \S+ belongs to another/,
            begin => sub { chown 1, 1, $dir_of->($_[0]) },
            end => sub { $_[0]->_chown($dir_of->($_[0])) }, mend => 1;
    }
}
else {
    my $file = sub { my ($s) = @_; return $s->dir . '/connection' };
    state 'the file of its connection string is missing', id => 'ACCT0123',
        cause => qr/connection: No such file/,
        begin => sub { swap($file->($_[0])) },
        end => sub { swap($file->($_[0])) }, only_start => 1;
    state 'others can read the file of its connection string',
        id => 'ACCT0123', cause => qr/mode 644/,
        begin => sub { chmod 0644, $file->($_[0]) },
        end => sub { chmod 0600, $file->($_[0]) }, mend => 1;
    state 'everybody can write to its tables', id => 'ACCT0124',
        cause => qr/everybody/, only_start => 1,
        begin => sub { $_[0]->sql('GRANT INSERT ON token TO PUBLIC') },
        end => sub { $_[0]->sql('REVOKE ALL ON token FROM PUBLIC') };
}

# ---------------------------------------------------------------- the tests

my $fixture = with_token(prepared());
($fixture->{version}) = map { $_->[0] } $fixture->sql('SELECT value FROM meta '
    . "WHERE name = 'schema_version'");

sub is_closed
{
    my ($s, $state, $what) = @_;
    local $Test::Builder::Level = $Test::Builder::Level + 1;
    my $closed = sub {
        my $page = page($s)->{status};
        my $in = reuse($s)->{status};
        return $in == 503 && ($state->{reads} ? $page == 200 : $page == 503);
    };
    # who is in the cache stays there for as long as the bound
    my $ok = $s->wait_for($closed, 5);
    ok($ok, "$what: what needs it is 503") or diag('a page is '
        . page($s)->{status} . ', a sign-in ' . reuse($s)->{status});
    is($s->get('/open.txt')->{status}, 200, "$what: the rest is served");
    is($s->get('/private/a.txt')->{status}, 401,
        "$what: and without a token it is 401");
}

sub is_open
{
    my ($s, $what) = @_;
    local $Test::Builder::Level = $Test::Builder::Level + 1;
    my $begun = time;
    my %seen;
    my $row = 0;
    my $ok = $s->wait_for(sub {
        my ($page, $in) = (page($s)->{status}, reuse($s)->{status});
        $seen{"$page $in"}++;
        $row = "$page $in" eq '200 200' ? $row + 1 : 0;
        return $row >= 4 }, $WITHIN + 2);
    my $took = time - $begun;
    ok($ok && $took < $WITHIN, sprintf '%s: it comes back by itself, after '
        . '%.1f s', $what, $took) or diag(join(', ', %seen) . "\n" . substr $s->log, -3000);
    ok(!grep({ /401/ } keys %seen), "$what: nobody was called wrong");
}

# The remedy that configtest prints.
sub remedy
{
    my ($text) = @_;
    my ($command) = $text =~ /; say: (.*?)(?: \(the server goes on|$)/m;
    return $command;
}

sub start_in_state
{
    my ($s, $state) = @_;
    my ($exit, $text, $took) = control($s, '-t');
    is($exit, 0, 'configtest takes the configuration') or diag($text);
    like($text, qr/$state->{id}: [^\n]*$state->{cause}/,
        'and says what is wrong');
    like($text, $state->{remedy}, 'with the command that mends it')
        if $state->{remedy};
    cmp_ok($took, '<', 5, sprintf 'in %.1f s', $took);
    my $begun = time;
    is($s->run, undef, 'httpd starts') or return;
    cmp_ok(time - $begun, '<', 5, sprintf 'in %.1f s', time - $begun);
    is_closed($s, $state, 'started');
    return $text;
}

sub is_told
{
    my ($s, $from, $state, $what) = @_;
    local $Test::Builder::Level = $Test::Builder::Level + 1;
    my $log = substr $s->log, $from;
    $log =~ s/^.*:(?:info|debug)\].*\n//mg;
    my @told = $log =~ /ACCT02\d\d: store_unavailable: ([^\n]*)/g;
    my @over = $log =~ /ACCT0231: store_recovered/g;
    my $causes = $state->{causes} || 1;
    ok(@told >= 1 && @told <= $causes, "$what: the log says it once")
        or diag($log);
    like($told[0] || '', $state->{cause}, "$what: with its cause");
    is(scalar @over, 1, "$what: and once that it is over") or diag($log);
}

for my $state (@states) {
    next if $ENV{ACCT_ONLY} && $state->{name} !~ /$ENV{ACCT_ONLY}/;
    subtest "httpd is started while $state->{name}" => sub {
        my $s = $fixture;
        $state->{begin}->($s);
        my $text = start_in_state($s, $state);
        if (!defined $text) {
            $state->{end}->($s);
            return;
        }
        my $pid = $s->pid;
        my ($exit, $said) = control($s, '-k', 'graceful');
        is($exit, 0, 'graceful is taken') or diag($said);
        sleep 1;
        ok(kill(0, $pid), 'the server lives');
        is_closed($s, $state, 'reloaded');
        if ($state->{mend}) {
            my $command = remedy($text);
            ok(defined $command, 'the remedy is one to paste')
                or diag($text);
            is(system($command // 'false'), 0, "it works: "
                . ($command // ''));
        }
        else {
            $state->{end}->($s);
        }
        is_open($s, 'mended');
        $state->{end}->($s) if $state->{mend};
        $state->{begin}->($s) if !$state->{only_start};
        ($exit, $said) = control($s, '-k', 'graceful-stop');
        is($exit, 0, 'graceful-stop is taken in that state')
            or diag($said);
        $s->wait_for(sub { waitpid($pid, POSIX::WNOHANG()) != 0 }, 10);
        delete $s->{pid};
        $state->{end}->($s) if !$state->{only_start};
    };
    next if $state->{only_start};
    subtest "$state->{name} while httpd runs" => sub {
        my $s = $fixture;
        is($s->run, undef, 'httpd starts') or return;
        is(page($s)->{status}, 200, 'all is well');
        my $from = length $s->log;
        $state->{begin}->($s);
        is_closed($s, $state, 'then');
        $state->{end}->($s);
        is_open($s, 'mended');
        sleep 1;
        is_told($s, $from, $state, 'then');
        my $pid = $s->pid;
        $state->{begin}->($s);
        my ($exit, $said) = control($s, '-k', 'stop');
        is($exit, 0, 'stop is taken in that state') or diag($said);
        ok($s->wait_for(sub { waitpid($pid, POSIX::WNOHANG()) != 0 }, 10),
            'and it ends');
        delete $s->{pid};
        $state->{end}->($s);
    };
}

# ------------------------------------------------------------ what is left

sub part
{
    my ($name, $code) = @_;
    local $Test::Builder::Level = $Test::Builder::Level + 1;
    subtest($name => $code) if !$ENV{ACCT_ONLY}
        || $name =~ /$ENV{ACCT_ONLY}/;
}

# A small file system in the place of the database's folder; what ends it.
sub mounted
{
    my ($s) = @_;
    my $db = $s->dir . '/db';
    mkdir $s->dir . '/aside';
    File::Copy::copy($_, $s->dir . '/aside/') for glob "$db/*";
    my $uid = $s->{user} ? $s->{user}{uid} : 0;
    system("mount -t tmpfs -o size=1m,mode=0700,uid=$uid none '$db' "
        . '2>/dev/null') == 0 or return;
    File::Copy::copy($_, $db) for glob $s->dir . '/aside/*';
    chmod 0600, glob "$db/*";
    $s->_chown(glob "$db/*");
    return Mounted->new($db);
}

sub fill_up
{
    my ($s) = @_;
    open my $fh, '>', $s->dir . '/db/filler' or die;
    for my $size (65536, 4096, 512, 1) {
        1 while syswrite $fh, 'x' x $size;
    }
    close $fh;
}

if ($is_file && $> == 0) {
    for my $case (['full', qr/no space left on the device/, \&fill_up,
                   sub { unlink $_[0]->dir . '/db/filler' }],
                  ['mounted read-only', qr/mounted read-only/,
                   sub { system 'mount', '-o', 'remount,ro',
                             $_[0]->dir . '/db' },
                   sub { system 'mount', '-o', 'remount,rw',
                             $_[0]->dir . '/db' }]) {
        my ($name, $cause, $begin, $end) = @$case;
        part "httpd is started on a disk that is $name" => sub {
            my $s = prepared();
            my $mount = mounted($s)
                or plan skip_all => 'mounting is not permitted here';
            $s->{token} = with_token($s)->{token};
            $begin->($s);
            my ($exit, $text, $took) = control($s, '-t');
            is($exit, 0, 'configtest takes the configuration');
            like($text, qr/ACCT0120: [^\n]*$cause/, 'and says the cause');
            is($s->run, undef, 'httpd starts') or return;
            is($s->get('/open.txt')->{status}, 200, 'the rest is served');
            my $from = length $s->log;
            ok($s->wait_for(sub { sign_in($s)->{status} == 503 }, 5),
                'a sign-in is 503');
            ($exit) = control($s, '-k', 'graceful');
            is($exit, 0, 'graceful is taken');
            sleep 1;
            $end->($s);
            is_open($s, 'mended');
            sleep 2;
            my $log = $s->log;
            like($log, qr/store_unavailable: [^\n]*$cause/,
                'the log has the cause');
            unlike($log, qr/disk I.O error/, 'and not what sqlite says');
            my @told = $log =~ /store_unavailable: [^\n]*?($cause)/g;
            is(scalar @told, 1, 'once') or diag($log);
            like($log, qr/ACCT0231: store_recovered/, 'and that it is over');
            $s->stop;
        };
    }
}

if (!$is_file) {
    part 'forty hosts whose databases do not answer' => sub {
        my $s = $fixture;
        # connects and says nothing
        my @silent = map { IO::Socket::INET->new(Listen => 5,
            LocalAddr => '127.0.0.1') } 1 .. 40;
        # the first one is for who names none of them
        my $conf = <<'CONF' . join '', map { my $port = $_->sockport;
<VirtualHost 127.0.0.1:*>
    ServerName localhost
    <Location "/private/">
        AcctAuthProtect On
    </Location>
</VirtualHost>
CONF
            <<"CONF" } @silent;
<VirtualHost 127.0.0.1:*>
    ServerName host$port.example
    AcctAuthDatabase pgsql "host=127.0.0.1 port=$port dbname=x user=x"
    <Location "/private/">
        AcctAuthProtect On
    </Location>
</VirtualHost>
CONF
        my $begun = time;
        my ($ok, $text) = $s->configtest($conf);
        my $took = time - $begun;
        ok($ok, 'configtest takes them');
        cmp_ok($took, '<', 5, sprintf 'in %.1f s', $took);
        my @told = $text =~ /ACCT0120: [^\n]*(?:did not answer|does not answer|cannot be reached)/g;
        cmp_ok(scalar @told, '>=', 40, 'and names each');
        local $s->{conf} = "$s->{conf}\n$conf";
        $s->_write_conf;
        $begun = time;
        is($s->run, undef, 'httpd starts');
        $took = time - $begun;
        cmp_ok($took, '<', 5, sprintf 'in %.1f s', $took);
        ok($s->wait_for(sub { page($s)->{status} == 200 }, $WITHIN),
            'and what answers is used');
        $s->stop;
    };
}

part 'a database that has no key is away at a reload' => sub {
    my $s = AcctTest->prepare(api => 0, hash => cheap_hash(), conf => <<'CONF');
<Location "/api/auth/">
    AcctAuthAPI auth-signin auth-register
</Location>
<Location "/private/">
    AcctAuthProtect On
</Location>
CONF
    $s->write('htdocs/private/a.txt', "secret\n");
    my $key = $s->key;
    my $text = slurp($s->dir . '/httpd.conf');
    $text =~ s/^AcctAuthKeyFile.*\n//m;
    AcctTest::spew($s->dir . '/httpd.conf', $text);
    $s->sql("DELETE FROM meta WHERE name = 'key_id'");
    $s->account(username => 'ann', password => $PASSWORD);
    $s->_chown(glob $s->db . '*') if $is_file;
    is($s->run, undef, 'httpd starts') or return;
    my $pid = $s->pid;
    $s->{token} = sign_in($s)->{json}{token};
    is(page($s)->{status}, 200, 'all is well');
    $s->lose_database;
    for (1 .. 2) {
        kill 'USR1', $pid;
        sleep 1;
    }
    ok(kill(0, $pid), 'the server lives');
    ok($s->wait_for(sub { page($s)->{status} == 503 }, 5), 'pages are 503');
    $s->find_database;
    ok($s->wait_for(sub { page($s)->{status} == 200 }, $WITHIN),
        'it comes back');
    $s->stop;
};

part 'another database in its place is refused after a start without it'
    => sub {
    plan skip_all => 'swaps files' if !$is_file;
    my ($s, $other) = (prepared(), prepared());
    with_token($s);
    $_->sql('PRAGMA wal_checkpoint(TRUNCATE)') for $s, $other;
    my $put = sub {
        my ($from) = @_;
        unlink map { $s->db . $_ } '', '-wal', '-shm';
        File::Copy::copy($from, $s->db) or die $!;
        chmod 0600, $s->db;
        $s->_chown($s->db);
    };
    # the same key, so that nothing but its creation tells them apart
    $other->sql("UPDATE meta SET value = '" . ($s->sql("SELECT value FROM "
        . "meta WHERE name = 'key_id'"))[0][0] . "' WHERE name = 'key_id'");
    $other->sql("UPDATE meta SET value = '12345' WHERE name = 'created_at'");
    $other->sql('PRAGMA wal_checkpoint(TRUNCATE)');
    File::Copy::copy($s->db, $s->dir . '/own.db');
    unlink $s->db;
    is($s->run, undef, 'httpd starts') or return;
    is(page($s)->{status}, 503, 'it is away');
    $put->($s->dir . '/own.db');
    ok($s->wait_for(sub { page($s)->{status} == 200 }, $WITHIN), 'it is back');
    $put->($other->db);
    ok($s->wait_for(sub { page($s)->{status} == 503 }, 5),
        'another in its place is not asked');
    ok(!$s->wait_for(sub { page($s)->{status} == 401 }, 2),
        'in whichever child');
    $put->($s->dir . '/own.db');
    ok($s->wait_for(sub { page($s)->{status} == 200 }, $WITHIN),
        'the right one again');
    $s->stop;
};

part 'a password in the configuration of a virtual host is told' => sub {
    my $conf = qq{AcctAuthDatabase pgsql "host=127.0.0.1 port=1 dbname=x }
        . qq{user=x password=hunter2"};
    for my $case (['the main server', $conf],
                  ['a virtual host',
                   "<VirtualHost *:1>\n$conf\n</VirtualHost>"],
                  ['one with a log level of its own', "<VirtualHost *:1>\n"
                   . "$conf\nLogLevel warn\n</VirtualHost>"]) {
        my ($name, $text) = @$case;
        my ($ok, $said) = $fixture->configtest($text);
        ok($ok, "$name: taken");
        like($said, qr/ACCT0122: AcctAuthDatabase on line \d+/,
            "$name: and told");
        unlike($said, qr/hunter2/, "$name: without the password");
    }
};

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
