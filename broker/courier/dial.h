/* SPDX-License-Identifier: ISC */
/*
 * dial: reach a host by TCP and wait for it, never past a moment.
 *
 * Moments are those of broker/courier/clock.h.  Nothing is read or written
 * here.
 */
#ifndef BROKER_COURIER_DIAL_H
#define BROKER_COURIER_DIAL_H

#include <stdint.h>

#define DIAL_MS 10000	 /* for the name and the connection together */
#define DIAL_WHY_MAX 480 /* bytes, with NUL */

/* Wait for events of poll(2): 0, or an errno; ETIMEDOUT at the moment. */
int dial_wait(int fd, short events, int64_t until_ms);

/*
 * Look up a host and connect to it, whichever of its addresses answers first,
 * within DIAL_MS and before that moment.  *fd is a non-blocking socket of the
 * caller's.  On failure why tells of the host and of what happened, in
 * printable ASCII.
 *
 * MAILSEAL_E_NETWORK  no such name, refused, unreachable
 * MAILSEAL_E_SILENT   no name server, or nobody at the host, answered in time
 */
int dial(const char *host, uint16_t port, int64_t until_ms, int *fd,
    char why[DIAL_WHY_MAX]) __attribute__((warn_unused_result));

#endif
