/* SPDX-License-Identifier: ISC */
/*
 * errand: mailseald's side of one exchange with the outside.
 *
 * It writes one request line to mailseal-courier, waits for one reply line,
 * and hands that over.  Both lie in the arena and are wiped.  What the courier
 * says is believed; what it says is not what the internet said.
 */
#ifndef BROKER_ERRAND_H
#define BROKER_ERRAND_H

#include <stdbool.h>
#include <stdint.h>

#include "broker/broker.h"
#include "broker/own.h"
#include "broker/secret.h"
#include "proto/line.h"
#include "proto/meaning.h"

#define ERRAND_MS 25000	     /* an exchange ends after */
#define ERRAND_GRACE_MS 3000 /* for the courier to say so itself */
#define ERRANDS_MAX 16	     /* at once, so that the arena holds them */

struct errand;

/* What came of it; lives during the call of done only. */
struct outcome {
	const char *class;  /* "ok", "transient", ...; never NULL */
	int reason;	    /* enum mailseal_error; MAILSEAL_OK with "ok" */
	const char *detail; /* words of the other side, printable; or NULL */
	const struct meaning *meaning; /* of what was answered, or NULL */
	uint64_t retry_after_s;
	struct line *fields; /* the rest; NULL when there was no reply */
};

typedef void errand_done(void *arg, const struct outcome *outcome);

void errand_free(struct errand *errand);

/*
 * Begin the request of an operation with a module ("-" for the courier's own
 * operations) and the origins that it may touch.  NULL when the arena is full.
 */
struct errand *errand_new(struct broker *broker, const char *op,
    const char *module, const char *origins) OWNED_BY(errand_free);
AUTO_DEFINE(errand, struct errand)

/* Add a setting (set_KEY) or an input (in_KEY); a NULL adds nothing. */
void errand_set(struct errand *errand, const char *key, const char *text);
void errand_in(struct errand *errand, const char *key, const char *text);
void errand_in_secret(struct errand *errand, const char *key,
    const struct secret *secret);

/*
 * Add how its servers are reached, by a proxy or not, and what they are trusted
 * by where that is not the system's.
 */
void errand_way(struct errand *errand, const struct provider *provider);

/* Add what a provider file says of its registration. */
void errand_registration(struct errand *errand,
    const struct provider *provider);

/*
 * Have something released when the errand is gone, whether it ended or was
 * cancelled.  What it kept before is forgotten, and not released.
 */
void errand_keep(struct errand *errand, void *kept, void (*release)(void *));

/* Add where its endpoints are, as far as a provider file says so itself. */
void errand_endpoints(struct errand *errand, const struct provider *provider);

/*
 * Send it.  *errand is taken over; *handle names it until done is called,
 * which happens once, always, and never before this returns.
 *
 * MAILSEAL_E_TOOLONG  the request does not fit a line
 * MAILSEAL_E_NOMEM
 */
int errand_start(struct errand **errand, errand_done *done, void *arg,
    struct errand **handle) __attribute__((warn_unused_result));

/*
 * Whether there are ERRANDS_MAX: what can wait is begun later.  What an admin
 * waits for is not; his connections are few.
 */
bool errands_are_many(void);

/* Forget it; done is not called.  The exchange itself may still end well. */
void errand_cancel(struct errand *errand);

#endif
