#!/usr/bin/perl
# SPDX-License-Identifier: Apache-2.0
#
# The operator's command on PostgreSQL: each of its verbs, and two that make
# the tables at the same time.
# driver: pgsql

use strict;
use warnings;
use lib 't/lib';
use AcctTest;
use PgServer;
use Test::More;

use File::Temp ();
use JSON::PP ();
use POSIX ();

my $pg = PgServer->shared;
my $name = $pg->database;
my $dir = File::Temp::tempdir('acctauth-cli-XXXXXXXX', TMPDIR => 1,
                              CLEANUP => 1);
my $params = $pg->params($name);
delete @ENV{qw(ACCTAUTH_DRIVER ACCTAUTH_PARAMS)};
my @database = ('-d', 'pgsql', '-p', $params);

sub cmd
{
    my $stdin = ref $_[-1] ? ${ pop @_ } : undef;
    return AcctTest::_run_command($stdin, {}, build_dir() . '/acctauth', @_);
}

# does(EXIT, PATTERN, ARGS...): of all that it says.
sub does
{
    my ($exit, $pattern, @args) = @_;
    my $stdin = ref $args[-1] ? pop @args : \'';
    my @got = cmd(@args, @database, $stdin);
    local $Test::Builder::Level = $Test::Builder::Level + 1;
    is($got[0], $exit, "@args: $exit") or diag($got[2]);
    like($got[1] . $got[2], $pattern, '  and says so');
    return $got[1];
}

sub sql { $pg->sql($_[0], $name) }

# ------------------------------------------------------------------- init

subtest 'two that make the tables at once: one does' => sub {
    for my $round (1 .. 5) {
        sql('DROP SCHEMA public CASCADE; CREATE SCHEMA public');
        my @pids;
        for my $i (1 .. 4) {
            my $pid = fork;
            if (!$pid) {
                my ($exit, $out, $err) = cmd('init', @database, '--key',
                                             "$dir/key.$round.$i");
                AcctTest::spew("$dir/said.$round.$i", "$exit $out$err");
                POSIX::_exit(0);
            }
            push @pids, $pid;
        }
        waitpid $_, 0 for @pids;
        my @said = map { slurp("$dir/said.$round.$_") } 1 .. 4;
        my @exits = sort map { /^(\d+)/ } @said;
        is("@exits", '0 1 1 1', "round $round: one of four") or diag(@said);
        is(scalar(grep { /already; nothing was made/ } @said), 3,
            '  the others say why not');
        my @keys = glob "$dir/key.$round.*";
        is(scalar @keys, 1, '  one key, and nothing half-made');
        my ($winner) = grep { $said[$_ - 1] =~ /^0/ } 1 .. 4;
        is("@keys", "$dir/key.$round.$winner", '  of the one that did');
    }
};

subtest 'twice is once' => sub {
    does(1, qr/already; nothing was made/, 'init', '--key', "$dir/key.again");
    ok(!-e "$dir/key.again", 'without a key');
};

# How many have the lock of those that make tables, or wait for it.
sub locks
{
    my ($granted) = @_;
    return (sql("SELECT count(*) FROM pg_locks WHERE locktype = 'advisory' "
        . "AND objid = 7133218 AND granted = $granted"))[0][0];
}

# Another session holds the lock that init waits for, until CODE is done.
sub while_locked
{
    my ($code) = @_;
    open my $held, '|-', PgServer::psql(), '-qXo', '/dev/null', $params
        or die "psql: $!";
    $held->autoflush(1);
    print {$held} "SELECT pg_advisory_lock(7133218);\n";
    await(sub { locks('true') }, 'the lock is held');
    $code->();
    close $held;
}

subtest 'an init that is told to stop while it waits makes nothing' => sub {
    sql('DROP SCHEMA public CASCADE; CREATE SCHEMA public');
    for my $signal (qw(INT TERM HUP)) {
        my ($pid, $said) = (undef, "$dir/stopped.$signal");
        while_locked(sub {
            $pid = fork;
            die "cannot fork: $!\n" if !defined $pid;
            if (!$pid) {
                $SIG{$signal} = 'DEFAULT';
                open STDOUT, '>', $said;
                open STDERR, '>&', \*STDOUT;
                exec build_dir() . '/acctauth', 'init', @database, '--key',
                    "$dir/key.stopped";
            }
            await(sub { locks('false') }, 'it waits for the lock');
            kill $signal, $pid;
        });
        waitpid $pid, 0;
        ok($? & 127, "$signal: ended by it");
        is(slurp($said), "acctauth: interrupted: nothing was made\n",
            '  which is what it says');
        ok(!glob("$dir/key.stopped*"), '  and so it is: no key');
        is((sql("SELECT count(*) FROM pg_tables WHERE schemaname = 'public'"))
            [0][0], 0, '  nor tables');
    }
    does(0, qr/made the tables/, 'init', '--key', "$dir/key.after");
};

# --------------------------------------------------------------- accounts

my $password = \"geheim-1\n";
does(0, qr/ada/, qw(user add ada --email ada@example.org --first-name Ada
    --staff --password-stdin), $password);
does(0, qr/eve/, qw(user add eve --password-stdin), $password);
does(1, qr/taken|already/i, qw(user add ADA --password-stdin), $password);
does(1, qr/taken|already/i, qw(user add --no-username --email
    Ada@Example.ORG --password-stdin), $password);
does(0, qr/ada.*eve/s, qw(user list));
my $list = JSON::PP->new->utf8->decode(does(0, qr/\[/, qw(user list --json)));
is(ref $list, 'ARRAY', 'a list') && is(scalar @$list, 2, 'of two');
does(0, qr/ada\@example\.org/, qw(user show ada));
does(0, qr/ada/, qw(user show ada@example.org));
does(1, qr/no account "nobody"/, qw(user show nobody));

# two tokens, as the module would have made them
sub add_tokens
{
    sql("INSERT INTO token (id, account_id, digest, created_at) VALUES "
        . join ', ', map { sprintf "('%032x', 1, '%064x', 1)", $_, $_ } @_);
}
add_tokens(1, 2, 3);
does(0, qr/0{31}1.*0{31}2|0{31}2.*0{31}1/s, qw(token list ada));
does(0, qr//, qw(token revoke ada), sprintf '%032x', 1);
is(scalar(my @left = sql('SELECT id FROM token')), 2, 'two are left');
does(0, qr//, qw(token revoke ada --all));
is(scalar(@left = sql('SELECT id FROM token')), 0, 'none is');
is((sql('SELECT count(*) FROM revocation'))[0][0], 2, 'and it is noted');

add_tokens(4);
does(0, qr//, qw(user block ada));
is((sql('SELECT is_active FROM account WHERE id = 1'))[0][0], 0, 'blocked');
is(scalar(@left = sql('SELECT id FROM token')), 0, 'tokens and all');
does(0, qr//, qw(user unblock ada));
is((sql('SELECT is_active FROM account WHERE id = 1'))[0][0], 1, 'unblocked');

add_tokens(5);
my $hash = 'SELECT password FROM account WHERE id = 1';
my ($before) = map { $_->[0] } sql($hash);
does(0, qr//, qw(user passwd ada --password-stdin), \"another-2\n");
my ($after) = map { $_->[0] } sql($hash);
isnt($after, $before, 'another password');
is(scalar(@left = sql('SELECT id FROM token')), 0, 'ends the tokens');

add_tokens(6);
does(0, qr//, qw(user delete ada));
is_deeply([sql('SELECT id FROM account')], [[2]], 'deleted');
is(scalar(@left = sql('SELECT id FROM token')), 0, 'with its token');
does(1, qr/held/, qw(user add ada --password-stdin), $password);
does(0, qr//, qw(user release ada));
does(0, qr//, qw(user add ada --password-stdin), $password);
is((sql("SELECT id FROM account WHERE username = 'ada'"))[0][0] > 2, 1,
    'another one of that name has another number');

# ------------------------------------------------------------ when it fails

subtest 'a database that is away' => sub {
    my ($exit, $out, $err) = cmd('user', 'list', '-d', 'pgsql', '-p',
                                 "host=$dir dbname=x user=y");
    is($exit, 3, 'is told');
    like($err, qr/host=\Q$dir\E dbname=x user=y: .*No such file/, 'which');
};

subtest 'a database that only reads' => sub {
    $pg->sql("ALTER DATABASE $name SET default_transaction_read_only = on");
    does(0, qr/eve/, qw(user list));
    does(3, qr/25006/, qw(user block eve));
    $pg->sql("ALTER DATABASE $name RESET default_transaction_read_only");
    does(0, qr//, qw(user block eve));
};

$pg->drop($name);
done_testing;
