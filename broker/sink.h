/* SPDX-License-Identifier: ISC */
/*
 * sink: where the lines of the audit go.
 *
 * The journal, where there is one; a file, when the journal does not take a
 * line or is not there; standard error, where neither is.  A sink takes a
 * line as a whole or not at all, and waits for nobody, but 100 ms for the
 * journal once in an outage.
 */
#ifndef BROKER_SINK_H
#define BROKER_SINK_H

#include <stdbool.h>

#include "broker/deed.h"
#include "broker/own.h"

struct sink;

void sink_free(struct sink *sink);
AUTO_DEFINE(sink, struct sink)

/*
 * Append to the file of this path, which is made with mode 0600; NULL: none.
 *
 * MAILSEAL_E_IO, with errno  it cannot be opened, or is a pipe that nobody
 *                            reads
 * MAILSEAL_E_NOMEM
 */
int sink_open(const char *path, struct sink **sink)
    __attribute__((warn_unused_result));

/* Open another file, or the same one anew, in the place of the one before. */
int sink_reopen(struct sink *sink, const char *path)
    __attribute__((warn_unused_result));

/* The journal that is asked first, and stays its owner's; NULL: none. */
void sink_use(struct sink *sink, struct journal *journal);

/* Whether one of them took the line. */
bool sink_takes(struct sink *sink, const struct deed_lines *lines);

#endif
