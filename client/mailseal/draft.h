/* SPDX-License-Identifier: ISC */
/*
 * draft: a slot in the making, between the broker and where its secret goes.
 *
 * The broker hands out what opens it, we put that away, and the broker counts
 * on the slot only when just that came back to it.
 */
#ifndef CLIENT_MAILSEAL_DRAFT_H
#define CLIENT_MAILSEAL_DRAFT_H

#include <stdbool.h>
#include <stdint.h>
#include <sys/types.h>

#include "client/ask.h"

#define DRAFT_SECRET_LEN 64 /* hexadecimal digits */
#define DRAFT_CODE_LEN 47   /* characters of a recovery code */

struct draft {
	bool code; /* of a recovery slot, not a secret */
	char id[LINE_KEY_MAX + 1];
	uid_t uid; /* as which the broker runs */
	gid_t gid;
	char bytes[DRAFT_SECRET_LEN + 1]; /* secret or code; its owner wipes */
	uint64_t slot;			  /* when it was committed */
	bool unsure;			  /* no answer came: it may have been */
};

/* Have the broker draw a slot of this kind; an exit status. */
int draft_begin(struct draft *draft, struct ask *ask, const char *kind,
    const char *label) __attribute__((warn_unused_result));

/*
 * Hand back what was read again or typed; an exit status, after having
 * complained, also of what the broker itself cannot read.  Without an answer
 * nobody knows whether the slot is there.
 */
int draft_commit(struct draft *draft, struct ask *ask, const char *bytes,
    size_t len) __attribute__((warn_unused_result));

/* Say that something must stay, since it may be needed. */
void draft_warn(const struct draft *draft, const char *path);

void draft_wipe(struct draft *draft);

#endif
