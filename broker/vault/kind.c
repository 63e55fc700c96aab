/* SPDX-License-Identifier: ISC */
#include <string.h>

#include "broker/vault/kind.h"

static const struct {
	const char *name;
	const char *record;
} rows[ACCOUNT_TYPES] = {
	[ACCOUNT_OAUTH] = { "oauth", "refresh" },
	[ACCOUNT_PASSWORD] = { "password", "password" },
	/* Nothing is in it; that it opens proves what the account is bound to.
	 */
	[ACCOUNT_APPLICATION] = { "application", "application" },
};

const char *
kind_name(enum account_type type)
{
	return rows[type].name;
}

int
kind_by_name(const char *name)
{
	for (int i = 0; i < ACCOUNT_TYPES; i++)
		if (strcmp(rows[i].name, name) == 0)
			return i;
	return -1;
}

const char *
kind_record(enum account_type type)
{
	return rows[type].record;
}
