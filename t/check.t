#!/usr/bin/perl
# SPDX-License-Identifier: Apache-2.0
#
# make check: all tests that what is installed allows. It installs nothing,
# and says what it skipped and why. On tests made for it.
# mpm: any, it is about the run
# driver: any, it is about the run

use strict;
use warnings;
use lib 't/lib';
use AcctTest;
use File::Temp ();
use Test::More;

plan skip_all => 'runs without the sanitizers' if $ENV{ACCT_PRELOAD};

my $tree = tree();
my $top = File::Temp->newdir('acctcheck-XXXXXXXX', TMPDIR => 1);
chmod 0755, $top;
my $build = build_dir();

# All tools; those of the package managers note that they were asked.
my $tools = "$top/tools";
mkdir $tools or die "$tools: $!\n";
for my $folder (reverse split(/:/, $ENV{PATH}), '/usr/sbin') {
    for my $tool (glob "$folder/*") {
        my $name = $tool =~ s{.*/}{}r;
        unlink "$tools/$name";
        symlink $tool, "$tools/$name";
    }
}
for my $manager (qw(apt-get dnf zypper apk sudo)) {
    unlink "$tools/$manager";
    spew("$tools/$manager", "#!/bin/sh\necho \"$manager \$*\" >>'$top/asked'\n");
    chmod 0755, "$tools/$manager";
}
unlink "$tools/psql";

sub test_file
{
    my ($name, $head, $body) = @_;
    spew("$top/$name.t", "# mpm: any, one is enough\n$head\nuse lib '$tree/t/lib';\nuse AcctTest;\n"
        . "use Test::More;\n$body\ndone_testing();\n");
    return "$top/$name.t";
}

my %file = (
    good => test_file('good', '', 'ok(1);'),
    server => test_file('server', '',
        'ok(AcctTest->start(database => 0)->get("/"));'),
    needy => test_file('needy', '# needs: no-such-tool', 'ok(0);'),
    reader => test_file('reader', '# needs: nothing', 'ok(1);'),
    module => test_file('module', '', "subtest 'with it' => sub {\n"
        . "AcctTest->start(modules => ['no_such']); };"),
    some => test_file('some', '',
        "SKIP: { skip 'no moon', 1 if 1; ok(0); } ok(1);"),
    bad => test_file('bad', '# needs: nothing', 'ok(0);'),
);

# check(NAME...): exit status, summary.
sub check
{
    my (@names) = @_;
    local @ENV{qw(PATH TEST_UNITS TEST_FILES TEST_TIMER)}
        = ($tools, '', join(' ', @file{@names}), '');
    delete local @ENV{qw(ACCT_PG ACCT_PGSQL ACCT_DRIVER HOME)};
    my $own = "$top/build";
    mkdir $own;
    symlink "$build/$_", "$own/$_"
        for qw(layout mod_acctauth.so acctauth);
    my ($exit, $out, $err) = AcctTest::_run_command(undef,
        { ACCT_PG_BIN => "$top/no-postgres" }, "$tree/scripts/test",
        '--check', $own);
    return ($exit, $out . $err, $out =~ /^Summary\n(.*)/ms);
}

subtest 'what can be run is run, and the rest said with its reason' => sub {
    my ($exit, $out, $summary) = check(
        qw(good server needy reader module some));
    is($exit, 0, 'exit status') or diag($out);
    like($summary, qr/^  on event +ok: 5 files/m, 'what ran');
    like($summary, qr/^  skipped +no no-such-tool: \Q$file{needy}\E$/m,
        'a file, for want of a tool');
    like($summary, qr/^  skipped +no mod_no_such: \Q$file{module}\E$/m,
        'a subtest, for want of a module of httpd');
    like($summary, qr/^  skipped +no moon: \Q$file{some}\E$/m,
        'a part, for a reason of its own');
    like($summary, qr/^  skipped +no psql: the passes on PostgreSQL$/m,
        'a pass');
};

subtest 'without what each server needs the others are run' => sub {
    unlink "$tools/sqlite3";
    my ($exit, $out, $summary) = check(qw(server bad reader));
    is($exit, 1, 'what is here and fails, fails it') or diag($out);
    like($summary, qr/^  on event +FAILED: \Q$file{bad}\E$/m, 'and is said');
    like($summary, qr/^  skipped +no sqlite3: \Q$file{server}\E$/m,
        'so is what was not run');
    like($out, qr/^\Q$file{reader}\E \.+ ok$/m, 'the rest is');
};

subtest 'a missing module is a failure where all was installed' => sub {
    local $ENV{ACCT_CHECK};
    delete $ENV{ACCT_CHECK};
    my ($exit, $out) = AcctTest::_run_command(undef, {}, $^X, $file{module});
    isnt($exit, 0, 'exit status') or diag($out);
};

subtest 'nothing is installed' => sub {
    ok(!-e "$top/asked", 'no package manager was asked')
        or diag(slurp("$top/asked"));
    delete local @ENV{ grep { /^(?:MAKE|MFLAGS)/ } keys %ENV };
    my ($exit, $out) = AcctTest::_run_command(undef, {}, 'make', '-C', $tree,
        '-n', "BUILD=$build", 'check');
    is($exit, 0, 'make -n check');
    like($out, qr{scripts/test --check}, 'runs this');
    unlike($out, qr{install-deps (?!--check)}, 'and has nothing installed');
};

done_testing();
