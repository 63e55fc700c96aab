/* SPDX-License-Identifier: ISC */
/*
 * deadline: everything that waits, in one heap under one timer.
 *
 * Time is CLOCK_BOOTTIME in milliseconds: it runs on while the machine
 * sleeps and does not jump when the wall clock is set.
 */
#ifndef BROKER_DEADLINE_H
#define BROKER_DEADLINE_H

#include <stddef.h>
#include <stdint.h>
#include <systemd/sd-event.h>

#include "broker/own.h"

/* A part of what waits; zeroed when nothing is set. */
struct deadline {
	uint64_t at_ms;
	size_t place;		 /* in the heap, from 1; 0: not in it */
	void (*pass)(void *arg); /* the deadline is out of the heap by then */
	void *arg;
};

struct deadlines;

void deadlines_free(struct deadlines *deadlines);
struct deadlines *deadlines_new(sd_event *event) OWNED_BY(deadlines_free);
AUTO_DEFINE(deadlines, struct deadlines)

/*
 * Set, or move, when it passes; pass and arg are set already.
 *
 * MAILSEAL_E_NOMEM  the heap cannot grow; a deadline that is moved never fails
 */
int deadline_set(struct deadlines *deadlines, struct deadline *deadline,
    uint64_t at_ms) __attribute__((warn_unused_result));

/* Take it out; nothing happens when it is not set. */
void deadline_clear(struct deadlines *deadlines, struct deadline *deadline);

/* Now, in CLOCK_BOOTTIME milliseconds, and in seconds since 1970. */
uint64_t now_ms(void);
int64_t now_wall(void);

#endif
