/* SPDX-License-Identifier: Apache-2.0 */
#include "console/terminal.h"

#include <errno.h>
#include <fcntl.h>
#include <openssl/crypto.h>
#include <signal.h>
#include <string.h>
#include <sys/select.h>
#include <termios.h>
#include <unistd.h>

/* What can end or stop a process from a terminal or from elsewhere. */
static const int signals[] = {
    SIGINT, SIGQUIT, SIGTERM, SIGHUP, SIGALRM, SIGPIPE,
    SIGTSTP, SIGTTIN, SIGTTOU,
    SIGCONT                     /* a shell may have changed the terminal */
};

#define SIGNALS (sizeof(signals) / sizeof(signals[0]))

/* The handler's. There is one prompt at a time, in the one thread. */
static volatile sig_atomic_t caught[SIGNALS];

static void note(int signal)
{
    for (size_t i = 0; i < SIGNALS; i++) {
        if (signals[i] == signal) {
            caught[i] = 1;
        }
    }
}

/* One that was ignored (nohup) stays ignored. All are held back until the
 * command waits for them, but for what comes of using a terminal from the
 * background: held back, it would let that happen. */
static void catch_all(struct sigaction before[SIGNALS], sigset_t *mask)
{
    struct sigaction action;
    sigset_t held;

    memset(&action, 0, sizeof(action));
    action.sa_handler = note;
    sigemptyset(&action.sa_mask);
    sigemptyset(&held);
    for (size_t i = 0; i < SIGNALS; i++) {
        caught[i] = 0;
        sigaction(signals[i], NULL, &before[i]);
        if (before[i].sa_handler != SIG_IGN) {
            sigaction(signals[i], &action, NULL);
        }
        if (signals[i] != SIGTTIN && signals[i] != SIGTTOU) {
            sigaddset(&held, signals[i]);
        }
    }
    sigprocmask(SIG_BLOCK, &held, mask);
}

/* One that came since is taken by its handler, and passed on by pass_on(). */
static void let_all(const struct sigaction before[SIGNALS],
                    const sigset_t *mask)
{
    sigprocmask(SIG_SETMASK, mask, NULL);
    for (size_t i = 0; i < SIGNALS; i++) {
        sigaction(signals[i], &before[i], NULL);
    }
}

static int is_caught(void)
{
    for (size_t i = 0; i < SIGNALS; i++) {
        if (caught[i]) {
            return 1;
        }
    }
    return 0;
}

/* What was held back happens now. A process that comes back from it was
 * stopped, and goes on. */
static void pass_on(void)
{
    for (size_t i = 0; i < SIGNALS; i++) {
        if (caught[i]) {
            kill(getpid(), signals[i]);
        }
    }
}

/* Signals are let through here alone, or one that comes just before a read
 * would have to wait for a key. */
static ssize_t read_key(int fd, char *key, const sigset_t *let_through)
{
    fd_set ready;

    FD_ZERO(&ready);
    FD_SET(fd, &ready);
    return pselect(fd + 1, &ready, NULL, NULL, NULL, let_through) == 1
        ? read(fd, key, 1) : -1;
}

/* Keys up to the end of the line, all of it taken, so that the shell does
 * not get the rest. @return APR_EINTR: a signal came */
static apr_status_t read_keys(int fd, char *line, size_t size,
                              const sigset_t *let_through)
{
    size_t length = 0;
    char key = '\0';
    ssize_t count;

    while ((count = read_key(fd, &key, let_through)) == 1 && key != '\n'
           && key != '\r') {
        if (length < size - 1) {
            line[length++] = key != '\0' ? key : '\x01';
        }
    }
    line[length] = '\0';
    OPENSSL_cleanse(&key, sizeof(key));
    if (count < 0 || is_caught()) {
        return is_caught() ? APR_EINTR : APR_EGENERAL;
    }
    return count == 0 && length == 0 ? APR_EOF : APR_SUCCESS;
}

static void put(int fd, const char *text)
{
    /* What cannot be shown is asked for all the same. */
    if (write(fd, text, strlen(text)) < 0) {
        return;
    }
}

/* From the background too. */
static void restore(int fd, const struct termios *before)
{
    sigset_t background;
    sigset_t mask;

    sigemptyset(&background);
    sigaddset(&background, SIGTTOU);
    sigprocmask(SIG_BLOCK, &background, &mask);
    while (tcsetattr(fd, TCSAFLUSH, before) != 0 && errno == EINTR) {
    }
    sigprocmask(SIG_SETMASK, &mask, NULL);
}

/* Handlers first: a signal between the two would leave it without echo. */
static apr_status_t ask_once(int fd, const char *text, char *line,
                             size_t size)
{
    struct sigaction actions[SIGNALS];
    struct termios before;
    struct termios quiet;
    apr_status_t status;
    sigset_t mask;

    if (tcgetattr(fd, &before) != 0) {
        return APR_FROM_OS_ERROR(errno);
    }
    catch_all(actions, &mask);
    quiet = before;
    quiet.c_lflag &= (tcflag_t)~(ECHO | ECHONL);
    quiet.c_lflag |= ISIG | ICANON;
    if (tcsetattr(fd, TCSAFLUSH, &quiet) != 0) {
        status = is_caught() ? APR_EINTR : APR_FROM_OS_ERROR(errno);
    }
    else {
        put(fd, text);
        status = read_keys(fd, line, size, &mask);
        put(fd, "\n");
        restore(fd, &before);
    }
    let_all(actions, &mask);
    return is_caught() ? APR_EINTR : status;
}

apr_status_t acct_terminal_ask(const char *text, char *line, size_t size)
{
    int own = open("/dev/tty", O_RDWR | O_CLOEXEC | O_NOCTTY);
    int fd = own >= 0 ? own : STDIN_FILENO;
    apr_status_t status;

    for (;;) {
        status = ask_once(fd, text, line, size);
        if (status != APR_EINTR) {
            break;
        }
        OPENSSL_cleanse(line, size);
        pass_on();
    }
    if (own >= 0) {
        close(own);             /* all was taken that was wanted */
    }
    return status;
}
