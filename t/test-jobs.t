#!/usr/bin/perl
# SPDX-License-Identifier: Apache-2.0
#
# What fails a run of all tests: scripts/test-jobs on tests made for it.
# mpm: any, no httpd runs
# driver: any, no database is asked

use strict;
use warnings;
use lib 't/lib';
use AcctTest;
use File::Temp ();
use POSIX ();
use Test::More;

plan skip_all => 'runs without the sanitizers' if $ENV{ACCT_PRELOAD};

my $jobs = tree() . '/scripts/test-jobs';
my $top = File::Temp->newdir('acctjobs-XXXXXXXX', TMPDIR => 1);
my $n = 0;

# A test file with this text in front and in it: $n is how often it ran, and
# $beside what else runs now.
sub test_file
{
    my ($body, $head) = @_;
    my $file = "$top/t" . ++$n . '.t';
    $head //= '';
    spew($file, <<"PERL");
#!/usr/bin/perl
$head
use strict;
use warnings;
\$| = 1;
open my \$runs, '>>', '$file.runs' or die;
print {\$runs} "x";
close \$runs;
my \$n = -s '$file.runs';
open my \$here, '>', '$file.here' or die;
my \$beside = () = glob '$top/*.here';
\$beside--;
$body
print "1..1\\n";
END { unlink '$file.here' }
PERL
    return $file;
}

my $GOOD = 'print "ok 1 - good\n";';
my $BAD = 'print STDERR "# bad run $n\n"; print "not ok 1 - bad\n"; $? = 1;'
    . 'END { $? = 1 }';
# Fails whatever runs at the same time, or the first time.
my $FIRST = 'print STDERR "# run $n, beside $beside\n";'
    . 'print $n == 1 ? "not ok 1 - then\n" : "ok 1 - then\n";';

# run_jobs(ENV, TEST...): exit status, what was printed, the summary. JOBS is
# how many at once, if not two.
sub run_jobs
{
    my ($env, @tests) = @_;
    my ($exit, $out, $err) = AcctTest::_run_command(undef,
        { TEST_TIMER => '', TEST_RETRY => 5, %$env }, $jobs,
        $env->{JOBS} || 2,
        "$top/summary", map { "event:$_" } @tests);
    return ($exit, $out . $err, slurp("$top/summary"));
}

sub runs { -s "$_[0].runs" }

subtest 'a run in which all pass says nothing else' => sub {
    my @files = map { test_file($GOOD) } 1 .. 2;
    my ($exit, $out, $summary) = run_jobs({}, @files);
    is($exit, 0, 'exit status') or diag($out);
    is($summary, "on event\tok: 2 files, 2 tests\n", 'summary');
};

subtest 'what fails beside others and passes alone fails no run' => sub {
    # Each waits for the other, when both shall run at once.
    my $wait = 'for (1 .. 1000) { last if -e %s;'
        . ' select undef, undef, undef, 0.01 }';
    my $other = test_file(sprintf("$wait\n$GOOD", "'$top/met'"));
    my $file = test_file(sprintf "if (\$n == 1) { $wait\n"
        . "\$beside = (() = glob '$top/*.here') - 1;\n"
        . "open my \$met, '>', '$top/met' or die; }\n$FIRST",
        "'$other.here'");
    my ($exit, $out, $summary) = run_jobs({}, $other, $file);
    is($exit, 0, 'exit status') or diag($out);
    is($summary, "on event\tok: 2 files, 2 tests\n"
        . "TO BE MENDED\tfailed beside other tests, passed alone: $file\n",
        'the summary names it');
    like($out, qr/^# run 1, beside 1$/m, 'how it failed first is shown');
    like($out, qr/^# run 2, beside 0$/m, 'the second time nothing ran beside');
    is(runs($other), 1, 'what passed was not run again');
};

my $UNTIL = 'for (1 .. 1500) { last if -e "%s"; %s'
    . ' select undef, undef, undef, 0.01 }';

# So many tests, which pass when all of them are there at once.
sub meets
{
    my ($count, $head) = @_;
    my $met = "$top/met" . ++$n;
    return map { test_file(sprintf("$UNTIL\n", $met,
        "if ((() = glob '$top/*.here') >= $count)"
            . " { open my \$met, '>', '$met' or die; }")
        . "print -e '$met' ? 'ok' : 'not ok', \" 1 - they met\\n\";", $head)
    } 1 .. $count;
}

# stat_of(IDLE): a file as /proc/stat of a machine with so many idle
# processors, and what keeps it so until it is forgotten.
sub stat_of
{
    my ($idle) = @_;
    my $file = "$top/stat";
    spew($file, "cpu  0 0 0 0 0\n");
    return ($file, undef) if !$idle;
    my $pid = open my $until, '|-';
    die "fork: $!\n" if !defined $pid;
    return ($file, $until) if $pid;
    vec(my $in = '', 0, 1) = 1;
    for (my $spent = 0; !select(my $ready = $in, undef, undef, 0.1); ) {
        $spent += 0.1 * $idle * POSIX::sysconf(POSIX::_SC_CLK_TCK());
        spew("$file.new", sprintf "cpu  0 0 0 %d 0\n", $spent);
        rename "$file.new", $file;
    }
    POSIX::_exit(0);
}

subtest 'three run at once, whatever the processors do' => sub {
    my ($stat) = stat_of(0);
    my ($exit, $out) = run_jobs({ TEST_STAT => $stat, JOBS => 8 }, meets(3));
    is($exit, 0, 'they meet') or diag($out);
};

subtest 'and more while one of these has nothing to do' => sub {
    my ($stat, $keep) = stat_of(1);
    my ($exit, $out) = run_jobs({ TEST_STAT => $stat, JOBS => 8 }, meets(5));
    is($exit, 0, 'five meet') or diag($out);
};

subtest 'what is quiet runs beside one other such, after the rest' => sub {
    my $rest = test_file($GOOD);
    my @quiet = meets(2, '# quiet: yes, it measures');
    my $third = test_file("die 'too early' if !-e '$rest.runs';\n"
        . "die 'beside others' if \$beside > 1;\n$GOOD",
        '# quiet: yes, it measures');
    my ($exit, $out) = run_jobs({ JOBS => 8, TEST_RETRY => 0 }, @quiet,
        $third, $rest);
    is($exit, 0, 'two meet, and no three') or diag($out);
};

subtest 'what fails alone too fails the run' => sub {
    my ($bad, $good) = (test_file($BAD), test_file($GOOD));
    my ($exit, $out, $summary) = run_jobs({}, $bad, $good);
    is($exit, 1, 'exit status');
    is($summary, "on event\tFAILED: $bad\n", 'and is in the summary');
    is(runs($bad), 2, 'after a second run');
    like($out, qr/^# bad run $_$/m, "run $_ is shown") for 1, 2;
};

subtest 'one that fails for good does not hide one that passes alone' => sub {
    my ($bad, $file) = (test_file($BAD), test_file($FIRST));
    my ($exit, undef, $summary) = run_jobs({}, $bad, $file);
    is($exit, 1, 'exit status');
    like($summary, qr/^on event\tFAILED: \Q$bad\E$/m, 'the one');
    like($summary, qr/passed alone: \Q$file\E$/m, 'and the other');
};

subtest 'TEST_RETRY=0: nothing is run again' => sub {
    my $file = test_file($FIRST);
    my ($exit, undef, $summary) = run_jobs({ TEST_RETRY => 0 }, $file);
    is($exit, 1, 'exit status');
    is($summary, "on event\tFAILED: $file\n", 'summary');
    is(runs($file), 1, 'it ran once');
};

subtest 'more than TEST_RETRY that fail are no matter of load' => sub {
    my @files = map { test_file($FIRST) } 1 .. 3;
    my ($exit) = run_jobs({ TEST_RETRY => 2 }, @files);
    is($exit, 1, 'exit status');
    is_deeply([map { runs($_) } @files], [1, 1, 1], 'each ran once');
};

subtest 'what ran alone has nothing to blame' => sub {
    my $file = test_file($FIRST, '# alone: yes, it measures');
    my ($exit) = run_jobs({}, $file, test_file($GOOD));
    is($exit, 1, 'exit status');
    is(runs($file), 1, 'it ran once');
};

subtest 'a crash of httpd is no matter of load' => sub {
    my $file = test_file($GOOD . <<'PERL');
use lib 't/lib';
use AcctTest;
if ($n == 1) {
    my $s = AcctTest->start(database => 0);
    kill 'SEGV', $s->children;
    await(sub { $s->log =~ /exit signal/ }, 'the crash');
}
PERL
    my ($exit, $out) = run_jobs({}, $file);
    is($exit, 1, 'exit status');
    is(runs($file), 1, 'it ran once');
    like($out, qr/a child of httpd crashed/, 'and says so');
};

subtest 'nor is one of a unit test' => sub {
    my $program = "$top/test_x";
    spew($program, <<"SH");
#!/bin/sh
echo x >>$program.runs
[ \$(wc -l <$program.runs) -gt 1 ] || kill -SEGV \$\$
echo '[       OK ] x'
SH
    chmod 0755, $program;
    my ($exit) = AcctTest::_run_command(undef, {}, $jobs, 1, "$top/summary",
                                        "unit:$program");
    is($exit, 1, 'exit status');
    is(slurp("$program.runs"), "x\n", 'it ran once');
};

# A unit test that prints LINES: the exit status, and what the summary has.
sub unit_prints
{
    my (@lines) = @_;
    my $program = "$top/test_y";
    spew($program, join '', "#!/bin/sh\n", map { "echo '$_'\n" } @lines);
    chmod 0755, $program;
    my ($exit, $out, $err) = AcctTest::_run_command(undef, {}, $jobs, '--unit',
                                                    $program);
    return ($exit, $out);
}

subtest 'each test of a unit test counts, also one that names its driver'
    => sub {
    my ($exit, $out) = unit_prints('[==========] Running 3 test(s).',
        '[       OK ] one', '[       OK ] two, sqlite3',
        '[  SKIPPED ] three', '[  SKIPPED ] 1 test(s), listed below:',
        '[  SKIPPED ] three');
    is($exit, 0, 'exit status');
    is($out, "ok 1 - one\nok 2 - two, sqlite3\n"
        . "ok 3 - three # skip it says no reason\n1..3\n", 'in its words');
};

subtest 'a unit test of which no test ran has failed, or says why' => sub {
    my ($exit, $out) = unit_prints('[==========] Running 1 test(s).');
    is($exit, 1, 'exit status');
    like($out, qr/^not ok 1 - .* says of no test that it ran/, 'said');
    ($exit, $out) = unit_prints('# skip: no PostgreSQL');
    is($exit, 0, 'with a reason');
    is($out, "1..0 # skip no PostgreSQL\n", 'it is skipped');
};

done_testing();
