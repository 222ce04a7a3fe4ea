/* SPDX-License-Identifier: Apache-2.0 */
#ifndef _GNU_SOURCE
#define _GNU_SOURCE             /* posix_spawn_file_actions_addclosefrom_np */
#endif
#include "mail/program.h"

#include <dirent.h>
#include <fcntl.h>
#include <signal.h>
#include <spawn.h>
#include <stdlib.h>

#include <apr_strings.h>

#if defined(__GLIBC__) && defined(__GLIBC_PREREQ)
#if __GLIBC_PREREQ(2, 34)
#define HAVE_CLOSEFROM 1
#endif
#endif

/* Every descriptor from @a first on. */
static int close_others(posix_spawn_file_actions_t *actions, int first)
{
#ifdef HAVE_CLOSEFROM
    return posix_spawn_file_actions_addclosefrom_np(actions, first);
#else
    /* Those that are open now. What another thread opens before the program
     * runs it closes by itself, if it was opened as APR opens files. */
    DIR *dir = opendir("/proc/self/fd");
    struct dirent *entry;
    int rv = 0;

    if (dir == NULL) {
        return 0;
    }
    while (rv == 0 && (entry = readdir(dir)) != NULL) {
        int fd = atoi(entry->d_name);

        if (fd >= first && fd != dirfd(dir)) {
            rv = posix_spawn_file_actions_addclose(actions, fd);
        }
    }
    closedir(dir);
    return rv;
#endif
}

static int set_files(posix_spawn_file_actions_t *actions,
                     const acct_program_t *program)
{
    int rv = posix_spawn_file_actions_adddup2(actions, program->in, 0);

    if (rv == 0) {
        rv = posix_spawn_file_actions_addopen(actions, 1, "/dev/null",
                                              O_WRONLY, 0);
    }
    if (rv == 0) {
        rv = posix_spawn_file_actions_adddup2(actions, program->err, 2);
    }
    if (rv == 0 && program->settings >= 0) {
        rv = posix_spawn_file_actions_adddup2(actions, program->settings,
                                              ACCT_PROGRAM_SETTINGS);
    }
    return rv != 0 ? rv
        : close_others(actions, program->settings >= 0
                                ? ACCT_PROGRAM_SETTINGS + 1
                                : ACCT_PROGRAM_SETTINGS);
}

static int set_attributes(posix_spawnattr_t *attributes)
{
    sigset_t none, all;
    int rv;

    sigemptyset(&none);
    sigfillset(&all);
    rv = posix_spawnattr_setsigmask(attributes, &none);
    if (rv == 0) {
        rv = posix_spawnattr_setsigdefault(attributes, &all);
    }
    if (rv == 0) {
        rv = posix_spawnattr_setpgroup(attributes, 0);
    }
    return rv != 0 ? rv
        : posix_spawnattr_setflags(attributes, POSIX_SPAWN_SETSIGMASK
                                               | POSIX_SPAWN_SETSIGDEF
                                               | POSIX_SPAWN_SETPGROUP);
}

static char **copy_words(const char *const *words, apr_pool_t *pool)
{
    char **copy;
    int count = 0;

    while (words[count] != NULL) {
        count++;
    }
    copy = apr_pcalloc(pool, ((apr_size_t)count + 1) * sizeof(*copy));
    for (int i = 0; i < count; i++) {
        copy[i] = apr_pstrdup(pool, words[i]);
    }
    return copy;
}

int acct_program_start(pid_t *pid, const acct_program_t *program,
                       apr_pool_t *pool)
{
    char path[] = "PATH=/usr/sbin:/usr/bin:/sbin:/bin";
    char *const environment[] = { path, NULL };
    char *const *words = copy_words(program->words, pool);
    posix_spawn_file_actions_t actions;
    posix_spawnattr_t attributes;
    int rv = posix_spawn_file_actions_init(&actions);

    if (rv != 0) {
        return rv;
    }
    rv = posix_spawnattr_init(&attributes);
    if (rv == 0) {
        rv = set_files(&actions, program);
        if (rv == 0) {
            rv = set_attributes(&attributes);
        }
        if (rv == 0) {
            rv = posix_spawn(pid, words[0], &actions, &attributes, words,
                             environment);
        }
        posix_spawnattr_destroy(&attributes);
    }
    posix_spawn_file_actions_destroy(&actions);
    return rv;
}
