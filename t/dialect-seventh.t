#!/usr/bin/perl
# SPDX-License-Identifier: Apache-2.0
# mpm: any, what is answered is the dialect's
# driver: any, the statements of the lists are run
#
# An API with problem details (RFC 9457) in Spanish, written from
# docs/dialects.md: parts that are defined once, lists of problems and of
# sessions, one session named and ended by its id, all that is stored.

use strict;
use warnings;
use utf8;
use lib 't/lib';
use AcctTest;
use Encode ();
use FaultKit;
use File::Copy ();
use JSON::PP ();
use Test::More;

binmode Test::More->builder->$_, ':encoding(UTF-8)'
    for qw(output failure_output todo_output);

my $s = AcctTest->prepare(api => 0, hash => cheap_hash());
my $dialects = $s->dir . '/dialects';
mkdir $dialects;
for my $file (glob(tree() . '/conf/dialects/*.json'),
              tree() . '/t/fixtures/dialects/seventh.json') {
    File::Copy::copy($file, $dialects) or die "copy $file: $!\n";
}
$s->{dialect_dir} = $dialects;
$s->{conf} = "<Location \"/api/\">\n    AcctAuthAPI seventh\n</Location>\n"
    . "<Location \"/private/\">\n    AcctAuthProtect On\n</Location>\n";
$s->_write_conf;
is($s->run, undef, 'a server with an API of problem details')
    or BAIL_OUT('no server');
$s->write('htdocs/private/a.txt', "secret\n");

my $PROBLEM = 'application/problem+json';

# Status, type and whole body.
sub is_problem
{
    my ($r, $status, $body, $name) = @_;
    local $Test::Builder::Level = $Test::Builder::Level + 1;
    is("$r->{status} $r->{headers}{'content-type'} "
       . Encode::decode('UTF-8', $r->{body}), "$status $PROBLEM $body",
       $name);
}

sub detail
{
    my ($status, $text) = @_;
    return qq({"type":"about:blank","status":$status,"detail":"$text"});
}

# ---------------------------------------------------------------- problems

my $who = { nombre => 'ana', correo => 'ana@ejemplo.es' };
my $r = $s->post('/api/usuarios', { usuario => $who,
    clave => 'clave de Ana', clave2 => 'clave de Ana' });
is("$r->{status} $r->{body}", '201 {"usuario":{"id":"1","enlace":"u/1",'
    . '"nombre":"ana","correo":"ana@ejemplo.es","estado":"active",'
    . '"verificado":false}}', 'a sign-up shows what is defined');
is_problem($s->post('/api/usuarios', { usuario => { nombre => 'a b' },
    clave => '' }), 422, '{"type":"about:blank","title":"Datos no válidos",'
    . '"status":422,"detail":"No tiene la forma debida.","errors":['
    . '{"pointer":"#/usuario/nombre","code":"invalid","detail":'
    . '"No tiene la forma debida."},'
    . '{"pointer":"#/clave","code":"blank","detail":"No puede estar vacío."},'
    . '{"pointer":"#/clave2","code":"required","detail":"Falta este campo."}'
    . ']}', 'problems are a list with pointers into the request');
is_problem($s->post('/api/usuarios', { usuario => { nombre => 'ANA' },
    clave => 'clave de Ana', clave2 => 'clave de Ana' }), 409,
    '{"type":"about:blank","status":409,"detail":"Ya está en uso.",'
    . '"campo":"nombre","code":"taken"}', 'one that is answered alone');
is_problem($s->post('/api/sesiones', { nombre => 'ana', clave => 'x' }), 403,
    detail(403, 'El nombre o la clave no son correctos.'),
    'a wrong password');
is_problem($s->get('/api/nada'), 404, detail(404, 'No hay nada aquí.'),
    'a path that nobody has');
is_problem($s->get('/api/sesiones'), 401,
    detail(401, 'Hay que iniciar sesión.'), 'no token');

# ---------------------------------------------------------------- sessions

sub sign_in
{
    my ($name) = @_;
    return $s->post('/api/sesiones', { nombre => $name,
        clave => "clave de \u$name" })->{json}{ficha};
}

my ($phone, $desk) = (sign_in('ana'), sign_in('ana'));
isnt($phone, $desk, 'each sign-in has a token of its own');
$r = $s->get('/api/sesiones', token => $desk);
my @list = @{ $r->{json}{sesiones} };
is(scalar @list, 2, 'both are listed');
my ($mine) = grep { $_->{esta} } @list;
my ($other) = grep { !$_->{esta} } @list;
ok($mine && $other, 'one of them is the presented one') or diag($r->{body});
like($r->{body}, qr/"id":"[0-9a-f]{32}","nombre":"seventh","red":"[^"]*",
    "desde":\d{10},"uso":(?:\d{10}|null),"hasta":\d{13},
    "esta":(?:true|false)\}/x, 'with times as numbers');
cmp_ok(abs($mine->{hasta} / 1000 - time - 7200), '<', 60,
    'they live two hours');
unlike($r->{body}, qr/\Q$phone\E|\Q$desk\E/, 'no token is shown');

my $session = "/api/sesiones/$other->{id}";
$r = $s->request('PUT', $session, token => $desk,
                 json => { nombre => 'Mi móvil' });
is($r->{status}, 200, 'a session is called something');
is($r->{json}{nombre}, 'Mi móvil', 'and is so from now on');
is($r->{json}{id}, $other->{id}, 'it is the one in the path');
is_problem($s->request('PUT', $session, token => $desk, json => {}), 422,
    '{"type":"about:blank","title":"Datos no válidos","status":422,'
    . '"detail":"Falta este campo.","errors":[{"pointer":"#/nombre",'
    . '"code":"required","detail":"Falta este campo."}]}',
    'not without a name');

$s->post('/api/usuarios', { usuario => { nombre => 'eva' },
    clave => 'clave de Eva', clave2 => 'clave de Eva' });
my $eva = sign_in('eva');
for my $method ('PUT', 'DELETE') {
    for my $id ($other->{id}, '0' x 32, 'x') {
        is_problem($s->request($method, "/api/sesiones/$id", token => $eva,
            $method eq 'PUT' ? (json => { nombre => 'mía' }) : ()), 404,
            detail(404, 'No existe esa sesión.'),
            "$method of a session that is not hers");
    }
}
is($s->request('DELETE', "$session/", token => $desk)->{status}, 204,
    'one session ends');
is($s->get('/private/a.txt', token => $phone)->{status}, 401,
    'and opens nothing any more');
is($s->get('/private/a.txt', token => $desk)->{status}, 200,
    'the other does');
is_problem($s->request('DELETE', $session, token => $desk), 404,
    detail(404, 'No existe esa sesión.'), 'it ends once');

# -------------------------------------------------------- what is stored

$r = $s->get('/api/mis-datos', token => $desk);
is($r->{status}, 200, 'all that is stored');
my $all = $r->{json};
is("$all->{account}{username} $all->{account}{email} "
   . "$all->{account}{state}", 'ana ana@ejemplo.es active', 'the account');
is(scalar @{ $all->{tokens} }, 1, 'its token that is left');
is_deeply([sort keys %$all], [qw(account links mails names networks tokens)],
    'and each list');
my ($hash, $digest) = map { @$_ } $s->sql('SELECT a.password, t.digest FROM '
    . 'account a JOIN token t ON t.account_id = a.id WHERE a.id = 1');
ok($hash && $digest && index($r->{body}, $hash) < 0
   && index($r->{body}, $digest) < 0 && index($r->{body}, $desk) < 0,
   'but no hash, no digest and no token');
is($s->request('DELETE', "/api/sesiones/$mine->{id}", token => $desk)
    ->{status}, 204, 'ending the own session');
is($s->get('/private/a.txt', token => $desk)->{status}, 401,
    'is a sign-out');
$s->stop;

done_testing;
