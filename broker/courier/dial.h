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

/* Wait for events of poll(2): 0, or an errno; ETIMEDOUT at the moment. */
int dial_wait(int fd, short events, int64_t until_ms);

/*
 * Connect to one of the host's addresses, each getting its share of the time.
 * *fd is a non-blocking socket of the caller's.  On failure *why says what the
 * system says.
 *
 * MAILSEAL_E_NETWORK  no such name, refused, unreachable
 * MAILSEAL_E_SILENT   nobody answered in time
 */
int dial(const char *host, uint16_t port, int64_t until_ms, int *fd,
    const char **why) __attribute__((warn_unused_result));

#endif
