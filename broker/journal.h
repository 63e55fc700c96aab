/* SPDX-License-Identifier: ISC */
/*
 * journal: entries for systemd's journal, in its native protocol
 * (https://systemd.io/JOURNAL_NATIVE_PROTOCOL/).
 *
 * An entry is built in a fixed buffer and sent as one datagram, or not at
 * all.  Nothing here waits but journal_send(), and that for 100 ms at most
 * and once in an outage; sd_journal_send(3) waits for ever, and takes a
 * journal that is not there for success.
 */
#ifndef BROKER_JOURNAL_H
#define BROKER_JOURNAL_H

#include <stdbool.h>
#include <stddef.h>

#include "broker/own.h"

#define JOURNAL_PATH "/run/systemd/journal/socket"
#define JOURNAL_FIELD_MAX 64 /* bytes of a field's name; journald drops more */
#define JOURNAL_ENTRY_MAX 8192	/* well below what a socket takes at once */
#define JOURNAL_PATIENCE_MS 100 /* for a queue that is full for a moment */

/* Zeroed at first; a field that does not fit spoils it for good. */
struct journal_entry {
	char bytes[JOURNAL_ENTRY_MAX];
	size_t len;
	bool spoiled;
};

/*
 * Add a field.  Its name is ours: A-Z, 0-9 and _, no _ in front.  The value
 * is any text; one with a newline in it is sent in the form with a length.
 */
void journal_put(struct journal_entry *entry, const char *field,
    const char *value);

/* The same, printed; at most 2047 bytes of it. */
void journal_print(struct journal_entry *entry, const char *field,
    const char *format, ...) __attribute__((format(printf, 3, 4)));

struct journal;

void journal_free(struct journal *journal);
AUTO_DEFINE(journal, struct journal)

/* A way to the journal at this path, which need not be there yet; "": none. */
struct journal *journal_new(const char *path) OWNED_BY(journal_free);

/*
 * Send an entry.  A journal that was replaced is found again.  Where its queue
 * is full it is waited for, when patient is set; after a wait that was in vain
 * nothing is waited for until an entry was taken.
 *
 * MAILSEAL_E_TOOLONG  the entry did not fit its buffer
 * MAILSEAL_E_BUSY     the queue is full
 * MAILSEAL_E_IO       there is no journal, or it refuses
 */
int journal_send(struct journal *journal, const struct journal_entry *entry,
    bool patient) __attribute__((warn_unused_result));

/* Whether there is one, or was at any time since journal_new(). */
bool journal_is_known(struct journal *journal);

#endif
