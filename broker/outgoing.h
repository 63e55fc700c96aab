/* SPDX-License-Identifier: ISC */
/*
 * outgoing: the bytes of an answer that a client did not take at once.
 *
 * Nothing here waits.  What is secret is kept in the arena, and wiped when it
 * was sent.
 */
#ifndef BROKER_OUTGOING_H
#define BROKER_OUTGOING_H

#include <stdbool.h>
#include <stddef.h>

#include "broker/secret.h"

/* Zeroed when nothing is left. */
struct outgoing {
	struct secret *secret; /* where the bytes lie, or */
	char *plain;
	size_t at, len;
};

/* Whether all was sent. */
bool outgoing_is_empty(const struct outgoing *outgoing);

/*
 * Send bytes while nothing is left of earlier ones, and keep what the client
 * does not take.  False: it hung up, or there is no room to keep the rest.
 */
bool outgoing_send(struct outgoing *outgoing, int fd, const void *bytes,
    size_t len, bool secret) __attribute__((warn_unused_result));

/* Go on with what is left; false: it hung up. */
bool outgoing_flush(struct outgoing *outgoing, int fd)
    __attribute__((warn_unused_result));

/* Wipe and forget what is left. */
void outgoing_clear(struct outgoing *outgoing);

#endif
