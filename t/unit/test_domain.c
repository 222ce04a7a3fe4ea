/* SPDX-License-Identifier: Apache-2.0 */
/* Domains are compared by what they name, however they are spelled. */
#include "apr_fixture.h"

#include <string.h>

#include <apr_strings.h>

#include "text/domain.h"
#include "text/identifier.h"

#define COUNT(list) (sizeof(list) / sizeof((list)[0]))

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

static const char *domain_key(const char *domain)
{
    const char *key = NULL;

    assert_int_equal(acct_domain_key(domain, &key, pool), APR_SUCCESS);
    return key;
}

static const char *mail_key(const char *text)
{
    const char *key = NULL;

    assert_int_equal(acct_email_key(text, &key, pool), APR_SUCCESS);
    return key;
}

static const char *name_key(const char *text)
{
    const char *key = NULL;

    assert_int_equal(acct_username_key(text, &key, pool), APR_SUCCESS);
    return key;
}

static void all_spellings_of_a_domain_are_one_address(void **state)
{
    static const char *const spellings[] = {
        "info@d\xc3\xb6m\xc3\xa4in.com", "INFO@D\xc3\x96M\xc3\x84IN.COM",
        "info@xn--dmin-moa0i.com", "Info@XN--DMIN-MOA0I.com",
        "info@do\xcc\x88ma\xcc\x88in.com",              /* NFD */
        "info@d\xc3\xb6m\xc3\xa4in\xe3\x80\x82" "com",  /* ideographic . */
        "info@d\xc3\xb6m\xc3\xa4in\xef\xbd\xa1" "com",
        "info@d\xc3\xb6m\xc3\xa4in\xef\xbc\x8e" "com",
        "info@d\xc3\xb6m\xc3\xa4\xef\xbd\x89n.com",     /* full-width i */
        "info\xef\xbc\xa0xn--dmin-moa0i.com",           /* full-width @ */
        " info@d\xc3\xb6m\xc3\xa4in.com\n"
    };
    size_t i;

    (void)state;
    for (i = 0; i < COUNT(spellings); i++) {
        assert_string_equal(mail_key(spellings[i]),
                            "info@xn--dmin-moa0i.com");
    }
}

static void letters_that_idna_2003_mapped_away_are_letters(void **state)
{
    (void)state;
    assert_string_equal(mail_key("a@stra\xc3\x9f" "e.de"),
                        "a@xn--strae-oqa.de");
    assert_string_equal(mail_key("a@STRA\xe1\xba\x9e" "E.DE"),
                        "a@xn--strae-oqa.de");
    assert_string_equal(mail_key("a@strasse.de"), "a@strasse.de");
    assert_string_equal(mail_key("a@STRASSE.de"), "a@strasse.de");
    assert_string_equal(
        mail_key("a@\xce\xb2\xcf\x8c\xce\xbb\xce\xbf\xcf\x82.com"),
        "a@xn--nxasmm1c.com");
    assert_string_equal(
        mail_key("a@\xce\xb2\xcf\x8c\xce\xbb\xce\xbf\xcf\x83.com"),
        "a@xn--nxasmq6b.com");
}

/* UTS 46 with IDNA 2008's rules does not take them; some registries do,
 * and a browser's field sends the second form. */
static void signs_that_libidn2_refuses_are_what_their_encoded_form_is(
    void **state)
{
    static const char *const pairs[][2] = {
        { "\xf0\x9f\x92\xa9.la", "xn--ls8h.la" },
        { "\xe2\x98\x83.net", "xn--n3h.net" },
        { "i\xe2\x9d\xa4.ws", "xn--i-7iq.ws" },
        { "ab--cd.d\xc3\xb6m\xc3\xa4in.com", "ab--cd.xn--dmin-moa0i.com" },
        { "ab--cd.D\xc3\x96M\xc3\x84IN\xe3\x80\x82" "COM",
          "ab--cd.xn--dmin-moa0i.com" },
        { "ab--d\xc3\xb6m\xc3\xa4in.com", "xn--ab--dmin-5za2p.com" },
        { "1\xd7\x90.com", "xn--1-0hc.com" }
    };
    size_t i;

    (void)state;
    for (i = 0; i < COUNT(pairs); i++) {
        assert_string_equal(domain_key(pairs[i][0]), pairs[i][1]);
        assert_string_equal(domain_key(pairs[i][1]), pairs[i][1]);
    }
}

static void what_is_no_a_label_is_compared_without_case(void **state)
{
    static const char *const pairs[][2] = {
        { "XN--ZZ-ABC.com", "xn--zz-abc.com" }, { "XN--.com", "xn--.com" },
        { "xn--ABC-.com", "xn--abc-.com" }, { "AB--CD.com", "ab--cd.com" },
        { "-A.com", "-a.com" }, { "LOCALHOST", "localhost" },
        { "[2001:DB8::1]", "[2001:db8::1]" }, { "[1.2.3.4]", "[1.2.3.4]" },
        { "A..B", "a..b" }, { "", "" }, { "A_B.com", "a_b.com" }
    };
    size_t i;

    (void)state;
    for (i = 0; i < COUNT(pairs); i++) {
        assert_string_equal(domain_key(pairs[i][0]), pairs[i][1]);
    }
}

/* With RFC 3492's own examples, 7.1: A, B and L. */
static void encoding_is_that_of_punycode(void **state)
{
    static const char *const pairs[][2] = {
        { "-ab.\xd9\x84\xd9\x8a\xd9\x87\xd9\x85\xd8\xa7\xd8\xa8\xd8\xaa"
          "\xd9\x83\xd9\x84\xd9\x85\xd9\x88\xd8\xb4\xd8\xb9\xd8\xb1\xd8\xa8"
          "\xd9\x8a\xd8\x9f", "-ab.xn--egbpdaj6bu4bxfgehfvwxn" },
        { "-ab.\xe4\xbb\x96\xe4\xbb\xac\xe4\xb8\xba\xe4\xbb\x80\xe4\xb9\x88"
          "\xe4\xb8\x8d\xe8\xaf\xb4\xe4\xb8\xad\xe6\x96\x87",
          "-ab.xn--ihqwcrb4cv8a8dqg056pqjye" },
        { "-ab.3\xe5\xb9\xb4" "b\xe7\xb5\x84\xe9\x87\x91\xe5\x85\xab\xe5"
          "\x85\x88\xe7\x94\x9f", "-ab.xn--3b-ww4c5e180e575a65lsy2b" }
    };
    size_t i;

    (void)state;
    for (i = 0; i < COUNT(pairs); i++) {
        assert_string_equal(domain_key(pairs[i][0]), pairs[i][1]);
    }
}

/* Or a name that is spelled in another way than an address would be found
 * where the address is looked for. */
static void a_name_with_an_at_sign_has_the_key_of_the_address(void **state)
{
    static const char *const texts[] = {
        "Q@d\xc3\xb6m\xc3\xa4in.com", "q@xn--dmin-moa0i.com",
        ("q@stra\xc3\x9f" "e.de"), "q@strasse.de", "@", "@@", "a@",
        "@\xc3\x9c.x", "a@b@\xc3\x9c.x"
    };
    size_t i;

    (void)state;
    for (i = 0; i < COUNT(texts); i++) {
        assert_string_equal(name_key(texts[i]), mail_key(texts[i]));
        assert_string_equal(name_key(name_key(texts[i])),
                            name_key(texts[i]));
    }
    assert_string_equal(name_key("Stra\xc3\x9f" "e"), "strasse");
}

static void long_and_wide_texts_cost_little_and_are_left_alone(void **state)
{
    char text[4 * ACCT_FOLD_MAX + 8] = "a@";
    char *at = text + 2;
    int i;

    (void)state;
    for (i = 0; i < ACCT_FOLD_MAX; i++) {
        memcpy(at, "\xc3\x9c", 2);      /* U+00DC */
        at += 2;
    }
    *at = '\0';
    assert_string_equal(mail_key(text), text);
    assert_string_not_equal(domain_key(text + 4), text + 4);
    assert_null(strstr(domain_key(text + 4), "xn--"));
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(all_spellings_of_a_domain_are_one_address),
        cmocka_unit_test(letters_that_idna_2003_mapped_away_are_letters),
        cmocka_unit_test(
            signs_that_libidn2_refuses_are_what_their_encoded_form_is),
        cmocka_unit_test(what_is_no_a_label_is_compared_without_case),
        cmocka_unit_test(encoding_is_that_of_punycode),
        cmocka_unit_test(a_name_with_an_at_sign_has_the_key_of_the_address),
        cmocka_unit_test(long_and_wide_texts_cost_little_and_are_left_alone)
    };

    return cmocka_run_group_tests_name("domain", tests, begin, end);
}
