/* SPDX-License-Identifier: ISC */
/*
 * verb: what can be asked on the sockets, by whom, and the limits of it.
 *
 * One row a request: its name, the socket it is asked on and the right that it
 * needs.  broker/dispatch.c adds the handler; there is no other door.
 */
#ifndef PROTO_VERB_H
#define PROTO_VERB_H

#define ACCOUNT_MAX 254 /* bytes of an address, RFC 5321 4.5.3.1.3 */
#define PROVIDER_MAX 64 /* bytes of a provider's name */
#define TEXT_MAX 2048	/* bytes of a message or name */
#define URL_MAX 8192	/* bytes of a URL or redirect target */
#define PATH_LENGTH_MAX 1024
#define LIFE_MAX 86400	 /* seconds */
#define LIFE_DEFAULT 300 /* seconds that a lease still has */
#define WAIT_MAX 300	 /* seconds */
#define WAIT_DEFAULT 30	 /* seconds a caller waits */
#define SECRET_MAX 4096	 /* bytes of a client secret or password */
#define LABEL_MAX 200	 /* bytes of a slot's label, such as a path */

#define KEY_FILE_MAX 16384 /* bytes of a file with a key */
#define CERTIFICATE_DAYS_MAX 3650

enum right {
	RIGHT_NONE,    /* everybody who can connect */
	RIGHT_USE,     /* an allow line for the account */
	RIGHT_MONITOR, /* look */
	RIGHT_ENROLL,  /* put accounts in */
	RIGHT_ADMIN,   /* everything else */
};

enum door {
	DOOR_CONSUMER = 1,
	DOOR_ADMIN = 2,
};

enum verb {
	VERB_HELLO,
	VERB_WHOAMI,
	VERB_GET,
	VERB_ACCOUNTS,
	VERB_INIT_BEGIN,
	VERB_INIT_FINISH,
	VERB_UNLOCK,
	VERB_UNLOCK_FAILED,
	VERB_SLOT_LIST,
	VERB_SLOT_REMOVE,
	VERB_STATUS,
	VERB_LIST,
	VERB_SHOW,
	VERB_ACCESS,
	VERB_PROVIDER_LIST,
	VERB_PROVIDER_SECRET,
	VERB_ENROLL_BEGIN,
	VERB_ENROLL_FINISH,
	VERB_ENROLL_CANCEL,
	VERB_ENROLL_POLL,
	VERB_TEST,
	VERB_REMOVE,
	VERB_RELOAD,
	VERB_CHECK,
	VERB_VERIFY,
	VERB_CONFIG,
	VERB_DISABLE,
	VERB_ENABLE,
	VERB_SET,
	VERB_PROVIDER_SHOW,
	VERB_PROVIDER_FORGET,
	VERB_PROVIDER_NEW_CERT,
	VERB_PROVIDER_KEY,
	VERB_PROVIDER_CHECK,
	VERB_ENROLL_CONFIRM,
	VERB_REBIND_SHOW,
	VERB_REBIND,
	VERB_COUNT
};

struct verb_row {
	const char *name;
	unsigned doors; /* enum door, or-ed */
	enum right needs;
};

/* The row of a verb. */
const struct verb_row *verb_row(enum verb verb);

/* The verb of this name, or VERB_COUNT. */
enum verb verb_find(const char *name);

#endif
