/* SPDX-License-Identifier: Apache-2.0 */
/* What a stored text of another system is; see password/password.h. */
#include <string.h>

#include <apr_strings.h>

#include "password/stored_format.h"
#include "password/scan.h"

#define DJANGO "argon2"         /* in front of a PHC string */
#define LDAP_CRYPT "{CRYPT}"

/*
 * Django's argon2 is a PHC string here, as new hashes are. One that asks for
 * more than those made elsewhere may keeps its prefix, or is given it: so it
 * is told from one that an operator's own parameters have made.
 */
static const char *kept(const char *text, int is_sound, apr_pool_t *pool)
{
    const char *at = text;

    if (is_sound) {
        return acct_scan_word(&at, DJANGO "$argon2")
            ? text + strlen(DJANGO) : text;
    }
    return acct_scan_word(&at, "$argon2") ? apr_pstrcat(pool, DJANGO, text,
                                                        NULL) : text;
}

static int is_locked(const char *stored)
{
    return *stored == '\0' || *stored == '!' || *stored == '*';
}

/* Of what LDAP has as crypt's the method says more. */
static const acct_format_t *row_of(const acct_stored_t *found,
                                   apr_pool_t *pool)
{
    acct_stored_t inner;

    return strcmp(found->format->prefix, LDAP_CRYPT) == 0
        && acct_format_find(found->rest, &inner, pool)
        ? inner.format : found->format;
}

static void describe(const acct_stored_t *found, acct_password_form_t *form,
                     apr_pool_t *pool)
{
    const acct_format_t *row = row_of(found, pool);
    acct_stored_t again = *found;
    int is_sound;

    /* by the narrower bounds of what was made elsewhere */
    if (strncmp(found->text, "$argon2", 7) == 0) {
        acct_format_find(apr_pstrcat(pool, DJANGO, found->text, NULL),
                         &again, pool);
    }
    is_sound = again.format->blank(&again, pool) != NULL;
    form->verdict = is_sound ? ACCT_PASSWORD_FORM_USABLE
                             : ACCT_PASSWORD_FORM_UNSOUND;
    form->kind = row->kind;
    form->is_weak = row->is_weak;
    form->kept = kept(found->text, is_sound, pool);
    form->reads = found->format->reads != NULL
        ? found->format->reads(found).bytes : 0;
}

void acct_password_form(const char *stored, acct_password_form_t *form,
                        apr_pool_t *pool)
{
    acct_stored_t found;

    memset(form, 0, sizeof(*form));
    form->kept = "!";
    if (stored == NULL || is_locked(stored)) {
        form->verdict = ACCT_PASSWORD_FORM_LOCKED;
        if (stored != NULL && *stored != '\0') {
            form->kept = stored;
        }
        return;
    }
    if (!acct_format_find(stored, &found, pool)) {
        form->verdict = ACCT_PASSWORD_FORM_UNKNOWN;
        return;
    }
    describe(&found, form, pool);
}
