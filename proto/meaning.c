/* SPDX-License-Identifier: ISC */
#include <stdio.h>
#include <string.h>

#include "proto/meaning.h"

static const struct meaning unknown = { .source = SAID_ERROR,
	.class = "config",
	.reason = "registration",
	.actor = ACTOR_ADMIN,
	.plain = true,
	.note = "the provider says what is not known here",
	.remedy = "look at its words; if it is not the provider file, please "
		  "report it" };

const struct meaning *
meaning_of_number(double number)
{
	for (size_t i = 0; i < meanings_number.count; i++)
		if (number == meanings_number.row[i].number)
			return &meanings_number.row[i];
	return NULL;
}

const struct meaning *
meaning_of_error(const char *error, const char *where)
{
	for (size_t i = 0; i < meanings_error.count; i++) {
		const struct meaning *row = &meanings_error.row[i];

		if (strcmp(row->code, error) == 0 &&
		    (row->words == NULL ||
			(where != NULL && strcmp(row->words, where) == 0)))
			return row;
	}
	return &unknown;
}

bool
meaning_is_unknown(const struct meaning *meaning)
{
	return meaning == &unknown;
}

const struct meaning *
meaning_of_subtype(const char *subtype)
{
	for (size_t i = 0; i < meanings_subtype.count; i++)
		if (strcmp(meanings_subtype.row[i].code, subtype) == 0)
			return &meanings_subtype.row[i];
	return NULL;
}

static void
name_smtp(const struct meaning *m, char name[MEANING_NAME_MAX])
{
	bool late = m->code == NULL && (m->phases & ~PHASES_SENDING) == 0;
	char code[16];

	(void)snprintf(code, sizeof(code), "%d%s", m->number,
	    m->number < 10 ? "xx" : "");
	(void)snprintf(name, MEANING_NAME_MAX, "%s%s%s%s%s%s", code,
	    m->code != NULL ? " " : "", m->code != NULL ? m->code : "",
	    m->words != NULL ? " " : "", m->words != NULL ? m->words : "",
	    late ? " after the login" : "");
}

/* A response code says enough where it does not matter what came with it. */
static void
name_imap(const struct meaning *m, char name[MEANING_NAME_MAX])
{
	static const struct {
		int status;
		const char *name;
	} ends[] = { { REPLY_NO, "NO" }, { REPLY_NO | REPLY_BAD, "NO, BAD" },
		{ REPLY_BAD, "BAD" }, { REPLY_BAD | REPLY_BYE, "BAD, BYE" },
		{ REPLY_BYE, "BYE" }, { REPLY_PREAUTH, "PREAUTH" } };
	const char *end = "";
	const char *words = m->words != NULL ? m->words : "";

	for (size_t i = 0; i < sizeof(ends) / sizeof(ends[0]); i++)
		if (ends[i].status == m->number)
			end = ends[i].name;
	if (m->code != NULL)
		(void)snprintf(name, MEANING_NAME_MAX, "%s%s[%s]%s%s", end,
		    end[0] != '\0' ? " " : "", m->code,
		    words[0] != '\0' ? " " : "", words);
	else
		(void)snprintf(name, MEANING_NAME_MAX, "%s%s%s", end,
		    words[0] != '\0' ? " " : "", words);
}

void
meaning_name(const struct meaning *m, char name[MEANING_NAME_MAX])
{
	switch (m->source) {
	case SAID_NUMBER:
		(void)snprintf(name, MEANING_NAME_MAX, "AADSTS%d", m->number);
		break;
	case SAID_ERROR:
		(void)snprintf(name, MEANING_NAME_MAX, "%s%s%s",
		    m->code != NULL ? m->code : "unknown",
		    m->words != NULL ? " at " : "",
		    m->words != NULL ? m->words : "");
		break;
	case SAID_SUBTYPE:
		(void)snprintf(name, MEANING_NAME_MAX, "%s (subtype)", m->code);
		break;
	case SAID_SMTP:
		name_smtp(m, name);
		break;
	case SAID_IMAP:
		name_imap(m, name);
		break;
	}
}

const char *
actor_name(enum actor actor)
{
	static const char *const names[] = { "nobody", "person", "tenant_admin",
		"owner", "admin", "sender" };

	return names[actor];
}

const char *
actor_words(enum actor actor)
{
	static const char *const words[] = { "nobody must act",
		"the person must sign in again",
		"an admin of the tenant must act",
		"the owner of the registration must act",
		"the provider file must be corrected",
		"who sends the message must change it" };

	return words[actor];
}
