#!/usr/bin/perl
# SPDX-License-Identifier: Apache-2.0
# mpm: any, no server runs
# driver: any, it reads the documents alone
# needs: nothing
#
# What the documents point to is there: each relative link with its anchor,
# and each source and function that the pages about the code name.

use strict;
use warnings;
use lib 't/lib';
use AcctTest;
use File::Basename qw(dirname);
use File::Find ();
use File::Spec ();
use Test::More;

my $tree = tree();
my @pages = grep { -e "$tree/$_" } qw(README.md CONTRIBUTING.md SECURITY.md);
File::Find::find({ no_chdir => 1, wanted => sub {
    push @pages, substr $_, 1 + length $tree if /\.md$/;
} }, "$tree/docs");
my %text = map { $_ => without_code(slurp("$tree/$_")) } sort @pages;
cmp_ok(scalar @pages, '>', 10, 'there are pages');

# Code is not read for links: fenced blocks, blocks that are indented by
# four after a blank line, and `code`. Headings keep theirs.
sub without_code
{
    my ($text) = @_;
    utf8::decode($text);
    $text =~ s/^```.*?^```[ \t]*$//gms;
    $text =~ s/(?<=\n\n)(?: {4}.*\n|\n(?= {4}))+//g;
    return $text;
}

# The anchors of a page as GitHub makes them of its headings: lower case,
# no punctuation but - and _, blanks to -; of the same again, -1, -2.
my %anchors;
sub anchors
{
    my ($page) = @_;
    return $anchors{$page} if $anchors{$page};
    my (%found, %times);
    my $text = $text{$page};
    $found{$1} = 1 while $text =~ /<a (?:id|name)="([^"]+)"/g;
    while ($text =~ /^ {0,3}#{1,6} +(.*?)[ #]*$/mg) {
        my $anchor = lc $1;
        $anchor =~ s/\[([^\]]*)\]\([^)]*\)/$1/g;
        $anchor =~ s/[^\w\- ]//g;
        $anchor =~ tr/ /-/;
        my $again = $times{$anchor}++;
        $found{$again ? "$anchor-$again" : $anchor} = 1;
    }
    return $anchors{$page} = \%found;
}

# The path of a link, from the top of the tree; .. taken away.
sub resolve
{
    my ($page, $path) = @_;
    return $page if $path eq '';
    my @way;
    for my $step (split m{/}, File::Spec->catfile(dirname($page), $path)) {
        next if $step eq '.' || $step eq '';
        if ($step eq '..') { pop @way } else { push @way, $step }
    }
    return join '/', @way;
}

sub trouble
{
    my ($page, $link) = @_;
    my ($path, $anchor) = $link =~ /^([^#]*)(?:#(.*))?$/;
    my $file = resolve($page, $path);
    return "$page: $link is not there" if !-e "$tree/$file";
    return () if !defined $anchor;
    return "$page: $link: $file is no page of these" if !$text{$file};
    return anchors($file)->{$anchor} ? ()
        : "$page: $link: no such heading";
}

subtest 'each relative link leads to a file, and to a heading of it' => sub {
    my (@wrong, $count);
    for my $page (sort @pages) {
        (my $text = $text{$page}) =~ s/`[^`\n]*`//g;
        my @links = $text =~ /\]\(\s*<?([^)\s>]+)>?(?:\s+"[^"]*")?\s*\)/g;
        push @links, $text =~ /^\[[^\]]+\]:\s+(\S+)/mg;
        for my $link (grep { !/^[a-z][a-z0-9+.-]*:/i } @links) {
            $count++;
            push @wrong, trouble($page, $link);
        }
    }
    cmp_ok($count, '>', 100, 'there are links');
    is_deeply(\@wrong, [], 'and none leads nowhere');
};

my @about = grep { m{^docs/(?:architecture|development|internals/.*)\.md$}
    || $_ eq 'CONTRIBUTING.md' } @pages;

# `cache/epoch.c` stands for a file of src/core or src/httpd; a name with no
# folder is one that was named with its folder before.
subtest 'each source that the pages about the code name is there' => sub {
    my (@wrong, $count);
    for my $page (@about) {
        for my $name ($text{$page} =~ m{`([\w./-]+/[\w.-]+\.(?:[ch]|t|pm))`}g)
        {
            $count++;
            push @wrong, "$page: $name" if !grep { -e "$tree/$_$name" }
                '', qw(src/ src/core/ src/httpd/ src/cli/);
        }
    }
    cmp_ok($count, '>', 50, 'there are names');
    is_deeply(\@wrong, [], 'and all of them are');
};

subtest 'so is each function' => sub {
    my ($code, @wrong, $count) = ('');
    File::Find::find({ no_chdir => 1, wanted => sub {
        $code .= slurp($_) if /\.[ch]$/;
    } }, "$tree/src");
    for my $page (@about) {
        for my $name ($text{$page} =~ /`(\w+)\(\)`/g) {
            # those of libraries and of httpd
            next if $name =~ /^(?:apr?_|PQ|SHA|EVP)/;
            $count++;
            push @wrong, "$page: $name()" if $code !~ /\b\Q$name\E\(/;
        }
    }
    cmp_ok($count, '>', 20, 'there are names');
    is_deeply(\@wrong, [], 'and all of them are functions of ours');
};

done_testing();
