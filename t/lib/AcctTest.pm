# SPDX-License-Identifier: Apache-2.0
#
# A real httpd with the module, on a free loopback port, in a folder of its
# own, for one test file; a client that sends exact bytes; and the command.
# Core Perl only. It builds nothing: run make first.
#
#   ACCT_BUILD    folder of the build (default build)
#   ACCT_MPM      event or prefork (default event)
#   ACCT_PRELOAD  LD_PRELOAD for httpd alone, as the sanitizers need
#   ACCT_DRIVER   sqlite3 or pgsql (default sqlite3; see PgServer.pm)
#   ACCT_KEEP     keep the folder of each server
#   ACCT_CHECK    what is not installed is skipped (scripts/test --check)
#
# See t/server.t for examples.

package AcctTest;

use strict;
use warnings;

use Commands ();
use Cwd ();
use Errno ();
use Exporter 'import';
use Fcntl ();
use File::Basename ();
use File::Copy ();
use File::Path ();
use File::Temp ();
use Files qw(slurp spew);
use IO::Select;
use IO::Socket::INET;
use IO::Socket::UNIX;
use JSON::PP ();
use POSIX ':sys_wait_h';
use Scalar::Util ();
use Socket qw(SOCK_STREAM);
use Test::More ();
use Time::HiRes ();

our @EXPORT = qw(answer_is slurp spew free_port child_user tree build_dir
                 has_module has_h2 await);

my $TREE = Cwd::abs_path(File::Basename::dirname(__FILE__) . '/../..');
my @servers;        # weak; stopped at END whatever happens
my $crashed;

# A signal ends the test through END, so that no httpd outlives it.
for my $sig (qw(INT TERM HUP)) {
    $SIG{$sig} = sub { exit 128 + 2 } if !$SIG{$sig};
}
$SIG{PIPE} = 'IGNORE';

# ------------------------------------------------------------------- helpers

sub tree { $TREE }

sub build_dir
{
    my $dir = $ENV{ACCT_BUILD} || 'build';
    return $dir =~ m{^/} ? $dir : "$TREE/$dir";
}

# The user httpd's children run as: none of its own unless we are root.
sub child_user
{
    return if $> != 0;
    for my $name (qw(www-data apache daemon nobody)) {
        my @pw = getpwnam $name;
        return { name => $name, uid => $pw[2], gid => $pw[3],
                 group => scalar getgrgid($pw[3]) } if @pw;
    }
    die "no unprivileged user to run httpd's children as\n";
}

# A free port, which is ours until this process ends: other tests do not get
# it while a server on it is down. Below the range that outgoing connections
# take their ports from: a server that is started again must find its port
# as free as it left it.
my @held;
sub free_port
{
    for (1 .. 500) {
        my $port = 20000 + int rand 12000;
        # A name of Linux that lives as long as its socket, in no folder; it
        # can be bound once.
        my $lock = IO::Socket::UNIX->new(Type => SOCK_STREAM,
            Local => "\0acctauth-test-port-$port");
        next if !$lock && $!{EADDRINUSE};
        next if !IO::Socket::INET->new(Listen => 1,
            LocalAddr => '127.0.0.1', LocalPort => $port);
        push @held, $lock;
        return $port;
    }
    die "no free port: $@\n";
}

my $layout;
sub layout
{
    return $layout if $layout;
    my $build = build_dir();
    for my $need ("$build/layout", "$build/mod_acctauth.so",
                  "$build/acctauth") {
        die "$need is missing: run make first\n" if !-e $need;
    }
    my %l = slurp("$build/layout") =~ /^(\w+)='(.*)'$/mg;
    my $static = qx("$l{HTTPD}" -l 2>/dev/null);
    $l{static} = { map { $_ => 1 } $static =~ /^\s*mod_(\w+)\.c$/mg };
    $l{static}{"mpm_$_"} = 1 for $static =~ /^\s*(event|prefork|worker)\.c$/mg;
    return $layout = \%l;
}

# Whether httpd has a module, built in or as a file.
sub has_module
{
    my ($name) = @_;
    my $l = layout();
    return $l->{static}{$name} || -e "$l->{LIBEXECDIR}/mod_$name.so";
}

# Whether HTTP/2 can be spoken: curl's client, mod_http2's server.
my $curl_h2;
sub has_h2
{
    $curl_h2 = qx(curl -V) =~ /HTTP2/ ? 1 : 0 if !defined $curl_h2;
    return $curl_h2 && has_module('http2');
}

# A folder that the children can enter. Below a folder that only its owner
# can enter they could not, so then /tmp is taken.
sub _temp_dir
{
    my $base = $ENV{TMPDIR} || '/tmp';
    if ($> == 0) {
        my $at = Cwd::abs_path($base);
        while (defined $at && length $at > 1) {
            $base = '/tmp' if !((stat $at)[2] & 01);
            $at =~ s{/[^/]*$}{};
        }
    }
    my $dir = File::Temp::tempdir('acctauth-XXXXXXXX', DIR => $base);
    chmod 0711, $dir;
    return $dir;
}

# What scripts/test has made sure of, unless it ran with --check: then the
# test or subtest that begins is skipped.
sub _lacks
{
    my ($what) = @_;
    Test::More::plan(skip_all => "no $what")
        if $ENV{ACCT_CHECK} && !Test::More->builder->current_test;
    die "there is no $what\n";
}

my %NEEDS = (
    proxy_http => ['proxy'], proxy_http2 => ['proxy'],
    proxy_fcgi => ['proxy'], proxy_wstunnel => ['proxy'],
    proxy_balancer => ['slotmem_shm', 'proxy'],
    lbmethod_byrequests => ['proxy_balancer'],
    dav_fs => ['dav'], dav_lock => ['dav'], cache_disk => ['cache'],
    cache_socache => ['cache', 'socache_shmcb'],
    auth_basic => ['authn_file'], auth_form => ['request', 'session'],
    session_cookie => ['session'], ssl => ['socache_shmcb'],
);

sub _load_modules
{
    my ($self) = @_;
    my $l = layout();
    my $mpm = $self->{mpm};
    my (%seen, @out);
    my $add;
    $add = sub {
        my ($name) = @_;
        $name = 'cgid' if $name eq 'cgi' && $mpm ne 'prefork';
        return if $seen{$name}++;
        $add->($_) for @{ $NEEDS{$name} || [] };
        return if $l->{static}{$name};
        my $file = "$l->{LIBEXECDIR}/mod_$name.so";
        _lacks("mod_$name") if !-e $file;
        push @out, "LoadModule ${name}_module \"$file\"\n";
    };
    my $any_static_mpm = grep { /^mpm_/ } keys %{ $l->{static} };
    $add->("mpm_$mpm") if !$any_static_mpm;
    $add->($_) for qw(unixd authn_core authz_core authz_user authz_host
                      log_config mime dir alias env setenvif headers);
    # Built in, or a file, or not there at all: then nothing is cached.
    $add->('watchdog') if -e "$l->{LIBEXECDIR}/mod_watchdog.so";
    $add->('http2') if $self->{h2};
    $add->($_) for @{ $self->{modules} };
    undef $add;
    push @out, 'LoadModule acctauth_module "'
        . build_dir() . "/mod_acctauth.so\"\n" if $self->{load};
    return join '', @out;
}

my %MPM = (
    event => { StartServers => 1, ServerLimit => 4, ThreadsPerChild => 8,
               ThreadLimit => 64, MaxRequestWorkers => 32,
               MinSpareThreads => 4, MaxSpareThreads => 32 },
    worker => { StartServers => 1, ServerLimit => 4, ThreadsPerChild => 8,
                ThreadLimit => 64, MaxRequestWorkers => 32,
                MinSpareThreads => 4, MaxSpareThreads => 32 },
    prefork => { StartServers => 2, ServerLimit => 16, MinSpareServers => 1,
                 MaxSpareServers => 4, MaxRequestWorkers => 16 },
);
my @MPM_ORDER = qw(ServerLimit ThreadLimit StartServers ThreadsPerChild
                   MinSpareThreads MaxSpareThreads MinSpareServers
                   MaxSpareServers MaxRequestWorkers);

sub _mpm_conf
{
    my ($self) = @_;
    my %w = (%{ $MPM{ $self->{mpm} } || {} }, %{ $self->{workers} });
    my @names = ((grep { exists $w{$_} } @MPM_ORDER),
                 sort grep { my $n = $_; !grep { $_ eq $n } @MPM_ORDER }
                      keys %w);
    return join '', map { "$_ $w{$_}\n" } @names;
}

# The mounts of the five documents.
my $API = <<'CONF';
<Location "/accounts/">
    AcctAuthAPI accounts
</Location>
<Location "/auth/">
    AcctAuthAPI auth-signin
</Location>
<Location "/api/auth/">
    AcctAuthAPI auth-signin auth-register
</Location>
<Location "/account/">
    AcctAuthAPI account-register
</Location>
<Location "/api/v1/users/">
    AcctAuthAPI users-v1
</Location>
CONF

sub _base_conf
{
    my ($self, $extra) = @_;
    my $dir = $self->{dir};
    my $user = $self->{user};
    my $conf = $self->_load_modules;
    $conf .= "Define $_->[0] \"$_->[1]\"\n"
        for ['DIR', $dir], ['HTDOCS', "$dir/htdocs"], ['DB', $self->db],
            ['KEY', $self->key], ['TREE', $TREE], ['PORT', $self->{port}],
            ['LIBEXEC', layout()->{LIBEXECDIR}];
    $conf .= <<"CONF";
ServerRoot "$dir"
ServerName localhost
DefaultRuntimeDir "$dir/logs"
PidFile "$dir/logs/httpd.pid"
ErrorLog "$dir/logs/error_log"
LogLevel $self->{log_level}
LogFormat "$self->{log_format}" acctest
CustomLog "$dir/logs/access_log" acctest
CoreDumpDirectory "$dir/logs"
TypesConfig /dev/null
AddType text/html .html
AddType text/plain .txt
AddType application/json .json
Timeout $self->{timeout}
KeepAlive On
KeepAliveTimeout 15
GracefulShutdownTimeout 5
CONF
    $conf .= "User $user->{name}\nGroup $user->{group}\n" if $user;
    $conf .= "Listen 127.0.0.1:$self->{port}\n" . $self->_mpm_conf;
    $conf .= "Protocols h2c http/1.1\n" if $self->{h2};
    $conf .= "ScriptSock \"$dir/logs/cgisock\"\n"
        if $self->{mpm} ne 'prefork'
        && grep { /^cgid?$/ } @{ $self->{modules} };
    $conf .= "DavLockDB \"$dir/db/DavLock\"\n"
        if grep { $_ eq 'dav_fs' } @{ $self->{modules} };
    $conf .= <<"CONF";
DocumentRoot "$dir/htdocs"
<Directory "/">
    AllowOverride None
    Require all denied
</Directory>
<Directory "$dir/htdocs">
    Require all granted
</Directory>
CONF
    if ($self->{database}) {
        my $db = $self->db;
        my $driver = $self->{driver};
        my $key = $self->key;
        my $dialects = $self->{dialect_dir} || "$TREE/conf/dialects";
        $conf .= <<"CONF";
AcctAuthDatabase $driver "$db"
AcctAuthKeyFile "$key"
AcctAuthDialectDir "$dialects"
CONF
        $conf .= "AcctAuthLimit $self->{limit}\n" if $self->{limit};
        $conf .= "AcctAuthPasswordRules $self->{rules}\n" if $self->{rules};
        $conf .= "AcctAuthPasswordHash $self->{hash}\n" if $self->{hash};
        $conf .= $API if $self->{api};
    }
    my $text = ref $self->{conf} ? $self->{conf}->($self) : $self->{conf};
    return $conf . $text . "\n" . (defined $extra ? "$extra\n" : '');
}

# --------------------------------------------------------- life of a server

# prepare(%opt): folder, database, key and configuration, but no httpd yet.
# configtest and cli work on it.
sub prepare
{
    my ($class, %opt) = @_;
    layout();
    my %self = (
        mpm => $ENV{ACCT_MPM} || 'event',
        driver => $ENV{ACCT_DRIVER} || 'sqlite3', conf => '', modules => [],
        h2 => 0, workers => {}, database => 1, load => 1, port => 0,
        # All clients of a test have one address; t/limit-*.t set their own.
        limit => 'Off',
        log_level => 'notice acctauth:debug', timeout => 30,
        log_format => '%h %l %u \"%r\" %>s %b', env => {},
        %opt,
    );
    $self{api} = $self{database} if !exists $self{api};
    my $self = bless \%self, $class;
    $self->{owner} = $$;
    $self->{user} = child_user();
    $self->{dir} = _temp_dir();
    for my $sub (qw(htdocs logs db)) {
        mkdir "$self->{dir}/$sub" or die "cannot make $sub: $!\n";
    }
    # Mode first, so that a strict umask does not shut the children out.
    chmod 0755, "$self->{dir}/htdocs", "$self->{dir}/logs";
    chmod 0700, "$self->{dir}/db";
    $self->_chown("$self->{dir}/db");
    $self->write('htdocs/index.html', "<p>front page</p>\n");
    $self->{port} ||= free_port();
    $self->{url} = "http://127.0.0.1:$self->{port}";
    push @servers, $self;
    Scalar::Util::weaken($servers[-1]);
    $self->_make_database;
    $self->_init if $self->{database};
    $self->_write_conf;
    return $self;
}

# start(%opt): prepare, then a running server. Dies with what httpd said
# when it does not start; with expect_fail => 1 it returns instead, and
# config_error holds that text (undef when it did start).
sub start
{
    my ($class, %opt) = @_;
    my $self = $class->prepare(%opt);
    my $tries = $opt{port} ? 1 : 10;
    my $why;
    while ($tries-- > 0) {
        $why = $self->run;
        last if !defined $why;
        last if $why !~ /Address already in use/;
        $self->{port} = free_port();
        $self->{url} = "http://127.0.0.1:$self->{port}";
        unlink "$self->{dir}/logs/error_log";
        $self->_write_conf;
    }
    if (defined $why) {
        $self->{config_error} = $why;
        die "httpd did not start:\n$why\n" if !$self->{expect_fail};
    }
    return $self;
}

sub _chown
{
    my ($self, @files) = @_;
    my $user = $self->{user} or return;
    chown $user->{uid}, $user->{gid}, @files;
}

# On a server the database is there before its tables are.
sub _make_database
{
    my ($self) = @_;
    return if $self->{driver} eq 'sqlite3';
    require PgServer;
    $self->{pg} ||= PgServer->shared;
    return if $self->{dbname};
    # sqlite has it, and tests use it
    $self->{dbname} = $self->{made} = $self->{pg}->database(
        'CREATE FUNCTION hex(text) RETURNS text LANGUAGE sql AS '
        . q{$$SELECT upper(encode(convert_to($1, 'UTF8'), 'hex'))$$});
    $self->{params} ||= $self->{pg}->params($self->{dbname});
}

sub _init
{
    my ($self) = @_;
    # A second server on the database of another.
    if (my $other = $self->{key_from}) {
        File::Copy::copy($other->key, $self->key) or die "copy: $!\n";
        chmod 0600, $self->key;
        return;
    }
    my @owner = $self->{user} && $self->{driver} eq 'sqlite3'
        ? ('--owner', $self->{user}{name}) : ();
    my ($exit, $out, $err) = $self->cli('init', '--key', $self->key, @owner);
    die "acctauth init failed ($exit): $out$err\n" if $exit != 0;
}

sub _write_conf
{
    my ($self) = @_;
    spew("$self->{dir}/httpd.conf", $self->_base_conf);
}

# run(): starts httpd with the written configuration. Returns undef when it
# serves, else what it said.
sub run
{
    my ($self) = @_;
    my $l = layout();
    my $dir = $self->{dir};
    my $before = () = $self->log =~ /resuming normal operations/g;
    spew("$dir/logs/start.out", '');
    my $pid = fork;
    die "cannot fork: $!\n" if !defined $pid;
    if ($pid == 0) {
        # A group of its own: httpd signals its whole group when it ends.
        POSIX::setpgid(0, 0);
        $SIG{$_} = 'DEFAULT' for qw(INT TERM HUP PIPE);
        open STDIN, '<', '/dev/null';
        open STDOUT, '>>', "$dir/logs/start.out";
        open STDERR, '>>', "$dir/logs/start.out";
        $ENV{LD_PRELOAD} = $ENV{ACCT_PRELOAD} if $ENV{ACCT_PRELOAD};
        $ENV{$_} = $self->{env}{$_} for keys %{ $self->{env} };
        exec $l->{HTTPD}, '-d', $dir, '-f', "$dir/httpd.conf",
            '-DFOREGROUND'
            or POSIX::_exit(127);
    }
    POSIX::setpgid($pid, $pid);
    $self->{pid} = $pid;
    my $end = Time::HiRes::time() + 30;
    while (Time::HiRes::time() < $end) {
        if (waitpid($pid, WNOHANG) == $pid) {
            delete $self->{pid};
            my $log = $self->log;
            return slurp("$dir/logs/start.out") . $log;
        }
        my $now = () = $self->log =~ /resuming normal operations/g;
        return if $now > $before && $self->_answers;
        Time::HiRes::sleep(0.03);
    }
    $self->_end_process;
    return "no answer after 30 s\n" . slurp("$dir/logs/start.out")
        . $self->log;
}

sub _answers
{
    my ($self) = @_;
    my $sock = $self->connect or return;
    close $sock;
    return 1;
}

sub _end_process
{
    my ($self) = @_;
    my $pid = delete $self->{pid} or return;
    local ($?, $!);
    kill 'TERM', $pid;
    my $end = Time::HiRes::time() + 15;
    my $gone;
    until ($gone) {
        my $got = waitpid $pid, WNOHANG;
        $gone = $got == $pid || $got == -1;
        last if Time::HiRes::time() > $end;
        Time::HiRes::sleep(0.02) if !$gone;
    }
    if (!$gone) {
        Test::More::diag("httpd $pid did not end in 15 s: killed");
        kill 'KILL', -$pid;
        waitpid $pid, 0;
        return;
    }
    # Whatever is left of its group is an orphan.
    kill 'KILL', -$pid;
}

# stop(): ends httpd by its pid, and looks for children that crashed.
sub stop
{
    my ($self) = @_;
    delete $self->{sock};
    $self->_let_settle;
    $self->_end_process;
    $self->_look_for_crash;
    return $self;
}

# A child of mod_mpm_event that gets the signal to end at the moment one of
# its workers puts a connection away can crash: its main thread looks, in
# apr_os_sock_get, at a socket whose memory is being given back. It does so
# with no module of ours loaded (files only, the signal right after the last
# answer: one round in fifty). stop() therefore waits with the signal until no
# thread of a child has work, or for half a second where there always is some.
sub _let_settle
{
    my ($self) = @_;
    return if !$self->{pid} || !kill 0, $self->{pid};
    my $end = Time::HiRes::time() + 0.5;
    my $quiet = 0;
    # Looked for once: to find them takes longer than to look at them, and
    # one that begins now has no connection to put away.
    my @children = $self->children;
    while ($quiet < 3 && Time::HiRes::time() < $end) {
        $quiet = _have_work(@children) ? 0 : $quiet + 1;
        Time::HiRes::sleep(0.005);
    }
}

sub _has_work { return _have_work($_[0]->children) }

# Whether a thread of these processes runs, or would if a processor were free.
sub _have_work
{
    for my $pid (@_) {
        for my $stat (glob "/proc/$pid/task/*/stat") {
            return 1 if slurp($stat) =~ /^\d+ \(.*\) [RD] /s;
        }
    }
    return 0;
}

sub _look_for_crash
{
    my ($self) = @_;
    return if $self->{crash_seen};
    # A killed child is no crash: tests kill some. What a sanitizer says
    # counts always.
    my $bad = $self->{allow_crash} ? qr/Sanitizer|runtime error:/
        : qr/exit signal|seg fault|Sanitizer|runtime error:|double free/;
    my @lines = grep {
        /$bad/ && !/exit signal (?:Terminated|Killed)/
    } split /\n/, $self->log . slurp("$self->{dir}/logs/start.out");
    return if !@lines;
    $self->{crash_seen} = $crashed = 1;
    Test::More::diag("a child of httpd crashed:\n"
        . join("\n", @lines[0 .. ($#lines > 9 ? 9 : $#lines)]));
}

# restart(): stop and start again, same folder, port and configuration.
# With a text, that replaces conf.
sub restart
{
    my ($self, $conf) = @_;
    $self->stop;
    $self->{conf} = $conf if defined $conf;
    $self->_write_conf;
    my $why = $self->run;
    die "httpd did not start again:\n$why\n" if defined $why;
    return $self;
}

# graceful(): SIGUSR1, and waits until the new generation is up.
sub graceful
{
    my ($self, $conf) = @_;
    return $self->_signal_and_wait('USR1', $conf);
}

# hup(): SIGHUP, the restart that cuts connections.
sub hup
{
    my ($self, $conf) = @_;
    $self->_let_settle;
    return $self->_signal_and_wait('HUP', $conf);
}

sub _signal_and_wait
{
    my ($self, $signal, $conf) = @_;
    if (defined $conf) {
        $self->{conf} = $conf;
        $self->_write_conf;
    }
    my $before = () = $self->log =~ /resuming normal operations/g;
    kill $signal, $self->{pid} or die "no httpd to signal\n";
    my $end = Time::HiRes::time() + 20;
    while (Time::HiRes::time() < $end) {
        my $now = () = $self->log =~ /resuming normal operations/g;
        return $self if $now > $before;
        if (waitpid($self->{pid}, WNOHANG) == $self->{pid}) {
            delete $self->{pid};
            die "httpd ended at SIG$signal:\n" . $self->_tail;
        }
        Time::HiRes::sleep(0.02);
    }
    die "httpd did not come back after SIG$signal:\n" . $self->_tail;
}

sub _tail
{
    my ($self, $lines) = @_;
    $lines ||= 40;
    my @log = split /\n/, $self->log;
    splice @log, 0, @log - $lines if @log > $lines;
    return join "\n", @log, '';
}

sub DESTROY
{
    my ($self) = @_;
    return if !$self->{owner} || $self->{owner} != $$;
    local ($@, $!, $?);
    $self->stop;
    my $bad = $crashed || !Test::More->builder->is_passing;
    Test::More::diag("$self->{dir}/logs/error_log, its end:\n"
        . $self->_tail) if $bad && !$self->{expect_fail};
    return if $ENV{ACCT_KEEP};
    $self->{pg}->drop($self->{made}) if $self->{made};
    File::Path::remove_tree($self->{dir}, { error => \my $ignored });
}

END {
    my $status = $?;
    for my $server (grep { defined } @servers) {
        $server->DESTROY;
        delete $server->{owner};
    }
    # As a shell says it: no reason to try once more (scripts/test-jobs).
    $? = $crashed ? 128 + POSIX::SIGSEGV : $status;
}

# ------------------------------------------------------------ what it holds

sub port   { $_[0]{port} }
sub dir    { $_[0]{dir} }
sub htdocs { "$_[0]{dir}/htdocs" }
# The parameters of the database: a path, or a connection string.
sub db     { $_[0]{params} || "$_[0]{dir}/db/accounts.db" }
sub driver { $_[0]{driver} }
sub key    { "$_[0]{dir}/key" }
sub pid    { $_[0]{pid} }
sub url    { "http://127.0.0.1:$_[0]{port}" . (defined $_[1] ? $_[1] : '/') }
sub log    { slurp("$_[0]{dir}/logs/error_log") }
sub access_log { slurp("$_[0]{dir}/logs/access_log") }

sub children
{
    my ($self) = @_;
    my @pids;
    for my $stat (glob '/proc/[0-9]*/stat') {
        push @pids, $1 if slurp($stat) =~ /^(\d+) \(.*\) \S (\d+) /s
            && $2 == ($self->{pid} || -1);
    }
    return sort { $a <=> $b } @pids;
}

# write(PATH, TEXT, MODE): a file below the server's folder, with the
# folders it needs, readable by the children.
sub write
{
    my ($self, $path, $text, $mode) = @_;
    my $file = "$self->{dir}/$path";
    my $parent = File::Basename::dirname($file);
    if (!-d $parent) {
        File::Path::make_path($parent, { mode => 0755 });
        my $at = $self->{dir};
        for my $part (split m{/}, File::Basename::dirname($path)) {
            $at .= "/$part";
            chmod 0755, $at if $part ne 'db';
        }
    }
    spew($file, $text);
    chmod defined $mode ? $mode : 0644, $file;
    return $file;
}

# await(sub {...}, WHAT, SECONDS): polls until it is true and returns its
# value. Without WHAT after so long (30 s) the test cannot go on: it dies.
sub await
{
    my ($code, $what, $seconds) = @_;
    my $end = Time::HiRes::time() + ($seconds || 30);
    while (Time::HiRes::time() < $end) {
        my $value = $code->();
        return $value if $value;
        Time::HiRes::sleep(0.02);
    }
    die "waited in vain: $what\n";
}

# wait_for(sub {...}, SECONDS): the same where the caller asserts the value.
sub wait_for
{
    my ($self, $code, $seconds) = @_;
    my $end = Time::HiRes::time() + ($seconds || 10);
    while (1) {
        my $value = $code->();
        return $value if $value || Time::HiRes::time() > $end;
        Time::HiRes::sleep(0.02);
    }
}

# ---------------------------------------------------------------- the client

# connect(from => '127.0.0.2'): the client's own address, if it matters.
sub connect
{
    my ($self, %opt) = @_;
    my $sock = IO::Socket::INET->new(PeerAddr => '127.0.0.1',
        PeerPort => $self->{port}, Proto => 'tcp', Timeout => 10,
        ($opt{from} ? (LocalAddr => $opt{from}) : ()));
    binmode $sock if $sock;
    return $sock;
}

sub _send
{
    my ($sock, $bytes) = @_;
    while (length $bytes) {
        my $n = syswrite $sock, $bytes;
        return if !defined $n;
        substr($bytes, 0, $n, '');
    }
    return 1;
}

# _fill: reads more bytes into $$buf; 0 at the end, undef after the time.
sub _fill
{
    my ($sock, $buf, $end) = @_;
    my $left = $end - Time::HiRes::time();
    return if $left <= 0 || !IO::Select->new($sock)->can_read($left);
    my $n = sysread $sock, $$buf, 65536, length $$buf;
    return defined $n ? $n : 0;
}

# raw(BYTES, timeout => 5, shut => 0): sends bytes on a fresh connection,
# reads to the end or the time-out and returns all. shut => 1 closes our
# half after sending. BYTES may be a list ref, sent with pause => seconds
# between its parts.
sub raw
{
    my ($self, $bytes, %opt) = @_;
    my $sock = $self->connect or die "cannot connect: $!\n";
    my @parts = ref $bytes ? @$bytes : ($bytes);
    while (defined(my $part = shift @parts)) {
        _send($sock, $part) or last;
        Time::HiRes::sleep($opt{pause}) if @parts && $opt{pause};
    }
    shutdown $sock, 1 if $opt{shut};
    my $end = Time::HiRes::time() + ($opt{timeout} || 5);
    my $all = '';
    1 while _fill($sock, \$all, $end);
    close $sock;
    return $all;
}

my $JSON = JSON::PP->new->utf8->canonical;

# request(METHOD, PATH, %opt) returns a hash of the answer:
#   status reason headers raw_headers body json order interim closed
# Options: headers (hash or list of pairs), json (data), body (bytes), type,
# token, scheme, keep (keeps and re-uses one connection), timeout, chunked
# (list of body parts), http10, h2 (through curl), from (the client's address).
# An answer that never came has status 0 and says why in reason.
sub request
{
    my ($self, $method, $path, %opt) = @_;
    return $self->_request_h2($method, $path, %opt) if $opt{h2};
    my ($head, $body) = $self->_compose($method, $path, \%opt);
    my $again = $self->{sock} && $opt{keep};
    my $sock = $again ? $self->{sock} : $self->connect(%opt);
    delete $self->{sock} if $opt{keep};
    return { status => 0, reason => "cannot connect: $!", headers => {},
             raw_headers => [], body => '' } if !$sock;
    _send($sock, $head . $body);
    my $r = _read_answer($sock, $method,
        Time::HiRes::time() + ($opt{timeout} || 30));
    if ($again && !$r->{status} && !length $r->{bytes}) {
        return $self->request($method, $path, %opt);   # it had been closed
    }
    $self->{sock} = $sock if $opt{keep} && !$r->{closed};
    return $r;
}

sub _compose
{
    my ($self, $method, $path, $opt) = @_;
    my @headers = ref $opt->{headers} eq 'HASH'
        ? (map { [$_, $opt->{headers}{$_}] } sort keys %{ $opt->{headers} })
        : @{ $opt->{headers} || [] };
    my %have = map { lc $_->[0] => 1 } @headers;
    my $body = $opt->{body};
    my $type = $opt->{type};
    if (exists $opt->{json}) {
        $body = $JSON->encode($opt->{json});
        $type = 'application/json' if !defined $type;
    }
    if ($opt->{chunked}) {
        $body = join('', map { sprintf "%x\r\n%s\r\n", length $_, $_ }
                         grep { length } @{ $opt->{chunked} }) . "0\r\n\r\n";
        push @headers, ['Transfer-Encoding', 'chunked'];
        $type = 'application/json' if !defined $type;
    }
    unshift @headers, ['Host', "127.0.0.1:$self->{port}"] if !$have{host};
    push @headers, ['Connection', 'close'] if !$opt->{keep}
        && !$have{connection};
    push @headers, ['Authorization',
                    (defined $opt->{scheme} ? $opt->{scheme} : 'Token')
                    . " $opt->{token}"] if defined $opt->{token};
    push @headers, ['Content-Type', $type]
        if defined $type && !$have{'content-type'};
    push @headers, ['Content-Length', length $body]
        if defined $body && !$opt->{chunked} && !$have{'content-length'};
    my $proto = $opt->{http10} ? 'HTTP/1.0' : 'HTTP/1.1';
    my $head = join "\r\n", "$method $path $proto",
        (map { "$_->[0]: $_->[1]" } @headers), '', '';
    utf8::encode($head) if utf8::is_utf8($head);
    $body = '' if !defined $body;
    utf8::encode($body) if utf8::is_utf8($body);
    return ($head, $body);
}

sub _read_answer
{
    my ($sock, $method, $end) = @_;
    my ($buf, @interim) = ('');
    my $fail = sub {
        return { status => 0, reason => $_[0], headers => {},
                 raw_headers => [], body => '', bytes => $buf, closed => 1 };
    };
    my ($head, $status, $reason);
    while (1) {
        until ($buf =~ /\r\n\r\n/) {
            my $n = _fill($sock, \$buf, $end);
            return $fail->('timed out') if !defined $n;
            return $fail->('closed') if !$n;
        }
        ($head, $buf) = $buf =~ /\A(.*?)\r\n\r\n(.*)\z/s;
        ($status, $reason) = $head =~ m{\AHTTP/1\.\d (\d{3}) ?([^\r\n]*)}
            or return $fail->("no status line: $head");
        last if $status >= 200;
        push @interim, $status;
    }
    my @raw = map { /^([^:]*):[ \t]*(.*?)[ \t]*$/ ? [$1, $2] : () }
        grep { length } (split /\r\n/, $head)[1 .. ($head =~ tr/\n//)];
    my %h;
    for my $pair (@raw) {
        my $name = lc $pair->[0];
        $h{$name} = exists $h{$name} ? "$h{$name}, $pair->[1]" : $pair->[1];
    }
    my ($body, $closed) = ('', 0);
    if ($method eq 'HEAD' || $status == 204 || $status == 304) {
        # These have none, whatever their headers say.
    }
    elsif (lc($h{'transfer-encoding'} || '') eq 'chunked') {
        while (1) {
            until ($buf =~ /\A[0-9a-fA-F]+[^\r\n]*\r\n/) {
                _fill($sock, \$buf, $end) or return $fail->('chunk cut off');
            }
            $buf =~ s/\A([0-9a-fA-F]+)[^\r\n]*\r\n//;
            my $size = hex $1;
            until (length $buf >= $size + 2) {
                _fill($sock, \$buf, $end) or return $fail->('chunk cut off');
            }
            $body .= substr $buf, 0, $size, '';
            substr $buf, 0, 2, '';
            last if !$size;
        }
    }
    elsif (defined $h{'content-length'}) {
        until (length $buf >= $h{'content-length'}) {
            _fill($sock, \$buf, $end) or return $fail->('body cut off');
        }
        $body = substr $buf, 0, $h{'content-length'}, '';
    }
    else {
        1 while _fill($sock, \$buf, $end);
        ($body, $closed) = ($buf, 1);
    }
    $closed = 1 if lc($h{connection} || '') eq 'close';
    return _answer($status, $reason, \@raw, \%h, $body, $closed, \@interim);
}

sub _answer
{
    my ($status, $reason, $raw, $h, $body, $closed, $interim) = @_;
    my %r = (status => $status, reason => $reason, raw_headers => $raw,
             headers => $h, body => $body, closed => $closed,
             interim => $interim, bytes => '', json => undef, order => []);
    if (length $body) {
        $r{json} = eval { JSON::PP->new->utf8->allow_nonref->decode($body) };
        $r{order} = _key_order($body) if ref $r{json} eq 'HASH';
    }
    return \%r;
}

# The members of the outermost object, in the order in which they stand.
sub _key_order
{
    my ($text) = @_;
    my ($depth, $key_next, @keys) = (0, 0);
    while ($text =~ /\G(?:("(?:[^"\\]|\\.)*")|([\[{])|([\]}])|(,)|[^"\[\]{},]+)/gs) {
        if (defined $1) {
            push @keys, JSON::PP->new->utf8->allow_nonref->decode($1)
                if $depth == 1 && $key_next;
            $key_next = 0;
        }
        elsif (defined $2) { $depth++; $key_next = 1 if $depth == 1 }
        elsif (defined $3) { $depth-- }
        elsif (defined $4) { $key_next = 1 if $depth == 1 }
    }
    return \@keys;
}

# The same request over HTTP/2 with prior knowledge. curl writes the head
# of the answer in HTTP/1 spelling.
sub _request_h2
{
    my ($self, $method, $path, %opt) = @_;
    my ($head, $body) = $self->_compose($method, $path, \%opt);
    my $dir = $self->{dir};
    my @args = ('-sS', '--http2-prior-knowledge', '--path-as-is',
        '--max-time', $opt{timeout} || 30, '-D', "$dir/h2.head",
        '-o', "$dir/h2.body", '-X', $method);
    push @args, '--head' if $method eq 'HEAD';
    for my $line ((split /\r\n/, $head)[1 .. 100]) {
        next if !defined $line || $line =~ /^(?:Host|Connection|Content-Length):/i;
        push @args, '-H', $line;
    }
    push @args, '-H', 'Content-Type:', if $head !~ /^Content-Type:/mi;
    if (length $body) {
        spew("$dir/h2.send", $body);
        push @args, '--data-binary', "\@$dir/h2.send";
    }
    spew("$dir/h2.$_", '') for qw(head body);
    my ($exit, undef, $err) = _run_command(undef, {}, 'curl', @args,
        $self->url($path));
    my $text = slurp("$dir/h2.head");
    1 while $text =~ s{\AHTTP/2 1\d\d.*?\r\n\r\n}{}s;
    my ($status) = $text =~ m{\AHTTP/2 (\d{3})};
    return { status => 0, reason => "curl: $err", headers => {},
             raw_headers => [], body => '' } if !$status;
    my @raw = map { /^([^:]+):[ \t]*(.*?)[ \t]*$/ ? [$1, $2] : () }
        split /\r\n/, $text;
    my %h;
    for my $pair (@raw) {
        my $name = lc $pair->[0];
        $h{$name} = exists $h{$name} ? "$h{$name}, $pair->[1]" : $pair->[1];
    }
    return _answer($status, '', \@raw, \%h,
        $method eq 'HEAD' ? '' : slurp("$dir/h2.body"), 0, []);
}

sub get
{
    my ($self, $path, %opt) = @_;
    return $self->request('GET', $path, %opt);
}

sub post
{
    my ($self, $path, $data, %opt) = @_;
    return $self->request('POST', $path,
        (defined $data ? (json => $data) : ()), %opt);
}

# answer_is(R, STATUS, BODY, NAME): status, exact bytes of the body, and
# Content-Type application/json where there is a body, none where not. One
# test.
sub answer_is
{
    my ($r, $status, $body, $name) = @_;
    utf8::encode($body) if utf8::is_utf8($body);
    my $type = $r->{headers}{'content-type'};
    my $got = "$r->{status} " . (defined $type ? $type : '(no type)')
        . "\n$r->{body}";
    my $want = "$status "
        . (length $body ? 'application/json' : '(no type)') . "\n$body";
    local $Test::Builder::Level = $Test::Builder::Level + 1;
    my $ok = Test::More::is($got, $want, $name);
    Test::More::diag($r->{reason}) if !$ok && !$r->{status};
    return $ok;
}

# --------------------------------------------------- the command, and SQL

# _run_command(STDIN, ENV, COMMAND...) returns (exit, stdout, stderr).
sub _run_command { goto &Commands::run_command }

# cli(ARGS..., stdin => TEXT): the operator's command on this database.
sub cli
{
    my ($self, @args) = @_;
    my $input;
    if (@args >= 2 && defined $args[-2] && $args[-2] eq 'stdin') {
        $input = pop @args;
        pop @args;
    }
    my %env = (ACCTAUTH_DRIVER => $self->{driver}, ACCTAUTH_PARAMS => $self->db,
               ACCTAUTH_SQL_DIR => "$TREE/sql",
               ACCTAUTH_DIALECT_DIR => "$TREE/conf/dialects");
    return _run_command($input, \%env, build_dir() . '/acctauth', @args);
}

# unknown_token(DIGITS): one that this server could have minted, and did not:
# the server must ask the database to find out.
sub unknown_token
{
    my ($self, $digits) = @_;
    $digits = 64 if !$digits;
    my $random = join '', map { sprintf '%x', rand 16 } 9 .. $digits;
    require TokenCheck;
    return $random . TokenCheck->new($self->key)->of($random);
}

# account(%fields): an account made by the command; its id. Fields: username
# email password first_name last_name staff.
sub account
{
    my ($self, %f) = @_;
    my @args = ('user', 'add');
    push @args, defined $f{username} ? $f{username} : '--no-username';
    push @args, '--email', $f{email} if defined $f{email};
    push @args, '--first-name', $f{first_name} if defined $f{first_name};
    push @args, '--last-name', $f{last_name} if defined $f{last_name};
    push @args, '--staff' if $f{staff};
    my ($exit, $out, $err) = $self->cli(@args, '--password-stdin',
        stdin => "$f{password}\n");
    die "acctauth @args failed ($exit): $out$err\n" if $exit != 0;
    return $1 if $out =~ /\(#(\d+)\)$/m;
    die "acctauth @args says no id: $out\n";
}

# lose_database(folder => 0|1): as if it were gone, until find_database().
# A file is moved away, with its folder if wanted; a server ends the
# sessions and takes no new ones.
sub lose_database
{
    my ($self, %opt) = @_;
    if ($self->{pg}) {
        my $name = $self->{dbname};
        $self->{pg}->sql("ALTER DATABASE $name ALLOW_CONNECTIONS false;\n"
            . 'SELECT pg_terminate_backend(pid, 5000) FROM pg_stat_activity '
            . "WHERE datname = '$name'");
        return;
    }
    my @files = $opt{folder} ? File::Basename::dirname($self->db)
        : grep { -e } map { $self->db . $_ } '', '-wal', '-shm';
    rename $_, "$_.away" or die "rename $_: $!\n" for @files;
    $self->{lost} = \@files;
}

sub find_database
{
    my ($self) = @_;
    if ($self->{pg}) {
        $self->{pg}->sql("ALTER DATABASE $self->{dbname} "
            . 'ALLOW_CONNECTIONS true');
        return;
    }
    rename "$_.away", $_ or die "rename $_: $!\n"
        for @{ delete $self->{lost} || [] };
}

# sql(TEXT): rows as a list of array refs; NULL is undef.
sub sql
{
    my ($self, $text) = @_;
    if ($self->{pg}) {
        # What only a file needs: a server sees to it by itself.
        return ['ok'] if $text =~ /^PRAGMA integrity_check/;
        return if $text =~ /^PRAGMA wal_checkpoint/;
        return $self->{pg}->sql($text, $self->{dbname});
    }
    my ($exit, $out, $err) = _run_command("$text\n", {}, 'sqlite3', '-batch',
        '-bail', '-ascii', '-nullvalue', "\x1d", '-cmd', '.timeout 10000',
        $self->db);
    die "sqlite3 failed ($exit): $err\n" if $exit != 0;
    return map { [ map { $_ eq "\x1d" ? undef : $_ } split /\x1f/, $_, -1 ] }
        split /\x1e/, $out;
}

# schema_version(): what the database says; to be put back after a test that
# changed it.
sub schema_version
{
    my ($self) = @_;
    return ($self->sql(
        "SELECT value FROM meta WHERE name = 'schema_version'"))[0][0];
}

# configtest(EXTRA) returns (ok, text): httpd -t on the base configuration
# and the extra text.
sub configtest
{
    my ($self, $extra) = @_;
    my $file = "$self->{dir}/configtest.conf";
    spew($file, $self->_base_conf($extra));
    my %env = %{ $self->{env} };
    $env{LD_PRELOAD} = $ENV{ACCT_PRELOAD} if $ENV{ACCT_PRELOAD};
    my ($exit, $out, $err) = _run_command(undef, \%env, layout()->{HTTPD},
        '-t', '-d', $self->{dir}, '-f', $file);
    return ($exit == 0, $out . $err);
}

1;
