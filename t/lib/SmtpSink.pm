# SPDX-License-Identifier: Apache-2.0
#
# A mail server on a free loopback port that keeps what it is sent: a process
# of its own, ended with the object. A file `behave' in its folder says what it
# does, one word: hang (after the greeting), later (452 to the recipient),
# never (550 to it), dies (hangs up after it has read the message), deaf
# (STARTTLS is not offered); none: it takes all.

package SmtpSink;

use strict;
use warnings;
use IO::Socket::INET;

# new(dir => FOLDER, cert => FILE, key => FILE, password => TEXT)
sub new
{
    my ($class, %self) = @_;
    my $self = bless \%self, $class;
    mkdir $self->{dir} or die "$self->{dir}: $!\n";
    my $listener = IO::Socket::INET->new(LocalAddr => '127.0.0.1',
        Listen => 20, ReuseAddr => 1) or die "no port: $!\n";
    $self->{port} = $listener->sockport;
    $self->{owner} = $$;
    $self->{pid} = fork;
    defined $self->{pid} or die "no process: $!\n";
    if ($self->{pid} == 0) {
        $SIG{TERM} = 'DEFAULT';
        my $parent = getppid;
        while (getppid == $parent) {
            my $client = $listener->accept or next;
            eval { $self->serve($client) };
            close $client;
        }
        require POSIX;
        POSIX::_exit(0);
    }
    return $self;
}

sub DESTROY
{
    my ($self) = @_;
    return if $$ != $self->{owner} || !$self->{pid};
    local ($?, $!);
    kill 'KILL', $self->{pid};
    waitpid $self->{pid}, 0;
}

sub behaves
{
    my ($self, $word) = @_;
    unlink "$self->{dir}/behave";
    return if !defined $word;
    open my $out, '>', "$self->{dir}/new" or die "$!\n";
    print $out $word;
    close $out;
    rename "$self->{dir}/new", "$self->{dir}/behave" or die "$!\n";
}

sub behaviour
{
    my ($self) = @_;
    open my $in, '<', "$self->{dir}/behave" or return '';
    return scalar(<$in>) // '';
}

# mails(): what came, oldest first: { commands => [...], message => TEXT }.
sub mails
{
    my ($self) = @_;
    my @all;
    for my $file (sort glob "$self->{dir}/mail.*") {
        open my $in, '<', $file or next;
        local $/;
        my ($commands, $message) = split /\n\n/, scalar <$in>, 2;
        push @all, { commands => [split /\n/, $commands],
            message => $message };
    }
    return @all;
}

sub empty { unlink glob "$_[0]{dir}/mail.*" }

sub keep
{
    my ($self, $commands, $message) = @_;
    my $name = sprintf '%s/%06d', $self->{dir}, ++$self->{count};
    open my $out, '>', $name or die "$!\n";
    print $out join("\n", @$commands), "\n\n", $message =~ s/\r\n/\n/gr;
    close $out;
    rename $name, $name =~ s{/(\d+)$}{/mail.$1}r or die "$!\n";
}

sub start_tls
{
    my ($self, $client) = @_;
    require IO::Socket::SSL;
    return IO::Socket::SSL->start_SSL($client, SSL_server => 1,
        SSL_cert_file => $self->{cert}, SSL_key_file => $self->{key},
        Timeout => 5);
}

sub read_message
{
    my ($client) = @_;
    my $message = '';
    while (defined(my $line = <$client>)) {
        return $message if $line eq ".\r\n";
        $message .= $line =~ s/^\.//r;
    }
    die "it hung up\n";
}

# What it answers a command with; undef: it hangs up.
sub answer
{
    my ($self, $word, $line) = @_;
    my $tls = $self->{cert} && !$self->{is_tls}
        && $self->behaviour ne 'deaf';
    return join "\r\n", '250-sink', ($tls ? '250-STARTTLS' : ()),
        ($self->{password} ? '250-AUTH PLAIN' : ()), '250 SIZE 1000000'
        if $word eq 'EHLO';
    if ($word eq 'AUTH') {
        require MIME::Base64;
        my ($what) = $line =~ /PLAIN (\S+)/;
        if (!$what) {
            print {$self->{client}} "334 \r\n";
            ($what) = ($self->{client}->getline // '') =~ /^(\S+)/;
        }
        return MIME::Base64::decode_base64($what // '')
            eq "\0$self->{password}" ? '235 welcome' : '535 5.7.8 no';
    }
    return '452 4.2.2 mailbox full'
        if $word eq 'RCPT' && $self->behaviour eq 'later';
    return '550 5.1.1 no such user here'
        if $word eq 'RCPT' && $self->behaviour eq 'never';
    return $word eq 'DATA' ? '354 go on' : '250 OK';
}

sub serve
{
    my ($self, $client) = @_;
    my (@commands, $word);
    $self->{is_tls} = 0;
    print $client "220 sink\r\n";
    for (my $n = 0; $self->behaviour eq 'hang' && $n < 600; $n++) {
        select undef, undef, undef, 0.1;
    }
    while (defined(my $line = <$client>)) {
        $line =~ s/\r\n$//;
        push @commands, $line;
        $self->{client} = $client;
        ($word) = map { uc } $line =~ /^(\w+)/;
        if ($word eq 'STARTTLS') {
            print $client "220 go on\r\n";
            $client = $self->start_tls($client) or return;
            $self->{is_tls} = 1;
            next;
        }
        print $client $self->answer($word, $line), "\r\n";
        next if $word ne 'DATA';
        $self->keep(\@commands, read_message($client));
        return if $self->behaviour eq 'dies';
        print $client "250 taken\r\n";
    }
}

1;
