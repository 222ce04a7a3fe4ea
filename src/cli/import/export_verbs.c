/* SPDX-License-Identifier: Apache-2.0 */
#include "import/import.h"

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

#include "transfer/lines_out.h"

/* A new file that its owner alone can read; a terminal keeps what it shows. */
static int open_file(acct_cli_t *cli, FILE **file)
{
    const char *path = cli->args[0];
    int fd;

    if (strcmp(path, "-") == 0) {
        *file = stdout;
        return !isatty(STDOUT_FILENO) ? ACCT_EXIT_OK
            : acct_cli_fail(cli, ACCT_EXIT_USAGE, "stored hashes are not "
                            "shown on a terminal: name a file");
    }
    fd = open(path, O_WRONLY | O_CREAT | O_EXCL | O_CLOEXEC | O_NOFOLLOW,
              0600);
    *file = fd >= 0 ? fdopen(fd, "w") : NULL;
    return *file != NULL ? ACCT_EXIT_OK
        : acct_cli_fail(cli, ACCT_EXIT_FAILED, "%s cannot be made: %s", path,
                        strerror(errno));
}

static int close_file(acct_cli_t *cli, FILE *file, int how)
{
    int bad = fflush(file) != 0 || ferror(file)
        || (file != stdout && (fsync(fileno(file)) != 0));

    if (file != stdout && fclose(file) != 0) {
        bad = 1;
    }
    return how == ACCT_EXIT_OK && bad
        ? acct_cli_fail(cli, ACCT_EXIT_FAILED, "%s could not be written",
                        cli->args[0]) : how;
}

/* On standard error: standard output may be the export. */
static int tell(const acct_lines_out_t *out)
{
    fprintf(stderr, "%" APR_INT64_T_FMT " accounts and %" APR_INT64_T_FMT
            " tokens written\n", out->accounts, out->tokens);
    if (out->left_out > 0) {
        fprintf(stderr, "%" APR_INT64_T_FMT " accounts left out, which this "
                "form cannot hold\n", out->left_out);
    }
    if (out->closed > 0) {
        fprintf(stderr, "%" APR_INT64_T_FMT " tokens not as text: they are "
                "kept as digests, or another key opens them\n", out->closed);
    }
    if (out->factors > 0) {
        fprintf(stderr, "%" APR_INT64_T_FMT " second factors not written\n",
                out->factors);
    }
    return out->left_out > 0 ? ACCT_EXIT_LEFT_OUT : ACCT_EXIT_OK;
}

static int write_out(acct_cli_t *cli,
                     apr_status_t (*export)(acct_lines_out_t *out))
{
    acct_lines_out_t out = { .pool = cli->pool };
    const char *key = acct_cli_value(cli, ACCT_OPT_KEY);
    const char *error = NULL;
    FILE *file = NULL;
    int how;

    if (key != NULL && acct_key_read(key, &out.key, cli->pool, &error)
                       != APR_SUCCESS) {
        return acct_cli_fail(cli, ACCT_EXIT_FAILED, "%s", error);
    }
    /* as the one who calls, before the database's owner is become */
    if ((how = open_file(cli, &file))) {
        return how;
    }
    if ((how = acct_cli_connect(cli))) {
        return close_file(cli, file, how);
    }
    if (acct_import_connect(&out.db, &cli->config, cli->pool, &error)
        != APR_SUCCESS) {
        how = acct_cli_fail(cli, ACCT_EXIT_FAILED, "%s: %s",
                            acct_db_describe(&cli->config), error);
        return close_file(cli, file, how);
    }
    out.file = file;
    if (export(&out) != APR_SUCCESS) {
        how = acct_cli_fail(cli, ACCT_EXIT_FAILED, "not all could be "
                            "written: %s", acct_db_error(out.db)[0] != '\0'
                            ? acct_db_error(out.db) : strerror(errno));
    }
    acct_db_close(out.db);
    how = close_file(cli, file, how);
    return how == ACCT_EXIT_OK ? tell(&out) : how;
}

int acct_cli_export_jsonl(acct_cli_t *cli)
{
    return write_out(cli, acct_export_jsonl);
}

int acct_cli_export_django(acct_cli_t *cli)
{
    return write_out(cli, acct_export_django);
}

int acct_cli_export_htpasswd(acct_cli_t *cli)
{
    return write_out(cli, acct_export_htpasswd);
}
