/* SPDX-License-Identifier: ISC */
/*
 * runner: the command of a provider file, run for a module.
 *
 * No other program is run than the one that root wrote there, and that one
 * only if nobody else could have changed it.  What it is told and what it
 * answers is in the line language.
 */
#ifndef BROKER_COURIER_RUNNER_H
#define BROKER_COURIER_RUNNER_H

#include "broker/courier/http.h"
#include "broker/courier/program.h"
#include "proto/module.h"

/* What it answered, as a module is shown it. */
struct runner {
	struct program *ran;
	struct line line; /* in ran's output */
	struct mailseal_item item[LINE_FIELDS_MAX + 1];
	struct mailseal_item said;
};

void runner_free(struct runner *runner);
AUTO_DEFINE(runner, struct runner)

/*
 * Run what the ask says and wait for it to end.  *runner is the caller's, to
 * be freed by runner_free(), and call points into it.
 *
 * On failure fault has the error and its words:
 *
 * MAILSEAL_E_MODULE   the ask is none, or not of the setting command
 * MAILSEAL_E_UNSAFE   others could change the program
 * MAILSEAL_E_CONFIG   it cannot be opened
 * MAILSEAL_E_COMMAND  it did not end in its time, or there is no process for it
 * MAILSEAL_E_NOMEM    out of memory
 */
int runner_ask(const struct mailseal_ask *ask, int64_t deadline_ms,
    struct mailseal_call *call, struct runner **runner,
    struct http_fault *fault) __attribute__((warn_unused_result));

#endif
