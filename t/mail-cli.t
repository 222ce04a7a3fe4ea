#!/usr/bin/perl
# SPDX-License-Identifier: Apache-2.0
#
# acctauth mail: the mails that wait are listed, and sent where httpd only
# spools them; one can be sent to try. The command has the directives, and the
# database, from httpd.

use strict;
use warnings;
use lib 't/lib';
use AcctTest;
use MailTest;
use Test::More;

my $m = MailTest->new(conf => "AcctAuthMail spool\n",
    hash => 'argon2id m=8 t=1 p=1');
my $s = $m->{s};
$s->run;
my $ann = $s->account(username => 'ann', email => 'ann@example.com',
    password => 'tower bridge');
my @httpd = ('--httpd', AcctTest::layout()->{HTTPD}, '--conf',
    $s->dir . '/httpd.conf');

# acctauth(WORDS): without a database in its environment.
sub acctauth
{
    return AcctTest::_run_command(undef, { %{ $s->{env} },
        ACCTAUTH_DRIVER => '', ACCTAUTH_PARAMS => '' },
        build_dir() . '/acctauth', @_);
}

subtest 'what waits is listed' => sub {
    $m->order('password-changed', account_id => $ann);
    $m->order('password-reset', address => 'ann@example.com', tries => 2,
        last_error => "odd\e[2J");
    my ($exit, $out) = $s->cli('mail', 'list');
    is($exit, 0, 'done');
    like($out, qr/^\d+ +password-changed +#$ann +0 20/m, 'by its account');
    like($out, qr/^\d+ +password-reset +ann\@example\.com +2 20/m,
        'or its address, with its tries');
    unlike($out, qr/\e/, 'no control character is shown');
    (undef, $out) = $s->cli('mail', 'list', '--json');
    require JSON::PP;
    my $list = JSON::PP->new->decode($out);
    is($list->[1]{kind}, 'password-reset', 'as JSON too');
    is($list->[1]{tries}, 2, 'with numbers');
};

subtest 'the database is the one that httpd has' => sub {
    plan skip_all => 'a server\'s connection string has a password'
        if $s->driver eq 'pgsql';
    my ($exit, $out, $err) = acctauth('user', 'list', @httpd);
    is($exit, 0, 'done') or diag($err);
    like($out, qr/\bann\b/, 'without -p');
    ($exit, $out, $err) = acctauth('user', 'list', '--httpd', '/bin/false');
    is($exit, 2, 'where httpd tells nothing it is wrong usage');
    like($err, qr/which database\?/, 'and says so');
    ($exit, undef, $err) = acctauth('user', 'list', '-d', 'pgsql', @httpd);
    is($exit, 2, 'one of another driver than -d names is not taken');
    like($err, qr/which database\?.*httpd names none of pgsql/, 'and it says so');
};

subtest 'httpd leaves mails that are spooled where they are' => sub {
    is($m->rows, 2, 'they wait');
    is(scalar(my @none = $m->mails), 0, 'nothing was sent');
};

subtest 'mail run sends what waits' => sub {
    # Its sendmail is the system's: another is put in its place.
    my $conf = $s->dir . '/run.conf';
    AcctTest::spew($conf, slurp($s->dir . '/httpd.conf')
        =~ s/^AcctAuthMail spool$/AcctAuthMail spool:${\ $s->dir}\/sendmail/mr);
    my @run = ('mail', 'run', '--httpd', $httpd[1], '--conf', $conf);
    my ($exit, $out, $err) = $s->cli(@run);
    is($exit, 0, 'done') or diag("$out$err");
    like($out, qr/^2 sent, 0 to be tried again, 0 given up$/m, 'both');
    my @mails = $m->mails;
    is(scalar @mails, 2, 'they came');
    is_deeply([sort map { $_->{header}{subject} } @mails],
        ['A new password for Example & Sons',
         'The password of your account at Example & Sons was changed'],
        'with the site\'s name');
    is($m->rows, 0, 'none waits');
    $m->empty;
    $m->behaves('exit 75');
    $m->order('username-changed', account_id => $ann);
    ($exit, $out, $err) = $s->cli(@run);
    is($exit, 1, 'one that is not taken ends with 1');
    like($err, qr/1 not taken now, to be tried again: .*ended with 75/,
        'and says why');
    $m->behaves;
    $m->empty;
    $s->sql('DELETE FROM mail');
};

subtest 'it sees the end of sendmail, whatever its caller does' => sub {
    my $conf = $s->dir . '/run.conf';
    $m->order('username-changed', account_id => $s->account(
        username => 'cid', email => 'cid@example.com',
        password => 'tower bridge'));
    my ($exit, $out, $err) = AcctTest::_run_command(undef, $s->{env},
        $^X, '-e', '$SIG{CHLD} = "IGNORE"; exec @ARGV',
        build_dir() . '/acctauth', 'mail', 'run', '--httpd', $httpd[1],
        '--conf', $conf, '-d', $s->driver, '-p', $s->db);
    is($exit, 0, 'one that ignores its children') or diag("$out$err");
    like($out, qr/^1 sent, 0 to be tried again/m, 'is told the same');
    $s->sql('DELETE FROM mail');
    $m->empty;
};

subtest 'a database that httpd keeps to itself is not found' => sub {
    plan skip_all => 'only a server\'s connection string has a password'
        if $s->driver ne 'pgsql';
    my $conf = $s->dir . '/hidden.conf';
    AcctTest::spew($conf, slurp($s->dir . '/httpd.conf')
        =~ s/^(AcctAuthDatabase pgsql "[^"]*)"/$1 password=x"/mr);
    my ($exit, undef, $err) = $s->cli('mail', 'run', '--httpd', $httpd[1],
        '--conf', $conf);
    is($exit, 1, 'it ends with 1');
    like($err, qr/a connection string with a password is not shown; write AcctAuthDatabase pgsql file:/,
        'and says what to write');
};

subtest 'mail run leaves the rest when the hour is full' => sub {
    my $conf = $s->dir . '/full.conf';
    AcctTest::spew($conf, slurp($s->dir . '/httpd.conf')
        =~ s/^AcctAuthMail spool$/AcctAuthMail spool:${\ $s->dir}\/sendmail\nAcctAuthMailLimit server=1\/h/mr);
    $m->order('username-changed', account_id => $s->account(
        username => "full$_", email => "full$_\@example.com",
        password => 'tower bridge')) for 1 .. 9;
    my ($exit, $out, $err) = $s->cli('mail', 'run', '--httpd', $httpd[1],
        '--conf', $conf);
    is($exit, 1, 'it ends with 1');
    like($err, qr/as many were sent this hour/, 'and says why');
    is(($s->sql('SELECT count(*) FROM mail WHERE next_at > created_at'))[0][0],
        4, 'a few were put off, the others it did not look at');
    $s->sql('DELETE FROM mail');
    $m->empty;
};

subtest 'mail test sends one now' => sub {
    my $conf = $s->dir . '/test.conf';
    AcctTest::spew($conf, slurp($s->dir . '/httpd.conf')
        =~ s/^AcctAuthMail spool$//mr);
    my @test = ('mail', 'test', '--httpd', $httpd[1], '--conf', $conf);
    my ($exit, $out, $err) = acctauth(@test, 'me@example.net');
    is($exit, 0, 'done') or diag("$out$err");
    like($out, qr/has taken a mail to me\@example\.net from accounts\@example\.org/,
        'and says so');
    my ($mail) = $m->mails;
    is($mail->{words}[4], 'me@example.net', 'it came');
    like($mail->{header}{subject}, qr/^A test of mails from Example & Sons/,
        'with a subject');
    SKIP: {
        my $child = AcctTest::child_user() or skip 'not root', 1;
        $m->behaves('echo $(id -u) >uid');
        acctauth(@test, 'me@example.net');
        is(slurp("$m->{box}/uid"), "$child->{uid}\n",
            'by httpd\'s user, whose real id it has too');
        $m->behaves;
    }
    ($exit, undef, $err) = acctauth(@test, "me\@example.net\nBcc: x\@y.org");
    is($exit, 1, 'what is no address is refused');
    $m->empty;
    $m->behaves('echo no >&2; exit 78');
    ($exit, undef, $err) = acctauth(@test, 'me@example.net');
    is($exit, 1, 'one that is not taken too');
    like($err, qr/not taken: .*ended with 78: no/, 'with the reason');
};

subtest 'link make prints what a mail would have' => sub {
    my $dialects = tree() . '/conf/dialects';
    my @make = ('link', 'make', 'ann', '--purpose', 'password-reset',
        '--dialect', "$dialects/djoser.json", '--base',
        'https://www.example.org/me');
    my ($exit, $out, $err) = $s->cli(@make);
    is($exit, 0, 'done') or return diag($err);
    my ($text) = $out =~ m{^https://www\.example\.org/me/#/password/reset/confirm/\w+/(\w+-[0-9a-f]{32})\n\z};
    ok($text, 'of the dialect\'s form') or return diag($out);
    require Digest::SHA;
    my $rows = sub { join ' ', map { "@$_" } $s->sql('SELECT digest, purpose '
        . "FROM link WHERE account_id = $ann") };
    is($rows->(), Digest::SHA::sha256_hex($text) . ' password-reset',
        'which is good');
    $s->cli(@make);
    is(scalar(my @one = $s->sql("SELECT 1 FROM link WHERE account_id = $ann")),
        1, 'a newer one ends it');
    ($exit, undef, $err) = $s->cli('link', 'make', 'ann', '--purpose',
        'activation', @make[5 .. 8]);
    is($exit, 1, 'what the account\'s state is none for is refused');
    like($err, qr/ann \(.*is active.*nothing that a link for activation/,
        'and says why');
    $s->cli('user', 'block', 'ann');
    ($exit, undef, $err) = $s->cli(@make);
    is($exit, 1, 'so is a blocked one');
    like($err, qr/is blocked/, 'which is said');
    $s->cli('user', 'unblock', 'ann');
    ($exit, undef, $err) = $s->cli('link', 'make', 'nobody', @make[3 .. 8]);
    like($err, qr/no account "nobody"/, 'and one that is not there');
    ($exit, undef, $err) = $s->cli('link', 'make', 'ann', @make[5 .. 8]);
    is($exit, 2, 'without a purpose it is wrong usage');
};

done_testing();
