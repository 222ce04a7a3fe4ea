/* SPDX-License-Identifier: Apache-2.0 */
/*
 * What is said of a file that others can get at, and what to type; and ways
 * to a file that are odd. What is found, and what is safe, is for
 * test_file_safety.c.
 */
#include "apr_fixture.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include <apr_strings.h>

#include "base/file_safety.h"

#define STRANGER 4711

typedef struct place_t {
    apr_pool_t *pool;
    char folder[64];
} place_t;

static int begin_words(void **state)
{
    place_t *place = calloc(1, sizeof(*place));

    *state = place;
    return apr_pool_create(&place->pool, NULL) != APR_SUCCESS;
}

static int end_words(void **state)
{
    place_t *place = *state;

    apr_pool_destroy(place->pool);
    free(place);
    return 0;
}

static acct_unsafe_t unsafe(acct_unsafe_e what, const char *path)
{
    acct_unsafe_t found = { .what = what };

    snprintf(found.path, sizeof(found.path), "%s", path);
    return found;
}

/* ------------------------------------------------------------------ words */

static void each_danger_is_told_with_its_path(void **state)
{
    static const struct {
        acct_unsafe_e what;
        mode_t mode;
        const char *words;
    } t[] = {
        { ACCT_UNSAFE_OWNER, 0, "/a/b belongs to another user than root or "
          "the one that httpd's children run as" },
        { ACCT_UNSAFE_MODE, 0100644, "/a/b can be read or written by others "
          "than its owner (mode 644)" },
        { ACCT_UNSAFE_FOLDER_OWNER, 0, "the folder /a/b belongs to another "
          "user, who can put another file in its place" },
        { ACCT_UNSAFE_FOLDER_MODE, 01777, "others can write to the folder "
          "/a/b (mode 1777), and so put another file in its place" },
        { ACCT_UNSAFE_LINK, 0, "the symbolic link /a/b belongs to another "
          "user, who can make it lead elsewhere" }
    };
    const place_t *place = *state;

    for (size_t i = 0; i < sizeof(t) / sizeof(*t); i++) {
        acct_unsafe_t found = unsafe(t[i].what, "/a/b");

        found.mode = t[i].mode;
        assert_string_equal(acct_unsafe_words(&found, place->pool),
                            t[i].words);
    }
}

static void each_danger_has_its_command(void **state)
{
    static const struct {
        acct_unsafe_e what;
        mode_t mode;
        int group_may, is_last;
        const char *command;
    } t[] = {
        { ACCT_UNSAFE_OWNER, 0, 0, 0, "chown www-data /a/b" },
        { ACCT_UNSAFE_MODE, 0666, 0, 0, "chmod 600 /a/b" },
        /* a group that may, and has nothing to lose */
        { ACCT_UNSAFE_MODE, 0604, 1, 0, "chmod 600 /a/b" },
        { ACCT_UNSAFE_MODE, 0644, 1, 0, "chmod 600 /a/b" },
        /* and one that works with it */
        { ACCT_UNSAFE_MODE, 0666, 1, 0, "chmod o-rwx /a/b" },
        { ACCT_UNSAFE_FOLDER_OWNER, 0, 0, 0, "chown root /a/b" },
        { ACCT_UNSAFE_FOLDER_OWNER, 0, 0, 1, "chown www-data /a/b" },
        { ACCT_UNSAFE_FOLDER_MODE, 0777, 0, 0, "chmod go-w /a/b" },
        { ACCT_UNSAFE_FOLDER_MODE, 0777, 1, 0, "chmod o-w /a/b" },
        { ACCT_UNSAFE_LINK, 0, 0, 0, "chown -h root /a/b" }
    };
    const place_t *place = *state;

    for (size_t i = 0; i < sizeof(t) / sizeof(*t); i++) {
        acct_unsafe_t found = unsafe(t[i].what, "/a/b");

        found.mode = t[i].mode;
        found.group_may = t[i].group_may;
        found.is_last = t[i].is_last;
        assert_string_equal(acct_unsafe_remedy(&found, "www-data",
                                               place->pool), t[i].command);
    }
}

static void a_path_is_pasted_as_one_word(void **state)
{
    const place_t *place = *state;
    acct_unsafe_t found = unsafe(ACCT_UNSAFE_LINK, "/a b/it's");

    assert_string_equal(acct_unsafe_remedy(&found, "root", place->pool),
                        "chown -h root '/a b/it'\\''s'");
}

/* ------------------------------------------------------------------- ways */

/* How many dangers a way has where all is ours, and in root's folders. */
static int dangers(const char *path)
{
    acct_trusted_t us = { .user = geteuid(), .owner = geteuid() };
    acct_unsafe_t found[4];

    return acct_file_safety(path, ACCT_SECRET_FILE, &us, found, 4);
}

static const char *in(const place_t *place, const char *name)
{
    return apr_pstrcat(place->pool, place->folder, name, NULL);
}

static void write_file(const char *path, mode_t mode)
{
    FILE *file = fopen(path, "w");

    assert_non_null(file);
    fclose(file);
    assert_int_equal(chmod(path, mode), 0);
}

static int begin(void **state)
{
    place_t *place;
    int rv = begin_words(state);

    place = *state;
    strcpy(place->folder, "/tmp/acctauth-way-XXXXXX");
    if (rv != 0 || mkdtemp(place->folder) == NULL
        || mkdir(in(place, "/sub"), 0700) != 0) {
        return -1;
    }
    write_file(in(place, "/open"), 0666);
    return 0;
}

static int end(void **state)
{
    place_t *place = *state;

    assert_int_equal(system(apr_pstrcat(place->pool, "rm -rf ",
                                        place->folder, NULL)), 0);
    return end_words(state);
}

static void dots_and_doubled_slashes_lead_to_the_same_file(void **state)
{
    const place_t *place = *state;

    assert_int_equal(dangers(in(place, "/open")), 1);
    assert_int_equal(dangers(in(place, "/./open")), 1);
    assert_int_equal(dangers(in(place, "//sub/..//open")), 1);
    assert_int_equal(dangers(apr_pstrcat(place->pool, "/..",
                                         place->folder, "/open", NULL)), 1);
}

static void what_is_no_path_has_nothing_to_say(void **state)
{
    const place_t *place = *state;
    char *longest = apr_palloc(place->pool, PATH_MAX + 1);

    memset(longest, '/', PATH_MAX);
    longest[PATH_MAX] = '\0';
    assert_int_equal(dangers("open"), 0);
    assert_int_equal(dangers(""), 0);
    assert_int_equal(dangers("/"), 0);
    assert_int_equal(dangers(longest), 0);
}

static void a_way_that_a_link_makes_too_long_ends(void **state)
{
    const place_t *place = *state;
    char *rest = apr_palloc(place->pool, PATH_MAX);

    assert_int_equal(symlink("sub/../sub/../sub/..", in(place, "/link")), 0);
    assert_int_equal(dangers(in(place, "/link/open")), 1);
    /* what is left of the way has no room behind what the link says */
    memset(rest, 'a', PATH_MAX);
    snprintf(rest, 32, "/link/");
    rest[6] = 'a';
    rest[PATH_MAX - 1 - strlen(place->folder) - 1] = '\0';
    assert_int_equal(dangers(in(place, rest)), 0);
}

static void a_strangers_link_is_told(void **state)
{
    const place_t *place = *state;
    acct_trusted_t us = { .user = geteuid(), .owner = geteuid() };
    const char *link = in(place, "/link");
    acct_unsafe_t found[4];

    if (geteuid() != 0) {
        skip_because("only root can give a link away");
    }
    write_file(in(place, "/closed"), 0600);
    assert_int_equal(symlink("closed", link), 0);
    assert_int_equal(acct_file_safety(link, ACCT_SECRET_FILE, &us, found, 4),
                     0);
    assert_int_equal(lchown(link, STRANGER, STRANGER), 0);
    assert_int_equal(acct_file_safety(link, ACCT_SECRET_FILE, &us, found, 4),
                     1);
    assert_int_equal(found[0].what, ACCT_UNSAFE_LINK);
    assert_string_equal(found[0].path, link);
}

static void no_more_is_noted_than_there_is_room_for(void **state)
{
    const place_t *place = *state;
    acct_trusted_t us = { .user = geteuid(), .owner = geteuid() };
    acct_unsafe_t found[2];

    assert_int_equal(chmod(place->folder, 0777), 0);
    assert_int_equal(chmod(in(place, "/sub"), 0777), 0);
    write_file(in(place, "/sub/open"), 0666);
    memset(found, 0x55, sizeof(found));
    assert_int_equal(acct_file_safety(in(place, "/sub/open"),
                                      ACCT_SECRET_FILE, &us, found, 1), 1);
    assert_int_equal(found[1].path[0], 0x55);
    assert_int_equal(acct_file_safety(in(place, "/sub/open"),
                                      ACCT_SECRET_FILE, &us, found, 2), 2);
}

#define WAY(name) cmocka_unit_test_setup_teardown(name, begin, end)
#define WORDS(name) \
    cmocka_unit_test_setup_teardown(name, begin_words, end_words)

int main(void)
{
    const struct CMUnitTest tests[] = {
        WORDS(each_danger_is_told_with_its_path),
        WORDS(each_danger_has_its_command),
        WORDS(a_path_is_pasted_as_one_word),
        WAY(dots_and_doubled_slashes_lead_to_the_same_file),
        WAY(what_is_no_path_has_nothing_to_say),
        WAY(a_way_that_a_link_makes_too_long_ends),
        WAY(a_strangers_link_is_told),
        WAY(no_more_is_noted_than_there_is_room_for)
    };

    return cmocka_run_group_tests(tests, begin_apr, end_apr);
}
