/* SPDX-License-Identifier: ISC */
/*
 * lease: a short-lived access token, and the replies that were made of it.
 *
 * The state moves by one pure function.  Times are CLOCK_BOOTTIME, so that a
 * wall clock that jumps neither serves a dead token nor drops a good one.
 * Replies are built once, by whoever knows the language, and kept here.
 */
#ifndef BROKER_VAULT_LEASE_H
#define BROKER_VAULT_LEASE_H

#include <stdbool.h>
#include <stdint.h>

#include "broker/secret.h"

#define LEASE_REPLIES_MAX 8   /* finished replies kept for one lease */
#define LEASE_MARGIN_MS 10000 /* nothing is served with less left */

enum lease_state {
	LEASE_NONE,	  /* nothing to hand out */
	LEASE_FRESH,	  /* an access token, good for a while */
	LEASE_REFRESHING, /* one exchange is under way; others wait for it */
};

enum lease_event {
	LEASE_WANTED,  /* somebody needs one that lives longer */
	LEASE_ISSUED,  /* the exchange gave a token */
	LEASE_REFUSED, /* the exchange gave none; the old one may still live */
	LEASE_ENDED,   /* its time is over, or it was withdrawn */
};

/*
 * The next state.  alive: an access token that has not ended is at hand, so
 * that a refused exchange goes back to it.
 */
enum lease_state lease_next(enum lease_state state, enum lease_event event,
    bool alive);

struct lease_reply {
	unsigned key; /* what it answers; the maker's choice */
	struct secret *bytes;
};

struct lease {
	enum lease_state state;
	struct secret *token; /* NULL: none */
	uint64_t issued_ms;   /* CLOCK_BOOTTIME */
	uint64_t end_ms;
	int64_t expires;    /* the end in seconds since 1970 */
	bool wanted;	    /* asked for during this lease */
	bool wanted_before; /* and during the one before */
	struct lease_reply reply[LEASE_REPLIES_MAX];
};

/* Take over a token; the old one and its replies are wiped. */
void lease_issue(struct lease *lease, struct secret **token, uint64_t now_ms,
    int64_t now_wall, uint64_t life_s);

/* Wipe the token and the replies. */
void lease_clear(struct lease *lease);

/* Wipe what can be made anew: the replies, and a token that has ended. */
void lease_trim(struct lease *lease, uint64_t now_ms);

/* Whether there is a token that has not ended. */
bool lease_is_alive(const struct lease *lease, uint64_t now_ms);

/*
 * Whether it may be served to one who asks for so much life: that is clamped
 * to half of the lease's own, and never less than LEASE_MARGIN_MS, or a tenth
 * of its life if that is less.
 */
bool lease_serves(const struct lease *lease, uint64_t now_ms, uint64_t life_s);

/*
 * When to renew it ahead: a fifth of its life before the end, earlier by up to
 * a twentieth, as random picks.
 */
uint64_t lease_renewal_ms(const struct lease *lease, uint32_t random);

/* The finished reply of this key, the lease's own, or NULL. */
const struct secret *lease_reply(const struct lease *lease, unsigned key);

/* Keep a finished reply; the oldest makes room. */
void lease_keep_reply(struct lease *lease, unsigned key, struct secret **reply);

#endif
