#!/usr/bin/perl
# SPDX-License-Identifier: Apache-2.0
#
# The fuzz targets, without a fuzzer: each is tried with its seeds, among
# which are the inputs for which something once did not hold. One that would
# not run, or would run with nothing, is a failure.
# mpm: any, no server runs
# driver: any, no database is there

use strict;
use warnings;
use lib 't/lib';
use AcctTest;
use File::Temp ();
use Test::More;

my $tree = tree();
my $build = build_dir();
chdir $tree or die "$tree: $!\n";

my @targets = map { m{fuzz_(\w+)\.c$} } glob 't/fuzz/fuzz_*.c';
my %is_target = map { $_ => 1 } @targets;

# run(COMMAND...): its status, what it prints on its two outputs.
sub run
{
    my (@command) = @_;
    my $said = File::Temp->new;
    my $pid = open my $out, '-|';
    die "fork: $!\n" if !defined $pid;
    if (!$pid) {
        open STDERR, '>&', $said;
        alarm 60;
        exec { $command[0] } @command or POSIX::_exit(127);
    }
    my $text = join '', <$out>;
    close $out;
    my $status = $?;
    return ($status, $text, slurp($said->filename));
}

cmp_ok(scalar @targets, '>=', 16, 'there are targets');

for my $name (@targets) {
    subtest "$name: everything holds for every seed" => sub {
        my @seeds = sort grep { -f } glob "t/fuzz/seeds/$name/*";
        cmp_ok(scalar @seeds, '>=', 5, 'there are seeds') or return;
        ok(-x "$build/fuzz/$name", 'it is built: make replay') or return;
        local $ENV{LD_PRELOAD} = '';
        my ($status, $out, $said) = run("$build/fuzz/$name", @seeds);
        is($status, 0, 'it ends well')
            or diag(join "\n", (split /\n/, $said)[-20 .. -1]);
        is($out, "$name: " . @seeds . " inputs\n", 'with all of them tried');
    };
}

subtest 'each has a dictionary that libFuzzer can read' => sub {
    for my $name (@targets) {
        my @lines = split /\n/, slurp("t/fuzz/$name.dict");
        my @wrong = grep { !/^"(?:[^"\\\x00-\x1f\x7f-\xff]
                              |\\x[0-9a-f]{2})+"$/x } @lines;
        is_deeply(\@wrong, [], "$name: " . @lines . ' words');
        cmp_ok(scalar @lines, '>=', 8, "$name: several");
    }
};

subtest 'no seeds and no words are of a target that is gone' => sub {
    my @gone = grep { !$is_target{$_ =~ s{.*/|\.dict$}{}gr} }
        glob('t/fuzz/seeds/*'), glob('t/fuzz/*.dict');
    is_deeply(\@gone, [], 'none');
};

subtest 'a target says so when something does not hold' => sub {
    my $dir = File::Temp->newdir;
    my ($status, undef, $said) = run("$build/fuzz/$targets[0]",
        "$dir/no-such-file");
    is($status >> 8, 1, 'an input that cannot be read is an error');
    my ($failed, undef, $why) = do {
        local $ENV{ACCT_FUZZ_FAIL} = 1;
        run("$build/fuzz/$targets[0]",
            (glob "t/fuzz/seeds/$targets[0]/*")[0]);
    };
    isnt($failed, 0, 'and so is what does not hold');
    like($why, qr/does not hold/, 'which it names');
};

done_testing();
