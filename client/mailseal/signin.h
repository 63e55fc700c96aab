/* SPDX-License-Identifier: ISC */
/*
 * signin: put an account in, by a person at a browser or by a password.
 *
 * It begins and ends here; browser.h is what lies between for a person.
 */
#ifndef CLIENT_MAILSEAL_SIGNIN_H
#define CLIENT_MAILSEAL_SIGNIN_H

#include <time.h>

#include "client/mailseal/command.h"
#include "client/mailseal/listener.h"
#include "client/mailseal/terminal.h"

struct signin {
	const struct options *options;
	struct ask *ask;
	struct listener *listener; /* NULL: the address is pasted */
	bool ears;		   /* stdin is read for a pasted address */
	time_t deadline;
	int status; /* when it is over */
	struct entry entry;
	/* What enroll_begin answered. */
	bool oauth;
	char id[LINE_KEY_MAX + 1];
	char provider[PROVIDER_MAX + 1];
	char server[TEXT_MAX + 1];
	char warning[TEXT_MAX + 1];
	char redirect_uri[PATH_LENGTH_MAX + 1];
	char url[URL_MAX + 1];
};

/* Now, on the clock of the deadline. */
time_t signin_now_s(void);

/* Have the broker forget the enrolment. */
void signin_cancel(struct signin *s);

/*
 * Print what was enrolled; an exit status, which says when the sign-in is kept
 * but not served, since an admin elsewhere must act first.
 */
int signin_print(struct signin *s);

#endif
