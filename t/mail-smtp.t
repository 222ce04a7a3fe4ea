#!/usr/bin/perl
# SPDX-License-Identifier: Apache-2.0
#
# Mails go to a mail server by SMTP: by acctauth-smtp, with TLS and a password
# where the server is not this machine, and by a program like sendmail that
# speaks SMTP itself. What the server refuses for now is tried again, what it
# refuses for good is given up.

use strict;
use warnings;
use lib 't/lib';
use AcctTest;
use MailTest;
use SmtpSink;
use Test::More;
use Time::HiRes qw(time);

my $program = build_dir() . '/acctauth-smtp';
plan skip_all => 'it was built without libcurl' if !-x $program;

my $dir = File::Temp->newdir('acctsmtp-XXXXXXXX', TMPDIR => 1);
chmod 0755, $dir;
my $sink = SmtpSink->new(dir => "$dir/sink");

my $m = MailTest->new(hash => 'argon2id m=8 t=1 p=1', conf => sub {
    my ($s) = @_;
    return "AcctAuthMail smtp://127.0.0.1:$sink->{port} program=$program\n"
        . 'AcctAuthAuditLog "' . $s->dir . "/audit.log\"\n";
});
my $s = $m->{s};
$s->run;
my $ann = $s->account(username => 'ann', email => 'ann@example.com',
    password => 'tower bridge');

sub row { return ($s->sql("SELECT $_[0] FROM mail"))[0] || [''] }

sub wait_for_sink
{
    my ($count) = @_;
    $s->wait_for(sub { my @all = $sink->mails; @all >= $count }, 15);
    return $sink->mails;
}

sub token_of
{
    my ($mail) = @_;
    my ($token) = MailTest::parse($mail->{message})->{text}
        =~ m{/(\w+-[0-9a-f]{32})\n};
    return $token;
}

# audit(EVENT): those lines of the audit log.
sub audit
{
    my ($event) = @_;
    return grep { /"event":"$event"/ } split /\n/,
        slurp($s->dir . '/audit.log');
}

subtest 'a mail is taken' => sub {
    $m->order('password-reset', address => 'ann@example.com');
    my ($mail) = wait_for_sink(1);
    ok($mail, 'it came') or return diag($s->log);
    my ($from, $to) = $mail->{commands}->@[1, 2];
    like($from, qr/^MAIL FROM:<accounts\@example\.org>/, 'from our sender');
    like($to, qr/^RCPT TO:<ann\@example\.com>$/, 'to the account');
    is(scalar(grep { /^RCPT/ } @{ $mail->{commands} }), 1, 'and nobody else');
    is(MailTest::parse($mail->{message})->{header}{to}, 'ann@example.com',
        'the message is whole');
    ok(token_of($mail), 'with its link');
    ok($m->until_empty, 'the row is gone');
    $sink->empty;
};

subtest 'refused for now, it is kept, and the waits grow' => sub {
    $sink->behaves('later');
    $m->order('username-changed', account_id => $ann);
    ok($s->wait_for(sub { row('tries')->[0] eq 1 }, 15), 'it was tried');
    like(row('last_error')->[0], qr/ended with 75: .*452 4\.2\.2 mailbox full/,
        'with what the server said');
    cmp_ok(abs(row('next_at')->[0] / 1e6 - time - 60), '<', 30,
        'again in a minute');
    $s->sql('UPDATE mail SET next_at = 1');
    ok($s->wait_for(sub { row('tries')->[0] eq 2 }, 15), 'once more');
    cmp_ok(abs(row('next_at')->[0] / 1e6 - time - 120), '<', 30,
        'then in two');
    $s->sql('DELETE FROM mail');
};

subtest 'refused for good, it is given up' => sub {
    $sink->behaves('never');
    $m->order('username-changed', account_id => $ann);
    ok($m->until_empty, 'the row is gone');
    like($s->log, qr/ACCT0270: mail_given_up: .* after 1 try: .*ended with 67: .*550 5\.1\.1 no such user here/,
        'the log says why');
    unlike($s->log, qr/ACCT027.*ann\@/, 'without the address');
};

subtest 'both are in the audit log, without an address or a link' => sub {
    my @sent = audit('mail_sent');
    is(scalar @sent, 1, 'one was sent');
    like($sent[0], qr/"account":$ann,.*"by":"server".*"detail":"password-reset"/,
        'of that account and kind');
    my @given = audit('mail_given_up');
    is(scalar @given, 1, 'one was given up');
    like($given[0], qr/"account":$ann,.*"detail":"username-changed"/,
        'of that account and kind');
    unlike("@sent @given", qr/\@|[0-9a-f]{32}-?/, 'nothing else');
};

subtest 'hung up on after the message, it comes twice; both links work' => sub {
    $sink->behaves('dies');
    $m->order('password-reset', address => 'ann@example.com');
    my ($first) = wait_for_sink(1);
    ok($s->wait_for(sub { row('tries')->[0] eq 1 }, 15), 'it may be lost')
        or diag($s->log);
    $sink->behaves;
    $s->sql('UPDATE mail SET next_at = 1');
    my (undef, $second) = wait_for_sink(2);
    ok($second, 'so it is sent again') or return;
    ok($m->until_empty, 'and then no more');
    my @links = map { $_->[0] } $s->sql(
        "SELECT digest FROM link WHERE account_id = $ann");
    require Digest::SHA;
    for ([$first, 'the first'], [$second, 'the second']) {
        my $digest = Digest::SHA::sha256_hex(token_of($_->[0]));
        ok((grep { $_ eq $digest } @links), "$_->[1] link is good");
    }
    $sink->empty;
};

subtest 'a server that hangs is not waited for' => sub {
    $sink->behaves('hang');
    $m->order('username-changed', account_id => $ann);
    $s->wait_for(sub { row('claimed_at')->[0] > 0 });
    my $began = time;
    is($s->post('/api/auth/login/', { username => 'ann',
        password => 'tower bridge' })->{status}, 200, 'a request is answered');
    cmp_ok(time - $began, '<', 5, 'at once');
    ok($s->wait_for(sub { row('tries')->[0] eq 1 }, 30), 'it ends');
    like(row('last_error')->[0], qr/ended with 75: .*timed? ?out|killed/i,
        'for its time is over');
    $s->sql('DELETE FROM mail');
};

# ---- the program by itself

my @httpd = ('--httpd', AcctTest::layout()->{HTTPD}, '--conf');

# mail_test(LINES): acctauth mail test with these lines in place of ours.
sub mail_test
{
    my ($lines) = @_;
    my $conf = $s->dir . '/test.conf';
    AcctTest::spew($conf, slurp($s->dir . '/httpd.conf')
        =~ s/^AcctAuthMail smtp.*$/$lines/mr);
    return AcctTest::_run_command(undef, { %{ $s->{env} },
        ACCTAUTH_DRIVER => '', ACCTAUTH_PARAMS => '' },
        build_dir() . '/acctauth', 'mail', 'test', @httpd, $conf,
        'me@example.net');
}

subtest 'TLS, a certificate of one\'s own and a password' => sub {
    plan skip_all => 'no IO::Socket::SSL (libio-socket-ssl-perl)'
        if !eval { require IO::Socket::SSL };
    my $made = system('openssl req -x509 -newkey rsa:2048 -nodes -days 2 '
        . "-batch -subj /CN=127.0.0.1 -addext subjectAltName=IP:127.0.0.1 "
        . "-keyout $dir/key.pem -out $dir/cert.pem >$dir/openssl.out 2>&1");
    is($made, 0, 'a certificate') or return;
    my $tls = SmtpSink->new(dir => "$dir/tls", cert => "$dir/cert.pem",
        key => "$dir/key.pem", password => "acc\0secret pass");
    my $secret = $s->write('mail.password', "acc\nsecret pass\n", 0600);
    my $line = "AcctAuthMailPassword file:$secret\nAcctAuthMail "
        . "smtp://127.0.0.1:$tls->{port} program=$program tls";
    my ($exit, $out, $err) = mail_test("$line ca=$dir/cert.pem");
    is($exit, 0, 'it is taken') or diag("$out$err");
    my ($mail) = $tls->mails;
    is($mail->{commands}[1], 'STARTTLS', 'behind STARTTLS');
    ok((grep { /^AUTH PLAIN/ } @{ $mail->{commands} }), 'signed in');
    ($exit, undef, $err) = mail_test($line);
    is($exit, 1, 'a certificate that nobody vouches for is refused');
    like($err, qr/certificate/, 'and says so');
    $tls->behaves('deaf');
    ($exit, undef, $err) = mail_test("$line ca=$dir/cert.pem");
    is($exit, 1, 'so is a server without STARTTLS');
    is(scalar(my @one = $tls->mails), 1, 'nothing was sent to it');
    $tls->behaves;
    $s->write('mail.password', "acc\nwrong\n", 0600);
    ($exit, undef, $err) = mail_test("$line ca=$dir/cert.pem");
    is($exit, 1, 'a wrong password ends it');
    like($err, qr/ended with 77/, 'as one that may be mended');
    unlike($err, qr/wrong|secret/, 'which it does not show');
    chmod 0644, $secret;
    ($exit, undef, $err) = mail_test("$line ca=$dir/cert.pem");
    is($exit, 1, 'a file that others can read is not used');
    like($err, qr/chmod 600/, 'and it says what to do');
};

subtest 'what is no address never gets to the server' => sub {
    $sink->behaves;
    $sink->empty;
    for my $address ("a\@example.org>\r\nRCPT TO:<evil\@example.com",
        "a\@example.org\nDATA", 'a b@example.org', '<a@example.org>',
        'nobody') {
        my $file = $s->write('settings',
            "url smtp://127.0.0.1:$sink->{port}\n");
        my $pid = fork;
        if ($pid == 0) {
            require POSIX;
            open STDIN, '<', $s->write('message', "Subject: x\n\nx\n");
            open STDERR, '>', '/dev/null';
            my $fd = POSIX::open($file, POSIX::O_RDONLY());
            POSIX::dup2($fd, 3);
            { exec $program, '-i', '-f', 'a@example.org', '--', $address }
            POSIX::_exit(99);
        }
        waitpid $pid, 0;
        is($? >> 8, 64, 'refused: ' . ($address =~ s/[\r\n]/ /gr));
    }
    is(scalar(my @none = $sink->mails), 0, 'nothing was sent');
};

subtest 'a program like sendmail that speaks SMTP' => sub {
    chomp(my $msmtp = `sh -c 'command -v msmtp'`);
    plan skip_all => 'no msmtp here' if !$msmtp;
    my $rc = $s->write('msmtprc', "account default\nhost 127.0.0.1\n"
        . "port $sink->{port}\ntls off\nauth off\n", 0644);
    my $like = $s->write('msmtp', "#!/bin/sh\nexec $msmtp -C $rc \"\$@\"\n",
        0755);
    my ($exit, $out, $err) = mail_test("AcctAuthMail sendmail:$like");
    is($exit, 0, 'it takes a mail') or diag("$out$err");
    is(scalar(my @one = $sink->mails), 1, 'which arrives');
    $sink->behaves('later');
    ($exit, undef, $err) = mail_test("AcctAuthMail sendmail:$like");
    like($err, qr/not taken: .*ended with/, 'and says what it does not take');
    $sink->behaves;
};

subtest 'what configtest says' => sub {
    my $good = $m->conf($s) =~ s/^AcctAuthMail .*\n//r;
    for (["smtp://mail.example.com program=/nonexistent/x",
            qr/ACCT0164: .*is not there; .*libcurl4-openssl-dev/],
        ["smtp://mail.example.com:99999", qr/no address of a mail server/],
        ["smtp://u:p\@mail.example.com", qr/AcctAuthMailPassword/],
        ["smtp://mail.example.com/x", qr/no address of a mail server/],
        ["smtp://mail.example.com starttls", qr/write tls, plain, ca=/],
        ["smtp://mail.example.com plain program=$program\n"
            . "AcctAuthMailPassword file:/x",
            qr/ACCT0164: AcctAuthMailPassword .*without TLS/],
        ["smtp://127.0.0.1 program=$program\nAcctAuthMailPassword secret",
            qr/write file:\/PATH/]) {
        my ($ok, $text) = $s->configtest($good . "AcctAuthMail $_->[0]\n");
        ok(!$ok, $_->[0] =~ s/\n.*//sr);
        like($text, $_->[1], 'with what to write');
    }
    my ($ok, $text) = $s->configtest($good . "AcctAuthMail smtp://127.0.0.1 "
        . "program=$program\nAcctAuthMailPassword file:/nonexistent\n");
    ok($ok, 'a password that is not there yet stops nothing');
    like($text, qr/ACCT0165: .*\/nonexistent/, 'and is told');
};

done_testing();
