#!/usr/bin/perl
# SPDX-License-Identifier: Apache-2.0
#
# docs/clients.md is run as a reader would: its commands in a shell, in their
# order, on a fresh server of make run; what is printed is what it says.
# mpm: own
# driver: sqlite3

use strict;
use warnings;
use lib 't/lib';
use AcctTest;
use File::Temp ();
use IPC::Open2;
use POSIX ();
use Test::More;
use Time::HiRes ();

plan skip_all => 'runs without the sanitizers' if $ENV{ACCT_PRELOAD};
plan skip_all => 'there is no curl' if system('curl --version >/dev/null 2>&1');
plan skip_all => 'there is no bash' if system('bash -c : 2>/dev/null');

my $top = File::Temp->newdir('acctpage-XXXXXXXX', TMPDIR => 1);
chmod 0755, $top;
my $port = free_port();
my $run;
END {
    my $status = $?;
    if ($run) {
        kill 'TERM', $run;
        waitpid $run, 0;
    }
    $? = $status;
}

# What the page calls build/ and run/.
sub serve
{
    symlink build_dir(), "$top/build" or die "symlink: $!";
    $run = fork // die "fork: $!";
    if ($run == 0) {
        chdir $top or POSIX::_exit(126);
        @ENV{qw(PORT RUN_DIR ACCT_BUILD)} = ($port, "$top/run", build_dir());
        $SIG{$_} = 'DEFAULT' for qw(INT TERM HUP PIPE);
        open STDIN, '<', '/dev/null';
        open STDOUT, '>', "$top/out";
        open STDERR, '>&', \*STDOUT;
        exec tree() . '/scripts/run' or POSIX::_exit(127);
    }
    my $end = Time::HiRes::time() + 30;
    while (Time::HiRes::time() < $end) {
        return 1 if -e "$top/out" && slurp("$top/out") =~ /^ready: /m;
        Time::HiRes::sleep(0.05);
    }
    diag(slurp("$top/out"));
    return 0;
}

# Commands stand behind "$ ", and go on behind "> "; below is what they
# print, with the empty line that ends the headers of curl -i.
sub commands
{
    my ($text) = @_;
    my @commands;
    my $goes_on = 0;
    for my $line (split /\n/, $text) {
        if ($line =~ /^    \$ (.*)/) {
            push @commands, { say => $1, prints => '' };
            $goes_on = 1;
        }
        elsif ($goes_on && $line =~ /^    > ?(.*)/) {
            $commands[-1]{say} .= "\n$1";
        }
        elsif ($goes_on && $line =~ /^    (.*)/) {
            $commands[-1]{prints} .= "$1\n";
        }
        elsif ($goes_on && $line eq '' && $commands[-1]{say} =~ /curl -i/
               && $commands[-1]{prints} !~ /\n\n/) {
            $commands[-1]{prints} .= "\n";
        }
        else {
            $goes_on = 0;
        }
    }
    return @commands;
}

# What is another one each time, and the version of httpd.
sub usual
{
    my ($text) = @_;
    $text =~ s/\r//g;
    $text =~ s/\b[0-9a-f]{40,}\b/TOKEN/g;
    $text =~ s/\d{4}-\d\d-\d\d([T ])\d\d:\d\d:\d\d(\.\d+Z)?/TIME/g;
    $text =~ s/^(Date|Expires): .*/$1/mg;
    $text =~ s/^Server: .*/Server/mg;
    $text =~ s/\s+\z//;
    return $text;
}

ok(serve(), 'make run serves') or BAIL_OUT('no server');
my $page = slurp(tree() . '/docs/clients.md');
$page =~ s/127\.0\.0\.1:8000/127.0.0.1:$port/g;
my @commands = commands($page);
cmp_ok(scalar @commands, '>=', 80, @commands . ' commands');

chdir $top or die;
delete @ENV{qw(ACCTAUTH_DRIVER ACCTAUTH_PARAMS)};
my $shell = open2(my $out, my $in, 'bash', '--norc');
$in->autoflush(1);
print {$in} "exec 2>&1; shopt -s expand_aliases\n";
my $token = '';
for my $command (@commands) {
    my $say = $command->{say};
    # Copied out of the last answer that has one.
    $say = "T=$token" if $say =~ /^T=[0-9a-f]{40,}$/;
    print {$in} "$say\nprintf '\\n=%s=\\n' end\n";
    my $printed = '';
    while (defined(my $line = <$out>)) {
        last if $line eq "=end=\n";
        $printed .= $line;
    }
    $token = $1 if $printed =~ /"(?:auth_)?token":"([0-9a-f]+)"/;
    is(usual($printed), usual($command->{prints}),
       ($command->{say} =~ /(.*)/)[0]);
}
close $in;
waitpid $shell, 0;
chdir '/';
done_testing();
