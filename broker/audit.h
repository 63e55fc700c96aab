/* SPDX-License-Identifier: ISC */
/*
 * audit: who got which string, and who did not.
 *
 * A line for the first handing-out of each lease to a (uid, rule), for each
 * denial, enrolment and key operation.  A line is accepted before the string
 * leaves, unless the admin wants it otherwise; lines that nobody accepted are
 * counted, and told by a line of their own.  None ever holds a secret; a
 * token is named by a keyed hash.
 */
#ifndef BROKER_AUDIT_H
#define BROKER_AUDIT_H

#include <stdbool.h>

#include "broker/journal.h"
#include "broker/own.h"
#include "broker/peer.h"
#include "broker/policy.h"
#include "broker/secret.h"
#include "broker/tally.h"

#define AUDIT_TAG_MAX TALLY_TAG_MAX

struct audit;

void audit_free(struct audit *audit);
AUTO_DEFINE(audit, struct audit)

/*
 * Write to a file (appended to, mode 0600), or to standard error when path is
 * NULL; each string needs its line.
 *
 * MAILSEAL_E_IO  it cannot be opened
 * MAILSEAL_E_NOMEM
 */
int audit_open(const char *path, struct audit **audit)
    __attribute__((warn_unused_result));

/* What an admin may set. */
struct audit_wish {
	const char *path;	 /* NULL: no file */
	struct journal *journal; /* asked before the file; NULL: none */
	bool required; /* a string needs its line; else the gap is counted */
};

/*
 * Do as is wished from here on; the file is opened anew, so that it may be
 * moved away before.
 *
 * MAILSEAL_E_IO, with errno  everything is as it was
 */
int audit_change(struct audit *audit, const struct audit_wish *wish)
    __attribute__((warn_unused_result));

/* Whether there is a gap that was not told, and to try to tell it now. */
bool audit_is_behind(const struct audit *audit);
void audit_catch_up(struct audit *audit);

/*
 * One event: what is to be done ("served", ...), to which account, by whom,
 * and more as key=value words with single spaces between them; what is foreign
 * there goes through printable_word().  account and rule may be NULL.
 *
 * MAILSEAL_E_BUSY  the line was not accepted, and is required
 */
int audit_write(struct audit *audit, const char *event, const char *account,
    const struct peer *peer, const struct rule *rule, const char *format, ...)
    __attribute__((format(printf, 6, 7), warn_unused_result));

/*
 * The same of what was done already and stands whether or not the line is
 * taken; one that is lost goes to the log.
 */
void audit_note(struct audit *audit, const char *event, const char *account,
    const struct peer *peer, const char *format, ...)
    __attribute__((format(printf, 5, 6)));

/*
 * Note a handing-out; only the first of a (account, token, uid, rule) in an
 * hour is a line, the others are counted and told with the next.
 *
 * MAILSEAL_E_BUSY  it must not be handed out; that was logged
 */
int audit_served(struct audit *audit, const char *account,
    const struct peer *peer, const struct rule *rule,
    const struct secret *token) __attribute__((warn_unused_result));

/* Note a denial; more than ten a minute of one uid are counted, not written. */
void audit_denied(struct audit *audit, const char *account,
    const struct peer *peer, const char *why);

#endif
