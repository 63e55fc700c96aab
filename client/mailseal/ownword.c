/* SPDX-License-Identifier: ISC */
#include <string.h>

#include "client/mailseal/ownword.h"
#include "proto/error.h"

#define COUNT(array) (sizeof(array) / sizeof((array)[0]))
#define STATE "mailseal: states"

static const struct ownword states[] = {
	{ STATE, "good", "strings of the account are handed out", "ok",
	    ACTOR_NOBODY, NULL },
	{ STATE, "waiting",
	    "a failure that passes by itself; the next try has its time",
	    "unavailable", ACTOR_NOBODY, NULL },
	{ STATE, "unavailable",
	    "there is no string now; later there may be one", "unavailable",
	    ACTOR_NOBODY, NULL },
	{ STATE, "blocked",
	    "somebody must change a setting before strings are handed out",
	    "blocked", ACTOR_ADMIN,
	    "\"mailseal status\" says who must do what; it is tried again by "
	    "itself, and at once by: mailseal test %s" },
	{ STATE, "untested",
	    "the sign-in is kept though the mail server did not let it in yet",
	    "blocked", ACTOR_TENANT,
	    "\"mailseal status\" says what must be allowed there; it is tried "
	    "again by itself, and at once by: mailseal test %s" },
	{ STATE, "interrupted",
	    "mailseald ended within an exchange; a new refresh token may be "
	    "lost",
	    "reauth", ACTOR_ADMIN,
	    "see whether it works: mailseal test %s; if not: mailseal enroll "
	    "%s" },
};

static const struct {
	int error;
	enum actor actor;
} actors[] = {
	{ MAILSEAL_OK, ACTOR_NOBODY },
	{ MAILSEAL_E_BUSY, ACTOR_NOBODY },
	{ MAILSEAL_E_TIMEOUT, ACTOR_NOBODY },
	{ MAILSEAL_E_SILENT, ACTOR_NOBODY },
	{ MAILSEAL_E_PROVIDER, ACTOR_NOBODY },
	{ MAILSEAL_E_THROTTLED, ACTOR_NOBODY },
	{ MAILSEAL_E_MAILHOST, ACTOR_NOBODY },
	{ MAILSEAL_E_REAUTH, ACTOR_PERSON },
	{ MAILSEAL_E_PERSON, ACTOR_PERSON },
	{ MAILSEAL_E_CONSENT, ACTOR_PERSON },
	{ MAILSEAL_E_STATE, ACTOR_PERSON },
	{ MAILSEAL_E_EXPIRED, ACTOR_PERSON },
	{ MAILSEAL_E_SCOPE, ACTOR_PERSON },
	{ MAILSEAL_E_PASSWORD, ACTOR_PERSON },
	{ MAILSEAL_E_IDENTITY, ACTOR_PERSON },
	{ MAILSEAL_E_MISTYPED, ACTOR_PERSON },
	{ MAILSEAL_E_ADMIN, ACTOR_TENANT },
	{ MAILSEAL_E_LOGIN, ACTOR_TENANT },
	{ MAILSEAL_E_LONGTOKEN, ACTOR_TENANT },
	{ MAILSEAL_E_NOREFRESH, ACTOR_OWNER },
	{ MAILSEAL_E_CLIENT, ACTOR_OWNER },
	{ MAILSEAL_E_SECRETID, ACTOR_OWNER },
	{ MAILSEAL_E_MAIL, ACTOR_SENDER },
	{ MAILSEAL_E_MALFORMED, ACTOR_SENDER },
	{ MAILSEAL_E_TOOLONG, ACTOR_SENDER },
	{ MAILSEAL_E_MISSING, ACTOR_SENDER },
	{ MAILSEAL_E_REPEATED, ACTOR_SENDER },
	{ MAILSEAL_E_UNKNOWN, ACTOR_SENDER },
	{ MAILSEAL_E_UNSUPPORTED, ACTOR_SENDER },
	{ MAILSEAL_E_KIND, ACTOR_SENDER },
};

/* Most of what fails is for who runs mailseal. */
static enum actor
actor_of(int error)
{
	for (size_t i = 0; i < COUNT(actors); i++)
		if (actors[i].error == error)
			return actors[i].actor;
	return ACTOR_ADMIN;
}

/* The names of numbers that there are not are that of an internal error. */
static bool
is_error(int error)
{
	return error == MAILSEAL_E_INTERNAL ||
	    strcmp(mailseal_error_name(error),
		mailseal_error_name(MAILSEAL_E_INTERNAL)) != 0;
}

bool
ownword_at(size_t n, struct ownword *word)
{
	int error;

	if (n < COUNT(states)) {
		*word = states[n];
		return true;
	}
	error = -(int)(n - COUNT(states)) - 1; /* MAILSEAL_OK is none */
	if (!is_error(error))
		return false;
	*word = (struct ownword){ .source = "mailseal: reasons",
		.name = mailseal_error_name(error),
		.note = mailseal_error_text(error),
		.code = mailseal_error_code(error),
		.actor = actor_of(error) };
	if (word->actor != ACTOR_NOBODY)
		word->remedy = mailseal_error_advice(error);
	return true;
}
