#!/usr/bin/perl
# SPDX-License-Identifier: Apache-2.0
# mpm: any, there is no server
#
# The operator's command, without a server.
# driver: sqlite3

use strict;
use warnings;
use lib 't/lib';
use AcctTest;
use Test::More;

use Cwd ();
use File::Temp ();
use JSON::PP ();
use POSIX ();
use Time::HiRes ();

my $acctauth = build_dir() . '/acctauth';
plan skip_all => "$acctauth is missing: run make first" if !-x $acctauth;

my $dir = File::Temp::tempdir('acctauth-cli-XXXXXXXX', TMPDIR => 1,
                              CLEANUP => 1);
my $db = "$dir/accounts.db";
my $key = "$dir/key";
my $tree = tree();
my $home = Cwd::getcwd();
delete @ENV{qw(ACCTAUTH_DRIVER ACCTAUTH_PARAMS)};

# cmd(ARGS..., {stdin => TEXT, env => {...}}) returns (exit, out, err).
sub cmd
{
    my %opt = ref $_[-1] ? %{ pop @_ } : ();
    return AcctTest::_run_command($opt{stdin},
        { ACCTAUTH_PARAMS => $db, %{ $opt{env} || {} } }, $acctauth, @_);
}

# ends(EXIT, OUT, ERR, ARGS..., NAME): OUT and ERR are strings or patterns.
# A message is one line that begins with the command's name.
sub ends
{
    my ($exit, $out, $err, @args) = @_;
    my $opt = ref $args[-2] eq 'HASH' ? splice @args, -2, 1 : {};
    my $name = pop @args;
    my @got = cmd(@args, $opt);
    local $Test::Builder::Level = $Test::Builder::Level + 1;
    subtest $name => sub {
        is($got[0], $exit, 'exit');
        ref $out ? like($got[1], $out, 'out') : is($got[1], $out, 'out');
        ref $err ? like($got[2], $err, 'err') : is($got[2], $err, 'err');
        like($got[2], qr/\Aacctauth: [^\n]+\n\z/, 'one line') if $exit;
        unlike($got[1] . $got[2], qr/\$argon2|geheim/, 'no secret');
    };
    return @got;
}

sub json
{
    my ($exit, $out, $err) = cmd(@_, '--json');
    is($exit, 0, "@_ --json") or diag($err);
    return JSON::PP->new->utf8->decode($out);
}

sub rows
{
    my ($file, $sql) = @_;
    my (undef, $out) = AcctTest::_run_command("$sql;\n", {}, 'sqlite3',
        '-batch', $file);
    return $out;
}

# MiB that the command took at most, as its parent is told: a perl of its
# own, as what this one holds would count.
sub peak_memory
{
    my (@args) = @_;
    my %call = (x86_64 => 98, aarch64 => 165, i686 => 77);
    my $number = $call{ (POSIX::uname())[4] } // return 0;
    local $ENV{ACCTAUTH_PARAMS} = $db;
    # struct rusage: two times of two longs, then ru_maxrss in KiB
    open my $pipe, '-|', $^X, '-e', 'system(@ARGV[1 .. $#ARGV]) == 0 or exit 1;'
        . 'my $usage = "\0" x 256; syscall($ARGV[0] + 0, -1, $usage);'
        . 'print "\nmaxrss ", (unpack "l!5", $usage)[4], "\n"', $number,
        $acctauth, @args or die;
    my $kib;
    while (<$pipe>) { $kib = $1 if /^maxrss (\d+)/ }
    close $pipe;
    return defined $kib ? $kib / 1024 : undef;
}

sub files { my @all = sort map { s{.*/}{}r } glob "$dir/*"; return "@all" }

my $utc = qr/\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d\.\d{6}Z/;

# --------------------------------------------------------------------- usage

subtest 'help and version' => sub {
    my @verbs = ('init', 'upgrade', map({ "user $_" } qw(add list show set
        activate block unblock passwd delete release verify)), 'token list',
        'token revoke', 'dialect check');
    my ($exit, $all, $err) = cmd('--help');
    is($exit, 0, '--help');
    is($err, '', 'on standard output');
    for my $verb (@verbs) {
        like($all, qr/^  \Q$verb\E /m, "$verb is listed");
        my ($e, $out) = cmd(split(/ /, $verb), '--help');
        is($e, 0, "$verb --help");
        like($out, qr/\Ausage: acctauth \Q$verb\E\b/, 'is about it');
        unlike($out, qr/--email/, 'tells only its options')
            if $verb !~ /^user (?:add|set)$/;
    }
    my (undef, $group) = cmd('user', '-h');
    like($group, qr/^  user passwd /m, 'user -h lists its verbs');
    unlike($group, qr/^  token/m, 'and no others');
    my ($version) = slurp("$tree/Makefile") =~ /^VERSION = (\S+)$/m;
    is(join('|', cmd('--version')), "0|acctauth $version\n|", '--version');
    is((cmd('--help', { env => { ACCTAUTH_PARAMS => '/none/x' } }))[0], 0,
        'help needs no database');
};

ends(2, '', qr/verb is missing/, 'no words at all');
ends(2, '', qr/no verb "frob"/, 'frob', 'an unknown verb');
ends(2, '', qr/no verb "user frob"/, 'user', 'frob', 'an unknown user verb');
ends(2, '', qr/user: a verb is missing/, 'user', 'half a verb');
ends(2, '', qr/no verb "frob"/, 'frob', '--help', 'help about nothing');
ends(2, '', qr/--bogus/, '--bogus', 'an unknown option');
ends(2, '', qr/takes no --email/, qw(user list --email x),
    'an option of another verb');
ends(2, '', qr/too few words/, qw(user show), 'too few words');
ends(2, '', qr/too many words/, qw(user show a b), 'too many words');
ends(2, '', qr/missing argument/, qw(user list -p), 'half an option');
ends(2, '', qr/-p or set ACCTAUTH_PARAMS/, qw(user list),
    { env => { ACCTAUTH_PARAMS => '' } }, 'no database named');
ends(2, '', qr/driver "mysql"/, qw(user list -d mysql),
    'an unknown driver');
ends(2, '', qr/driver "mysql"/, qw(user list),
    { env => { ACCTAUTH_DRIVER => 'mysql' } },
    'an unknown driver in the environment');
ends(3, '', qr/no database .*acctauth init -p/, qw(user list),
    'no database there');
is(files(), '', 'nothing was made on the way');

# ---------------------------------------------------------------------- init

ends(2, '', qr/--key/, 'init', 'init without a key');
ends(2, '', qr/one file/, 'init', '--key', $db,
    'database and key the same file');
ends(3, '', qr{install -d -m 0700 '\Q$dir\E/none'},
    'init', '--key', "$dir/none/key", 'no folder for the key');
ends(3, '', qr{install -d -m 0700 '\Q$dir\E/none'}, 'init', '--key', $key,
    '-p', "$dir/none/x", 'no folder for the database');
ends(1, '', qr/no user "no-such-user"/, 'init', '--key', $key, '--owner',
    'no-such-user', 'an unknown owner');
is(files(), '', 'nothing half-made is left');

spew($key, 'mine');
ends(1, '', qr/\Q$key\E is there already/, 'init', '--key', $key,
    'a key that is there');
is(slurp($key), 'mine', 'is not touched');
is(files(), 'key', 'and no database is made');
unlink $key;
symlink "$dir/nowhere", $key;
ends(1, '', qr/is there already/, 'init', '--key', $key,
    'a symbolic link to nothing');
unlink $key;
spew($db, 'mine');
ends(1, '', qr/\Q$db\E is there already/, 'init', '--key', $key,
    'a database that is there');
is(slurp($db), 'mine', 'is not touched');
is(files(), 'accounts.db', 'and no key is made');
unlink $db;

{
    my $umask = umask 0;
    my ($out) = (ends(0, qr/^made the database \Q$db\E$/m, '', 'init',
        '--key', $key, 'init'))[1];
    umask $umask;
    like($out, qr/AcctAuthDatabase sqlite3 "\Q$db\E"/, 'says what to do');
    like($out, qr/AcctAuthKeyFile "\Q$key\E"/, 'with the key');
}
is(files(), 'accounts.db key', 'makes a database and a key, no more');
is((stat $_)[2] & 07777, 0600, "$_ has mode 0600") for $db, $key;
like(slurp($key), qr/\A[0-9a-f]{64}\n\z/, 'the key is 32 bytes as hex');
is(rows($db, "SELECT value FROM meta WHERE name = 'schema_version'"),
    "6\n", 'the schema has its version');
is(rows($db, 'PRAGMA journal_mode'), "wal\n", 'the journal is WAL');
like(rows($db, "SELECT value FROM meta WHERE name = 'key_id'"),
    qr/\A[0-9a-f]{16}\n\z/, 'the key is known by its id');
ends(1, '', qr/is there already/, 'init', '--key', "$dir/key2",
    'a second init');
is(rows($db, 'SELECT count(*) FROM account'), "0\n", 'init makes no account');

for my $mask (0777, 0277, 0) {
    my $umask = umask $mask;
    my ($exit) = cmd('init', '-p', "$dir/masked.db", '--key',
                     "$dir/masked.key");
    my ($used) = cmd('user', 'list', '-p', "$dir/masked.db");
    umask $umask;
    is($exit, 0, sprintf 'init under umask %04o', $mask);
    is(sprintf('%04o', (stat $_)[2] & 07777), '0600', "$_: its owner's")
        for "$dir/masked.db", "$dir/masked.key";
    is($used, 0, 'and used under it');
    unlink "$dir/masked.db", "$dir/masked.key";
}

subtest 'init with a relative path and odd characters' => sub {
    mkdir "$dir/a b";
    chdir "$dir/a b" or die;
    my ($exit) = cmd('init', '-p', 'x %?#.db', '--key', '-k');
    is($exit, 0, 'is done');
    is(join('|', sort glob '*'), '-k|x %?#.db', 'under these names');
    is((cmd('user', 'list', '-p', 'x %?#.db'))[0], 0, 'and is usable');
    chdir $home;
};

subtest 'of many at once one wins' => sub {
    my @pids;
    for (1 .. 6) {
        my $pid = fork;
        die "cannot fork: $!\n" if !defined $pid;
        if ($pid == 0) {
            open STDERR, '>', '/dev/null';
            open STDOUT, '>', '/dev/null';
            exec $acctauth, 'init', '-p', "$dir/race.db", '--key',
                "$dir/race.key";
        }
        push @pids, $pid;
    }
    my @exit = map { waitpid $_, 0; $? >> 8 } @pids;
    is(join(' ', sort @exit), '0 1 1 1 1 1', 'exits');
    is(files(), 'a b accounts.db key race.db race.key', 'files');
    unlink "$dir/race.db", "$dir/race.key";
};

SKIP: {
    my $other = child_user() or skip 'only root can give files away', 2;
    my ($exit, $out) = cmd('init', '-p', "$dir/given.db", '--key',
        "$dir/given.key", '--owner', $other->{name});
    is(join(' ', $exit, (stat "$dir/given.db")[4],
            (stat "$dir/given.key")[4]), "0 $other->{uid} 0",
        '--owner gives the database away and not the key');
    like($out, qr/chown \Q$other->{name}\E '\Q$dir\E'/,
        'and says that the folder must be writable');
    unlink "$dir/given.db", "$dir/given.key";
}

# ---------------------------------------------------------------------- user

ends(0, "added anna (#1)\n", '', qw(user add anna --email Anna@x.io
    --first-name Anna --last-name Ok --staff --password-stdin),
    { stdin => "geheim\n" }, 'user add');
ends(0, "added b\@x.io (#2)\n", '',
    qw(user add --no-username --email b@x.io --password-stdin),
    { stdin => 'geheim' }, 'user add --no-username');
ends(0, "added c\@x.io (#3)\n", '',
    qw(user add c@x.io --no-username --password-stdin),
    { stdin => "geheim\n" },
    'user add --no-username with the address as NAME');
ends(0, "added dora (#4)\n", '', qw(user add --password-stdin -- dora),
    { stdin => " \n" }, 'a blank is a password');

my @refused = (
    ['the username is taken', 'ANNA', qr/username is taken/],
    ['the address is taken', 'x', '--email', 'anna@X.io',
     qr/email address is taken/],
    ['a name that is an address of another', 'anna@x.io', qr/taken/],
    ['a bad username', 'a b', qr/letters, digits/],
    ['an empty username', '', qr/letters, digits/],
    ['a username that is not UTF-8', "a\xff", qr/letters, digits/],
    ['a long username', 'a' x 151, qr/150/],
    ['a bad address', 'x', '--email', 'nope', qr/no email address/],
    ['an empty address', 'x', '--email', '', qr/no email address/],
    ['a long name', 'x', '--first-name', 'a' x 151, qr/150/],
);
for my $case (@refused) {
    my ($name, @args) = @$case;
    my $err = pop @args;
    ends(1, '', $err, qw(user add --password-stdin), @args,
        { stdin => "geheim\n" }, $name);
}
for my $case (['a line behind the first', "geheim\nand more\n"],
              ['an empty line behind the first', "geheim\n\n"],
              ['a line behind an empty one', "\ngeheim"],
              ['a line behind one of Windows', "geheim\r\nand more\r\n"],
              ['many lines', "geheim\n" x 1000]) {
    ends(1, '', qr/more than one line/, qw(user add x --password-stdin),
        { stdin => $case->[1] }, "$case->[0] is not dropped in silence");
}
for my $case (['a carriage return', "ge\rheim\n"],
              ['one at the end, without its line feed', "geheim\r"],
              ['two before the line feed', "geheim\r\r\n"],
              ['a tab', "ge\theim\n"], ['an escape', "\e[A\n"],
              ['DEL', "geheim\x7f\n"],
              ['a control of C1', "geheim\xc2\x9b1m\n"]) {
    ends(1, '', qr/holds a control character/,
        qw(user add x --password-stdin), { stdin => $case->[1] },
        "a password with $case->[0]");
}
ends(1, '', qr/empty/, qw(user add x --password-stdin),
    { stdin => "\n" }, 'an empty password');
ends(1, '', qr/empty/, qw(user add x --password-stdin),
    { stdin => "\r\n" }, 'an empty password of Windows');
ends(1, '', qr/empty/, qw(user add x --password-stdin), { stdin => '' },
    'no password at all');
ends(1, '', qr/longer than 1024/, qw(user add x --password-stdin),
    { stdin => 'p' x 1025 }, 'a password of 1025 bytes');
ends(1, '', qr/null character/, qw(user add x --password-stdin),
    { stdin => "p\0q\n" }, 'a password with a null character');
ends(2, '', qr/--password-stdin/, qw(user add x), { stdin => "geheim\n" },
    'no terminal and no --password-stdin');
ends(2, '', qr/too many words/, qw(user add x geheim),
    'a password as an argument');
ends(2, '', qr/NAME/, qw(user add --password-stdin), 'no name');
ends(2, '', qr/--email/, qw(user add --no-username --password-stdin),
    'neither name nor address');
ends(2, '', qr/no NAME/, qw(user add x --no-username --email y@x.io
    --password-stdin), '--no-username beside a name');
is(rows($db, 'SELECT count(*) FROM account'), "4\n",
    'nothing refused was made');
is((cmd(qw(user add max --password-stdin), { stdin => 'p' x 1024 }))[0], 0,
    'a password of 1024 bytes is taken');
is((cmd(qw(user delete max)))[0], 0, 'delete it');
is((cmd(qw(user add win --password-stdin), { stdin => "p\xc3\xa4ss\r\n" }))[0],
    0, 'a line of Windows is taken, without its carriage return');
is((cmd(qw(user add unix --password-stdin), { stdin => "p\xc3\xa4ss\n" }))[0],
    0, 'and one of Unix');
rows($db, "DELETE FROM account WHERE username IN ('win', 'unix')");

subtest 'user show' => sub {
    for my $name ('anna', 'ANNA', 'anna@X.IO', '#1') {
        my $user = json('user', 'show', $name);
        is($user->{id}, 1, "finds $name");
    }
    my (undef, $text) = cmd(qw(user show anna --json));
    like($text, qr/\A\{"id":1,"username":"anna","email":"Anna\@x.io",
        "first_name":"Anna","last_name":"Ok","is_active":true,
        "is_staff":true,"created_at":"$utc","last_login":null,
        "state":"active","pending_until":null,"email_verified_at":"$utc",
        "email_pending":null,"password_changed_at":null,
        "has_second_factor":false\}\n\z/x,
        'members and their order');
    my $b = json('user', 'show', 'b@x.io');
    is($b->{username}, undef, 'no username is null');
    is($b->{first_name}, '', 'no first name is ""');
    (undef, $text) = cmd(qw(user show anna));
    like($text, qr/^username +anna\n.*^last login +never\n/ms, 'as text');
};
ends(1, '', qr/no account "nobody"/, qw(user show nobody),
    'nobody of that name');
ends(1, '', qr/no account "#99"/, 'user', 'show', '#99', 'no such id');
ends(1, '', qr/no account "#1x"/, 'user', 'show', '#1x', 'no id at all');
ends(1, '', qr/no account "a\\u\{1b\}"/, 'user', 'show', "a\e",
    'controls are escaped in messages');

rows($db, "UPDATE account SET last_name = char(27) || '[2J' || char(8238)"
    . ", last_login = 1700000000123456 WHERE id = 1");
{
    my (undef, $text) = cmd(qw(user show anna));
    unlike($text, qr/\e|\xe2\x80\xae/, 'controls are escaped in text');
    my $user = json(qw(user show anna));
    is($user->{last_name}, "\e[2J\x{202e}", 'and kept in JSON');
    rows($db, "UPDATE account SET last_name = char(127, 155, 233, 8238, "
        . "128512) || '\"' WHERE id = 1");
    for my $args (['show', 'anna'], ['list']) {
        my (undef, $json) = cmd('user', @$args, '--json');
        unlike($json, qr/[^\n\x20-\x7e]/, "user @$args --json is ASCII");
        like($json, qr/\\u007F\\u009B\\u00E9\\u202E\\uD83D\\uDE00\\"/,
            'the others are escapes');
    }
    is(json(qw(user show anna))->{last_name},
        "\x{7f}\x{9b}\x{e9}\x{202e}\x{1f600}\"", 'of what they are');
    is($user->{last_login}, '2023-11-14T22:13:20.123456Z', 'a time');
}

subtest 'user list goes through all pages' => sub {
    rows($db, "WITH RECURSIVE n(i) AS (SELECT 100 UNION ALL SELECT i + 1 "
        . "FROM n WHERE i < 529) INSERT INTO account (id, username, "
        . "username_key, password, created_at) SELECT i, 'u' || i, "
        . "'u' || i, 'x', 0 FROM n");
    my $list = json(qw(user list));
    is(scalar @$list, 434, 'all are there');
    is(join(',', map { $_->{id} } @$list),
        join(',', 1 .. 4, 100 .. 529), 'once each, in order');
    my (undef, $text) = cmd(qw(user list));
    is(scalar(() = $text =~ /\n/g), 435, 'as text, with a head line');
    rows($db, 'DELETE FROM account WHERE id >= 366');
    is(scalar @{ json(qw(user list)) }, 270, 'and so with fewer');
    rows($db, 'DELETE FROM account WHERE id >= 296');
    is(scalar @{ json(qw(user list)) }, 200, 'and with one page exactly');
    rows($db, 'DELETE FROM account WHERE id >= 100');
};

subtest 'token list goes through all pages, in little memory' => sub {
    my $many = 40_000;
    rows($db, "WITH RECURSIVE n(i) AS (SELECT 1 UNION ALL SELECT i + 1 "
        . "FROM n WHERE i < $many) INSERT INTO token (id, account_id, "
        . "digest, created_at) SELECT printf('%032x', i), 1, "
        . "printf('%064x', i), 1000000 + i / 7 FROM n");
    my $list = json(qw(token list anna));
    is(scalar @$list, $many, 'all are there');
    is(scalar(keys %{ { map { $_->{id} => 1 } @$list } }), $many,
        'once each');
    my @order = sort { $b->{created_at} cmp $a->{created_at}
                       || $a->{id} cmp $b->{id} } @$list;
    is(join(',', map { $_->{id} } @$list), join(',', map { $_->{id} } @order),
        'newest first');
    my $peak = peak_memory(qw(token list anna));
    cmp_ok($peak, '<', 24, 'MiB that the command takes for them');
    rows($db, 'DELETE FROM token WHERE rowid % 4 <> 0');
    is(scalar @{ json(qw(token list anna)) }, 10_000, 'two pages exactly');
    rows($db, 'DELETE FROM token');
    is((cmd(qw(token list anna --json)))[1], "[]\n", 'none');
};
{
    local $ENV{ACCTAUTH_PARAMS} = $db;
    system "$acctauth user list >/dev/full 2>/dev/null";
    is($? >> 8, 3, 'a full disk behind standard output shows');
}

# -------------------------------------------------------------------- tokens

sub give_tokens
{
    rows($db, 'DELETE FROM token');
    rows($db, "INSERT INTO token (id, account_id, digest, sealed, label, "
        . "created_at, expires_at) VALUES ('" . $_ x 32 . "', "
        . ($_ < 4 ? 1 : 2) . ", '" . $_ x 64 . "', "
        . ($_ == 1 ? "'1:secret'" : 'NULL')
        . ", 'some', ${_}000000, ${_}500000)") for 1 .. 4;
    return '1' x 32;
}
my $revocations = 'SELECT count(*) FROM revocation WHERE account_id = 1';
my $tokens = "SELECT group_concat(substr(id, 1, 1), '') FROM "
    . '(SELECT id FROM token ORDER BY id)';
my $first = give_tokens();

{
    my ($exit, $out) = cmd(qw(token list anna --json));
    my $list = JSON::PP->new->utf8->decode($out);
    is(join(' ', map { substr $_->{id}, 0, 1 } @$list), '3 2 1',
        'token list, newest first');
    is(join(' ', sort keys %{ $list->[2] }), 'created_at ends_at '
        . 'expires_at id label last_used network reusable',
        'members of a token');
    ok($list->[2]{reusable} && !$list->[0]{reusable}, 'reusable');
    is($list->[2]{expires_at}, '1970-01-01T00:00:01.500000Z', 'expires_at');
    is($list->[2]{last_used}, undef, 'last_used');
    unlike($out . (cmd(qw(token list anna)))[1], qr/secret|1{33}/,
        'neither what is sealed nor a digest');
    is((cmd(qw(token list dora --json)))[1], "[]\n", 'no tokens');
}
for my $case (['what?', 'anna'], ['one and all?', qw(anna x --all)],
              ['whose?'], ['whose, all?', '--all'],
              ['one and everyone?', qw(anna --everyone)],
              ['all and everyone?', qw(--all --everyone)]) {
    my ($name, @args) = @$case;
    ends(2, '', qr/NAME TOKEN_ID, NAME --all, or --everyone/, qw(token revoke),
        @args, "revoke $name");
}
ends(1, '', qr/no token with the id/, 'token', 'revoke', 'anna', '4' x 32,
    "another account's token");
is(rows($db, $tokens), "1234\n", 'ends nothing');
my $bound = '; servers follow within 2 s (AcctAuthRevocationBound; --wait '
    . "waits for it)\n";
ends(0, "ended 1 token of anna (#1)$bound", '', 'token', 'revoke', 'anna',
    $first, 'token revoke');
is(rows($db, $tokens), "234\n", 'ends that one');
is(rows($db, $revocations), "1\n", 'and notes it');
ends(0, "ended 2 tokens of anna (#1)$bound", '', qw(token revoke anna --all),
    'token revoke --all');
is(rows($db, $tokens), "4\n", 'ends those of the account');
is(rows($db, $revocations), "2\n", 'and notes it');

subtest 'token revoke --everyone' => sub {
    give_tokens();
    my $last = rows($db, 'SELECT coalesce(max(id), 0) FROM revocation');
    chomp $last;
    ends(0, "ended all tokens (4) of all accounts (4)$bound", '',
        qw(token revoke --everyone), 'says how many');
    is(rows($db, $tokens), "\n", 'ends all');
    is(rows($db, 'SELECT group_concat(account_id) FROM (SELECT account_id FROM '
            . "revocation WHERE id > $last ORDER BY account_id)"), "1,2,3,4\n", 'and notes it of every account');
    ends(0, qr/\Aended all tokens \(0\)/, '', qw(token revoke --everyone),
        'of nobody is fine');
};

subtest '--wait waits until servers have seen it' => sub {
    give_tokens();
    for my $case (['--wait', 2.5], ['--wait=0.3', 0.3], ['--wait=0', 0]) {
        my ($option, $seconds) = @$case;
        my $from = Time::HiRes::time();
        ends(0, "ended 0 tokens of dora (#4)\n", '', qw(token revoke dora
            --all), $option, $option);
        my $took = Time::HiRes::time() - $from;
        cmp_ok($took, '>=', $seconds, 'as long as that');
        cmp_ok($took, '<', $seconds + 2, 'and not much longer');
    }
    for my $bad ('', 'x', '1s', '-1', 'nan', 'inf', '3601') {
        ends(2, '', qr/write seconds/, qw(user block dora), "--wait=$bad",
            "--wait=$bad");
    }
    ends(2, '', qr/takes no --wait/, qw(user show dora --wait),
        'what ends no token');
    ends(1, '', qr/no account "--wait"/, qw(user show -- --wait),
        'a word behind -- is a word');
};

# ------------------------------------------------------- what ends tokens

my $hash = rows($db, 'SELECT password FROM account WHERE id = 1');
like($hash, qr/\A\$argon2id\$v=19\$m=19456,t=2,p=1\$/,
    'passwords are hashed as documented');
my @changes = (
    ['block', "blocked anna (#1); its tokens are ended$bound"],
    ['passwd', "changed the password of anna (#1); its tokens are ended$bound",
     '--password-stdin'],
);
for my $change (@changes) {
    my ($verb, $out, @more) = @$change;
    give_tokens();
    my $before = rows($db, $revocations);
    ends(0, $out, '', 'user', $verb, 'anna', @more,
        { stdin => "neues geheimnis\n" }, "user $verb");
    is(rows($db, $tokens), "4\n", 'ends all tokens of the account');
    is(rows($db, $revocations), $before + 1 . "\n", 'and notes it');
}
isnt(rows($db, 'SELECT password FROM account WHERE id = 1'), $hash,
    'the password is another');
is(json(qw(user show anna))->{is_active}, JSON::PP::false, 'blocked');
give_tokens();
ends(0, "unblocked anna (#1)\n", '', qw(user unblock anna), 'user unblock');
is(json(qw(user show anna))->{is_active}, JSON::PP::true, 'unblocked');
is(rows($db, $tokens), "1234\n", 'ends no token');
ends(1, '', qr/empty/, qw(user passwd anna --password-stdin),
    { stdin => "\n" }, 'an empty new password');
is(rows($db, $tokens), "1234\n", 'changes nothing');
ends(0, "deleted anna (#1) and its tokens$bound", '', qw(user delete anna),
    'user delete');
is(rows($db, $tokens), "4\n", 'with its tokens');
ends(1, '', qr/no account "anna"/, qw(user delete anna), 'gone is gone');
ends(1, '', qr/username is taken, or held/,
    qw(user add anna --password-stdin), { stdin => "p\n" }, 'anna is held');
ends(0, "released ANNA\n", '', qw(user release ANNA), 'user release');
ends(1, '', qr/"anna" is not held/, qw(user release anna), 'only once');
ends(0, qr/\Aadded anna \(#[2-9]\d*\)\n/, '',
    qw(user add anna --password-stdin), { stdin => "p\n" }, 'anna again');
is(rows($db, 'SELECT count(*) FROM account WHERE id = 1'), "0\n",
    'has another id');

# -------------------------------------------------------------- bad databases

sub broken_copy
{
    my ($sql) = @_;
    unlink "$dir/bad.db";
    rows($db, "VACUUM INTO '$dir/bad.db'");
    rows("$dir/bad.db", $sql) if $sql;
    return "$dir/bad.db";
}
my $set = "UPDATE meta SET value = '%s' WHERE name = 'schema_version'";
ends(0, qr/anna/, '', 'user', 'list', '-p', broken_copy(''), 'a copy');
ends(3, '', qr/version 9, made by a newer/, 'user', 'list', '-p',
    broken_copy(sprintf $set, 9), 'a newer schema');
ends(3, '', qr/damaged: .*token\.digest/, 'user', 'list', '-p',
    broken_copy('DROP INDEX token_digest'), 'a unique index is gone');
ends(3, '', qr/damaged: .*revocation/, 'user', 'list', '-p',
    broken_copy('DROP TABLE revocation'), 'a table is gone');
spew("$dir/junk.db", 'no database at all, but text ' x 100);
ends(3, '', qr/not a database/, 'user', 'list', '-p', "$dir/junk.db",
    'no database');
spew("$dir/empty.db", '');
ends(3, '', qr/no accounts' tables.*acctauth init/, 'user', 'list', '-p',
    "$dir/empty.db", 'an empty file');
mkdir "$dir/folder";
ends(3, '', qr/not a plain file/, 'user', 'list', '-p', "$dir/folder",
    'a folder');

subtest 'a database that another program writes to is waited for' => sub {
    my $pid = fork;
    die "cannot fork: $!\n" if !defined $pid;
    if ($pid == 0) {
        open STDIN, '<', '/dev/null';
        exec 'sqlite3', '-batch', $db, '-cmd', 'BEGIN IMMEDIATE', '-cmd',
            '.shell touch ' . "$dir/locked" . '; sleep 4';
    }
    await(sub { -e "$dir/locked" }, 'the lock');
    is((cmd(qw(user show dora)))[0], 0, 'a look is not kept waiting');
    is((cmd(qw(user block dora)))[0], 0, 'a change comes after it');
    waitpid $pid, 0;
};

# ------------------------------------------------------------------ dialects

subtest 'dialect check' => sub {
    my ($exit, $out, $err) = cmd('dialect', 'check', "$dir/none.json",
        { env => { ACCTAUTH_PARAMS => '' } });
    is($exit, 3, 'a file that is not there');
    like($err, qr/\Q$dir\E\/none\.json/, 'is named');
    spew("$dir/bad.json", "{\n  \"routes\": [,]\n}\n");
    ($exit, $out, $err) = cmd('dialect', 'check', "$dir/bad.json");
    is($exit, 1, 'a file with mistakes');
    is($out, '', 'is not ok');
    like($err, qr/\Q$dir\E\/bad\.json: ?2:/, 'file and line are told');

    POSIX::mkfifo("$dir/fifo", 0600) or die "mkfifo: $!\n";
    local $SIG{ALRM} = sub { die "it waits for a FIFO\n" };
    for my $odd ("$dir/fifo", $dir, '/dev/zero', '/dev/tty') {
        next if !-e $odd;
        alarm 20;
        ($exit, $out, $err) = cmd('dialect', 'check', $odd);
        alarm 0;
        is($exit, 1, "$odd: refused at once");
        like($err, qr/is no file; name a dialect file/, 'and told');
    }
    spew("$dir/del.json", "{\"routes\":[{\"operation\":\"register\","
        . "\"fields\":{\"\x7f\xc2\x9b\":\"username\"},\"responses\":{}}]}");
    ($exit, $out, $err) = cmd('dialect', 'check', "$dir/del.json");
    is($exit, 1, 'control characters in a name');
    unlike($err, qr/[\x7f\x9b]/, 'are not printed');
    like($err, qr/\\u007f\\u009b/, 'but as escapes');

    my @good = grep { !/base/ } glob "$tree/conf/dialects/*.json";
    return if !@good;
    ($exit, $out, $err) = cmd('dialect', 'check', @good);
    is($exit, 0, 'the dialects that come along');
    my $ok = ': ok (a running server takes it up when it is reloaded)';
    is($out, join('', map { "$_$ok\n" } @good),
        'are ok, and it is told when they hold');
    is($err, '', 'and nothing is complained about');
    ($exit, $out) = cmd('dialect', 'check', "$dir/bad.json", $good[0]);
    is($exit, 1, 'one bad file among good ones');
    is($out, "$good[0]$ok\n", 'does not hide the others');
};

done_testing();
