#!/usr/bin/perl
# SPDX-License-Identifier: Apache-2.0
#
# t/lib/Commands.pm, by which the tests run commands: a command is run as if
# this process had forked it, though a shell that stays does.
# mpm: any, no httpd runs
# driver: any, no database is asked
# needs: nothing

use strict;
use warnings;
use lib 't/lib';
use Commands qw(run_command);
use Cwd ();
use POSIX ();
use Test::More;

sub out { return (run_command(undef, {}, @_))[1] }

subtest 'what it is given and what it says arrive as they are' => sub {
    my $odd = join '', map { chr } 1 .. 255;
    is((run_command($odd, {}, 'cat'))[1], $odd, 'its input and output');
    is(out('printf', '%s', $odd), $odd, 'an argument');
    is((run_command(undef, { ODD => $odd }, 'sh', '-c',
        'printf %s "$ODD"'))[1], $odd, 'a variable for it alone');
    is(out('sh', '-c', 'echo ${ODD-none}'), "none\n", 'and not for the next');
    is_deeply([run_command(undef, {}, 'sh', '-c', 'echo e >&2; exit 3')],
        [3, '', "e\n"], 'its status and errors');
};

subtest 'how it ended is told as a shell does' => sub {
    is((run_command(undef, {}, 'no-such-command'))[0], 127, 'not there');
    is((run_command(undef, {}, 'sh', '-c', 'kill -SEGV $$'))[0], 139,
        'a crash');
};

subtest 'it takes after the process as it is by now' => sub {
    my @show = ('sh', '-c', 'pwd; umask; echo ${SHOWN-none}');
    is(out(@show), Cwd::getcwd() . sprintf("\n%04o\nnone\n", umask), 'before');
    {
        local $ENV{SHOWN} = "it's";
        my ($dir, $mask) = (Cwd::getcwd(), umask 027);
        chdir '/';
        is(out(@show), "/\n0027\nit's\n", 'changed');
        chdir $dir;
        umask $mask;
    }
    is(out(@show), Cwd::getcwd() . sprintf("\n%04o\nnone\n", umask), 'after');
    local $/;
    is(out('echo', 'read'), "read\n", 'and not how it reads files');
};

subtest 'a command that was interrupted does not answer for the next' => sub {
    ok(!eval { local $SIG{ALRM} = sub { die "alarm\n" }; alarm 1;
               run_command(undef, {}, 'sh', '-c', 'sleep 5; exit 9') }, 'one');
    is((run_command(undef, {}, 'true'))[0], 0, 'the next');
};

subtest 'a process that was forked has answers of its own' => sub {
    my @pids = map {
        my $n = $_;
        my $pid = fork // die "fork: $!\n";
        POSIX::_exit((run_command(undef, {}, 'sh', '-c', "exit $n"))[0])
            if !$pid;
        $pid;
    } 1 .. 3;
    is(join(' ', map { waitpid $_, 0; $? >> 8 } @pids), '1 2 3', 'three');
    is(out('echo', 'mine'), "mine\n", 'and this one too');
};

done_testing;
