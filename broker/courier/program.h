/* SPDX-License-Identifier: ISC */
/*
 * program: one run of a program of this host.
 *
 * It is executed by the descriptor that was checked, in a session of its own,
 * with no environment but PATH and no descriptor but the standard three.  When
 * it ends, or its time does, its whole process group is killed.
 */
#ifndef BROKER_COURIER_PROGRAM_H
#define BROKER_COURIER_PROGRAM_H

#include <stdbool.h>
#include <stdint.h>

#include "broker/own.h"
#include "broker/secret.h"
#include "proto/line.h"

#define PROGRAM_MS 30000	 /* for it to end, when the exchange lasts */
#define PROGRAM_OUTPUT_MAX 65536 /* bytes of standard output */
#define PROGRAM_SAID_MAX 512	 /* bytes kept of standard error, the last */
#define PROGRAM_ARGS_MAX 32	 /* words, the path included */

/* What came of it. */
struct program {
	int status;   /* as a shell tells it: 126 and 127 when it could not be
			 executed, 128 and the signal that killed it */
	bool is_late; /* it was killed when its time was over */
	bool is_long; /* it wrote more than it may, and was killed */
	size_t len;
	struct secret *output; /* a NUL stands behind its len bytes */
	size_t said_len;
	struct secret *said; /* standard error; or why it was not executed */
};

void program_free(struct program *ran);
AUTO_DEFINE(program, struct program)

/*
 * Run what fd holds, until deadline_ms (CLOCK_MONOTONIC) at most.  argv ends
 * with NULL; input is what it reads.  SIGPIPE must be ignored.  *ran is the
 * caller's, to be freed by program_free().
 *
 * MAILSEAL_E_NOMEM  out of memory
 * MAILSEAL_E_IO     no pipe, or no process; errno tells
 */
int program_run(int fd, char *const argv[], struct span input,
    int64_t deadline_ms, struct program **ran)
    __attribute__((warn_unused_result));

#endif
