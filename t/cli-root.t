#!/usr/bin/perl
# SPDX-License-Identifier: Apache-2.0
# mpm: any, there is no server
#
# The operator's command, run by root in the folder of another user, who
# swaps names there while it works: root's files stay root's, and no file
# outside the folder is opened, given away, linked or overwritten.
# driver: sqlite3

use strict;
use warnings;
use lib 't/lib';
use AcctTest;
use Config;
use Cwd ();
use Test::More;

use File::Temp ();
use POSIX ();

plan skip_all => 'only root has something to lose' if $> != 0;

# The system calls of inotify, which perl has no names for.
my %CALLS = (x86_64 => [294, 254], aarch64 => [26, 27], i386 => [332, 292]);
my ($arch) = $Config{archname} =~ /^(x86_64|aarch64|i\d86)/;
my ($init1, $add_watch) = @{ $CALLS{ ($arch || '') =~ s/i\d86/i386/r }
    || plan skip_all => "inotify's numbers for $Config{archname} are missing" };
my ($IN_OPEN, $IN_CREATE, $NONBLOCK) = (0x20, 0x100, 0x800);

my $top = File::Temp::tempdir('acctauth-root-XXXXXXXX', TMPDIR => 1,
                              CLEANUP => 1);
chmod 0755, $top;
my $acctauth = build_dir() . '/acctauth';
my $other = child_user();
delete @ENV{qw(ACCTAUTH_DRIVER ACCTAUTH_PARAMS ACCTAUTH_APACHECTL)};

sub cmd { return AcctTest::_run_command(undef, {}, $acctauth, @_) }

sub folder
{
    my ($name, $user) = @_;
    mkdir "$top/$name" or die "mkdir $name: $!\n";
    chmod 0700, "$top/$name";
    chown $user->{uid}, $user->{gid}, "$top/$name" if $user;
    return "$top/$name";
}

sub watch
{
    my ($path, $what, $flags) = @_;
    my $fd = syscall $init1, $flags;
    die "inotify: $!\n" if $fd < 0;
    syscall($add_watch, $fd, $path, $what) >= 0 or die "watch $path: $!\n";
    open my $events, '<&=', $fd or die;
    return $events;
}

# The names of a batch of events; none when there is nothing to read.
sub names
{
    my ($events) = @_;
    my $got = sysread $events, my $bytes, 65536;
    my @names;
    while ($got && length $bytes) {
        my ($length) = unpack 'x12 L', $bytes;
        push @names, unpack "x16 Z$length", $bytes;
        substr $bytes, 0, 16 + $length, '';
    }
    return @names;
}

# as_other(CODE): a process of the other user that runs it until it is
# killed; it has begun when this returns.
sub as_other
{
    my ($code) = @_;
    pipe my $ready, my $tell or die;
    my $pid = fork;
    die "cannot fork: $!\n" if !defined $pid;
    if (!$pid) {
        close $ready;
        $( = $other->{gid};
        $) = "$other->{gid} $other->{gid}";
        POSIX::setuid($other->{uid});
        $> == $other->{uid} or POSIX::_exit(1);
        eval { $code->($tell) };
        POSIX::_exit(0);
    }
    close $tell;
    sysread $ready, my $byte, 1;
    return $pid;
}

sub end { kill 'KILL', $_[0]; waitpid $_[0], 0 }

# What is root's and must stay so; how often it was opened.
my $vault = folder('vault');
my $victim = "$vault/secret";
spew($victim, "root's\n" x 1000);
chmod 0600, $victim;
my $before = join ' ', (stat $victim)[0 .. 5, 7, 9];
my $opened = watch($victim, $IN_OPEN, $NONBLOCK);

sub unharmed
{
    my ($name) = @_;
    local $Test::Builder::Level = $Test::Builder::Level + 1;
    is(join(' ', (stat $victim)[0 .. 5, 7, 9]), $before,
        "$name: the victim is as it was, with its owner and its links");
    is(scalar(my @names = names($opened)), 0, "$name: nobody opened it");
    is(join(' ', glob "$vault/*"), $victim, "$name: nothing is beside it");
}

# Swaps what is being made for a link to the victim, when the TURN-th file
# whose name matches is made, and takes away what sqlite keeps beside it.
sub swap
{
    my ($folder, $like, $turn, $tell) = @_;
    my $events = watch($folder, $IN_CREATE, 0);
    syswrite $tell, '.';
    my %seen;
    while (1) {
        for my $name (names($events)) {
            next if $name !~ $like;
            my $base = $1;
            next if ++$seen{$base} != $turn;
            rename "$folder/$base", "$folder/taken.$base";
            symlink $victim, "$folder/$base";
            unlink "$folder/$base-wal";
        }
    }
}

my $rounds = 6;
my $attacks = 0;
my @attacks = (
    ['when sqlite has opened it', qr/^(accounts\.db\.new-\d+)-shm$/, 1],
    ['when sqlite has opened it again', qr/^(accounts\.db\.new-\d+)-shm$/, 2],
    ['as soon as it is there', qr/^(accounts\.db\.new-\d+)$/, 1],
    ['when it has its name', qr/^(accounts\.db)$/, 1],
    ['the key', qr/^(key\.new-\d+)$/, 1],
    ['the key that has its name', qr/^(key)$/, 1],
);
for my $attack (@attacks) {
    my ($name, $like, $turn) = @$attack;
    my $number = ++$attacks;
    subtest "init while its owner swaps the file: $name" => sub {
        for my $round (1 .. $rounds) {
            my $folder = folder("swap$number-$round", $other);
            my $pid = as_other(sub { swap($folder, $like, $turn, @_) });
            my @owner = $round % 2 ? ('--owner', $other->{name}) : ();
            local $ENV{ACCTAUTH_APACHECTL} = '/bin/false';
            cmd('init', '-p', "$folder/accounts.db", '--key', "$folder/key",
                @owner);
            end($pid);
        }
        unharmed($name);
    };
}

subtest 'links that lie in wait beside the new file' => sub {
    my $folder = folder('wait', $other);
    my $pid = as_other(sub {
        my ($tell) = @_;
        my $events = watch($folder, $IN_CREATE, 0);
        syswrite $tell, '.';
        while (1) {
            for my $name (grep { /new-\d+$/ } names($events)) {
                symlink $victim, "$folder/$name-$_" for qw(wal shm journal);
            }
        }
    });
    for my $round (1 .. $rounds) {
        cmd('init', '-p', "$folder/accounts.db", '--key', "$top/key.$round",
            '--owner', $other->{name});
        unlink glob "$folder/*";
    }
    end($pid);
    unharmed('beside it');
};

# A database of root's own, in a folder that no other user can enter.
my $mine = folder('mine');
is((cmd('init', '-p', "$mine/accounts.db", '--key', "$mine/key", '--owner',
        'root'))[0], 0, 'a database of root\'s own');
my $secret = slurp("$mine/accounts.db");

my @verbs = (
    ['user list', 'user', 'list'], ['user show', 'user', 'show', '#1'],
    ['user block', 'user', 'block', '#1'], ['upgrade', 'upgrade'],
    ['token check off', 'token', 'check', 'off'],
    ['token revoke', 'token', 'revoke', '#1', '--all'],
);
subtest 'another verb in a folder whose owner put a link to that' => sub {
    my $folder = folder('linked', $other);
    symlink "$mine/accounts.db", "$folder/accounts.db";
    for my $verb (@verbs) {
        my ($name, @args) = @$verb;
        my ($exit, undef, $err) = cmd(@args, '-p', "$folder/accounts.db");
        is($exit, 3, "$name: refused");
        like($err, qr/others than root can change \Q$folder\E/,
            '  and told why');
    }
    is(slurp("$mine/accounts.db"), $secret, 'the database is as it was');
    is(join(' ', sort map { s{.*/}{}r } glob "$mine/*"), 'accounts.db key',
        'and nothing is beside it');
};

subtest 'a link on the way there' => sub {
    my $folder = folder('way', $other);
    symlink $mine, "$folder/db";
    my ($exit, undef, $err) = cmd('user', 'list', '-p',
                                  "$folder/db/accounts.db");
    is($exit, 3, 'refused');
    like($err, qr/others than root can change \Q$folder\E/, 'and told why');
    ($exit, undef, $err) = cmd('init', '-p', "$folder/db/new.db", '--key',
        "$folder/db/new.key", '--owner', $other->{name});
    is($exit, 3, 'init: refused');
    is(join(' ', sort map { s{.*/}{}r } glob "$mine/*"), 'accounts.db key',
        'nothing is made there');
};

subtest 'in a folder of its owner root works as the owner' => sub {
    my $folder = folder('good', $other);
    my $db = "$folder/accounts.db";
    is((cmd('init', '-p', $db, '--key', "$top/good.key", '--owner',
            $other->{name}))[0], 0, 'init');
    is((stat $db)[4], $other->{uid}, 'the database is the owner\'s');
    is((stat "$top/good.key")[4], 0, 'the key is root\'s');
    is((cmd('user', 'list', '-p', $db))[0], 0, 'and is used');
    is(join(' ', grep { (stat $_)[4] != $other->{uid} } glob "$folder/*"),
        '', 'nothing of root\'s is left there');
    chown 0, 0, $db;
    my ($exit, undef, $err) = cmd('user', 'list', '-p', $db);
    is($exit, 3, 'a database that is root\'s there is not opened');
    my ($remedy) = $err =~ /say: (.*)/;
    is(system($remedy // 'false'), 0, 'what the message says to say');
    is((cmd('user', 'list', '-p', $db))[0], 0, 'mends it');
};

subtest 'root\'s own link to a database, where root alone can go' => sub {
    my $mine = folder('link_of_root');
    my $theirs = folder('linked_to', $other);
    mkdir "$mine/run" or die;
    symlink "$theirs/accounts.db", "$mine/run/accounts.db" or die;
    is((cmd('init', '-p', "$theirs/accounts.db", '--key', "$top/link.key",
            '--owner', $other->{name}))[0], 0, 'init');
    my ($exit, undef, $err) = cmd('user', 'list', '-p',
                                  "$mine/run/accounts.db");
    is($exit, 0, 'its database is worked on') or diag($err);
    my $cwd = Cwd::getcwd();
    chdir $mine or die;
    ($exit, undef, $err) = cmd('user', 'list', '-p', 'run/accounts.db');
    chdir $cwd or die;
    is($exit, 0, 'named from there, too') or diag($err);
    is(join(' ', grep { (stat $_)[4] != $other->{uid} } glob "$theirs/*"),
        '', 'and nothing of root\'s is left beside it');
};

subtest 'a folder that everybody can write' => sub {
    my $folder = folder('open');
    for my $mode (0777, 01777) {
        chmod $mode, $folder;
        my ($exit, undef, $err) = cmd('init', '-p', "$folder/accounts.db",
            '--key', "$top/open.key", '--owner', 'root');
        is($exit, 3, sprintf 'mode %04o: root makes nothing', $mode);
        like($err, qr/others than root can change \Q$folder\E/, 'and why');
        ok(!-e "$top/open.key", 'the key neither');
    }
    chmod 0755, $folder;
    is((cmd('init', '-p', "$folder/accounts.db", '--key', "$top/open.key",
            '--owner', 'root'))[0], 0, 'once it is closed, it does');
};

# -------------------------------------------------------- whom it belongs to

sub script
{
    my ($name, $text) = @_;
    spew("$top/$name", "#!/bin/sh\n$text\n");
    chmod 0755, "$top/$name";
    return "$top/$name";
}

subtest 'without --owner the database is the user\'s of httpd' => sub {
    my $says = script('says', 'echo \'User: name="nobody" id=65534\'');
    my $mute = script('mute', 'exit 1');
    my $slow = script('roots', 'echo \'User: name="root" id=0\'');
    my $n = 0;
    for my $case ([$says, 'nobody', qr/as \Q$says\E says/],
                  [$mute, undef, qr/--owner chooses another/],
                  [$slow, undef, qr/--owner chooses another/]) {
        my ($program, $user, $like) = @$case;
        my $folder = folder('given' . ++$n);
        local $ENV{ACCTAUTH_APACHECTL} = $program;
        my ($exit, $out, $err) = cmd('init', '-p', "$folder/accounts.db",
                                     '--key', "$folder/key");
        is($exit, 0, "$program: done") or diag($err);
        my $uid = (stat "$folder/accounts.db")[4];
        isnt($uid, 0, 'not root\'s');
        is($uid, scalar getpwnam $user, "$user\'s") if $user;
        my $name = getpwuid $uid;
        like($out, qr/belongs to $name.*$like/s, 'and told');
        my ($remedy) = $out =~ /^ +(chown .*)/m;
        is(system($remedy // 'false'), 0, 'what is printed to be said');
        is((stat $folder)[4], $uid, 'gives the folder to that user too');
        is((cmd('user', 'list', '-p', "$folder/accounts.db"))[0], 0,
            'and it is used');
    }
};

subtest 'a folder with odd characters: what is printed works' => sub {
    my $folder = folder("it's \"x\" \$HOME");
    my ($exit, $out) = cmd('init', '-p', "$folder/accounts.db", '--key',
        "$folder/key", '--owner', $other->{name});
    is($exit, 0, 'made');
    my ($remedy) = $out =~ /^ +(chown .*)/m;
    is(system($remedy // 'false'), 0, 'the command runs');
    is((stat $folder)[4], $other->{uid}, 'and does what it should');
    my ($add) = $out =~ /^ +acctauth (user add NAME .*)/m;
    is(system("$acctauth " . $add =~ s/user add NAME/user list/r
            . ' >/dev/null'), 0, 'the next one too');
};

done_testing();
