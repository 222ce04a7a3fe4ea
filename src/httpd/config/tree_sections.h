/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The sections of the configuration as it was read, and what each says about
 * access. Only while the configuration is checked.
 */
#ifndef ACCT_CONFIG_TREE_SECTIONS_H
#define ACCT_CONFIG_TREE_SECTIONS_H

#include <httpd.h>
#include <http_config.h>

#include "config/config.h"

typedef enum {
    ACCT_IS_LOCATION,           /* by path */
    ACCT_IS_PATTERN,            /* <LocationMatch> */
    ACCT_IS_DIRECTORY,          /* by path */
    ACCT_IS_OTHER               /* <Files>, <Proxy>, an <If> in none ... */
} acct_section_is_e;

/* Directives in <If>, <Limit> and <RequireAny> are of the section these are
 * in. Those that were not given are NULL. */
typedef struct acct_said_t {
    acct_section_is_e is;
    const char *path;           /* without quotes; of patterns the pattern */
    apr_size_t depth;           /* its length without slashes at the end */
    const ap_regex_t *pattern;
    const ap_directive_t *host; /* <VirtualHost>, or NULL: the main server's
                                 * and so every host's */
    const ap_directive_t *auth_type;
    const char *type;           /* of AuthType, the word */
    const ap_directive_t *require;  /* the first */
    acct_requires_e requires;   /* what all of them come to */
    const ap_directive_t *satisfy_any;
    const ap_directive_t *merging_or;   /* AuthMerging Or */
    const ap_directive_t *protect;  /* AcctAuthProtect On or Optional */
    const ap_directive_t *off;      /* AcctAuthProtect Off */
} acct_said_t;

/**
 * All sections that say anything, in the order in which httpd merges
 * them: the main server's before those of hosts.
 * @return acct_said_t
 */
apr_array_header_t *acct_config_sections(apr_pool_t *pool);

/** Whether two of them can be about one request: neither is of another
 *  host than the other. */
int acct_said_together(const acct_said_t *a, const acct_said_t *b);

/** Whether @a outer, by path or pattern, is about the path of @a inner
 *  too: it lies above, or is the same. */
int acct_said_covers(const acct_said_t *outer, const acct_said_t *inner);

/** Whether a path is at a place of the tree of paths, or below it. */
int acct_path_is_within(const char *path, const char *place);

#endif
