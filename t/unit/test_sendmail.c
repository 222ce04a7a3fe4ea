/* SPDX-License-Identifier: Apache-2.0 */
/* Programs that are called like sendmail: small shell scripts. */
#include "apr_fixture.h"

#include <errno.h>
#include <fcntl.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include <apr_strings.h>

#include "base/ticks.h"
#include "mail/sendmail.h"

#define ADDRESS "bob.smith@example.com"

static apr_pool_t *pool;
static char folder[] = "/tmp/acct-sendmail-XXXXXX";

static const char *path_of(const char *name)
{
    return apr_pstrcat(pool, folder, "/", name, NULL);
}

static acct_mail_fate_e run(const char *script, const char *message,
                            apr_interval_time_t patience, const char **why)
{
    const char *program = path_of("sendmail");
    acct_sendmail_t mail = { program, "accounts@example.org", ADDRESS,
                             message, NULL, patience, NULL, NULL };
    FILE *file = fopen(program, "w");

    assert_non_null(file);
    fprintf(file, "#!/bin/sh\ncd %s || exit 99\n%s\n", folder, script);
    assert_int_equal(fclose(file), 0);
    assert_int_equal(chmod(program, 0700), 0);
    return acct_sendmail(&mail, why, pool);
}

static const char *content(const char *name)
{
    char *text = apr_pcalloc(pool, 65536);
    FILE *file = fopen(path_of(name), "r");
    size_t n;

    assert_non_null(file);
    n = fread(text, 1, 65535, file);
    text[n] = '\0';
    fclose(file);
    return text;
}

static void the_words_and_the_message_are_what_was_given(void **state)
{
    const char *why;

    (void)state;
    assert_int_equal(run("for w; do echo \"[$w]\"; done >words; cat >message",
                         "a\n.\nb\n", ACCT_SENDMAIL_PATIENCE, &why),
                     ACCT_MAIL_SENT);
    assert_string_equal(content("words"), "[-i]\n[-f]\n"
                        "[accounts@example.org]\n[--]\n[" ADDRESS "]\n");
    assert_string_equal(content("message"), "a\n.\nb\n");
}

static void it_has_path_and_nothing_else_in_its_environment(void **state)
{
    const char *why;

    (void)state;
    setenv("ACCT_SECRET", "x", 1);
    assert_int_equal(run("tr '\\0' '\\n' </proc/$$/environ >env; "
                         "cat >/dev/null", "", ACCT_SENDMAIL_PATIENCE, &why),
                     ACCT_MAIL_SENT);
    assert_string_equal(content("env"),
                        "PATH=/usr/sbin:/usr/bin:/sbin:/bin\n");
}

static void it_has_no_other_descriptor(void **state)
{
    /* one that its opener forgot to mark */
    int fd = open("/dev/null", O_RDONLY);
    const char *why;

    (void)state;
    assert_true(fd > 2);
    fd = fcntl(fd, F_DUPFD, 50);
    assert_true(fd >= 50);
    assert_int_equal(run("for f in /proc/$$/fd/*; do echo ${f##*/}; done "
                         "| grep -v '^10$' >fds; cat >/dev/null", "",
                         ACCT_SENDMAIL_PATIENCE, &why), ACCT_MAIL_SENT);
    assert_null(strstr(content("fds"), "50"));
    close(fd);
}

static void no_signal_is_ignored_or_blocked_in_it(void **state)
{
    const char *why, *signals;
    sigset_t set, before;

    (void)state;
    sigemptyset(&set);
    sigaddset(&set, SIGTERM);
    sigprocmask(SIG_BLOCK, &set, &before);
    signal(SIGHUP, SIG_IGN);
    assert_int_equal(run("grep -E 'Sig(Blk|Ign)' /proc/self/status >signals; "
                         "cat >/dev/null", "", ACCT_SENDMAIL_PATIENCE, &why),
                     ACCT_MAIL_SENT);
    signal(SIGHUP, SIG_DFL);
    sigprocmask(SIG_SETMASK, &before, NULL);
    signals = content("signals");
    assert_non_null(strstr(signals, "SigBlk:\t0000000000000000\n"));
    /* but for the two that are glibc's own, 32 and 33 */
    assert_true(strstr(signals, "SigIgn:\t0000000000000000\n") != NULL
                || strstr(signals, "SigIgn:\t0000000180000000\n") != NULL);
}

static void what_it_ends_with_decides(void **state)
{
    static const struct {
        const char *script;
        acct_mail_fate_e fate;
    } ends[] = {
        { "cat >/dev/null; exit 75", ACCT_MAIL_LATER },
        { "cat >/dev/null; exit 64", ACCT_MAIL_NEVER },
        { "cat >/dev/null; exit 65", ACCT_MAIL_NEVER },
        { "cat >/dev/null; exit 67", ACCT_MAIL_NEVER },
        { "cat >/dev/null; exit 68", ACCT_MAIL_NEVER },
        { "cat >/dev/null; exit 78", ACCT_MAIL_LATER },
        { "cat >/dev/null; exit 127", ACCT_MAIL_LATER },
        { "cat >/dev/null; kill -9 $$", ACCT_MAIL_LATER },
        { "exit 67", ACCT_MAIL_NEVER },     /* without reading */
        { "exec <&-; cat nothing 2>/dev/null; exit 75", ACCT_MAIL_LATER },
    };
    const char *why;

    (void)state;
    for (size_t i = 0; i < sizeof(ends) / sizeof(*ends); i++) {
        assert_int_equal(run(ends[i].script, "a message\n",
                             ACCT_SENDMAIL_PATIENCE, &why), ends[i].fate);
    }
}

static void a_long_message_to_one_that_does_not_read_ends_nothing(
    void **state)
{
    char *message = apr_palloc(pool, 1000001);
    const char *why;

    (void)state;
    memset(message, 'a', 1000000);
    message[1000000] = '\0';
    signal(SIGPIPE, SIG_DFL);
    assert_int_equal(run("head -c 10 >/dev/null; exit 69", message,
                         ACCT_SENDMAIL_PATIENCE, &why), ACCT_MAIL_LATER);
    assert_int_equal(run("wc -c >size", message, ACCT_SENDMAIL_PATIENCE,
                         &why), ACCT_MAIL_SENT);
    assert_int_equal(atoi(content("size")), 1000000);
}

static void one_that_hangs_is_killed_with_what_it_started(void **state)
{
    apr_interval_time_t began = acct_ticks();
    const char *why;
    pid_t child;

    (void)state;
    assert_int_equal(run("sleep 60 & echo $! >child; cat >/dev/null; wait",
                         "a\n", apr_time_from_msec(300), &why),
                     ACCT_MAIL_LATER);
    assert_in_range(acct_ticks() - began, apr_time_from_msec(300),
                    apr_time_from_sec(5));
    assert_non_null(strstr(why, "was killed"));
    child = atoi(content("child"));
    assert_true(child > 1);
    for (int i = 0; i < 100 && kill(child, 0) == 0; i++) {
        /* a zombie until its new parent looks at it */
        const char *status = apr_psprintf(pool, "/proc/%d/stat", (int)child);
        FILE *file = fopen(status, "r");
        char text[256] = "";

        if (file != NULL) {
            (void)!fgets(text, sizeof(text), file);
            fclose(file);
        }
        if (strstr(text, ") Z") != NULL) {
            return;
        }
        usleep(10000);
    }
    assert_int_not_equal(kill(child, 0), 0);
}

static void one_that_does_not_read_is_killed_too(void **state)
{
    char *message = apr_palloc(pool, 200001);
    const char *why;

    (void)state;
    memset(message, 'a', 200000);
    message[200000] = '\0';
    assert_int_equal(run("sleep 60", message, apr_time_from_msec(300), &why),
                     ACCT_MAIL_LATER);
}

static void its_last_words_are_told_without_the_address(void **state)
{
    const char *why;

    (void)state;
    assert_int_equal(run("cat >/dev/null; echo \"550 <$5>: no user "
                         "Bob.Smith here\" >&2; exit 67", "a\n",
                         ACCT_SENDMAIL_PATIENCE, &why), ACCT_MAIL_NEVER);
    assert_non_null(strstr(why, "it ended with 67: 550 <...>: no user ... "
                                "here"));
    assert_int_equal(run("cat >/dev/null; printf '\\033[2Jx\\ny' >&2; "
                         "exit 75", "a\n", ACCT_SENDMAIL_PATIENCE, &why),
                     ACCT_MAIL_LATER);
    assert_non_null(strstr(why, "it ended with 75: [2Jx y"));
}

static void one_that_says_much_is_not_waited_for(void **state)
{
    const char *why;

    (void)state;
    assert_int_equal(run("cat >/dev/null; head -c 300000 /dev/zero "
                         "| tr '\\0' 'b' >&2", "a\n",
                         ACCT_SENDMAIL_PATIENCE, &why), ACCT_MAIL_SENT);
}

static void a_program_that_is_not_there_may_be_there_later(void **state)
{
    acct_sendmail_t mail = { "/nonexistent/sendmail", "a@example.org",
                             ADDRESS, "a\n", NULL, ACCT_SENDMAIL_PATIENCE,
                             NULL, NULL };
    const char *why;

    (void)state;
    assert_int_equal(acct_sendmail(&mail, &why, pool), ACCT_MAIL_LATER);
    assert_non_null(strstr(why, "/nonexistent/sendmail cannot be run: "));
}

static int begin(void **state)
{
    return begin_apr(state) || apr_pool_create(&pool, NULL) != APR_SUCCESS
        || mkdtemp(folder) == NULL;
}

static int end(void **state)
{
    int rv = system(apr_pstrcat(pool, "rm -r ", folder, NULL));

    return end_apr(state) || rv;
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(the_words_and_the_message_are_what_was_given),
        cmocka_unit_test(it_has_path_and_nothing_else_in_its_environment),
        cmocka_unit_test(it_has_no_other_descriptor),
        cmocka_unit_test(no_signal_is_ignored_or_blocked_in_it),
        cmocka_unit_test(what_it_ends_with_decides),
        cmocka_unit_test(
            a_long_message_to_one_that_does_not_read_ends_nothing),
        cmocka_unit_test(one_that_hangs_is_killed_with_what_it_started),
        cmocka_unit_test(one_that_does_not_read_is_killed_too),
        cmocka_unit_test(its_last_words_are_told_without_the_address),
        cmocka_unit_test(one_that_says_much_is_not_waited_for),
        cmocka_unit_test(a_program_that_is_not_there_may_be_there_later),
    };

    return cmocka_run_group_tests(tests, begin, end);
}
