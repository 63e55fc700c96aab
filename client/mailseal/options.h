/* SPDX-License-Identifier: ISC */
/*
 * options: what stands on the command line, read once.
 *
 * Options may stand anywhere; "--" ends them.  Each takes "--name value" or
 * "--name=value".  No option takes a secret, only the name of its file.  One
 * whose value may be left out takes a word behind it only where the words of
 * the command stand before.
 */
#ifndef CLIENT_MAILSEAL_OPTIONS_H
#define CLIENT_MAILSEAL_OPTIONS_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#define WORDS_MAX 128 /* words that are no options, command included */

/* Each is the number of its bit. */
enum option {
	OPTION_SOCKET,
	OPTION_ADMIN_SOCKET,
	OPTION_FILE,
	OPTION_PROVIDER,
	OPTION_PASSWORD,
	OPTION_PASSWORD_FILE,
	OPTION_PASTE,
	OPTION_PORT,
	OPTION_SEND,
	OPTION_FOR,
	OPTION_MECHANISM,
	OPTION_LIFE,
	OPTION_WAIT,
	OPTION_JSON,
	OPTION_YES,
	OPTION_HELP,
	OPTION_VERSION,
	OPTION_NAME,
	OPTION_WITH_KEY,
	OPTION_RECOVERY_FILE,
	OPTION_NO_RECOVERY,
	OPTION_RECOVERY,
	OPTION_CREDENTIAL,
	OPTION_FAILED,
	OPTION_WITHOUT_RECOVERY,
	OPTION_ALLOW_UNRESOLVED,
	OPTION_USER,
	OPTION_UNIT,
	OPTION_LOGIN,
	OPTION_DEVICE,
	OPTION_ENDS,
	OPTION_DAYS,
	OPTION_DELEGATE,
	OPTION_REPLACE_IDENTITY,
	OPTION_SEND_AS,
	OPTION_HOST,
	OPTION_REVOKE,
	OPTION_COUNT
};

#define OPTION_BIT(option) (UINT64_C(1) << (option))

struct options {
	uint64_t given; /* bits of enum option */
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
	const char *ends;     /* YYYY-MM-DD */
	const char *delegate; /* NULL where the option was given: anybody */
	const char *send_as;
	const char *host;
	unsigned port;
	unsigned life_s;
	unsigned wait_s;
	unsigned days;
	const char *word[WORDS_MAX];
	size_t count;
};

/* Read the arguments; EX_OK, or EX_USAGE after having complained. */
int options_read(struct options *options, int argc, char **argv);

/* Whether an option was given. */
bool options_have(const struct options *options, enum option option);

/* The name of the first option given that is not among allowed, or NULL. */
const char *options_stranger(const struct options *options, uint64_t allowed);

/*
 * Print how each allowed option is written, from this column of a line on, and
 * end the line.
 */
void options_print(uint64_t allowed, size_t column);

#endif
