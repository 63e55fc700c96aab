/* SPDX-License-Identifier: ISC */
/*
 * polling: when a provider may be asked again whether somebody has signed in
 * with a device code (RFC 8628 section 3.5).
 *
 * Times are milliseconds of the clock of deadline.h.  Nothing here waits.
 */
#ifndef BROKER_POLLING_H
#define BROKER_POLLING_H

#include <stdint.h>

#define POLLING_SLOWER_S 5     /* more, for good, after each slow_down */
#define POLLING_PAUSE_MAX_S 60 /* that trouble makes of a pause by itself */

/* Its fields are read only. */
struct polling {
	uint64_t interval_ms; /* that the provider wants between two */
	uint64_t pause_ms;    /* that is kept now */
	uint64_t next_ms;     /* none before */
};

/* What a poll came to, when the wait goes on. */
enum polled {
	POLLED_PENDING,	  /* nobody has signed in yet */
	POLLED_SLOW_DOWN, /* that, and it was asked too often */
	POLLED_TROUBLE,	  /* no answer, or none of use; it may pass */
};

/* A code was given just now. */
void polling_start(struct polling *polling, uint64_t interval_s,
    uint64_t now_ms);

/*
 * A poll ended just now.  In trouble the pause doubles each time, and is as
 * long as the provider says (retry_after_s, 0 where it does not).
 */
void polling_note(struct polling *polling, enum polled polled,
    uint64_t retry_after_s, uint64_t now_ms);

/* The seconds until the next one, rounded up. */
uint64_t polling_rest_s(const struct polling *polling, uint64_t now_ms);

#endif
