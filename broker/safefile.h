/* SPDX-License-Identifier: ISC */
/*
 * safefile: open a file only if nobody else could have changed it.
 *
 * The file and every folder above it must belong to root or to the user who
 * runs this, and must not be writable for group or others (sticky folders of
 * root, such as /tmp, may be).  No component may be a symbolic link.  What is
 * checked is the descriptor that is handed out.
 */
#ifndef BROKER_SAFEFILE_H
#define BROKER_SAFEFILE_H

#include <stddef.h>

#include "broker/secret.h"

#define SAFEFILE_WHY_MAX 512

/*
 * Open a file (or with SAFEFILE_DIR a folder) for reading.  *fd is the
 * caller's to close.  why receives a sentence when it fails, naming the path
 * and the component at fault.
 *
 * MAILSEAL_E_UNSAFE  owner, mode or link; why names the component
 * MAILSEAL_E_IO      it cannot be opened; errno tells
 */
#define SAFEFILE_DIR 1u
#define SAFEFILE_PRIVATE 2u /* nor readable for group or others */
int safefile_open(const char *path, unsigned flags, int *fd,
    char why[SAFEFILE_WHY_MAX]) __attribute__((warn_unused_result));

/*
 * Read a whole safe file of at most max bytes into memory of the caller's,
 * with a NUL behind it.
 *
 * As safefile_open, and MAILSEAL_E_TOOLONG, MAILSEAL_E_NOMEM.
 */
int safefile_read(const char *path, unsigned flags, size_t max, char **bytes,
    size_t *len, char why[SAFEFILE_WHY_MAX])
    __attribute__((warn_unused_result));

/* The same into a secret. */
int safefile_read_secret(const char *path, size_t max, struct secret **secret,
    char why[SAFEFILE_WHY_MAX]) __attribute__((warn_unused_result));

#endif
