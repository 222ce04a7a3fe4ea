#!/usr/bin/perl
# SPDX-License-Identifier: Apache-2.0
# mpm: any, the command does it
#
# acctauth import and export: accounts of other systems come in whole, with
# the tokens that clients have, or not at all; and go out again.

use strict;
use warnings;
use lib 't/lib';
use AcctTest;
use Digest::SHA qw(sha1 sha256_hex sha512_hex);
use JSON::PP ();
use MIME::Base64 qw(encode_base64);
use Test::More;

my $s = AcctTest->prepare(hash => 'argon2id m=8 t=1 p=1', conf => <<'CONF');
<Location "/private/">
    AcctAuthProtect On
</Location>
CONF
$s->write('htdocs/private/a.txt', "private\n");

sub value { my ($row) = $s->sql($_[0]); return $row ? $row->[0] : undef }
sub rows { return join ' ', map { join ':', map { $_ // '-' } @$_ }
           $s->sql($_[0]) }
sub status { $s->get('/private/a.txt', token => $_[0])->{status} }
sub json { map { JSON::PP->new->utf8->decode($_) } split /\n/, slurp($_[0]) }
my $n = 0;
sub source { my $file = $s->dir . '/source' . ++$n;
             $s->write('source' . $n, join '', @_); return $file }
sub lines { source(map { JSON::PP->new->canonical->encode($_) . "\n" } @_) }
sub fingerprint { my ($out) = ($s->cli(qw(export jsonl -)))[1]; return $out }

# What each form of a token is digested to.
my $key = 'ab' x 20;
my $knox = join '', map { sprintf '%02x', $_ } 1 .. 32;
my $salt = '0123456789abcdef';
my $hash = '$argon2id$v=19$m=8,t=1,p=1$c2FsdHNhbHQ$'
    . 'rJtAQcB0+DStAy4ePnYGVOoqS3YWH4mwRD1GWQgkM2k';

is($s->run, undef, 'the server starts');

subtest 'a rehearsal says what a run would do, and changes nothing' => sub {
    my $file = lines({ username => 'ann', password => $hash, tokens => [
        { form => 'plain', value => $key }] }, { email => 'b@x.org' });
    my $before = fingerprint();
    my ($exit, $out) = $s->cli(qw(import jsonl --dry-run), $file);
    is($exit, 0, 'it ends with 0');
    like($out, qr/2 accounts to be taken/, 'it counts accounts');
    like($out, qr/1 tokens to be taken/, 'and tokens');
    is(fingerprint(), $before, 'nothing is there');
    is(rows("SELECT name FROM meta WHERE name IN ('import_key', "
        . "'token_forms')"), '', 'nor written otherwise');
};

subtest 'each form of a token opens what it opened' => sub {
    my $file = lines({ id => 70, username => 'tom', password => '!',
        tokens => [
        { form => 'plain', value => $key },
        { form => 'sha256', value => sha256_hex('text') },
        { form => 'knox41', key => substr($knox, 0, 8), salt => $salt,
          value => sha512_hex(pack('H*', $knox . $salt)) },
        { form => 'knox42', value => sha512_hex(pack 'H*', 'cd' x 32) },
        { form => 'knox50', value => sha512_hex('ef' x 32) },
        { form => 'sanctum', value => sha256_hex('secret'), key => 17 },
        { form => 'plain', value => 'gone',
          expires_at => '2020-01-01T00:00:00Z' }] });
    is(status($key), 401, 'not yet');
    my ($exit, $out, $err) = $s->cli(qw(import jsonl), $file);
    is($exit, 4, 'done, and something is left out') or diag("$out$err");
    like($out, qr/1 tokens expired/, 'a token that has expired');
    is(status($_), 200, $_) for $key, 'text', $knox, 'cd' x 32, 'ef' x 32,
        '17|secret';
    is(status($_), 401, $_) for '18|secret', 'gone', 'cd' x 31;
    is(value('SELECT count(*) FROM token WHERE form > 0'), 4,
        'four are in their own form');
    $s->wait_for(sub {
        value('SELECT count(*) FROM token WHERE form > 0') == 0 }, 70)
        if $ENV{ACCT_SLOW};
};

subtest 'ids are kept, and the next account is behind them' => sub {
    my ($exit) = $s->cli(qw(import jsonl),
        lines({ id => 1_000_000, username => 'gap' }));
    is($exit, 0, 'taken');
    is(value("SELECT id FROM account WHERE username = 'gap'"), 1_000_000,
        'with its id');
    is($s->account(username => 'next', password => 'pass word 1'),
        1_000_001, 'the next is another');
};

subtest 'what is in each other\'s way is found before all' => sub {
    my $file = lines(
        { id => 101, username => 'Carol', email => 'c1@x.org' },
        { id => 102, username => 'carol', email => 'c2@x.org' },
        { id => 103, username => 'd', email => 'dup@x.org' },
        { id => 104, username => 'e', email => 'DUP@x.org' },
        { id => 105, username => 'f', email => 'f@x.org' },
        { id => 106, username => 'F@X.org' },
        { id => 107, username => 'GAP' }, { id => 70, username => 'other' },
        { id => 109, username => 'good' });
    my $report = $s->dir . '/report1';
    my $before = fingerprint();
    my ($exit, undef, $err) = $s->cli(qw(import jsonl --report), $report,
        $file);
    is($exit, 1, 'refused');
    like($err, qr/8 accounts are in conflict.*nothing was changed/, 'why');
    is(fingerprint(), $before, 'nothing was changed');
    my %said = map { $_->{source_id} => "$_->{verdict} $_->{detail}" }
        json($report);
    is_deeply(\%said, { 101 => 'conflict username 101,102',
        102 => 'conflict username 101,102', 103 => 'conflict email 103,104',
        104 => 'conflict email 103,104',
        105 => 'conflict email-is-username 105,106',
        106 => 'conflict username-is-email 106,105',
        107 => 'conflict username-taken-here #1000000',
        70 => 'conflict id-taken-here #70' }, 'the report says which');
    is((stat $report)[2] & 07777, 0600, 'its owner alone can read it');
    $s->write('decide', "101,username,carol-1\n107,skip\n106,skip\n"
        . "70,skip\n");
    ($exit) = $s->cli(qw(import jsonl --duplicate-email drop --decide),
        $s->dir . '/decide', $file);
    is($exit, 4, 'what the operator decides is done');
    is(rows('SELECT id, username, email FROM account WHERE id > 100 '
        . 'AND id < 110 ORDER BY id'), '101:carol-1:c1@x.org '
        . '102:carol:c2@x.org 103:d:- 104:e:- 105:f:f@x.org 109:good:-',
        'and no address goes to one of two');
};

subtest 'a second run changes nothing, and what ended here stays so' => sub {
    my $file = lines(map { { id => 200 + $_, username => "u$_", password
        => $hash, tokens => [{ form => 'plain', value => "token-of-u$_" }] }
        } 1 .. 3);
    my @run = (qw(import jsonl --name again), $file);
    is(($s->cli(@run))[0], 0, 'the first');
    is(status('token-of-u1'), 200, 'a token opens');
    is(($s->cli(qw(token revoke u1 --all --wait)))[0], 0, 'it is ended');
    is(($s->cli(qw(user delete u2)))[0], 0, 'an account is deleted');
    is(rows("SELECT source_key FROM imported WHERE name = 'again' AND "
        . "account_id IS NULL AND kind = 'account'") =~ /^erased:\w{64}$/, 1,
        'of where it came from a hash is left');
    my ($exit, $out) = $s->cli(@run);
    is($exit, 4, 'the second') or diag($out);
    like($out, qr/1 accounts deleted here/, 'knows it');
    like($out, qr/2 accounts there already/, 'and the others');
    is(value("SELECT count(*) FROM account WHERE username = 'u2'"), 0,
        'and does not make it again');
    is(status('token-of-u1'), 401, 'nor the token');
    is(status('token-of-u3'), 200, 'another lives');
};

subtest 'with --update accounts follow the source, and it alone' => sub {
    my @is = map { { id => 300 + $_, username => "w$_", password => '!',
        first_name => 'Old', tokens => [{ form => 'plain',
        value => "token-of-w$_" }] } } 1 .. 4;
    my @run = qw(import jsonl --name follow);
    is(($s->cli(@run, lines(@is)))[0], 0, 'the first run');
    $s->sql("UPDATE account SET password = '!here' WHERE id IN (301, 302)");
    $is[0]{first_name} = 'New';
    $is[1]{password} = $hash;
    $is[2]{is_active} = JSON::PP::false;
    my ($exit, $out) = $s->cli(@run, lines(@is[0 .. 2]));
    is(value('SELECT first_name FROM account WHERE id = 301'), 'Old',
        'without it all stays');
    ($exit, $out) = $s->cli(@run, '--update', lines(@is[0 .. 2]));
    like($out, qr/3 accounts changed as the source has/, 'with it they do');
    is(rows('SELECT first_name, password, is_active FROM account WHERE '
        . 'id > 300 AND id < 310 ORDER BY id'),
        "New:!here:1 Old:$hash:1 Old:!:0 Old:!:0",
        'and what did not change there stays as it is here');
    $s->wait_for(sub { status('token-of-w3') == 401 }, 5);
    is(status('token-of-w3'), 401, 'a token of a blocked account ends');
    is(status('token-of-w4'), 401, 'and of one that is gone');
    is(status('token-of-w1'), 200, 'others live');
};

subtest 'a run that is cut off goes on where it was' => sub {
    my $file = lines(map { { id => 5000 + $_, username => "k$_", password
        => $hash, tokens => [{ form => 'knox50', value => sha512_hex("k$_")
        }] } } 1 .. 400);
    my $pid = fork;
    if (!$pid) {
        $s->cli(qw(import jsonl --name cut --batch 5), $file);
        require POSIX;
        POSIX::_exit(0);
    }
    $s->wait_for(sub {
        value('SELECT count(*) FROM account WHERE id > 5000 '
            . 'AND id < 6000') > 20 }, 10);
    my ($child) = map { /^(\d+)/ } grep { /--name cut/ }
        split /\n/, `ps -o pid=,args= --ppid $pid`;
    kill KILL => $child if $child;
    waitpid $pid, 0;
    my ($exit, $out) = $s->cli(qw(import jsonl --name cut), $file);
    is($exit, 0, 'the next one ends well') or diag($out);
    is(value('SELECT count(*) FROM account WHERE id > 5000 AND id < 6000'),
        400, 'all accounts are there');
    is(value("SELECT count(*) FROM token t JOIN account a ON a.id = "
        . 't.account_id WHERE a.id > 5000 AND a.id < 6000'), 400,
        'with a token each');
    is(rows("SELECT DISTINCT state FROM import_run WHERE name = 'cut' "
        . 'AND ended_at = 0'), '', 'no run is left open');
};

subtest 'an htpasswd file comes with its hashes' => sub {
    my $sha = '{SHA}' . encode_base64(sha1('geheim'), '');
    my ($exit, $out) = $s->cli(qw(import htpasswd --ids new),
        source("# people\n\nharry:$sha\nnocolon\nharry:other\n"
            . "lena:$sha:more\nplain:secret-in-clear\n"));
    is($exit, 0, 'taken') or diag($out);
    is(rows("SELECT username, password FROM account WHERE username IN "
        . "('harry', 'lena', 'plain') ORDER BY username"),
        "harry:$sha lena:$sha plain:!", 'the first line of each counts, and '
        . 'no clear text is kept');
};

subtest 'Django\'s dumpdata, as an array and as lines' => sub {
    my @objects = map { { model => 'auth.user', pk => 400 + $_, fields => {
        username => "dj$_", email => '', password => 'argon2' . $hash,
        first_name => '', last_name => '', is_active => JSON::PP::true,
        is_staff => JSON::PP::false, is_superuser => JSON::PP::true,
        date_joined => '2021-03-04T05:06:07.890Z', last_login => undef } } }
        1 .. 2;
    my $token = { model => 'authtoken.token', pk => 'cafe' x 10,
        fields => { user => ['dj1'], created => '2026-01-01T00:00:00Z' } };
    my $array = JSON::PP->new->canonical->pretty->encode(
        [$token, $objects[0], { model => 'auth.group', pk => 1,
                                fields => {} }]);
    my ($exit, $out, $err) = $s->cli(qw(import django --name dj --reuse
        --key), $s->key, source($array));
    is($exit, 0, 'the array') or diag("$out$err");
    is(rows('SELECT username, email, password, created_at, last_login, '
        . 'is_staff FROM account WHERE id = 401'),
        "dj1:-:$hash:1614834367890000:0:0", 'its account');
    is(status('cafe' x 10), 200, 'and its token, of a name');
    is(value('SELECT count(*) FROM token WHERE account_id = 401 '
        . 'AND sealed IS NOT NULL'), 1, 'sealed');
    ($exit, $out) = $s->cli(qw(import django --name dj --staff either),
        lines($token, @objects));
    is($exit, 4, 'the lines, with one more');
    like($out, qr/1 accounts changed at the source, and left/,
        'and one that changed');
    is(value('SELECT is_staff FROM account WHERE id = 402'), 1,
        'which is staff as the option says');
    delete $objects[1]{pk};
    ($exit, undef, $err) = $s->cli(qw(import django), lines($objects[1]));
    is($exit, 1, 'without ids it is refused');
    like($err, qr/--natural-primary/, 'with the option to leave out');
    ($exit, undef, $err) = $s->cli(qw(import django),
        source('[', JSON::PP->new->encode($objects[0])));
    is($exit, 1, 'and so is half a file');
    like($err, qr/cut short.*nothing was changed/, 'which changes nothing');
};

subtest 'accounts with a second factor stop a run' => sub {
    my @objects = ({ model => 'auth.user', pk => 450, fields => {
            username => 'otto', password => '!' } },
        { model => 'otp_totp.totpdevice', pk => 1, fields => { user => 450,
            confirmed => JSON::PP::true } },
        { model => 'account.emailaddress', pk => 1, fields => { user => 450,
            email => 'otto@x.org', verified => JSON::PP::true } });
    $objects[0]{fields}{email} = 'otto@x.org';
    my $file = lines(@objects);
    my ($exit, undef, $err) = $s->cli(qw(import django), $file);
    is($exit, 1, 'refused');
    like($err, qr/second factor/, 'and says why');
    is(($s->cli(qw(import django --totp drop), $file))[0], 0,
        'unless they are to go on without');
    ok(value('SELECT email_verified_at FROM account WHERE id = 450') > 0,
        'an address that was verified is');
};

subtest 'a SQLite database of Django\'s is only read' => sub {
    plan skip_all => 'no sqlite3 here' if system('sqlite3 --version '
        . '>/dev/null 2>&1');
    my $old = $s->dir . '/old.sqlite3';
    my $digest = sha512_hex('aa' x 32);
    open my $sql, '|-', 'sqlite3', $old or die "sqlite3: $!\n";
    print $sql <<"SQL";
CREATE TABLE auth_user (id integer primary key, password text, last_login
    datetime, is_superuser bool, username text, last_name text, email text,
    is_staff bool, is_active bool, date_joined datetime, first_name text);
INSERT INTO auth_user VALUES (501, 'pbkdf2_sha256\$1\$a\$b', NULL, 0, 'sq',
    '', 'sq\@x.org', 1, 1, '2026-11-30 04:08:03', 'S');
CREATE TABLE knox_authtoken (digest text primary key, token_key text,
    user_id integer, created datetime, expiry datetime);
INSERT INTO knox_authtoken VALUES ('$digest', 'aaaaaaaaaaaaaaa', 501,
    '2026-01-01 00:00:00', NULL);
INSERT INTO knox_authtoken VALUES ('${\ sha512_hex('x')}', 'aaaaaaaa', 501,
    '2026-01-01 00:00:00', NULL);
SQL
    close $sql or die "sqlite3 failed\n";
    my $before = sha256_hex(slurp($old));
    my ($exit, $out, $err) = $s->cli(qw(import django --time-zone
        America/New_York), $old);
    is($exit, 4, 'taken') or diag("$out$err");
    like($out, qr/1 tokens dead at the source already/, 'but for a token '
        . 'that knox itself does not find any more');
    is(rows('SELECT username, is_staff, created_at FROM account WHERE '
        . 'id = 501'), 'sq:1:1796029683000000', 'with the time of its zone');
    is(status('aa' x 32), 200, 'and its token');
    is(sha256_hex(slurp($old)), $before, 'the file is as it was');
    ok(!-e "$old-wal" && !-e "$old-shm", 'with nothing beside it');
};

subtest 'a password can be proved before anything is written' => sub {
    my $file = lines({ id => 600, username => 'pro', password
        => 'not$a$hash' });
    my ($exit, undef, $err) = $s->cli(qw(import jsonl --prove pro
        --password-stdin), $file, stdin => "word\n");
    is($exit, 1, 'refused');
    like($err, qr/cannot be verified.*nothing was changed/, 'and says why');
    is(value('SELECT count(*) FROM account WHERE id = 600'), 0,
        'nothing is there');
};

subtest 'what is written out comes in again the same' => sub {
    my $out = $s->dir . '/out.jsonl';
    my ($exit, undef, $err) = $s->cli(qw(export jsonl), $out, '--key',
        $s->key);
    is($exit, 0, 'written') or diag($err);
    is((stat $out)[2] & 07777, 0600, 'for its owner alone');
    my $one = slurp($out);
    my $new = $s->dir . '/new.db';
    my $cmd = build_dir() . '/acctauth';
    my @to = (-d => 'sqlite3', -p => $new);
    is(system("$cmd init -p $new --key $new.key >/dev/null"), 0, 'a new one');
    open my $pipe, '-|', $cmd, qw(import jsonl --reuse --key), "$new.key",
        @to, $out or die "acctauth: $!\n";
    my $said = join '', <$pipe>;
    close $pipe;
    is($?, 0, 'takes all') or diag($said);
    my $two = `$cmd export jsonl - --key $new.key @to 2>/dev/null`;
    is(sha256_hex($two), sha256_hex($one), 'and writes the same bytes');
    ($exit, undef, $err) = $s->cli(qw(export jsonl), $out);
    is($exit, 3, 'a file that is there is not written over');
    ($exit, $one) = $s->cli(qw(export django -), '--key', $s->key);
    my $all = JSON::PP->new->utf8->decode($one);
    my ($dj) = grep { $_->{model} eq 'auth.user' && $_->{pk} == 401 } @$all;
    is($dj->{fields}{password}, "argon2$hash", 'Django is told the library');
    ok((grep { $_->{model} eq 'authtoken.token'
               && $_->{pk} eq 'cafe' x 10 } @$all), 'and has its token back');
    ($exit, $one) = $s->cli(qw(export htpasswd -));
    like($one, qr/^harry:\{SHA\}/m, 'htpasswd has what it can hold');
    unlike($one, qr/argon2/, 'and nothing else');
};

subtest 'what is left of the old world' => sub {
    my ($exit, $out) = $s->cli(qw(import status --json));
    is($exit, 0, 'told') or diag($out);
    my $told = JSON::PP->new->utf8->decode($out);
    ok((grep { $_->{form} eq 'sha' && $_->{count} == 2 } @{ $told->{left} }),
        'hashes');
    ok((grep { $_->{form} eq 'knox50' } @{ $told->{left} }), 'tokens');
    ok((grep { $_->{name} eq 'again' && $_->{state} eq 'done' }
        @{ $told->{runs} }), 'and runs');
    is(($s->cli(qw(import forget again)))[0], 0, 'one is forgotten');
    is(value("SELECT count(*) FROM imported WHERE name = 'again'"), 0,
        'wholly');
    is(value("SELECT count(*) FROM account WHERE username = 'u3'"), 1,
        'and its accounts stay');
};

subtest 'no secret is told' => sub {
    my $log = $s->log;
    unlike($log, qr/\Q$_\E/, 'in the log') for $key, $knox, $hash;
};

subtest 'what lies between is in a folder of its own, and then nowhere' => sub {
    plan skip_all => 'no /proc tells which files are open' if !-d "/proc/$$/fd";
    my $shared = $s->dir . '/shared';
    mkdir $shared;
    local @ENV{qw(TMPDIR ACCTAUTH_DRIVER ACCTAUTH_PARAMS)}
        = ($shared, $s->{driver}, $s->db);
    my $pid = open my $in, '|-', build_dir() . '/acctauth', qw(import jsonl
        --dry-run -) or die "acctauth: $!\n";
    my @open;
    $s->wait_for(sub { @open = grep { m{^\Q$shared/} } map { readlink // '' }
                           glob "/proc/$pid/fd/*";
                       @open && $open[0] =~ / \(deleted\)$/ }, 10);
    like("@open", qr{^\Q$shared\E/[^/]+/\w+ \(deleted\)$},
        'no other user can put a file beside it');
    is(join(' ', glob "$shared/*"), '', 'and it has no name while it is used');
    close $in;
};

subtest 'a stored password is judged when it is imported' => sub {
    my $bomb = 'pbkdf2_sha256$2147483647$salt$' . ('A' x 43) . '=';
    my $file = lines({ username => 'bomb', password => $bomb },
        { username => 'bare', password => 'ab' x 16 },
        { username => 'clear', password => 'letmein' });
    my $report = $s->dir . '/judged.jsonl';
    my (undef, $out) = $s->cli(qw(import jsonl --name judged
        --report), $report, $file);
    like($out, qr/1 accounts have a hash that asks for too much/,
        'one that asks for too much is counted');
    like(slurp($report), qr/"password-out-of-bounds"/, 'and named');
    like($out, qr/1 accounts have a hash of no known form/,
        'so is what may be a password itself');
    is(rows("SELECT username, password FROM account WHERE username IN "
        . "('bomb', 'bare', 'clear') ORDER BY username"),
        'bare:md5$$' . ('ab' x 16) . " bomb:$bomb clear:!",
        'what is kept');
};

done_testing;
