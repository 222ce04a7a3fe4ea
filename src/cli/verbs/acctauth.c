/* SPDX-License-Identifier: Apache-2.0 */
/*
 * acctauth: the operator's command, over the same core as the module.
 */
#include "verbs/verbs.h"

#include <apr_general.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/stat.h>

static int out_of_memory(int status)
{
    (void)status;
    fputs("acctauth: out of memory\n", stderr);
    exit(ACCT_EXIT_FAILED);
}

/* What was printed may sit in a buffer still: a full disk shows here. */
static int finish_output(const acct_cli_t *cli, int how)
{
    if (fflush(stdout) != 0 || ferror(stdout)) {
        acct_cli_fail(cli, ACCT_EXIT_FAILED,
                      "cannot write to standard output");
        return how == ACCT_EXIT_OK ? ACCT_EXIT_FAILED : how;
    }
    return how;
}

int main(int argc, const char *const *argv)
{
    const acct_cli_verb_t *verb;
    acct_cli_t cli = { 0 };
    int how;

    /* What is made here is its owner's alone, and his in full. */
    umask(077);
    /* A caller that ignores it has that inherited: then nobody sees how a
     * program ended, and a mail that was sent would be sent again. */
    (void)signal(SIGCHLD, SIG_DFL);
    if (apr_initialize() != APR_SUCCESS
        || apr_pool_create_ex(&cli.pool, NULL, out_of_memory, NULL)
           != APR_SUCCESS) {
        return out_of_memory(APR_ENOMEM);
    }
    cli.verbs = acct_cli_verbs;
    how = acct_cli_parse(&cli, argc, argv, &verb);
    if (how == ACCT_EXIT_OK && verb != NULL
        && (verb->options & ACCT_OPT_AUDIT)) {
        how = acct_cli_acts_open(&cli);
    }
    if (how == ACCT_EXIT_OK && verb != NULL) {
        how = verb->run(&cli);
    }
    how = finish_output(&cli, how);
    apr_pool_destroy(cli.pool);
    apr_terminate();
    return how;
}
