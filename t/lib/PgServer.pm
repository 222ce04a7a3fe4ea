# SPDX-License-Identifier: Apache-2.0
#
# A PostgreSQL of our own: a folder below the temporary one, a unix socket
# in it and nothing on the network, ended by its pid. To make one takes two
# seconds of a processor, so a run of all tests shares one (ACCT_PG, set by
# scripts/test), and a test that has one of its own gets a copy of what initdb
# made for that.
#
#   ACCT_PG       folder of the socket of one that runs already
#   ACCT_PG_BIN   folder of initdb and postgres, where they are not found
#
# As root it runs as the user postgres, or nobody. What it holds is thrown
# away, so it does not wait for the disk.
#
#   perl -It/lib -MPgServer -e 'PgServer::serve()'   for scripts/test: prints
#                 the folder, serves until its standard input is closed

package PgServer;

use strict;
use warnings;

use Commands qw(run_command);
use Cwd ();
use File::Basename ();
use File::Path ();
use File::Temp ();
use Files qw(slurp);
use POSIX ':sys_wait_h';
use Scalar::Util ();
use Time::HiRes ();

my $shared;
my @running;

sub bin_dir
{
    return $ENV{ACCT_PG_BIN} if $ENV{ACCT_PG_BIN};
    my @dirs = split /:/, $ENV{PATH} || '';
    push @dirs, sort { ($b =~ /(\d+)/)[0] <=> ($a =~ /(\d+)/)[0] }
        glob '/usr/lib/postgresql/*/bin /usr/pgsql-*/bin';
    push @dirs, glob '/usr/libexec/postgresql*';
    for my $dir (@dirs) {
        next if !-x "$dir/initdb" || !-x "$dir/postgres";
        # Where these are links, the other programs are where they lead to.
        my $real = File::Basename::dirname(Cwd::abs_path("$dir/initdb"));
        return -x "$real/postgres" ? $real : $dir;
    }
    return;
}

sub available { defined bin_dir() }

# The program itself where it stands beside the others: in Debian psql is a
# script that looks for it, which takes longer than what it is asked.
sub psql
{
    my $own = (bin_dir() || '') . '/psql';
    return -x $own ? $own : 'psql';
}

# The user it runs as: postgres does not run as root.
sub _user
{
    return if $> != 0;
    for my $name (qw(postgres nobody)) {
        my @pw = getpwnam $name;
        return { uid => $pw[2], gid => $pw[3] } if @pw;
    }
    die "no user to run PostgreSQL as\n";
}

# _spawn(LOG, COMMAND...) starts a process as that user; its pid.
sub _spawn
{
    my ($self, $log, @command) = @_;
    my $pid = fork;
    die "cannot fork: $!\n" if !defined $pid;
    return $pid if $pid;
    # A signal at the terminal is for the tests; we end it ourselves.
    POSIX::setpgid(0, 0);
    $SIG{$_} = 'DEFAULT' for qw(INT TERM HUP PIPE);
    open STDIN, '<', '/dev/null';
    open STDOUT, '>>', $log;
    open STDERR, '>>', $log;
    if (my $user = $self->{user}) {
        $) = "$user->{gid} $user->{gid}";
        POSIX::setgid($user->{gid});
        POSIX::setuid($user->{uid});
    }
    delete $ENV{$_} for grep { /^PG/ } keys %ENV;
    $ENV{LC_ALL} = 'C';
    chdir $self->{dir};
    no warnings 'exec';
    exec { $command[0] } @command or POSIX::_exit(127);
}

sub _folder
{
    my ($class, %opt) = @_;
    my $bin = bin_dir() or die "no initdb and postgres here\n";
    my $dir = File::Temp::tempdir('acctauth-pg-XXXXXXXX', TMPDIR => 1);
    my $self = bless { dir => $dir, bin => $bin, owner => $$, %opt,
                       user => scalar _user() }, $class;
    push @running, $self;
    Scalar::Util::weaken($running[-1]);
    chmod 0755, $dir;
    chown $self->{user}{uid}, $self->{user}{gid}, $dir if $self->{user};
    return $self;
}

sub _make
{
    my ($self, @command) = @_;
    my $pid = $self->_spawn("$self->{dir}/make.log", @command);
    waitpid $pid, 0;
    die "$command[0] failed:\n" . slurp("$self->{dir}/make.log")
        if $? != 0;
}

# new(settings => {name => value}, auth => METHOD, port => N, sessions => 0|1,
# to_copy => 0|1): a running server. before => sub { my ($server) = @_; ... }
# runs once it has a folder. With to_copy what initdb made is kept beside it.
sub new
{
    my ($class, %opt) = @_;
    my $self = $class->_folder(%opt);
    $self->_make($self->_how_to_make);
    $self->_make('cp', '-a', "$self->{dir}/data", "$self->{dir}/unused")
        if $self->{to_copy};
    $self->{before}->($self) if $self->{before};
    return $self->start->_like_later;
}

# The command that makes its data. All begin with the same, but where
# passwords are asked for; a copy of it is as good and ten times as fast.
sub _how_to_make
{
    my ($self) = @_;
    my $made = ($ENV{ACCT_PG} || '') . '/unused';
    return ('cp', '-a', $made, "$self->{dir}/data")
        if !$self->{auth} && $ENV{ACCT_PG} && -d $made;
    return ("$self->{bin}/initdb", '-D', "$self->{dir}/data", '-U',
        'postgres', '-A', $self->{auth} || 'trust', '-E', 'UTF8',
        '--locale=C', '--no-sync',
        ($self->{auth} ? ('--pwfile', $self->{pwfile}) : ()));
}

# PostgreSQL before 14 ends a backend without waiting for its end. What the
# tests ask for is made in all databases there will be.
sub _like_later
{
    my ($self) = @_;
    return $self if ($self->sql('SHOW server_version_num'))[0][0] >= 140000;
    $self->sql(<<'SQL', $_) for qw(template1 postgres);
CREATE FUNCTION pg_terminate_backend(process int, timeout bigint)
RETURNS boolean LANGUAGE plpgsql AS $$
BEGIN
    PERFORM pg_terminate_backend(process);
    FOR i IN 1 .. timeout / 10 LOOP
        PERFORM pg_stat_clear_snapshot();
        IF NOT EXISTS (SELECT FROM pg_stat_activity WHERE pid = process)
        THEN
            RETURN true;
        END IF;
        PERFORM pg_sleep(0.01);
    END LOOP;
    RETURN false;
END $$
SQL
    return $self;
}

# standby(): a copy of it that follows it and only reads, until promote().
# It is restarted for that.
sub standby
{
    my ($self) = @_;
    my $copy = (ref $self)->_folder(settings => { %{ $self->{settings} || {} },
        primary_conninfo => "host=$self->{dir} port=" . $self->port
            . ' user=postgres' });
    $self->stop;
    $copy->_make('cp', '-a', "$self->{dir}/data", "$copy->{dir}/data");
    $copy->_make('touch', "$copy->{dir}/data/standby.signal");
    $self->start;
    return $copy->start;
}

sub promote { $_[0]->sql('SELECT pg_promote()') }

# wait_for(SERVER): until this standby has all that the other has written.
sub wait_for
{
    my ($self, $other) = @_;
    my $at = ($other->sql('SELECT pg_current_wal_lsn()'))[0][0];
    my $end = Time::HiRes::time() + 10;
    while (($self->sql("SELECT pg_last_wal_replay_lsn() >= '$at'"))[0][0]
           ne 't') {
        die "the standby does not follow\n" if Time::HiRes::time() > $end;
        Time::HiRes::sleep(0.05);
    }
}

# The one of this run: that of the environment, or one of this process.
sub shared
{
    my ($class) = @_;
    return $shared if $shared;
    return $shared = $class->new(sessions => 1) if !$ENV{ACCT_PG};
    $shared = bless { dir => $ENV{ACCT_PG}, bin => bin_dir(), sessions => 1 },
        $class;
    push @running, $shared;
    return $shared;
}

sub dir  { $_[0]{dir} }
sub pid  { $_[0]{pid} }
sub log  { slurp("$_[0]{dir}/log") }
sub port { $_[0]{port} || 5432 }
sub socket_path { "$_[0]{dir}/.s.PGSQL." . $_[0]->port }

sub start
{
    my ($self) = @_;
    my %set = (fsync => 'off', full_page_writes => 'off',
               shared_buffers => '32MB', max_connections => 300,
               listen_addresses => "''", port => $self->port,
               unix_socket_directories => "'$self->{dir}'",
               autovacuum => 'off', log_min_messages => 'warning',
               password_encryption => 'scram-sha-256',
               max_wal_size => '64MB', min_wal_size => '32MB',
               %{ $self->{settings} || {} });
    $set{listen_addresses} = '' if $set{listen_addresses} eq "''";
    $set{unix_socket_directories} = $self->{dir};
    $self->{pid} = $self->_spawn("$self->{dir}/log", "$self->{bin}/postgres",
        '-D', "$self->{dir}/data", map { ('-c', "$_=$set{$_}") }
        sort keys %set);
    my $end = Time::HiRes::time() + 30;
    while (Time::HiRes::time() < $end) {
        return $self if eval { $self->sql('SELECT 1'); 1 };
        if (waitpid($self->{pid}, WNOHANG) == $self->{pid}) {
            delete $self->{pid};
            last;
        }
        Time::HiRes::sleep(0.05);
    }
    die "PostgreSQL did not start:\n" . $self->log;
}

# stop(SIGNAL): INT (its fast shutdown), QUIT (at once, as after a crash).
sub stop
{
    my ($self, $signal) = @_;
    my $pid = delete $self->{pid} or return $self;
    local ($?, $!);
    $self->_end_sessions;
    kill 'CONT', $pid;
    kill $signal || 'INT', $pid;
    my $end = Time::HiRes::time() + 15;
    while (waitpid($pid, WNOHANG) == 0) {
        if (Time::HiRes::time() > $end) {
            kill 'QUIT', $pid;
            waitpid $pid, 0;
            last;
        }
        Time::HiRes::sleep(0.02);
    }
    return $self;
}

sub restart { $_[0]->stop($_[1])->start }

# processes(): the server and its children.
sub processes
{
    my ($self) = @_;
    my $pid = $self->{pid} or return;
    my @pids = ($pid);
    for my $stat (glob '/proc/[0-9]*/stat') {
        push @pids, $1 if slurp($stat) =~ /^(\d+) \(.*\) \S (\d+) /s
            && $2 == $pid;
    }
    return @pids;
}

# freeze(), thaw(): SIGSTOP for all of it, first for the one that makes
# others. The kernel goes on to take connections and bytes for it.
sub freeze
{
    my ($self) = @_;
    kill 'STOP', $self->{pid};
    Time::HiRes::sleep(0.02);
    kill 'STOP', $self->processes;
}

sub thaw   { kill 'CONT', $_[0]->processes }

# sql(TEXT, DATABASE): rows as a list of array refs; NULL is undef. With
# sessions => 1 by a psql that stays: to start one takes longer than what it
# is asked. Nothing of what one call sets, locks or leaves open is there in the
# next. A statement about databases fails while one has a session, and a
# command of psql's own may change the session: these run in a new psql.
sub sql
{
    my ($self, $text, $database) = @_;
    utf8::encode($text) if utf8::is_utf8($text);
    $database ||= 'postgres';
    my $alone = $text =~ /\\|\bDATABASE\b|\bpg_terminate_backend\b/i;
    $self->_end_sessions if $alone;
    my $rows = $self->{sessions} && !$alone ? $self->_ask($text, $database)
        : undef;
    $rows = $self->_ask_once($text, $database) if !defined $rows;
    $rows =~ s/\n\z//;
    return map { [ map { $_ eq "\x1d" ? undef : $_ } split /\x1f/, $_, -1 ] }
        split /\x1e/, $rows, -1;
}

my %PSQL_ENV = (PGCONNECT_TIMEOUT => 10, PGCLIENTENCODING => 'UTF8');

sub _psql
{
    my ($self, $database) = @_;
    return (psql(), qw(-X -q -A -t -v ON_ERROR_STOP=1 -h), $self->{dir}, '-p',
        $self->port, '-U', 'postgres', '-F', "\x1f", '-R', "\x1e", '-P',
        "null=\x1d", '-d', $database);
}

sub _ask_once
{
    my ($self, $text, $database) = @_;
    delete local @ENV{ grep { /^PG/ } keys %ENV };
    my ($exit, $out, $err) = run_command("$text\n", { %PSQL_ENV },
        $self->_psql($database));
    die "psql failed ($exit): $err\n" if $exit != 0;
    return $out;
}

# ---- psql that stays; a process has its own

sub _begin_session
{
    my ($self, $database) = @_;
    my $err = File::Temp->new;
    pipe my $from_us, my $in or die "pipe: $!\n";
    pipe my $out, my $to_us or die "pipe: $!\n";
    my $pid = fork;
    die "cannot fork: $!\n" if !defined $pid;
    if ($pid == 0) {
        open STDIN, '<&', $from_us;
        open STDOUT, '>&', $to_us;
        open STDERR, '>', $err->filename;
        $SIG{$_} = 'DEFAULT' for qw(INT TERM HUP PIPE);
        delete $ENV{$_} for grep { /^PG/ } keys %ENV;
        # ROLLBACK would say each time that there was nothing to undo.
        %ENV = (%ENV, %PSQL_ENV,
                PGOPTIONS => '-c client_min_messages=error');
        my @psql = $self->_psql($database);
        no warnings 'exec';
        exec { $psql[0] } @psql or POSIX::_exit(127);
    }
    return { pid => $pid, in => $in, out => $out, err => $err, asked => 0 };
}

# The session's end, and its status: 'now', or after it has ended by itself.
sub _end_session
{
    my ($self, $key, $how) = @_;
    my $session = delete $self->{session}{$key};
    close $session->{$_} for qw(in out);
    # Forked processes may have its input open still.
    kill 'TERM', $session->{pid} if $how eq 'now';
    local $?;
    waitpid $session->{pid}, 0;
    return $?;
}

# Of this process; those of others are not ours to wait for.
sub _end_sessions
{
    my ($self) = @_;
    $self->_end_session($_, 'now')
        for grep { /^$$ / } keys %{ $self->{session} || {} };
}

# What psql printed; undef where the session had ended since it was last
# asked, as when the server was stopped meanwhile: nothing was done then.
sub _ask
{
    my ($self, $text, $database) = @_;
    my $session = $self->{session}{"$$ $database"}
        ||= $self->_begin_session($database);
    my $end = "end of answer $$." . $session->{asked}++;
    my $said = '';
    local $SIG{PIPE} = 'IGNORE';
    my $all = "$text\n;\nROLLBACK;\nDISCARD ALL;\n\\echo '$end'\n";
    while (length $all) {
        my $n = syswrite $session->{in}, $all;
        last if !defined $n;
        substr $all, 0, $n, '';
    }
    while (sysread $session->{out}, $said, 65536, length $said) {
        return substr $said, 0, -1 - length $end if $said =~ /\Q$end\E\n\z/;
    }
    my $err = $session->{err};
    my $status = $self->_end_session("$$ $database", 'by itself');
    my $why = slurp($err->filename);
    return if $session->{asked} > 1 && $why =~ /terminating connection
        |server\ closed\ the\ connection|connection\ to\ server\ was\ lost
        |no\ connection\ to\ the\ server/x;
    die "psql failed ($status): $why\n";
}

my $count = 0;

# database(TEXT): the name of a new, empty database, where that was said.
sub database
{
    my ($self, $text) = @_;
    return $self->_new_database("template0 ENCODING 'UTF8'",
        # as it is from version 15
        'REVOKE CREATE ON SCHEMA public FROM PUBLIC;' . ($text || ''));
}

# copy_of(NAME): the name of a copy of a database that has no session now.
sub copy_of { return $_[0]->_new_database($_[1], '') }

# By one psql: to start it takes longer than what it has to say.
sub _new_database
{
    my ($self, $template, $text) = @_;
    my $name = sprintf 'acct_%d_%d', $$, ++$count;
    $self->sql("CREATE DATABASE $name TEMPLATE $template;\n"
        . "REVOKE CONNECT, TEMPORARY ON DATABASE $name FROM PUBLIC;\n"
        . "\\connect $name\n$text");
    return $name;
}

sub drop
{
    my ($self, $name) = @_;
    eval { $self->sql("DROP DATABASE IF EXISTS $name WITH (FORCE)"); 1 };
}

# params(DATABASE): a connection string.
sub params
{
    my ($self, $name) = @_;
    return "host=$self->{dir} port=" . $self->port
        . " user=postgres dbname=$name";
}

sub DESTROY
{
    my ($self) = @_;
    local ($@, $!, $?);
    $self->_end_sessions;
    return if !$self->{owner} || $self->{owner} != $$;
    delete $self->{owner};
    $self->stop('QUIT');
    File::Path::remove_tree($self->{dir}, { error => \my $ignored });
}

END {
    my $status = $?;
    $_->DESTROY for grep { defined } @running;
    $? = $status;
}

sub serve
{
    $SIG{$_} = sub { exit 1 } for qw(INT TERM HUP);
    my $server = PgServer->new(to_copy => 1);
    $| = 1;
    print $server->dir, "\n";
    1 while <STDIN>;
    exit 0;
}

1;
