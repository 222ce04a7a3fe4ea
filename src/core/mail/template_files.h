/* SPDX-License-Identifier: Apache-2.0 */
/*
 * What templates.c and template_check.c share; for others see
 * mail/templates.h.
 */
#ifndef ACCT_TEMPLATE_FILES_H
#define ACCT_TEMPLATE_FILES_H

#include <apr_strings.h>

#include "mail/templates.h"

/* The files of one kind and language. */
typedef struct acct_template_t {
    const char *name;           /* "password-reset" */
    const char *language;
    const char *path;           /* of the text, or where it is missing */
    const acct_mail_text_t *subject;
    const acct_mail_text_t *text;   /* NULL: missing, or wrong and reported */
    const acct_mail_text_t *html;   /* NULL: there is none */
    const char *html_path;
    int is_wrong;               /* reported; nothing more is said of it */
} acct_template_t;

struct acct_mail_templates_t {
    const char *language;
    apr_hash_t *all;            /* acct_template_t * by "name.language" */
    apr_hash_t *languages;      /* const char * by itself */
    apr_hash_t *wanted;         /* uint32_t *, a set of kinds, by the name of
                                 * the template they are made of */
    apr_pool_t *pool;
};

/** Add a sentence, "PATH: WHAT", to those of an operator's mistakes. */
static inline void mistake(const acct_mail_templates_t *templates,
                           apr_array_header_t *errors, const char *path,
                           const char *what)
{
    APR_ARRAY_PUSH(errors, const char *) =
        apr_pstrcat(templates->pool, path, ": ", what, NULL);
}

/** The template of a name in a language, or NULL. @param pool for a while */
const acct_template_t *acct_template_find(
    const acct_mail_templates_t *templates, const char *name,
    const char *language, apr_pool_t *pool);

#endif
