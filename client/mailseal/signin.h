/* SPDX-License-Identifier: ISC */
/*
 * signin: put an account in, by a person at a browser or by a password.
 *
 * It begins and ends here; browser.h and usercode.h are what lies between for a
 * person.
 */
#ifndef CLIENT_MAILSEAL_SIGNIN_H
#define CLIENT_MAILSEAL_SIGNIN_H

#include <time.h>

#include "client/mailseal/command.h"
#include "client/mailseal/listener.h"
#include "client/mailseal/terminal.h"

#define USER_CODE_MAX 64 /* bytes of what a person types */

struct signin {
	const struct options *options;
	struct ask *ask;
	struct listener *listener; /* NULL: the address is pasted */
	bool ears;		   /* stdin is read for a pasted address */
	time_t deadline;
	int status; /* when it is over */
	struct entry entry;
	/* What enroll_begin answered. */
	bool oauth; /* a person signs in */
	bool alone; /* nobody does, and there is no password */
	char id[LINE_KEY_MAX + 1];
	char provider[PROVIDER_MAX + 1];
	char server[TEXT_MAX + 1];
	char warning[TEXT_MAX + 1];
	char redirect_uri[PATH_LENGTH_MAX + 1];
	char url[URL_MAX + 1]; /* of the page */
	/* Where a code is typed there (RFC 8628). */
	bool by_code;
	char user_code[USER_CODE_MAX + 1];
	char whole_page[URL_MAX + 1]; /* with the code in it, or "" */
	char message[TEXT_MAX + 1];   /* of the provider, or "" */
	unsigned interval_s;
	bool lively;   /* stdout is a terminal */
	bool shown;    /* the line that it goes on */
	bool troubled; /* a failure that may pass was told */
};

/* Now, on the clock of the deadline. */
time_t signin_now_s(void);

/* Have the broker forget the enrolment; false where it was over before. */
bool signin_cancel(struct signin *s);

/*
 * The broker has what it needs: have a person say yes, where that is asked
 * for, and print what was enrolled.  An exit status, which says when the
 * sign-in is kept but not served, since an admin elsewhere must act first.
 */
int signin_end(struct signin *s);

#endif
