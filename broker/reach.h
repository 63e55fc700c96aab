/* SPDX-License-Identifier: ISC */
/*
 * reach: all that a string of an account can open.
 *
 * Allow lines are for one mailbox, and tokens are not.  Pure: it follows from
 * the provider file, and whoever may have a string can be told of it.
 */
#ifndef BROKER_REACH_H
#define BROKER_REACH_H

#include "broker/provider.h"

enum reach_extent {
	REACH_MAILBOX,	    /* its own mailbox */
	REACH_LOGIN,	    /* all that who signed in may open */
	REACH_REGISTRATION, /* all that the registration's permission covers */
	REACH_PASSWORD,	    /* all that the password opens */
	REACH_UNKNOWN,	    /* the module alone knows */
	REACH_EXTENTS
};

struct reach {
	enum reach_extent extent;
	bool is_narrow;	  /* it is good for the service it was got for only */
	const char *also; /* what it opens besides, a clause; NULL: nothing */
};

/* What a string for a service opens. */
struct reach reach_of(const struct provider *provider, enum service service);

/* What the widest of the strings opens that an account's services ask for. */
struct reach reach_of_account(const struct provider *provider);

/* The extent's name on the wire. */
const char *reach_name(enum reach_extent extent);

/* Add reach and also_opens to an answer. */
void reach_put(const struct reach *reach, struct line_writer *w);

#endif
