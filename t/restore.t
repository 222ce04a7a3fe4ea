#!/usr/bin/perl
# SPDX-License-Identifier: Apache-2.0
# mpm: any, the database and the command do it
#
# A backup and its restoring, with the commands of docs/backup.md: the
# accounts are there again, tokens that were ended since are good again, and
# `acctauth token revoke --everyone` ends them all, in servers that run too.

use strict;
use warnings;
use lib 't/lib';
use AcctTest;
use POSIX ();
use Test::More;
use Time::HiRes ();

my $BOUND = 2;
my $s = AcctTest->start(hash => 'argon2id m=8 t=1 p=1', conf => <<'CONF');
<Location "/private/">
    AcctAuthProtect On
</Location>
CONF
$s->write('htdocs/private/a.txt', "private\n");
my $is_pg = $s->driver eq 'pgsql';

sub run
{
    my ($exit, $out, $err) = AcctTest::_run_command(undef, {}, @_);
    is($exit, 0, "@_") or diag($out . $err);
}

my $copy = $s->dir . '/copy.db';
my @pg = $is_pg ? ('-h', $s->{pg}->dir, '-p', $s->{pg}->port, '-U',
                   'postgres') : ();

# As an operator of either database makes a copy while the server runs.
sub back_up
{
    my ($way) = @_;
    return run('pg_dump', @pg, '-Fc', '-f', $copy, $s->{dbname}) if $is_pg;
    unlink $copy;
    run('sqlite3', $s->db, $way eq 'backup' ? ".backup '$copy'"
                                            : "VACUUM INTO '$copy'");
}

# The server does not run meanwhile.
sub restore
{
    if ($is_pg) {
        my $admin = $s->{pg};
        $admin->sql("DROP DATABASE $s->{dbname} WITH (FORCE)");
        $admin->sql("CREATE DATABASE $s->{dbname}");
        $admin->sql("REVOKE CONNECT, TEMPORARY ON DATABASE $s->{dbname} "
            . 'FROM PUBLIC');
        return run('pg_restore', @pg, '-d', $s->{dbname}, $copy);
    }
    unlink map { $s->db . $_ } '', '-wal', '-shm';
    run('install', '-m', '0600', ($s->{user} ? ('-o', $s->{user}{name},
        '-g', $s->{user}{group}) : ()), $copy, $s->db);
}

sub sign_up
{
    my ($name) = @_;
    my $r = $s->post('/api/auth/register/',
                     { username => $name, password => 'correct horse' });
    return ($r->{json} || {})->{token};
}

sub page { $s->get('/private/a.txt', token => $_[0])->{status} }
sub sign_out { $s->post('/api/auth/logout/', undef, token => $_[0]) }

for my $way ($is_pg ? 'pg_dump' : ('backup', 'vacuum')) {
    subtest "$way: a copy brings accounts and ended tokens back" => sub {
        my ($ended, $kept) = map { sign_up("$way-$_") } qw(ended kept);
        is(page($_), 200, 'a token') for $ended, $kept;
        back_up($way);
        sign_out($ended);
        is(page($ended), 401, 'it is ended');
        my $later = sign_up("$way-later");
        $s->stop;
        restore();
        $s->run and die 'does not start again';
        is(page($later), 401, 'what came after the copy is gone');
        is(page($ended), 200, 'the ended token is good again');
        is(page($kept), 200, 'and is believed for a while') for 1 .. 3;

        my ($exit, $out) = $s->cli(qw(token revoke --everyone --wait));
        is($exit, 0, 'token revoke --everyone --wait');
        like($out, qr/^ended all tokens \(\d+\) of all accounts \(\d+\)$/,
            'says what it did');
        is(page($_), 401, 'no token is let in') for $ended, $kept;
        is(page(sign_up("$way-new")), 200, 'a new one is');
    };
}

subtest 'tokens that are being made meanwhile' => sub {
    my $stop = $s->dir . '/stop';
    my @pids;
    for my $child (1 .. 4) {
        my $pid = fork;
        die "cannot fork: $!\n" if !defined $pid;
        if (!$pid) {
            my @tokens;
            until (-e $stop) {
                my $asked = Time::HiRes::time();
                my $token = sign_up("many-$child-" . @tokens);
                push @tokens, join(' ', $asked, Time::HiRes::time(), $token)
                    . "\n" if $token;
            }
            AcctTest::spew($s->dir . "/tokens.$child", join '', @tokens);
            POSIX::_exit(0);
        }
        push @pids, $pid;
    }
    Time::HiRes::sleep(1);
    my $begun = Time::HiRes::time();
    is(($s->cli(qw(token revoke --everyone)))[0], 0, 'done between them');
    my $done = Time::HiRes::time();
    Time::HiRes::sleep(1);
    AcctTest::spew($stop, '');
    waitpid $_, 0 for @pids;
    Time::HiRes::sleep($BOUND);
    my (@before, @after);
    for my $line (map { split /^/, AcctTest::slurp($s->dir . "/tokens.$_") }
                  1 .. 4) {
        my ($asked, $answered, $token) = split ' ', $line;
        push @before, $token if $answered < $begun;
        push @after, $token if $asked > $done;
    }
    cmp_ok(scalar @before, '>', 0, scalar(@before) . ' were made before');
    cmp_ok(scalar @after, '>', 0, scalar(@after) . ' after');
    is(scalar(grep { page($_) != 401 } @before), 0, 'those before are ended');
    is(scalar(grep { page($_) != 200 } @after), 0, 'those after are good');
};

subtest 'many of them, in little time' => sub {
    my $many = 30_000;
    $s->sql($is_pg
        ? 'INSERT INTO account (username, username_key, password, created_at)'
          . " SELECT 'm' || i, 'm' || i, 'x', 0 FROM generate_series(1, "
          . "$many) i"
        : "WITH RECURSIVE n(i) AS (SELECT 1 UNION ALL SELECT i + 1 FROM n "
          . "WHERE i < $many) INSERT INTO account (username, username_key, "
          . "password, created_at) SELECT 'm' || i, 'm' || i, 'x', 0 FROM n");
    my $hex = $is_pg ? "lpad(to_hex(id), %d, '0')" : "printf('%%0%dx', id)";
    $s->sql(sprintf 'INSERT INTO token (id, account_id, digest, created_at) '
        . "SELECT $hex, id, $hex, 0 FROM account WHERE username LIKE 'm%%'",
        32, 64);
    my $token = sign_up('one-more');
    is(page($token), 200, 'a token') for 1 .. 3;
    my $from = Time::HiRes::time();
    my ($exit, $out) = $s->cli(qw(token revoke --everyone --wait));
    is($exit, 0, 'done');
    cmp_ok(Time::HiRes::time() - $from, '<', 30, 'within half a minute');
    is(page($token), 401, 'and seen');
    is(($s->sql('SELECT count(*) FROM token'))[0][0], 0, 'none is left');
};

$s->stop;
done_testing();
