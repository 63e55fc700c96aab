/* SPDX-License-Identifier: ISC */
/*
 * intake: a secret on its way in, from the terminal, stdin or a file.
 *
 * Never from an argument or the environment, where others can read it.
 */
#ifndef CLIENT_MAILSEAL_INTAKE_H
#define CLIENT_MAILSEAL_INTAKE_H

#include <stddef.h>

#include "proto/verb.h"

struct intake {
	size_t len;
	int signal;		    /* that came while it was typed, or 0 */
	char bytes[SECRET_MAX + 3]; /* a CR, LF and NUL may stand behind it */
};

/*
 * Take a secret of one line from file; from stdin where file is "-" or stdin
 * is no terminal; else from the terminal, without echo.  name is what the
 * prompt and the complaints call it.
 *
 * EX_OK, or an exit status after having complained; then nothing is held.
 */
int intake_take(struct intake *intake, const char *file, const char *name);

/* The same of stdin, and a person sees what he types. */
int intake_take_shown(struct intake *intake, const char *name);

void intake_wipe(struct intake *intake);

#endif
