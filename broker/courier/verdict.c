/* SPDX-License-Identifier: ISC */
#include <stddef.h>
#include <string.h>

#include "broker/courier/challenge.h"
#include "broker/courier/reply.h"
#include "broker/courier/verdict.h"
#include "proto/error.h"

#define EHLO (PHASE_EHLO | PHASE_EHLO_TLS)

/* What a server says where all is well. */
static const struct {
	unsigned phases;
	int code;
	enum verdict verdict;
} welcome[] = {
	{ PHASE_GREETING | PHASE_STARTTLS, 220, VERDICT_OK },
	{ EHLO, 250, VERDICT_OK },
	{ PHASE_AUTH, 235, VERDICT_OK },
	{ PHASE_AUTH, 334, VERDICT_CONTINUE },
	{ PHASES_SENDING, 250, VERDICT_OK },
	{ PHASE_RCPT, 251, VERDICT_OK },
	{ PHASE_DATA, 354, VERDICT_CONTINUE },
	{ PHASE_QUIT, 221, VERDICT_OK },
};

/* A code below 10 stands for its whole class; a NULL fits everything. */
static bool
fits(const struct meaning *row, enum smtp_phase phase, int code,
    const char *enhanced, const char *text)
{
	if ((row->phases & phase) == 0)
		return false;
	if (row->number != code && row->number != code / 100)
		return false;
	if (row->code != NULL && strcmp(row->code, enhanced) != 0)
		return false;
	return row->words == NULL || strcasestr(text, row->words) != NULL;
}

const struct meaning *
verdict_meaning(enum smtp_phase phase, int code, const char *enhanced,
    const char *text)
{
	for (size_t i = 0; i < meanings_smtp.count; i++)
		if (fits(&meanings_smtp.row[i], phase, code, enhanced, text))
			return &meanings_smtp.row[i];
	return NULL;
}

static enum verdict
look_up(enum smtp_phase phase, int code, const char *enhanced, const char *text,
    bool oauth)
{
	const struct meaning *row;

	for (size_t i = 0; i < sizeof(welcome) / sizeof(welcome[0]); i++)
		if ((welcome[i].phases & phase) != 0 && welcome[i].code == code)
			return welcome[i].verdict;
	row = verdict_meaning(phase, code, enhanced, text);
	if (row == NULL)
		return VERDICT_MALFORMED;
	return oauth ? row->oauth : row->password;
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
		return (phase & PHASES_SENDING) != 0 ? MAILSEAL_E_MAIL :
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
