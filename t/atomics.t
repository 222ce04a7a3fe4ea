#!/usr/bin/perl
# SPDX-License-Identifier: Apache-2.0
# driver: any, it reads the sources
# mpm: own
# needs: nothing
#
# Every atomic operation states its memory order, and why it is that one:
#
#   - it is the _explicit form, or a fence;
#   - a comment within the six lines above names each of its orders
#     ("relaxed: only a hint"), or a sentence of the file's block comment
#     "Memory order." names both the order and what it is applied to;
#   - what is declared _Atomic, in the file or in a header of ours that it
#     includes, is touched by these operations alone: a plain read or write
#     of it is one without a stated order.
#
# APR's atomics and the compilers' own have no such form and are not used.

use strict;
use warnings;
use File::Find ();
use Test::More;

my $LINES = 6;
my %STEM = (relaxed => qr/relaxed/i, acquire => qr/acquir/i,
            release => qr/releas/i, acq_rel => qr/acq_rel/,
            consume => qr/consume/i, seq_cst => qr/seq_cst/);

# The text with its comments and strings blanked, lines kept; and the
# comments, as [first line, last line, text].
sub take_apart
{
    my ($text) = @_;
    my @comments;
    my $line = 1;
    my $code = '';
    while ($text =~ m{\G(/\*.*?\*/|//[^\n]*|"(?:\\.|[^"\\])*"
                        |'(?:\\.|[^'\\])*'|.)}gsx) {
        my $piece = $1;
        my $breaks = $piece =~ tr/\n//;
        if (length $piece > 1) {
            push @comments, [$line, $line + $breaks, $piece]
                if $piece =~ m{^/[*/]};
            $piece =~ s/[^\n]/ /g;
        }
        $code .= $piece;
        $line += $breaks;
    }
    return ($code, @comments);
}

# The arguments of the call whose "(" is at $at, without it.
sub arguments
{
    my ($code, $at) = @_;
    my ($depth, @arguments) = (0, '');
    for my $c (split //, substr $code, $at) {
        if ($c =~ /[(\[]/ && $depth++ == 0) { next }
        if ($c =~ /[)\]]/ && --$depth == 0) { last }
        if ($c eq ',' && $depth == 1) { push @arguments, ''; next }
        $arguments[-1] .= $c;
    }
    s/\s+//g for @arguments;
    return @arguments;
}

# What an operation is applied to, as the block comment may call it.
sub object_of
{
    my ($argument) = @_;
    return "$1()" if $argument =~ /^(\w+)\(/;
    return $1 if $argument =~ /\[([A-Z][A-Z0-9_]+)\]$/;
    my @names = $argument =~ /((\w+)(?:\[\w+\])?)$/;
    return @names;
}

sub sentence_names
{
    my ($sentence, @objects) = @_;
    return grep { $sentence =~ /(?<!\w)\Q$_\E(?!\w)/ } @objects;
}

# Whether an order of an operation that starts on this line is explained.
sub is_explained
{
    my ($order, $line, $objects, $comments) = @_;
    my $stem = $STEM{$order} or return 0;
    for (@$comments) {
        my ($first, $last, $text) = @$_;
        return 1 if $last < $line && $last >= $line - $LINES
            && $text =~ $stem;
        next if $text !~ /\bMemory order\./;
        for my $sentence (split /\.\s/, $text) {
            return 1 if $sentence =~ $stem
                && sentence_names($sentence, @$objects);
        }
    }
    return 0;
}

sub check_call
{
    my ($name, $line, $comments, @arguments) = @_;
    return "$line: $name has no stated order"
        if $name =~ /^(apr_|_)/
        || $name !~ /_explicit$|^atomic_(thread|signal)_fence$/;
    my @orders = map { /^memory_order_(\w+)$/ ? $1 : () } @arguments;
    return "$line: $name without an order" if !@orders;
    my @objects = $name =~ /fence/ ? () : object_of($arguments[0]);
    my @bad = grep { !is_explained($_, $line, \@objects, $comments) }
        @orders;
    return map { "$line: $name: nothing says why $_" } @bad;
}

# faults(TEXT, HEADERS): what is wrong with a source that includes these
# headers, and how many operations it has.
sub faults
{
    my ($text, $headers) = @_;
    my ($code, @comments) = take_apart($text);
    my ($declared) = take_apart($text . ($headers // ''));
    my ($operations, @faults) = (0);
    while ($code =~ /\b((?:apr_|__|__c11_)?atomic_\w+|__sync_\w+)\s*\(/g) {
        my ($name, $at) = ($1, $+[0] - 1);
        my $line = 1 + (substr($code, 0, $-[0]) =~ tr/\n//);
        next if $name =~ /^atomic_(init|is_lock_free)$/;
        $operations++;
        push @faults, check_call($name, $line, \@comments,
                                 arguments($code, $at));
    }
    my %atomic = map { $_ => 1 }
        $declared =~ /\b_Atomic\s+\w+\s+(\w+)\s*(?=[\[;=])/g;
    for my $name (sort keys %atomic) {
        while ($code =~ /([&]?)[\w.\[\]>-]*(?:->|\.)$name\b/g) {
            next if $1 eq '&';
            my $line = 1 + (substr($code, 0, $-[0]) =~ tr/\n//);
            push @faults, "$line: $name is touched without an order";
        }
    }
    return (\@faults, $operations);
}

# ---- the rule itself ----

my $D = "typedef struct s_t { _Atomic int n; _Atomic long m[4]; } s_t;\n";
my @good = (
    ['a reason above', "/* relaxed: a statistic */\n"
        . 'atomic_load_explicit(&s->n, memory_order_relaxed);'],
    ['a reason for two orders', "/* acquire, or relaxed when it fails */\n"
        . 'atomic_compare_exchange_strong_explicit(&s->n, &was, f(1, 2), '
        . 'memory_order_acquire, memory_order_relaxed);'],
    ['a fence', "/* acquire: the content first */\n"
        . 'atomic_thread_fence(memory_order_acquire);'],
    ['a block comment that names it',
        "/* Memory order. m[i] is relaxed. n is released by one. */\n"
        . "\n" x 9 . 'atomic_store_explicit(&s->m[i], 1, '
        . "memory_order_relaxed);\n" . "\n" x 9
        . 'atomic_store_explicit(&s->n, 1, memory_order_release);'],
    ['a call in a comment', '/* atomic_load(&s->n) */'],
    ['a call in a string', 'f("atomic_load(&s->n)");'],
);
my @bad = (
    ['the short form', "/* seq_cst: so */\natomic_load(&s->n);"],
    ['no reason',
        'atomic_load_explicit(&s->n, memory_order_relaxed);'],
    ['a reason too far away', "/* relaxed: so */\n" . "\n" x $LINES
        . 'atomic_load_explicit(&s->n, memory_order_relaxed);'],
    ['a reason below', 'atomic_load_explicit(&s->n, memory_order_relaxed);'
        . "\n/* relaxed: so */"],
    ['a reason for another order', "/* relaxed: so */\n"
        . 'atomic_load_explicit(&s->n, memory_order_acquire);'],
    ['a reason for one order of two', "/* relaxed: so */\n"
        . 'atomic_compare_exchange_weak_explicit(&s->n, &was, 1, '
        . 'memory_order_acquire, memory_order_relaxed);'],
    ['a block comment that names another',
        "/* Memory order. m[i] is relaxed. n is released. */\n" . "\n" x 9
        . 'atomic_load_explicit(&s->n, memory_order_relaxed);'],
    ['an order that is no constant', "/* relaxed: so */\n"
        . 'atomic_load_explicit(&s->n, order);'],
    ['APR', "/* relaxed: so */\napr_atomic_inc32(&s->n);"],
    ['the compiler', "/* relaxed: so */\n__sync_synchronize();"],
    ['a plain write', 's->n = 1;'],
    ['a plain read', 'if (x[1].s.m[2] > 0) {'],
    ['a plain increment', 's->n++;'],
);
for (@good) {
    my ($faults) = faults($D . $_->[1]);
    is_deeply($faults, [], "accepted: $_->[0]");
}
for (@bad) {
    my ($faults) = faults($D . $_->[1]);
    is(scalar @$faults, 1, "refused: $_->[0]") or diag(explain $faults);
}

is(scalar @{ (faults('s->n = 1;', $D))[0] }, 1,
    'refused: a plain write of what a header declares');
is(scalar @{ (faults('s->n = 1;', ''))[0] }, 0,
    'accepted: a plain write of what none declares');

# ---- the sources ----

sub text_of
{
    my ($file) = @_;
    open my $in, '<', $file or die "$file: $!";
    return do { local $/; <$in> };
}

# The headers of ours that a source includes, in one.
sub headers_of
{
    my ($file, $text) = @_;
    my ($dir) = $file =~ m{^(.*/)};
    my @names = $text =~ /^\s*#\s*include\s*"([^"]+)"/mg;
    return join "\n", map { text_of($_) } grep { defined } map {
        my $name = $_;
        (grep { -e } map { "$_$name" } $dir // '', '', 'src/',
            'src/core/', 'src/httpd/')[0];
    } @names;
}

my @files;
File::Find::find({ no_chdir => 1, wanted => sub {
    push @files, $_ if /\.[ch]\z/;
} }, 'src', glob '*.c');

my $total = 0;
for my $file (sort @files) {
    my $text = text_of($file);
    my ($faults, $operations) = faults($text, headers_of($file, $text));
    next if !$operations && !@$faults;
    $total += $operations;
    is_deeply($faults, [], "$file: $operations operations")
        or diag(map { "$file:$_\n" } @$faults);
}
cmp_ok($total, '>', 20, "$total atomic operations were looked at");

done_testing();
