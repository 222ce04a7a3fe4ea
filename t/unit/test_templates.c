/* SPDX-License-Identifier: Apache-2.0 */
#include "apr_fixture.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include <apr_strings.h>

#include "mail/language.h"
#include "mail/templates.h"

#ifndef TREE
#define TREE "."
#endif

typedef struct folder_t {
    apr_pool_t *pool;
    const char *path;
    acct_mail_templates_t *templates;
    apr_array_header_t *errors;
} folder_t;

static void write_file(const folder_t *f, const char *name, const char *text)
{
    FILE *file = fopen(apr_pstrcat(f->pool, f->path, "/", name, NULL), "w");

    assert_non_null(file);
    assert_true(fputs(text, file) >= 0);
    assert_int_equal(fclose(file), 0);
}

static int make_folder(void **state)
{
    apr_pool_t *pool;
    folder_t *f;

    if (apr_pool_create(&pool, NULL) != APR_SUCCESS) {
        return 1;
    }
    f = apr_pcalloc(pool, sizeof(*f));
    f->pool = pool;
    f->path = mkdtemp(apr_pstrdup(pool, "/tmp/acct-templates-XXXXXX"));
    f->templates = acct_mail_templates_make("en", pool);
    f->errors = apr_array_make(pool, 1, sizeof(const char *));
    *state = f;
    return f->path == NULL;
}

static int remove_folder(void **state)
{
    folder_t *f = *state;
    int rv = system(apr_pstrcat(f->pool, "rm -r ", f->path, NULL));

    apr_pool_destroy(f->pool);
    return rv;
}

/* Those of the module, and over them those of the test's folder. */
static void load(folder_t *f)
{
    assert_int_equal(acct_mail_templates_read(f->templates, "conf/mail",
                                              f->errors), APR_SUCCESS);
    assert_int_equal(acct_mail_templates_read(f->templates, f->path,
                                              f->errors), APR_SUCCESS);
    acct_mail_templates_check(f->templates, f->errors);
}

static const char *error_of(const folder_t *f)
{
    if (f->errors->nelts != 1) {
        for (int i = 0; i < f->errors->nelts; i++) {
            print_message("%s\n", APR_ARRAY_IDX(f->errors, i, const char *));
        }
        fail_msg("%d mistakes", f->errors->nelts);
    }
    return APR_ARRAY_IDX(f->errors, 0, const char *);
}

static void mistake_is(folder_t *f, const char *file, const char *what)
{
    load(f);
    if (strstr(error_of(f), what) == NULL
        || strstr(error_of(f), file) == NULL) {
        fail_msg("not \"%s\": %s", what, error_of(f));
    }
}

static acct_mail_content_t filled(folder_t *f, acct_mail_kind_e kind,
                                  const char *language)
{
    const acct_mail_choice_t choice = { kind, NULL, language, NULL };
    acct_mail_values_t values = { { NULL } };
    acct_mail_content_t content;

    values.text[ACCT_MAIL_VALUE_SITE_NAME] = "A & B";
    values.text[ACCT_MAIL_VALUE_LINK] = "https://example.com/#/a/b";
    values.text[ACCT_MAIL_VALUE_USERNAME] = "<b>\"bob'</b>";
    assert_int_equal(acct_mail_templates_fill(f->templates, &choice, &values,
                                              &content, f->pool),
                     APR_SUCCESS);
    return content;
}

static void those_of_the_module_are_right_and_of_every_kind(void **state)
{
    folder_t *f = *state;

    load(f);
    assert_int_equal(f->errors->nelts, 0);
    for (int kind = 0; kind < ACCT_MAIL__COUNT; kind++) {
        acct_mail_content_t content = filled(f, (acct_mail_kind_e)kind, "en");

        assert_non_null(strstr(content.subject, "A & B"));
        assert_non_null(content.html);
        if (acct_mail_kind_links((acct_mail_kind_e)kind)) {
            assert_non_null(strstr(content.text, "https://example.com/#/a/b"));
            assert_non_null(strstr(content.html, "https://example.com/#/a/b"));
        }
    }
}

static void the_subject_is_the_first_line_and_the_text_what_follows(
    void **state)
{
    folder_t *f = *state;
    acct_mail_content_t content;

    write_file(f, "activation-done.en.txt",
               "Subject: Hello {site.name}\r\n\r\nYou {{are}} here.\r\n");
    load(f);
    content = filled(f, ACCT_MAIL_ACTIVATION_DONE, "en");
    assert_string_equal(content.subject, "Hello A & B");
    assert_string_equal(content.text, "You {are} here.\n");
}

static void a_sites_text_stands_alone_not_beside_the_modules_html(
    void **state)
{
    folder_t *f = *state;

    write_file(f, "activation-done.en.txt", "Subject: x\n\ny\n");
    load(f);
    assert_null(filled(f, ACCT_MAIL_ACTIVATION_DONE, "en").html);
}

static void what_is_put_into_html_is_text_there(void **state)
{
    folder_t *f = *state;
    acct_mail_content_t content;

    write_file(f, "username-changed.en.txt",
               "Subject: x\n\n{account.username}");
    write_file(f, "username-changed.en.html",
               "<p title=\"{account.username}\">{account.username}</p>");
    load(f);
    content = filled(f, ACCT_MAIL_USERNAME_CHANGED, "en");
    assert_string_equal(content.text, "<b>\"bob'</b>");
    assert_string_equal(content.html,
        "<p title=\"&lt;b&gt;&quot;bob&#39;&lt;/b&gt;\">"
        "&lt;b&gt;&quot;bob&#39;&lt;/b&gt;</p>");
}

static void a_value_is_never_read_as_a_placeholder(void **state)
{
    static const acct_mail_choice_t choice = {
        ACCT_MAIL_USERNAME_CHANGED, NULL, "en", NULL
    };
    folder_t *f = *state;
    acct_mail_values_t values = { { NULL } };
    acct_mail_content_t content;

    write_file(f, "username-changed.en.txt",
               "Subject: x\n\n{account.username}");
    load(f);
    values.text[ACCT_MAIL_VALUE_USERNAME] = "{account.email}";
    values.text[ACCT_MAIL_VALUE_EMAIL] = "bob@example.com";
    assert_int_equal(acct_mail_templates_fill(f->templates, &choice, &values,
                                              &content, f->pool),
                     APR_SUCCESS);
    assert_string_equal(content.text, "{account.email}");
}

static void a_file_without_a_subject_is_a_mistake(void **state)
{
    write_file(*state, "activation.en.txt", "Hello {link}\n");
    mistake_is(*state, "activation.en.txt", "the first line is no subject");
}

static void an_unknown_placeholder_is_a_mistake(void **state)
{
    write_file(*state, "activation.en.txt",
               "Subject: x\n\n{link} {acount.username}\n");
    mistake_is(*state, "activation.en.txt",
               "unknown placeholder \"{acount.username}\"");
}

static void a_subject_cannot_hold_what_somebody_chose(void **state)
{
    write_file(*state, "activation.en.txt",
               "Subject: x {account.username}\n\n{link}\n");
    mistake_is(*state, "activation.en.txt", "what can stand here is "
               "{site.name}");
}

static void an_open_brace_is_a_mistake(void **state)
{
    write_file(*state, "activation.en.txt", "Subject: x\n\n{link\n}\n");
    mistake_is(*state, "activation.en.txt", "is not closed");
}

static void a_mail_whose_link_is_missing_is_a_mistake(void **state)
{
    write_file(*state, "activation.en.txt", "Subject: x\n\n{link.uid}\n");
    mistake_is(*state, "activation.en.txt",
               "the link of a mail of the kind \"activation\" is missing");
}

static void a_link_in_a_mail_that_has_none_is_a_mistake(void **state)
{
    write_file(*state, "password-changed.en.txt", "Subject: x\n\n{link}\n");
    mistake_is(*state, "password-changed.en.txt", "has no link");
}

static void a_misspelt_kind_is_a_mistake(void **state)
{
    write_file(*state, "pasword-reset.en.txt", "Subject: x\n\n{link}\n");
    mistake_is(*state, "pasword-reset.en.txt",
               "did you mean \"password-reset\"?");
}

static void a_name_without_a_language_is_a_mistake(void **state)
{
    write_file(*state, "password-reset.txt", "Subject: x\n\n{link}\n");
    mistake_is(*state, "password-reset.txt", "is named like no template");
}

static void html_without_its_text_is_a_mistake(void **state)
{
    write_file(*state, "password-reset.fr.html", "{link}\n");
    mistake_is(*state, "password-reset.fr.html", "no .txt file beside it");
}

static void bytes_that_are_no_utf_8_are_a_mistake(void **state)
{
    write_file(*state, "activation.en.txt", "Subject: x\n\n{link} \xe4\n");
    mistake_is(*state, "activation.en.txt", "is not UTF-8");
}

static void each_kind_needs_a_template_in_the_default_language(void **state)
{
    folder_t *f = *state;

    f->templates = acct_mail_templates_make("de", f->pool);
    write_file(f, "activation.de.txt", "Subject: x\n\n{link}\n");
    load(f);
    assert_int_equal(f->errors->nelts, ACCT_MAIL__COUNT - 1);
    assert_non_null(strstr(APR_ARRAY_IDX(f->errors, 0, const char *),
                           "password-reset.de.txt: is missing"));
}

static void other_files_are_passed_over(void **state)
{
    folder_t *f = *state;

    write_file(f, "README", "x");
    write_file(f, "activation.en.txt~", "x");
    write_file(f, ".activation.en.txt", "x");
    load(f);
    assert_int_equal(f->errors->nelts, 0);
}

static void the_language_is_the_best_that_a_client_asks_for(void **state)
{
    static const struct {
        const char *accept, *language;
    } asked[] = {
        { NULL, "en" }, { "", "en" }, { "fr", "fr" }, { "de-CH", "de" },
        { "DE", "de" }, { "pt-BR", "pt-br" }, { "pt", "en" },
        { "it, fr;q=0.5, de;q=0.7", "de" }, { "fr;q=0, de;q=0.1", "de" },
        { "*", "en" }, { "it, *;q=0.5, fr;q=0.4", "en" },
        { "fr, de", "fr" }, { "x;;;,,,fr", "fr" }, { ",", "en" },
        { "../../etc/passwd", "en" }, { "fr\r\nX", "en" },
        { "aaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaa", "en" },
    };
    folder_t *f = *state;
    char *many = apr_pcalloc(f->pool, 4 * ACCT_ACCEPT_LANGUAGE_MAX);

    write_file(f, "activation.fr.txt", "Subject: x\n\n{link}\n");
    write_file(f, "activation.de.txt", "Subject: x\n\n{link}\n");
    write_file(f, "activation.pt-br.txt", "Subject: x\n\n{link}\n");
    load(f);
    assert_int_equal(f->errors->nelts, 0);
    for (size_t i = 0; i < sizeof(asked) / sizeof(*asked); i++) {
        const char *language =
            acct_mail_templates_language(f->templates, asked[i].accept);

        if (strcmp(language, asked[i].language) != 0) {
            fail_msg("\"%s\": %s", asked[i].accept, language);
        }
    }
    memset(many, ',', ACCT_ACCEPT_LANGUAGE_MAX);
    strcat(many, "fr");
    assert_string_equal(acct_mail_templates_language(f->templates, many),
                        "en");
}

static void a_kind_that_a_language_lacks_is_sent_in_the_default_one(
    void **state)
{
    folder_t *f = *state;

    write_file(f, "activation.fr.txt", "Subject: x\n\n{link}\n");
    load(f);
    assert_string_equal(filled(f, ACCT_MAIL_ACTIVATION, "fr").language, "fr");
    assert_string_equal(filled(f, ACCT_MAIL_ACTIVATION, "fr-ca").language,
                        "fr");
    assert_string_equal(filled(f, ACCT_MAIL_PASSWORD_RESET, "fr").language,
                        "en");
}

static void a_name_that_a_dialect_gives_is_a_template_of_its_kind(
    void **state)
{
    folder_t *f = *state;
    acct_mail_kind_e kind = ACCT_MAIL_PASSWORD_RESET;
    const acct_mail_choice_t choice = { kind, "shop-reset", "en", NULL };
    acct_mail_content_t content;
    acct_mail_values_t values = { { NULL } };

    acct_mail_templates_want(f->templates, "shop-reset", kind);
    write_file(f, "shop-reset.en.txt", "Subject: Shop\n\n{link}\n");
    assert_int_equal(acct_mail_templates_read(f->templates, "conf/mail",
                                              f->errors), APR_SUCCESS);
    assert_int_equal(acct_mail_templates_read(f->templates, f->path,
                                              f->errors), APR_SUCCESS);
    acct_mail_templates_check(f->templates, f->errors);
    assert_int_equal(f->errors->nelts, 0);
    assert_int_equal(acct_mail_templates_fill(f->templates, &choice, &values,
                                              &content, f->pool),
                     APR_SUCCESS);
    assert_string_equal(content.subject, "Shop");
    acct_mail_templates_want(f->templates, "shop-other", kind);
    acct_mail_templates_check(f->templates, f->errors);
    assert_non_null(strstr(error_of(f), "shop-other.en.txt: is missing"));
}

static void a_template_of_two_kinds_is_checked_for_both(void **state)
{
    folder_t *f = *state;

    acct_mail_templates_want(f->templates, "shop", ACCT_MAIL_PASSWORD_RESET);
    acct_mail_templates_want(f->templates, "shop",
                             ACCT_MAIL_PASSWORD_CHANGED);
    write_file(f, "shop.en.txt", "Subject: Shop\n\n{link}\n");
    mistake_is(f, "shop.en.txt", "kind \"password-changed\" has no link");
}

static void a_template_of_a_kind_is_checked_for_another_too(void **state)
{
    folder_t *f = *state;

    acct_mail_templates_want(f->templates, "password-changed",
                             ACCT_MAIL_ACTIVATION);
    write_file(f, "password-changed.en.txt", "Subject: x\n\nText\n");
    mistake_is(f, "password-changed.en.txt",
               "link of a mail of the kind \"activation\" is missing");
}

static void a_folder_that_is_not_there_is_the_callers_to_tell(void **state)
{
    folder_t *f = *state;

    assert_true(APR_STATUS_IS_ENOENT(acct_mail_templates_read(
        f->templates, "/nonexistent", f->errors)));
    assert_int_equal(f->errors->nelts, 0);
}

#define TEST(name) \
    cmocka_unit_test_setup_teardown(name, make_folder, remove_folder)

int main(void)
{
    const struct CMUnitTest tests[] = {
        TEST(those_of_the_module_are_right_and_of_every_kind),
        TEST(the_subject_is_the_first_line_and_the_text_what_follows),
        TEST(a_sites_text_stands_alone_not_beside_the_modules_html),
        TEST(what_is_put_into_html_is_text_there),
        TEST(a_value_is_never_read_as_a_placeholder),
        TEST(a_file_without_a_subject_is_a_mistake),
        TEST(an_unknown_placeholder_is_a_mistake),
        TEST(a_subject_cannot_hold_what_somebody_chose),
        TEST(an_open_brace_is_a_mistake),
        TEST(a_mail_whose_link_is_missing_is_a_mistake),
        TEST(a_link_in_a_mail_that_has_none_is_a_mistake),
        TEST(a_misspelt_kind_is_a_mistake),
        TEST(a_name_without_a_language_is_a_mistake),
        TEST(html_without_its_text_is_a_mistake),
        TEST(bytes_that_are_no_utf_8_are_a_mistake),
        TEST(each_kind_needs_a_template_in_the_default_language),
        TEST(other_files_are_passed_over),
        TEST(the_language_is_the_best_that_a_client_asks_for),
        TEST(a_kind_that_a_language_lacks_is_sent_in_the_default_one),
        TEST(a_name_that_a_dialect_gives_is_a_template_of_its_kind),
        TEST(a_template_of_two_kinds_is_checked_for_both),
        TEST(a_template_of_a_kind_is_checked_for_another_too),
        TEST(a_folder_that_is_not_there_is_the_callers_to_tell),
    };

    return cmocka_run_group_tests(tests, begin_apr, end_apr);
}
