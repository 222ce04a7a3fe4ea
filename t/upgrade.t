#!/usr/bin/perl
# SPDX-License-Identifier: Apache-2.0
# mpm: any, the command does it
#
# acctauth upgrade: a database as an older version made it becomes the current
# one, whole or not at all, and its tokens go on.

use strict;
use warnings;
use lib 't/lib';
use AcctTest;
use Digest::SHA ();
use POSIX ();
use Test::More;

my $CURRENT = 6;
my $HOUR = 3_600_000_000;
my $now = time * 1_000_000;

my $s = AcctTest->prepare(hash => 'argon2id m=8 t=1 p=1', conf => <<'CONF');
AcctAuthRevocationBound 0
<Location "/private/">
    AcctAuthProtect On
</Location>
CONF
$s->write('htdocs/private/a.txt', "private\n");

sub token { sprintf '%064x', 0xabc00 + $_[0] }
sub value { my ($row) = $s->sql($_[0]); return $row->[0] }
sub version { value("SELECT value FROM meta WHERE name = 'schema_version'") }
sub columns
{
    return join ' ', map { $_->[0] } $s->driver eq 'pgsql'
        ? $s->sql("SELECT attname FROM pg_attribute WHERE attrelid = "
            . "'token'::regclass AND attnum > 0 AND NOT attisdropped "
            . 'ORDER BY attnum')
        : $s->sql("SELECT name FROM pragma_table_info('token')");
}

# All that a catalogue has of the tables, in whichever order it was made.
sub schema { return join "\n", sort $s->driver eq 'pgsql' ? server() : file() }

sub server
{
    return map { $_->[0] } $s->sql("SELECT concat_ws(' ', table_name, "
        . 'column_name, data_type, is_nullable, collation_name, '
        . 'column_default, is_identity) FROM information_schema.columns '
        . "WHERE table_schema = 'public' UNION ALL SELECT indexdef "
        . "FROM pg_indexes WHERE schemaname = 'public' UNION ALL "
        . "SELECT conrelid::regclass || ' ' || pg_get_constraintdef(oid) "
        . "FROM pg_constraint WHERE connamespace = 'public'::regnamespace");
}

# sqlite has no catalogue of checks but the text of the table.
sub file
{
    my $group;
    $group = qr/\((?:[^()']++|'[^']*'|(??{ $group }))*\)/;
    my @checks;
    for my $row ($s->sql('SELECT name, sql FROM sqlite_master '
                         . "WHERE type = 'table'")) {
        my ($table, $text) = @$row;
        push @checks, map { "$table CHECK " . s/\s+/ /gr }
            $text =~ /\bCHECK\s*($group)/g;
    }
    return @checks, map { $_->[0] }
        $s->sql("SELECT m.name || ' ' || c.name || ' ' || c.type || ' ' "
            . "|| c.\"notnull\" || c.pk || ' ' || coalesce(c.dflt_value, '') "
            . 'FROM sqlite_master m, pragma_table_info(m.name) c '
            . "WHERE m.type = 'table' UNION ALL SELECT m.name || ' ' "
            . "|| k.\"from\" || ' ' || k.\"table\" || ' ' || k.on_delete "
            . 'FROM sqlite_master m, pragma_foreign_key_list(m.name) k '
            . "WHERE m.type = 'table' UNION ALL SELECT sql "
            . "FROM sqlite_master WHERE type = 'index' AND sql IS NOT NULL");
}

sub make_version
{
    my ($version) = @_;
    my $key = value("SELECT value FROM meta WHERE name = 'key_id'");
    $s->sql("DROP TABLE $_") for qw(known_network limited
        limit_clear link name_hold recovery_code mail mail_count
        import_run imported token revocation account meta);
    $s->sql(slurp(tree() . "/t/fixtures/schema-$version-" . $s->driver
        . '.sql'));
    $s->sql("INSERT INTO meta (name, value) VALUES ('key_id', '$key')");
    $s->sql("INSERT INTO account (username, username_key, password, "
        . "created_at) VALUES ('ann', 'ann', '!', 1)");
    my $n = 0;
    for my $expires (0, $now + $HOUR, $now - $HOUR) {
        $n++;
        $s->sql('INSERT INTO token (id, account_id, digest, created_at, '
            . "expires_at) VALUES ('" . $n x 32 . "', 1, '"
            . Digest::SHA::sha256_hex(token($n)) . "', 1, $expires)");
    }
}

sub upgrade { $s->cli('upgrade') }
my $fresh = columns();
my $whole = schema();
make_version(1);

subtest 'an older schema is told with the command that mends it' => sub {
    my ($ok, $text) = $s->configtest;
    ok($ok, 'configtest takes the configuration');
    like($text, qr/schema version 1.*acctauth upgrade/, 'and says why');
    my ($exit, undef, $err) = $s->cli('user', 'list');
    is($exit, 3, 'the command fails');
    like($err, qr/schema version 1.*acctauth upgrade/, 'and says why');
};

subtest 'a step that fails leaves all as it was' => sub {
    $s->sql('ALTER TABLE token ADD COLUMN sliding INTEGER');
    my $before = columns();
    my ($exit, $out, $err) = upgrade();
    is($exit, 3, 'it fails');
    like($err, qr/sliding/, 'and says what is in the way');
    is($out, '', 'without success');
    is(version(), 1, 'the version is the old one');
    is(columns(), $before, 'and so are the columns');
    $s->sql('ALTER TABLE token DROP COLUMN sliding');
};

subtest 'two at once do it once' => sub {
    my @pids;
    for (1 .. 2) {
        my $pid = fork;
        die "cannot fork: $!\n" if !defined $pid;
        if ($pid == 0) {
            my ($exit, undef, $err) = upgrade();
            print STDERR $err if $exit;
            POSIX::_exit($exit);
        }
        push @pids, $pid;
    }
    for (@pids) {
        waitpid $_, 0;
        is($?, 0, 'well');
    }
    is(version(), $CURRENT, 'the current version');
    is(columns(), $fresh, 'the columns are those that init makes');
};

subtest 'tokens keep their ends' => sub {
    is(value('SELECT count(*) FROM token WHERE ends_at = expires_at '
        . 'AND sliding = 0'), 3, 'as they were');
    is($s->run, undef, 'the server starts');
    is($s->get('/private/a.txt', token => token($_->[0]))->{status},
        $_->[1], $_->[2]) for [1, 200, 'without an end'],
        [2, 200, 'before it'], [3, 401, 'after it'];
};

subtest 'again it does nothing' => sub {
    my ($exit, $out) = upgrade();
    is($exit, 0, 'well');
    like($out, qr/current already/, 'and says so');
    is(version(), $CURRENT, 'the version stays');
};

subtest 'a newer schema is left alone' => sub {
    $s->sql("UPDATE meta SET value = '99' WHERE name = 'schema_version'");
    my ($exit, $out, $err) = upgrade();
    is($exit, 3, 'refused');
    like($err, qr/version 99, made by a newer/, 'with the reason');
    is(version(), 99, 'the version stays');
    $s->sql('UPDATE meta SET value = ' . "'$CURRENT' "
        . "WHERE name = 'schema_version'");
};

subtest "each older version becomes what init makes" => sub {
    for my $version (1 .. $CURRENT - 1) {
        make_version($version);
        my ($exit, $out, $err) = upgrade();
        is($exit, 0, "from $version: well") or diag($err);
        like($out, qr/from schema version $version to $CURRENT/,
            'and says so');
        is(schema(), $whole, 'the tables are the same');
        is(version(), $CURRENT, 'the version is the current one');
    }
};

subtest 'what was there before is as it was, and unverified' => sub {
    make_version(4);
    $s->sql("UPDATE account SET email = 'Ann\@x.org', email_key = "
        . "'ann\@x.org', last_login = 7");
    my $all = sub { join '|', map { $_ // '-' } map { @$_ } $s->sql('SELECT '
        . 'username, email, email_key, is_active, last_login FROM account') };
    my $before = $all->();
    my ($exit, undef, $err) = upgrade();
    is($exit, 0, 'upgraded') or diag($err);
    is($all->(), $before, 'the account');
    is_deeply([$s->sql('SELECT pending_until, email_verified_at, '
        . 'password_changed_at, totp_confirmed_at, totp_step FROM account')],
        [[(0) x 5]], 'active, with nothing of what is new');
    is(value("SELECT count(*) FROM token WHERE network = ''"), 3,
        'nothing is known of where its tokens come from');
    is(value('SELECT count(*) FROM token WHERE form = 0'), 3,
        'and they are of this system');
    is(($s->cli(qw(user set --all --verified)))[0], 0, 'all are verified');
    ok(value('SELECT email_verified_at FROM account') > 0, 'when asked');
};

subtest "a server's role may use the tables that an upgrade makes" => sub {
    plan skip_all => 'a file has no roles' if $s->driver eq 'sqlite3';
    make_version(3);
    $s->sql('CREATE ROLE upgrade_server');
    $s->sql('GRANT SELECT, INSERT, UPDATE, DELETE ON meta, account, token, '
        . 'revocation TO upgrade_server');
    my ($exit, undef, $err) = upgrade();
    is($exit, 0, 'upgraded') or diag($err);
    for my $table (qw(known_network limited limit_clear link name_hold
                     recovery_code mail mail_count import_run imported)) {
        is(value("SELECT string_agg(p, ' ') FROM unnest(ARRAY['SELECT', "
            . "'INSERT', 'UPDATE', 'DELETE']) AS p WHERE "
            . "has_table_privilege('upgrade_server', '$table', p)"),
           'SELECT INSERT UPDATE DELETE', $table);
    }
    $s->sql('DROP OWNED BY upgrade_server');
    $s->sql('DROP ROLE upgrade_server');
};

# Statements of a server's connection outlive a new column: there the old
# connections go on.
subtest 'a running server opens no newer schema' => sub {
    $s->sql("UPDATE meta SET value = '99' WHERE name = 'schema_version'; "
        . 'ALTER TABLE account ADD COLUMN phone TEXT');
    $s->graceful if $s->driver eq 'pgsql';
    is($s->get('/private/a.txt', token => token(1))->{status}, 503,
        'it does not know it');
};

done_testing;
