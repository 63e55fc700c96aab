/* SPDX-License-Identifier: ISC */
/*
 * catalogue: the events that journalctl -x explains, and their MESSAGE_IDs.
 *
 * The texts are in units/mailseal.catalog; lint sees that each id is in both.
 * An id stays what it is: admins search for it.
 */
#ifndef BROKER_CATALOGUE_H
#define BROKER_CATALOGUE_H

/* An event of the audit. */
struct catalogue_row {
	const char *event;
	const char *id;	    /* 32 hex digits; NULL: not in the catalogue */
	int priority;	    /* as in syslog(3) */
	const char *result; /* "ok", "denied" or "failed" */
	const char *did;    /* the verb of a sentence: who ... which account */
};

/* Never NULL: an event that has no row is told all the same. */
const struct catalogue_row *catalogue_audit(const char *event);

/* The id of an event of the log; NULL for most. */
const char *catalogue_log(const char *event);

#endif
