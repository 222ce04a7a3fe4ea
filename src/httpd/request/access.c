/* SPDX-License-Identifier: Apache-2.0 */
#include "request/access.h"

#include <string.h>

#include "config/mount.h"

/* Whether a pattern is about what a mount lies in, and so about the mount
 * as a part of it: it matches the path that the mount is in as it does the
 * mount's own. "^/mount/part" is not. */
static int is_pattern_above(const ap_regex_t *pattern,
                            const acct_mount_t *mount)
{
    char parent[HUGE_STRING_LEN];
    apr_size_t length = mount->length - 1;

    while (length > 0 && mount->path[length - 1] != '/') {
        length--;
    }
    if (length == 0 || length >= sizeof(parent)) {
        return 0;
    }
    memcpy(parent, mount->path, length);
    parent[length] = '\0';
    return ap_regexec(pattern, parent, 0, NULL, 0) == 0
        && ap_regexec(pattern, mount->path, 0, NULL, 0) == 0;
}

/* Whether a section that applies to a request below a mount is further up
 * than it. All the paths of such sections are on one way. */
static int is_above(const acct_section_t *section, const acct_mount_t *mount)
{
    switch (section->kind) {
    case ACCT_SECTION_PATH:
        return section->depth < mount->length - 1;
    case ACCT_SECTION_PATTERN:
        return is_pattern_above(section->pattern, mount);
    case ACCT_SECTION_SERVER:
        /* What its condition is about only the operator knows; it may be
         * just these routes. */
    case ACCT_SECTION_WILDCARD:
    case ACCT_SECTION_FOLDER:
        break;
    }
    return 0;
}

/* What is looked for among the sections of a request. */
typedef int (*matches_fn)(const acct_dir_conf_t *section);

/* The last section that matches, of those that are not above a mount
 * (NULL: of all), or NULL. */
static const acct_dir_conf_t *last_section(const acct_dir_conf_t *conf,
                                           const acct_mount_t *mount,
                                           matches_fn matches)
{
    const acct_dir_conf_t *found;

    while (conf != NULL && conf->section == NULL) {
        found = conf->later != NULL
            ? last_section(conf->later, mount, matches) : NULL;
        if (found != NULL) {
            return found;
        }
        conf = conf->earlier;
    }
    return conf != NULL && matches(conf)
        && (mount == NULL || !is_above(conf->section, mount)) ? conf : NULL;
}

static int protects(const acct_dir_conf_t *section)
{
    return section->protect != ACCT_PROTECT_UNSET;
}

static int asks_for_user(const acct_dir_conf_t *section)
{
    return section->authenticates || section->requires == ACCT_REQUIRES_USER;
}

static int requires_something(const acct_dir_conf_t *section)
{
    return section->requires != ACCT_REQUIRES_NOTHING;
}

acct_protect_e acct_access_protect_near_api(const request_rec *r)
{
    const acct_dir_conf_t *conf = acct_dir_conf(r);
    acct_below_t below;

    if (acct_mount_is_route(r, &below)) {
        conf = last_section(conf, below.mount, protects);
        return conf != NULL ? conf->protect : ACCT_PROTECT_UNSET;
    }
    return conf->htaccess > conf->protect ? conf->htaccess : conf->protect;
}

int acct_access_is_exempt_near_api(const request_rec *r)
{
    acct_below_t below;

    return acct_mount_is_route(r, &below)
        && last_section(acct_dir_conf(r), below.mount, asks_for_user)
           == NULL;
}

static int wants_user(const acct_dir_conf_t *section)
{
    return section->requires == ACCT_REQUIRES_USER;
}

int acct_access_says_anything(const request_rec *r)
{
    const acct_dir_conf_t *conf = acct_dir_conf(r);

    return conf->section != NULL || conf->later != NULL
        || conf->earlier != NULL;
}

int acct_access_asked_for_user(const request_rec *r)
{
    return !acct_access_is_exempt(r)
        && last_section(acct_dir_conf(r), NULL, wants_user) != NULL;
}

int acct_access_is_granted_over(const request_rec *r)
{
    const acct_dir_conf_t *conf = acct_dir_conf(r);
    const acct_dir_conf_t *asks = last_section(conf, NULL, wants_user);
    const acct_dir_conf_t *last = last_section(conf, NULL,
                                               requires_something);

    if (asks == NULL || last->requires != ACCT_REQUIRES_GRANTED) {
        return 0;
    }
    if (asks->section->kind != ACCT_SECTION_PATH) {
        return last->section->kind == ACCT_SECTION_PATH
            && last->section->depth == 0;
    }
    return last->section->kind == ACCT_SECTION_FOLDER
        || (last->section->kind == ACCT_SECTION_PATH
            && last->section->depth < asks->section->depth);
}

int acct_access_has_require(const request_rec *r)
{
    return last_section(acct_dir_conf(r), NULL, requires_something) != NULL;
}
