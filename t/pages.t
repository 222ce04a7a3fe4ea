#!/usr/bin/perl
# SPDX-License-Identifier: Apache-2.0
#
# The pages for people (contrib/pages) in a browser, over both APIs: from a
# forgotten password through the mail to a guarded file, and the rest of an
# account's life. axe-core looks at each page, and a keyboard and a narrow
# window do.
# mpm: any, the pages know nothing of it
# driver: any, nor of that
# long: yes
#
# make walk (ACCT_WALK) does all of it; make test goes from the forgotten
# password to the guarded file, signs up, and tries the keyboard.

use strict;
use warnings;
use lib 't/lib';
use AcctTest;
use Axe;
use Browser;
use Digest::SHA ();
use File::Find ();
use JSON::PP ();
use MIME::Base64 ();
use MailTest;
use Test::More;

plan skip_all => 'runs without the sanitizers' if $ENV{ACCT_PRELOAD};
plan skip_all => 'there is no chromium' if !Browser->program;
plan skip_all => 'no mod_headers' if !has_module('headers');

my $no_axe = Axe::lacks();

# A subtest that takes its time.
sub on_a_walk
{
    my ($name, $code) = @_;
    subtest $name => $ENV{ACCT_WALK} ? $code
        : sub { plan skip_all => 'make walk does it' };
}

# ---------------------------------------------------------------- the site

# djoser gives each sign-in a token of its own here, so that there are
# sessions to end; dj-rest-auth is as it comes.
my $m = MailTest->new(api => 0, hash => 'argon2id m=8 t=1 p=1',
    rules => 'min-length=8', modules => ['headers'],
    conf => \&sites);
my $s = $m->{s};

sub sites
{
    my ($s) = @_;
    my $conf = qq{AcctAuthDialectDir "${\ $s->dir}/dialects"\n}
        . "Define ACCT_PAGES \"${\ $s->dir}/pages\"\n";
    my %over = ('confirmed.localhost' => 'djoser-confirmed',
        'verified.localhost' => 'dj-rest-auth-verified');
    for my $site (['localhost', 'djoser', ''],
        ['djra.localhost', 'dj-rest-auth', '#/'],
        ['confirmed.localhost', 'djoser', ''],
        ['verified.localhost', 'dj-rest-auth', '#/'])
    {
        my ($host, $api, $hash) = @$site;
        my $file = $over{$host} || $api;
        $conf .= <<"CONF";
<VirtualHost *:${\ $s->port}>
    ServerName $host
    DocumentRoot "${\ $s->htdocs}"
    Include "\${ACCT_PAGES}/$file.conf"
    AcctAuthMailLinkBase http://$host:${\ $s->port}/account/$hash
    <Location "/members/">
        AcctAuthProtect On
    </Location>
</VirtualHost>
CONF
    }
    return $conf;
}

sub copy_below
{
    my ($from, $to) = @_;
    File::Find::find({ no_chdir => 1, wanted => sub {
        $s->write("$to/" . substr($_, 1 + length $from), slurp($_)) if -f $_;
    } }, $from);
}

copy_below(tree() . '/contrib/pages', 'pages');
for my $api (['djoser', 'djoser-confirmed'],
             ['dj-rest-auth', 'dj-rest-auth-verified'])
{
    my $text = slurp($s->dir . "/pages/$api->[0].conf");
    $text =~ s/AcctAuthAPI \K\S+/$api->[1]/;
    $s->write("pages/$api->[1].conf", $text);
}
copy_below(tree() . '/conf/dialects', 'dialects');
rename $s->dir . '/dialects/djoser.json', $s->dir . '/dialects/stock.json';
$s->write('dialects/djoser.json', '{ "extends": "stock",'
    . ' "token": { "policy": "many", "bytes": 20 } }');
$s->write('htdocs/members/hello.txt', "Hello, member.\n");
$s->_write_conf;
my $why = $s->run;
die "httpd did not start:\n$why\n" if defined $why;

my $web = Browser->new;

# -------------------------------------------------------------- what is done

sub url { return "http://$_[0]:${\ $s->port}$_[1]" }

# Until the page of that heading is there.
sub page_is
{
    my ($heading) = @_;
    my $q = Browser::_quoted($heading);
    local $Test::Builder::Level = $Test::Builder::Level + 1;
    ok($web->wait_for("document.querySelector('h1')?.textContent === $q",
        $heading), "the page: $heading");
}

# fill(NAME => TEXT, ...): into the fields of the form, then it is sent.
sub fill
{
    my (@fields) = @_;
    while (my ($name, $text) = splice @fields, 0, 2) {
        $web->type("main form input[name=$name]", $text);
    }
    $web->press('Enter');
}

sub is_accessible
{
    my ($what) = @_;
    local $Test::Builder::Level = $Test::Builder::Level + 1;
    SKIP: {
        skip $no_axe, 1 if $no_axe;
        is_deeply([Axe::violations($web)], [], "axe finds nothing: $what");
    }
}

# The link of the one mail that came.
sub link_of_mail
{
    my ($mail) = $m->wait_for_mails(1);
    $m->until_empty;
    $m->empty;
    return $mail && $mail->{text} =~ m{^(http://\S+)$}m ? $1 : undef;
}

# The status of a guarded file, with the token that the page keeps.
sub guarded
{
    return $web->value(<<'JS');
fetch("/members/hello.txt", { cache: "no-store", headers: { Authorization:
    "Token " + sessionStorage.getItem("acctauth.token") } })
    .then((answer) => answer.status)
JS
}

sub the_problem
{
    return $web->wait_for('document.querySelector("main .problems")?.innerText',
        'a problem');
}

sub sign_in
{
    my ($host, $name, $password) = @_;
    $web->visit(url($host, '/account/#/sign-in'));
    page_is('Sign in');
    fill(identifier => $name, password => $password);
    page_is('Your account');
}

# ---------------------------------------------------------------- the tests

my %HOST = (djoser => 'localhost', 'dj-rest-auth' => 'djra.localhost');

sub from_forgotten_to_guarded
{
    my ($host, $name) = @_;
    $s->account(username => $name, email => "$name\@example.com",
        password => 'tower bridge');
    $web->visit(url($host, '/account/'));
    page_is('Sign in');
    is_accessible('to sign in');
    $web->click('a[href="#/forgot-password"]');
    page_is('Forgot your password?');
    is_accessible('a forgotten password');
    is($web->focused, 'h1 Forgot your password?', 'its heading has the focus');
    fill(email => "$name\@example.com");
    page_is('Look at your mail');

    my $link = link_of_mail();
    like($link, qr{^http://\Q$host\E:\d+/account/#/}, 'the mail has a link '
        . 'to the page, its secret behind the #') or return;
    my ($secret) = $link =~ m{/(\w+-[0-9a-f]{32})};
    $web->requests;
    $web->visit($link);
    page_is('Choose another password');
    unlike($web->value('location.href'), qr/\Q$secret\E/,
        'the secret is not in the address bar');
    is_deeply([grep { $_->{url} =~ /\Q$secret\E/
        || ($_->{headers}{Referer} // '') =~ /\Q$secret\E/ } $web->requests],
        [], 'nor in the address of a request');

    fill(password => 'short');
    like(the_problem(), qr/too short/, 'a bad password is told of');
    is_accessible('a problem');
    fill(password => 'westminster bridge');
    page_is('Your password was set');
    $web->click('main a.button');
    page_is('Sign in');
    fill(identifier => $name, password => 'tower bridge');
    like(the_problem(), qr/Unable to log in/, 'the old one is not good');
    fill(password => 'westminster bridge');
    page_is('Your account');
    is(guarded(), 200, 'the new one opens the guarded file');
    like($web->text, qr/Signed in as $name/, 'the page has the name');
    is_accessible('the account');

    $web->visit($link);
    page_is('This link does not work any more');
    $m->until_empty;
    $m->empty;          # that the password was changed
}

sub the_rest_of_a_life
{
    my ($host, $name) = @_;
    sign_in($host, $name, 'westminster bridge');
    $web->reload;
    page_is('Your account');
    is(guarded(), 200, 'a reload keeps the sign-in');

    $web->click('a[href="#/password"]');
    page_is('Change the password');
    fill(current => 'wrong', password => 'southwark bridge');
    the_problem();
    is($web->value('document.querySelector("[aria-invalid]").name'),
        'current', 'a wrong password is told at its field');
    fill(current => 'westminster bridge', password => 'southwark bridge');
    page_is('Your password was changed');
    is(guarded(), 200, 'the session goes on');

    $web->visit(url($host, '/account/#/export'));
    page_is('What is stored of you');
    $web->value(<<'JS');
const save = URL.createObjectURL;
URL.createObjectURL = (blob) => {
    blob.text().then((text) => { globalThis.exported = text; });
    return save(blob);
};
JS
    $web->click('main button[data-do=export]');
    like($web->wait_for('globalThis.exported', 'the export'),
        qr/"username": "\Q$name\E"/, 'the export is a file');

    $web->visit(url($host, '/account/#/delete'));
    page_is('Delete the account');
    fill(current => 'wrong');
    the_problem();
    fill(current => 'southwark bridge');
    page_is('Your account was deleted');
    is(guarded(), 401, 'the guarded file is closed');
    is_deeply([$s->sql("SELECT 1 FROM account WHERE username = '$name'")], [],
        'the account is gone');
}

for my $api (sort keys %HOST) {
    my $name = $api =~ s/\W//gr;
    subtest "$api: from a forgotten password to the guarded file" => sub {
        from_forgotten_to_guarded($HOST{$api}, $name);
    };
    on_a_walk "$api: change the password, export, delete" => sub {
        the_rest_of_a_life($HOST{$api}, $name);
    };
}

subtest 'sign up, and sign out' => sub {
    $web->visit(url('localhost', '/account/#/sign-up'));
    page_is('Make an account');
    fill(username => 'new', email => 'new@example.com', password => 'short');
    like(the_problem(), qr/too short/, 'a bad password is told of');
    fill(password => 'lambeth bridge');
    page_is('Your account was made');
    $web->visit(url('djra.localhost', '/account/#/sign-up'));
    page_is('Make an account');
    fill(username => 'new', email => 'new2@example.com',
        password => 'lambeth bridge');
    like(the_problem(), qr/already exists/, 'a name that is taken');
    fill(username => 'new2');
    page_is('Your account');
    is(guarded(), 200, 'is signed in with dj-rest-auth');
    my $token = $web->value('sessionStorage.getItem("acctauth.token")');
    $web->click('header button[data-do=sign-out]');
    page_is('Sign in');
    is($s->get('/members/hello.txt', token => $token,
        headers => { Host => 'localhost' })->{status}, 401,
        'the token is over');
    is($web->value('sessionStorage.length'), 0, 'and nothing is kept of it');
};

for my $host ('confirmed.localhost', 'verified.localhost') {
    on_a_walk "$host: a sign-up is confirmed by mail" => sub {
        my ($name) = $host =~ /^(\w+)/;
        $m->until_empty;
        $m->empty;
        $web->visit(url($host, '/account/#/sign-up'));
        page_is('Make an account');
        fill(username => $name, email => "$name\@example.com",
            password => 'lambeth bridge');
        page_is('Your account was made');
        $web->click('main a.button');
        page_is('Sign in');
        fill(identifier => $name, password => 'lambeth bridge');
        the_problem();
        my $link = link_of_mail();
        ok($link, 'there is a mail') or return;
        $web->visit($link);
        page_is('Confirm your address');
        unlike($web->value('location.href'), qr/[0-9a-f]{32}/,
            'the secret is not in the address bar');
        $web->click('main form button');
        page_is('Your address is confirmed');
        sign_in($host, $name, 'lambeth bridge');
        is(guarded(), 200, 'then they are let in');
        $web->visit($link);
        page_is('Confirm your address');
        $web->click('main form button');
        $web->wait_for('/confirmed|does not work/.test('
            . 'document.querySelector("h1").textContent)', 'an end');
        pass('the link once more is no error of the page');
    };
}

on_a_walk 'a user name is chosen anew by mail' => sub {
    $s->account(username => 'oldname', email => 'names@example.com',
        password => 'tower bridge');
    $m->until_empty;
    $m->empty;
    $web->visit(url('localhost', '/account/#/forgot-username'));
    page_is('Forgot your user name?');
    fill(email => 'names@example.com');
    page_is('Look at your mail');
    $web->visit(link_of_mail());
    page_is('Choose another user name');
    fill(username => 'a b');
    the_problem();
    fill(username => 'newname');
    page_is('Your user name was set');
    sign_in('localhost', 'newname', 'tower bridge');
};

on_a_walk 'sessions are listed, called something and ended' => sub {
    $s->account(username => 'ses', email => 'ses@example.com',
        password => 'tower bridge');
    my $other = $s->post('/account/api/token/login/',
        { username => 'ses', password => 'tower bridge' },
        headers => { Host => 'localhost' })->{json}{auth_token};
    sign_in('localhost', 'ses', 'tower bridge');
    $web->click('a[href="#/sessions"]');
    page_is('Where you are signed in');
    $web->wait_for('document.querySelectorAll("#sessions li").length === 2',
        'two sessions');
    is_accessible('sessions');
    like($web->value('document.querySelector("#sessions li").innerText'),
        qr/this one/, 'one is this one');
    my $last = '#sessions li:last-child';
    $web->type("$last input[name=label]", 'Tablet');
    $web->press('Enter');
    $web->wait_for('/Tablet/.test(document.getElementById("status").textContent)',
        'it is told');
    like($web->focused, qr/^session-/, 'the focus is on its heading');
    $web->click("$last button[data-do=end-session]");
    $web->wait_for('document.querySelectorAll("#sessions li").length === 1',
        'one session');
    is($web->focused, 'h1 Where you are signed in', 'the focus is not lost');
    is($s->get('/members/hello.txt', token => $other,
        headers => { Host => 'localhost' })->{status}, 401,
        'it is over there');
    is(guarded(), 200, 'and not here');
    $web->click('#sessions button[data-do=sign-out]');
    page_is('Sign in');
    $web->visit(url('localhost', '/account/#/sessions'));
    page_is('Sign in');
    fill(identifier => 'ses', password => 'tower bridge');
    page_is('Where you are signed in');
    ok(1, 'who has to sign in first comes to the page that was wanted');
};

# code(KEY, MORE): of RFC 6238, now or MORE steps later.
sub code
{
    my ($key, $more) = @_;
    my $bits = join '', map { sprintf '%05b', index
        'ABCDEFGHIJKLMNOPQRSTUVWXYZ234567', $_ } grep { /\S/ } split //, $key;
    my $secret = pack 'B*', substr $bits, 0, 8 * int(length($bits) / 8);
    my $mac = Digest::SHA::hmac_sha1(
        pack('Q>', int(time / 30) + ($more || 0)), $secret);
    my $at = ord(substr $mac, -1) & 15;
    return sprintf '%06d',
        (unpack('N', substr $mac, $at, 4) & 0x7fffffff) % 1e6;
}

# zbarimg, where it is installed, reads what the page shows.
sub picture_says
{
    my ($uri) = @_;
    SKIP: {
        skip 'no zbarimg to look at the picture', 1
            if !grep { -x "$_/zbarimg" } split /:/, $ENV{PATH};
        $web->value('document.querySelector(".picture")'
            . '.scrollIntoView({ block: "center" })');
        my $shot = $web->tell('Page.captureScreenshot')->{data};
        spew($s->dir . '/shot.png', MIME::Base64::decode_base64($shot));
        my $said = qx(zbarimg -q --raw '${\ $s->dir}/shot.png' 2>/dev/null);
        is($said, "$uri\n", 'an app reads the link in the picture');
    }
}

# Of each version that there is: zbarimg read these.
on_a_walk 'QR codes are those that were read once' => sub {
    $web->visit(url('localhost', '/account/'));
    my %DOTS = (
        17 => '0e8820c1265999e8',
        30 => '1c838a4e4ea50e1a',
        50 => '49bac1fd571dc2ff',
        75 => '957b20757ad72fdb',
        100 => '25dfe2bde141182e',
        130 => '9645beee5e0679d1',
        150 => '6bd800c95fd48ca0',
        190 => 'adba52e166e3f0cb',
        230 => 'b461f3277d871589',
        271 => '1ff2a434a4f4e3b8',
    );
    for my $length (sort keys %DOTS) {
        is($web->value(<<"JS"), $DOTS{$length}, "of $length bytes");
import("/account/qr.js").then((qr) => crypto.subtle.digest("SHA-256",
    new TextEncoder().encode(qr.qrCode("otpauth://totp/x?".padEnd($length,
        "secret=ABCDEFGHIJ234567")).querySelector("path").getAttribute("d"))))
    .then((sum) => [...new Uint8Array(sum)].slice(0, 8)
        .map((byte) => byte.toString(16).padStart(2, "0")).join(""))
JS
    }
    is($web->value('import("/account/qr.js").then((qr) => '
        . 'qr.qrCode("x".repeat(272)))'), undef, 'of more there is none');
};

for my $api (sort keys %HOST) {
    on_a_walk "$api: a second factor is set up, asked for and taken off" => sub {
        my $host = $HOST{$api};
        my $name = 'factor' . length $api;
        $s->account(username => $name, email => "$name\@example.com",
            password => 'tower bridge');
        sign_in($host, $name, 'tower bridge');
        $web->click('a[href="#/second-factor"]');
        page_is('Second factor');
        $web->wait_for('document.querySelector("#main [data-is=off]:not([hidden])")',
            'there is none');
        $web->click('a[href="#/second-factor-begin"]');
        page_is('Set up a second factor');
        fill(current => 'wrong');
        like(the_problem(), qr/password/i, 'a wrong password is told of');
        fill(current => 'tower bridge');
        page_is('Put the key into your app');
        my $key = $web->value('document.querySelector("[data-is=secret]")'
            . '.textContent');
        like($key, qr/^(?:[A-Z2-7]{4} )+[A-Z2-7]{1,4}$/, 'a key, by fours');
        like($web->value('document.querySelector("[data-is=uri]").href'),
            qr{^otpauth://totp/}, 'and a link for a telephone');
        picture_says($web->value('document.querySelector("[data-is=uri]").href'));
        is_accessible('the key');
        fill(code => '000000');
        the_problem();
        is($web->value('document.querySelector("[aria-invalid]").name'), 'code',
            'a wrong code is told at its field');
        fill(code => code($key));
        page_is('Your recovery codes');
        my $codes = $web->value('[...document.querySelectorAll(".codes code")]'
            . '.map((one) => one.textContent)');
        is(scalar @$codes, 10, 'ten codes');
        is_accessible('the codes');
        $web->click('a[href="#/second-factor"]');
        page_is('Second factor');
        is($web->wait_for('document.querySelector("#main [data-is=left]")'
            . '.textContent', 'the count'), 10, 'ten are left');
        is_accessible('a second factor');

        $web->click('header button[data-do=sign-out]');
        page_is('Sign in');
        is($web->value('document.getElementById("code").checkVisibility()'),
            JSON::PP::false, 'no code is asked for at first');
        fill(identifier => $name, password => 'tower bridge');
        $web->wait_for('document.activeElement.id === "code"',
            'after the right password the field for it has the focus');
        is_accessible('a code is asked for');
        fill(code => '000000');
        the_problem();
        fill(code => $codes->[0]);
        page_is('Your account');
        is(guarded(), 200, 'a recovery code signs in');

        $web->visit(url($host, '/account/#/new-codes'));
        page_is('Make other recovery codes');
        fill(current => 'tower bridge', code => $codes->[1]);
        page_is('Your recovery codes');
        my $new = $web->value('document.querySelector(".codes code")'
            . '.textContent');
        ok(!(grep { $_ eq $new } @$codes), 'others are made');
        $web->reload;
        page_is('Second factor');
        unlike($web->text, qr/\Q$new\E/, 'a reload shows them no more');
        $web->visit(url($host, '/account/#/second-factor-end'));
        page_is('Take the second factor off');
        fill(current => 'tower bridge', code => $new);
        page_is('Second factor');
        $web->wait_for('document.querySelector("#main [data-is=off]:not([hidden])")',
            'there is none');
        sign_in($host, $name, 'tower bridge');
        $m->until_empty;
        $m->empty;
    };
}

# ------------------------------------------------- how it is for everybody

subtest 'a form is filled in by the keyboard alone' => sub {
    $web->visit(url('localhost', '/account/'));
    $web->value('sessionStorage.clear()');
    $web->visit(url('localhost', '/account/'));
    page_is('Sign in');
    my @order;
    for (1 .. 6) {
        $web->press('Tab');
        push @order, $web->focused;
    }
    is_deeply(\@order, ['a Skip to the content', 'a Your account',
        'identifier', 'password', 'password-show', 'button Sign in'],
        'the focus goes as one reads');
    $web->press('Enter');
    the_problem();
    is($web->value('document.activeElement.className'), 'problems',
        'the summary of problems has the focus');
    like($web->value('document.title'), qr/^Problem: /, 'the title says so');
    my $said = $web->value('[...document.querySelectorAll("[aria-invalid]")]'
        . '.map((one) => document.getElementById(one.getAttribute('
        . '"aria-describedby").split(" ").at(-1)).textContent)');
    is_deeply($said, [('This field may not be blank.') x 2],
        'each field is described by what is wrong with it');
    is_deeply($web->value('[...document.querySelectorAll(".problems a")]'
        . '.map((one) => one.textContent).sort()'),
        [map { "$_: This field may not be blank." } 'Password', 'User name'],
        'and the summary names the fields');
    is_accessible('problems');
    $web->press('Tab');
    $web->press('Enter');
    ok((grep { $web->focused eq $_ } qw(identifier password)),
        'from the summary to the field');
    like($web->value('location.hash'), qr{^(#/sign-in)?$}, 'on the same page');
};

my @OPEN = qw(sign-in sign-up forgot-password forgot-username confirm-again
    mail-sent signed-up password-reset username-reset confirmed link-dead
    link-lost deleted not-found);
my @CLOSED = qw(account password password-changed sessions second-factor
    second-factor-begin new-codes second-factor-end export delete);

# Each page, at its heading.
sub each_page
{
    my ($do) = @_;
    sign_in('localhost', 'ses', 'tower bridge');
    for my $page (@CLOSED, @OPEN) {
        $web->value("location.hash = '#/$page'");
        $web->wait_for("location.hash === '#/$page' && document.activeElement"
            . '.localName === "h1"', $page);
        $web->wait_for('document.querySelector("#sessions li")', 'sessions')
            if $page eq 'sessions';
        $do->($page);
    }
}

on_a_walk 'axe finds nothing against WCAG 2.2 AA, by day and by night' => sub {
    plan skip_all => $no_axe if $no_axe;
    for my $scheme (qw(light dark)) {
        $web->media('prefers-color-scheme' => $scheme);
        each_page(sub {
            is_deeply([Axe::violations($web)], [], "$_[0], $scheme");
        });
    }
    $web->media('prefers-color-scheme' => 'light');
};

on_a_walk 'nothing is cut off in a narrow window, nor in large letters' => sub {
    for my $how ([320, '100%'], [640, '200%']) {
        my ($width, $letters) = @$how;
        $web->window($width, 512);
        each_page(sub {
            $web->value("document.documentElement.style.fontSize = '$letters'");
            cmp_ok($web->value('document.documentElement.scrollWidth'), '<=',
                $width, "$_[0], $width pixels, letters of $letters");
        });
    }
    $web->window(1024, 768);
};

subtest 'the files say to browsers what they may do' => sub {
    for my $path ('/account/', '/account/pages.js', '/account/api.js') {
        my $h = $s->get($path, headers => { Host => 'localhost' })->{headers};
        like($h->{'content-security-policy'}, qr/^default-src 'none'; /,
            "$path: Content-Security-Policy");
        unlike($h->{'content-security-policy'}, qr/unsafe/,
            'nothing of it is unsafe');
        is($h->{'referrer-policy'}, 'no-referrer', 'Referrer-Policy');
    }
    is($s->get('/account', headers => { Host => 'localhost' })->{headers}
        {location} =~ s{^http://[^/]+}{}r, '/account/',
        'the path without its slash leads there');
    is($s->get('/account/api/users/me/', headers => { Host => 'localhost' })
        ->{headers}{'cache-control'}, 'no-store', 'the API has its own');
};

is_deeply([$web->complaints], [], 'the browser had nothing to complain of');

done_testing();
