/* SPDX-License-Identifier: ISC */
#include <string.h>

#include "broker/courier/ruling.h"
#include "proto/error.h"

#define ASKED                                                             \
	(PHASE_IMAP_OFFER | PHASE_IMAP_STARTTLS | PHASE_IMAP_CAPABILITY | \
	    PHASE_IMAP_LOGIN | PHASE_IMAP_LOGOUT)

/* What a server says where all is well. */
static const struct {
	unsigned phases;
	enum reply_status status;
	enum verdict verdict;
} welcome[] = {
	{ PHASE_IMAP_GREETING, REPLY_OK, VERDICT_OK },
	{ ASKED, REPLY_OK, VERDICT_OK },
	{ PHASE_IMAP_LOGIN, REPLY_PROMPT, VERDICT_CONTINUE },
};

/* A NULL fits everything. */
static bool
fits(const struct meaning *row, enum imap_phase phase,
    const struct reply *reply)
{
	if ((row->phases & phase) == 0 ||
	    ((unsigned)row->number & reply->status) == 0)
		return false;
	if (row->code != NULL && strcmp(row->code, reply->enhanced) != 0)
		return false;
	return row->words == NULL ||
	    strcasestr(reply->text, row->words) != NULL;
}

const struct meaning *
ruling_meaning(enum imap_phase phase, const struct reply *reply)
{
	for (size_t i = 0; i < meanings_imap.count; i++)
		if (fits(&meanings_imap.row[i], phase, reply))
			return &meanings_imap.row[i];
	return NULL;
}

static enum verdict
look_up(enum imap_phase phase, const struct reply *reply, bool oauth)
{
	const struct meaning *row;

	for (size_t i = 0; i < sizeof(welcome) / sizeof(welcome[0]); i++)
		if ((welcome[i].phases & phase) != 0 &&
		    welcome[i].status == reply->status)
			return welcome[i].verdict;
	row = ruling_meaning(phase, reply);
	if (row == NULL)
		return VERDICT_MALFORMED;
	return oauth ? row->oauth : row->password;
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
