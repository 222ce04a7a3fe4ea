/* SPDX-License-Identifier: Apache-2.0 */
/*
 * JSON that the command prints.
 */
#ifndef ACCT_CLI_JSON_H
#define ACCT_CLI_JSON_H

#include <apr_tables.h>
#include <jansson.h>
#include "console/cli.h"

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

/* A row as an object; as a line on standard output. */
typedef json_t *(*acct_json_fn)(const void *row, apr_pool_t *pool);
typedef void (*acct_print_fn)(const void *row, apr_pool_t *pool);

/**
 * Print rows: with --json as an array, an object a line, else as lines.
 * @param list array of what the functions take
 * @return ACCT_EXIT_OK, or another after saying what is wrong
 */
int acct_cli_print_list(const acct_cli_t *cli, const apr_array_header_t *list,
                        acct_json_fn to_json, acct_print_fn print);

#endif
