#!/usr/bin/perl
# SPDX-License-Identifier: Apache-2.0
# driver: sqlite3, whose databases are files to be copied
#
# Many virtual hosts with a database each: the feed leaves alone a database
# that no request has asked lately, and reads one that is asked as often as
# the bound wants it. Counted in system calls.

use strict;
use warnings;
use lib 't/lib';
use AcctTest;
use File::Copy qw(copy);
use RevocationKit;
use Test::More;
use Time::HiRes qw(sleep time);

system('strace -o /dev/null true 2>/dev/null') == 0
    or plan skip_all => 'strace is not here, or may not trace';

my $HOSTS = 40;

sub hosts
{
    my ($self) = @_;
    my $key = $self->key;
    return "AcctAuthCache On\n" . join '', map { <<"CONF" } 2 .. $HOSTS;
<VirtualHost 127.0.0.1:*>
    ServerName host$_.example
    AcctAuthDatabase sqlite3 "$self->{dir}/db/$_.db"
    AcctAuthKeyFile "$key"
    <Location "/private/">
        AcctAuthProtect On
    </Location>
</VirtualHost>
CONF
}

my $s = AcctTest->prepare(conf => \&hosts, workers => { StartServers => 1 });
$s->write('htdocs/private/a.txt', "private\n");
my @tokens = more_tokens($s, 4);
for my $n (2 .. $HOSTS) {
    my $file = "$s->{dir}/db/$n.db";
    copy($s->db, $file) or die "copy: $!\n";
    chmod 0600, $file;
    $s->_chown($file);
}
my $trace = "$s->{dir}/trace";

# What the children do with a host's database for some seconds: the system
# calls that name it, each time it is about to be used.
sub uses_of_each
{
    my ($seconds) = @_;
    my @pids = $s->children;
    my $pid = fork // die "fork: $!\n";
    if ($pid == 0) {
        exec 'strace', '-f', '-q', '-o', $trace, '-e', 'trace=%file',
            map { ('-p', $_) } @pids;
        exit 127;
    }
    sleep $seconds;
    kill INT => $pid;
    waitpid $pid, 0;
    my %uses;
    for (split /\n/, slurp($trace)) {
        $uses{$1}++ if m{"\Q$s->{dir}\E/db/(\d+)\.db", .*(?<!NOFOLLOW)\) = 0};
    }
    return \%uses;
}

is($s->run, undef, 'the server starts');

subtest 'a database that nobody asks is left alone' => sub {
    sleep 12;               # all were read and looked through once
    my $uses = uses_of_each(6);
    my $all = 0;
    $all += $_ for values %$uses;
    note("$all uses of $HOSTS databases in 6 s");
    cmp_ok($all, '<=', $HOSTS, 'less than a use of each');
};

subtest 'one that is asked is read again, and no other' => sub {
    my @at = (headers => { Host => 'host7.example' });
    is(opens($s, $tokens[0], @at), 200, 'a token is let in there');
    sleep 1.5;
    my $uses = uses_of_each(6);
    note(join ' ', map { "$_:$uses->{$_}" } sort keys %$uses);
    my $its = delete $uses->{7} // 0;
    my $others = 0;
    $others += $_ for values %$uses;
    cmp_ok($its, '>=', 6, 'it is read');
    cmp_ok($its, '<=', 3 * 9, 'about once a second, with three looks at it');
    cmp_ok($others, '<=', $HOSTS, 'the others are not');
};

subtest 'what another process ends there is seen within the bound' => sub {
    my @at = (headers => { Host => 'host7.example' });
    local $s->{params} = "$s->{dir}/db/7.db";
    is(opens($s, $tokens[1], @at), 200, 'a token is let in');
    is(opens($s, $tokens[1], @at), 200, 'from the cache');
    my ($exit) = $s->cli('token', 'revoke', "#$tokens[1]{account}",
                         '--all');
    is($exit, 0, 'the command ends it');
    sleep 2.2;
    is(opens($s, $tokens[1], @at), 401, 'it is refused');
};

done_testing;
