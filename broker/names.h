/* SPDX-License-Identifier: ISC */
/*
 * names: users and groups as an admin writes them, by name or by number.
 *
 * A name goes before a number.  A number of at most ten decimal digits needs
 * no such user or group to be known here; (uid_t)-1, which is nobody, is none.
 */
#ifndef BROKER_NAMES_H
#define BROKER_NAMES_H

#include <stdbool.h>
#include <sys/types.h>

/* Whether there is such a user; *uid is untouched when there is none. */
bool names_find_user(const char *name, uid_t *uid);

/* The same of a group. */
bool names_find_group(const char *name, gid_t *gid);

#endif
