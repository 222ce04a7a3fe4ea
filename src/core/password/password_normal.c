/* SPDX-License-Identifier: Apache-2.0 */
/* The form that new hashes are made of; see password/password.h. */
#include "password/password.h"

#include <string.h>

#include <openssl/crypto.h>

#include "text/identifier.h"

const char *acct_password_normal(const char *password, apr_pool_t *pool)
{
    char *normal;

    if (acct_compose(password, &normal, pool) != APR_SUCCESS) {
        return password;
    }
    if (strcmp(normal, password) == 0) {
        OPENSSL_cleanse(normal, strlen(normal));
        return password;
    }
    return normal;
}

void acct_password_wipe_normal(const char *password, const char *normal)
{
    if (normal != password) {
        /* the copy is ours; const is for its readers */
        OPENSSL_cleanse((char *)normal, strlen(normal));
    }
}
