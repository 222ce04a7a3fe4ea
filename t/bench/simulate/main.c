/* SPDX-License-Identifier: Apache-2.0 */
/*
 * simulate [slots] [epochs] [fills] [notes] [feed]
 *
 * All, when none is named.
 */
#include "sim.h"

#include <apr_general.h>
#include <stdio.h>
#include <string.h>

static const struct {
    const char *name;
    void (*run)(void);
} parts[] = {
    { "slots", simulate_slots },
    { "epochs", simulate_epochs },
    { "fills", simulate_fills },
    { "notes", simulate_notes },
    { "feed", simulate_feed }
};

#define PARTS (sizeof(parts) / sizeof(*parts))

static int is_named(const char *name, int argc, char **argv)
{
    int i;

    for (i = 1; i < argc; i++) {
        if (strcmp(argv[i], name) == 0) {
            return 1;
        }
    }
    return argc == 1;
}

static int is_known(const char *name)
{
    size_t i;

    for (i = 0; i < PARTS; i++) {
        if (strcmp(parts[i].name, name) == 0) {
            return 1;
        }
    }
    return 0;
}

int main(int argc, char **argv)
{
    size_t i;

    for (i = 1; i < (size_t)argc; i++) {
        if (!is_known(argv[i])) {
            fprintf(stderr, "simulate [slots] [epochs] [fills] [notes] "
                    "[feed]\n");
            return 2;
        }
    }
    setvbuf(stdout, NULL, _IOLBF, 0);
    if (apr_initialize() != APR_SUCCESS) {
        return 1;
    }
    for (i = 0; i < PARTS; i++) {
        if (is_named(parts[i].name, argc, argv)) {
            printf("== %s ==\n", parts[i].name);
            parts[i].run();
            printf("\n");
        }
    }
    return 0;
}
