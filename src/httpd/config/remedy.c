/* SPDX-License-Identifier: Apache-2.0 */
#include "config/remedy.h"

#include <apr_strings.h>
#include <http_core.h>
#include <pwd.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>
#include <unixd.h>

#include "base/shell.h"

const char *acct_remedy_user(void)
{
    return geteuid() == 0 && ap_unixd_config.user_id != 0
           && ap_unixd_config.user_id != (uid_t)-1
        ? ap_unixd_config.user_name : NULL;
}

const char *acct_remedy_owner(void)
{
    const char *user = acct_remedy_user();
    const struct passwd *us = user == NULL ? getpwuid(geteuid()) : NULL;

    return user != NULL ? user : us != NULL ? us->pw_name : "root";
}

static const char *folder_of(const char *path, apr_pool_t *p)
{
    char *folder = ap_make_dirstr_parent(p, path);
    apr_size_t length = strlen(folder);

    if (length > 1 && folder[length - 1] == '/') {
        folder[length - 1] = '\0';
    }
    return folder;
}

static int is_there(const char *path)
{
    struct stat info;

    return stat(path, &info) == 0;
}

/* "install -d ... FOLDER && ", or nothing where it is there. */
static const char *make_folder(const char *folder, const char *user,
                               apr_pool_t *p)
{
    if (is_there(folder)) {
        return "";
    }
    return apr_pstrcat(p, "install -d ", user != NULL ? "-o " : "",
                       user != NULL ? acct_shell_word(user, p) : "",
                       user != NULL ? " " : "", "-m 0700 ",
                       acct_shell_word(folder, p), " && ", NULL);
}

/* What lies in its place is moved away: an old key can be done without only by
 * an operator who knows that it is one. */
static const char *make_way(const char *path, apr_pool_t *p)
{
    const char *word = acct_shell_word(path, p);

    return is_there(path)
        ? apr_pstrcat(p, "mv ", word, " ", word, ".old && ", NULL) : "";
}

const char *acct_remedy_remake(const acct_server_conf_t *conf,
                               apr_pool_t *p)
{
    int is_file = acct_db_is_file(conf->db.driver);
    const char *user = is_file ? acct_remedy_user() : NULL;
    const char *folder = is_file ? folder_of(conf->db.params, p) : NULL;
    const char *key = conf->key_file;
    const char *key_folder;

    if (key == NULL) {
        key = apr_pstrcat(p, folder != NULL ? folder : "/etc/acctauth",
                          "/key", NULL);
    }
    key_folder = folder_of(key, p);
    return apr_pstrcat(p, folder != NULL ? make_folder(folder, user, p) : "",
                       folder != NULL && strcmp(folder, key_folder) == 0
                       ? "" : make_folder(key_folder, NULL, p),
                       make_way(key, p), "acctauth init ",
                       acct_db_options(&conf->db, p), " --key ",
                       acct_shell_word(key, p),
                       user != NULL ? " --owner " : "",
                       user != NULL ? acct_shell_word(user, p) : "", NULL);
}
