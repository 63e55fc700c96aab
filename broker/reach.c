/* SPDX-License-Identifier: ISC */
#include <string.h>

#include "broker/flow.h"
#include "broker/reach.h"

#define BOTH ", to read and to send"
#define ONE ", for its own service only"
#define LOGIN "every other mailbox that its login may open"
#define REGISTRATION "every mailbox that the registration's permission covers"
#define SAME "the same mailbox to read as well as to send"

static const char *const names[REACH_EXTENTS] = {
	[REACH_MAILBOX] = "mailbox",
	[REACH_LOGIN] = "login",
	[REACH_REGISTRATION] = "registration",
	[REACH_PASSWORD] = "password",
	[REACH_UNKNOWN] = "unknown",
};

/*
 * narrow: what a string opens besides that is got with a scope of its service
 * alone; NULL: there is no such scope, as Google has just one and Microsoft's
 * /.default stands for all that there is.
 */
static const struct row {
	const char *module; /* NULL: any */
	enum account_type type;
	enum reach_extent extent;
	const char *wide;
	const char *narrow;
} rows[] = {
	{ "microsoft", ACCOUNT_OAUTH, REACH_LOGIN, LOGIN BOTH, LOGIN ONE },
	{ "microsoft", ACCOUNT_APPLICATION, REACH_REGISTRATION,
	    REGISTRATION BOTH, NULL },
	{ "google", ACCOUNT_OAUTH, REACH_MAILBOX, SAME, NULL },
	{ "google", ACCOUNT_APPLICATION, REACH_MAILBOX,
	    SAME "; the key that gets it stays here, and opens every mailbox "
		 "of the domain",
	    NULL },
	{ "oidc", ACCOUNT_OAUTH, REACH_LOGIN, LOGIN BOTH, LOGIN ONE },
	{ "oidc", ACCOUNT_APPLICATION, REACH_REGISTRATION, REGISTRATION BOTH,
	    REGISTRATION ONE },
	{ NULL, ACCOUNT_PASSWORD, REACH_PASSWORD,
	    "all that the password opens, until it is changed", NULL },
	{ NULL, ACCOUNT_OAUTH, REACH_UNKNOWN,
	    "whatever the module's tokens open, which is not known here",
	    NULL },
	{ NULL, ACCOUNT_APPLICATION, REACH_UNKNOWN,
	    "whatever the module's tokens open, which is not known here",
	    NULL },
};

/* Whether a service has a scope that no other one is asked with. */
static bool
has_own_scope(const struct provider *p, enum service service)
{
	const char *own = provider_scope(p, service);

	for (int s = 0; own != NULL && s < SERVICE_COUNT; s++) {
		const char *other = provider_scope(p, (enum service)s);

		if (s != (int)service && p->place[s].host != NULL &&
		    other != NULL && strcmp(own, other) == 0)
			return false;
	}
	return own != NULL;
}

static const struct row *
find_row(const struct provider *p)
{
	const char *module = p->value[SETTING_MODULE];
	enum account_type type = flow_account_type(p);
	const struct row *row = rows;

	/* The last rows are for any module, so that there is always one. */
	while (row->type != type ||
	    (row->module != NULL && strcmp(row->module, module) != 0))
		row++;
	return row;
}

struct reach
reach_of(const struct provider *p, enum service service)
{
	const struct row *row = find_row(p);
	struct reach reach = { .extent = row->extent };

	reach.is_narrow = row->narrow != NULL && has_own_scope(p, service);
	reach.also = reach.is_narrow ? row->narrow : row->wide;
	return reach;
}

struct reach
reach_of_account(const struct provider *p)
{
	struct reach reach = reach_of(p, SERVICE_SMTP);

	for (int s = 0; s < SERVICE_COUNT; s++)
		if (p->place[s].host != NULL && reach.is_narrow)
			reach = reach_of(p, (enum service)s);
	return reach;
}

const char *
reach_name(enum reach_extent extent)
{
	return names[extent];
}

void
reach_put(const struct reach *reach, struct line_writer *w)
{
	line_put(w, "reach", names[reach->extent]);
	line_put(w, "also_opens", reach->also);
}
