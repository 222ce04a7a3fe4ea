# SPDX-License-Identifier: Apache-2.0
#
# Django REST framework's tokens under gunicorn: two worker processes, a
# database of its own in a folder of its own.

package Bench::Django;

use strict;
use warnings;

use AcctTest;
use Bench::Options;
use File::Basename ();
use File::Path ();
use File::Temp ();
use POSIX ':sys_wait_h';
use Scalar::Util ();
use Time::HiRes ();

my $SERVICE = tree() . '/t/bench/django/service.py';
my $found;
my @running;

# python(): one that has all that is needed, undef when there is none.
sub python
{
    return $found if defined $found;
    for my $python ('python3', '/usr/bin/python3') {
        return $found = $python if system("$python -c 'import django, "
            . "rest_framework, gunicorn' 2>/dev/null") == 0;
    }
    return;
}

# start(tokens => N, worker => 'sync' or 'gthread'): gunicorn, serving.
sub start
{
    my ($class, %opt) = @_;
    my $dir = File::Temp::tempdir('acctauth-drf-XXXXXXXX', TMPDIR => 1);
    my $self = bless { dir => $dir, port => free_port(), owner => $$ },
        $class;
    push @running, $self;
    Scalar::Util::weaken($running[-1]);
    my $user = child_user();
    chmod 0755, $dir;
    chown $user->{uid}, $user->{gid}, $dir if $user;
    my $pid = $self->_spawn('fill.log', python(), $SERVICE, 'fill',
                            $opt{tokens});
    waitpid $pid, 0;
    die "Django could not fill its database:\n" . slurp("$dir/fill.log")
        if $?;
    my @worker = $opt{worker} eq 'sync' ? ('sync')
        : ('gthread', '--threads', 4, '--keep-alive', 60);
    $self->{pid} = $self->_spawn('log', python(), '-m', 'gunicorn',
        '--chdir', File::Basename::dirname($SERVICE), '--workers', 2,
        '--worker-class', @worker, '--bind', "127.0.0.1:$self->{port}",
        '--log-level', 'warning', '--worker-tmp-dir', $dir,
        'service:application');
    $self->_wait;
    return $self;
}

# As the user that httpd's children have.
sub _spawn
{
    my ($self, $log, @command) = @_;
    my $pid = fork;
    die "cannot fork: $!\n" if !defined $pid;
    return $pid if $pid;
    POSIX::setpgid(0, 0);
    $SIG{$_} = 'DEFAULT' for qw(INT TERM HUP PIPE);
    open STDIN, '<', '/dev/null';
    open STDOUT, '>>', "$self->{dir}/$log";
    open STDERR, '>>', "$self->{dir}/$log";
    if (my $user = child_user()) {
        $) = "$user->{gid} $user->{gid}";
        POSIX::setgid($user->{gid});
        POSIX::setuid($user->{uid});
    }
    @ENV{qw(BENCH_DB BENCH_SIZE HOME PYTHONDONTWRITEBYTECODE)}
        = ("$self->{dir}/db.sqlite3", $OPT{file_size}, $self->{dir}, 1);
    chdir $self->{dir};
    no warnings 'exec';
    exec { $command[0] } @command or POSIX::_exit(127);
}

sub _wait
{
    my ($self) = @_;
    my $end = Time::HiRes::time() + 30;
    while (Time::HiRes::time() < $end) {
        my $sock = IO::Socket::INET->new(PeerAddr => '127.0.0.1',
            PeerPort => $self->{port}, Timeout => 5);
        if ($sock) {
            print {$sock} "GET /open/ HTTP/1.0\r\n\r\n";
            my $status = <$sock>;
            return if defined $status && $status =~ / 200 /;
        }
        last if waitpid($self->{pid}, WNOHANG) == $self->{pid};
        Time::HiRes::sleep(0.1);
    }
    die "gunicorn did not start:\n" . $self->tail;
}

# The proxy: this service below PATH, over connections that are kept.
sub proxy_conf
{
    my ($self, $path) = @_;
    return "ProxyPass \"$path\" \"http://127.0.0.1:$self->{port}/\" "
        . "enablereuse=on keepalive=On\n";
}

sub url  { "http://127.0.0.1:$_[0]{port}$_[1]" }
sub pid  { $_[0]{pid} }
sub tail { substr slurp("$_[0]{dir}/log"), -2000 }
sub processes { $_[0]{pid} }

sub stop
{
    my ($self) = @_;
    my $pid = delete $self->{pid} or return;
    local ($?, $!);
    kill 'TERM', $pid;
    my $end = Time::HiRes::time() + 15;
    until (waitpid($pid, WNOHANG)) {
        if (Time::HiRes::time() > $end) {
            kill 'KILL', -$pid;
            waitpid $pid, 0;
            last;
        }
        Time::HiRes::sleep(0.05);
    }
}

sub DESTROY
{
    my ($self) = @_;
    return if !$self->{owner} || $self->{owner} != $$;
    delete $self->{owner};
    local ($@, $!, $?);
    $self->stop;
    File::Path::remove_tree($self->{dir}, { error => \my $ignored });
}

END {
    my $status = $?;
    $_->DESTROY for grep { defined } @running;
    $? = $status;
}

1;
