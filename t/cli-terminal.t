#!/usr/bin/perl
# SPDX-License-Identifier: Apache-2.0
# mpm: any, there is no server
#
# The operator's command asks for a password: what is typed and what comes
# from elsewhere does what it does with other commands, and the terminal is
# left as it was.
# driver: sqlite3

use strict;
use warnings;
use lib 't/lib';
use AcctTest;
use Terminal;
use Test::More;

use File::Temp ();
use Time::HiRes ();

plan skip_all => 'no terminals of Linux here' if !Terminal->available;

my $acctauth = build_dir() . '/acctauth';
my $dir = File::Temp::tempdir('acctauth-tty-XXXXXXXX', TMPDIR => 1,
                              CLEANUP => 1);
my $db = "$dir/accounts.db";
delete @ENV{qw(ACCTAUTH_DRIVER ACCTAUTH_PARAMS)};
is((AcctTest::_run_command(undef, {}, $acctauth, 'init', '-p', $db, '--key',
    "$dir/key", $> == 0 ? ('--owner', 'root') : ()))[0], 0, 'a database');

sub rows
{
    my ($file, $sql) = @_;
    return (AcctTest::_run_command("$sql;\n", {}, 'sqlite3', '-batch',
        $file))[1];
}

sub at_terminal
{
    local $Test::Builder::Level = $Test::Builder::Level + 1;
    return Terminal->start({ ACCTAUTH_PARAMS => $db }, $acctauth, @_);
}

my $accounts = 'SELECT count(*) FROM account';
subtest 'on a terminal the password is asked for twice, unseen' => sub {
    my $t = at_terminal(qw(user add tina));
    ok($t->sees(qr/Password: /), 'once');
    is($t->modes, 'isig icanon', 'without echo, with Ctrl-C');
    $t->types("gehein\x7fm\n");
    ok($t->sees(qr/Password again: /), 'twice');
    $t->types("geheim\n");
    my ($exit, $text) = $t->ends;
    is($exit, 0, 'done, with a mistake taken back');
    like($text, qr/added tina/, 'and said');
    unlike($text, qr/gehei/, 'nothing of it is shown');
    is($t->modes, 'echo isig icanon', 'the terminal is as it was');
};

my $count = rows($db, $accounts);
subtest 'two different ones are refused' => sub {
    my $t = at_terminal(qw(user add tim));
    $t->sees(qr/Password: /) && $t->types("geheim\n");
    $t->sees(qr/again: /) && $t->types("geheim2\n");
    my ($exit, $text) = $t->ends;
    is($exit, 1, 'exit');
    like($text, qr/not the same/, 'with the reason');
};

for my $case (['Ctrl-C', "ab\x03", 130], ['Ctrl-\\', "\x1c", 131],
              ['SIGTERM', 'TERM', 143], ['SIGHUP', 'HUP', 129],
              ['SIGINT', 'INT', 130]) {
    my ($name, $what, $status) = @$case;
    for my $turn (1, 2) {
        subtest "$name at prompt $turn ends it" => sub {
            my $t = at_terminal(qw(user add tom));
            $t->sees(qr/Password: /);
            $t->types("geheim\n") && $t->sees(qr/again: /) if $turn == 2;
            Time::HiRes::sleep(0.1);
            $name =~ /^SIG/ ? $t->signal($what) : $t->types($what);
            my ($exit) = $t->ends;
            is($exit, $status, 'by that signal');
            is($t->modes, 'echo isig icanon', 'terminal as it was');
        };
    }
}

subtest 'Ctrl-Z stops it, and it asks again when it goes on' => sub {
    my $t = at_terminal(qw(user passwd tina));
    $t->sees(qr/Password: /);
    $t->types("half\x1a");
    ok($t->stopped, 'stopped');
    is($t->modes, 'echo isig icanon', 'the terminal is the shell\'s');
    $t->signal('CONT');
    ok($t->sees(qr/Password: /), 'asked again');
    is($t->modes, 'isig icanon', 'without echo');
    $t->types("geheim-2\n");
    ok($t->sees(qr/again: /), 'once more');
    # uncatchable, and a shell sets its own modes meanwhile
    $t->signal('STOP');
    ok($t->stopped, 'stopped by SIGSTOP');
    system "stty echo <>/proc/$$/fd/" . fileno $t->{slave};
    $t->signal('CONT');
    ok($t->sees(qr/again: /), 'asked again');
    is($t->modes, 'isig icanon', 'without echo');
    $t->types("geheim-2\n");
    my ($exit, $text) = $t->ends;
    is($exit, 0, 'done') or diag($text);
};

subtest 'the end of input is no password' => sub {
    my $t = at_terminal(qw(user add tom));
    $t->sees(qr/Password: /);
    $t->types("\x04");
    my ($exit, $text) = $t->ends;
    is($exit, 1, 'refused');
    like($text, qr/no password: nothing was done/, 'and told');
};

subtest 'a control character is no part of a password' => sub {
    my $t = at_terminal(qw(user add tom));
    $t->sees(qr/Password: /) && $t->types("a\x16\x01b\n");
    $t->sees(qr/again: /) && $t->types("a\x16\x01b\n");
    my ($exit, $text) = $t->ends;
    is($exit, 1, 'refused');
    like($text, qr/control character/, 'and told');
};
is(rows($db, $accounts), $count, 'none of these made an account');

done_testing();
