# SPDX-License-Identifier: Apache-2.0
#
# A client of HTTP/2 without TLS (RFC 9113) that sends single frames, for
# what no honest client does. Of an answer it has the body alone: headers are
# not decoded.

package Http2;

use strict;
use warnings;

use IO::Select;
use IO::Socket::INET;
use Time::HiRes qw(time);

use constant { DATA => 0, HEADERS => 1, RST_STREAM => 3, SETTINGS => 4,
               PING => 6, GOAWAY => 7, WINDOW_UPDATE => 8,
               END_STREAM => 1, ACK => 1, END_HEADERS => 4 };

# to(PORT)
sub to
{
    my ($class, $port) = @_;
    my $sock = IO::Socket::INET->new(PeerAddr => '127.0.0.1',
        PeerPort => $port, Timeout => 5) or return;
    binmode $sock;
    my $self = bless { sock => $sock, out => '', in => '', next => 1,
        port => $port, body => {}, ended => {} }, $class;
    $self->{out} = "PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n";
    # as much as there is, of a stream and of all
    $self->frame(SETTINGS, 0, 0, pack 'nN', 4, 2 ** 30);
    $self->frame(WINDOW_UPDATE, 0, 0, pack 'N', 2 ** 30);
    return $self;
}

sub frame
{
    my ($self, $type, $flags, $stream, $payload) = @_;
    $self->{out} .= substr(pack('N', length $payload), 1)
        . pack('CCN', $type, $flags, $stream) . $payload;
}

# Literal, without indexing, without Huffman's code (RFC 7541, 6.2.2).
sub _text
{
    my ($text) = @_;
    my $length = length $text;
    return pack('C', $length) . $text if $length < 127;
    return pack('CC', 127, $length - 127) . $text if $length < 255;
    die "too long for this client: $text\n";
}

# ask(METHOD, PATH, token =>, json => TEXT, reset => 1): the stream's number.
# With reset it is given up in the same breath.
sub ask
{
    my ($self, $method, $path, %opt) = @_;
    my $stream = $self->{next};
    $self->{next} += 2;
    my @headers = (':method' => $method, ':scheme' => 'http',
        ':path' => $path, ':authority' => "127.0.0.1:$self->{port}");
    push @headers, authorization => "Token $opt{token}" if $opt{token};
    push @headers, 'content-type' => 'application/json' if $opt{json};
    my $block = '';
    while (my ($name, $value) = splice @headers, 0, 2) {
        $block .= "\0" . _text($name) . _text($value);
    }
    $self->frame(HEADERS, END_HEADERS | ($opt{json} ? 0 : END_STREAM),
        $stream, $block);
    $self->frame(DATA, END_STREAM, $stream, $opt{json}) if $opt{json};
    $self->frame(RST_STREAM, 0, $stream, pack 'N', 8) if $opt{reset};
    $self->flush if length $self->{out} > 16384;
    return $stream;
}

# flush(): what was asked is sent; false where the server hung up.
sub flush
{
    my ($self) = @_;
    my $select = IO::Select->new($self->{sock});
    my $end = time + 10;
    while (length $self->{out} && time < $end) {
        $self->_take if $select->can_read(0);
        return 0 if $self->{closed};
        next if !$select->can_write(0.1);
        my $n = syswrite $self->{sock}, $self->{out}, 65536;
        return !($self->{closed} = 1) if !defined $n;
        substr $self->{out}, 0, $n, '';
    }
    return 1;
}

sub _take
{
    my ($self) = @_;
    my $n = sysread $self->{sock}, $self->{in}, 65536, length $self->{in};
    return $self->{closed} = 1 if !$n;
    while (length $self->{in} >= 9) {
        my ($high, $low, $type, $flags, $stream) = unpack 'CnCCN',
            $self->{in};
        my $length = $high << 16 | $low;
        last if length $self->{in} < 9 + $length;
        my $payload = substr $self->{in}, 9, $length;
        substr $self->{in}, 0, 9 + $length, '';
        $self->_heed($type, $flags, $stream & 0x7fffffff, $payload);
    }
    return;
}

sub _heed
{
    my ($self, $type, $flags, $stream, $payload) = @_;
    if ($type == DATA) {
        $self->{body}{$stream} .= $payload;
    }
    elsif ($type == SETTINGS && !($flags & ACK)) {
        $self->frame(SETTINGS, ACK, 0, '');
    }
    elsif ($type == PING && !($flags & ACK)) {
        $self->frame(PING, ACK, 0, $payload);
    }
    elsif ($type == GOAWAY) {
        $self->{goaway} = 1;
    }
    $self->{ended}{$stream} = 1 if $type == RST_STREAM
        || ($type <= HEADERS && $flags & END_STREAM);
}

# bodies(SECONDS, STREAM...): of those that have ended by then, or when the
# server hangs up.
sub bodies
{
    my ($self, $seconds, @streams) = @_;
    my $select = IO::Select->new($self->{sock});
    my $end = time + $seconds;
    while (!$self->{closed} && time < $end
           && grep { !$self->{ended}{$_} } @streams) {
        $self->flush or last;
        $self->_take if $select->can_read(0.1);
    }
    return map { $self->{ended}{$_} ? $self->{body}{$_} // '' : undef }
        @streams;
}

sub hang_up { close $_[0]{sock} }

1;
