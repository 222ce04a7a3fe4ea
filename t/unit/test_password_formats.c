/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Stored passwords of other systems: a vector each kind, verified, told what
 * it is, its dummy.
 */
#include "apr_fixture.h"
#include "password_formats_fixture.h"

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
        cmocka_unit_test(a_password_too_long_for_crypt_is_a_mismatch)
    };

    return cmocka_run_group_tests(tests, begin, end);
}
