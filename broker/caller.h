/* SPDX-License-Identifier: ISC */
/*
 * caller: who asks, for the life of one request.
 *
 * What the kernel told when he connected is his peer.  His unit and his login
 * name are looked up when an allow line needs them, once: what they were then
 * is what the request is judged by, however long it waits.
 */
#ifndef BROKER_CALLER_H
#define BROKER_CALLER_H

#include <stdbool.h>

#include "broker/peer.h"
#include "proto/verb.h"

/* As peer_unit(). */
typedef bool caller_find_unit(const struct peer *peer,
    char unit[CGROUP_UNIT_MAX + 1]);

struct caller {
	const struct peer *peer;
	caller_find_unit *find_unit;
	bool unit_asked;
	bool login_asked;
	char unit[CGROUP_UNIT_MAX + 1]; /* "": none, or not to be known */
	char login[ACCOUNT_MAX + 1];	/* in lower case; "" likewise */
};

/* A new request of a peer, whose unit the kernel tells. */
void caller_start(struct caller *caller, const struct peer *peer);

/* Suppose that he belongs to this unit, or to none (NULL). */
void caller_suppose(struct caller *caller, const char *unit);

/* His unit; NULL when he has none or it cannot be known. */
const char *caller_unit(struct caller *caller);

/* The name of his user, in lower case; NULL when the uid has no name. */
const char *caller_login(struct caller *caller);

#endif
