/* SPDX-License-Identifier: ISC */
/*
 * options: what stands on the command line, read once.
 *
 * Options may stand anywhere; "--" ends them.  Each takes "--name value" or
 * "--name=value".  No option takes a secret, only the name of its file.
 */
#ifndef CLIENT_MAILSEAL_OPTIONS_H
#define CLIENT_MAILSEAL_OPTIONS_H

#include <stdbool.h>
#include <stddef.h>

#define WORDS_MAX 4 /* words that are no options, command included */

enum option {
	OPTION_SOCKET = 1 << 0,
	OPTION_ADMIN_SOCKET = 1 << 1,
	OPTION_FILE = 1 << 2,
	OPTION_PROVIDER = 1 << 3,
	OPTION_PASSWORD = 1 << 4,
	OPTION_PASSWORD_FILE = 1 << 5,
	OPTION_PASTE = 1 << 6,
	OPTION_PORT = 1 << 7,
	OPTION_SEND = 1 << 8,
	OPTION_FOR = 1 << 9,
	OPTION_MECHANISM = 1 << 10,
	OPTION_LIFE = 1 << 11,
	OPTION_WAIT = 1 << 12,
	OPTION_JSON = 1 << 13,
	OPTION_YES = 1 << 14,
	OPTION_HELP = 1 << 15,
	OPTION_VERSION = 1 << 16,
	OPTION_NAME = 1 << 17,
	OPTION_WITH_KEY = 1 << 18,
	OPTION_RECOVERY_FILE = 1 << 19,
	OPTION_NO_RECOVERY = 1 << 20,
	OPTION_RECOVERY = 1 << 21,
	OPTION_CREDENTIAL = 1 << 22,
	OPTION_FAILED = 1 << 23,
	OPTION_WITHOUT_RECOVERY = 1 << 24,
	OPTION_ALLOW_UNRESOLVED = 1 << 25,
	OPTION_USER = 1 << 26,
	OPTION_UNIT = 1 << 27,
	OPTION_LOGIN = 1 << 28,
};

struct options {
	unsigned given; /* enum option, or-ed */
	const char *socket;
	const char *admin_socket;
	const char *file;
	const char *provider;
	const char *password_file;
	const char *send;
	const char *service;
	const char *mechanism;
	const char *name; /* of a credential */
	const char *with_key;
	const char *recovery_file;
	const char *credential; /* the name, from its unit */
	const char *failed;	/* the same */
	const char *user;
	const char *unit;
	const char *login;
	unsigned port;
	unsigned life_s;
	unsigned wait_s;
	const char *word[WORDS_MAX];
	size_t count;
};

/* Read the arguments; EX_OK, or EX_USAGE after having complained. */
int options_read(struct options *options, int argc, char **argv);

/* Whether an option was given. */
bool options_have(const struct options *options, enum option option);

/* The name of the first option given that is not among allowed, or NULL. */
const char *options_stranger(const struct options *options, unsigned allowed);

#endif
