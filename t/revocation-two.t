# SPDX-License-Identifier: Apache-2.0
#
# Two httpds on one database: a token that is signed out at one is let in by
# the other for the bound at most. t/soak/two-servers does the same with ten
# thousand sign-outs.

use strict;
use warnings;
use lib 't/lib';
use RevocationKit;
use Test::More;

my $BOUND = 2;
my $here = caching_server(conf => 'MaxKeepAliveRequests 0');
my $there = second_server($here, conf => 'MaxKeepAliveRequests 0');
ok(wait_believed($_), 'what is cached is believed') for $here, $there;

subtest 'sign-outs at one, requests at the other' => sub {
    my $r;
    # On a machine so busy that the feed was late nothing is believed.
    for (1 .. 3) {
        wait_believed($there);
        $r = sign_outs($here, $there, 200);
        is($r->{wrong}, 0, 'every answer is 200, 204 or 401');
        is($r->{here}, 0, 'where it was signed out nothing is let in after');
        last if $r->{late} > 20 || $r->{longest} >= $BOUND;
    }
    cmp_ok($r->{late}, '>', 20, "the other lets $r->{late} in for a while");
    cmp_ok($r->{longest}, '<', $BOUND, sprintf
        'for %.2f s at most (median %.2f s)', @$r{qw(longest median)});
};

done_testing();
