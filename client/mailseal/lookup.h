/* SPDX-License-Identifier: ISC */
/*
 * lookup: what a text names of all that providers, mail servers and mailseal
 * itself say.
 *
 * A text is a code, several, or a whole line of a log.  In a line only what
 * cannot be an ordinary word counts.  Nothing here prints.
 */
#ifndef CLIENT_MAILSEAL_LOOKUP_H
#define CLIENT_MAILSEAL_LOOKUP_H

#include <stdbool.h>
#include <stddef.h>

#include "proto/meaning.h"

#define LOOKUP_MAX 512 /* entries; more than there are */

struct entry {
	const char *source; /* who says it */
	char name[MEANING_NAME_MAX];
	const char *note;   /* what it means */
	const char *class;  /* or the code on mailseal's socket */
	enum actor actor;   /* who must act */
	const char *remedy; /* "%s" is the account; NULL: nobody must act */
};

struct entries {
	size_t count;
	struct entry entry[LOOKUP_MAX];
};

/* All that there are, source after source. */
void lookup_all(struct entries *entries);

/* Those that a text names; how many. */
size_t lookup(const char *text, struct entries *entries);

#endif
