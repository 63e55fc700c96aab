/* SPDX-License-Identifier: ISC */
/*
 * ownword: the words of mailseal's own: reasons, states, and who must act.
 *
 * The sentences of the reasons are those of proto/error.
 */
#ifndef CLIENT_MAILSEAL_OWNWORD_H
#define CLIENT_MAILSEAL_OWNWORD_H

#include <stdbool.h>
#include <stddef.h>

#include "proto/meaning.h"

struct ownword {
	const char *source;
	const char *name;
	const char *note;
	const char *code; /* on the socket */
	enum actor actor;
	const char *remedy; /* NULL: nobody must act */
};

/* The nth of all; false behind the last. */
bool ownword_at(size_t n, struct ownword *word);

#endif
