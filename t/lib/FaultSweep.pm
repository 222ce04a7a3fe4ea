# SPDX-License-Identifier: Apache-2.0
#
# Makes the first, the second, the third … call of a kind fail, which the
# module makes for one request, until a request makes no more of them. The
# library that does it is t/fault/fault.c; what a request may answer then, and
# what must be so afterwards, is the test's.

package FaultSweep;

use strict;
use warnings;

use Fcntl qw(SEEK_SET);

use AcctTest;

# As in t/fault/fault.c, in its order.
my @KINDS = qw(nothing memory files libpq libpq-done sockets openssl others);
my %kind = map { $KINDS[$_] => $_ } 0 .. $#KINDS;
my $HEAD = 4 * 4;
my $SIZE = $HEAD + 64 + 1900;

# of($s): compiles the library for a server that is prepared and not started;
# undef where it cannot be had.
sub of
{
    my ($class, $s) = @_;
    my $dir = $s->dir;
    my $cc = $ENV{CC} || 'cc';
    system("$cc -w -O1 -shared -fPIC -o '$dir/fault.so' '"
        . tree() . "/t/fault/fault.c' -ldl >'$dir/fault.log' 2>&1") == 0
        or return;
    spew("$dir/fault.control", "\0" x $SIZE);
    chmod 0666, "$dir/fault.control";
    chmod 0755, "$dir/fault.so";
    $s->{env} = { %{ $s->{env} }, FAULT_CONTROL => "$dir/fault.control",
                  LD_PRELOAD => "$dir/fault.so" };
    open my $fh, '+<:raw', "$dir/fault.control" or die "fault.control: $!\n";
    return bless { s => $s, fh => $fh }, $class;
}

sub _write
{
    my ($self, @words) = @_;
    sysseek $self->{fh}, 0, SEEK_SET;
    syswrite $self->{fh}, pack 'L4', @words;
}

# failing(KIND, N, sub {...}): the N-th call of that kind fails while the code
# runs; with 0 none does. Returns what the code does, how many there were
# and, where one failed, its function and the place it was called from.
sub failing
{
    my ($self, $kind, $which, $code) = @_;
    die "no kind $kind\n" if !$kind{$kind};
    $self->_write($kind{$kind}, $which, 0, 0);
    my $value = $code->();
    sysseek $self->{fh}, 0, SEEK_SET;
    my $bytes = '';
    sysread $self->{fh}, $bytes, $SIZE;
    $self->_write(0, 0, 0, 0);
    my (undef, undef, $count, $failed, $function, $where) =
        unpack 'L4 Z64 Z1900', $bytes;
    return ($value, $count, $failed ? ($function, $where) : ());
}

# place(WHERE): the frames that are the module's, with functions and lines
# where it has them.
sub place
{
    my ($self, $where) = @_;
    my @at = $where =~ /mod_acctauth\.so\+(0x[0-9a-f]+)/g;
    splice @at, 4 if @at > 4;
    my $module = build_dir() . '/mod_acctauth.so';
    my @words = !@at ? () : split /\n/,
        qx(addr2line -s -f -e '$module' @at 2>/dev/null);
    my @said;
    push @said, join ' ', splice @words, 0, 2 while @words;
    return @said ? join(' < ', @said) : $where;
}

1;
