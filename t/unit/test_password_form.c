/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Stored passwords of other systems that are not verified: what asks for too
 * much, is locked, or may be a password itself; what reads less than was typed.
 */
#include "apr_fixture.h"
#include "password_formats_fixture.h"

#define HASH32 "AAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA"
#define HASH43 "aaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaa"

/* Of a known kind: more work than is done, or a second spelling. */
static const char *const unsound[] = {
    "pbkdf2_sha256$4000001$salt$" HASH32 "=",
    "pbkdf2_sha256$4294967297$salt$" HASH32 "=",
    "pbkdf2_sha256$0$salt$" HASH32 "=", "pbkdf2_sha256$-1$salt$" HASH32 "=",
    "pbkdf2_sha256$+1$salt$" HASH32 "=", "pbkdf2_sha256$01$salt$" HASH32 "=",
    "pbkdf2_sha256$ 1$salt$" HASH32 "=", "pbkdf2_sha256$1$$" HASH32 "=",
    "pbkdf2_sha256$1$salt$" HASH32, "pbkdf2_sha256$1$salt$",
    "pbkdf2_sha256$1$salt", "pbkdf2_sha256$1$sa$lt$" HASH32 "=",
    "pbkdf2_sha256$1$salt$AAAAAAAAAAAAAAAAAAAA",
    "$pbkdf2-sha256$1$AA+A$" HASH32, "$pbkdf2-sha256$1$$" HASH32,
    "pbkdf2:sha256:1$salt$0123456789ABCDEF0123456789ABCDEF",
    "pbkdf2:sha256:1$salt$0123456789abcdef0123456789abcde",
    "scrypt$3$salt$8$1$" HASH32 "=", "scrypt$0$salt$8$1$" HASH32 "=",
    "scrypt$524288$salt$8$1$" HASH32 "=", "scrypt$2$salt$8$17$" HASH32 "=",
    "scrypt$2$salt$524288$16$" HASH32 "=", "scrypt$1$salt$8$1$" HASH32 "=",
    "scrypt$65536$salt$1$1$" HASH32 "=",
    "scrypt$262144$salt$8$16$" HASH32 "=",
    "$scrypt$ln=63,r=8,p=1$AAAA$" HASH32, "$scrypt$ln=0,r=8,p=1$AAAA$" HASH32,
    "$scrypt$ln=04,r=8,p=1$AAAA$" HASH32,
    "$2b$16$" SALT22 HASH31, "$2b$03$" SALT22 HASH31, "$2b$5$" SALT22 HASH31,
    /* bits left over that are not zero */
    "$2b$05$abcdefghijklmnopqrstuv" HASH31,
    "$2b$05$" SALT22 "0123456789012345678901234567893",
    "bcrypt$$6$nacl$x", "bcrypt$ab0123456789A", "bcrypt_sha256$$1$a$b",
    "bcrypt_sha256$$2b$16$" SALT22 HASH31, "$wp$2y$16$" SALT22 HASH31,
    "$wp$1$a$b", "$wp$", "$bcrypt-sha256$v=2,t=2b,r=16$" SALT22 "$" HASH31,
    "$bcrypt-sha256$v=2,t=2b,r=04$" SALT22 "$" HASH31,
    "$5$rounds=999$salt$" HASH43, "$5$rounds=1000001$salt$" HASH43,
    "$5$rounds=05000$salt$" HASH43, "$5$12345678901234567$" HASH43,
    "$5$sa:t$" HASH43, "$5$" HASH43,
    "$y$jDT$naclnacl$" HASH43, "$y$k9T$naclnacl$" HASH43,
    "$y$j9z$naclnacl$" HASH43, "$y$j9Tnaclnacl$" HASH43,
    "$y$j4T$naclnacl$" HASH43, "$7$zz..../....nacl$" HASH43,
    "$7$CU....zzzzznacl$" HASH43, "crypt$$*0", "crypt$$_zzzznacl01234567890",
    "crypt$$_....nacl01234567890", "crypt$$",
    "{CRYPT}", "{CRYPT}!", "{CRYPT}*",
    "{CRYPT}$3$$a9fdfa038c4b75ebc76dc855dd74f0da",
    "md5$salt$0123", "md5$0123456789abcdef0123456789abcdef",
    "md5$$0123456789ABCDEF0123456789ABCDEF", "{SHA}", "{SHA}AAAA",
    "{SSHA}y/2sYAj5yrQIN4TL0YdPdmGNKpc=", "$P$4naclnacl0123456789012345678901",
    "$P$Jnaclnacl0123456789012345678901", "$apr1$$0123456789012345678901",
    "$apr1$123456789$0123456789012345678901",
    "$argon2id$v=19$m=262145,t=1,p=1$c2FsdHNhbHQ$" HASH32,
    "argon2$argon2id$v=19$m=262145,t=1,p=1$c2FsdHNhbHQ$" HASH32
};

static void what_asks_for_too_much_is_refused_without_work(void **state)
{
    (void)state;
    for (size_t i = 0; i < COUNT(unsound); i++) {
        acct_password_form_t form;
        apr_time_t began = apr_time_now();

        acct_password_form(unsound[i], &form, pool);
        if (form.verdict != ACCT_PASSWORD_FORM_UNSOUND) {
            fail_msg("%s should be unsound", unsound[i]);
        }
        assert_non_null(form.kind);
        assert_null(acct_password_dummy_like(form.kept, pool));
        assert_int_equal(acct_password_verify(form.kept, PASSWORD, pool),
                         ACCT_PASSWORD_UNUSABLE);
        assert_true(apr_time_now() - began < apr_time_from_msec(100));
    }
}

static void what_says_that_nothing_matches_never_does(void **state)
{
    static const char *const locked[] = {
        "", "!", "!abc", "*", "*0", "*1", "!$6$nacl$x", "*LK*"
    };
    acct_password_form_t form;

    (void)state;
    for (size_t i = 0; i < COUNT(locked); i++) {
        acct_password_form(locked[i], &form, pool);
        assert_int_equal(form.verdict, ACCT_PASSWORD_FORM_LOCKED);
        assert_string_equal(form.kept, *locked[i] == '\0' ? "!" : locked[i]);
        assert_int_equal(acct_password_verify(locked[i], locked[i], pool),
                         ACCT_PASSWORD_UNUSABLE);
    }
    acct_password_form(NULL, &form, pool);
    assert_int_equal(form.verdict, ACCT_PASSWORD_FORM_LOCKED);
}

static void what_may_be_a_password_itself_is_not_kept(void **state)
{
    static const char *const unknown[] = {
        "password123", "aa", "$3$$a9fdfa038c4b75ebc76dc855dd74f0da",
        "$md5,rounds=1$nacl$$x", "sha256$salt$00", "PBKDF2_SHA256$1$a$b",
        "0123456789ABCDEF0123456789ABCDEF", "{CLEARTEXT}x", "{ssha}x",
        /* as long as a hash of DES, of BSDI, but for its last bits */
        "passwordabcde", "correcthorse1", "_passwordpasswordabd"
    };
    acct_password_form_t form;

    (void)state;
    for (size_t i = 0; i < COUNT(unknown); i++) {
        acct_password_form(unknown[i], &form, pool);
        assert_int_equal(form.verdict, ACCT_PASSWORD_FORM_UNKNOWN);
        assert_string_equal(form.kept, "!");
        assert_int_equal(acct_password_verify(unknown[i], unknown[i], pool),
                         ACCT_PASSWORD_UNUSABLE);
    }
}

static void what_has_no_prefix_is_kept_with_one(void **state)
{
    static const char *const kept[][2] = {
        { "0123456789abcdef0123456789abcdef",
          "md5$$0123456789abcdef0123456789abcdef" },
        { "ab0123456789A", "crypt$$ab0123456789A" },
        { "_J9..nacl0123456789A", "crypt$$_J9..nacl0123456789A" },
        { "argon2$argon2id$v=19$m=64,t=1,p=1$c2FsdHNhbHQ$" HASH32,
          "$argon2id$v=19$m=64,t=1,p=1$c2FsdHNhbHQ$" HASH32 },
        { "$argon2id$v=19$m=262145,t=1,p=1$c2FsdHNhbHQ$" HASH32,
          "argon2$argon2id$v=19$m=262145,t=1,p=1$c2FsdHNhbHQ$" HASH32 },
        { "$2y$05$" SALT22 HASH31, "$2y$05$" SALT22 HASH31 }
    };
    acct_password_form_t form;

    (void)state;
    for (size_t i = 0; i < COUNT(kept); i++) {
        acct_password_form(kept[i][0], &form, pool);
        assert_string_equal(form.kept, kept[i][1]);
    }
}

/* A hash of what only its beginning was compared with. */
static void a_hash_may_read_less_than_was_typed(void **state)
{
    static const char bcrypt[] = "$2b$05$" SALT22 HASH31;
    static const char wrapped[] = "bcrypt_sha256$$2b$05$" SALT22 HASH31;
    static const char des[] = "crypt$$ab0123456789A";
    static const char bsdi[] = "crypt$$_J9..nacl0123456789A";
    char *long_one = apr_pcalloc(pool, 74);

    (void)state;
    memset(long_one, 'x', 73);
    assert_false(acct_password_reads(bcrypt, long_one, pool));
    assert_false(acct_password_reads("bcrypt$$2b$05$" SALT22 HASH31,
                                     long_one, pool));
    assert_true(acct_password_reads(bcrypt, long_one + 1, pool));
    assert_true(acct_password_reads(wrapped, long_one, pool));
    assert_true(acct_password_reads(des, "tower br", pool));
    assert_false(acct_password_reads(des, "tower bri", pool));
    /* seven bits of each byte: "\xc3\xa4" reads as "C$" does */
    assert_false(acct_password_reads(des, "t\xc3\xa4", pool));
    assert_true(acct_password_reads(bsdi, PASSWORD, pool));
    assert_false(acct_password_reads(bsdi, "t\xc3\xa4", pool));
}

static void bcrypt_takes_a_password_of_any_length(void **state)
{
    /* of 72 times 'x', by crypt(3) */
    static const char stored[] =
        "$2b$04$abcdefghijklmnopqrstuubzadhGtS2zEF.gu0yd0opP6cVzb.e0i";
    char *password = apr_pcalloc(pool, ACCT_PASSWORD_MAX + 1);

    (void)state;
    memset(password, 'x', ACCT_PASSWORD_MAX);
    assert_int_equal(acct_password_verify(stored, password, pool),
                     ACCT_PASSWORD_MATCH);
    password[71] = 'y';
    assert_int_equal(acct_password_verify(stored, password, pool),
                     ACCT_PASSWORD_MISMATCH);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(what_asks_for_too_much_is_refused_without_work),
        cmocka_unit_test(what_says_that_nothing_matches_never_does),
        cmocka_unit_test(what_may_be_a_password_itself_is_not_kept),
        cmocka_unit_test(what_has_no_prefix_is_kept_with_one),
        cmocka_unit_test(a_hash_may_read_less_than_was_typed),
        cmocka_unit_test(bcrypt_takes_a_password_of_any_length)
    };

    return cmocka_run_group_tests(tests, begin, end);
}
