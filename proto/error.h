/* SPDX-License-Identifier: ISC */
/*
 * error: every way to fail, in one table.
 *
 * Inside, a failure is a negative enum mailseal_error.  Each has a stable
 * name (the reason= of an error reply), one wire code (its code=), and for
 * people a sentence and an advice.  Wire codes are the API of the sockets;
 * each has an exit status of <sysexits.h>.
 */
#ifndef PROTO_ERROR_H
#define PROTO_ERROR_H

enum mailseal_error {
	MAILSEAL_OK = 0,

	/* the line */
	MAILSEAL_E_MALFORMED = -1,
	MAILSEAL_E_TOOLONG = -2,
	MAILSEAL_E_MISSING = -3,
	MAILSEAL_E_REPEATED = -4,
	MAILSEAL_E_UNKNOWN = -5,
	MAILSEAL_E_UNSUPPORTED = -6,

	/* who may, and when */
	MAILSEAL_E_DENIED = -7,
	MAILSEAL_E_BUSY = -8,
	MAILSEAL_E_TIMEOUT = -9,
	MAILSEAL_E_DISABLED = -10,

	/* keys, records, store */
	MAILSEAL_E_LOCKED = -11,
	MAILSEAL_E_NOKEY = -12,
	MAILSEAL_E_WRONGKEY = -13,
	MAILSEAL_E_UNSEAL = -14,
	MAILSEAL_E_TRUNCATED = -15,
	MAILSEAL_E_STORE = -16,
	MAILSEAL_E_FULL = -17,
	MAILSEAL_E_NEWER = -18,
	MAILSEAL_E_INUSE = -19,

	/* configuration */
	MAILSEAL_E_CONFIG = -20,
	MAILSEAL_E_UNSAFE = -21,
	MAILSEAL_E_NOPROVIDER = -22,
	MAILSEAL_E_NOACCOUNT = -23,
	MAILSEAL_E_EXISTS = -24,
	MAILSEAL_E_REBIND = -25,

	/* the outside */
	MAILSEAL_E_COURIER = -26,
	MAILSEAL_E_MODULE = -27,
	MAILSEAL_E_NETWORK = -28,
	MAILSEAL_E_SILENT = -29,
	MAILSEAL_E_TRUST = -30,
	MAILSEAL_E_PROVIDER = -31,
	MAILSEAL_E_THROTTLED = -32,
	MAILSEAL_E_REAUTH = -33,
	MAILSEAL_E_REGISTRATION = -34,
	MAILSEAL_E_ADMIN = -35,
	MAILSEAL_E_ORIGIN = -36,

	/* signing in */
	MAILSEAL_E_PERSON = -37,
	MAILSEAL_E_CONSENT = -38,
	MAILSEAL_E_STATE = -39,
	MAILSEAL_E_EXPIRED = -40,
	MAILSEAL_E_NOREFRESH = -41,
	MAILSEAL_E_SCOPE = -42,
	MAILSEAL_E_IDTOKEN = -43,

	/* the mailbox */
	MAILSEAL_E_PASSWORD = -44,
	MAILSEAL_E_LOGIN = -45,
	MAILSEAL_E_NOAUTH = -46,
	MAILSEAL_E_NOTLS = -47,
	MAILSEAL_E_MAILHOST = -48,
	MAILSEAL_E_MAIL = -49,

	/* ourselves */
	MAILSEAL_E_NOMEM = -50,
	MAILSEAL_E_IO = -51,
	MAILSEAL_E_INTERNAL = -52,
	MAILSEAL_E_NOBROKER = -53,
	MAILSEAL_E_IDENTITY = -54,
	MAILSEAL_E_ADDRESS = -55,
	MAILSEAL_E_CHOICE = -56,
	MAILSEAL_E_KIND = -57,

	/* the slots of the master key */
	MAILSEAL_E_MISTYPED = -58,
	MAILSEAL_E_NORECOVERY = -59,
	MAILSEAL_E_NOSLOT = -60,
	MAILSEAL_E_LASTSLOT = -61,
	MAILSEAL_E_SLOTS = -62,
	MAILSEAL_E_SLOTOVER = -63,

	/* the policy */
	MAILSEAL_E_NOPREFERRED = -64,
	MAILSEAL_E_NOUSER = -65,
	MAILSEAL_E_ROLE = -66,

	/* providers */
	MAILSEAL_E_CLIENT = -67,
	MAILSEAL_E_SECRETID = -68,
	MAILSEAL_E_NOSECRET = -69,
	MAILSEAL_E_LONGTOKEN = -70,
	MAILSEAL_E_COMMAND = -71,
	MAILSEAL_E_PROXY = -72,
	MAILSEAL_E_CHANGED = -73,
	MAILSEAL_E_PENDING = -74,
	MAILSEAL_E_REACH = -75,
	MAILSEAL_E_SECRETS = -76,
	MAILSEAL_E_NOREVOKE = -77,
};

/* The stable name, such as "wrong_person"; "internal" for a number unknown. */
const char *mailseal_error_name(int error);

/* The wire code, such as "denied". */
const char *mailseal_error_code(int error);

/* The exit status of <sysexits.h> that goes with the wire code. */
int mailseal_error_exit(int error);

/* What happened, a clause without a full stop. */
const char *mailseal_error_text(int error);

/*
 * What to do next, a clause for glossary_fill(): "%s" in it stands for the
 * account, "%p" for its provider file.  Never NULL.
 */
const char *mailseal_error_advice(int error);

/* The error with this stable name; MAILSEAL_E_INTERNAL when there is none. */
int mailseal_error_by_name(const char *name);

/* The exit status of a wire code; 70 (EX_SOFTWARE) for one unknown. */
int mailseal_code_exit(const char *code);

#endif
