# SPDX-License-Identifier: Apache-2.0
#
# A pooler before a PostgreSQL, as PgBouncer is one: in mode "transaction"
# all clients share one connection to the server, each for a transaction at
# a time; in mode "session" each has its own. It listens at a socket in a
# folder of its own and ends with the object.

package PgPooler;

use strict;
use warnings;

use File::Path ();
use File::Temp ();
use IO::Select;
use IO::Socket::UNIX;
use POSIX ();

# new(SERVER, MODE): before a PgServer.
sub new
{
    my ($class, $server, $mode) = @_;
    my $dir = File::Temp::tempdir('acctauth-pooler-XXXXXXXX', TMPDIR => 1);
    chmod 0755, $dir;
    my $path = "$dir/.s.PGSQL.5432";
    my $listener = IO::Socket::UNIX->new(Local => $path, Listen => 50)
        or die "cannot listen: $!\n";
    chmod 0777, $path;
    my $pid = fork;
    die "cannot fork: $!\n" if !defined $pid;
    if (!$pid) {
        $SIG{$_} = 'DEFAULT' for qw(INT TERM HUP);
        $SIG{PIPE} = 'IGNORE';
        eval { _serve($listener, $server->socket_path,
                      $mode eq 'transaction') };
        print STDERR "pooler: $@" if $@;
        POSIX::_exit(1);
    }
    return bless { dir => $dir, pid => $pid, owner => $$ }, $class;
}

sub dir { $_[0]{dir} }

sub DESTROY
{
    my ($self) = @_;
    return if $self->{owner} != $$;
    local ($?, $!, $@);
    kill 'TERM', $self->{pid};
    waitpid $self->{pid}, 0;
    File::Path::remove_tree($self->{dir});
}

sub _read_exactly
{
    my ($socket, $length) = @_;
    my $bytes = '';
    while (length $bytes < $length) {
        sysread $socket, $bytes, $length - length $bytes, length $bytes
            or die "cut off\n";
    }
    return $bytes;
}

# A message of the server's: its type and all of its bytes.
sub _message
{
    my ($socket) = @_;
    my $head = _read_exactly($socket, 5);
    my ($type, $length) = unpack 'a N', $head;
    return ($type, $head . _read_exactly($socket, $length - 4));
}

# All that the server says until it waits for us.
sub _until_ready
{
    my ($server, $tell) = @_;
    for (;;) {
        my ($type, $bytes) = _message($server);
        $tell->($bytes);
        return substr $bytes, 5, 1 if $type eq 'Z';
    }
}

sub _serve
{
    my ($listener, $path, $is_shared) = @_;
    my $select = IO::Select->new($listener);
    my ($shared, $greeting, $owner);
    my %server;
    my $begin = sub {
        my ($client) = @_;
        my $head = _read_exactly($client, 4);
        my $start = $head . _read_exactly($client, unpack('N', $head) - 4);
        if ($is_shared && $shared) {
            syswrite $client, $greeting;
            return $server{$client} = $shared;
        }
        my $server = IO::Socket::UNIX->new(Peer => $path) or die "$!\n";
        syswrite $server, $start;
        $greeting = '';
        _until_ready($server, sub { $greeting .= $_[0] });
        syswrite $client, $greeting;
        $shared = $server if $is_shared;
        return $server{$client} = $server;
    };
    # A client goes on until its transaction has ended; the others wait.
    my $go_on = sub {
        my ($client) = @_;
        my $got = sysread $client, my $bytes, 65536;
        if (!$got || $bytes =~ /\AX/) {
            $select->remove($client);
            delete $server{$client};
            undef $owner if $owner && $owner == $client;
            return close $client;
        }
        syswrite $server{$client}, $bytes;
        return if $bytes !~ /S\x00\x00\x00\x04\z/ && $bytes !~ /\AQ/;
        my $state = _until_ready($server{$client},
                                 sub { syswrite $client, $_[0] });
        $owner = $is_shared && $state ne 'I' ? $client : undef;
    };
    for (;;) {
        for my $ready ($owner ? IO::Select->new($owner)->can_read
                              : $select->can_read) {
            if ($ready == $listener) {
                my $client = $listener->accept or next;
                $select->add($client) if eval { $begin->($client) };
                next;
            }
            $go_on->($ready);
            last if $owner;
        }
    }
}

1;
