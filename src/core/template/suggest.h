/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Words of a file in what is said about it. Safe from any thread.
 */
#ifndef ACCT_SUGGEST_H
#define ACCT_SUGGEST_H

#include <apr_pools.h>

/** The nearest of @a names (NULL-terminated) to a misspelt @a word, as
 *  the end of a sentence: 'did you mean "x"?', or a list of all. */
const char *acct_suggest(const char *word, const char *const *names,
                         apr_pool_t *pool);

/** @a text fit for a line of output: no controls, not too long. */
const char *acct_shown(const char *text, apr_pool_t *pool);

/** @a text with its controls spelled as in JSON, whatever its length. */
const char *acct_without_controls(const char *text, apr_pool_t *pool);

#endif
