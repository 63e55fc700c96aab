/* SPDX-License-Identifier: ISC */
/*
 * expiry: the end dates of client secrets and certificates, told before they
 * come: 30, 7 and 1 days before the last usable one of a provider ends, and
 * when it has ended.
 *
 * An end is a date of the wall clock.  Between two looks a timer runs that a
 * clock which is set does not disturb; what is told is judged anew each time.
 */
#ifndef BROKER_EXPIRY_H
#define BROKER_EXPIRY_H

#include <stdint.h>

#include "broker/registration.h"
#include "broker/standing.h"

enum expiry_stage {
	EXPIRY_FAR,   /* no end, or none soon */
	EXPIRY_MONTH, /* within 30 days */
	EXPIRY_WEEK,
	EXPIRY_DAY,
	EXPIRY_OVER,
};

/* How near an end date is; 0 is none. */
enum expiry_stage expiry_stage(int64_t ends, int64_t now);

/* Seconds until it is nearer by a stage; 0: it never is. */
int64_t expiry_left(int64_t ends, int64_t now);

/*
 * When the last one ends that a provider can use and does not refuse; 0 when
 * one of them has no end that we know, or there is none.
 */
int64_t expiry_of(const struct provider *provider, const struct proofs *proofs,
    const struct standing *standing);

/*
 * Tell what came nearer since the last look, and look again at its time.  To be
 * called when the key was opened, and when anything changed.
 */
void expiry_look(struct broker *broker);

#endif
