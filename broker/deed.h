/* SPDX-License-Identifier: ISC */
/*
 * deed: what somebody did, as a line of the audit, before anybody took it.
 *
 * A journal entry and a line of text have the same facts: key=value here is
 * MAILSEAL_KEY=value there.  Whatever is foreign is made fit to print.
 */
#ifndef BROKER_DEED_H
#define BROKER_DEED_H

#include <stddef.h>
#include <time.h>

#include "broker/journal.h"
#include "broker/peer.h"

#define DEED_TEXT_MAX 4000 /* bytes of a line; a pipe takes it at once */
#define DEED_STAMP_MAX 24  /* bytes of a time, with the NUL */

/* What was done. */
struct deed {
	const char *event;	 /* one of the catalogue */
	const char *account;	 /* NULL: none */
	const struct peer *peer; /* who did it; NULL: we ourselves */
	const char *rule;	 /* by which line he may; NULL: none */
	const char *more;	 /* key=value words of ours, or "" */
};

/* The same in both forms. */
struct deed_lines {
	struct journal_entry entry;
	char text[DEED_TEXT_MAX];
	size_t len;
};

/*
 * Write it down, from now on as of this moment.
 *
 * MAILSEAL_E_TOOLONG
 */
int deed_write(const struct deed *deed, struct deed_lines *lines)
    __attribute__((warn_unused_result));

/* "2026-11-23T19:28:00Z" */
void deed_stamp(time_t when, char stamp[DEED_STAMP_MAX]);

#endif
