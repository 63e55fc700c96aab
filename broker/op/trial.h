/* SPDX-License-Identifier: ISC */
/*
 * trial: logins with what is stored, to see that it works, or that a change
 * of the account would.
 */
#ifndef BROKER_OP_TRIAL_H
#define BROKER_OP_TRIAL_H

#include "broker/op/change.h"

struct trial_wish {
	const char *account;	     /* its name, in lower case */
	const char *to;		     /* of a test mail; NULL: none */
	int only;		     /* enum service; -1: all that there are */
	const struct change *change; /* applied when it works; NULL: none */
};

/* Begin it; whoever asked is answered when it ends. */
void trial_start(struct request *request, const struct trial_wish *wish);

#endif
