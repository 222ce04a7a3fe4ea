/* SPDX-License-Identifier: Apache-2.0 */
#include "console/print_json.h"

#include <stdio.h>

#include "text/identifier.h"

/* jansson takes NULL for an object or value as an error and says so; the
 * mark makes it last until the object is printed. */
#define BROKEN ""

void acct_cli_json_add(json_t *object, const char *name, json_t *value)
{
    if (json_object_set_new(object, name, value) != 0 && object != NULL) {
        json_object_set_new(object, BROKEN, json_null());
    }
}

void acct_cli_json_text(json_t *object, const char *name, const char *text,
                        apr_pool_t *pool)
{
    if (text != NULL && acct_utf8_length(text) < 0) {
        text = acct_cli_visible(text, pool);
    }
    acct_cli_json_add(object, name, text != NULL ? json_string(text)
                                                 : json_null());
}

/* jansson leaves DEL as it is; it can only be inside of a text. */
static int write_text(const char *text, size_t length, void *stream)
{
    for (size_t i = 0; i < length; i++) {
        if ((text[i] == 0x7f ? fputs("\\u007F", stream)
                             : putc(text[i], stream)) == EOF) {
            return -1;
        }
    }
    return 0;
}

/* In ASCII alone: what others have written cannot act on a terminal. */
int acct_cli_json_print(const acct_cli_t *cli, json_t *json,
                        const char *before, const char *after)
{
    int good = json != NULL && json_object_get(json, BROKEN) == NULL;

    if (good) {
        fputs(before, stdout);
        good = json_dump_callback(json, write_text, stdout,
                                  JSON_COMPACT | JSON_ENSURE_ASCII) == 0;
        fputs(after, stdout);
    }
    json_decref(json);
    /* A full disk is reported at the end, where all output is looked at. */
    return good || ferror(stdout) ? ACCT_EXIT_OK
        : acct_cli_fail(cli, ACCT_EXIT_FAILED, "out of memory");
}

int acct_cli_print_list(const acct_cli_t *cli, const apr_array_header_t *list,
                        acct_json_fn to_json, acct_print_fn print)
{
    int is_json = (cli->given & ACCT_OPT_JSON) != 0;
    int how = ACCT_EXIT_OK;

    for (int i = 0; i < list->nelts && how == ACCT_EXIT_OK; i++) {
        const void *row = list->elts + (size_t)i * (size_t)list->elt_size;

        if (is_json) {
            how = acct_cli_json_print(cli, to_json(row, cli->pool),
                                      i == 0 ? "[\n  " : ",\n  ", "");
        }
        else {
            print(row, cli->pool);
        }
    }
    if (is_json && how == ACCT_EXIT_OK) {
        printf("%s]\n", list->nelts == 0 ? "[" : "\n");
    }
    return how;
}
