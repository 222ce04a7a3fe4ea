/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Files that mails are made of: DIR/KIND.LANG.txt, whose first line is
 * "Subject: ...", and beside it DIR/KIND.LANG.html, if there is one. KIND is a
 * kind of base/mail_text.h or a name that a dialect gives one of its mails;
 * LANG is a language tag (RFC 5646) in lower case. Of several folders a later
 * one's files go before an earlier one's, language by language.
 *
 * Read and checked while the configuration is read; constant afterwards, and
 * safe from any thread. They live in the pool they were read into.
 */
#ifndef ACCT_TEMPLATES_H
#define ACCT_TEMPLATES_H

#include <apr_hash.h>
#include <apr_pools.h>
#include <apr_tables.h>

#include "base/mail_text.h"

typedef struct acct_mail_templates_t acct_mail_templates_t;

/* What a mail is filled in with. */
typedef struct acct_mail_content_t {
    const char *language;
    const char *subject;
    const char *text;
    const char *html;           /* NULL: there is none */
} acct_mail_content_t;

/** No templates yet, in @a pool.
 *  @param language of which each has to have one; in lower case */
acct_mail_templates_t *acct_mail_templates_make(const char *language,
                                                apr_pool_t *pool);

/**
 * Add the files of a folder. Names that end neither in ".txt" nor in ".html"
 * are passed over.
 * @param errors array of const char *, to which one sentence is added for each
 *               mistake: "FILE: what is wrong; what to write"
 * @return a status where the folder cannot be read; nothing is added to
 *         @a errors then
 */
apr_status_t acct_mail_templates_read(acct_mail_templates_t *templates,
                                      const char *folder,
                                      apr_array_header_t *errors);

/** A dialect has its mails of a kind made of the template of this name, not
 *  of the kind's own. @param name not copied */
void acct_mail_templates_want(acct_mail_templates_t *templates,
                              const char *name, acct_mail_kind_e kind);

/**
 * Judge all together: each kind has a template in the default language, as
 * has each name that is wanted; each HTML has its text; no file is of a name
 * that nobody wants; and each has the link that mails of all kinds that are
 * made of it have, or none.
 */
void acct_mail_templates_check(const acct_mail_templates_t *templates,
                               apr_array_header_t *errors);

/** The language for a client, by its Accept-Language (or NULL), as
 *  acct_language_choose(): of the templates', in their pool. */
const char *acct_mail_templates_language(
    const acct_mail_templates_t *templates, const char *accept);

/* Which template is wanted. */
typedef struct acct_mail_choice_t {
    acct_mail_kind_e kind;
    const char *name;           /* of a template, or NULL: the kind's own */
    const char *language;       /* as acct_mail_templates_language() said
                                 * once; where no such template is there now,
                                 * or NULL, the default one is taken */
    const acct_mail_text_t *subject;    /* that a dialect has, or NULL: the
                                         * file's own */
} acct_mail_choice_t;

/** Fill a template in. @return APR_NOTFOUND when none is there */
apr_status_t acct_mail_templates_fill(const acct_mail_templates_t *templates,
                                      const acct_mail_choice_t *choice,
                                      const acct_mail_values_t *values,
                                      acct_mail_content_t *content,
                                      apr_pool_t *pool);

#endif
