/* SPDX-License-Identifier: Apache-2.0 */
/* htpasswd files: "name:hash", as mod_authn_file reads them; see
 * transfer/transfer.h. */
#include "transfer/transfer.h"

#include <apr_strings.h>
#include <openssl/crypto.h>
#include <stdio.h>
#include <string.h>

#define LINE_MAX_BYTES 8192

/* Up to the next colon counts. A name that stands there twice: the first
 * line, which the work database sees to. */
static apr_status_t take_line(acct_import_t *import, char *line)
{
    char *colon = strchr(line, ':');
    acct_source_account_t source = { .is_active = 1 };

    if (*line == '\0' || *line == '#') {
        return APR_SUCCESS;
    }
    if (colon == NULL || colon == line) {
        import->seen.bad_lines++;
        return APR_SUCCESS;
    }
    *colon = '\0';
    colon[1 + strcspn(colon + 1, ":")] = '\0';
    source.key = source.username = line;
    source.password = colon + 1;
    return acct_import_account(import, &source);
}

apr_status_t acct_import_read_htpasswd(acct_import_t *import, void *stream)
{
    FILE *file = stream;
    char *line = apr_palloc(import->pool, LINE_MAX_BYTES);
    apr_status_t status = APR_SUCCESS;

    while (status == APR_SUCCESS
           && fgets(line, LINE_MAX_BYTES, file) != NULL) {
        size_t length = strlen(line);

        if (length == LINE_MAX_BYTES - 1 && line[length - 1] != '\n') {
            import->error = "a line is too long: this is no htpasswd file";
            status = APR_EINVAL;
            break;
        }
        while (length > 0 && (line[length - 1] == '\n'
                              || line[length - 1] == '\r')) {
            line[--length] = '\0';
        }
        status = take_line(import, line);
        apr_pool_clear(import->row);
    }
    OPENSSL_cleanse(line, LINE_MAX_BYTES);
    return status;
}
