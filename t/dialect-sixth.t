#!/usr/bin/perl
# SPDX-License-Identifier: Apache-2.0
# mpm: any, what is answered is the dialect's
# driver: any, the same
#
# An API that no code knows, made of a file alone: other paths, fields,
# methods, statuses, envelopes, headers, another language. And what an
# operator changes in a copy of a dialect holds after a reload.

use strict;
use warnings;
use utf8;
use lib 't/lib';
use AcctTest;
use Encode ();
use FaultKit;
use File::Copy ();
use Test::More;
use Time::HiRes qw(time);

binmode Test::More->builder->$_, ':encoding(UTF-8)'
    for qw(output failure_output todo_output);

# The module was built before there was this folder.
my $s = AcctTest->prepare(api => 0, hash => cheap_hash());
my $dialects = $s->dir . '/dialects';
mkdir $dialects;
for my $file (glob(tree() . '/conf/dialects/*.json'),
              tree() . '/t/fixtures/dialects/sixth.json') {
    File::Copy::copy($file, $dialects) or die "copy $file: $!\n";
}
$s->{dialect_dir} = $dialects;

sub conf
{
    my (%at) = @_;
    return join '', map { "<Location \"$_\">\n    AcctAuthAPI $at{$_}\n"
        . "</Location>\n" } sort keys %at;
}
my $PRIVATE = "<Location \"/private/\">\n    AcctAuthProtect On\n"
    . "</Location>\n";
$s->{conf} = conf('/dienst/' => 'sixth') . $PRIVATE;
$s->_write_conf;
is($s->run, undef, 'a server with an API that no code knows')
    or BAIL_OUT('no server');
$s->write('htdocs/private/a.txt', "secret\n");

sub bytes { return Encode::encode('UTF-8', $_[0]) }

# One exact answer: status, Content-Type, body, and headers of its own.
sub is_exactly
{
    my ($r, $status, $type, $body, $headers, $name) = @_;
    local $Test::Builder::Level = $Test::Builder::Level + 1;
    my @names = sort keys %$headers;
    my $show = sub { join "\n", @_ };
    my $got_type = $r->{headers}{'content-type'};
    is($show->($r->{status}, defined $got_type ? $got_type : 'no type',
               (map { my $v = $r->{headers}{lc $_};
                      "$_: " . (defined $v ? Encode::decode('UTF-8', $v)
                                           : 'none') } @names),
               Encode::decode('UTF-8', $r->{body})),
       $show->($status, defined $type ? $type : 'no type',
               (map { "$_: $headers->{$_}" } @names), $body), $name)
        or diag($r->{reason});
}

my $JSON = 'application/json';
my $PROBLEM = 'application/problem+json';
my $today = sub { my @t = gmtime; sprintf '%02d.%02d.%04d', $t[3], $t[4] + 1,
                  $t[5] + 1900 };

sub problem
{
    my ($status, $text) = @_;
    return qq({"erfolg":false,"status":$status,"fehler":"$text"});
}

# --------------------------------------------------------------- registering

my $konten = '/dienst/konten';
my $before = $today->();
my $r = $s->post($konten, { 'e-post' => 'anna@beispiel.de',
    benutzer => 'anna', vorname => 'Änne', nachname => 'Müller',
    kennwort => 'geheim genug', 'kennwort-nochmal' => 'geheim genug' });
is_exactly($r, 201, $JSON, '{"erfolg":true,"konto":{"nummer":1,"anzeige":'
    . '"anna","e-post":"anna@beispiel.de","verwalter":false,"seit":"'
    . $before . '","zuletzt":null},"gruß":"Grüß Gott, Änne! {☺}"}',
    { Location => 'konten/1', 'X-Befund' => 'neu 1' }, 'a sign-up');
is_exactly($s->post("$konten/", { 'e-post' => 'karl@beispiel.de',
    kennwort => 'geheim genug', 'kennwort-nochmal' => 'geheim genug' }),
    201, $JSON, '{"erfolg":true,"konto":{"nummer":2,"anzeige":'
    . '"karl@beispiel.de","e-post":"karl@beispiel.de","verwalter":false,'
    . '"seit":"' . $before . '","zuletzt":null},"gruß":"Grüß Gott, ! {☺}"}',
    { Location => 'konten/2' }, 'one with less, with the final slash');
is($s->post($konten, { 'e-post' => 'nina@beispiel.de', nutzer => 'nina',
    kennwort => 'x', 'kennwort-nochmal' => 'x' })->{json}{konto}{anzeige},
    'nina', 'one by another name of the field');
is($s->request('POST', $konten, type => 'application/x-www-form-urlencoded',
    body => 'e-post=otto%40beispiel.de&benutzer=otto&kennwort=a+b%26c&'
    . 'kennwort-nochmal=a+b%26c')->{status}, 201, 'one as a form');
is_deeply([$s->sql('SELECT count(*) FROM token')], [[0]],
    'none made a token, for none shows one');

is_exactly($s->post($konten, {}), 422, $JSON,
    '{"erfolg":false,"status":422,"felder":{"e-post":["Bitte ausfüllen."],'
    . '"kennwort":["Ohne Kennwort geht es nicht."],'
    . '"kennwort-nochmal":["Bitte ausfüllen."]}}',
    { 'X-Befund' => 'felder' }, 'nothing filled in');
is_exactly($s->post($konten, { 'e-post' => 'kein', benutzer => 'a b',
    vorname => [], kennwort => '', 'kennwort-nochmal' => undef }), 422, $JSON,
    '{"erfolg":false,"status":422,"felder":{"e-post":["Das ist keine '
    . 'gültige E-Post-Adresse."],"benutzer":["Nur Buchstaben, Ziffern und '
    . '@/./+/-/_ sind möglich."],"vorname":["Ein Text wird erwartet."],'
    . '"kennwort":["Darf nicht leer sein."],"kennwort-nochmal":["Darf nicht '
    . 'null sein."]}}', {}, 'all wrong, all in its words');
is_exactly($s->post($konten, { 'e-post' => 'Anna@Beispiel.de',
    kennwort => 'x', 'kennwort-nochmal' => 'x' }), 409, $JSON,
    problem(409, 'Diese Adresse gehört schon zu einem Konto.'),
    { 'X-Befund' => 'vergeben' }, 'a taken address has an answer of its own');
is_exactly($s->post($konten, { 'e-post' => 'neu@beispiel.de',
    kennwort => 'x', 'kennwort-nochmal' => 'y' }), 409, $JSON,
    problem(409, 'Die Kennwörter sind verschieden.'), {},
    'and a mismatch shares it');
is($s->post($konten, { 'e-post' => 'neu@beispiel.de', benutzer => 'ANNA',
    kennwort => 'x', 'kennwort-nochmal' => 'x' })->{json}{felder}{benutzer}[0],
    'Der Name ist schon vergeben.', 'a taken name has none');

# ---------------------------------------------------------------- signing in

my $sitzung = '/dienst/sitzung';
my $login = sub { $s->request('PUT', $sitzung, json => { @_ }) };
$r = $login->(wer => 'anna@beispiel.de', kennwort => 'geheim genug');
my ($token) = $r->{body} =~ /"([0-9a-f]{48})"/;
my $session = $r->{headers}{'x-sitzung'};
like($session, qr/^[0-9a-f]{32}$/, 'a header names the session');
ok(defined $token, 'the token is of 24 bytes') or diag($r->{body});
my ($until) = $r->{body} =~ /um (\d\d:\d\d:\d\d,\d{6}) Uhr/;
my ($day) = $r->{body} =~ /"(\d{4}-\d\d-\d\d) um/;
is_exactly($r, 201, $JSON, "[\"angemeldet\",{\"schlüssel\":\"$token\","
    . "\"bis\":\"$day um $until Uhr UTC (100 %)\",\"konto\":1}]", {},
    'a sign-in is a list');
is($login->(wer => 'ANNA', kennwort => 'geheim genug')->{status}, 201,
    'by name too');
is($login->('e-post' => 'anna@beispiel.de', kennwort => 'geheim genug')
    ->{status}, 201, 'or by another name of the field');
is_exactly($login->(wer => 'anna', kennwort => 'falsch'), 403, $PROBLEM,
    problem(403, 'Name oder Kennwort stimmt nicht.'),
    { 'X-Befund' => 'abgewiesen' }, 'a wrong password');
is_exactly($login->(wer => 'niemand', kennwort => 'falsch'), 403, $PROBLEM,
    problem(403, 'Name oder Kennwort stimmt nicht.'), {}, 'a wrong name');
is_exactly($login->(), 422, $JSON, '{"erfolg":false,"status":422,"felder":'
    . '{"wer":["Bitte ausfüllen."],"kennwort":["Bitte ausfüllen."]}}', {},
    'the words of one route are not those of another');

# ------------------------------------------------------------- with the token

my $with = sub { my ($method, $path, $t) = @_;
                 $s->request($method, $path,
                             token => defined $t ? $t : $token) };
$r = $with->('GET', $sitzung);
my ($iso) = $r->{body} =~ /"bis":"(\d{4}-\d\d-\d\dT[\d:]{8}\.\d{6}Z)"/;
is_exactly($r, 200, $JSON, '{"konto":1,"name":"anna","sitzung":"' . $session
    . '","bis":"' . ($iso || 'a time') . '"}', {}, 'who am I');
my ($expires) = map { $_->[0] } $s->sql('SELECT expires_at - created_at FROM '
    . "token WHERE id = '$session'");
is($expires, 1_800_000_000, 'it lives 30 minutes');
is($with->('HEAD', $sitzung)->{status}, 200, 'HEAD where GET is');
is_exactly($with->('GET', "$konten/1"), 200, $JSON,
    '{"nummer":1,"e-post":"anna@beispiel.de","aktiv":true}', {},
    'my own account');
for my $other ('2', '99', '01', '1e0', '99999999999999999999999', 'x') {
    is_exactly($with->('GET', "$konten/$other"), 410, $PROBLEM,
        problem(410, 'Hier ist nichts.'), { 'X-Befund' => 'fehlt' },
        "account $other is not mine");
}
is($s->get('/private/a.txt', token => $token)->{body}, "secret\n",
    'the token opens what is protected');
is_exactly($s->get($sitzung), 401, $PROBLEM,
    problem(401, 'Bitte anmelden.'), { 'X-Befund' => 'anmelden',
    'WWW-Authenticate' => 'Token' }, 'no token');
is_exactly($with->('GET', $sitzung, 'f' x 48), 401, $PROBLEM,
    problem(401, 'Die Sitzung ist zu Ende.'), {}, 'an unknown one');
is_exactly($with->('GET', $sitzung, 'a b'), 401, $PROBLEM,
    problem(401, 'Im Schlüssel stehen Leerzeichen.'), {},
    'what base shares with another answer follows that one');

$r = $with->('DELETE', $sitzung);
is_exactly($r, 202, undef, '', { 'X-Befund' => 'abgemeldet' }, 'a sign-out');
is_exactly($with->('GET', $sitzung), 401, $PROBLEM,
    problem(401, 'Die Sitzung ist zu Ende.'), {}, 'ends the session');
my @two = map { $login->(wer => 'anna', kennwort => 'geheim genug')
                    ->{json}[1] } 1, 2;
my @tokens = map { $_->{Encode::decode('UTF-8', bytes('schlüssel'))} } @two;
ok($tokens[0] ne $tokens[1], 'each sign-in has its own');
is_exactly($with->('DELETE', '/dienst/sitzungen', $tokens[0]), 205, undef,
    '', {}, 'a sign-out of all');
is(join(' ', map { $with->('GET', $sitzung, $_)->{status} } @tokens),
    '401 401', 'ends all');
my $old = $login->(wer => 'anna', kennwort => 'geheim genug')
    ->{json}[1]{'schlüssel'};
$s->sql("UPDATE token SET expires_at = expires_at - 1801000000");
is($with->('GET', $sitzung, $old)->{status}, 401, 'and time ends one');

# ---------------------------------------------------- everything that is not

is_exactly($s->get('/dienst/nichts'), 410, $PROBLEM,
    problem(410, 'Hier ist nichts.'), { 'X-Befund' => 'fehlt' },
    'a path that nobody has');
is_exactly($s->request('PATCH', $konten), 405, $PROBLEM,
    problem(405, '„PATCH“ geht hier nicht.'), { 'X-Befund' => 'weg-PATCH',
    Allow => 'POST, OPTIONS' }, 'a method that nobody has');
is_exactly($s->request('POST', $konten, type => $JSON, body => '{"a":'), 422,
    $PROBLEM, $s->request('POST', $konten, type => $JSON, body => '{"a":')
    ->{body} =~ /^(\{"erfolg":false,"status":422,"fehler":"Kein JSON: .+"\})$/
    ? Encode::decode('UTF-8', $1) : 'its words', { 'X-Befund' => 'unlesbar' },
    'no JSON');
is_exactly($s->request('POST', $konten, type => $JSON, body => '[1]'), 422,
    $PROBLEM, problem(422, 'Ein Objekt wird erwartet, nicht list.'), {},
    'a list');
is_exactly($s->request('POST', $konten, type => $JSON, body => 'null'), 422,
    $PROBLEM, problem(422, 'Keine Angaben.'), {}, 'null');
is_exactly($s->request('POST', $konten, type => 'text/plain', body => 'x'),
    422, $PROBLEM, problem(422, '„text/plain“ wird nicht gelesen.'), {},
    'another media type');
is_exactly($s->request('POST', $konten, type => $JSON, body => '{}',
    headers => { 'Content-Encoding' => 'gzip' }), 422, $PROBLEM,
    problem(422, '„gzip“ wird nicht gelesen.'), {}, 'a compressed body');
is_exactly($s->request('POST', $konten, type => $JSON, body => ' ' x 20000),
    422, $PROBLEM, problem(422, 'Die Anfrage ist zu groß.'), {},
    'a body that is too large');
my $options = $s->request('OPTIONS', $sitzung);
is($options->{status}, 200, 'OPTIONS');
is(join(' ', sort split /,\s*/, $options->{headers}{allow}),
    'DELETE GET HEAD OPTIONS PUT', 'tells all methods of a path');

$s->lose_database;
my $busy = '{"erfolg":false,"status":503,"fehler":"Gerade nicht möglich, '
    . 'bitte in 5 s.","warten":5}';
is_exactly($login->(wer => 'anna', kennwort => 'geheim genug'), 503, $JSON,
    $busy, { 'X-Befund' => 'gestört', 'Retry-After' => 5 },
    'the database is away: a sign-in');
is_exactly($with->('GET', $sitzung), 503, $JSON, $busy, {},
    'and a token');
$s->find_database;
is($login->(wer => 'anna', kennwort => 'geheim genug')->{status}, 201,
    'and back');

# --------------------------------------------------- an operator's own copies

my $text = slurp("$dialects/auth-signin.json");
my $change = sub {
    my ($what, $from, $to) = @_;
    ok($text =~ s/$from/$to/, "the operator changes $what");
};
$change->('a path', qr{"signin/"}, '"enter/now"');
$change->('a field', qr{"email": \{ "as": "email", "aliases": \["username"\] \}},
    '"address": { "as": "email", "aliases": ["mail"] }');
$text =~ s/"email\.(required|null|blank|invalid)"/"address.$1"/g;
$change->('a message', qr{Please include email}, 'Where do you live?');
$change->('a status', qr{"status": 401(?=,\s+"body": \{ "detail": "Login)},
    '"status": 418');
$change->('an answer', qr{"token": "\{token\}"}, '"key": "{token}", "ok": true');
AcctTest::spew("$dialects/house.json", $text);

{
    my ($exit, $out, $err) = $s->cli('dialect', 'check',
                                     "$dialects/house.json");
    is($exit, 0, 'acctauth dialect check takes it') or diag("$out$err");
}
$s->graceful(conf('/dienst/' => 'sixth', '/house/' => 'house',
                  '/auth/' => 'auth-signin') . $PRIVATE);
$s->account(username => 'ann', email => 'ann@example.org',
            password => 'tower bridge');
$r = $s->post('/house/enter/now/', { address => 'ann@example.org',
                                     password => 'tower bridge' });
is($r->{status}, 200, 'path and field are the new ones');
is_deeply($r->{order}, [qw(id user key ok)], 'so is the answer');
is($s->get('/private/a.txt', token => $r->{json}{key})->{status}, 200,
    'its token is good');
is($s->post('/house/enter/now', { mail => 'ann@example.org',
    password => 'wrong' })->{status}, 418, 'so is the status');
like($s->post('/house/enter/now', { password => 'x' })->{body},
    qr/"address":\["?Where do you live\?/, 'so is the message');
is($s->post('/house/signin/', {})->{status}, 404, 'the old path is gone');
is($s->post('/auth/signin/', { email => 'ann@example.org',
    password => 'wrong' })->{status}, 401,
    'the dialect it was copied from is as it was');

$text =~ s/Where do you live\?/Wo wohnst du?/g;
AcctTest::spew("$dialects/house.json", $text);
like($s->post('/house/enter/now', { password => 'x' })->{body},
    qr/Where do you live/, 'a change waits for the next reload');
$s->graceful;
like($s->post('/house/enter/now', { password => 'x' })->{body},
    qr/Wo wohnst du/, 'and then holds');

# A few lines over a dialect that is there.
AcctTest::spew("$dialects/mine.json", '{"extends": "accounts", "messages": '
    . '{"invalid_token": "Your session is over."}, "responses": {'
    . '"not_found": {"status": 404, "headers": {"X-Why": "none"}}}}');
$s->graceful(conf('/mine/' => 'mine', '/accounts/' => 'accounts'));
is_exactly($s->get('/mine/nowhere'), 404, undef, '', { 'X-Why' => 'none' },
    'a dialect of three lines answers its own way');
is($s->get('/accounts/nowhere')->{body}, '{"detail":"Not found."}',
    'and leaves the other alone');
is($s->post('/mine/signin/', { username => 'ann',
    password => 'tower bridge' })->{json}{data}{username}, 'ann',
    'it has the routes of what it extends');

# ------------------------------------------------- after an upgrade

for my $older (glob(tree() . '/t/fixtures/dialects-*')) {
    my ($version) = $older =~ /dialects-(.*)/;
    my @names = grep { $_ ne 'base' }
        map { /([^\/]+)\.json$/ } glob("$older/*.json");
    my $mounts = conf(map { ("/$_/" => $_) } @names);
    my $old = AcctTest->start(api => 0, dialect_dir => $older,
        hash => cheap_hash(), conf => $mounts);
    my ($ok, $said) = $old->configtest('');
    ok($ok, "a folder of dialects of version $version passes configtest")
        or diag($said);
    my $made = $old->post('/account-register/register/', {
        username => 'ann', email => 'ann@example.com',
        password => 'tower bridge', password2 => 'tower bridge' });
    like($made->{json}{token}, qr/^[0-9a-f]{40}$/, 'and serves');
    $old->stop;
}

# ------------------------------------------- the worked example of the manual

my $manual = Encode::decode('UTF-8', slurp(tree() . '/docs/dialects.md'));
SKIP: {
    my ($example) = $manual =~ /```json\n(\{\n  "extends": "base".*?)\n```/s;
    skip 'docs/dialects.md has no worked example', 8 if !defined $example;
    AcctTest::spew("$dialects/sessions.json",
                   Encode::encode('UTF-8', $example));
    $s->graceful(conf('/api/' => 'sessions'));
    $s->account(email => 'ann@example.com', first_name => 'Ann',
                password => 'correct horse');
    $r = $s->post('/api/session', { mail => 'ann@example.com',
                                    secret => 'correct horse' });
    is($r->{status}, 201, 'the manual\'s example: a sign-in');
    like($r->{body}, qr/^\{"ok":true,"key":"[0-9a-f]{64}","until":"\d{4}-\d\d-\d\d \d\d:\d\d","user":\{"no":\d+,"name":"Ann"\}\}$/,
        'answers as it says');
    my $key = $r->{json}{key};
    answer_is($s->post('/api/session', { mail => 'ann@example.com',
        secret => 'wrong' }), 403,
        '{"ok":false,"why":"Mail or secret is wrong."}', 'a wrong secret');
    answer_is($s->post('/api/session', { secret => 'x' }), 422,
        '{"ok":false,"why":{"mail":["Please fill in."]}}', 'a missing field');
    answer_is($s->request('DELETE', '/api/session', token => $key), 204, '',
        'a sign-out');
    answer_is($s->request('DELETE', '/api/session', token => $key), 401,
        '{"ok":false,"why":"Invalid token."}', 'only once');
    my ($small) = $manual =~ /```json\n(\{\n  "extends": "accounts".*?)\n```/s;
    skip 'docs/dialects.md does not extend accounts', 2 if !defined $small;
    AcctTest::spew("$dialects/small.json", Encode::encode('UTF-8', $small));
    $s->graceful(conf('/small/' => 'small'));
    $r = $s->request('POST', '/small/signout/', token => 'f' x 40);
    is($r->{status}, 401, 'the manual\'s second example');
    like($r->{body}, qr/Your session is over\./, 'says what it says');
}
$s->stop;

done_testing;
