# SPDX-License-Identifier: Apache-2.0
#
# A php-fpm of one's own, on a free loopback port, for tests that want PHP
# as sites have it: SetHandler "proxy:fcgi://…". Ends with the object.

package PhpFpm;

use strict;
use warnings;

use AcctTest;
use IO::Socket::INET;
use POSIX ();

# The program, or undef where there is none. Its name has the version in it.
sub program
{
    my @found = grep { -x } map { glob "$_/php-fpm*" }
        qw(/usr/sbin /usr/bin /usr/local/sbin);
    return $found[-1];
}

# PhpFpm->start(DIR, pool lines...): DIR is a folder that the pool's user can
# read and that files of this server may lie in.
sub start
{
    my ($class, $dir, @lines) = @_;
    my $program = program() or die "there is no php-fpm here\n";
    my $port = AcctTest::free_port();
    my $user = AcctTest::child_user();
    my @own = $user ? ("user = $user->{name}", "group = $user->{group}") : ();
    spew("$dir/php-fpm.conf", join "\n", '[global]',
        "error_log = $dir/php-fpm.log", 'daemonize = no', '[test]', @own,
        "listen = 127.0.0.1:$port", 'pm = static', 'pm.max_children = 2',
        @lines, '');
    my $pid = fork;
    die "cannot fork: $!\n" if !defined $pid;
    if ($pid == 0) {
        open STDOUT, '>', "$dir/php-fpm.out";
        open STDERR, '>&', \*STDOUT;
        exec $program, '-F', '-n', '-y', "$dir/php-fpm.conf"
            or POSIX::_exit(127);
    }
    my $self = bless { pid => $pid, port => $port, owner => $$ }, $class;
    for (1 .. 100) {
        return $self if IO::Socket::INET->new(PeerAddr => '127.0.0.1',
            PeerPort => $port, Timeout => 1);
        last if waitpid($pid, POSIX::WNOHANG()) == $pid;
        select undef, undef, undef, 0.1;
    }
    die "$program did not start: " . slurp("$dir/php-fpm.out") . "\n";
}

sub port { return $_[0]{port} }

sub DESTROY
{
    my ($self) = @_;
    return if $self->{owner} != $$;
    local ($?, $!);
    kill 'QUIT', $self->{pid};
    waitpid $self->{pid}, 0;
}

1;
