/* SPDX-License-Identifier: ISC */
/*
 * recoverycode: a slot whose secret is on paper, for the day when the host's
 * own way to the master key is lost.
 *
 * A person reads the code from the terminal once and types it back; automation
 * has it in a file.
 */
#ifndef CLIENT_MAILSEAL_RECOVERYCODE_H
#define CLIENT_MAILSEAL_RECOVERYCODE_H

#include <stdbool.h>

#include "client/ask.h"

/* Whether a person is there who can write it down. */
bool recoverycode_can_ask(void);

#define RECOVERYCODE_TRIES 3

/* Whether a code that was answered with this status may just be mistyped. */
bool recoverycode_again(int status);

/*
 * Make one: into a new file, or when file is NULL by way of the terminal.  An
 * exit status, after having complained; dies of a signal that came meanwhile.
 */
int recoverycode_make(struct ask *ask, const char *file)
    __attribute__((warn_unused_result));

#endif
