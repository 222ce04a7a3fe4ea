/* SPDX-License-Identifier: Apache-2.0 */
/*
 * JSON that the command prints.
 */
#ifndef ACCT_CLI_JSON_H
#define ACCT_CLI_JSON_H

#include <jansson.h>
#include "cli.h"

/** Add a member; takes @a value over. Without memory the object is left
 *  short of it, which acct_cli_json_print() finds. */
void acct_cli_json_add(json_t *object, const char *name, json_t *value);

/** Add text, or null for NULL. What is not UTF-8 appears as escapes. */
void acct_cli_json_text(json_t *object, const char *name, const char *text,
                        apr_pool_t *pool);

/**
 * Print @a json in one line between two texts, and free it.
 * @return ACCT_EXIT_OK, or another after saying what is wrong
 */
int acct_cli_json_print(const acct_cli_t *cli, json_t *json,
                        const char *before, const char *after);

#endif
