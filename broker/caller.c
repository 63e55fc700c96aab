/* SPDX-License-Identifier: ISC */
#include <ctype.h>
#include <pwd.h>
#include <stdio.h>
#include <string.h>

#include "broker/caller.h"

void
caller_start(struct caller *caller, const struct peer *peer)
{
	*caller = (struct caller){ .peer = peer, .find_unit = peer_unit };
}

void
caller_suppose(struct caller *caller, const char *unit)
{
	caller->unit_asked = true;
	(void)snprintf(caller->unit, sizeof(caller->unit), "%s",
	    unit != NULL && strlen(unit) <= CGROUP_UNIT_MAX ? unit : "");
}

const char *
caller_unit(struct caller *caller)
{
	if (!caller->unit_asked) {
		caller->unit_asked = true;
		if (!caller->find_unit(caller->peer, caller->unit))
			caller->unit[0] = '\0';
	}
	return caller->unit[0] != '\0' ? caller->unit : NULL;
}

/* A name that is too long for an address is the owner of none. */
static void
find_login(struct caller *caller)
{
	const struct passwd *pw = getpwuid(caller->peer->uid);
	size_t len = pw != NULL ? strlen(pw->pw_name) : 0;

	if (len > ACCOUNT_MAX)
		len = 0;
	for (size_t i = 0; i < len; i++)
		caller->login[i] = (char)tolower((unsigned char)pw->pw_name[i]);
	caller->login[len] = '\0';
}

const char *
caller_login(struct caller *caller)
{
	if (!caller->login_asked) {
		caller->login_asked = true;
		find_login(caller);
	}
	return caller->login[0] != '\0' ? caller->login : NULL;
}
