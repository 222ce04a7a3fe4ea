#!/usr/bin/perl
# SPDX-License-Identifier: Apache-2.0
# mpm: any, the command does it
#
# acctauth upgrade of a database whose keys have domains as they were typed:
# accounts that claim one address then, the copy that is made before, and a
# server that goes on to write by the older schema.

use strict;
use warnings;
use utf8;
use lib 't/lib';
use AcctTest;
use Cwd ();
use Encode ();
use POSIX ();
use Test::More;
use Time::HiRes ();

my $CURRENT = 6;
my $PASSWORD = 'correct horse';

my $s = AcctTest->prepare(hash => 'argon2id m=8 t=1 p=1', api => 0,
    conf => <<'CONF');
<Location "/api/v1/users/">
    AcctAuthAPI users-v1
</Location>
<Location "/api/auth/">
    AcctAuthAPI auth-register
</Location>
CONF
my $is_file = $s->driver eq 'sqlite3';

sub value { my ($row) = $s->sql($_[0]); return $row->[0] }
sub version { value("SELECT value FROM meta WHERE name = 'schema_version'") }
sub text { return Encode::decode('UTF-8', $_[0]) }
sub accounts
{
    return join "\n", map { join '|', map { defined() ? text($_) : '-' } @$_ }
        $s->sql('SELECT id, username, username_key, email, email_key '
            . 'FROM account ORDER BY id');
}

my ($key, $hash);

# make_old(ROWS): as version 2 has them; a row is [username, key, email, key].
sub make_old
{
    my (@rows) = @_;
    my $n = 0;
    $s->sql("DROP TABLE $_") for qw(known_network limited
        limit_clear link name_hold recovery_code mail mail_count
        import_run imported token
        revocation account meta);
    $s->sql(slurp(tree() . '/t/fixtures/schema-2-' . $s->driver . '.sql'));
    $s->sql("INSERT INTO meta (name, value) VALUES ('key_id', '$key')");
    for my $row (@rows) {
        my $values = join ', ', map { defined() ? "'$_'" : 'NULL' } @$row;
        $n++;
        $s->sql('INSERT INTO account (username, username_key, email, '
            . 'email_key, password, created_at) VALUES '
            . "($values, '$hash', ${n}000000)");
    }
}

sub upgrade
{
    my ($exit, $out, $err) = $s->cli('upgrade', @_);
    return ($exit, text($out), text($err));
}
sub copies { my @found = glob $s->db . '.schema-*'; return @found }
sub login
{
    my ($path, %fields) = @_;
    return $s->post($path, { password => $PASSWORD, %fields })
        ->{status};
}

# What each version hashes alike.
$s->account(username => 'hash', password => $PASSWORD);
$key = value("SELECT value FROM meta WHERE name = 'key_id'");
$hash = value('SELECT password FROM account');

my @clashing = (
    [undef, undef, 'info@dömäin.com', 'info@dömäin.com'],
    ['bob', 'bob', 'info@xn--dmin-moa0i.com', 'info@xn--dmin-moa0i.com'],
    [undef, undef, 'INFO@XN--DMIN-MOA0I.de', 'info@xn--dmin-moa0i.de'],
    [undef, undef, 'info@dömäin.de', 'info@dömäin.de'],
    ['q@dömäin.net', 'q@dömäin.net', undef, undef],
    ['eve', 'eve', 'q@xn--dmin-moa0i.net', 'q@xn--dmin-moa0i.net'],
    [undef, undef, 'r@straße.de', 'r@strasse.de']);

subtest 'a rehearsal names who clashes, while the older version serves' => sub {
    make_old(@clashing);
    my $before = accounts();
    my ($exit, $out, $err) = upgrade('--dry-run');
    is($exit, 1, 'it ends with 1');
    is($err, '', 'and complains of nothing');
    like($out, qr/version 2 and would be upgraded to $CURRENT/,
        'it says what it would do');
    like($out, qr/^info\@xn--dmin-moa0i\.com is one name now:$/m,
        'it names what is one name');
    like($out, qr/^  #1 has the address info\@dömäin\.com since .*: keeps it$/m,
        'the older account keeps it');
    like($out, qr/^  #2 has the address info\@xn--.*: loses it$/m,
        'the other loses it');
    like($out, qr/^info\@xn--dmin-moa0i\.de .*\n\s+#3 .*keep.*\n\s+#4 .*lose/m,
        'whichever is spelled how');
    like($out, qr/\s+#5 has the name q\@dömäin\.net .*\n\s+#6 has the address/,
        'a name and an address of another');
    unlike($out, qr/#7/, 'who does not clash is not named');
    is(version(), 2, 'the version is the older one');
    is(accounts(), $before, 'nothing was changed');
};

subtest 'with clashes nothing is changed' => sub {
    my $before = accounts();
    my ($exit, $out, $err) = upgrade();
    is($exit, 1, 'it ends with 1');
    like($out, qr/#1 .*\n\s+#2 /, 'it lists them');
    like($err, qr/3 of the names.*Nothing was changed.*--keep-oldest/s,
        'and says what to do');
    is(version(), 2, 'the version is the older one');
    is(accounts(), $before, 'and so are the accounts');
    is(scalar copies(), 0, 'there is no copy') if $is_file;
};

subtest '--keep-oldest leaves addresses to who had them first' => sub {
    my ($exit, $out, $err) = upgrade('--keep-oldest');
    is($exit, 0, 'well') or diag($err);
    like($out, qr/#4 has the address.*lose/, 'it says who lost what');
    is(version(), $CURRENT, 'the version is the current one');
    is(accounts(), join("\n",
        '1|-|-|info@dömäin.com|info@xn--dmin-moa0i.com',
        '2|bob|bob|-|-',
        '3|-|-|INFO@XN--DMIN-MOA0I.de|info@xn--dmin-moa0i.de',
        '4|#4|#4|-|-',
        '5|q@dömäin.net|q@xn--dmin-moa0i.net|-|-',
        '6|eve|eve|-|-',
        '7|-|-|r@straße.de|r@xn--strae-oqa.de'),
        'the others keep account and name');
};

subtest 'who kept an address signs in by each of its spellings' => sub {
    is($s->run, undef, 'the server starts');
    is(login('/api/v1/users/login/', email => $_), 200, $_)
        for 'info@dömäin.com', 'info@xn--dmin-moa0i.com', 'INFO@DÖMÄIN.COM',
        'info@dömäin.de', 'r@straße.de', 'r@xn--strae-oqa.de';
    is(login('/api/v1/users/login/', email => 'r@strasse.de'), 400,
        'not by another domain');
    is(login('/api/auth/login/', username => $_), 200, $_)
        for 'bob', 'q@dömäin.net', 'q@xn--dmin-moa0i.net', '#4';
    $s->stop;
};

subtest 'a file is copied before' => sub {
    plan skip_all => 'a server is copied by its own means' if !$is_file;
    my @found = copies();
    is(scalar @found, 1, 'there is one copy, beside it');
    my @info = stat $found[0];
    my @file = stat $s->db;
    is($info[2] & 07777, 0600, 'its mode is 0600');
    is("@info[4, 5]", "@file[4, 5]", 'it belongs to whom the file does');
    my (undef, $out) = AcctTest::_run_command(
        "PRAGMA integrity_check; SELECT value FROM meta WHERE name = "
        . "'schema_version'; SELECT count(*), max(email_key) FROM account;\n",
        {}, 'sqlite3', $found[0]);
    is(text($out), "ok\n2\n7|r\@strasse.de\n", 'and holds what was there');
    unlink @found;
};

subtest 'what is written in the log beside the file is in the copy' => sub {
    plan skip_all => 'a server is copied by its own means' if !$is_file;
    make_old(@clashing[0, 6]);
    open my $reader, '|-', 'sqlite3', $s->db or die "sqlite3: $!\n";
    # A connection that stays open keeps the log.
    $reader->autoflush(1);
    print {$reader} "PRAGMA wal_autocheckpoint = 0; "
        . "UPDATE account SET first_name = 'late' WHERE id = 2;\n";
    $s->wait_for(sub { value("SELECT count(*) FROM account "
        . "WHERE first_name = 'late'") == 1 }, 5);
    ok(-s $s->db . '-wal', 'the log holds something');
    my ($exit, $out, $err) = upgrade();
    is($exit, 0, 'well') or diag($err);
    my ($copy) = copies();
    my (undef, $rows) = AcctTest::_run_command(
        "SELECT first_name FROM account ORDER BY id;\n", {}, 'sqlite3',
        $copy);
    is($rows, "\nlate\n", 'so does the copy, alone');
    close $reader;
    unlink copies();
};

subtest '--no-copy makes none' => sub {
    plan skip_all => 'a server is copied by its own means' if !$is_file;
    make_old($clashing[0]);
    is((upgrade('--no-copy'))[0], 0, 'well');
    is(scalar copies(), 0, 'there is none');
};

# Names of copies that an upgrade may make within the next minute.
sub names_of_a_minute
{
    my @ends = @_;
    return map { my $t = POSIX::strftime('%Y%m%dT%H%M%SZ', gmtime(time + $_));
                 map { $s->db . ".schema-2-$t$_" } @ends } 0 .. 60;
}

subtest 'of two within a second each makes a copy' => sub {
    plan skip_all => 'a server is copied by its own means' if !$is_file;
    make_old($clashing[0]);
    my @there = names_of_a_minute('');
    spew($_, 'what was there') for @there;
    my ($exit, $out, $err) = upgrade();
    is($exit, 0, 'well') or diag($err);
    my %before = map { $_ => 1 } @there;
    my ($copy) = grep { !$before{$_} } copies();
    like($copy, qr/Z-2\z/, 'by a number of its own');
    like($out, qr/as it was before, it is \Q$copy\E\n/, 'which is told');
    is((grep { slurp($_) ne 'what was there' } @there), 0,
        'and nothing else is written to');
    unlink copies();
};

subtest 'a copy that cannot be made stops it' => sub {
    plan skip_all => 'a server is copied by its own means' if !$is_file;
    make_old($clashing[0]);
    # What could be named at each second of the next minute is there already.
    my @there = names_of_a_minute('', map { "-$_" } 2 .. 9);
    symlink '/tmp/acctauth-must-not-be-made', $_ or die for @there;
    my ($exit, undef, $err) = upgrade();
    is($exit, 3, 'it fails');
    like($err, qr/cannot make the copy .*File exists; nothing was changed/,
        'and says why');
    is(version(), 2, 'the version is the older one');
    ok(!-e '/tmp/acctauth-must-not-be-made', 'no link was followed');
    unlink @there;
};

# What an older server, or command, holds.
sub idle
{
    return value('SELECT count(*) FROM pg_stat_activity WHERE '
        . "application_name = '$_[0]' AND state = 'idle'");
}
sub connect_as
{
    my ($name) = @_;
    my $before = idle($name);
    my $pid = open my $session, '|-', PgServer::psql(), '-qX', '-v',
        'ON_ERROR_STOP=1', $s->db . " application_name=$name" or die;
    $session->autoflush(1);
    print {$session} "SELECT 1 FROM account \\g /dev/null\n";
    await(sub { idle($name) > $before }, 'an older server', 10);
    return $session;
}
sub connected
{
    return value('SELECT count(*) FROM pg_stat_activity WHERE '
        . "application_name = '$_[0]' AND datname = '$s->{dbname}'");
}

subtest 'connections of an older server are ended' => sub {
    plan skip_all => 'a file has none' if $is_file;
    make_old(@clashing[0, 6]);
    local $SIG{PIPE} = 'IGNORE';
    my $session = connect_as('mod_acctauth');
    my $busy = connect_as('mod_acctauth');
    print {$busy} "BEGIN; UPDATE account SET first_name = 'x';\n";
    my ($exit, $out, $err) = upgrade('--dry-run');
    is($exit, 0, 'a rehearsal') or diag($err);
    is(connected('mod_acctauth'), 2, 'ends none');
    print {$busy} "ROLLBACK;\n";
    ($exit, $out, $err) = upgrade();
    is($exit, 0, 'the upgrade') or diag($err);
    is(connected('mod_acctauth'), 0, 'ends all');
    close $_ for $session, $busy;
};

subtest 'also those of a role that calls itself something else' => sub {
    plan skip_all => 'a file has none' if $is_file;
    make_old($clashing[0]);
    local $SIG{PIPE} = 'IGNORE';
    $s->sql('CREATE ROLE upgrade_web LOGIN; '
        . "GRANT CONNECT ON DATABASE $s->{dbname} TO upgrade_web; "
        . 'GRANT SELECT, INSERT ON account TO upgrade_web');
    my $params = $s->db;
    my $session;
    {
        local $s->{params} = $params =~ s/user=\S+/user=upgrade_web/r;
        my $pid = open $session, '|-', PgServer::psql(), '-qX',
            $s->{params} . ' application_name=mysite' or die;
        $session->autoflush(1);
        print {$session} "SELECT 1 FROM account \\g /dev/null\n";
    }
    $s->wait_for(sub { connected('mysite') > 0 }, 5);
    is(connected('mysite'), 1, 'it is there');
    my ($exit, undef, $err) = upgrade();
    is($exit, 0, 'well') or diag($err);
    is(connected('mysite'), 0, 'it is ended');
    close $session;
};

subtest 'what cannot be ended is named, and nothing is changed' => sub {
    plan skip_all => 'a file has none' if $is_file;
    make_old($clashing[0]);
    local $SIG{PIPE} = 'IGNORE';
    my $session = connect_as('mod_acctauth');
    $s->sql('CREATE ROLE upgrade_owner LOGIN; '
        . "GRANT CONNECT ON DATABASE $s->{dbname} TO upgrade_owner; "
        . 'GRANT CREATE ON SCHEMA public TO upgrade_owner');
    $s->sql("ALTER TABLE $_ OWNER TO upgrade_owner")
        for qw(account token revocation meta);
    my ($exit, $err);
    {
        local $s->{params} = $s->db =~ s/user=\S+/user=upgrade_owner/r;
        ($exit, undef, $err) = upgrade();
    }
    is($exit, 1, 'refused');
    like($err, qr/process \d+ \(postgres, mod_acctauth\)/, 'it is named');
    is(version(), 2, 'the version is the older one');
    is(connected('mod_acctauth'), 1, 'it is there still');
    $s->sql("ALTER TABLE $_ OWNER TO postgres")
        for qw(account token revocation meta);
    $s->sql('DROP OWNED BY upgrade_owner, upgrade_web; '
        . 'DROP ROLE upgrade_owner, upgrade_web');
    close $session;
};

done_testing;
