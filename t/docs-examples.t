#!/usr/bin/perl
# SPDX-License-Identifier: Apache-2.0
# mpm: any, no server runs
# driver: sqlite3
#
# Each example of a location in the documents is taken by configtest, which
# finds nothing to warn of in it.

use strict;
use warnings;
use lib 't/lib';
use AcctTest;
use Test::More;

my $s = AcctTest->prepare(api => 0, modules => [qw(proxy_http headers
    rewrite)]);
my $count = 0;

for my $file ('README.md', 'conf/acctauth.conf', glob 'docs/*.md') {
    my $text = slurp(tree() . "/$file");
    $text =~ s/^#(?=[A-Z<]| )/    /gm if $file =~ /\.conf$/;
    # Blocks that are indented by four, with the lines between.
    while ($text =~ /^((?:    .*\n|\n(?=    ))+)/gm) {
        my $block = $1;
        my $line = 1 + (substr($text, 0, $-[1]) =~ tr/\n//);
        next if $block !~ /^\s*<Location/m || $block !~ /AcctAuth|Token/
            || $block =~ /SecRule|use AcctTest|^\s*\$ /m;
        my @words = $file =~ /\.conf$/
            ? ($block =~ /^\s*(<Location.*?<\/Location>)/gms) : ($block);
        for my $conf (@words) {
            # What is not of httpd's: the shell's lines beside it.
            $conf =~ s/^\s*sudo .*\n//gm;
            $conf =~ s/^\s*AcctAuth(?:Database|KeyFile)\b.*\n//gm;
            my ($ok, $said) = $s->configtest($conf);
            # The one directive that is always warned of.
            $said =~ s/ACCT0150.*\n// if $conf =~ /AcctAuthSharedCache On/;
            $count++;
            ok($ok && $said !~ /ACCT0\d+/, "$file, the block of line $line")
                or diag("$conf\n$said");
        }
    }
}
cmp_ok($count, '>=', 20, "$count examples were tried");
done_testing();
