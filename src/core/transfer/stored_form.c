/* SPDX-License-Identifier: Apache-2.0 */
#include "transfer/stored_form.h"

#include <apr_strings.h>
#include <string.h>

typedef struct form_t {
    const char *prefix;
    const char *kind;
    acct_stored_form_e form;
} form_t;

/* A longer prefix comes before one that it begins with. */
static const form_t forms[] = {
    { "$argon2id$", "argon2id", ACCT_STORED_GOOD },
    { "$argon2i$", "argon2i", ACCT_STORED_GOOD },
    { "$argon2d$", "argon2d", ACCT_STORED_GOOD },
    { "pbkdf2_sha256$", "pbkdf2_sha256", ACCT_STORED_GOOD },
    { "pbkdf2_sha512$", "pbkdf2_sha512", ACCT_STORED_GOOD },
    { "pbkdf2_sha1$", "pbkdf2_sha1", ACCT_STORED_GOOD },
    { "scrypt$", "scrypt", ACCT_STORED_GOOD },
    { "bcrypt_sha256$", "bcrypt_sha256", ACCT_STORED_GOOD },
    { "bcrypt$", "bcrypt", ACCT_STORED_GOOD },
    { "$2a$", "bcrypt", ACCT_STORED_GOOD },
    { "$2b$", "bcrypt", ACCT_STORED_GOOD },
    { "$2y$", "bcrypt", ACCT_STORED_GOOD },
    { "$wp$", "wordpress", ACCT_STORED_GOOD },
    { "$5$", "sha256_crypt", ACCT_STORED_GOOD },
    { "$6$", "sha512_crypt", ACCT_STORED_GOOD },
    { "$y$", "yescrypt", ACCT_STORED_GOOD },
    { "$gy$", "gost_yescrypt", ACCT_STORED_GOOD },
    { "$7$", "scrypt", ACCT_STORED_GOOD },
    { "$pbkdf2-", "pbkdf2", ACCT_STORED_GOOD },
    { "$pbkdf2$", "pbkdf2", ACCT_STORED_GOOD },
    { "$scrypt$", "scrypt", ACCT_STORED_GOOD },
    { "$bcrypt-sha256$", "bcrypt_sha256", ACCT_STORED_GOOD },
    { "pbkdf2:", "pbkdf2", ACCT_STORED_GOOD },
    { "scrypt:", "scrypt", ACCT_STORED_GOOD },
    { "md5$", "md5", ACCT_STORED_WEAK },
    { "sha1$", "sha1", ACCT_STORED_WEAK },
    { "crypt$", "des_crypt", ACCT_STORED_WEAK },
    { "$apr1$", "apr1", ACCT_STORED_WEAK },
    { "$1$", "md5_crypt", ACCT_STORED_WEAK },
    { "$P$", "phpass", ACCT_STORED_WEAK },
    { "$H$", "phpass", ACCT_STORED_WEAK },
    { "{SHA}", "sha", ACCT_STORED_WEAK },
    { "{SSHA}", "ssha", ACCT_STORED_WEAK },
    { "{SSHA256}", "ssha256", ACCT_STORED_WEAK },
    { "{SSHA512}", "ssha512", ACCT_STORED_WEAK },
    { "{SMD5}", "smd5", ACCT_STORED_WEAK },
    { "{MD5}", "md5", ACCT_STORED_WEAK },
    { "{CRYPT}", "crypt", ACCT_STORED_GOOD }
};

#define HEX "0123456789abcdefABCDEF"
#define CRYPT \
    "./0123456789ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz"

static const form_t *find(const char *stored)
{
    for (size_t i = 0; i < sizeof(forms) / sizeof(*forms); i++) {
        if (strncmp(stored, forms[i].prefix, strlen(forms[i].prefix)) == 0) {
            return &forms[i];
        }
    }
    return NULL;
}

static int is_all(const char *text, size_t length, const char *of)
{
    return strlen(text) == length && strspn(text, of) == length;
}

/* What says by itself that nothing matches: crypt(3) marks failures by '*',
 * Django and shadow files lock by '!'. */
static int is_unusable(const char *stored)
{
    return *stored == '\0' || *stored == '!' || *stored == '*';
}

static const char *with_prefix(const char *stored, apr_pool_t *pool)
{
    if (strncmp(stored, "argon2$argon2", 13) == 0) {
        return stored + 6;      /* Django's, of what is a PHC string */
    }
    if (is_all(stored, 32, HEX)) {
        return apr_pstrcat(pool, "md5$$", stored, NULL);
    }
    if (is_all(stored, 13, CRYPT)
        || (*stored == '_' && is_all(stored + 1, 19, CRYPT))) {
        return apr_pstrcat(pool, "crypt$$", stored, NULL);
    }
    return stored;
}

acct_stored_form_e acct_stored_form(const char *stored, const char **kept,
                                    apr_pool_t *pool)
{
    const char *whole;
    const form_t *form;

    *kept = "!";
    if (stored == NULL || is_unusable(stored)) {
        *kept = stored != NULL && *stored != '\0' ? stored : "!";
        return ACCT_STORED_UNUSABLE;
    }
    whole = with_prefix(stored, pool);
    /* Django's "argon2$argon2id$" is "$argon2id$" here */
    form = find(whole);
    if (form == NULL) {
        return ACCT_STORED_UNSUPPORTED;
    }
    *kept = whole;
    return form->form;
}

const char *acct_stored_kind(const char *stored)
{
    const form_t *form = find(stored);

    return form != NULL ? form->kind : "unusable";
}
