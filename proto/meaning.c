/* SPDX-License-Identifier: ISC */
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
