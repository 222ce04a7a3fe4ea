#!/usr/bin/perl
# SPDX-License-Identifier: Apache-2.0
# mpm: any, no server runs
#
# The command writes what the operator changes by it to the system's log, or
# with --audit to a file, in the lines of the server's audit log.

use strict;
use warnings;
use lib 't/lib';
use AcctTest;
use JSON::PP ();
use Test::More;

my $s = AcctTest->prepare;
my $file = $s->dir . '/logs/acts.log';
my $password = 'tower bridge 9';
my $me = getpwuid $<;
delete $ENV{SUDO_USER};

my $read = 0;
sub acts
{
    my $text = -e $file ? substr slurp($file), $read : '';
    $read += length $text;
    return map { JSON::PP->new->utf8->decode($_) } split /\n/, $text;
}

sub shown
{
    return [map { my $e = $_; join '/', map { defined $e->{$_} ? $e->{$_}
        : '-' } qw(event outcome account) } @_];
}

# told(NAME, EXPECTED, WORDS...): what the command with these words says
# there.
sub told
{
    my ($name, $expected, @words) = @_;
    my ($exit, $out, $err) = $s->cli(@words, '--audit', $file);
    is($exit, 0, $name) or diag("$out$err");
    my @acts = acts();
    is_deeply(shown(@acts), $expected, "$name is told");
    return @acts;
}

my @stdin = ('--password-stdin');
my $ann;

subtest 'each act is a line' => sub {
    my ($exit, $out, $err) = $s->cli('user', 'add', 'ann', @stdin, '--audit',
                                     $file, stdin => "$password\n");
    is($exit, 0, 'user add') or diag($err);
    my ($event) = acts();
    $ann = $event->{account};
    is_deeply([@$event{qw(event outcome by database vhost ip)}],
              ['account_added', 'ok', "cli:$me",
               $s->driver eq 'sqlite3' ? $s->db : $event->{database}, undef,
               undef], 'and who did it, where');
    like($ann, qr/^\d+$/, 'to whom');

    for (1 .. 2) {
        $s->sql("INSERT INTO token (id, digest, account_id, label, "
                . "created_at) VALUES ('@{[$_ x 32]}', '@{[$_ x 64]}', $ann, "
                . "'x', 1)");
    }
    ($event) = told('one token', ["token_revoked/ok/$ann"], 'token',
                    'revoke', 'ann', '1' x 32);
    is_deeply([@$event{qw(token tokens)}], ['1' x 32, 1], 'which');
    ($event) = told('block', ["account_blocked/ok/$ann"], 'user', 'block',
                    'ann');
    is($event->{tokens}, 1, 'how many tokens that ended');
    told('unblock', ["account_unblocked/ok/$ann"], 'user', 'unblock', 'ann');
    told('all tokens', ["token_revoked/ok/$ann"], 'token', 'revoke', 'ann',
         '--all');
    told("everyone's", ['token_revoked/ok/-'], 'token', 'revoke',
         '--everyone');
    ($event) = told('the check', ['token_check/ok/-'], 'token', 'check',
                    'off');
    is($event->{detail}, 'off', 'what it is now');
    told('the check again', [], 'token', 'check', 'off');
    ($event) = told('limit', ["limit_cleared/ok/$ann"], 'limit', 'clear',
                    'ann');
    ($event) = told('limit of a network', ['limit_cleared/ok/-'], 'limit',
                    'clear', '192.0.2.7');
    is($event->{network}, '192.0.2.7', 'which');
    ($exit) = $s->cli('user', 'passwd', 'ann', @stdin, '--audit', $file,
                      stdin => "another $password\n");
    is_deeply(shown(acts()), ["password_set/ok/$ann"], 'passwd');
    told('delete', ["account_deleted/ok/$ann"], 'user', 'delete', 'ann');
};

subtest 'what is not done is not told' => sub {
    for my $words (['user', 'block', 'nobody'],
                   ['token', 'revoke', 'nobody', '--all']) {
        my ($exit) = $s->cli(@$words, '--audit', $file);
        is($exit, 1, "@$words");
    }
    is_deeply([acts()], [], 'no line');
    my ($exit, $out, $err) = $s->cli('user', 'list', '--audit', $file);
    is($exit, 2, 'what changes nothing takes no --audit');
};

subtest 'a database, its key and its schema' => sub {
    plan skip_all => 'a file is made' if $s->driver ne 'sqlite3';
    my ($db, $key) = map { $s->dir . "/db/$_" } 'new.db', 'new.key';
    my @events = told('init', ['database_made/ok/-', 'key_made/ok/-'],
                      'init', '-p', $db, '--key', $key);
    is($events[0]{database}, $db, 'which');
    like($events[1]{detail}, qr/^[0-9a-f]+$/, "the key's id");
    my $text = slurp($key);
    my ($secret) = $text =~ /([0-9a-f]{32,})/;
    ok($secret && index(slurp($file), $secret) < 0, 'and not the key');
    my $old = $s->dir . '/db/old.db';
    system "sqlite3 '$old' <t/fixtures/schema-1-sqlite3.sql" and die;
    chmod 0600, $old;
    $s->_chown($old);
    my ($event) = told('upgrade', ['schema_upgraded/ok/-'], 'upgrade', '-p',
                       $old);
    like($event->{detail}, qr/^1 to \d+$/, 'from and to');
    told('upgrade again', [], 'upgrade', '-p', $old);
};

subtest 'ACCTAUTH_AUDIT names a file as well' => sub {
    local $ENV{ACCTAUTH_AUDIT} = $file;
    my ($exit) = $s->cli('user', 'add', 'env', @stdin,
                         stdin => "$password\n");
    is($exit, 0, 'done');
    my ($event) = acts();
    is($event->{event}, 'account_added', 'and told');
};

subtest 'what cannot be told is not done' => sub {
    my ($exit, $out, $err) = $s->cli('user', 'block', 'env', '--audit',
                                     $s->dir . '/none/a.log');
    is($exit, 3, 'a folder that is not there');
    like($err, qr{cannot open \S+/none/a\.log: No such file [^;]+; nothing was done}, 'what it says');
    my ($row) = $s->sql("SELECT is_active FROM account WHERE "
                        . "username = 'env'");
    like($row->[0], qr/^[1t]/, 'the account is active');
};

subtest 'a full disk undoes nothing, and is said' => sub {
    plan skip_all => 'no /dev/full' if !-e '/dev/full';
    my ($exit, $out, $err) = $s->cli('user', 'block', 'env', '--audit',
                                     '/dev/full');
    is($exit, 0, 'done');
    like($err, qr{done, but /dev/full did not take the line about it: No space},
         'and said');
};

subtest "without --audit it is the system's log, as authpriv" => sub {
    plan skip_all => 'no strace' if system('strace -V >/dev/null 2>&1');
    plan skip_all => 'the sanitizers trace' if $ENV{ACCT_PRELOAD};
    my $trace = $s->dir . '/logs/trace';
    local $ENV{ACCTAUTH_PARAMS} = $s->db;
    local $ENV{ACCTAUTH_DRIVER} = $s->driver;
    my $said = qx(strace -f -s 4096 -e trace=sendmsg,sendto -o '$trace' \\
        @{[build_dir()]}/acctauth user unblock env 2>&1);
    my $text = slurp($trace);
    plan skip_all => 'strace may not look here' if $text eq '';
    like($said, qr/^unblocked/, 'it is done');
    like($text, qr{sun_path="/dev/log"}, 'to its socket');
    like($text, qr{"<86>\w{3} [ \d]\d \d\d:\d\d:\d\d acctauth\[\d+\]: "},
         'at authpriv.info');
    like($text, qr/\{\\"ts\\":[^\n]*\\"event\\":\\"account_unblocked\\"/,
         'the line');
};

subtest 'no line has a password' => sub {
    ok(index(slurp($file), 'tower bridge') < 0, 'none');
    is(sprintf('%04o', (stat $file)[2] & 07777), '0600',
       'and the file that was made is its owner\'s alone');
};

done_testing();
