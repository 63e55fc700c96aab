/* SPDX-License-Identifier: ISC */
/*
 * redirect: what the browser brought back from the provider's page.
 *
 * It is believed only when it bears our state and, where there is one, the
 * issuer's name (RFC 6749 section 4.1.2, RFC 9207).  Nothing here touches the
 * network.
 */
#ifndef BROKER_COURIER_REDIRECT_H
#define BROKER_COURIER_REDIRECT_H

#include <stdbool.h>
#include <stddef.h>

#include "proto/line.h"

#define REDIRECT_MAX 8192      /* bytes of a request target or a pasted URL */
#define REDIRECT_CODE_MAX 4096 /* bytes of a code */

/* What was sent, and what must come back. */
struct redirect_wanted {
	const char *path;
	const char *state;
	const char *issuer;  /* NULL when it is not known */
	bool issuer_is_sent; /* the provider always names itself */
};

enum redirect_kind {
	REDIRECT_IGNORE, /* another path: the browser looks for an icon */
	REDIRECT_CODE,
	REDIRECT_ERROR,	 /* the provider says no */
	REDIRECT_REFUSE, /* not to be believed */
};

struct redirect {
	enum redirect_kind kind;
	const char *code;	 /* REDIRECT_CODE */
	const char *error;	 /* REDIRECT_ERROR */
	const char *description; /* likewise; any bytes, "" when absent */
	const char *why;	 /* REDIRECT_REFUSE: a constant sentence */
};

/*
 * Read a request target ("/callback?...") or a whole URL of len bytes, with
 * room for a NUL behind them.  It is decoded in place; the result points into
 * it.
 */
struct redirect redirect_read(char *target, size_t len,
    const struct redirect_wanted *wanted);

/*
 * Answer op=redirect: take the fields out of the request, put those of the
 * reply.
 *
 * The failures of line_end()
 */
int redirect_answer(struct line *request, struct line_writer *reply)
    __attribute__((warn_unused_result));

#endif
