/* SPDX-License-Identifier: ISC */
/*
 * listen: a Unix stream socket at a path that we bind ourselves.
 *
 * What is left of a dead process is replaced; a living one, or anything that
 * is no socket, is left alone.
 */
#ifndef BROKER_LISTEN_H
#define BROKER_LISTEN_H

#include <sys/types.h>

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
