/* SPDX-License-Identifier: Apache-2.0 */
/* The way to a file of the command's, and which users can change it. */
#include "apr_fixture.h"

#include <apr_strings.h>
#include <errno.h>
#include <fcntl.h>
#include <grp.h>
#include <pwd.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "cli/files/folder.h"

#define SOMEBODY 54321          /* a user, and a group, that need not exist */

typedef struct place_t {
    apr_pool_t *pool;
    char top[48];               /* root's, in root's /tmp */
    acct_folder_t folder;       /* of the last way */
} place_t;

static const char *in(const place_t *place, const char *name)
{
    return apr_pstrcat(place->pool, place->top, name, NULL);
}

static int begin(void **state)
{
    place_t *place = calloc(1, sizeof(*place));

    *state = place;
    strcpy(place->top, "/tmp/acctauth-folder-XXXXXX");
    return apr_pool_create(&place->pool, NULL) != APR_SUCCESS
        || mkdtemp(place->top) == NULL
        || mkdir(in(place, "/a"), 0755) != 0
        || mkdir(in(place, "/a/b"), 0755) != 0;
}

static int end(void **state)
{
    place_t *place = *state;
    int rv = system(apr_pstrcat(place->pool, "rm -rf ", place->top, NULL));

    apr_pool_destroy(place->pool);
    free(place);
    return rv;
}

static apr_status_t go(place_t *place, const char *path, int follow)
{
    return acct_folder_open(&place->folder, in(place, path), follow,
                            place->pool);
}

/* The way leads to a file of that name in that folder. */
static void assert_leads(place_t *place, const char *path, int follow,
                         const char *folder, const char *name)
{
    struct stat want;

    assert_int_equal(go(place, path, follow), APR_SUCCESS);
    assert_int_equal(stat(in(place, folder), &want), 0);
    assert_int_equal(place->folder.info.st_ino, want.st_ino);
    assert_int_equal(place->folder.info.st_dev, want.st_dev);
    assert_string_equal(place->folder.name, name);
    assert_true(place->folder.fd >= 0);
}

static void touch(const char *path)
{
    int fd = open(path, O_WRONLY | O_CREAT | O_CLOEXEC, 0600);

    assert_true(fd >= 0);
    close(fd);
}

static void as_root(void)
{
    if (geteuid() != 0) {
        skip_because("only root can give folders away");
    }
}

/* -------------------------------------------------------------- the way */

static void a_file_need_not_be_there(void **state)
{
    place_t *place = *state;

    assert_leads(place, "/a/b/file", 0, "/a/b", "file");
    touch(in(place, "/a/b/file"));
    assert_leads(place, "/a/b/file", 0, "/a/b", "file");
    assert_leads(place, "/a/b/file", 1, "/a/b", "file");
}

static void dots_and_doubled_slashes_lead_to_the_same_folder(void **state)
{
    place_t *place = *state;

    assert_leads(place, "//a/./b//file", 0, "/a/b", "file");
    assert_leads(place, "/a/b/../file", 0, "/a", "file");
    assert_leads(place, "/a/b/../../a/file", 0, "/a", "file");
    /* above the top there is the top */
    assert_int_equal(acct_folder_open(&place->folder,
                                      apr_pstrcat(place->pool, "/../..",
                                                  place->top, "/file", NULL),
                                      0, place->pool), APR_SUCCESS);
    assert_string_equal(place->folder.name, "file");
}

static void a_folder_is_no_file(void **state)
{
    place_t *place = *state;

    assert_int_equal(go(place, "/a/.", 0), EISDIR);
    assert_int_equal(go(place, "/a/..", 0), EISDIR);
    assert_int_equal(acct_folder_open(&place->folder, "/", 0, place->pool),
                     EISDIR);
    assert_null(place->folder.name);
}

static void what_is_in_the_way_is_told(void **state)
{
    place_t *place = *state;

    touch(in(place, "/a/file"));
    assert_int_equal(go(place, "/none/file", 0), ENOENT);
    assert_int_equal(go(place, "/a/file/below", 0), ENOTDIR);
}

/* ---------------------------------------------------------------- links */

static void links_on_the_way_are_followed(void **state)
{
    place_t *place = *state;

    assert_int_equal(symlink("a/b", in(place, "/near")), 0);
    assert_int_equal(symlink(in(place, "/a"), in(place, "/far")), 0);
    assert_int_equal(symlink("../far/b", in(place, "/a/back")), 0);
    assert_leads(place, "/near/file", 0, "/a/b", "file");
    assert_leads(place, "/far/file", 0, "/a", "file");
    assert_leads(place, "/a/back/file", 0, "/a/b", "file");
    /* The folders are ours: foreign to root unless that is us. */
    assert_int_equal(place->folder.foreign_link, geteuid() != 0);
}

static void a_link_in_the_place_of_the_file_is_followed_if_asked(
    void **state)
{
    place_t *place = *state;

    assert_int_equal(symlink("b/target", in(place, "/a/link")), 0);
    assert_leads(place, "/a/link", 0, "/a", "link");
    assert_leads(place, "/a/link", 1, "/a/b", "target");
}

static void links_that_go_round_end(void **state)
{
    place_t *place = *state;

    assert_int_equal(symlink("two", in(place, "/one")), 0);
    assert_int_equal(symlink("one", in(place, "/two")), 0);
    assert_int_equal(go(place, "/one/file", 0), ELOOP);
    assert_int_equal(go(place, "/one", 1), ELOOP);
    assert_leads(place, "/one", 0, "", "one");
}

/* ---------------------------------------- which users can change it */

static void a_way_of_roots_is_closed(void **state)
{
    place_t *place = *state;

    as_root();
    assert_int_equal(go(place, "/a/b/file", 0), APR_SUCCESS);
    assert_null(place->folder.open_to_others);
    assert_false(place->folder.foreign_link);
}

/* The first open folder of the way to /a/b/file, without the top. */
static const char *open_at(place_t *place)
{
    const char *at;

    assert_int_equal(go(place, "/a/b/file", 0), APR_SUCCESS);
    at = place->folder.open_to_others;
    return at == NULL ? "closed"
        : strncmp(at, place->top, strlen(place->top)) == 0
          ? at + strlen(place->top) : at;
}

static void the_first_folder_that_others_can_write_to_is_told(void **state)
{
    place_t *place = *state;

    as_root();
    assert_int_equal(chmod(in(place, "/a/b"), 0777), 0);
    assert_string_equal(open_at(place), "/a/b");
    assert_int_equal(chmod(in(place, "/a"), 0757), 0);
    assert_string_equal(open_at(place), "/a");
    assert_int_equal(chmod(in(place, "/a"), 0755), 0);
    assert_int_equal(chmod(in(place, "/a/b"), 0755), 0);
    assert_string_equal(open_at(place), "closed");
}

static void another_users_folder_is_open_to_that_user(void **state)
{
    place_t *place = *state;

    as_root();
    assert_int_equal(chown(in(place, "/a"), SOMEBODY, 0), 0);
    assert_string_equal(open_at(place), "/a");
}

static void in_a_sticky_folder_what_is_roots_stays(void **state)
{
    place_t *place = *state;

    as_root();
    assert_int_equal(chmod(in(place, "/a"), 01777), 0);
    assert_string_equal(open_at(place), "closed");
    /* not what is another's */
    assert_int_equal(chown(in(place, "/a/b"), SOMEBODY, 0), 0);
    assert_string_equal(open_at(place), "/a");
    /* nor a file that is not there yet */
    assert_int_equal(chown(in(place, "/a/b"), 0, 0), 0);
    assert_int_equal(chmod(in(place, "/a/b"), 01777), 0);
    assert_string_equal(open_at(place), "/a/b");
}

/* A group of this system with a user in it, by their entry or as their own;
 * 0: there is none. */
static gid_t group_with_user(void)
{
    const struct passwd *user;
    gid_t found = 0;

    setpwent();
    while (found == 0 && (user = getpwent()) != NULL) {
        if (user->pw_uid != 0 && user->pw_gid != 0
            && getgrgid(user->pw_gid) != NULL) {
            found = user->pw_gid;
        }
    }
    endpwent();
    return found;
}

static void a_group_counts_unless_it_is_roots_alone(void **state)
{
    place_t *place = *state;
    gid_t users = group_with_user();

    as_root();
    assert_int_equal(chmod(in(place, "/a"), 0775), 0);
    assert_string_equal(open_at(place), "closed");
    /* a group that nobody knows may get members */
    assert_int_equal(chown(in(place, "/a"), 0, SOMEBODY), 0);
    assert_int_equal(chmod(in(place, "/a"), 0775), 0);
    assert_string_equal(open_at(place), "/a");
    if (users != 0) {
        assert_int_equal(chown(in(place, "/a"), 0, users), 0);
        assert_int_equal(chmod(in(place, "/a"), 0775), 0);
        assert_string_equal(open_at(place), "/a");
    }
}

static void a_link_from_an_open_folder_is_foreign(void **state)
{
    place_t *place = *state;

    as_root();
    assert_int_equal(mkdir(in(place, "/open"), 0700), 0);
    assert_int_equal(chmod(in(place, "/open"), 0777), 0);
    assert_int_equal(symlink("../a", in(place, "/open/link")), 0);
    assert_leads(place, "/open/link/file", 0, "/a", "file");
    assert_true(place->folder.foreign_link);
    assert_string_equal(place->folder.open_to_others, in(place, "/open"));
}

#define WAY(name) cmocka_unit_test_setup_teardown(name, begin, end)

int main(void)
{
    const struct CMUnitTest tests[] = {
        WAY(a_file_need_not_be_there),
        WAY(dots_and_doubled_slashes_lead_to_the_same_folder),
        WAY(a_folder_is_no_file),
        WAY(what_is_in_the_way_is_told),
        WAY(links_on_the_way_are_followed),
        WAY(a_link_in_the_place_of_the_file_is_followed_if_asked),
        WAY(links_that_go_round_end),
        WAY(a_way_of_roots_is_closed),
        WAY(the_first_folder_that_others_can_write_to_is_told),
        WAY(another_users_folder_is_open_to_that_user),
        WAY(in_a_sticky_folder_what_is_roots_stays),
        WAY(a_group_counts_unless_it_is_roots_alone),
        WAY(a_link_from_an_open_folder_is_foreign)
    };

    return cmocka_run_group_tests(tests, begin_apr, end_apr);
}
