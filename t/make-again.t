#!/usr/bin/perl
# SPDX-License-Identifier: Apache-2.0
#
# A second make run builds nothing, also where the first had to install
# apxs. The compiler is one that only makes the files.
# mpm: own
# driver: sqlite3

use strict;
use warnings;
use lib 't/lib';
use AcctTest;
use File::Temp ();
use Test::More;

plan skip_all => 'runs without the sanitizers' if $ENV{ACCT_PRELOAD};

my $tree = tree();
my $top = File::Temp->newdir('acctmake-XXXXXXXX', TMPDIR => 1);
my ($apxs) = grep { -x } map { ("$_/apxs", "$_/apxs2") } split /:/, $ENV{PATH};
plan skip_all => 'there is no apxs' if !$apxs;
my ($cc) = split ' ', qx($apxs -q CC);
plan skip_all => "apxs has a compiler of its own, $cc" if $cc =~ m{/};

# All tools but these.
my %without = map { $_ => 1 } qw(apxs apxs2 gcc cc), $cc;
mkdir "$top/$_" or die for qw(tools clone);
for my $folder (reverse split /:/, $ENV{PATH}) {
    for my $tool (glob "$folder/*") {
        my ($name) = $tool =~ m{([^/]+)$};
        next if $without{$name} || !-x $tool;
        unlink "$top/tools/$name";
        symlink $tool, "$top/tools/$name";
    }
}

sub script
{
    my ($path, $text) = @_;
    unlink $path;
    spew($path, "#!/bin/sh\n$text\n");
    chmod 0755, $path;
    return;
}

script("$top/tools/$_", <<'SH') for $cc, 'gcc';
while [ $# -gt 0 ]; do
    [ "$1" != -o ] || : >"$2"
    shift
done
SH
system("cp -R '$tree/Makefile' '$tree/mod_acctauth.c' '$tree/src' '$tree/sql'"
    . " '$tree/conf' '$tree/scripts' '$top/clone/'"
    . " && mkdir '$top/clone/t' && cp '$tree/t/measure.mk' '$top/clone/t/'") == 0
    or die 'cp failed';
script("$top/clone/scripts/install-deps",
       "[ \"\$1\" = --check ] || ln -sf '$apxs' '$top/tools/apxs'");
script("$top/clone/scripts/run", ':');

sub made
{
    my ($name) = @_;
    local $ENV{PATH} = "$top/tools";
    delete local @ENV{qw(CC APXS MAKEFLAGS MAKELEVEL MFLAGS ACCT_BUILD BUILD
                         CFLAGS CPPFLAGS LDFLAGS)};
    my $said = qx(cd '$top/clone' && make run 2>&1);
    is($?, 0, "$name: exit status") or diag($said);
    return scalar(() = $said =~ /\.o$/mg);
}

cmp_ok(made('the first'), '>=', 100, 'the first builds');
ok(-e "$top/tools/apxs", 'with the apxs that it installed');
is(made('the second'), 0, 'the second builds nothing');
done_testing();
