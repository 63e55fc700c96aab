/* SPDX-License-Identifier: ISC */
#include <grp.h>
#include <pwd.h>
#include <stdlib.h>
#include <string.h>

#include "broker/names.h"

#define DIGITS_MAX 10

/* A number of at most DIGITS_MAX digits and nothing else. */
static bool
is_number(const char *text, unsigned long *number)
{
	size_t len = strspn(text, "0123456789");

	if (len == 0 || len > DIGITS_MAX || text[len] != '\0')
		return false;
	*number = strtoul(text, NULL, 10);
	return *number < 0xffffffffUL;
}

bool
names_find_user(const char *name, uid_t *uid)
{
	const struct passwd *pw = getpwnam(name);
	unsigned long number;

	if (pw != NULL)
		*uid = pw->pw_uid;
	else if (is_number(name, &number))
		*uid = (uid_t)number;
	else
		return false;
	return true;
}

bool
names_find_group(const char *name, gid_t *gid)
{
	const struct group *gr = getgrnam(name);
	unsigned long number;

	if (gr != NULL)
		*gid = gr->gr_gid;
	else if (is_number(name, &number))
		*gid = (gid_t)number;
	else
		return false;
	return true;
}
