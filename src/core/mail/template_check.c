/* SPDX-License-Identifier: Apache-2.0 */
/* What is wrong with templates all together; see mail/templates.h. */
#include "mail/templates.h"

#include <stdlib.h>
#include <string.h>

#include <apr_strings.h>

#include "mail/template_files.h"
#include "template/suggest.h"

/* Of those that want a template. */
static uint32_t kinds_of(const acct_mail_templates_t *templates,
                         const char *name)
{
    const uint32_t *kinds = apr_hash_get(templates->wanted, name,
                                         APR_HASH_KEY_STRING);

    return kinds != NULL ? *kinds : 0;
}

void acct_mail_templates_want(acct_mail_templates_t *templates,
                              const char *name, acct_mail_kind_e kind)
{
    uint32_t kinds = kinds_of(templates, name) | UINT32_C(1) << kind;

    apr_hash_set(templates->wanted, name, APR_HASH_KEY_STRING,
                 apr_pmemdup(templates->pool, &kinds, sizeof(kinds)));
}

/* A value that mails of a kind do not have, and a link that is not
 * there. */
static void check_uses(const acct_mail_templates_t *templates,
                       const char *path, const acct_mail_text_t *text,
                       acct_mail_kind_e kind, apr_array_header_t *errors)
{
    int has_link = acct_mail_kind_links(kind);
    uint32_t uses = text != NULL ? acct_mail_text_uses(text) : 0;

    if (text == NULL) {
        return;
    }
    if (!has_link && (uses & ACCT_MAIL_VALUES_LINK) != 0) {
        mistake(templates, errors, path,
                apr_psprintf(templates->pool, "a mail of the kind \"%s\" has "
                             "no link; remove the placeholders of one",
                             acct_mail_kind_name(kind)));
    }
    if (has_link && (uses & (ACCT_MAIL_VALUE_BIT(ACCT_MAIL_VALUE_LINK)
                             | ACCT_MAIL_VALUE_BIT(ACCT_MAIL_VALUE_LINK_TOKEN)
                             | ACCT_MAIL_VALUE_BIT(ACCT_MAIL_VALUE_LINK_KEY)))
                    == 0) {
        mistake(templates, errors, path,
                apr_psprintf(templates->pool, "the link of a mail of the kind "
                             "\"%s\" is missing; write {link} where it is to "
                             "stand", acct_mail_kind_name(kind)));
    }
}

static void tell_unknown(const acct_mail_templates_t *templates,
                         const acct_template_t *template,
                         apr_array_header_t *errors)
{
    const char *known[ACCT_MAIL__COUNT + 1] = { NULL };

    for (int i = 0; i < ACCT_MAIL__COUNT; i++) {
        known[i] = acct_mail_kind_name((acct_mail_kind_e)i);
    }
    mistake(templates, errors, template->path,
            apr_psprintf(templates->pool, "no mail is of the kind \"%s\", and "
                         "no dialect names it; %s",
                         acct_shown(template->name, templates->pool),
                         acct_suggest(template->name, known,
                                      templates->pool)));
}

/* Of the kinds with a link one stands for all, and one of those without. */
static void check_one(const acct_mail_templates_t *templates,
                      const acct_template_t *template,
                      apr_array_header_t *errors)
{
    uint32_t kinds = kinds_of(templates, template->name);
    int seen[2] = { 0, 0 };

    if (template->is_wrong) {
        return;
    }
    if (kinds == 0) {
        tell_unknown(templates, template, errors);
    }
    for (int i = 0; i < ACCT_MAIL__COUNT; i++) {
        acct_mail_kind_e kind = (acct_mail_kind_e)i;

        if ((kinds & UINT32_C(1) << i) == 0
            || seen[acct_mail_kind_links(kind)]++ != 0) {
            continue;
        }
        check_uses(templates, template->path, template->text, kind, errors);
        check_uses(templates, template->html_path, template->html, kind,
                   errors);
    }
}

static void check_is_there(const acct_mail_templates_t *templates,
                           const char *name, apr_array_header_t *errors)
{
    if (acct_template_find(templates, name, templates->language,
                           templates->pool) == NULL) {
        mistake(templates, errors,
                apr_pstrcat(templates->pool, name, ".", templates->language,
                            ".txt", NULL),
                "is missing: each kind of mail needs a template in the "
                "default language; write it");
    }
}

static int by_path(const void *a, const void *b)
{
    return strcmp((*(const acct_template_t *const *)a)->path,
                  (*(const acct_template_t *const *)b)->path);
}

void acct_mail_templates_check(const acct_mail_templates_t *templates,
                               apr_array_header_t *errors)
{
    unsigned int count = apr_hash_count(templates->all), n = 0;
    const acct_template_t **list = apr_palloc(templates->pool,
                                         (count + 1) * sizeof(*list));
    apr_hash_index_t *i;
    const void *key;
    void *value;

    for (i = apr_hash_first(templates->pool, templates->all); i != NULL;
         i = apr_hash_next(i)) {
        apr_hash_this(i, NULL, NULL, &value);
        list[n++] = value;
    }
    /* in an order that an operator can follow */
    qsort(list, n, sizeof(*list), by_path);
    for (unsigned int k = 0; k < n; k++) {
        check_one(templates, list[k], errors);
    }
    for (int kind = 0; kind < ACCT_MAIL__COUNT; kind++) {
        check_is_there(templates, acct_mail_kind_name((acct_mail_kind_e)kind),
                       errors);
    }
    for (i = apr_hash_first(templates->pool, templates->wanted); i != NULL;
         i = apr_hash_next(i)) {
        apr_hash_this(i, &key, NULL, NULL);
        if (acct_mail_kind_find(key) < 0) {
            check_is_there(templates, key, errors);
        }
    }
}
