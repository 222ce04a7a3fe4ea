# SPDX-License-Identifier: Apache-2.0
#
# A TCP relay that breaks: it listens on a free loopback port, passes bytes
# to and from a server's socket (a path, or HOST:PORT), and does with them
# what the test chooses. A process of its own, ended with the test.
#
#   my $b = TcpBreaker->new($target);
#   $b->port; $b->count              connections that are open now
#   $b->accepted                     connections there have been
#   $b->asked                        times that a client has sent something
#   $b->mode('pass')
#   $b->mode('refuse')               the port is closed; what was open is reset
#   $b->mode('hang')                 connections are taken, no byte passes
#   $b->mode('full')                 the relay accepts no connection and its
#                                    backlog is full: the kernel drops SYN;
#                                    what was open hangs
#   $b->mode('silent')               the server's answers do not pass
#   $b->mode('stall', N)             the same after N bytes of them
#   $b->mode('cut', N)               closed after N bytes from the server
#   $b->mode('delay', SECONDS)       the server's answers come so late
#   $b->mode('before', TEXT)         closed when a client sends TEXT, which
#                                    the server never sees
#   $b->mode('after', TEXT)          closed once the server has answered
#                                    that, which the client never sees
#   $b->mode('hold', TEXT)           what the server answers the first
#                                    connection that sends TEXT is kept, and
#                                    passed in the next mode; others pass
#   $b->mode('hold', TEXT, 'all')    the same for all that send it
#   $b->held                         connections of which something is kept
#   $b->mode('reset')                what is open is reset, once; new ones
#                                    pass
# A mode changes what is open, too.

package TcpBreaker;

use strict;
use warnings;

use AcctTest ();
use IO::Select;
use IO::Socket::INET;
use IO::Socket::UNIX;
use POSIX ();
use Socket qw(AF_UNIX SOCK_STREAM PF_UNSPEC SOL_SOCKET SO_LINGER);
use Time::HiRes ();

sub new
{
    my ($class, $target) = @_;
    # One that no other test takes while the relay does not listen.
    my $port = AcctTest::free_port();
    my $listen = _listen($port);
    my $self = bless { port => $port, owner => $$,
                       target => $target }, $class;
    socketpair my $ours, my $theirs, AF_UNIX, SOCK_STREAM, PF_UNSPEC
        or die "socketpair: $!\n";
    my $pid = fork;
    die "cannot fork: $!\n" if !defined $pid;
    if ($pid == 0) {
        close $ours;
        $SIG{$_} = 'DEFAULT' for qw(INT TERM HUP);
        $SIG{PIPE} = 'IGNORE';
        eval { $self->_run($listen, $theirs); 1 } or warn $@;
        POSIX::_exit(0);
    }
    close $theirs;
    close $listen;
    @$self{qw(pid control)} = ($pid, $ours);
    return $self;
}

sub port { $_[0]{port} }

sub _ask
{
    my ($self, @words) = @_;
    syswrite $self->{control}, join("\t", @words) . "\n";
    my $answer = '';
    while ($answer !~ /\n/) {
        sysread $self->{control}, $answer, 100, length $answer
            or die "the breaker is gone\n";
    }
    chomp $answer;
    return $answer;
}

sub mode     { my $self = shift; $self->_ask('mode', @_); return $self }
sub count    { $_[0]->_ask('count') }
sub accepted { $_[0]->_ask('accepted') }
sub held     { $_[0]->_ask('held') }
sub asked    { $_[0]->_ask('asked') }

sub DESTROY
{
    my ($self) = @_;
    return if $self->{owner} != $$ || !$self->{pid};
    local ($?, $!);
    kill 'KILL', $self->{pid};
    waitpid delete $self->{pid}, 0;
}

# ------------------------------------------------------------ the process

sub _listen
{
    my ($port, $places) = @_;
    return IO::Socket::INET->new(Listen => $places || 128,
        LocalAddr => '127.0.0.1', LocalPort => $port, ReuseAddr => 1)
        || die "cannot listen: $@\n";
}

# Connections of our own until no more are taken. Kept in {fill}.
sub _fill_up
{
    my ($self) = @_;
    my $s = $self->{s};
    close $s->{listen} if $s->{listen};
    $s->{listen} = _listen($self->{port}, 1);
    for (1 .. 4) {
        push @{ $s->{fill} }, IO::Socket::INET->new(Blocking => 0,
            PeerAddr => '127.0.0.1', PeerPort => $self->{port});
    }
}

sub _connect
{
    my ($self) = @_;
    return $self->{target} =~ m{^/}
        ? IO::Socket::UNIX->new(Peer => $self->{target})
        : IO::Socket::INET->new(PeerAddr => $self->{target});
}

sub _run
{
    my ($self, $listen, $control) = @_;
    my %s = (listen => $listen, control => $control, mode => ['pass'],
             pairs => {}, accepted => 0, asked => 0, late => []);
    $self->{s} = \%s;
    while (1) {
        my $select = IO::Select->new($control);
        $select->add($s{listen}) if $s{listen} && $s{mode}[0] ne 'full';
        for my $pair (values %{ $s{pairs} }) {
            $select->add($pair->{client}, $pair->{server})
                if $s{mode}[0] !~ /^(?:hang|full)$/;
        }
        my $wait = @{ $s{late} } ? $s{late}[0]{at} - Time::HiRes::time() : 60;
        my @ready = $select->can_read($wait > 0 ? $wait : 0);
        $self->_late;
        for my $sock (@ready) {
            if ($sock == $control) { $self->_control or return }
            elsif ($s{listen} && $sock == $s{listen}) { $self->_accept }
            elsif (my $pair = $s{of}{$sock}) { $self->_pass($pair, $sock) }
        }
    }
}

sub _control
{
    my ($self) = @_;
    my $s = $self->{s};
    sysread $s->{control}, my $line, 1000 or return 0;
    chomp $line;
    my ($word, @args) = split /\t/, $line;
    my $answer = 'ok';
    if ($word eq 'mode') { $self->_set_mode(@args) }
    elsif ($word eq 'count') { $answer = keys %{ $s->{pairs} } }
    elsif ($word =~ /^(?:accepted|asked)$/) { $answer = $s->{$word} }
    elsif ($word eq 'held') {
        $answer = grep { length($_->{kept} // '') } values %{ $s->{pairs} };
    }
    syswrite $s->{control}, "$answer\n";
    return 1;
}

sub _set_mode
{
    my ($self, @mode) = @_;
    my $s = $self->{s};
    if ($s->{fill}) {
        close $_ for grep { $_ } @{ delete $s->{fill} };
        close $s->{listen};
        $s->{listen} = undef;
    }
    if ($mode[0] eq 'full') {
        $self->_fill_up;
    }
    elsif ($mode[0] eq 'refuse') {
        close $s->{listen} if $s->{listen};
        $s->{listen} = undef;
    }
    elsif (!$s->{listen}) {
        $s->{listen} = _listen($self->{port});
    }
    if ($mode[0] eq 'refuse' || $mode[0] eq 'reset') {
        $self->_close($_, 1) for values %{ $s->{pairs} };
    }
    @mode = ('pass') if $mode[0] eq 'reset';
    for my $pair (values %{ $s->{pairs} }) {
        $pair->{bytes} = 0;
        _write($pair->{client}, delete $pair->{kept} // '');
        delete $pair->{hold};
    }
    $s->{late} = [] if $mode[0] ne 'delay';
    $s->{mode} = \@mode;
}

sub _accept
{
    my ($self) = @_;
    my $s = $self->{s};
    my $client = $s->{listen}->accept or return;
    $s->{accepted}++;
    my $server = $self->_connect;
    if (!$server) {
        _reset($client);
        close $client;
        return;
    }
    my $pair = { client => $client, server => $server, bytes => 0 };
    $s->{pairs}{$pair} = $pair;
    $s->{of}{$client} = $s->{of}{$server} = $pair;
}

# Closing sends RST and not FIN.
sub _reset { setsockopt $_[0], SOL_SOCKET, SO_LINGER, pack 'ii', 1, 0 }

sub _close
{
    my ($self, $pair, $reset) = @_;
    my $s = $self->{s};
    delete $s->{pairs}{$pair};
    delete $s->{of}{ $pair->{$_} } for qw(client server);
    _reset($pair->{client}) if $reset;
    close $pair->{$_} for qw(client server);
    $pair->{closed} = 1;
}

sub _write
{
    my ($sock, $bytes) = @_;
    while (length $bytes) {
        my $n = syswrite $sock, $bytes;
        return if !defined $n;
        substr $bytes, 0, $n, '';
    }
}

sub _pass
{
    my ($self, $pair, $from) = @_;
    my ($mode, $arg) = @{ $self->{s}{mode} };
    my $n = sysread $from, my $bytes, 65536;
    return $self->_close($pair) if !$n;
    if ($from == $pair->{client}) {
        $self->{s}{asked}++;
        if (($mode eq 'before' || $mode eq 'after')
            && index($bytes, $arg) >= 0) {
            return $self->_close($pair, 1) if $mode eq 'before';
            $pair->{after} = 1;
        }
        if ($mode eq 'hold' && index($bytes, $arg) >= 0) {
            $pair->{hold} = 1;
            $self->{s}{mode} = ['pass'] if !$self->{s}{mode}[2];
        }
        return _write($pair->{server}, $bytes);
    }
    return $self->_close($pair, 1) if $pair->{after};
    return if $mode eq 'silent';
    if ($pair->{hold}) {
        $pair->{kept} .= $bytes;
        return;
    }
    if ($mode eq 'stall') {
        my $left = $arg - $pair->{bytes};
        $pair->{bytes} += length $bytes;
        _write($pair->{client}, substr $bytes, 0, $left) if $left > 0;
        return;
    }
    if ($mode eq 'cut') {
        my $left = $arg - $pair->{bytes};
        $pair->{bytes} += length $bytes;
        _write($pair->{client}, substr $bytes, 0, $left) if $left > 0;
        return $pair->{bytes} >= $arg ? $self->_close($pair) : undef;
    }
    if ($mode eq 'delay') {
        push @{ $self->{s}{late} }, { at => Time::HiRes::time() + $arg,
                                      pair => $pair, bytes => $bytes };
        return;
    }
    _write($pair->{client}, $bytes);
}

sub _late
{
    my ($self) = @_;
    my $late = $self->{s}{late};
    while (@$late && $late->[0]{at} <= Time::HiRes::time()) {
        my $one = shift @$late;
        _write($one->{pair}{client}, $one->{bytes})
            if !$one->{pair}{closed};
    }
}

1;
