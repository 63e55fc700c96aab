/* SPDX-License-Identifier: ISC */
#include <string.h>

#include "broker/courier/ruling.h"
#include "proto/error.h"

#define ALWAYS 0xffffffffu
#define ASKED                                                             \
	(PHASE_IMAP_OFFER | PHASE_IMAP_STARTTLS | PHASE_IMAP_CAPABILITY | \
	    PHASE_IMAP_LOGIN | PHASE_IMAP_LOGOUT)
#define REFUSED (REPLY_NO | REPLY_BAD | REPLY_BYE)

/*
 * The first row that fits decides; a NULL fits everything.
 */
static const struct row {
	unsigned phases;
	unsigned status; /* enum reply_status, several */
	const char *code;
	const char *words;
	enum verdict password;
	enum verdict oauth;
} rows[] = {
	{ PHASE_IMAP_GREETING, REPLY_OK, NULL, NULL, VERDICT_OK, VERDICT_OK },
	/* Logged in, but not by us: nothing would be tested. */
	{ PHASE_IMAP_GREETING, REPLY_PREAUTH, NULL, NULL, VERDICT_CONFIG,
	    VERDICT_CONFIG },
	{ ASKED, REPLY_OK, NULL, NULL, VERDICT_OK, VERDICT_OK },
	{ PHASE_IMAP_LOGIN, REPLY_PROMPT, NULL, NULL, VERDICT_CONTINUE,
	    VERDICT_CONTINUE },

	/* RFC 5530: what these say holds wherever they are said. */
	{ ALWAYS, REFUSED, "UNAVAILABLE", NULL, VERDICT_TRANSIENT,
	    VERDICT_TRANSIENT },
	{ ALWAYS, REFUSED, "SERVERBUG", NULL, VERDICT_TRANSIENT,
	    VERDICT_TRANSIENT },
	{ ALWAYS, REFUSED, "INUSE", NULL, VERDICT_TRANSIENT,
	    VERDICT_TRANSIENT },
	{ ALWAYS, REFUSED, "LIMIT", NULL, VERDICT_THROTTLED,
	    VERDICT_THROTTLED },
	{ ALWAYS, REFUSED, "AUTHORIZATIONFAILED", NULL, VERDICT_ADMIN,
	    VERDICT_ADMIN },
	{ ALWAYS, REFUSED, "CONTACTADMIN", NULL, VERDICT_ADMIN, VERDICT_ADMIN },
	{ ALWAYS, REFUSED, "NOPERM", NULL, VERDICT_ADMIN, VERDICT_ADMIN },
	{ ALWAYS, REFUSED, "EXPIRED", NULL, VERDICT_REAUTH, VERDICT_REAUTH },
	{ ALWAYS, REFUSED, "PRIVACYREQUIRED", NULL, VERDICT_CONFIG,
	    VERDICT_CONFIG },
	{ ALWAYS, REFUSED, "CANNOT", NULL, VERDICT_CONFIG, VERDICT_CONFIG },
	{ ALWAYS, REFUSED, "CLIENTBUG", NULL, VERDICT_CONFIG, VERDICT_CONFIG },
	{ PHASE_IMAP_LOGIN, REPLY_NO, "AUTHENTICATIONFAILED", NULL,
	    VERDICT_REAUTH, VERDICT_REFRESH },

	/* Gmail: the person must look at a web page. */
	{ PHASE_IMAP_LOGIN, REPLY_NO, NULL, "NO [WEBALERT ", VERDICT_REAUTH,
	    VERDICT_REAUTH },
	{ PHASE_IMAP_LOGIN, REPLY_NO, "ALERT", "via your web browser",
	    VERDICT_REAUTH, VERDICT_REAUTH },
	/* Gmail has one code for these as well. */
	{ PHASE_IMAP_LOGIN, REPLY_NO, "ALERT", "too many", VERDICT_THROTTLED,
	    VERDICT_THROTTLED },
	{ PHASE_IMAP_LOGIN, REPLY_NO, "ALERT", "access is disabled",
	    VERDICT_ADMIN, VERDICT_ADMIN },
	{ PHASE_IMAP_LOGIN, REPLY_NO, NULL, NULL, VERDICT_REAUTH,
	    VERDICT_REFRESH },

	/* Exchange Online: the token is good, and there is no mailbox. */
	{ PHASE_IMAP_LOGIN, REPLY_BAD, NULL, "authenticated but not connected",
	    VERDICT_ADMIN, VERDICT_ADMIN },
	/* Exchange Online: the token's life ended. */
	{ PHASE_IMAP_LOGIN, REPLY_BAD | REPLY_BYE, NULL, "AccessTokenExpired",
	    VERDICT_TRANSIENT, VERDICT_REFRESH },
	{ ALWAYS, REPLY_BYE, NULL, "too many", VERDICT_THROTTLED,
	    VERDICT_THROTTLED },
	{ ALWAYS, REPLY_BYE, NULL, NULL, VERDICT_TRANSIENT, VERDICT_TRANSIENT },
	{ ASKED, REPLY_NO | REPLY_BAD, NULL, NULL, VERDICT_CONFIG,
	    VERDICT_CONFIG },
};

static bool
fits(const struct row *row, enum imap_phase phase, const struct reply *reply)
{
	if ((row->phases & phase) == 0 || (row->status & reply->status) == 0)
		return false;
	if (row->code != NULL && strcmp(row->code, reply->enhanced) != 0)
		return false;
	return row->words == NULL ||
	    strcasestr(reply->text, row->words) != NULL;
}

static enum verdict
look_up(enum imap_phase phase, const struct reply *reply, bool oauth)
{
	for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++)
		if (fits(&rows[i], phase, reply))
			return oauth ? rows[i].oauth : rows[i].password;
	return VERDICT_MALFORMED;
}

/* Whether there is a way to log in that we know. */
static bool
has_a_way(const char *text, bool oauth)
{
	if (oauth)
		return response_offers(text, "AUTH=XOAUTH2") ||
		    response_offers(text, "AUTH=OAUTHBEARER");
	return response_offers(text, "AUTH=PLAIN") ||
	    !response_offers(text, "LOGINDISABLED");
}

enum verdict
ruling_of(enum imap_phase phase, const struct reply *reply, bool oauth)
{
	enum verdict verdict = look_up(phase, reply, oauth);

	if (verdict == VERDICT_CONTINUE)
		return verdict_of_prompt(reply->text, oauth);
	if (verdict != VERDICT_OK)
		return verdict;
	if (phase == PHASE_IMAP_OFFER &&
	    !response_offers(reply->text, "STARTTLS"))
		return VERDICT_CONFIG;
	if (phase == PHASE_IMAP_CAPABILITY && !has_a_way(reply->text, oauth))
		return VERDICT_CONFIG;
	return VERDICT_OK;
}

/* What of host, port and mode is not right. */
static int
config_error(enum imap_phase phase, const struct reply *reply)
{
	if (phase == PHASE_IMAP_STARTTLS ||
	    (phase == PHASE_IMAP_OFFER && reply->status == REPLY_OK))
		return MAILSEAL_E_NOTLS;
	if (strcmp(reply->enhanced, "PRIVACYREQUIRED") == 0)
		return MAILSEAL_E_NOTLS;
	if (phase == PHASE_IMAP_CAPABILITY && reply->status == REPLY_OK)
		return MAILSEAL_E_NOAUTH;
	if (strcmp(reply->enhanced, "CANNOT") == 0)
		return MAILSEAL_E_NOAUTH;
	return MAILSEAL_E_MAILHOST;
}

int
ruling_error(enum verdict verdict, enum imap_phase phase,
    const struct reply *reply, bool oauth)
{
	if (verdict == VERDICT_CONFIG)
		return config_error(phase, reply);
	return verdict_error(verdict, PHASE_AUTH, 0, oauth);
}
