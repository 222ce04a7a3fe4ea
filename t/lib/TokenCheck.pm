# SPDX-License-Identifier: Apache-2.0
#
# The check in the last digits of a token, computed anew: SipHash-2-4 under a
# key that HKDF-SHA256 derives from the key file's.

package TokenCheck;

use strict;
use warnings;
use integer;                    # 64 bits that wrap
no warnings qw(portable);
use Digest::SHA qw(hmac_sha256);

# new(KEY): 32 bytes, or the name of a key file.
sub new
{
    my ($class, $key) = @_;
    if (length $key != 32) {
        open my $file, '<:raw', $key or die "$key: $!\n";
        my $text = do { local $/; <$file> };
        $key = length $text == 32 ? $text : pack 'H64', $text;
    }
    my $prk = hmac_sha256($key, "\0" x 32);
    my $okm = hmac_sha256("acctauth token check v1\x01", $prk);
    return bless { key => substr $okm, 0, 16 }, $class;
}

# of(DIGITS): the 8 digits that belong behind them.
sub of
{
    my ($self, $digits) = @_;
    return sprintf '%08x', siphash24($self->{key}, $digits) & 0xffffffff;
}

sub holds
{
    my ($self, $token) = @_;
    return $token =~ /\A([0-9a-f]{32,})([0-9a-f]{8})\z/
        && $self->of($1) eq $2;
}

sub rotate
{
    my ($x, $n) = @_;
    return $x << $n | $x >> 64 - $n & (1 << $n) - 1;
}

sub siphash24
{
    my ($key, $text) = @_;
    my ($k0, $k1) = unpack 'q<2', $key;
    my @v = ($k0 ^ 0x736f6d6570736575, $k1 ^ 0x646f72616e646f6d,
        $k0 ^ 0x6c7967656e657261, $k1 ^ 0x7465646279746573);
    my $length = length $text;
    $text .= "\0" x (7 - $length % 8) . chr($length & 255);
    my $rounds = sub {
        for (1 .. $_[0]) {
            $v[0] += $v[1];
            $v[1] = rotate($v[1], 13) ^ $v[0];
            $v[0] = rotate($v[0], 32);
            $v[2] += $v[3];
            $v[3] = rotate($v[3], 16) ^ $v[2];
            $v[0] += $v[3];
            $v[3] = rotate($v[3], 21) ^ $v[0];
            $v[2] += $v[1];
            $v[1] = rotate($v[1], 17) ^ $v[2];
            $v[2] = rotate($v[2], 32);
        }
    };
    for my $word (unpack 'q<*', $text) {
        $v[3] ^= $word;
        $rounds->(2);
        $v[0] ^= $word;
    }
    $v[2] ^= 0xff;
    $rounds->(4);
    return $v[0] ^ $v[1] ^ $v[2] ^ $v[3];
}

1;
