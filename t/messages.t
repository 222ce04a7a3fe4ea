#!/usr/bin/perl
# SPDX-License-Identifier: Apache-2.0
#
# docs/messages.md has each id that the module's log lines begin with, at the
# level that the code says, and no others. Read from the code.
# mpm: own
# driver: sqlite3

use strict;
use warnings;
use lib 't/lib';
use AcctTest;
use Test::More;

my $tree = tree();
my %name_of = (CRIT => 'crit', ERR => 'error', WARNING => 'warning',
               NOTICE => 'notice', INFO => 'info', DEBUG => 'debug');

# The code without comments, and of strings only what is an id, so that a
# bracket or a word inside of a string is not taken for code.
sub code
{
    my ($text) = @_;
    $text =~ s{("(?:[^"\\\n]|\\.)*"|'(?:[^'\\\n]|\\.)*')|/\*.*?\*/}
              {!defined $1 ? ' ' : $1 =~ /^"(ACCT\d{4}|%s)/ ? "\"$1\""
               : '""'}gse;
    return $text;
}

my %code = map { s{^\Q$tree/}{}r => code(slurp($_)) }
    "$tree/mod_acctauth.c", glob "$tree/src/*/*.c $tree/src/*/*/*.c";

# The calls that something stands in directly: its name and arguments.
sub call_around
{
    my ($text, $at) = @_;
    my $open = 1;
    my $from = $at;
    while ($open && $from > 0) {
        my $c = substr $text, --$from, 1;
        $open++ if $c eq ')';
        $open-- if $c eq '(';
    }
    my ($name) = substr($text, 0, $from) =~ /(\w+)$/;
    my ($arguments) = substr($text, $from) =~ /^(\((?:[^()]++|(?1))*\))/;
    return ($name || '', $arguments || '');
}

# The body of a function, of the same file before any other's.
sub body_of
{
    my ($name, $file) = @_;
    for my $in ($file, sort keys %code) {
        return ($1, $in) if $code{$in} =~
            /^(?:static )?\w[\w ]*[ *]\Q$name\E\([^{};]*\)\n\{\n(.*?)^\}/ms;
    }
    return;
}

# The levels that a call says, or the function it is of.
sub levels
{
    my ($name, $arguments, $file, $depth) = @_;
    my @found = $arguments =~ /\bAPLOG_(CRIT|ERR|WARNING|NOTICE|INFO|DEBUG)\b/g;
    return @found if @found || $depth > 2;
    my ($body, $in) = body_of($name, $file);
    return if !defined $body;
    while ($body =~ /\b(?:ap_log_\w*error|acct_repeat_log)\(/g) {
        push @found, levels(call_around($body, $+[0]), $in, $depth + 1);
    }
    return @found;
}

my %level;      # id to { level => 1 }
for my $file (sort keys %code) {
    while ($code{$file} =~ /"(ACCT\d{4})/g) {
        my $id = $1;
        my ($name, $arguments) = call_around($code{$file}, $-[0]);
        my @levels = levels($name, $arguments, $file, 0);
        ok(@levels, "$file: the level of $id, which $name() is given")
            if !@levels;
        $level{$id}{$name_of{$_}} = 1 for @levels;
    }
}
cmp_ok(scalar keys %level, '>=', 60, keys(%level) . ' ids are in the code');

my $page = slurp("$tree/docs/messages.md");
my %said;       # id to its row
my @order;
while ($page =~ /^\| (ACCT\d{4})\b(.*)$/mg) {
    my ($id, $rest) = ($1, $2);
    my @cells = map { s/^\s+|\s+$//gr } split /\|/, $rest, -1;
    push @order, $id;
    ok(!$said{$id}, "$id has one row") if $said{$id};
    $said{$id} = { cells => scalar @cells, level => $cells[1],
                   when => $cells[2], means => $cells[3], do => $cells[4] };
}

subtest 'each id of the code has its row, and no other has' => sub {
    is_deeply([sort keys %said], [sort keys %level], 'the same ids');
    is_deeply(\@order, [sort @order], 'in their order');
};

subtest 'a row has the level that the code says' => sub {
    for my $id (sort keys %level) {
        my $row = $said{$id} or next;
        is(join(', ', sort split /, /, $row->{level}),
           join(', ', sort keys %{ $level{$id} }), $id);
    }
};

subtest 'a row says when it is written, what it means and what to do' => sub {
    my %known = map { $_ => 1 } 'configtest', 'start', 'child', 'request',
        'by itself';
    for my $id (@order) {
        my $row = $said{$id};
        my @unknown = grep { !$known{$_} } split /, /, $row->{when};
        ok($row->{cells} == 6 && !@unknown && $row->{when} ne ''
           && length $row->{means} > 10 && $row->{do} =~ /\w/, $id)
            or diag(explain($row));
    }
};

# Each call that writes into the log; those of a function that is told the
# id begin with a "%s".
subtest 'no line of the log is without an id' => sub {
    my $lines = 0;
    for my $file (sort keys %code) {
        while ($code{$file} =~ /\bap_log_[rcp]?error\(/g) {
            my (undef, $arguments) = call_around($code{$file}, $+[0]);
            $lines++;
            my ($first) = $arguments =~ /"([^"]*)/;
            like($first, qr/^(?:ACCT\d{4}|%s)/, "$file, a line")
                or diag($arguments);
        }
    }
    cmp_ok($lines, '>=', 40, "$lines lines were looked at");
};

# "ACCT0140 to 0142, 0303" names four.
sub ids_in
{
    my ($text) = @_;
    my @found;
    while ($text =~ /ACCT(\d{4})((?:(?:, | and | or | to |–)(?:ACCT)?\d{4}\b)*)/g) {
        my ($last, $more) = ($1, $2);
        push @found, "ACCT$last";
        while ($more =~ /(, | and | or | to |–)(?:ACCT)?(\d{4})/g) {
            my ($how, $next) = ($1, $2);
            push @found, $how =~ /to|–/
                ? map({ sprintf 'ACCT%04d', $_ } $last + 1 .. $next)
                : "ACCT$next";
            $last = $next;
        }
    }
    return @found;
}

subtest 'the other documents name ids that there are, and lead there' => sub {
    my $named = 0;
    for my $path ('README.md', 'CHANGES', 'man/acctauth.8',
                  'conf/acctauth.conf', map { s{^\Q$tree/}{}r }
                  glob "$tree/docs/*.md") {
        my $text = slurp("$tree/$path");
        my @ids = ids_in($text) or next;
        $named++;
        my %here = map { $_ => 1 } grep { !$level{$_} } @ids;
        # One range reaches over what is not there.
        is_deeply([sort keys %here], [], "$path names no others")
            if $path ne 'CHANGES';
        next if $path !~ /\.md$/ || $path eq 'docs/messages.md';
        ok($text =~ /\bmessages\.md\b/, "$path leads to the page");
        ok($text !~ /^\| *ACCT[^|]*\| *(?:crit|error|warn|notice|info|debug)/m,
           "$path has no list of its own");
    }
    cmp_ok($named, '>=', 4, "$named documents name some");
};

done_testing();
