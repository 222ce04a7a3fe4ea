/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Mistakes in dialect files, and what is said of each.
 */
#ifndef ACCT_DIALECT_MISTAKES_H
#define ACCT_DIALECT_MISTAKES_H

#include "dialect_files.h"

typedef struct bad_t {
    const char *json;
    const char *where;          /* behind "FILE: " */
    const char *remedy;
} bad_t;

static inline void assert_told(const bad_t *bad, int count, void **state)
{
    const char *folder = folder_with_base(*state);
    const char *path, *errors, *line, *next;
    apr_status_t status;
    int i, failed = 0;

    for (i = 0; i < count; i++) {
        path = write_file(folder, "x.json", bad[i].json, strlen(bad[i].json),
                          *state);
        errors = errors_of(path, &status, *state);
        line = strstr(errors, apr_pstrcat(*state, path, ": ", bad[i].where,
                                          NULL));
        next = line != NULL ? strstr(line, bad[i].remedy) : NULL;
        if (!APR_STATUS_IS_EINVAL(status) || next == NULL
            || strchr(line, '\n') < next) {
            print_error("%s\n  expected %s...%s\n  got %s\n", bad[i].json,
                        bad[i].where, bad[i].remedy, errors);
            failed++;
        }
    }
    remove_folder(folder, *state);
    assert_int_equal(failed, 0);
}

#endif
