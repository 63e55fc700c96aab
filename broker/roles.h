/* SPDX-License-Identifier: ISC */
/*
 * roles: what somebody may do on the admin socket.
 *
 * admin.conf gives the roles monitor, enroll and admin to users and groups;
 * each includes the one before it.  Root and the user who runs us need no line
 * to have them all, and nobody else has any without one.
 */
#ifndef BROKER_ROLES_H
#define BROKER_ROLES_H

#include <stddef.h>

#include "broker/ini.h"
#include "broker/own.h"
#include "broker/peer.h"
#include "proto/verb.h"

struct roles;

/* One line: a role, and to whom it is given. */
struct role_line {
	enum right role;
	char *words; /* as they stand there */
	struct origin origin;
};

void roles_free(struct roles *roles);
AUTO_DEFINE(roles, struct roles)

/*
 * Read a file; where there is none, nobody is given a role.
 *
 * An unknown section, key, word, user or group is a fault that names file and
 * line.  By strictness it is an error, or its line is off and alarm is told of
 * it; where that is LENIENT, so is a file that cannot be read at all.
 *
 * MAILSEAL_E_CONFIG, MAILSEAL_E_UNSAFE, MAILSEAL_E_IO, MAILSEAL_E_NOMEM
 */
int roles_read(const char *path, enum strictness strictness,
    const struct alarm *alarm, struct roles **roles, struct fault *fault)
    __attribute__((warn_unused_result));

/* RIGHT_ADMIN, RIGHT_ENROLL, RIGHT_MONITOR, or RIGHT_NONE. */
enum right roles_of(const struct roles *roles, const struct peer *peer);

/* The name of one of these; "none" for RIGHT_NONE. */
const char *role_name(enum right role);

/* How many lines, or the whole file, were left out for a fault. */
size_t roles_off(const struct roles *roles);

/* The lines that hold, in their order. */
size_t roles_count(const struct roles *roles);
const struct role_line *roles_line(const struct roles *roles, size_t place);

#endif
