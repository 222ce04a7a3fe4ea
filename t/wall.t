#!/usr/bin/perl
# SPDX-License-Identifier: Apache-2.0
#
# What the code must not do, read from the code: the core knows no httpd, C
# knows no spelling of an API, a room uses only rooms below it, the module
# exports one symbol.
# mpm: own
# driver: sqlite3
# needs: nothing

use strict;
use warnings;
use lib 't/lib';
use AcctTest;
use File::Find ();
use JSON::PP ();
use Test::More;

my $tree = tree();
my $build = build_dir();

sub files_below
{
    my ($dir, $like) = @_;
    my @found;
    File::Find::find({ no_chdir => 1, wanted => sub {
        push @found, substr $_, 1 + length $tree if -f && $_ =~ $like;
    } }, "$tree/$dir") if -d "$tree/$dir";
    return sort @found;
}

my @core = files_below('src/core', qr/\.[ch]$/);
my @cli = files_below('src/cli', qr/\.[ch]$/);
my @httpd = files_below('src/httpd', qr/\.[ch]$/);
my @all = (@core, @cli, @httpd, grep { -e "$tree/$_" } 'mod_acctauth.c');
my %text = map { $_ => slurp("$tree/$_") } @all;
ok(@core && @cli && @httpd, 'there are sources');

# The code without comments; strings stay.
sub code
{
    my ($text) = @_;
    $text =~ s{("(?:[^"\\\n]|\\.)*"|'(?:[^'\\\n]|\\.)*')|/\*.*?\*/|//[^\n]*}
              {defined $1 ? $1 : ' '}gse;
    return $text;
}

# Each string of a file, with those put together that stand side by side.
sub strings
{
    my ($code) = @_;
    $code =~ s/^\s*#\s*include[^\n]*$//mg;
    my @out;
    while ($code =~ /((?:"(?:[^"\\\n]|\\.)*"\s*)+)/g) {
        my $s = join '', $1 =~ /"((?:[^"\\\n]|\\.)*)"/g;
        $s =~ s/\\(.)/$1/g;
        push @out, $s;
    }
    return @out;
}

my %code = map { $_ => code($text{$_}) } @all;
my %strings = map { $_ => [strings($code{$_})] } @all;

sub none
{
    my ($name, @found) = @_;
    is_deeply(\@found, [], $name);
}

subtest 'the core and the command know no httpd' => sub {
    my $headers = qr{httpd\.h|http_\w+\.h|ap_\w+\.h|util_\w+\.h|mod_\w+\.h
        |scoreboard\.h|mpm_common\.h|unixd\.h|heartbeat\.h|cache_common\.h}x;
    none('no header of httpd', map { my $f = $_;
        map { "$f: $_" } $code{$f} =~ /#\s*include\s*[<"]($headers)[>"]/g
    } @core, @cli);
    none('no header of src/httpd', map { my $f = $_;
        map { "$f: $_" } $code{$f} =~ m{#\s*include\s*"([^"]*httpd/[^"]*)"}g
    } @core, @cli);
    none('none of its types or functions', map { my $f = $_;
        map { "$f: $_" } $code{$f} =~
            /\b(request_rec|server_rec|conn_rec|cmd_parms|ap_[a-z]\w+)\b/g
    } @core, @cli);
};

subtest 'the core knows no HTTP status' => sub {
    none('no HTTP_ constant', map { my $f = $_;
        map { "$f: $_" } $code{$f} =~ /\b(HTTP_[A-Z_]+)\b/g } @core);
    none('no status as a number', map { my $f = $_;
        (my $bare = $code{$f}) =~ s/"(?:[^"\\\n]|\\.)*"/""/g;
        $bare =~ s/apr_time_from_m?sec\(\d+\)//g;
        map { "$f: $_" } $bare =~
            /(?<![\w.])(40[0-9]|41[0-7]|42[2-9]|50[0-4])(?![\w.])/g } @core);
};

# Words of a dialect file that are its own language, or httpd's, and so may
# stand in C too.
my %LANGUAGE = map { $_ => 1 } qw(
    username email password first_name last_name id token account identifier
    ok detail errors message messages status body headers path method fields
    is_active is_staff last_login created_at expires label user login logout
    register current code name type value result Token current_password
    activation uid key recovery_codes totp
);

sub walk
{
    my ($node, $keys, $leaves) = @_;
    if (ref $node eq 'HASH') {
        for my $key (sort keys %$node) {
            push @$keys, $key;
            walk($node->{$key}, $keys, $leaves);
        }
    }
    elsif (ref $node eq 'ARRAY') {
        walk($_, $keys, $leaves) for @$node;
    }
    elsif (defined $node && !ref $node) {
        push @$leaves, $node;
    }
}

subtest 'C knows no spelling of an API' => sub {
    my @dialects = files_below('conf/dialects', qr/\.json$/);
    ok(@dialects, 'there are dialects');
    my (%message, %path, %field);
    for my $file (@dialects) {
        my $d = eval { JSON::PP->new->utf8->decode(slurp("$tree/$file")) };
        ok($d, "$file is JSON") or next;
        my (@keys, @leaves);
        walk($d, \@keys, \@leaves);
        # A sentence: two words at least, once placeholders are taken out.
        for my $leaf (@leaves) {
            for my $part (split /\{[^{}]*\}|%[sd]/, $leaf) {
                $part =~ s/^\W+|\s+$//g;
                $message{$part} = $file if $part =~ /\w \w/;
            }
        }
        for my $route (@{ $d->{routes} || [] }) {
            next if ref $route ne 'HASH';
            $path{$_} = $file for grep { /^[a-z]{3,}$/ }
                split m{/}, $route->{path} || '';
            my ($ok) = grep { ref } ($route->{responses} || {})->{ok};
            (my $k, my $l) = ([], []);
            walk($ok->{body}, $k, $l) if $ok;
            my $fields = $route->{fields};
            push @$k, ref $fields eq 'HASH' ? keys %$fields
                : ref $fields eq 'ARRAY' ? map { ref eq 'HASH'
                    ? $_->{name} || '' : $_ } @$fields : ();
            $field{$_} = $file for grep { length && !$LANGUAGE{$_} } @$k;
        }
    }
    my (@said, @paths, @fields);
    # what reads other systems' tables knows their words
    for my $f (grep { !m{^src/core/transfer/read_} } @all) {
        for my $s (@{ $strings{$f} }) {
            for my $m (keys %message) {
                push @said, "$f: \"$m\" of $message{$m}"
                    if index($s, $m) >= 0;
            }
            (my $bare = $s) =~ s{^/|/$}{}g;
            push @paths, "$f: \"$s\", a path of $path{$bare}"
                if $path{$bare} && !$LANGUAGE{$bare};
            push @paths, "$f: \"$s\""
                if $s =~ m{/(?:accounts|auth|account|api|users)/};
            push @fields, "$f: \"$s\", a field of $field{$s}" if $field{$s};
        }
    }
    none('no message', @said);
    none('no path', @paths);
    none('no field name', @fields);
};

# The order of the rooms, as the document prints it: those of a line from
# above, each using only what stands to the right of it.
my %rank;
for my $line (slurp("$tree/docs/architecture.md")
              =~ m{^    src/((?:core|httpd|cli)(?: +[a-z]+)+)$}mg) {
    my ($top, @rooms) = split ' ', $line;
    @{ $rank{$top} }{@rooms} = 0 .. $#rooms;
}

subtest 'rooms' => sub {
    my (@astray, @up, %names, %in);
    for my $f (@core, @httpd, @cli) {
        my ($top, $room, $name) = $f =~ m{^src/(\w+)/(\w+)/([^/]+)$};
        push @astray, $f if !$name || !defined $rank{$top}{$room};
        next if !$name;
        my $stem = $name =~ s/\.[ch]$//r;
        $in{"$top/$room"}{$stem} = 1;
        push @{ $names{$name} }, $f;
        for my $used ($code{$f} =~ m{#\s*include "(\w+)/[^"]+"}g) {
            push @up, "$f: $used" if defined $rank{$top}{$used}
                && $rank{$top}{$used} < $rank{$top}{$room};
        }
        push @up, map { "$f: $_" } $code{$f} =~ m{#\s*include "([^"/]+)"}g;
    }
    none('every source is in a room of the list', @astray);
    none('each includes only rooms below it, by their names', @up);
    none('every room of the list is there', map { my $top = $_;
        grep { !$in{"$top/$_"} } sort keys %{ $rank{$top} } } sort keys %rank);
    none('no room has more than 20 files', grep { keys %{ $in{$_} } > 20 }
        sort keys %in);
    my @twice = grep { @{ $names{$_} } > 1 } sort keys %names;
    cmp_ok(scalar @twice, '<=', 4, 'at most four names stand twice')
        or diag("@twice");
};

# The parameter lists of what a file defines or declares at its outermost
# level.
sub parameter_lists
{
    my ($code) = @_;
    $code =~ s/^\s*#(?:[^\n]*\\\n)*[^\n]*$//mg;
    1 while $code =~ s/^\{\n.*?^\}/;/msg;
    return $code =~ /^[a-z][\w \n*]*?\b\w+\(([^()]*(?:\([^()]*\)[^()]*)*)\)\s*[;{]?/mg;
}

subtest 'sizes' => sub {
    my (@files, @functions, @parameters);
    for my $f (@all) {
        my @lines = split /\n/, $text{$f};
        push @files, "$f: " . @lines if @lines > 450;
        my $began;
        for my $n (0 .. $#lines) {
            $began = $n if $lines[$n] eq '{';
            next if $lines[$n] ne '}' || !defined $began;
            push @functions, "$f:" . ($began + 1) if $n - $began + 1 > 60;
            undef $began;
        }
        for my $list (parameter_lists($code{$f})) {
            $list =~ s/\([^()]*\)//g;
            push @parameters, "$f: $list" if ($list =~ tr/,//) > 6;
        }
    }
    none('no file has more than 450 lines', @files);
    none('no function has more than 60', @functions);
    none('no parameter list has more than seven', @parameters);
};

SKIP: {
    skip 'the sanitizers add symbols', 1 if $ENV{ACCT_PRELOAD};
    skip 'no nm here', 1 if system('nm --version >/dev/null 2>&1');
    my @names = grep { !/^_(?:init|fini|edata|end|_bss_start)$/ }
        map { /^\S* *[A-Za-z] (\S+)$/ ? $1 : () }
        split /\n/, qx(nm -D --defined-only '$build/mod_acctauth.so');
    is_deeply(\@names, ['acctauth_module'], 'the module exports one symbol');
}

subtest 'no static data that changes' => sub {
    plan skip_all => 'the sanitizers add data' if $ENV{ACCT_PRELOAD};
    plan skip_all => 'no size here' if system('size -V >/dev/null 2>&1');
    my @found;
    for my $f (grep { m{^src/(?:core|httpd)/.*\.c$} } @all) {
        (my $o = "$build/obj/$f") =~ s/c$/o/;
        next if !-e $o;
        my $size = qx(size -A '$o');
        for my $section ($size =~ /^(\.(?:data|bss)(?:\.(?!rel\.ro)\S+)?)
                                   \s+[1-9]/mgx) {
            push @found, "$f: $section";
        }
    }
    none('neither .data nor .bss', @found);
};

# Where it is not the header of the room's name.
my %main_header = (text => 'identifier', base => 'outcome',
    process => 'runtime', connections => 'pool', memory => 'segment',
    console => 'cli', files => 'folder');

subtest 'the main header of each room lists its files' => sub {
    for my $half ('core', 'httpd', 'cli') {
        for my $room (sort keys %{ $rank{$half} }) {
            my $name = $main_header{$room} || $room;
            my ($head) = ($text{"src/$half/$room/$name.h"} || '')
                =~ m{^/\*\n(.*?)\*/}ms;
            my @listed = grep { defined } ($head || '')
                =~ m{^[ ]\*[ ]{3}(\w+\.c)(?:,[ ](\w+\.c))?[ ]}mgx;
            is_deeply([sort @listed], [map { m{([^/]+)$} }
                grep { m{^src/$half/$room/\w+\.c$} } @all],
                "$name.h those of $half/$room");
        }
    }
};

subtest 'house rules' => sub {
    none('every source says its licence',
        grep { $text{$_} !~ m{\A/\* SPDX-License-Identifier: Apache-2\.0 \*/} }
        @all);
    none('no tabs', grep { $text{$_} =~ /\t/ } @all);
    my @long;
    for my $f (@all) {
        my $n = 0;
        for my $line (split /\n/, $text{$f}) {
            $n++;
            utf8::decode(my $copy = $line);
            push @long, "$f:$n" if length $copy > 79;
        }
    }
    none('no line over 79 columns', @long);
    none('no blank at the end of a line',
        grep { $text{$_} =~ /[ \t]$/m } @all);

    my $left = join '|', map { join '', @$_ }
        ['TO', 'DO'], ['FIX', 'ME'], ['XX', 'X'];
    my @others = (files_below('scripts', qr/./), files_below('conf', qr/./),
        files_below('demo', qr/./), files_below('sql', qr/./),
        files_below('docs', qr/\.md$/), files_below('man', qr/./),
        files_below('t', qr/\.(?:t|pm|c)$/), 'Makefile');
    none('nothing left for later', map { my $f = $_;
        my $t = slurp("$tree/$f");
        $t =~ s/(?:mktemp|tempdir|newdir)\S*[^\n]*//g;
        $t =~ /\b(?:$left)\b/ ? $f : () } @all, @others);
};

done_testing();
