# SPDX-License-Identifier: Apache-2.0
#
# Files as bytes, for the modules of the tests. Nothing else is loaded.

package Files;

use strict;
use warnings;

use Exporter 'import';

our @EXPORT_OK = qw(slurp spew);

# slurp(FILE): all of it; '' when it cannot be read.
sub slurp
{
    my ($file) = @_;
    open my $fh, '<:raw', $file or return '';
    local $/;
    my $text = <$fh>;
    return defined $text ? $text : '';
}

sub spew
{
    my ($file, $text) = @_;
    utf8::encode($text) if utf8::is_utf8($text);
    open my $fh, '>:raw', $file or die "cannot write $file: $!\n";
    print {$fh} $text;
    close $fh or die "cannot write $file: $!\n";
}

1;
