#!/usr/bin/perl
# SPDX-License-Identifier: Apache-2.0
#
# make run: the ready line, a second start, errors in one line, and both an
# ordinary user and root in a folder that only root can enter.
# mpm: own
# driver: sqlite3

use strict;
use warnings;
use lib 't/lib';
use AcctTest;
use File::Path ();
use File::Temp ();
use IO::Socket::INET;
use JSON::PP ();
use POSIX ':sys_wait_h';
use Test::More;
use Time::HiRes ();

plan skip_all => 'runs without the sanitizers' if $ENV{ACCT_PRELOAD};

my $tree = tree();
my $top = File::Temp->newdir('acctrun-XXXXXXXX', TMPDIR => 1);
chmod 0755, $top;

# A clone in miniature, as the tree itself may lie where others cannot go.
sub clone
{
    my ($name, $mode) = @_;
    my $dir = "$top/$name";
    mkdir $dir or die "$dir: $!";
    my $build = build_dir();
    system("cp -R '$tree/scripts' '$tree/demo' '$tree/conf' '$tree/sql' '$dir/'"
        . " && mkdir '$dir/build' && cp '$build/layout' '$build/acctauth'"
        . " '$build/mod_acctauth.so' '$dir/build/'") == 0 or die 'cp failed';
    chmod $mode, $dir;
    return $dir;
}

my @started;

# launch(DIR, uid => N, env...): scripts/run in a group of its own.
sub launch
{
    my ($dir, %opt) = @_;
    my $uid = delete $opt{uid};
    my $run = { dir => $dir, out => "$top/out." . @started,
                port => $opt{PORT} };
    my $pid = fork;
    die "cannot fork: $!" if !defined $pid;
    if ($pid == 0) {
        POSIX::setpgid(0, 0);
        $SIG{$_} = 'DEFAULT' for qw(INT TERM HUP PIPE);
        chdir $dir or POSIX::_exit(126);
        open STDIN, '<', '/dev/null';
        open STDOUT, '>', $run->{out};
        open STDERR, '>&', \*STDOUT;
        delete $ENV{ACCT_BUILD};
        $ENV{$_} = $opt{$_} for keys %opt;
        if ($uid) {
            $( = $uid;
            $) = "$uid $uid";
            POSIX::setuid($uid);
        }
        exec 'scripts/run' or POSIX::_exit(127);
    }
    $run->{pid} = $pid;
    push @started, $run;
    my $end = Time::HiRes::time() + 30;
    while (Time::HiRes::time() < $end) {
        last if slurp($run->{out}) =~ /^ready: /m;
        last if gone($run);
        Time::HiRes::sleep(0.05);
    }
    return $run;
}

sub gone
{
    my ($run) = @_;
    return 1 if exists $run->{status};
    return 0 if waitpid($run->{pid}, WNOHANG) != $run->{pid};
    $run->{status} = $?;
    return 1;
}

sub finish
{
    my ($run, $signal) = @_;
    kill $signal, -$run->{pid} if !gone($run);
    my $end = Time::HiRes::time() + 20;
    Time::HiRes::sleep(0.05) while !gone($run) && Time::HiRes::time() < $end;
    return $run->{status};
}

END {
    my $status = $?;
    finish($_, 'TERM') for @started;
    $? = $status;
}

sub said { slurp($_[0]{out}) }

sub http
{
    my ($run, $method, $path, $token, $data) = @_;
    # A client of the library, pointed at the port.
    my $client = bless { port => $run->{port} }, 'AcctTest';
    return $client->request($method, $path, token => $token,
        (defined $data ? (json => $data) : ()));
}

# One line that says what is wrong, and an exit status.
sub one_line
{
    my ($run, $like, $name) = @_;
    my $status = finish($run, 'TERM');
    my $text = said($run);
    ok($status >> 8, "$name: exit status");
    is(($text =~ tr/\n//), 1, "$name: one line") or diag($text);
    like($text, $like, "$name: clear");
    unlike($text, qr/^ready/m, "$name: not ready");
}

# The demo as a person would use it.
sub walk
{
    my ($run, $name, $user) = @_;
    is(http($run, 'GET', '/')->{status}, 200, "$name: front page");
    is(http($run, 'GET', '/demo.js')->{status}, 200, "$name: its script");
    is(http($run, 'GET', '/open/hello.txt')->{status}, 200, "$name: /open/");
    is(http($run, 'GET', "$_/hello.txt")->{status}, 401, "$name: $_ closed")
        for '/private', '/members';
    my $up = http($run, 'POST', '/api/auth/register/', undef,
        { username => $user, password => 'password123' });
    is($up->{status}, 200, "$name: sign up") or diag($up->{body});
    my $token = $up->{json} ? $up->{json}{token} : undef;
    ok($token, "$name: and a token") or return;
    is(http($run, 'GET', "$_/hello.txt", $token)->{status}, 200,
        "$name: $_ open") for '/private', '/members';
    is(http($run, 'POST', '/api/auth/logout/', $token)->{status}, 204,
        "$name: sign out");
    is(http($run, 'GET', "$_/hello.txt", $token)->{status}, 401,
        "$name: $_ closed again") for '/private', '/members';
}

sub log_in
{
    my ($run, $user) = @_;
    return http($run, 'POST', '/api/auth/login/', undef,
        { username => $user, password => 'password123' })->{status};
}

my $clone = clone('plain', 0755);
my $port = free_port();

subtest 'a start' => sub {
    my $run = launch($clone, PORT => $port);
    is(said($run), "ready: http://127.0.0.1:$port/\n", 'the ready line alone');
    my $state = "$clone/run";
    ok(-e "$state/$_", "RUN_DIR/$_") for qw(accounts.db key httpd.conf);
    ok(-d "$state/$_", "RUN_DIR/$_/") for qw(logs htdocs);
    is((stat "$state/$_")[2] & 07777, 0600, "mode of $_")
        for qw(accounts.db key);
    is((stat "$state/key")[4], $>, 'owner of the key');
    walk($run, 'demo', 'ann');
    my $page = http($run, 'GET', '/')->{body};
    my ($said) = $page =~ m{<pre id="operator">(.*?)</pre>}s;
    $said =~ s/<[^>]*>//g;
    # The page puts the name of the account there that signed in.
    $said =~ s/\bNAME\b/ann/g;
    unlike($page, qr/\@[A-Z]+\@/, 'the page has its paths');
    SKIP: {
        skip 'no sudo here', 1
            if $said =~ /sudo/ && system('sudo -n true 2>/dev/null') != 0;
        my $shown = qx(($said) 2>&1);
        like($shown, qr/\bann\b.*blocked ann .*unblocked ann /s,
            'what it tells an operator to say does what it tells');
    }
    isnt(http($run, 'POST', $_, undef, {})->{status}, 404, "$_ is mounted")
        for qw(/accounts/signin/ /auth/signin/ /api/auth/signin/
               /api/auth/login/ /account/login/ /api/v1/users/login/);
    like(http($run, 'GET', '/')->{headers}{'content-security-policy'},
        qr/default-src 'none'/, 'a strict policy for scripts');

    require AcctTest;
    my ($httpd) = slurp("$clone/build/layout") =~ /HTTPD='(.*)'/;
    is(system("'$httpd' -t -f '$state/httpd.conf' >/dev/null 2>&1"), 0,
        'httpd.conf stands for itself');

    one_line(launch($clone, PORT => free_port(), CONF => "$top/none.conf"),
        qr/CONF=.*none\.conf is no file/, 'no such CONF');
    one_line(launch($clone, PORT => $port, RUN_DIR => "$top/other"),
        qr/port $port is in use/, 'busy port');
    ok(!-e "$top/other", 'and nothing was made');
    one_line(launch($clone, PORT => free_port()), qr/in use by httpd process/,
        'RUN_DIR in use');
    is(http($run, 'GET', '/')->{status}, 200, 'the first is unharmed');

    my $pid = slurp("$state/logs/httpd.pid") + 0;
    ok(kill(0, $pid), 'httpd runs');
    is(finish($run, 'INT'), 0, 'Ctrl-C: exit status 0');
    ok(!kill(0, $pid), 'Ctrl-C: httpd has ended');
    is(said($run), "ready: http://127.0.0.1:$port/\n", 'and nothing is said');
};

subtest 'a second start' => sub {
    spew("$clone/run/htdocs/mine.txt", 'mine');
    spew("$clone/run/htdocs/demo.css", 'broken');
    spew("$top/more.conf", "AcctAuthLimit Off\nErrorDocument 404 \"mine\"\n");
    my $run = launch($clone, PORT => $port, CONF => "$top/more.conf");
    like(said($run), qr/^ready/m, 'is ready');
    is(http($run, 'GET', '/none')->{body}, 'mine', 'with directives of CONF');
    is(log_in($run, 'ann'), 200, 'accounts are kept');
    is(http($run, 'GET', '/mine.txt')->{body}, 'mine', 'an added file too');
    like(http($run, 'GET', '/demo.css')->{body}, qr/color-scheme/,
        'own files are renewed');
    is(finish($run, 'TERM'), 0, 'TERM: exit status 0');
};

subtest 'errors' => sub {
    one_line(launch($clone, PORT => 'x'), qr/PORT=x/, 'no port number');
    one_line(launch($clone, PORT => 70000), qr/PORT=70000/, 'no such port');
    rename "$clone/run/key", "$clone/run/key.away";
    one_line(launch($clone, PORT => $port), qr{run/key}, 'key missing');
    rename "$clone/run/key.away", "$clone/run/key";
    rename "$clone/build/acctauth", "$clone/build/acctauth.away";
    one_line(launch($clone, PORT => $port), qr/acctauth is missing: run make/,
        'command missing');
    rename "$clone/build/acctauth.away", "$clone/build/acctauth";

    my $conf = slurp("$clone/demo/httpd.conf");
    spew("$clone/demo/httpd.conf", "$conf\nNoSuchDirective 1\n");
    one_line(launch($clone, PORT => $port), qr/NoSuchDirective/,
        'httpd does not start');
    spew("$clone/demo/httpd.conf", $conf);
};

SKIP: {
    skip 'only root can mount', 1 if $> != 0;
    my $small = "$top/small";
    mkdir $small;
    skip 'no tmpfs here', 1
        if system("mount -t tmpfs -o size=8m none '$small' 2>/dev/null");
    subtest 'a full disk' => sub {
        chmod 0755, $small;
        mkdir "$small/run";
        system("dd if=/dev/zero of='$small/fill' bs=4k >/dev/null 2>&1");
        one_line(launch($clone, PORT => $port, RUN_DIR => "$small/run"),
            qr/full/, 'before the first start');
    };
    system("umount '$small'");
}

SKIP: {
    skip 'only root can be both', 2 if $> != 0;

    subtest 'root, in a folder that only root can enter' => sub {
        my $closed = clone('closed', 0700);
        my $run = launch($closed, PORT => $port);
        my $text = said($run);
        like($text, qr{^ready: http://127\.0\.0\.1:$port/$}m, 'is ready');
        like($text, qr{cannot enter .*: database and htdocs are in /var/lib/},
            'says where the state is');
        is(($text =~ tr/\n//), 2, 'in one line');
        my $real = Cwd::realpath("$closed/run/accounts.db");
        walk($run, 'closed', 'bob');
        is((stat $real)[2] & 07777, 0600, 'mode of the database');
        is((stat $real)[4], child_user()->{uid}, 'and its owner');
        is(finish($run, 'INT'), 0, 'Ctrl-C');

        $run = launch($closed, PORT => $port);
        is(log_in($run, 'bob'), 200, 'a second start keeps accounts');
        finish($run, 'INT');

        chmod 0755, $closed;
        $run = launch($closed, PORT => $port);
        is(log_in($run, 'bob'), 200, 'and so when the folder was opened');
        finish($run, 'INT');
        chmod 0700, $closed;
        $run = launch($closed, PORT => $port);
        is(log_in($run, 'bob'), 200, 'and closed again');
        finish($run, 'INT');

        File::Path::remove_tree("$closed/run");
        $run = launch($closed, PORT => $port);
        like(said($run), qr/earlier database was set aside/,
            'RUN_DIR removed: told');
        isnt(log_in($run, 'bob'), 200, 'a fresh start');
        finish($run, 'INT');
        my ($state) = $real =~ m{^(/var/lib/mod_acctauth-run/\w+)/};
        File::Path::remove_tree($state) if $state;
        rmdir '/var/lib/mod_acctauth-run';
    };

    subtest 'an ordinary user' => sub {
        my $uid = (getpwnam 'nobody')[2];
        my $own = clone('own', 0700);
        system("chown -R $uid '$own'");
        chmod 0755, $top;
        my $run = launch($own, PORT => $port, uid => $uid);
        is(said($run), "ready: http://127.0.0.1:$port/\n", 'is ready');
        ok(!-l "$own/run/accounts.db", 'the database is a file of RUN_DIR');
        is((stat "$own/run")[2] & 07777, 0700, 'that nobody else can enter');
        walk($run, 'own', 'cid');
        is(finish($run, 'INT'), 0, 'Ctrl-C');
        $run = launch($own, PORT => $port, uid => $uid);
        is(log_in($run, 'cid'), 200, 'a second start keeps accounts');
        finish($run, 'INT');
        one_line(launch($own, PORT => $port, uid => $uid,
                        RUN_DIR => "$clone/run"), qr/belongs to root/,
            "somebody else's RUN_DIR");
    };
}

done_testing();
