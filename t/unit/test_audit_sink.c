/* SPDX-License-Identifier: Apache-2.0 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <errno.h>
#include <fcntl.h>
#include <signal.h>
#include <stdatomic.h>
#include <stdlib.h>
#include <string.h>
#include <sys/resource.h>
#include <syslog.h>
#include <unistd.h>
#include "cmocka_header.h"

#include "base/audit_sink.h"

static int open_file(char *path)
{
    int fd;

    strcpy(path, "/tmp/acct-audit-XXXXXX");
    fd = mkstemp(path);
    assert_true(fd >= 0);
    close(fd);
    fd = open(path, O_WRONLY | O_APPEND);
    assert_true(fd >= 0);
    return fd;
}

/* What is in it now; it is closed and removed. */
static const char *content(int fd, const char *path)
{
    static char text[65536];
    ssize_t length;

    close(fd);
    fd = open(path, O_RDONLY);
    length = read(fd, text, sizeof(text) - 1);
    assert_true(length >= 0);
    text[length] = '\0';
    close(fd);
    unlink(path);
    return text;
}

static apr_status_t append(int fd, const char *line, _Atomic(int) *torn)
{
    return acct_audit_append(fd, line, strlen(line), torn);
}

/* The most bytes that a file of this process may have. */
static void limit_files(rlim_t most)
{
    struct rlimit limit;

    assert_int_equal(getrlimit(RLIMIT_FSIZE, &limit), 0);
    limit.rlim_cur = most;
    assert_int_equal(setrlimit(RLIMIT_FSIZE, &limit), 0);
}

static void lines_stand_behind_each_other(void **state)
{
    char path[40];
    int fd = open_file(path);
    _Atomic(int) torn = 0;

    (void)state;
    assert_int_equal(append(fd, "{1}\n", &torn), APR_SUCCESS);
    assert_int_equal(append(fd, "{2}\n", NULL), APR_SUCCESS);
    assert_string_equal(content(fd, path), "{1}\n{2}\n");
}

static void a_line_that_is_torn_damages_no_other(void **state)
{
    char path[40];
    int fd = open_file(path);
    _Atomic(int) torn = 0;

    (void)state;
    signal(SIGXFSZ, SIG_IGN);
    assert_int_equal(append(fd, "{1}\n", &torn), APR_SUCCESS);
    limit_files(6);
    assert_int_equal(append(fd, "{2222}\n", &torn), ENOSPC);
    assert_int_equal(append(fd, "{3}\n", &torn), EFBIG);
    limit_files(RLIM_INFINITY);
    assert_int_equal(append(fd, "{4}\n", &torn), APR_SUCCESS);
    assert_int_equal(append(fd, "{5}\n", &torn), APR_SUCCESS);
    assert_string_equal(content(fd, path), "{1}\n{2\n{4}\n{5}\n");
}

static void a_full_disk_is_told(void **state)
{
    int fd = open("/dev/full", O_WRONLY | O_APPEND);
    _Atomic(int) torn = 0;

    (void)state;
    if (fd < 0) {
        skip();
    }
    assert_int_equal(append(fd, "{1}\n", &torn), ENOSPC);
    assert_int_equal(torn, 0);
    close(fd);
}

static void a_program_that_reads_nothing_is_not_waited_for(void **state)
{
    char line[2048];
    apr_status_t status = APR_SUCCESS;
    _Atomic(int) torn = 0;
    int ends[2];
    int lines = 0;

    (void)state;
    signal(SIGPIPE, SIG_IGN);
    assert_int_equal(pipe(ends), 0);
    assert_int_equal(fcntl(ends[1], F_SETFL, O_NONBLOCK), 0);
    memset(line, 'x', sizeof(line));
    while (status == APR_SUCCESS && lines++ < 100000) {
        status = acct_audit_append(ends[1], line, sizeof(line), &torn);
    }
    assert_int_equal(status, EAGAIN);
    assert_int_equal(torn, 0);
    close(ends[0]);
    assert_int_equal(append(ends[1], "{1}\n", &torn), EPIPE);
    close(ends[1]);
}

static void facilities_are_found_by_their_names(void **state)
{
    (void)state;
    assert_int_equal(acct_syslog_facility("authpriv"), LOG_AUTHPRIV);
    assert_int_equal(acct_syslog_facility("local7"), LOG_LOCAL7);
    assert_int_equal(acct_syslog_facility("local8"), -1);
    assert_int_equal(acct_syslog_facility(""), -1);
}

static void each_name_that_is_listed_is_a_facility(void **state)
{
    char *names = strdup(acct_syslog_facilities());
    char *at = NULL;
    int count = 0;

    (void)state;
    for (char *name = strtok_r(names, ", ", &at); name != NULL;
         name = strtok_r(NULL, ", ", &at)) {
        assert_int_not_equal(acct_syslog_facility(name), -1);
        count++;
    }
    assert_int_equal(count, 12);
    free(names);
}

static void without_a_socket_a_line_is_lost(void **state)
{
    (void)state;
    assert_int_equal(acct_syslog_send(-1, LOG_USER, "acctauth", "{}\n", 3),
                     EBADF);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(lines_stand_behind_each_other),
        cmocka_unit_test(a_line_that_is_torn_damages_no_other),
        cmocka_unit_test(a_full_disk_is_told),
        cmocka_unit_test(a_program_that_reads_nothing_is_not_waited_for),
        cmocka_unit_test(facilities_are_found_by_their_names),
        cmocka_unit_test(each_name_that_is_listed_is_a_facility),
        cmocka_unit_test(without_a_socket_a_line_is_lost),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
