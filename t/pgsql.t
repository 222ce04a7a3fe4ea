#!/usr/bin/perl
# SPDX-License-Identifier: Apache-2.0
# long: yes
#
# PostgreSQL as an operator meets it: init, the connection string and the
# file it may stand in, what configtest says, and that a password shows
# nowhere.
# driver: pgsql

use strict;
use warnings;
use lib 't/lib';
use AcctTest;
use FaultKit;
use PgServer;
use Test::More;

my $SECRET = 'hunter2 \'quoted\' \\back';
my $secret_re = qr/hunter2/;

# A server that asks the role web for its password.
my $pg = PgServer->new;
AcctTest::spew($pg->dir . '/data/pg_hba.conf',
    "local all web scram-sha-256\nlocal all all trust\n");
(my $sql_secret = $SECRET) =~ s/'/''/g;
$pg->sql("CREATE ROLE web LOGIN PASSWORD '$sql_secret'; "
    . 'SELECT pg_reload_conf()');
(my $quoted = $SECRET) =~ s/([\\'])/\\$1/g;
my $name = $pg->database;
$pg->sql('GRANT CREATE ON SCHEMA public TO web; '
    . "GRANT CONNECT ON DATABASE $name TO web", $name);
my $open = 'host=' . $pg->dir . " dbname=$name user=web";
my $params = "$open password='$quoted'";

my $s = AcctTest->prepare(driver => 'pgsql', pg => $pg, dbname => $name,
    database => 0, api => 0, hash => cheap_hash(), log_level => 'trace2',
    modules => ['info'], conf => '');
my $dir = $s->dir;
my $key = $s->key;

sub command
{
    my ($env, @args) = @_;
    my $stdin = $args[-1] eq 'stdin' ? (pop(@args), "pw\n")[1] : undef;
    return AcctTest::_run_command($stdin, { %$env },
                                  build_dir() . '/acctauth', @args);
}

sub tables { $pg->sql('SELECT relname FROM pg_class WHERE relname IN '
    . "('meta', 'account', 'token', 'revocation')", $name) }

sub file
{
    my ($text, $mode) = @_;
    my $path = "$dir/connection";
    AcctTest::spew($path, $text);
    chmod defined $mode ? $mode : 0600, $path;
    return "file:$path";
}

# ------------------------------------------------------------------- init

subtest 'init makes tables and key, both or neither' => sub {
    my @d = ('-d', 'pgsql');
    my ($exit, $out, $err) = command({}, 'init', @d, '-p', $params, '--key',
                                     $key);
    is($exit, 2, 'a password on the command line is refused');
    like($err, qr/can be seen by everybody.*file:/, 'and why');
    unlike($out . $err, $secret_re, 'without saying it');
    my $wrong = file("$open password=other");
    ($exit, $out, $err) = command({}, 'init', @d, '-p', $wrong, '--key',
                                  $key);
    is($exit, 3, 'a wrong password');
    like($err, qr/dbname=\Q$name\E.*authentication failed/, 'is told');
    ok(!-e $key, 'and there is no key');
    my $good = file("# for mod_acctauth\n$params\n");
    ($exit, $out, $err) = command({}, 'init', @d, '-p', $good, '--key',
                                  $key, '--owner', 'root');
    is($exit, 2, '--owner is for files');
    AcctTest::spew($key, 'x');
    ($exit, $out, $err) = command({}, 'init', @d, '-p', $good, '--key',
                                  $key);
    is($exit, 1, 'a key that is there is not replaced');
    is_deeply([tables()], [], 'and there are no tables');
    unlink $key;
    $s->sql('CREATE TABLE token (x int)');
    ($exit, $out, $err) = command({}, 'init', @d, '-p', $good, '--key',
                                  $key);
    is($exit, 1, 'nor are tables');
    ok(!-e $key, 'and there is no key');
    $s->sql('DROP TABLE token');
    # the last table fails
    $s->sql('CREATE VIEW revocation_revoked_at AS SELECT 1');
    ($exit, $out, $err) = command({}, 'init', @d, '-p', $good, '--key',
                                  $key);
    is($exit, 3, 'tables that fail half-way');
    is_deeply([tables()], [], 'leave none');
    ok(!-e $key, 'and no key');
    $s->sql('DROP VIEW revocation_revoked_at');
    is_deeply([glob "$dir/*.new-*"], [], 'nor anything else');

    ($exit, $out, $err) = command({}, 'init', @d, '-p', $good, '--key',
                                  $key);
    is($exit, 0, 'init') or diag($err);
    unlike($out . $err, $secret_re, 'does not say the password');
    like($out, qr/AcctAuthDatabase pgsql "\Q$good\E"/, 'but what to write');
    is(scalar(() = tables()), 4, 'four tables');
    is((stat $key)[2] & 0777, 0600, 'a key');
    is_deeply([$s->sql("SELECT tableowner FROM pg_tables WHERE tablename = "
        . "'account'")], [['web']], 'owned by who connects');
    ($exit, $out, $err) = command({}, 'init', @d, '-p', $good, '--key',
                                  "$key.2");
    is($exit, 1, 'twice is once');
    like($err, qr/already/, 'and told so');
    ok(!-e "$key.2", 'without a key');
};

subtest 'the command takes all three forms' => sub {
    my $good = file($params);
    my ($exit, $out, $err) = command({ ACCTAUTH_DRIVER => 'pgsql',
        ACCTAUTH_PARAMS => $params }, 'user', 'add', 'ada',
        '--password-stdin', 'stdin');
    is($exit, 0, 'the environment') or diag($err);
    ($exit, $out, $err) = command({}, qw(user list -d pgsql -p), $good);
    is($exit, 0, 'a file') or diag($err);
    like($out, qr/ada/, 'has the account');
    ($exit, $out, $err) = command({ PGPASSWORD => $SECRET },
        qw(user list -d pgsql -p), $open);
    is($exit, 0, 'no password in it') or diag($err);
    ($exit, $out, $err) = command({}, qw(user list -d pgsql -p),
                                  file($params, 0640));
    is($exit, 3, 'a file that others can read');
    like($err, qr/chmod 600/, 'and what to do');
};

# ------------------------------------------------------------- configuration

sub config
{
    my ($database, $more) = @_;
    return "AcctAuthDatabase pgsql $database\nAcctAuthKeyFile \"$key\"\n"
        . 'AcctAuthDialectDir "' . tree() . "/conf/dialects\"\n"
        . "<Location \"/private/\">\nAcctAuthProtect On\n</Location>\n"
        . "<Location \"/info\">\nSetHandler server-info\n</Location>\n"
        . "<Location \"/api/auth/\">\nAcctAuthAPI auth-signin "
        . "auth-register\n</Location>\n" . ($more || '');
}

# wrong: what the configuration says. warned: what is outside of it, which
# stops nothing.
sub wrong  { tried(0, @_) }
sub warned { tried(1, @_) }
sub tried
{
    my ($want, $name, $database, $like, $more) = @_;
    my ($ok, $text) = configtest(config($database, $more));
    local $Test::Builder::Level = $Test::Builder::Level + 2;
    subtest $name => sub {
        is($ok ? 1 : 0, $want, $want ? 'configtest takes it'
                                     : 'configtest refuses');
        like($text, $like, 'and says what');
        like($text, qr/AcctAuthDatabase/, 'and where');
        unlike($text, $secret_re, 'but not the password');
    };
}

# Of a database that does not answer in its second and a half, as on a busy
# machine, configtest can say no more than that: then it is asked again.
sub configtest
{
    my ($conf) = @_;
    my ($ok, $text);
    for (1 .. 5) {
        ($ok, $text) = $s->configtest($conf);
        last if $text !~ /did not answer within/;
    }
    return ($ok, $text);
}

my $conn = file($params);
(my $in_conf = $params) =~ s/([\\"])/\\$1/g;
{
    my ($ok, $text) = configtest(config($conn));
    ok($ok, 'a file is fine') or diag($text);
    unlike($text, qr/ACCT/, 'without a warning');
    ($ok, $text) = configtest(config("\"$in_conf\""));
    ok($ok, 'so is all in one line') or diag($text);
    like($text, qr/ACCT0122.*file:/, 'with a warning');
    unlike($text, $secret_re, 'that does not say it');
}
warned('a file that is not there', "file:$dir/nofile", qr/No such file/);
wrong('a relative path', 'file:conn', qr/absolute/);
file($params, 0644);
warned('a file for all to read', $conn, qr/chmod 600/);
file($params);
if ($> == 0) {
    chown 1, -1, "$dir/connection";
    warned('a file of another user', $conn, qr/chown root/);
    chown 0, -1, "$dir/connection";
}
wrong('a file that httpd serves', $conn, qr/lies in .* which httpd serves/,
    "Alias /x $dir\n<Directory $dir>\nRequire all granted\n</Directory>\n");
wrong('a quote that does not end', '"host=h password=\'hunter2"',
    qr/quote/);
wrong('a value with a space', '"host=h password=a hunter2"', qr/'='/);
wrong('an unknown option', '"host=h hunter2=x"', qr/option 2/);
wrong('a URI', '"postgresql://me:hunter2@h/db"', qr/URI/);
wrong('nothing', '""', qr/two arguments/);
warned('nobody there', '"host=/nowhere dbname=d password=hunter2"',
    qr/cannot be reached/);
warned('a wrong password', "\"$open password=hunter2\"",
    qr/authentication failed/);
warned('no such database', '"host=' . $pg->dir
    . ' user=postgres dbname=nodb"', qr/"nodb" does not exist/);
my $empty = $pg->database;
warned('a database without tables', '"host=' . $pg->dir
    . " user=postgres dbname=$empty\"", qr/acctauth init -d pgsql/);
for my $index (['account_username_key', 'account.username_key'],
               ['token_digest', 'token.digest'],
               ['token_reusable', 'token.account_id where']) {
    my ($definition) = map { $_->[0] } $s->sql("SELECT indexdef FROM "
        . "pg_indexes WHERE indexname = '$index->[0]'");
    $s->sql("DROP INDEX $index->[0]");
    warned("no index $index->[0]", $conn,
        qr/unique index on \Q$index->[1]\E is missing/);
    (my $not_unique = $definition) =~ s/UNIQUE //;
    $s->sql($not_unique);
    warned("$index->[0] is not unique", $conn,
        qr/unique index on \Q$index->[1]\E is missing/);
    $s->sql("DROP INDEX $index->[0]; $definition; "
        . "ALTER TABLE token OWNER TO web");
}
for my $case (['GRANT CREATE ON SCHEMA public TO PUBLIC',
               'REVOKE CREATE ON SCHEMA public FROM PUBLIC'],
              ['GRANT INSERT ON token TO PUBLIC',
               'REVOKE ALL ON token FROM PUBLIC'],
              ["GRANT CONNECT ON DATABASE $name TO PUBLIC",
               "GRANT CONNECT ON DATABASE $name TO web; "
               . "REVOKE CONNECT, TEMPORARY ON DATABASE $name FROM PUBLIC"],
              ["GRANT TEMPORARY ON DATABASE $name TO PUBLIC",
               "GRANT CONNECT ON DATABASE $name TO web; "
               . "REVOKE CONNECT, TEMPORARY ON DATABASE $name FROM PUBLIC"],
              map({ ["ALTER TABLE $_ ENABLE ROW LEVEL SECURITY; "
                     . "ALTER TABLE $_ FORCE ROW LEVEL SECURITY",
                     "ALTER TABLE $_ DISABLE ROW LEVEL SECURITY"] }
                  'account', 'token', 'revocation')) {
    my ($grant, $remedy) = @$case;
    $s->sql($grant);
    warned("$grant", $conn, qr/ACCT0124.*say in it: \Q$remedy\E/);
    # as it is printed
    $s->sql($remedy);
    my ($ok, $text) = configtest(config($conn));
    ok($ok && $text !~ /ACCT/, '  which mends it') or diag($text);
}
subtest 'all that is wrong is told at once' => sub {
    $s->sql("GRANT CONNECT ON DATABASE $name TO PUBLIC; "
        . 'GRANT SELECT ON meta TO PUBLIC');
    my ($ok, $text) = configtest(config($conn));
    my ($said) = $text =~ /ACCT0124: (.*?)(?: \(the server|$)/m;
    my @remedies = $said =~ /say in it: (.*?)(?:\. And|$)/g;
    is(scalar @remedies, 2, 'a sentence for each') or diag($text);
    $s->sql($_) for @remedies;
    ($ok, $text) = configtest(config($conn));
    ok($ok, 'and all of it mends it') or diag($text);
};
my $version = $s->schema_version;
$s->sql("UPDATE meta SET value = '9' WHERE name = 'schema_version'");
warned('a newer schema', $conn, qr/newer mod_acctauth/);
$s->sql("UPDATE meta SET value = '$version' WHERE name = 'schema_version'");
{
    my $latin = 'latin';
    $pg->sql("CREATE DATABASE $latin TEMPLATE template0 ENCODING 'LATIN1' "
        . "LOCALE 'C'");
    warned('another encoding', '"host=' . $pg->dir
        . " user=postgres dbname=$latin\"", qr/ENCODING 'UTF8'/);
}
AcctTest::spew("$dir/dump.conf", $s->_base_conf(config("\"$in_conf\"")));
for my $how (['-t', '-DDUMP_CONFIG'], ['-t', '-DDUMP_VHOSTS'], ['-S']) {
    my ($exit, $out, $err) = AcctTest::_run_command(undef,
        { $ENV{ACCT_PRELOAD} ? (LD_PRELOAD => $ENV{ACCT_PRELOAD}) : () },
        AcctTest::layout()->{HTTPD}, @$how, '-d', $dir, '-f',
        "$dir/dump.conf");
    unlike($out . $err, $secret_re, "@$how does not say the password");
    like($out . $err, qr/AcctAuthDatabase pgsql ".*password=\.\.\./,
        '  but that there is one') if "@$how" =~ /CONFIG/;
}

# ------------------------------------------------------------------- serving

for my $case (['a file', $conn], ['one line', "\"$in_conf\""]) {
    my ($what, $database) = @$case;
    subtest "a server with its password in $what" => sub {
        # each request asks, so each sees what is wrong
        $s->{conf} = config($database) . "\nAcctAuthCache Off\n";
        $s->_write_conf;
        is($s->run, undef, 'starts') or return;
        my $r = $s->post('/api/auth/login/', { username => 'ada',
                                               password => 'pw' });
        is($r->{status}, 200, 'a sign-in');
        my $token = $r->{json}{token};
        is($s->get('/private/', token => $token)->{status}, 404, 'a look-up');
        my $info = $s->get('/info');
        is($info->{status}, 200, 'server-info');
        like($info->{body}, qr/AcctAuthDatabase.*pgsql/s, 'shows it');
        unlike($info->{body}, $secret_re, 'without the password');
        my @cmdlines = map { AcctTest::slurp("/proc/$_/cmdline") } $s->pid,
            $s->children, $pg->processes;
        unlike("@cmdlines", $secret_re, 'nor does ps');
        $s->graceful;
        is($s->get('/private/', token => $token)->{status}, 404,
            'after a reload');
        # it no longer lets us in
        $pg->sql("ALTER ROLE web PASSWORD 'another'; SELECT "
            . 'pg_terminate_backend(pid, 5000) FROM pg_stat_activity WHERE '
            . "usename = 'web'");
        $r = $s->get('/private/', token => $token);
        is($r->{status}, 503, 'a password that was changed');
        like($s->log, qr/authentication failed/, 'is told');
        if ($database eq $conn) {
            unlink "$dir/connection";
            $s->graceful;
            ok($s->pid && kill(0, $s->pid), 'a reload without the file');
            is($s->get('/private/', token => $token)->{status}, 503,
                'is no end of the server');
            is($s->get('/')->{status}, 200, 'which serves the rest');
            file("$open password=another");
            $s->graceful;
            is($s->get('/private/', token => $token)->{status}, 404,
                'and after one with it all is well');
        }
        $pg->sql("ALTER ROLE web PASSWORD '$sql_secret'");
        file($params);
        $s->stop;
        unlike($s->log . $s->access_log, $secret_re,
            'no log says the password');
    };
}

subtest 'without a password, by who connects' => sub {
    my $user = AcctTest::child_user()
        or plan skip_all => 'only root starts children as another';
    my $data = $pg->dir . '/data';
    my $role = $user->{name};
    $pg->sql("CREATE ROLE \"$role\" LOGIN; GRANT web TO \"$role\"");
    my $hba = AcctTest::slurp("$data/pg_hba.conf");
    AcctTest::spew("$data/pg_hba.conf",
        "local all $role peer map=httpd\n$hba");
    AcctTest::spew("$data/pg_ident.conf",
        "httpd $role $role\nhttpd root $role\n");
    $pg->sql('SELECT pg_reload_conf()');
    $s->{conf} = config('"host=' . $pg->dir
        . " dbname=$name user=$role\"");
    $s->_write_conf;
    is($s->run, undef, 'starts') or return;
    is($s->post('/api/auth/login/', { username => 'ada',
        password => 'pw' })->{status}, 200, 'a sign-in');
    $s->stop;
};

done_testing;
