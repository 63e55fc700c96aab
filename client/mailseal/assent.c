/* SPDX-License-Identifier: ISC */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>
#include <sysexits.h>
#include <unistd.h>

#include "client/mailseal/assent.h"
#include "client/mailseal/command.h"
#include "client/mailseal/fold.h"
#include "client/mailseal/intake.h"

/* What was said beforehand, on the command line. */
static int
ask_options(const struct options *o, const char *question, const char *identity)
{
	if (o->delegate != NULL && strcasecmp(o->delegate, identity) != 0)
		return complain(EX_CONFIG,
		    "%s; --delegate names %s only; nothing was stored",
		    question, o->delegate);
	return complain(EX_OK, "%s", question);
}

static int
ask_person(const char *question, int *signal)
{
	struct intake answer;
	int status;
	bool yes;

	fold_print(stderr, question, 0, 0);
	(void)fputs(".\n", stderr);
	status = intake_take_shown(&answer,
	    "Store this sign-in for it? [yes/no]");
	*signal = answer.signal;
	yes = status == EX_OK && strcmp(answer.bytes, "yes") == 0;
	intake_wipe(&answer);
	if (yes)
		return status;
	return complain(*signal != 0 ? status : EXIT_FAILURE,
	    "nothing was stored");
}

int
assent_ask(const struct options *options, const char *question,
    const char *identity, int *signal)
{
	*signal = 0;
	if (options_have(options, OPTION_DELEGATE))
		return ask_options(options, question, identity);
	if (isatty(STDIN_FILENO) != 1)
		return complain(EX_CONFIG,
		    "%s; nobody can be asked here, and nothing was stored; say "
		    "--delegate to store it",
		    question);
	return ask_person(question, signal);
}
