#!/usr/bin/perl
# SPDX-License-Identifier: Apache-2.0
#
# What is ordered is mailed: by a program like sendmail, within a second, to
# the address that the account has, once. What is refused is tried again or
# given up, and never keeps a request waiting.

use strict;
use warnings;
use lib 't/lib';
use AcctTest;
use MailTest;
use Test::More;
use Time::HiRes qw(time sleep);

my $m = MailTest->new(hash => 'argon2id m=8 t=1 p=1', modules => ['status'],
    conf => qq{<Location "/server-status">\nSetHandler server-status\n}
        . "</Location>\n<VirtualHost *:1>\nServerName localhost\n"
        . "<Location /second/>\nAcctAuthAPI djoser\n</Location>\n"
        . "</VirtualHost>\n");
my $s = $m->{s};
$s->run;
my $ann = $s->account(username => 'ann', email => 'Ann@Example.com',
    password => 'tower bridge');
my $bob = $s->account(username => 'bob', email => 'bob@example.com',
    password => 'tower bridge');

sub row { return ($s->sql("SELECT $_[0] FROM mail"))[0] }

subtest 'a mail is handed over within a second of its order' => sub {
    my $began = time;
    $m->order('password-reset', address => 'ann@example.com');
    my ($mail) = $m->wait_for_mails(1);
    my $took = time - $began;
    ok($mail, 'it came') or return;
    cmp_ok($took, '<', $ENV{ACCT_PRELOAD} ? 10 : 3, sprintf 'after %.2f s',
        $took);
    is_deeply($mail->{words}, ['-i', '-f', 'accounts@example.org', '--',
        'Ann@example.com'], 'the envelope: the account\'s own spelling');
    is($mail->{environment}, "PATH=/usr/sbin:/usr/bin:/sbin:/bin\n",
        'and no environment');
    is($mail->{header}{to}, 'Ann@example.com', 'To');
    is($mail->{header}{from}, '"Example" <accounts@example.org>', 'From');
    is($mail->{header}{subject}, 'A new password for Example & Sons',
        'Subject');
    is($mail->{header}{'auto-submitted'}, 'auto-generated',
        'Auto-Submitted');
    like($mail->{header}{'message-id'}, qr/^<[0-9a-f]{32}\@localhost>$/,
        'Message-ID is of this host');
    like($mail->{header}{date}, qr/^\w{3}, \d+ \w{3} \d{4} [\d:]{8} \+0000$/,
        'Date');
    like($mail->{html}, qr/Example &amp; Sons/, 'HTML is escaped');
    ok($m->until_empty, 'the row is gone');
    $m->empty;
};

subtest 'its link is stored as a digest, of this account and purpose' => sub {
    $m->order('username-reset', account_id => $bob);
    my ($mail) = $m->wait_for_mails(1);
    ok($mail, 'it came') or return;
    my ($uid, $token) = $mail->{text}
        =~ m{http://localhost/account/#username-reset/(\w+)/(\w+-[0-9a-f]{32})\n};
    ok($token, 'the text has a link') or return diag($mail->{text});
    like($mail->{html}, qr{href="http://localhost/account/#username-reset/$uid/$token"},
        'the HTML has it too');
    is(MIME::Base64::decode_base64($uid), $bob, 'the account\'s number');
    $m->until_empty;
    my @links = $s->sql('SELECT digest, account_id, purpose, address_key, '
        . 'expires_at - created_at FROM link WHERE account_id = ' . $bob);
    require Digest::SHA;
    is_deeply(\@links, [[Digest::SHA::sha256_hex($token), $bob,
        'username-reset', 'bob@example.com', '3600000000']],
        'one row, and no text');
    my $dump = join ' ', map { join ' ', map { defined $_ ? $_ : '' } @$_ }
        $s->sql('SELECT * FROM mail'), $s->sql('SELECT * FROM link');
    unlike($dump . $s->log, qr/\Q$token\E/, 'it is in no table and no log');
    $m->empty;
};

subtest 'nobody\'s address is told nothing of, and the row goes' => sub {
    my $before = length $s->log;
    $m->order('password-reset', address => 'nobody@example.com');
    $m->order('activation', address => 'bob@example.com');  # active already
    ok($m->until_empty, 'the rows are gone');
    is(scalar(my @none = $m->mails), 0, 'nothing was mailed');
    unlike(substr($s->log, $before), qr/ACCT027/, 'nor logged');
};

subtest 'the fourth mail of an hour to one address is not sent' => sub {
    my $cid = $s->account(username => 'cid', email => 'cid@example.com',
        password => 'tower bridge');
    $m->order('password-reset', address => 'cid@example.com') for 1 .. 5;
    ok($m->until_empty, 'all rows are gone');
    is(scalar(my @three = $m->mails), 3, 'three were sent');
    is(scalar(my @one = $s->sql("SELECT 1 FROM link WHERE account_id = $cid")),
        1, 'the account has one link');
    $m->empty;
    $m->order('password-changed', account_id => $cid);
    my ($notice) = $m->wait_for_mails(1);
    like($notice->{header}{subject}, qr/password/i,
        'what tells the owner of a change is sent all the same');
    my $dump = join ' ', map { $_->[0] } $s->sql('SELECT key FROM mail_count');
    unlike($dump, qr/cid/, 'no address is kept for counting');
    $m->empty;
};

subtest 'a name like a link is not mailed to an unproved address' => sub {
    my $id = $s->account(username => 'evil.example.com',
        email => 'victim@example.com', password => 'tower bridge');
    $s->sql("UPDATE account SET email_verified_at = 0 WHERE id = $id");
    $m->order('password-reset', account_id => $id);
    my ($mail) = $m->wait_for_mails(1);
    unlike($mail->{text} . $mail->{html}, qr/evil/, 'the name is not there');
    like($mail->{text}, qr/victim\@example\.com/, 'the address is');
    $m->empty;
};

subtest 'a mail that is not taken is tried again in a minute' => sub {
    $m->behaves('echo "<$5>: mailbox busy" >&2; exit 75');
    $m->order('password-changed', account_id => $ann);
    ok($s->wait_for(sub { ($s->sql('SELECT tries FROM mail'))[0][0] }),
        'it was tried');
    my ($tries, $next, $error, $by) = @{ row('tries, next_at, last_error, '
        . 'claimed_by') };
    is($tries, 1, 'once');
    cmp_ok(abs($next / 1e6 - time - 60), '<', 30, 'and again in a minute');
    like($error, qr/ended with 75: <\.\.\.>: mailbox busy/,
        'with the reason, and no address');
    is($by, '', 'nobody is at it');
    like($s->log, qr/ACCT0271: mail_refused: .*mailbox busy/, 'the log has it');
    unlike($s->log, qr/ACCT027.*Ann\@/, 'without the address');
    $m->behaves;
    $m->empty;
    $s->sql('UPDATE mail SET next_at = 1');
    is(scalar(my @one = $m->wait_for_mails(1)), 1, 'then it is taken');
    ok($s->wait_for(sub { $s->log =~ /ACCT0272/ }), 'and the log says so');
    $m->empty;
};

subtest 'one that is refused for good is given up at once' => sub {
    $m->behaves('exit 67');
    $m->order('password-changed', account_id => $bob);
    ok($m->until_empty, 'the row is gone');
    like($s->log, qr/ACCT0270: mail_given_up: the mail \d+ \(password-changed, of localhost\) to an address at example\.com is not sent, after 1 try: /,
        'the log has one line');
    unlike($s->log, qr/ACCT0270.*bob/, 'without the local part');
    $m->behaves;
    $m->empty;
};

subtest 'the tenth try is the last' => sub {
    $m->behaves('exit 75');
    $m->order('password-changed', account_id => $bob, tries => 9);
    ok($m->until_empty, 'the row is gone');
    like($s->log, qr/ACCT0270: .* after 10 tries: /, 'and told of');
    $m->behaves;
    $m->empty;
};

subtest 'a mail whose time is over is not sent' => sub {
    $m->order('password-reset', account_id => $bob, expires_at => 1);
    ok($m->until_empty, 'the row is gone');
    is(scalar(my @none = $m->mails), 0, 'and nothing was sent');
};

subtest 'one that dies after it has read is taken for not sent' => sub {
    $m->behaves('kill -9 $$');
    $m->order('username-changed', account_id => $bob);
    ok($s->wait_for(sub { (row('tries') || [0])->[0] }), 'it stays');
    like(row('last_error')->[0], qr/died by signal 9/, 'with the reason');
    $s->sql('DELETE FROM mail');
    $m->behaves;
    $m->empty;
};

subtest 'another site\'s mails are left to it' => sub {
    $m->order('password-changed', account_id => $bob,
        site => 'other.example');
    $m->order('password-changed', account_id => $ann);
    $m->wait_for_mails(1);
    is(row('site')->[0], 'other.example', 'it stays');
    is(row('claimed_at')->[0], 0, 'untouched');
    $s->sql('DELETE FROM mail');
    $m->empty;
};

subtest 'a link to activate ends with the time of its account' => sub {
    my $id = $s->account(username => 'pia', email => 'pia@example.com',
        password => 'tower bridge');
    my $until = int(time + 600) * 1_000_000;
    $s->sql("UPDATE account SET is_active = 0, pending_until = $until "
        . "WHERE id = $id");
    $m->order('activation', account_id => $id);
    my ($mail) = $m->wait_for_mails(1);
    ok($mail, 'it came');
    is(($s->sql("SELECT expires_at FROM link WHERE account_id = $id"))[0][0],
        $until, 'not later');
    $m->until_empty;
    $m->empty;
};

subtest 'of virtual hosts of one name the one with its dialect sends' => sub {
    my $id = $s->account(username => 'dora', email => 'dora@example.com',
        password => 'tower bridge');
    $m->order('password-reset', account_id => $id, dialect => 'djoser');
    my ($mail) = $m->wait_for_mails(1);
    like($mail->{text},
        qr{http://localhost/account/#/password/reset/confirm/\w+/\w+-},
        'its link');
    is($mail->{header}{subject}, 'Password reset on Example & Sons',
        'and subject');
    $m->until_empty;
    $m->empty;
};

subtest 'server-status tells how many wait and were sent' => sub {
    my $text = $s->get('/server-status?auto')->{body};
    like($text, qr/^AcctAuthMailWaiting\[.*\]: \d+$/m, 'waiting');
    my ($sent) = $text =~ /^AcctAuthMailSent\[.*\]: (\d+)$/m;
    cmp_ok($sent, '>=', 7, 'sent');
    like($text, qr/^AcctAuthMailGivenUp\[.*\]: 2$/m, 'given up');
    like($s->get('/server-status')->{body}, qr/Mails of mod_acctauth/,
        'for people too');
};

done_testing();
