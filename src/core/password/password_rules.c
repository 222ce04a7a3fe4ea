/* SPDX-License-Identifier: Apache-2.0 */
/* The rules for new passwords; see password/password.h. */
#include "password/password.h"

#include <string.h>

#include <apr_file_io.h>
#include <apr_strings.h>
#include <openssl/crypto.h>

#include "base/plain_file.h"
#include "text/identifier.h"

#define SIMILAR_MIN 4           /* characters */
#define SIGNS " \t!\"#$%&'()*+,-./:;<=>?@[\\]^_`{|}~"

/* ---------------------------------------------------------- the block list */

/* One line of a block list; a sentence about it when it is no good. */
static const char *add_line(apr_hash_t *list, char *line,
                            apr_pool_t *scratch)
{
    apr_pool_t *pool = apr_hash_pool_get(list);
    const char *word;
    size_t length = strlen(line);

    if (length > ACCT_PASSWORD_MAX + 1) {
        return "is longer than a password can be (1024 bytes)";
    }
    if (length > 0 && line[length - 1] == '\n') {
        line[--length] = '\0';
    }
    if (length > 0 && line[length - 1] == '\r') {
        line[--length] = '\0';
    }
    if (length == 0) {
        return NULL;
    }
    if (acct_fold(line, &word, scratch) != APR_SUCCESS) {
        return "is not UTF-8: convert the file";
    }
    word = apr_pstrdup(pool, word);
    apr_hash_set(list, word, APR_HASH_KEY_STRING, word);
    return NULL;
}

apr_status_t acct_password_block_list_read(const char *path,
                                           apr_hash_t **list,
                                           apr_pool_t *pool,
                                           const char **error)
{
    char line[ACCT_PASSWORD_MAX + 4], reason[120];
    apr_hash_t *made = apr_hash_make(pool);
    const char *wrong = NULL;
    apr_pool_t *scratch;
    apr_file_t *file;
    apr_status_t status;
    int number = 0;

    status = acct_plain_file_open(&file, path, APR_FOPEN_BUFFERED, pool);
    if (status == APR_EINVAL) {
        *error = apr_psprintf(pool, "%s: is no file; name a list of blocked "
                              "passwords, one a line", path);
        return status;
    }
    if (status != APR_SUCCESS) {
        *error = apr_psprintf(pool, "%s: cannot open the list of blocked "
                              "passwords: %s", path,
                              apr_strerror(status, reason, sizeof(reason)));
        return status;
    }
    apr_pool_create(&scratch, pool);
    while (wrong == NULL
           && (status = apr_file_gets(line, sizeof(line), file))
              == APR_SUCCESS) {
        number++;
        wrong = add_line(made, line, scratch);
        apr_pool_clear(scratch);
    }
    apr_pool_destroy(scratch);
    apr_file_close(file);       /* only read from: nothing can be lost */
    if (wrong != NULL) {
        *error = apr_psprintf(pool, "%s: line %d %s", path, number, wrong);
        return APR_EINVAL;
    }
    if (status != APR_EOF) {
        *error = apr_psprintf(pool, "%s: cannot read the list of blocked "
                              "passwords: %s", path,
                              apr_strerror(status, reason, sizeof(reason)));
        return status;
    }
    *list = made;
    return APR_SUCCESS;
}

/* -------------------------------------------------------------- similarity */

static int is_inside(const char *small, const char *large)
{
    return acct_utf8_length(small) >= SIMILAR_MIN
           && strstr(large, small) != NULL;
}

static int is_like(const char *password, const char *value)
{
    return *value != '\0'
           && (strcmp(password, value) == 0 || is_inside(value, password)
               || is_inside(password, value));
}

static int is_like_a_word(const char *password, const char *value,
                          apr_pool_t *pool)
{
    char *state, *word = apr_pstrdup(pool, value);

    for (word = apr_strtok(word, SIGNS, &state); word != NULL;
         word = apr_strtok(NULL, SIGNS, &state)) {
        if (is_like(password, word)) {
            return 1;
        }
    }
    return 0;
}

/* Folded password against one value of the account. */
static int is_similar(const char *password, const char *own,
                      apr_pool_t *pool)
{
    const char *value, *at;

    if (acct_fold(own, &value, pool) != APR_SUCCESS) {
        return 0;               /* no text: no one can type it */
    }
    if (is_like(password, value)) {
        return 1;
    }
    if ((at = strrchr(value, '@')) != NULL) {
        value = apr_pstrmemdup(pool, value, (apr_size_t)(at - value));
        if (is_like(password, value)) {
            return 1;
        }
    }
    return is_like_a_word(password, value, pool);
}

/* ---------------------------------------------------------------- verdict */

/* @return which of the account's own values it is like, or -1 */
static int find_similar(const char *password, const char *const *own,
                        apr_pool_t *pool)
{
    int i;

    for (i = 0; own != NULL && own[i] != NULL; i++) {
        if (is_similar(password, own[i], pool)) {
            return i;
        }
    }
    return -1;
}

/* The rules that compare: a folded password. */
static uint32_t judge_folded(const acct_password_rules_t *rules,
                             const char *password, const char *const *own,
                             int *like, apr_pool_t *pool)
{
    uint32_t problems = 0;
    int similar = rules->not_similar ? find_similar(password, own, pool)
                                     : -1;

    if (rules->block_list != NULL
        && apr_hash_get(rules->block_list, password, APR_HASH_KEY_STRING)
           != NULL) {
        problems |= ACCT_PROBLEM_BIT(ACCT_PROBLEM_TOO_COMMON);
    }
    if (similar >= 0) {
        problems |= ACCT_PROBLEM_BIT(ACCT_PROBLEM_TOO_SIMILAR);
        if (like != NULL) {
            *like = similar;
        }
    }
    return problems;
}

/* As the same characters, whatever keyboard spelled them. No UTF-8 has
 * length -1: too short for any rule about it. */
static int is_too_short(const acct_password_rules_t *rules,
                        const char *password, apr_pool_t *pool)
{
    const char *normal;
    int length;

    if (rules->min_length <= 0) {
        return 0;
    }
    normal = acct_password_normal(password, pool);
    length = acct_utf8_length(normal);
    acct_password_wipe_normal(password, normal);
    return length < rules->min_length;
}

uint32_t acct_password_judge(const acct_password_rules_t *rules,
                             const char *password, const char *const *own,
                             int *like, apr_pool_t *pool)
{
    const char *folded;
    uint32_t problems = 0;

    if (rules == NULL) {
        return 0;
    }
    if (is_too_short(rules, password, pool)) {
        problems |= ACCT_PROBLEM_BIT(ACCT_PROBLEM_TOO_SHORT);
    }
    if (rules->not_numeric && acct_text_is_numeric(password)) {
        problems |= ACCT_PROBLEM_BIT(ACCT_PROBLEM_TOO_NUMERIC);
    }
    if ((rules->block_list != NULL || rules->not_similar)
        && acct_fold(password, &folded, pool) == APR_SUCCESS) {
        problems |= judge_folded(rules, folded, own, like, pool);
        OPENSSL_cleanse((char *)folded, strlen(folded));
    }
    return problems;
}
