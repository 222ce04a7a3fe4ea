# SPDX-License-Identifier: Apache-2.0
#
# The parts of one test file in several processes at once, where each part
# waits most of its time. What stands between lanes() and done_lanes() runs
# in each of them, so each has servers of its own; each part runs in one of
# them, whichever is free first.
#
#   lanes(3);
#   my $s = AcctTest->start(...);       # one in each
#   part 'what is behaved' => sub { ... };
#   done_lanes();                       # in place of done_testing
#
#   ACCT_ONLY=REGEX   the parts of that name alone, in one process

package Lanes;

use strict;
use warnings;

use Exporter 'import';
use File::Temp ();
use POSIX ();
use Test::More ();

our @EXPORT = qw(lanes part done_lanes);

my ($queue, $mine, $at, $owner, @others) = (undef, undef, 0, $$);
my $crash = 0;          # the exit status of a process that says so

# The queue is a pipe with a number for each part: the process that reads a
# number runs that part.
sub lanes
{
    my ($count) = @_;
    return if $ENV{ACCT_ONLY};
    pipe $queue, my $fill or die "pipe: $!\n";
    syswrite $fill, pack 'C*', 0 .. 254;
    close $fill;
    for my $n (2 .. $count) {
        my $out = File::Temp->new;
        my $pid = fork;
        die "cannot fork: $!\n" if !defined $pid;
        if ($pid == 0) {
            @others = ();
            srand;
            my $builder = Test::More->builder;
            open my $fh, '>>', $out->filename or die "no output: $!\n";
            $fh->autoflush(1);
            $builder->output($fh);
            $builder->todo_output($fh);
            last;
        }
        push @others, { pid => $pid, out => $out };
    }
    _next();
}

sub _next
{
    my $byte;
    $mine = sysread($queue, $byte, 1) ? unpack 'C', $byte : -1;
}

sub part
{
    my ($name, $code) = @_;
    local $Test::Builder::Level = $Test::Builder::Level + 1;
    if (!$queue) {
        return Test::More::subtest($name => $code)
            if !$ENV{ACCT_ONLY} || $name =~ /$ENV{ACCT_ONLY}/;
        return;
    }
    return if $at++ != $mine;
    Test::More::subtest($name => $code);
    _next();
}

sub done_lanes
{
    if ($$ != $owner) {
        Test::More::pass('nothing was left to do')
            if !Test::More->builder->current_test;
        Test::More::done_testing();
        # Through END, which ends the servers. Test::Builder sets the exit
        # status only in the process in which it was loaded.
        exit(Test::More->builder->is_passing ? 0 : 1);
    }
    my $n = 1;
    for my $one (splice @others) {
        waitpid $one->{pid}, 0;
        my $status = $?;
        open my $in, '<', $one->{out}->filename or die "no output: $!\n";
        $n++;
        print "# Subtest: in process $n\n", map { "    $_" } <$in>;
        Test::More::is($status, 0, "in process $n");
        $crash = $status >> 8 if $status >> 8 > 128;
    }
    Test::More::done_testing();
}

END {
    my $status = $?;
    if ($$ == $owner && @others) {
        kill 'TERM', map { $_->{pid} } @others;
        waitpid $_->{pid}, 0 for @others;
    }
    $? = $crash || $status;
}

1;
