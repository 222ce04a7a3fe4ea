#!/usr/bin/perl
# SPDX-License-Identifier: Apache-2.0
# mpm: any, sections are merged the same with any
# driver: any, sections are merged the same with any
#
# AcctAuthProtect in .htaccess: it can ask for more than the server's own
# files do, and take back what an outer .htaccess asked for; it cannot open
# what the server's files guard.

use strict;
use warnings;
use lib 't/lib';
use AcctTest;
use Test::More;

my $s = AcctTest->start(modules => ['access_compat'], conf => sub {
    my ($self) = @_;
    return <<"CONF";
AcctAuthPasswordHash argon2id m=8 t=1 p=1
<Directory "$self->{dir}/htdocs">
    AllowOverride All
</Directory>
<Directory "$self->{dir}/htdocs/dir-on">
    AcctAuthProtect On
</Directory>
<Location "/on/">
    AcctAuthProtect On
</Location>
<Location "/optional/">
    AcctAuthProtect Optional
</Location>
<Location "/off/">
    AcctAuthProtect Off
</Location>
CONF
});

my $made = 0;

# put(PLACE, TEXT...): a fresh folder below a place of the server, and
# below it a folder for each .htaccess; the path of a page in the last.
sub put
{
    my ($place, @htaccess) = @_;
    my $path = "/$place/" . ++$made;
    for my $text (@htaccess) {
        $s->write("htdocs$path/.htaccess", "$text\n");
        $path .= '/in';
    }
    $s->write("htdocs$path/page.txt", "PAGE\n");
    return "$path/page.txt";
}

$s->account(username => 'alice', email => 'alice@example.org',
    password => 'alice-secret');
my $token = $s->post('/api/auth/login/', { username => 'alice',
    password => 'alice-secret' })->{json}{token};

# is_open(PATH, WHAT): the statuses without a token, with a bad one and with
# a good one.
my %statuses = (on => '401 401 200', optional => '200 401 200',
    open => '200 200 200');

sub is_held
{
    my ($how, $path, $name) = @_;
    is(join(' ', map { $s->get($path, @$_)->{status} } [],
        [token => $s->unknown_token], [token => $token]), $statuses{$how},
        "$name: $how");
}

sub within_if { return "<If \"true\">\n$_[0]\n</If>" }

my %word = map { lc $_ => "AcctAuthProtect $_" } qw(On Optional Off);

subtest 'what the server\'s files guard stays guarded' => sub {
    for my $place ('on', 'dir-on') {
        is_held('on', put($place), "$place, no .htaccess");
        for my $said (qw(off optional on)) {
            is_held('on', put($place, $word{$said}), "$place, $said");
            is_held('on', put($place, within_if($word{$said})),
                "$place, $said in an <If>");
            is_held('on', put($place, "<Files \"page.txt\">\n$word{$said}\n"
                . '</Files>'), "$place, $said in <Files>");
            is_held('on', put($place, $word{on}, $word{$said}),
                "$place, $said below a .htaccess that says on");
        }
        is_held('on', put($place, "<If \"true\">\n<If \"true\">\n$word{off}\n"
            . "</If>\n</If>"), "$place, off in an <If> in an <If>");
    }
};

subtest 'what the server\'s files leave optional stays at least that'
    => sub {
    is_held('optional', put('optional', $word{off}), 'off');
    is_held('optional', put('optional', within_if($word{off})),
        'off in an <If>');
    is_held('optional', put('optional', $word{optional}), 'optional');
    is_held('on', put('optional', $word{on}), 'on');
    is_held('on', put('optional', within_if($word{on})), 'on in an <If>');
};

subtest 'a .htaccess guards what the server\'s files leave open' => sub {
    for my $place ('free', 'off') {
        is_held('open', put($place), "$place, no .htaccess");
        for my $said (qw(on optional)) {
            is_held($said, put($place, $word{$said}), "$place, $said");
            is_held($said, put($place, within_if($word{$said})),
                "$place, $said in an <If>");
        }
    }
};

subtest 'an inner .htaccess takes back what an outer one said' => sub {
    is_held('open', put('free', $word{on}, $word{off}), 'on, off');
    is_held('open', put('free', $word{optional}, $word{off}),
        'optional, off');
    is_held('on', put('free', $word{on}, $word{optional}),
        'on stays on, optional');
    is_held('on', put('free', $word{optional}, $word{on}), 'optional, on');
    is_held('on', put('free', $word{on}, $word{off}, $word{on}),
        'on, off, on');
    is_held('open', put('free', $word{on}, within_if($word{off})),
        'on, off in an <If>');
    is_held('open', put('free', "$word{on}\n<Files \"page.txt\">\n"
        . "$word{off}\n</Files>"), 'on, off for a file');
};

subtest 'other directives of a .htaccess do not open it either' => sub {
    for my $text ('Satisfy Any', 'Require all granted', 'AuthType None',
        "AuthType None\nRequire all granted\nSatisfy Any") {
        is_held('on', put('on', $text), $text);
        is_held('on', put('on', within_if($text)), "$text in an <If>")
            if $text !~ /Satisfy/;
    }
    for my $line ('AcctAuthScheme Key', 'AcctAuthRequireTLS Off',
        'AcctAuthForwardToken On', 'AcctAuthIdentityHeaders On',
        'AcctAuthAPI auth-register', 'AcctAuthUnknownPath Pass',
        'AcctAuthMaxBody 4096') {
        for my $text ($line, within_if($line)) {
            is($s->get(put('on', $text), token => $token)->{status}, 500,
                "refused: $text");
        }
    }
};

done_testing();
