#!/usr/bin/perl
# SPDX-License-Identifier: Apache-2.0
# driver: any, t/cli-pgsql.t and others start a PostgreSQL
#
# The test library itself: a server starts, is spoken to, ends, and leaves
# nothing behind.

use strict;
use warnings;
use lib 't/lib';
use AcctTest;
use Test::More;

my $s = AcctTest->start(conf => <<'CONF');
Alias "/alias/" "${DIR}/other/"
<Directory "${DIR}/other">
    Require all granted
</Directory>
<Location "/gone">
    Redirect gone
</Location>
CONF

ok($s->pid && kill(0, $s->pid), 'httpd runs');
ok($s->port > 0, 'on a port');
is($s->url('/x'), 'http://127.0.0.1:' . $s->port . '/x', 'url');
ok($s->db, 'with a database');
is((stat $s->db)[2] & 0777, 0600, 'that only its owner can read')
    if $s->driver eq 'sqlite3';
ok(-s $s->key, 'and a key');
is((stat $s->key)[2] & 0777, 0600, 'that only its owner can read');
cmp_ok(scalar(() = $s->children), '>=', 1, 'it has children');

if (my $user = child_user()) {
    my @uids = map { (stat "/proc/$_")[4] } $s->children;
    is_deeply([grep { $_ != $user->{uid} } @uids], [],
        "children are $user->{name}, not root");
}

subtest 'the client' => sub {
    my $r = $s->get('/');
    is($r->{status}, 200, 'status');
    is($r->{body}, "<p>front page</p>\n", 'body');
    is($r->{headers}{'content-type'}, 'text/html', 'a header');
    ok(ref $r->{raw_headers} eq 'ARRAY' && @{ $r->{raw_headers} } > 3,
        'headers as they came');
    is($s->request('HEAD', '/')->{body}, '', 'HEAD has no body');
    is($s->get('/none')->{status}, 404, 'not found');
    is($s->get('/gone')->{status}, 410, 'conf is in force');

    $s->write('other/deep/a.txt', "text");
    is($s->get('/alias/deep/a.txt')->{body}, 'text',
        'Define of conf and a file written later');

    my @r = map { $s->get('/', keep => 1) } 1 .. 3;
    is(join(' ', map { $_->{status} } @r), '200 200 200', 'keep-alive');
    ok(!$r[2]{closed}, 'is kept');

    my $big = 'x' x 300_000;
    $s->write('htdocs/big.txt', $big);
    is($s->get('/big.txt')->{body}, $big, 'a long body');
    like($s->raw("GET / HTTP/1.0\r\n\r\n"),
        qr{\AHTTP/1\.1 200 .*front page</p>\n\z}s, 'raw bytes');
    is($s->request('GET', '/', headers => [['Host', 'a'], ['Host', 'b']])
        ->{status}, 400, 'two headers of one name are both sent');
};

subtest 'key order' => sub {
    $s->write('htdocs/o.json',
        '{"z":1,"a":{"q":[1,{"x":"}{"}]},"m\"m":"a,b","k":null}');
    my $r = $s->get('/o.json');
    is_deeply($r->{order}, ['z', 'a', 'm"m', 'k'], 'as printed');
    is($r->{json}{a}{q}[1]{x}, '}{', 'decoded');
    answer_is($r, 200,
        '{"z":1,"a":{"q":[1,{"x":"}{"}]},"m\"m":"a,b","k":null}',
        'answer_is');
};

subtest 'command and SQL' => sub {
    my $id = $s->account(username => 'ann', email => 'ann@x.io',
                         password => 'secret word');
    is($id, 1, 'an account');
    my ($exit, $out, $err) = $s->cli('--version');
    is($exit, 0, 'exit status');
    like($out, qr/\d+\.\d+/, 'output');
    ($exit, $out, $err) = $s->cli('nonsense');
    is($exit, 2, 'usage error');
    is_deeply([$s->sql("SELECT 1, NULL, '', 'a\nb'")],
        [['1', undef, '', "a\nb"]], 'rows');
    is_deeply([$s->sql('SELECT 1 WHERE 1 = 0')], [], 'no rows');
    ok(!eval { $s->sql('SELECT nonsense'); 1 }, 'an SQL error dies');
};

subtest 'configtest' => sub {
    my ($ok, $text) = $s->configtest('');
    ok($ok, 'good') or diag($text);
    ($ok, $text) = $s->configtest('NoSuchDirective 1');
    ok(!$ok, 'bad');
    like($text, qr/NoSuchDirective/, 'and says why');
};

subtest 'life' => sub {
    my $pid = $s->pid;
    $s->graceful;
    is($s->pid, $pid, 'graceful keeps the parent');
    is($s->get('/')->{status}, 200, 'serves after it');
    $s->hup(qq{Redirect gone "/"\n});
    is($s->get('/')->{status}, 410, 'hup takes a new conf');
    $s->restart('');
    isnt($s->pid, $pid, 'restart makes a new parent');
    is($s->get('/')->{status}, 200, 'serves after it');
    is_deeply([$s->sql('SELECT count(*) FROM account')], [[1]],
        'accounts are kept');
    $pid = $s->pid;
    my @children = $s->children;
    $s->stop;
    is_deeply([grep { kill 0, $_ } $pid, @children], [], 'stop ends all');
    is($s->get('/')->{status}, 0, 'nobody answers');
};

subtest 'a server that does not start' => sub {
    my $bad = AcctTest->start(conf => 'NoSuchDirective 1', expect_fail => 1);
    like($bad->{config_error}, qr/NoSuchDirective/, 'says why');
    ok(!eval { AcctTest->start(conf => 'NoSuchDirective 1'); 1 }, 'or dies');
};

subtest 'a taken port' => sub {
    my $first = AcctTest->start(database => 0);
    my $second = AcctTest->start(database => 0, port => $first->port,
                                 expect_fail => 1);
    like($second->{config_error}, qr/Address already in use/, 'is noticed');
    is($first->get('/')->{status}, 200, 'the first one is unharmed');
};

SKIP: {
    skip 'curl or httpd has no HTTP/2', 1 if !has_h2();
    subtest 'HTTP/2' => sub {
        my $h2 = AcctTest->start(database => 0, h2 => 1, mpm => 'event');
        my $r = $h2->get('/', h2 => 1);
        is($r->{status}, 200, 'status');
        is($r->{body}, "<p>front page</p>\n", 'body');
        is($h2->get('/none', h2 => 1)->{status}, 404, 'another');
    };
}

subtest 'prefork' => sub {
    my $p = AcctTest->start(mpm => 'prefork');
    is($p->get('/')->{status}, 200, 'serves');
};

subtest 'a crash fails the test file' => sub {
    my $dir = do {
        my $c = AcctTest->prepare(database => 0);
        my $file = $c->write('crash.t', <<'PERL');
use lib 't/lib';
use AcctTest;
use Test::More tests => 1;
my $s = AcctTest->start(database => 0);
kill 'SEGV', ($s->children)[0];
$s->wait_for(sub { $s->log =~ /exit signal/ });
pass('all looks well');
PERL
        my $out = qx($^X $file 2>&1);
        isnt($?, 0, 'exit status') or diag($out);
        like($out, qr/crashed.*exit signal/s, 'and it is said');
        $c->dir;
    };
    ok(!-e $dir, 'folders are removed');
};

done_testing();
