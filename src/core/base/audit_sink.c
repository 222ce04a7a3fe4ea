/* SPDX-License-Identifier: Apache-2.0 */
#include "base/audit_sink.h"

#include <apr_time.h>
#include <errno.h>
#include <fcntl.h>
#include <stdatomic.h>
#include <stdio.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/uio.h>
#include <sys/un.h>
#include <syslog.h>
#include <unistd.h>

#define SYSLOG_SOCKET "/dev/log"

/* ---- files and pipes ---- */

/* Memory order. torn is relaxed: it orders nothing. Of two threads that find
 * it set both begin with a line feed, and of two that find it unset one may
 * come behind what the other has torn: one line more is damaged then. */

/* One call, so that no other writer's bytes come between. */
static ssize_t write_once(int fd, const char *line, size_t length,
                          int is_torn)
{
    struct iovec parts[2] = {
        { .iov_base = (char *)"\n", .iov_len = 1 },
        { .iov_base = (char *)line, .iov_len = length }
    };
    ssize_t written;

    do {
        written = is_torn ? writev(fd, parts, 2) : write(fd, line, length);
    } while (written < 0 && errno == EINTR);
    return written;
}

apr_status_t acct_audit_append(int fd, const char *line, size_t length,
                               _Atomic(int) *torn)
{
    int is_torn = torn != NULL
        && atomic_load_explicit(torn, memory_order_relaxed);
    ssize_t all = (ssize_t)length + is_torn;
    ssize_t written = write_once(fd, line, length, is_torn);

    if (written < 0) {
        return errno;
    }
    if (torn != NULL && is_torn != (written < all)) {
        atomic_store_explicit(torn, written < all, memory_order_relaxed);
    }
    return written < all ? ENOSPC : APR_SUCCESS;
}

/* ---- the system's log ---- */

static const struct {
    const char *name;
    int code;
} facilities[] = {
    { "auth", LOG_AUTH }, { "authpriv", LOG_AUTHPRIV },
    { "daemon", LOG_DAEMON }, { "user", LOG_USER },
    { "local0", LOG_LOCAL0 }, { "local1", LOG_LOCAL1 },
    { "local2", LOG_LOCAL2 }, { "local3", LOG_LOCAL3 },
    { "local4", LOG_LOCAL4 }, { "local5", LOG_LOCAL5 },
    { "local6", LOG_LOCAL6 }, { "local7", LOG_LOCAL7 }
};

int acct_syslog_facility(const char *name)
{
    for (size_t i = 0; i < sizeof(facilities) / sizeof(*facilities); i++) {
        if (strcmp(facilities[i].name, name) == 0) {
            return facilities[i].code;
        }
    }
    return -1;
}

const char *acct_syslog_facilities(void)
{
    return "auth, authpriv, daemon, user, local0, local1, local2, local3, "
           "local4, local5, local6, local7";
}

int acct_syslog_open(void)
{
    int fd = socket(AF_UNIX, SOCK_DGRAM, 0);

    if (fd >= 0) {
        (void)fcntl(fd, F_SETFD, FD_CLOEXEC);
    }
    return fd;
}

/* "<86>Jan 31 23:59:59 acctauth[71]: ", in the machine's own time. */
static size_t head(int facility, const char *ident, char *out, size_t size)
{
    apr_time_exp_t t = { 0 };
    int length;

    (void)apr_time_exp_lt(&t, apr_time_now());
    length = snprintf(out, size, "<%d>%s %2d %02d:%02d:%02d %s[%ld]: ",
                      facility | LOG_INFO, apr_month_snames[t.tm_mon % 12],
                      t.tm_mday, t.tm_hour, t.tm_min, t.tm_sec, ident,
                      (long)getpid());
    return length > 0 && (size_t)length < size ? (size_t)length : 0;
}

apr_status_t acct_syslog_send(int fd, int facility, const char *ident,
                              const char *line, size_t length)
{
    static const struct sockaddr_un daemon = {
        .sun_family = AF_UNIX, .sun_path = SYSLOG_SOCKET
    };
    char begin[80];
    struct iovec parts[2] = {
        { .iov_base = begin,
          .iov_len = head(facility, ident, begin, sizeof(begin)) },
        { .iov_base = (char *)line,
          .iov_len = length > 0 && line[length - 1] == '\n' ? length - 1
                                                            : length }
    };
    struct msghdr message = {
        .msg_name = (void *)&daemon, .msg_namelen = sizeof(daemon),
        .msg_iov = parts, .msg_iovlen = 2
    };

    if (fd < 0) {
        return EBADF;
    }
    return sendmsg(fd, &message, MSG_DONTWAIT | MSG_NOSIGNAL) < 0
        ? errno : APR_SUCCESS;
}
