/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Which users can get at a file: owners, modes, groups, folders, links.
 */
#include "apr_fixture.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "base/file_safety.h"
#include "base/ticks.h"
#include "base/shell.h"

#define WEB 33
#define OWNER 1000
#define STRANGER 4711

/* Group 7 has a stranger in it, 8 the owner alone, 9 no member. */
static const acct_member_t members[] = {
    { 7, OWNER }, { 7, STRANGER }, { 8, OWNER }
};

static const acct_trusted_t trusted = { WEB, OWNER, members, 3, NULL };

static int is_safe(uid_t user, gid_t group, mode_t mode)
{
    struct stat info;

    memset(&info, 0, sizeof(info));
    info.st_uid = user;
    info.st_gid = group;
    info.st_mode = S_IFREG | mode;
    return acct_file_safety_of(&info, &trusted);
}

static void a_file_may_be_roots_the_childrens_or_the_owners(void **state)
{
    (void)state;
    assert_true(is_safe(0, 7, 0600));
    assert_true(is_safe(WEB, 7, 0600));
    assert_true(is_safe(OWNER, 7, 0600));
    assert_false(is_safe(STRANGER, 7, 0600));
}

static void nobody_else_may_read_or_write_it(void **state)
{
    static const mode_t modes[] = { 0604, 0602, 0601, 0644, 0666, 0606 };
    size_t i;

    (void)state;
    for (i = 0; i < sizeof(modes) / sizeof(*modes); i++) {
        assert_false(is_safe(WEB, 9, modes[i]));
    }
}

static void a_group_counts_unless_all_its_members_are_trusted(void **state)
{
    (void)state;
    assert_false(is_safe(WEB, 7, 0640));
    assert_false(is_safe(WEB, 7, 0620));
    assert_true(is_safe(WEB, 8, 0660));
    assert_true(is_safe(WEB, 9, 0660));
    assert_false(acct_trusts_group(&trusted, 7));
    assert_true(acct_trusts_group(&trusted, 8));
    assert_true(acct_trusts_group(&trusted, 0));
}

/* ---- on a disk ---- */

typedef struct place_t {
    char root[64];
    char folder[96];
    char file[128];
    acct_trusted_t us;
} place_t;

static void write_file(const char *path, mode_t mode)
{
    FILE *file = fopen(path, "w");

    assert_non_null(file);
    fclose(file);
    assert_int_equal(chmod(path, mode), 0);
}

static int start(void **state)
{
    place_t *place = calloc(1, sizeof(*place));

    *state = place;
    strcpy(place->root, "/tmp/acctauth-safety-XXXXXX");
    if (mkdtemp(place->root) == NULL) {
        return -1;
    }
    snprintf(place->folder, sizeof(place->folder), "%s/db", place->root);
    snprintf(place->file, sizeof(place->file), "%s/a.db", place->folder);
    place->us.user = place->us.owner = geteuid();
    if (mkdir(place->folder, 0700) != 0) {
        return -1;
    }
    write_file(place->file, 0600);
    return 0;
}

static int end(void **state)
{
    place_t *place = *state;
    char command[128];
    int rv;

    snprintf(command, sizeof(command), "rm -rf %s", place->root);
    rv = system(command);
    free(place);
    return rv;
}

static acct_unsafe_t found[8];

static int look(const place_t *place, acct_secret_e kind)
{
    return acct_file_safety(place->file, kind, &place->us, found, 8);
}

static void a_file_of_ours_in_a_folder_of_ours_is_safe(void **state)
{
    assert_int_equal(look(*state, ACCT_DATABASE_FILE), 0);
}

static void what_is_not_there_is_safe_and_its_folders_count(void **state)
{
    place_t *place = *state;

    unlink(place->file);
    assert_int_equal(look(place, ACCT_DATABASE_FILE), 0);
    chmod(place->folder, 0777);
    assert_int_equal(look(place, ACCT_DATABASE_FILE), 1);
}

static void the_journals_of_a_database_count_and_no_keys(void **state)
{
    static const char *const names[] = { "-wal", "-shm", "-journal" };
    place_t *place = *state;
    char path[160];
    size_t i;

    for (i = 0; i < 3; i++) {
        snprintf(path, sizeof(path), "%s%s", place->file, names[i]);
        write_file(path, 0644);
        assert_int_equal(look(place, ACCT_DATABASE_FILE), 1);
        assert_string_equal(found[0].path, path);
        assert_int_equal(found[0].what, ACCT_UNSAFE_MODE);
        assert_int_equal(look(place, ACCT_SECRET_FILE), 0);
        unlink(path);
    }
}

static void each_folder_above_counts(void **state)
{
    place_t *place = *state;

    chmod(place->root, 0777);
    assert_int_equal(look(place, ACCT_SECRET_FILE), 1);
    assert_int_equal(found[0].what, ACCT_UNSAFE_FOLDER_MODE);
    assert_string_equal(found[0].path, place->root);
    assert_false(found[0].is_last);
}

static void a_sticky_folder_will_do_but_not_for_a_databases_own(
    void **state)
{
    place_t *place = *state;

    chmod(place->root, 01777);
    assert_int_equal(look(place, ACCT_DATABASE_FILE), 0);
    chmod(place->folder, 01777);
    assert_int_equal(look(place, ACCT_SECRET_FILE), 0);
    assert_int_equal(look(place, ACCT_DATABASE_FILE), 1);
    assert_true(found[0].is_last);
}

static void a_link_leads_through_the_folders_of_both_ends(void **state)
{
    place_t *place = *state;
    char aside[96];
    char link[128];

    snprintf(aside, sizeof(aside), "%s/aside", place->root);
    snprintf(link, sizeof(link), "%s/b.db", aside);
    assert_int_equal(mkdir(aside, 0700), 0);
    assert_int_equal(symlink("../db/a.db", link), 0);
    assert_int_equal(acct_file_safety(link, ACCT_DATABASE_FILE, &place->us,
                                      found, 8), 0);
    chmod(aside, 0777);
    assert_int_equal(acct_file_safety(link, ACCT_DATABASE_FILE, &place->us,
                                      found, 8), 1);
    assert_string_equal(found[0].path, aside);
    chmod(aside, 0700);
    chmod(place->folder, 0777);
    assert_int_equal(acct_file_safety(link, ACCT_DATABASE_FILE, &place->us,
                                      found, 8), 1);
    assert_string_equal(found[0].path, place->folder);
    chmod(place->folder, 0700);
    chmod(place->file, 0644);
    assert_int_equal(acct_file_safety(link, ACCT_DATABASE_FILE, &place->us,
                                      found, 8), 1);
    assert_string_equal(found[0].path, place->file);
}

static void links_that_go_round_end(void **state)
{
    place_t *place = *state;

    unlink(place->file);
    assert_int_equal(symlink("a.db", place->file), 0);
    assert_int_equal(look(place, ACCT_DATABASE_FILE), 0);
}

static void a_strangers_folder_and_file_are_found(void **state)
{
    place_t *place = *state;

    if (geteuid() != 0) {
        skip_because("only root can give files away");
    }
    assert_int_equal(chown(place->folder, STRANGER, STRANGER), 0);
    assert_int_equal(look(place, ACCT_DATABASE_FILE), 1);
    assert_int_equal(found[0].what, ACCT_UNSAFE_FOLDER_OWNER);
    assert_int_equal(chown(place->file, STRANGER, STRANGER), 0);
    assert_int_equal(look(place, ACCT_DATABASE_FILE), 2);
    assert_int_equal(found[1].what, ACCT_UNSAFE_OWNER);
}

static void the_remedy_is_a_command_for_that_path(void **state)
{
    place_t *place = *state;
    apr_pool_t *p;
    char command[200];

    assert_int_equal(apr_pool_create(&p, NULL), APR_SUCCESS);
    chmod(place->file, 0644);
    assert_int_equal(look(place, ACCT_DATABASE_FILE), 1);
    snprintf(command, sizeof(command), "chmod 600 %s", place->file);
    assert_string_equal(acct_unsafe_remedy(&found[0], "web", p), command);
    assert_int_equal(system(command), 0);
    assert_int_equal(look(place, ACCT_DATABASE_FILE), 0);
    chmod(place->folder, 0733);
    assert_int_equal(look(place, ACCT_DATABASE_FILE), 1);
    assert_int_equal(system(acct_unsafe_remedy(&found[0], "web", p)), 0);
    assert_int_equal(look(place, ACCT_DATABASE_FILE), 0);
    apr_pool_destroy(p);
}

/* A second look at once gives what the first one saw; a moment later the
 * file itself is looked at again. */
static void a_folder_seen_safe_is_not_looked_at_again_at_once(void **state)
{
    place_t *place = *state;
    acct_folders_seen_t seen;
    apr_interval_time_t since;
    int again;

    memset(&seen, 0, sizeof(seen));
    place->us.seen = &seen;
    do {
        assert_int_equal(chmod(place->root, 0700), 0);
        assert_int_equal(look(place, ACCT_DATABASE_FILE), 0);
        since = seen.since;
        assert_int_equal(chmod(place->root, 0777), 0);
        again = look(place, ACCT_DATABASE_FILE);
        /* once more where the machine was slower than a folder is kept: the
         * second look began a new time */
    } while (seen.since != since);
    assert_int_equal(again, 0);
    apr_sleep(ACCT_FOLDERS_SEEN_FOR);
    assert_int_equal(look(place, ACCT_DATABASE_FILE), 1);
    /* what is not right is not kept */
    assert_int_equal(look(place, ACCT_DATABASE_FILE), 1);
    assert_int_equal(chmod(place->root, 0700), 0);
    assert_int_equal(look(place, ACCT_DATABASE_FILE), 0);
}

static void a_folder_seen_by_another_goes_by_without(void **state)
{
    place_t *place = *state;
    acct_folders_seen_t seen;

    memset(&seen, 0, sizeof(seen));
    place->us.seen = &seen;
    assert_int_equal(look(place, ACCT_DATABASE_FILE), 0);
    assert_ptr_equal(acct_folders_seen_begin(&seen, seen.since), &seen);
    assert_int_equal(chmod(place->root, 0777), 0);
    assert_int_equal(look(place, ACCT_DATABASE_FILE), 1);
    acct_folders_seen_end(&seen);
    assert_int_equal(chmod(place->root, 0700), 0);
}

static void a_word_of_a_command_is_quoted_where_it_has_to_be(void **state)
{
    apr_pool_t *p;

    (void)state;
    assert_int_equal(apr_pool_create(&p, NULL), APR_SUCCESS);
    assert_string_equal(acct_shell_word("/var/lib/a.db", p),
                        "/var/lib/a.db");
    assert_string_equal(acct_shell_word("/my files/a.db", p),
                        "'/my files/a.db'");
    assert_string_equal(acct_shell_word("it's", p), "'it'\\''s'");
    assert_string_equal(acct_shell_word("$(reboot)", p), "'$(reboot)'");
    assert_string_equal(acct_shell_word("", p), "''");
    apr_pool_destroy(p);
}

#define T(name) cmocka_unit_test(name)
#define ON_DISK(name) cmocka_unit_test_setup_teardown(name, start, end)

int main(void)
{
    const struct CMUnitTest tests[] = {
        T(a_file_may_be_roots_the_childrens_or_the_owners),
        T(nobody_else_may_read_or_write_it),
        T(a_group_counts_unless_all_its_members_are_trusted),
        ON_DISK(a_file_of_ours_in_a_folder_of_ours_is_safe),
        ON_DISK(what_is_not_there_is_safe_and_its_folders_count),
        ON_DISK(the_journals_of_a_database_count_and_no_keys),
        ON_DISK(each_folder_above_counts),
        ON_DISK(a_sticky_folder_will_do_but_not_for_a_databases_own),
        ON_DISK(a_link_leads_through_the_folders_of_both_ends),
        ON_DISK(links_that_go_round_end),
        ON_DISK(a_folder_seen_safe_is_not_looked_at_again_at_once),
        ON_DISK(a_folder_seen_by_another_goes_by_without),
        ON_DISK(a_strangers_folder_and_file_are_found),
        ON_DISK(the_remedy_is_a_command_for_that_path),
        T(a_word_of_a_command_is_quoted_where_it_has_to_be)
    };

    return cmocka_run_group_tests(tests, begin_apr, end_apr);
}
