#!/usr/bin/perl
# SPDX-License-Identifier: Apache-2.0
# alone: yes, it says how soon a state is over
#
# Whatever state databases, keys and their folders are in, httpd can be
# checked, started, reloaded and stopped: a request that needs them is
# answered with 503, every other is served, the log says once why, and once
# that the state has ended; and the server comes back by itself within five
# seconds, also where it was started in that state.
#
# The states are a table; each has a virtual host, and all of them go wrong
# in one httpd at once.

use strict;
use warnings;
use lib 't/lib';
use AcctTest;
use File::Copy ();
use IO::Socket::INET;
use Lanes;
use StateKit;
use Test::More;
use Time::HiRes qw(time);

my $driver = $ENV{ACCT_DRIVER} || 'sqlite3';
my $is_file = $driver eq 'sqlite3';
my $mpm = $ENV{ACCT_MPM} || 'event';

# -------------------------------------------------------------- the states

# name, cause as the log says it, begin, end (of a host's folder).
#   id       configtest's warning
#   reads    what only reads goes on
#   kept     a server that runs has what it needs until it is reloaded
#   mend     the remedy that configtest prints is pasted, and ends it
#   causes   so many may be told at most (1)
my (@states, @secrets);
sub state { my ($name, %of) = @_; push @states, { name => $name, %of } }
sub secret { my ($name, %of) = @_; push @secrets, { name => $name, %of } }

sub swap { my ($file) = @_;
           -e $file ? rename $file, "$file.away" : rename "$file.away", $file }

# As an upgrade does: with a change of tables.
sub schema
{
    my ($at, $version, $change) = @_;
    $at->sql("BEGIN; ALTER TABLE token $change; UPDATE meta SET value = "
        . "'$version' WHERE name = 'schema_version'; COMMIT;");
}
my $version;        # of this module's schema

secret 'the key is missing', id => 'ACCT0110', reads => 1, kept => 1,
    cause => qr/cannot open the key file: .*put its copy back/,
    begin => sub { swap($_[0]->key) }, end => sub { swap($_[0]->key) };
secret 'the key can be read by others', id => 'ACCT0110', mend => 1,
    cause => qr/mode 644/,
    begin => sub { chmod 0644, $_[0]->key },
    end => sub { chmod 0600, $_[0]->key };
state 'the schema is older', id => 'ACCT0120', cause => qr/schema version 1/,
    begin => sub { $_[0]->sql("UPDATE meta SET value = '1' WHERE "
        . "name = 'schema_version'") },
    end => sub { $_[0]->sql("UPDATE meta SET value = '$version' WHERE "
        . "name = 'schema_version'") },
    remedy => qr/acctauth upgrade -d $driver -p/;
state 'the schema is newer', id => 'ACCT0120', cause => qr/newer mod_acctauth/,
    begin => sub { schema($_[0], 99, 'ADD COLUMN more TEXT') },
    end => sub { schema($_[0], $version, 'DROP COLUMN more') };
state 'the database is away', id => 'ACCT0120',
    cause => $is_file ? qr/No such file/ : qr/cannot be reached/,
    begin => sub { $_[0]->lose_database },
    end => sub { $_[0]->find_database };

if ($is_file) {
    my $dir_of = sub { my ($at) = @_; return $at->dir . '/db' };
    state 'the whole folder is away', cause => qr/No such file/,
        id => 'ACCT0120', begin => sub { swap($dir_of->($_[0])) },
        end => sub { swap($dir_of->($_[0])) };
    state 'others can read the database', cause => qr/mode 644/,
        id => 'ACCT0121', begin => sub { chmod 0644, $_[0]->db },
        end => sub { chmod 0600, $_[0]->db }, mend => 1;
    state 'others can write to its folder', cause => qr/others can write to/,
        id => 'ACCT0121', begin => sub { chmod 0777, $dir_of->($_[0]) },
        end => sub { chmod 0700, $dir_of->($_[0]) }, mend => 1;
    secret 'others can write to a folder above', id => 'ACCT0121',
        cause => qr/others can write to/,
        begin => sub { chmod 0777, $_[0]->dir },
        end => sub { chmod 0711, $_[0]->dir }, mend => 1,
        causes => 2;            # the key is in it, too
    state 'others can read its journal', id => 'ACCT0121',
        cause => qr/-wal can be read/,
        begin => sub { my ($at) = @_;
            AcctTest::spew($at->db . '-wal', '') if !-e $at->db . '-wal';
            $at->_chown($at->db . '-wal');
            chmod 0644, $at->db . '-wal' },
        end => sub { chmod 0600, $_[0]->db . '-wal' }, mend => 1;
    if ($> == 0) {
        state 'it belongs to root', id => 'ACCT0120',
            cause => qr/may not read and write/,
            begin => sub { chown 0, 0, $_[0]->db },
            end => sub { $_[0]->_chown($_[0]->db) }, mend => 1;
        state 'its folder belongs to root', id => 'ACCT0120',
            cause => qr/may not (?:make files in|go through)|Permission denied/,
            begin => sub { chown 0, 0, $dir_of->($_[0]) },
            end => sub { $_[0]->_chown($dir_of->($_[0])) }, mend => 1;
        state 'its folder belongs to another user', id => 'ACCT0121',
            cause => qr/the folder \S+ belongs to another/,
            begin => sub { chown 1, 1, $dir_of->($_[0]) },
            end => sub { $_[0]->_chown($dir_of->($_[0])) }, mend => 1;
    }
}
else {
    my $file = sub { my ($at) = @_; return $at->dir . '/connection' };
    secret 'the file of its connection string is missing', id => 'ACCT0123',
        cause => qr/connection: No such file/, kept => 1,
        begin => sub { swap($file->($_[0])) },
        end => sub { swap($file->($_[0])) };
    secret 'others can read the file of its connection string',
        id => 'ACCT0123', cause => qr/mode 644/,
        begin => sub { chmod 0644, $file->($_[0]) },
        end => sub { chmod 0600, $file->($_[0]) }, mend => 1;
    state 'everybody can write to its tables', id => 'ACCT0124',
        cause => qr/everybody/,
        begin => sub { $_[0]->sql('GRANT INSERT ON token TO PUBLIC') },
        end => sub { $_[0]->sql('REVOKE ALL ON token FROM PUBLIC') };
}

# ------------------------------------------------- while the server runs

# The state of a host is begun, or ended.
sub turn
{
    my ($how, @hosts) = @_;
    $_->{state}{$how}->($_->{at}) for @hosts;
    $_->{mended} = time for @hosts;
}

sub are_closed
{
    my ($what, @hosts) = @_;
    subtest "$what $_->{state}{name}" => sub {
        is_closed($_, $_->{state}, $what) } for @hosts;
}

# The accounts of the other virtual hosts are not touched.
sub others_are_served
{
    my ($h, $what) = @_;
    local $Test::Builder::Level = $Test::Builder::Level + 1;
    is(statuses($h), '200 200', "$what: other databases are served");
}

sub is_told
{
    my ($h, $log) = @_;
    my $state = $h->{state};
    $log = lines_of($h, $log);
    $log =~ s/^.*:(?:info|debug)\].*\n//mg;
    # of a key that is away only what a reload finds
    my $id = $state->{reads} ? qr/$state->{id}/ : qr/ACCT02\d\d/;
    my @told = $log =~ /$id: (?:store_unavailable: )?([^\n]*)/g;
    @told = grep { !/store_recovered/ } @told;
    my @over = $log =~ /ACCT0231: store_recovered|ACCT0113/g;
    ok(@told >= 1 && @told <= ($state->{causes} || 1),
        "the log says once that $state->{name}") or diag($log);
    like($told[0] || '', $state->{cause}, 'with its cause');
    my %over = map { $_ => 1 } @over;
    ok(@over && @over == keys %over, 'and once that it is over')
        or diag($log);
}

# What a server that runs has read it keeps, though the file is gone: but
# not when it is reloaded, as the rotation of logs does every night.
sub is_kept
{
    my ($s, @hosts) = @_;
    turn(begin => @hosts);
    ok(!$s->wait_for(sub { grep { statuses($_) ne '200 200' } @hosts }, 1.5),
        'what was read before is used on');
    reload($s);
}

sub while_it_runs
{
    my ($s, @hosts) = @_;
    my $other = main_host($s);
    my @kept = grep { $_->{state}{kept} } @hosts;
    my @at_once = grep { !$_->{state}{kept} } @hosts;
    is($s->run, undef, 'httpd starts') or return;
    sign_up($other, @hosts);
    ($version) = map { $_->[0] } $s->sql('SELECT value FROM meta '
        . "WHERE name = 'schema_version'");
    my $from = length $s->log;
    is_kept($s, @kept) if @kept;
    are_closed(reloaded => @kept);
    turn(begin => @at_once);
    are_closed(then => @at_once);
    others_are_served($other, 'then');
    my $log = substr $s->log, $from;
    turn(end => @hosts);
    are_open('mended', @hosts);
    # a key's file is told of at each reload that finds it away
    is_told($_, $_->{state}{kept} && $_->{state}{reads}
        ? ($log =~ /(.*?resuming normal operations)/s)[0]
          . ((substr $s->log, $from) =~ s/.*(ACCT0113)/$1/sr)
        : substr $s->log, $from) for @hosts;
    turn(begin => @hosts);
    ended($s, 'stop');
    turn(end => @hosts);
    $_->{at}->sql('PRAGMA wal_checkpoint(TRUNCATE)') for @hosts;
    return $other;
}

# ------------------------------------------ started, reloaded and stopped

# What configtest says of each, in time.
sub is_checked
{
    my ($s, @hosts) = @_;
    my ($exit, $text, $took) = control($s, '-t');
    is($exit, 0, 'configtest takes the configuration') or diag($text);
    cmp_ok($took, '<', 5, sprintf 'in %.1f s', $took);
    for my $h (@hosts) {
        my $state = $h->{state};
        my $said = lines_of($h, $text);
        like($said, qr/$state->{id}: [^\n]*$state->{cause}/,
            "and says that $state->{name}") or diag($text);
        like($said, $state->{remedy}, 'with the command that mends it')
            if $state->{remedy};
        ($h->{mend}) = $said =~ /; say: (.*?)(?: \(the server goes on|$)/m;
    }
}

sub mend
{
    my ($h) = @_;
    return turn(end => $h) if !$h->{state}{mend};
    my $command = $h->{mend};
    ok(defined $command, "$h->{state}{name}: the remedy is one to paste")
        or return;
    is(system($command), 0, "it works: $command");
}

sub started_in_it
{
    my ($s, $other, @hosts) = @_;
    turn(begin => @hosts);
    is_checked($s, @hosts);
    my $begun = time;
    is($s->run, undef, 'httpd starts') or return;
    cmp_ok(time - $begun, '<', 5, sprintf 'in %.1f s', time - $begun);
    are_closed(started => @hosts);
    reload($s);
    are_closed(reloaded => @hosts);
    others_are_served($other, 'reloaded');
    mend($_) for @hosts;
    $_->{mended} = time for @hosts;
    are_open('mended', @hosts);
    turn(end => grep { $_->{state}{mend} } @hosts);
    turn(begin => @hosts);
    ended($s, 'graceful-stop');
    turn(end => @hosts);
}

# All states of a table: a host for each.
sub all_of
{
    my (@table) = @_;
    @table = grep { $_->{name} =~ /$ENV{ACCT_STATE}/ } @table
        if $ENV{ACCT_STATE};
    my $s = prepared();
    my @hosts = hosts_of($s, map { $_->{name} } @table);
    $hosts[$_]{state} = $table[$_] for 0 .. $#table;
    my $other;
    subtest 'while httpd runs' => sub {
        $other = while_it_runs($s, @hosts);
    };
    subtest 'httpd is started in it' => sub {
        started_in_it($s, $other, @hosts);
    };
    $s->stop;
}

lanes(3);

part 'the state of a database' => sub { all_of(@states) };
part 'the state of a file that only root may read' => sub {
    all_of(@secrets) };

# ------------------------------------------------------------ what is left

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
            my $h = with_token($s);
            $begin->($s);
            my ($exit, $text, $took) = control($s, '-t');
            is($exit, 0, 'configtest takes the configuration');
            like($text, qr/ACCT0120: [^\n]*$cause/, 'and says the cause');
            is($s->run, undef, 'httpd starts') or return;
            is($s->get('/open.txt')->{status}, 200, 'the rest is served');
            ok($s->wait_for(sub { sign_in($h)->{status} == 503 }, 5),
                'a sign-in is 503');
            reload($s);
            ok($s->wait_for(sub { sign_in($h)->{status} == 503 }, 5),
                'also of the next generation');
            $end->($s);
            $h->{mended} = time;
            are_open('mended', $h);
            $s->wait_for(sub { $s->log =~ /ACCT0231/ }, 5);
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
        my $s = prepared();
        my $h = with_token($s);
        # connects and says nothing
        my @silent = map { IO::Socket::INET->new(Listen => 5,
            LocalAddr => '127.0.0.1') } 1 .. 40;
        # the first one is for requests that name none of them
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
        # One by one it would be a minute.
        ok($ok, 'configtest takes them');
        cmp_ok($took, '<', 8, sprintf 'in %.1f s', $took);
        my @told = $text =~ /ACCT0120: [^\n]*(?:did not answer|does not answer|cannot be reached)/g;
        cmp_ok(scalar @told, '>=', 40, 'and names each');
        $s->{more} = $conf;
        $s->_write_conf;
        $begun = time;
        is($s->run, undef, 'httpd starts');
        $took = time - $begun;
        cmp_ok($took, '<', 8, sprintf 'in %.1f s', $took);
        ok($s->wait_for(sub { page($h)->{status} == 200 }, $WITHIN),
            'and what answers is used');
        $s->stop;
    };
}

part 'a database that has no key is away at a reload' => sub {
    my $s = AcctTest->prepare(api => 0, hash => 'argon2id m=8 t=1 p=1',
        conf => <<'CONF');
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
    $s->_chown(glob $s->db . '*') if $is_file;
    is($s->run, undef, 'httpd starts') or return;
    my $h = main_host($s);
    sign_up($h);
    is(page($h)->{status}, 200, 'all is well');
    $s->lose_database;
    reload($s) for 1 .. 2;
    ok($s->wait_for(sub { page($h)->{status} == 503 }, 5), 'pages are 503');
    $s->find_database;
    ok($s->wait_for(sub { page($h)->{status} == 200 }, $WITHIN),
        'it comes back');
    $s->stop;
};

part 'another database in its place is refused after a start without it'
    => sub {
    plan skip_all => 'swaps files' if !$is_file;
    my ($s, $other) = (prepared(), prepared());
    my $h = with_token($s);
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
    is(page($h)->{status}, 503, 'it is away');
    $put->($s->dir . '/own.db');
    ok($s->wait_for(sub { page($h)->{status} == 200 }, $WITHIN), 'it is back');
    $put->($other->db);
    ok($s->wait_for(sub { page($h)->{status} == 503 }, 5),
        'another in its place is not asked');
    ok(!$s->wait_for(sub { page($h)->{status} == 401 }, 2),
        'in whichever child');
    $put->($s->dir . '/own.db');
    ok($s->wait_for(sub { page($h)->{status} == 200 }, $WITHIN),
        'the right one again');
    $s->stop;
};

if ($mpm eq 'event') {          # no MPM has a say in it
    part 'a password in the configuration of a virtual host is told' => sub {
        my $s = prepared();
        my $conf = qq{AcctAuthDatabase pgsql "host=127.0.0.1 port=1 dbname=x }
            . qq{user=x password=hunter2"};
        for my $case (['the main server', $conf],
                      ['a virtual host',
                       "<VirtualHost *:1>\n$conf\n</VirtualHost>"],
                      ['one with a log level of its own', "<VirtualHost *:1>\n"
                       . "$conf\nLogLevel warn\n</VirtualHost>"]) {
            my ($name, $text) = @$case;
            my ($ok, $said) = $s->configtest($text);
            ok($ok, "$name: taken");
            like($said, qr/ACCT0122: AcctAuthDatabase on line \d+/,
                "$name: and told");
            unlike($said, qr/hunter2/, "$name: without the password");
        }
    };
}

done_lanes();

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
