# SPDX-License-Identifier: Apache-2.0
#
# Runs commands. A shell that stays forks them: for a test to fork takes longer
# than most commands do, since its process is large, and each page that it
# goes on to write it shares with the child.

package Commands;

use strict;
use warnings;

use Cwd ();
use Exporter 'import';
use File::Path ();
use File::Temp ();
use Files qw(slurp spew);
use POSIX ();

our @EXPORT_OK = qw(run_command);

my %shell;      # of this process: pid, in, out, dir, and what it has been told

# run_command(STDIN, ENV, COMMAND...) returns (exit, stdout, stderr), the
# first as a shell says it: 127 where there is no such command, 128 and the
# signal where one ended it. Files, not pipes: no output can be too long.
sub run_command
{
    my ($input, $env, @command) = @_;
    local ($?, $!);
    local ($/, $\, $,) = ("\n");
    _begin() if $shell{busy} || ($shell{owner} || '') ne _owner();
    my $dir = $shell{dir};
    spew("$dir/in", defined $input ? $input : '');
    my $line = join ' ', _as_here(), '(',
        (map { "$_=" . _quoted($env->{$_}) . "; export $_;" }
            grep { defined $env->{$_} } sort keys %$env),
        'exec', (map { _quoted($_) } @command),
        ") <$dir/in >$dir/out 2>$dir/err; echo \$?\n";
    local $SIG{PIPE} = 'IGNORE';
    # Until it is read, the next answer is this one's, also where a signal or
    # an alarm of the test comes first.
    $shell{busy} = 1;
    print { $shell{in} } $line;
    my $exit = readline $shell{out};
    die "the shell that runs commands has ended\n" if !defined $exit;
    delete $shell{busy};
    return ($exit + 0, slurp("$dir/out"), slurp("$dir/err"));
}

# Who a shell works for: a process that was forked gets its own, and so does
# one that goes on as another user.
sub _owner { "$$ $< $> $(" }

sub _quoted
{
    my ($text) = @_;
    utf8::encode($text) if utf8::is_utf8($text);
    return "'" . $text =~ s/'/'\\''/gr . "'";
}

# Where and as what this process is by now, as far as the shell has not been
# told: a command takes after who asks for it.
sub _as_here
{
    my @say;
    my $now = _now();
    my $told = $shell{told};
    for my $name (grep { !defined $now->{$_} } keys %$told) {
        push @say, "unset $name;" if delete $told->{$name};
    }
    for my $name (grep { defined $now->{$_} } keys %$now) {
        next if defined $told->{$name} && $told->{$name} eq $now->{$name};
        my $value = _quoted($told->{$name} = $now->{$name});
        push @say, $name eq '=dir' ? "cd $value;"
            : $name eq '=mask' ? "umask $value;"
            : "$name=$value; export $name;";
    }
    return @say;
}

sub _now
{
    return { (map { $_ => $ENV{$_} } grep { /\A[A-Za-z_]\w*\z/ } keys %ENV),
             '=dir' => Cwd::getcwd(), '=mask' => sprintf '%o', umask };
}

sub _begin
{
    _end();
    pipe my $from_us, my $in or die "pipe: $!\n";
    pipe my $out, my $to_us or die "pipe: $!\n";
    my $pid = fork;
    die "cannot fork: $!\n" if !defined $pid;
    if ($pid == 0) {
        $SIG{$_} = 'DEFAULT' for qw(INT TERM HUP PIPE);
        open STDIN, '<&', $from_us;
        open STDOUT, '>&', $to_us;
        open STDERR, '>', '/dev/null';      # it says which command crashed
        exec { '/bin/sh' } 'sh' or POSIX::_exit(127);
    }
    $in->autoflush(1);
    my $dir = File::Temp::tempdir('acctauth-run-XXXXXXXX', TMPDIR => 1);
    # A signal for the test and all that it runs ends the command alone: the
    # test may have to clean up. The folder goes with the shell, also where
    # its owner leaves without a word.
    print {$in} 'trap : INT TERM HUP; trap ',
        _quoted('rm -rf ' . _quoted($dir)), " EXIT\n";
    %shell = (owner => _owner(), process => $$, pid => $pid, in => $in,
              out => $out, dir => $dir, told => _now());
}

sub _end
{
    my %old = %shell;
    %shell = ();
    return if ($old{process} || 0) != $$;
    local ($?, $!);
    local $SIG{PIPE} = 'IGNORE';
    # Forked processes may have its input open still.
    print { $old{in} } "exit\n";
    close $old{$_} for qw(in out);
    # Nobody waits for what it was interrupted in.
    if ($old{busy}) {
        kill 'KILL', $old{pid};
        File::Path::remove_tree($old{dir}, { error => \my $ignored });
    }
    waitpid $old{pid}, 0;
}

END { _end() }

1;
