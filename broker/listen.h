/* SPDX-License-Identifier: ISC */
/*
 * listen: Unix stream sockets that clients come in by: those that systemd holds
 * for us, and those at a path that we bind ourselves.
 *
 * Where we bind, what is left of a dead process is replaced; a living one, or
 * anything that is no socket, is left alone.
 */
#ifndef BROKER_LISTEN_H
#define BROKER_LISTEN_H

#include <stddef.h>
#include <sys/types.h>

#define LISTEN_PASSED_MAX 16 /* sockets taken of systemd */
#define LISTEN_NAME_MAX 32   /* bytes of their names that are looked at */

/* A socket that systemd listens on, by its FileDescriptorName=. */
struct passed {
	int fd;
	char name[LISTEN_NAME_MAX + 1];
};

/*
 * Take what systemd passes (sd_listen_fds(3)); the environment no longer tells
 * of it then.  *count is 0 where there is nothing.  Each does not block, is
 * closed on exec, and is the caller's.
 *
 * MAILSEAL_E_CONFIG  one of them is no listening Unix stream socket, or there
 *                    are too many
 * MAILSEAL_E_IO      errno tells
 */
int listen_passed(struct passed passed[LISTEN_PASSED_MAX], size_t *count)
    __attribute__((warn_unused_result));

/*
 * Bind path and listen there.  The socket never has more permissions than
 * mode.  *fd does not block, is closed on exec, and is the caller's.
 *
 * MAILSEAL_E_TOOLONG  the path does not fit a socket's address
 * MAILSEAL_E_EXISTS   a process answers there, or it is no socket
 * MAILSEAL_E_IO       errno tells; ENOENT when the folder is missing
 */
int listen_unix(const char *path, mode_t mode, int *fd)
    __attribute__((warn_unused_result));

#endif
