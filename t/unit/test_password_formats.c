/* SPDX-License-Identifier: Apache-2.0 */
/* Stored passwords of other systems: verified, bounded, told apart. */
#include "apr_fixture.h"

#include <string.h>

#include <apr_strings.h>
#include <apr_time.h>

#include "password/password.h"

#define COUNT(table) (sizeof(table) / sizeof((table)[0]))
#define PASSWORD "tower bridge"
#define SALT22 "abcdefghijklmnopqrstuu"
#define HASH31 "0123456789012345678901234567892"

static apr_pool_t *pool;

static int begin(void **state)
{
    return begin_apr(state) || apr_pool_create(&pool, NULL) != APR_SUCCESS;
}

static int end(void **state)
{
    apr_pool_destroy(pool);
    return end_apr(state);
}

typedef struct vector_t {
    const char *kind;
    size_t reads;
    int is_weak;
    const char *stored;
} vector_t;

/* Of "tower bridge", made by Python's hashlib and hmac, OpenSSL's command,
 * libargon2's own encoder and crypt(3). */
static const vector_t vectors[] = {
    { "pbkdf2_sha1", 0, 0,
      "pbkdf2_sha1$3$NaCl is salt$KVYwHfNTKiXNGiTuQmZKu2rKK44=" },
    { "pbkdf2_sha1", 0, 0,
      "$pbkdf2$3$.vv8/f7/YmluYXJ5Li4$6pseXQIwO6jq6wMCB9cowB.QGGc" },
    { "pbkdf2_sha1", 0, 0,
      "pbkdf2:sha1:3$NaCl is salt$2956301df3532a25cd1a24ee42664abb6"
      "aca2b8e" },
    { "pbkdf2_sha256", 0, 0,
      "pbkdf2_sha256$3$NaCl is salt$xYH2MvNGMsoZ/Ct9HKbu2shwa4+uPHP"
      "x/rHWnM54Jz4=" },
    { "pbkdf2_sha256", 0, 0,
      "$pbkdf2-sha256$3$.vv8/f7/YmluYXJ5Li4$e2owfW2wXJAReRfjBqKJS7f"
      "Xtes/IkxikotAQl6tki8" },
    { "pbkdf2_sha256", 0, 0,
      "pbkdf2:sha256:3$NaCl is salt$c581f632f34632ca19fc2b7d1ca6eed"
      "ac8706b8fae3c73f1feb1d69cce78273e" },
    { "pbkdf2_sha512", 0, 0,
      "pbkdf2_sha512$3$NaCl is salt$weJg/uCZwZtMyqSjZrIRhsWrd4dN+98"
      "j78sIqQWbiuJuhDKleLZHN+v5xJQc3EwI9JmUrDfZouN51C/GRMuDWg==" },
    { "pbkdf2_sha512", 0, 0,
      "$pbkdf2-sha512$3$.vv8/f7/YmluYXJ5Li4$6VnlwrZgde7GnfJTzcO/5KS"
      "0XhDUw2/oNZL458EVfbfmr17Kj1Nrfa4DfMVlyvnic88C.Vte7u.Q7ldKCDs"
      "Eig" },
    { "pbkdf2_sha512", 0, 0,
      "pbkdf2:sha512:3$NaCl is salt$c1e260fee099c19b4ccaa4a366b2118"
      "6c5ab77874dfbdf23efcb08a9059b8ae26e8432a578b64737ebf9c4941cd"
      "c4c08f49994ac37d9a2e379d42fc644cb835a" },
    { "scrypt", 0, 0,
      "scrypt$16$NaCl is salt$2$3$MVjXQJiBeNIaegU2lXTH3MamoPo5ls61q"
      "cXvYH5L2VfDgIOre98RLhxRWYSQPEcjl2pztg2hZqDH4bZfi/1Gig==" },
    { "scrypt", 0, 0,
      "$scrypt$ln=4,r=2,p=3$+vv8/f7/YmluYXJ5Li4$QdRr1vx5xDdJgJAGtxb"
      "KDBPDmAszwD5kJ5XNEuTCwaQ" },
    { "scrypt", 0, 0,
      "scrypt:16:2:3$NaCl is salt$3158d740988178d21a7a05369574c7dcc"
      "6a6a0fa3996ceb5a9c5ef607e4bd957c38083ab7bdf112e1c515984903c4"
      "723976a73b60da166a0c7e1b65f8bfd468a" },
    { "bcrypt", 72, 0,
      "$2a$04$abcdefghijklmnopqrstuuFIQqvlyuPqmiQEiPIn7ioy9u1KD0SDG" },
    { "bcrypt", 72, 0,
      "$2b$04$abcdefghijklmnopqrstuuFIQqvlyuPqmiQEiPIn7ioy9u1KD0SDG" },
    { "bcrypt", 72, 0,
      "$2y$04$abcdefghijklmnopqrstuuFIQqvlyuPqmiQEiPIn7ioy9u1KD0SDG" },
    { "bcrypt", 72, 0,
      "bcrypt$$2b$04$abcdefghijklmnopqrstuuFIQqvlyuPqmiQEiPIn7ioy9u"
      "1KD0SDG" },
    { "bcrypt_sha256", 0, 0,
      "bcrypt_sha256$$2b$04$abcdefghijklmnopqrstuu.bQs8Bi4x5UChfVO."
      "JFzMgMDn5aRP9S" },
    { "bcrypt_sha256", 0, 0,
      "$bcrypt-sha256$v=2,t=2b,r=4$abcdefghijklmnopqrstuu$pYJA//sKu"
      "N1yN8ggocyRyIl3zwXSomK" },
    { "bcrypt_sha256", 0, 0,
      "$bcrypt-sha256$2a,4$abcdefghijklmnopqrstuu$uwsukE/cwQ/6dVfQJ"
      "dN2kP1vHjVtIvK" },
    { "wordpress", 0, 0,
      "$wp$2y$04$abcdefghijklmnopqrstuuHOKuQ1BFeIzsD6UyAx4GNHpznq0C"
      "1ga" },
    { "md5_crypt", 0, 1,
      "$1$nacl$a0G9.L4F2WQM9bc2d/Je.0" },
    { "md5_crypt", 0, 1,
      "{CRYPT}$1$nacl$a0G9.L4F2WQM9bc2d/Je.0" },
    { "sha256_crypt", 0, 0,
      "$5$rounds=1000$nacl$Ql27EJ4zkGMB4EclOwZJwQOccR54NQ8.MyR5a.bU"
      "Es." },
    { "sha512_crypt", 0, 0,
      "$6$nacl$DfyWc52SxQQetb4M1hk.7XXsQVs28ZWMZye0yIuGBUEtXNHvuZp0"
      "6/R1Emozu./C4W/f.X.VbCWhqcSKlPJse/" },
    { "sha512_crypt", 0, 0,
      "{CRYPT}$6$nacl$DfyWc52SxQQetb4M1hk.7XXsQVs28ZWMZye0yIuGBUEtX"
      "NHvuZp06/R1Emozu./C4W/f.X.VbCWhqcSKlPJse/" },
    { "yescrypt", 0, 0,
      "$y$j75$naclnacl$RN0nspUYuueFmB07U2xep9GURhjtG2e4tDtW1oEQcf." },
    { "gost_yescrypt", 0, 0,
      "$gy$j75$naclnacl$eLFPK3eHo/CHA6019bu5HET9DFaz4Qj/tpIR1TBcV/6" },
    { "scrypt", 0, 0,
      "$7$20..../....nacl$PnF8CAvnVTEEMqeOz7cF4mjrLuYQwWmCJcffoRDP0"
      "f7" },
    { "des_crypt", 8, 1,
      "abtZtl37HXvy." },
    { "des_crypt", 8, 1,
      "crypt$$abtZtl37HXvy." },
    { "des_crypt", 8, 1,
      "{CRYPT}abtZtl37HXvy." },
    { "des_crypt", 0, 1,
      "_J9..naclt3uKFQoEeDo" },
    { "apr1", 0, 1,
      "$apr1$nacl$gRq92pqXlZ3CNwgDGaUY7/" },
    { "md5", 0, 1,
      "ea657c0e502d6c257f0ccfb62d18fcd0" },
    { "md5", 0, 1,
      "md5$$ea657c0e502d6c257f0ccfb62d18fcd0" },
    { "md5", 0, 1,
      "md5$NaCl is salt$fc30f621b7e96a03eb02d369a80f9a45" },
    { "sha1", 0, 1,
      "sha1$$eea9267bb167636fc48a99eafd213330f47e1de7" },
    { "sha1", 0, 1,
      "sha1$NaCl is salt$2e78f939c8012a3e9f8a351006513237da186d2a" },
    { "md5", 0, 1,
      "{MD5}6mV8DlAtbCV/DM+2LRj80A==" },
    { "smd5", 0, 1,
      "{SMD5}1tqyDOxJ4HtYb2ysK4k5ZG5hY2w=" },
    { "sha", 0, 1,
      "{SHA}7qkme7FnY2/Eipnq/SEzMPR+Hec=" },
    { "ssha", 0, 1,
      "{SSHA}QsaQZ2GZ3DMZ2XyCRSbgugqad5luYWNs" },
    { "ssha256", 0, 1,
      "{SSHA256}5HNx2DZTOigjd8T63nbNcduMPED9YWhV0SRxn0JgR8luYWNsbmF"
      "jbA==" },
    { "ssha512", 0, 1,
      "{SSHA512}NxLmubRZd9a/v2PmwR/CzzHKXNjBiJORrUfGvdSBYg0LmBHvEDe"
      "10uQxSj7UVSuvKSjM3nl+x0myC2Vf2C3qHG5hY2xuYWNs" },
    { "phpass", 0, 1,
      "$P$5naclnaclx6bGuQlGE6iMkzt.k7Ciu0" },
    { "phpass", 0, 1,
      "$H$6naclnaclXtMCjFAKueAWcjqEtu9.11" },
    { "argon2id", 0, 0,
      "$argon2id$v=19$m=64,t=2,p=2$bmFjbG5hY2w$c359ERTNgGtBTw6eIRXd"
      "c3doTQOeqO9D7CJixfLdrV4" },
    { "argon2id", 0, 0,
      "argon2$argon2id$v=19$m=64,t=2,p=2$bmFjbG5hY2w$c359ERTNgGtBTw"
      "6eIRXdc3doTQOeqO9D7CJixfLdrV4" },
    { "argon2i", 0, 0,
      "$argon2i$v=19$m=64,t=2,p=2$bmFjbG5hY2w$eUWA9E3sYnRjx4QAVTgLI"
      "Y4UnLxxbsi02KDdpH9mXpE" },
    { "argon2i", 0, 0,
      "argon2$argon2i$v=19$m=64,t=2,p=2$bmFjbG5hY2w$eUWA9E3sYnRjx4Q"
      "AVTgLIY4UnLxxbsi02KDdpH9mXpE" },
    { "argon2d", 0, 0,
      "$argon2d$v=19$m=64,t=2,p=2$bmFjbG5hY2w$N8lm0r639UryF23LXlT+y"
      "1CxGVlOuecz0LPQQfdLPOE" },
    { "argon2d", 0, 0,
      "argon2$argon2d$v=19$m=64,t=2,p=2$bmFjbG5hY2w$N8lm0r639UryF23"
      "LXlT+y1CxGVlOuecz0LPQQfdLPOE" },
    { "argon2i", 0, 0,
      "argon2$argon2i$m=64,t=2,p=2$bmFjbG5hY2w$i4K48dgXg7ZzkHgnmoSs"
      "Zx01nN7EaxYF/cjLCIrn4qY" }
};

static void hashes_of_other_systems_are_verified(void **state)
{
    (void)state;
    for (size_t i = 0; i < COUNT(vectors); i++) {
        const char *stored = vectors[i].stored;

        if (acct_password_verify(stored, PASSWORD, pool)
            != ACCT_PASSWORD_MATCH) {
            fail_msg("%s should match", stored);
        }
    }
}

static void another_password_is_a_mismatch(void **state)
{
    static const char *const others[] = {
        "", " ", "tower", "Tower bridge", "towar bridge", " tower bridge"
    };

    (void)state;
    for (size_t i = 0; i < COUNT(vectors); i++) {
        for (size_t k = 0; k < COUNT(others); k++) {
            if (acct_password_verify(vectors[i].stored, others[k], pool)
                != ACCT_PASSWORD_MISMATCH) {
                fail_msg("%s and '%s' should not match", vectors[i].stored,
                         others[k]);
            }
        }
    }
}

static void what_a_text_is_can_be_told(void **state)
{
    acct_password_form_t form;

    (void)state;
    for (size_t i = 0; i < COUNT(vectors); i++) {
        acct_password_form(vectors[i].stored, &form, pool);
        assert_int_equal(form.verdict, ACCT_PASSWORD_FORM_USABLE);
        assert_string_equal(form.kind, vectors[i].kind);
        assert_int_equal(form.reads, vectors[i].reads);
        assert_int_equal(form.is_weak, vectors[i].is_weak);
        assert_int_equal(acct_password_verify(form.kept, PASSWORD, pool),
                         ACCT_PASSWORD_MATCH);
    }
}

/* Nothing behind the last field, nothing before the first, no end missing. */
static void a_text_that_is_not_whole_is_never_verified(void **state)
{
    (void)state;
    for (size_t i = 0; i < COUNT(vectors); i++) {
        const char *stored = vectors[i].stored;
        const char *const bad[] = {
            apr_pstrcat(pool, stored, "A", NULL),
            apr_pstrcat(pool, stored, "$", NULL),
            apr_pstrcat(pool, stored, " ", NULL),
            apr_pstrcat(pool, " ", stored, NULL),
            apr_pstrcat(pool, "!", stored, NULL),
            apr_pstrcat(pool, "*", stored, NULL),
            apr_pstrmemdup(pool, stored, strlen(stored) - 1)
        };

        for (size_t k = 0; k < COUNT(bad); k++) {
            if (acct_password_verify(bad[k], PASSWORD, pool)
                == ACCT_PASSWORD_MATCH) {
                fail_msg("%s should not match", bad[k]);
            }
        }
    }
}

/* Costs the same, belongs to nobody, and holds nothing of salt or hash. */
static void each_kind_has_a_dummy(void **state)
{
    (void)state;
    for (size_t i = 0; i < COUNT(vectors); i++) {
        const char *stored = vectors[i].stored;
        const char *dummy = acct_password_dummy_like(stored, pool);

        assert_non_null(dummy);
        assert_string_equal(acct_password_dummy_like(dummy, pool), dummy);
        assert_int_equal(acct_password_verify(dummy, PASSWORD, pool),
                         ACCT_PASSWORD_MISMATCH);
        assert_null(strstr(dummy, "nacl"));
        assert_null(strstr(dummy, "NaCl"));
        assert_null(strstr(dummy, SALT22));
    }
}

static void one_cost_has_one_dummy_however_it_is_spelled(void **state)
{
    const char *const same[][2] = {
        { "pbkdf2_sha256$5$salt$AAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA=",
          "pbkdf2:sha256:5$other$0123456789abcdef0123456789abcdef"
          "0123456789abcdef0123456789abcdef" },
        { "$2a$05$" SALT22 HASH31, "bcrypt$$2b$05$" SALT22 HASH31 },
        { "$wp$2y$05$" SALT22 HASH31,
          "bcrypt_sha256$$2b$05$" SALT22 HASH31 },
        { "$P$7aaaaaaaa0123456789abcdefghijkl",
          "$H$7bbbbbbbbAAAAAAAAAAAAAAAAAAAAAA" }
    };

    (void)state;
    for (size_t i = 0; i < COUNT(same); i++) {
        assert_string_equal(acct_password_dummy_like(same[i][0], pool),
                            acct_password_dummy_like(same[i][1], pool));
    }
}

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

/* libcrypt takes none of more than 511 bytes. */
static void a_password_too_long_for_crypt_is_a_mismatch(void **state)
{
    char *password = apr_pcalloc(pool, 513);

    (void)state;
    memset(password, 'x', 512);
    for (size_t i = 0; i < COUNT(vectors); i++) {
        assert_int_equal(acct_password_verify(vectors[i].stored, password,
                                              pool),
                         ACCT_PASSWORD_MISMATCH);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(hashes_of_other_systems_are_verified),
        cmocka_unit_test(another_password_is_a_mismatch),
        cmocka_unit_test(what_a_text_is_can_be_told),
        cmocka_unit_test(a_text_that_is_not_whole_is_never_verified),
        cmocka_unit_test(each_kind_has_a_dummy),
        cmocka_unit_test(one_cost_has_one_dummy_however_it_is_spelled),
        cmocka_unit_test(what_asks_for_too_much_is_refused_without_work),
        cmocka_unit_test(what_says_that_nothing_matches_never_does),
        cmocka_unit_test(what_may_be_a_password_itself_is_not_kept),
        cmocka_unit_test(what_has_no_prefix_is_kept_with_one),
        cmocka_unit_test(a_hash_may_read_less_than_was_typed),
        cmocka_unit_test(bcrypt_takes_a_password_of_any_length),
        cmocka_unit_test(a_password_too_long_for_crypt_is_a_mismatch)
    };

    return cmocka_run_group_tests(tests, begin, end);
}
