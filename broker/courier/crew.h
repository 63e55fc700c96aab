/* SPDX-License-Identifier: ISC */
/*
 * crew: the children of the courier, one for each exchange.
 *
 * There are so many and no more; each is killed when its time is over, and one
 * that dies of its module is told apart from a courier that is not there.  The
 * parent reads nothing from a connection and resolves nothing.
 */
#ifndef BROKER_COURIER_CREW_H
#define BROKER_COURIER_CREW_H

#include <poll.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <sys/types.h>

#include "broker/courier/child.h"
#include "broker/courier/x509.h"

#define CREW_MAX 256	   /* children at once, at most */
#define CREW_GRACE_MS 2000 /* a child is killed so long after its deadline */

struct hand {
	pid_t pid;
	int connection; /* the child's; ours only where it cannot answer */
	int tell;	/* where its news come from; -1 when it is silent */
	struct news news;
	bool is_late;	 /* it was killed for that */
	int64_t kill_ms; /* CLOCK_MONOTONIC */
};

struct crew {
	int listener; /* -1 once it is closed */
	bool passed;  /* systemd holds it, too */
	int signals;  /* a signalfd */
	struct anchors anchors;
	const char *folder; /* of modules */
	size_t max;	    /* children */
	size_t count;
	struct hand hand[CREW_MAX];
};

/* Accept a connection and fork a child for it, or answer that we are busy. */
void crew_accept(struct crew *crew);

/*
 * Take leave of the children that have ended, and end what they left.  For one
 * that did not answer it is said here what became of it.
 */
void crew_reap(struct crew *crew);

/* Kill those whose time is over. */
void crew_kill_late(struct crew *crew);

/* Read the news of the ith child. */
void crew_hear(struct crew *crew, size_t i);

/* The milliseconds until the next is late; -1 when there are none. */
int crew_patience_ms(const struct crew *crew);

#endif
