/* SPDX-License-Identifier: ISC */
#include <stddef.h>
#include <string.h>

#include "broker/courier/challenge.h"
#include "broker/courier/reply.h"
#include "broker/courier/verdict.h"
#include "proto/error.h"

#define ALWAYS 0xffffu
#define EHLO (PHASE_EHLO | PHASE_EHLO_TLS)
#define SENDING (PHASE_MAIL | PHASE_RCPT | PHASE_DATA)

/*
 * The first row that fits decides.  A code below 10 stands for its whole
 * class; a NULL fits everything.
 */
static const struct row {
	unsigned phases;
	int code;
	const char *enhanced;
	const char *words;
	enum verdict password;
	enum verdict oauth;
} rows[] = {
	{ PHASE_GREETING | PHASE_STARTTLS, 220, NULL, NULL, VERDICT_OK,
	    VERDICT_OK },
	{ EHLO, 250, NULL, NULL, VERDICT_OK, VERDICT_OK },
	{ PHASE_AUTH, 235, NULL, NULL, VERDICT_OK, VERDICT_OK },
	{ PHASE_AUTH, 334, NULL, NULL, VERDICT_CONTINUE, VERDICT_CONTINUE },
	{ SENDING, 250, NULL, NULL, VERDICT_OK, VERDICT_OK },
	{ PHASE_RCPT, 251, NULL, NULL, VERDICT_OK, VERDICT_OK },
	{ PHASE_DATA, 354, NULL, NULL, VERDICT_CONTINUE, VERDICT_CONTINUE },
	{ PHASE_QUIT, 221, NULL, NULL, VERDICT_OK, VERDICT_OK },

	/* RFC 4954 section 6: a password transition. */
	{ PHASE_AUTH, 432, "4.7.12", NULL, VERDICT_REAUTH, VERDICT_REAUTH },
	/* Exchange Online: over three connections a mailbox. */
	{ ALWAYS, 432, NULL, NULL, VERDICT_THROTTLED, VERDICT_THROTTLED },
	/* Exchange Online: TLS is too old. */
	{ ALWAYS, 421, "4.7.66", NULL, VERDICT_CONFIG, VERDICT_CONFIG },
	/* Gmail has one code for this and for trouble of its own. */
	{ PHASE_AUTH, 454, "4.7.0", "too many login attempts",
	    VERDICT_THROTTLED, VERDICT_THROTTLED },

	{ PHASE_AUTH, 525, NULL, NULL, VERDICT_ADMIN, VERDICT_ADMIN },
	/* Gmail: the person must look at a web page. */
	{ PHASE_AUTH, 534, "5.7.14", NULL, VERDICT_REAUTH, VERDICT_REAUTH },
	{ PHASE_AUTH, 534, NULL, NULL, VERDICT_REAUTH, VERDICT_REFRESH },
	/* Exchange Online: 5.7.139 is a policy, but for one of its texts. */
	{ PHASE_AUTH, 535, "5.7.139", "credentials were incorrect",
	    VERDICT_REAUTH, VERDICT_REFRESH },
	{ PHASE_AUTH, 535, "5.7.139", NULL, VERDICT_ADMIN, VERDICT_ADMIN },
	{ PHASE_AUTH, 535, NULL, NULL, VERDICT_REAUTH, VERDICT_REFRESH },
	/* Exchange Online: no passwords any more. */
	{ PHASE_AUTH, 550, "5.7.30", NULL, VERDICT_ADMIN, VERDICT_ADMIN },

	{ SENDING, 530, NULL, NULL, VERDICT_CONFIG, VERDICT_CONFIG },
	/* Exchange Online: not allowed to send as this address. */
	{ SENDING, 550, "5.7.60", NULL, VERDICT_ADMIN, VERDICT_ADMIN },
	{ SENDING, 554, "5.2.252", NULL, VERDICT_ADMIN, VERDICT_ADMIN },
	/* The same code behind 550: the mailbox is throttled for that. */
	{ SENDING, 550, "5.2.251", NULL, VERDICT_THROTTLED, VERDICT_THROTTLED },
	{ SENDING, 550, "5.2.252", NULL, VERDICT_THROTTLED, VERDICT_THROTTLED },
	{ SENDING, 550, "5.2.253", NULL, VERDICT_THROTTLED, VERDICT_THROTTLED },
	{ SENDING, 550, "5.2.254", NULL, VERDICT_THROTTLED, VERDICT_THROTTLED },
	{ SENDING, 550, "5.2.255", NULL, VERDICT_THROTTLED, VERDICT_THROTTLED },
	/* Exchange Online: recipients a day. */
	{ SENDING, 554, "5.2.0", "SubmissionQuotaExceeded", VERDICT_THROTTLED,
	    VERDICT_THROTTLED },
	{ SENDING, 550, "5.1.90", NULL, VERDICT_THROTTLED, VERDICT_THROTTLED },
	/* Exchange Online: Sent Items is full; barred for spam. */
	{ PHASE_DATA, 554, "5.2.2", NULL, VERDICT_ADMIN, VERDICT_ADMIN },
	{ SENDING, 550, "5.1.8", NULL, VERDICT_ADMIN, VERDICT_ADMIN },
	/* Gmail: mails a day; its relay says it with common codes. */
	{ SENDING, 550, "5.4.5", NULL, VERDICT_THROTTLED, VERDICT_THROTTLED },
	{ SENDING, 450, "4.2.1", "relay limit", VERDICT_THROTTLED,
	    VERDICT_THROTTLED },
	{ SENDING, 550, "5.7.1", "relay limit", VERDICT_THROTTLED,
	    VERDICT_THROTTLED },
	{ SENDING, 452, "4.5.3", NULL, VERDICT_MESSAGE, VERDICT_MESSAGE },
	{ SENDING, 5, NULL, NULL, VERDICT_MESSAGE, VERDICT_MESSAGE },

	{ ALWAYS, 4, NULL, NULL, VERDICT_TRANSIENT, VERDICT_TRANSIENT },
	{ ALWAYS, 5, NULL, NULL, VERDICT_CONFIG, VERDICT_CONFIG },
	{ ALWAYS, 2, NULL, NULL, VERDICT_MALFORMED, VERDICT_MALFORMED },
	{ ALWAYS, 3, NULL, NULL, VERDICT_MALFORMED, VERDICT_MALFORMED },
};

static bool
fits(const struct row *row, enum smtp_phase phase, int code,
    const char *enhanced, const char *text)
{
	if ((row->phases & phase) == 0)
		return false;
	if (row->code != code && row->code != code / 100)
		return false;
	if (row->enhanced != NULL && strcmp(row->enhanced, enhanced) != 0)
		return false;
	return row->words == NULL || strcasestr(text, row->words) != NULL;
}

static enum verdict
look_up(enum smtp_phase phase, int code, const char *enhanced, const char *text,
    bool oauth)
{
	for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++)
		if (fits(&rows[i], phase, code, enhanced, text))
			return oauth ? rows[i].oauth : rows[i].password;
	return VERDICT_MALFORMED;
}

enum verdict
verdict_of_prompt(const char *text, bool oauth)
{
	enum challenge challenge = challenge_read(text);

	if (!oauth)
		return challenge == CHALLENGE_NONE ? VERDICT_CONTINUE :
						     VERDICT_MALFORMED;
	if (text[0] == '\0')
		return VERDICT_CONTINUE;
	switch (challenge) {
	case CHALLENGE_NONE:
		return VERDICT_MALFORMED;
	case CHALLENGE_TOKEN:
		return VERDICT_REFRESH;
	case CHALLENGE_SCOPE:
		return VERDICT_REAUTH;
	case CHALLENGE_REQUEST:
		return VERDICT_CONFIG;
	}
	return VERDICT_MALFORMED;
}

enum verdict
verdict_of(enum smtp_phase phase, int code, const char *enhanced,
    const char *text, bool oauth)
{
	enum verdict verdict = look_up(phase, code, enhanced, text, oauth);

	if (verdict == VERDICT_CONTINUE && phase == PHASE_AUTH)
		return verdict_of_prompt(text, oauth);
	if (verdict != VERDICT_OK)
		return verdict;
	if (phase == PHASE_EHLO && !reply_offers(text, "STARTTLS", NULL))
		return VERDICT_CONFIG;
	if (phase == PHASE_EHLO_TLS && !reply_offers(text, "AUTH", NULL))
		return VERDICT_CONFIG;
	return VERDICT_OK;
}

const char *
verdict_class(enum verdict verdict)
{
	switch (verdict) {
	case VERDICT_OK:
	case VERDICT_CONTINUE:
		return "ok";
	case VERDICT_TRANSIENT:
		return "transient";
	case VERDICT_THROTTLED:
		return "throttled";
	case VERDICT_REAUTH:
	case VERDICT_REFRESH:
		return "reauth";
	case VERDICT_ADMIN:
		return "admin";
	case VERDICT_CONFIG:
	case VERDICT_MESSAGE:
		return "config";
	case VERDICT_MALFORMED:
		return "malformed";
	}
	return "malformed";
}

/* What of host, port and mode is not right. */
static int
config_error(enum smtp_phase phase, int code)
{
	if (phase == PHASE_STARTTLS || (phase == PHASE_EHLO && code == 250))
		return MAILSEAL_E_NOTLS;
	if (code == 421) /* the server wants better TLS */
		return MAILSEAL_E_NOTLS;
	if (phase == PHASE_EHLO_TLS && code == 250)
		return MAILSEAL_E_NOAUTH;
	if (phase == PHASE_AUTH && (code == 530 || code == 538))
		return MAILSEAL_E_NOTLS;
	if (phase == PHASE_AUTH && code == 504)
		return MAILSEAL_E_NOAUTH;
	return MAILSEAL_E_MAILHOST;
}

int
verdict_error(enum verdict verdict, enum smtp_phase phase, int code, bool oauth)
{
	switch (verdict) {
	case VERDICT_OK:
	case VERDICT_CONTINUE:
		return MAILSEAL_OK;
	case VERDICT_TRANSIENT:
		return MAILSEAL_E_MAILHOST;
	case VERDICT_THROTTLED:
		return MAILSEAL_E_THROTTLED;
	case VERDICT_REAUTH:
		return oauth ? MAILSEAL_E_REAUTH : MAILSEAL_E_PASSWORD;
	case VERDICT_REFRESH:
		return MAILSEAL_E_LOGIN;
	case VERDICT_ADMIN:
		/* After the login was taken it is the message's sender. */
		return (phase & SENDING) != 0 ? MAILSEAL_E_MAIL :
						MAILSEAL_E_LOGIN;
	case VERDICT_CONFIG:
		return config_error(phase, code);
	case VERDICT_MALFORMED:
		return MAILSEAL_E_MALFORMED;
	case VERDICT_MESSAGE:
		return MAILSEAL_E_MAIL;
	}
	return MAILSEAL_E_MALFORMED;
}
