# SPDX-License-Identifier: Apache-2.0
#
# A command on a terminal of its own, which is typed on and looked at.
#
#   my $t = Terminal->start({ ENV => ... }, COMMAND, ARGS...);
#   $t->sees(qr/Password: /) or ...;    waits up to ten seconds
#   $t->types("text\n");
#   $t->signal('TERM');
#   $t->stopped                         whether it stops within five seconds
#   my ($exit, $text) = $t->ends;       exit status as a shell has it
#   $t->modes                           "echo isig icanon", those that are on

package Terminal;

use strict;
use warnings;
use Config;
use Fcntl;
use IO::Select;
use POSIX ();
use Time::HiRes ();

# ioctl()s of Linux that POSIX has no names for; false where they are others.
my ($UNLOCK, $NUMBER, $TAKE) = (0x40045431, 0x80045430, 0x540e);

sub available
{
    return $^O eq 'linux' && $Config{archname} !~ /^(?:mips|powerpc|ppc|sparc|alpha)/
        && -c '/dev/ptmx';
}

sub start
{
    my ($class, $env, @command) = @_;
    sysopen my $master, '/dev/ptmx', O_RDWR | O_NOCTTY or die "ptmx: $!\n";
    my $number = pack 'i', 0;
    ioctl $master, $UNLOCK, my $zero = pack('i', 0) or die "unlock: $!\n";
    ioctl $master, $NUMBER, $number or die "number: $!\n";
    my $name = '/dev/pts/' . unpack 'i', $number;
    # Kept open, so that it can be looked at when the command is gone.
    sysopen my $slave, $name, O_RDWR | O_NOCTTY or die "$name: $!\n";
    my $pid = fork;
    die "cannot fork: $!\n" if !defined $pid;
    if (!$pid) {
        POSIX::setsid();
        $SIG{$_} = 'DEFAULT' for qw(INT TERM HUP QUIT TSTP CONT PIPE);
        ioctl $slave, $TAKE, 0;
        # The kernel stops only a process whose parent can continue it.
        my $command = fork // POSIX::_exit(126);
        if (!$command) {
            POSIX::setpgid(0, 0);
            $SIG{TTOU} = 'IGNORE';
            POSIX::tcsetpgrp(fileno $slave, $$);
            $SIG{TTOU} = 'DEFAULT';
            POSIX::dup2(fileno $slave, $_) for 0 .. 2;
            $ENV{$_} = $env->{$_} for keys %$env;
            no warnings 'exec';
            exec @command or POSIX::_exit(127);
        }
        $SIG{HUP} = 'IGNORE';
        waitpid $command, 0;
        POSIX::_exit($? & 127 ? 128 + ($? & 127) : $? >> 8);
    }
    return bless { pid => $pid, master => $master, slave => $slave,
                   text => '' }, $class;
}

# Takes what is there, or comes within a moment.
sub _read
{
    my ($self, $wait) = @_;
    return 0 if !IO::Select->new($self->{master})->can_read($wait);
    return sysread $self->{master}, $self->{text}, 4096,
        length $self->{text};
}

sub sees
{
    my ($self, $like) = @_;
    my $end = Time::HiRes::time() + 10;
    while (Time::HiRes::time() < $end) {
        return 1 if $self->{text} =~ s/\A.*?$like//s;
        $self->_read(0.1);
    }
    return 0;
}

sub types { syswrite $_[0]{master}, $_[1] }

# The command, which is the only child of the session's leader.
sub command
{
    my ($self) = @_;
    my $list = "/proc/$self->{pid}/task/$self->{pid}/children";
    open my $fh, '<', $list or return;
    my ($child) = split ' ', <$fh> // '';
    return $child;
}

sub signal { my ($self, $name) = @_; kill $name, $self->command }

sub stopped
{
    my ($self) = @_;
    my $pid = $self->command or return 0;
    for (1 .. 100) {
        open my $fh, '<', "/proc/$pid/stat" or return 0;
        return 1 if <$fh> =~ /\) T /;
        Time::HiRes::sleep(0.05);
    }
    return 0;
}

sub modes
{
    my ($self) = @_;
    my $termios = POSIX::Termios->new;
    $termios->getattr(fileno $self->{slave});
    my $flags = $termios->getlflag;
    return join ' ', ($flags & POSIX::ECHO ? 'echo' : ()),
        ($flags & POSIX::ISIG ? 'isig' : ()),
        ($flags & POSIX::ICANON ? 'icanon' : ());
}

sub ends
{
    my ($self) = @_;
    my $end = Time::HiRes::time() + 15;
    while (waitpid($self->{pid}, POSIX::WNOHANG) == 0) {
        if (Time::HiRes::time() > $end) {
            my $command = $self->command;
            kill 'KILL', $command if $command;
            kill 'KILL', $self->{pid};
            waitpid $self->{pid}, 0;
            return (-1, $self->{text});
        }
        $self->_read(0.05);
    }
    my $exit = $? >> 8;
    1 while $self->_read(0);
    return ($exit, $self->{text});
}

1;
