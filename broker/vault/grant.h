/* SPDX-License-Identifier: ISC */
/*
 * grant: the state of the right to act for an account.
 *
 * Pure: a state, an event, the next state; and how long to wait before the
 * next try.  The secret itself is a record, and never seen here.
 */
#ifndef BROKER_VAULT_GRANT_H
#define BROKER_VAULT_GRANT_H

#include <stdint.h>

#define GRANT_BACKOFF_FIRST_MS 1000
#define GRANT_BACKOFF_MAX_MS 900000

enum grant_state {
	GRANT_GOOD,
	GRANT_WAITING,	/* a failure that passes; the next try has a time */
	GRANT_REAUTH,	/* somebody must sign in again */
	GRANT_BLOCKED,	/* an admin must change something */
	GRANT_DISABLED, /* switched off by our own admin */
};

enum grant_event {
	GRANT_ENROLLED, /* a sign-in was stored, and its mailbox test passed */
	GRANT_WORKED,	/* an exchange gave a token */
	GRANT_FAILED,	/* an exchange failed in a way that passes */
	GRANT_DIED,	/* the provider says that the grant is no more */
	GRANT_FAULTED,	/* registration, tenant or mailbox is set wrong */
	GRANT_SWITCHED_OFF, /* our own admin disables the account */
	GRANT_SWITCHED_ON,  /* and enables it again */
};

/*
 * The next state.  beneath: what a disabled grant is apart from that; it is
 * that again when it is enabled.
 */
enum grant_state grant_next(enum grant_state state, enum grant_event event,
    enum grant_state beneath);

/*
 * Move a state by an event.  While it is disabled the one beneath moves, so
 * that it is what became of it meanwhile when it is enabled.
 */
void grant_move(enum grant_state *state, enum grant_state *beneath,
    enum grant_event event);

/*
 * Milliseconds to wait after so many failures in a row (1, 2, ...): doubling
 * from 1 s to 15 min with full jitter (random picks between half of it and
 * the whole), and never less than retry_after_s.
 */
uint64_t grant_backoff_ms(unsigned failures, uint64_t retry_after_s,
    uint32_t random);

/*
 * Why nothing is to be had of a grant in this state, which it is in for this
 * reason (enum mailseal_error): what a caller is told.
 */
int grant_trouble(enum grant_state state, int reason);

/* The state's name on the wire and in the store, and back (-1: none). */
const char *grant_state_name(enum grant_state state);
int grant_state_by_name(const char *name);

/* The event that an outcome's class ("ok", "transient", ...) stands for. */
enum grant_event grant_event_of_class(const char *class);

#endif
