/* SPDX-License-Identifier: ISC */
/*
 * clock: what deadlines are counted on.
 *
 * A deadline is an absolute time of CLOCK_MONOTONIC, in milliseconds.
 */
#ifndef BROKER_COURIER_CLOCK_H
#define BROKER_COURIER_CLOCK_H

#include <stdint.h>

/* Now, in milliseconds. */
int64_t clock_ms(void);

/* The milliseconds until a deadline, 0 when it is over; fits poll(). */
int clock_left_ms(int64_t deadline_ms);

#endif
