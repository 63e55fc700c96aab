/* SPDX-License-Identifier: ISC */
/*
 * meaning: what providers and mail servers answer, in one table: what it
 * means, who must act, and the next step.
 *
 * Tables and pure functions over them, libc only; the shipped modules see this
 * header too.  Codes and numbers choose; words are looked at only where one
 * code means several things.
 */
#ifndef PROTO_MEANING_H
#define PROTO_MEANING_H

#include <stdbool.h>
#include <stddef.h>

#define MEANING_NAME_MAX 64 /* bytes of a name, with NUL */

/* Who must do something about it. */
enum actor {
	ACTOR_NOBODY, /* it passes by itself */
	ACTOR_PERSON, /* whose mailbox it is */
	ACTOR_TENANT, /* an admin of the organisation, at the provider */
	ACTOR_OWNER,  /* of the registration: secret, certificate, redirect */
	ACTOR_ADMIN,  /* who writes the provider file */
	ACTOR_SENDER, /* who makes the message */
};

/* The stable name ("tenant_admin"), and a clause for people. */
const char *actor_name(enum actor actor);
const char *actor_words(enum actor actor);

/* Who says it. */
enum source {
	SAID_NUMBER,  /* Microsoft Entra ID: AADSTS and a number */
	SAID_ERROR,   /* any OAuth provider: the value of error */
	SAID_SUBTYPE, /* Google's error_subtype, Microsoft's suberror */
	SAID_SMTP,
	SAID_IMAP,
};

/* When an SMTP server says it. */
enum smtp_phase {
	PHASE_GREETING = 1 << 0,
	PHASE_EHLO = 1 << 1, /* in the clear: STARTTLS must be offered */
	PHASE_STARTTLS = 1 << 2,
	PHASE_EHLO_TLS = 1 << 3, /* AUTH must be offered */
	PHASE_AUTH = 1 << 4,
	PHASE_MAIL = 1 << 5,
	PHASE_RCPT = 1 << 6,
	PHASE_DATA = 1 << 7, /* after DATA, and after the message */
	PHASE_QUIT = 1 << 8,
};

/* When an IMAP server does; none has a bit of enum smtp_phase. */
enum imap_phase {
	PHASE_IMAP_GREETING = 1 << 16,
	PHASE_IMAP_OFFER = 1 << 17, /* CAPABILITY in the clear: for STARTTLS */
	PHASE_IMAP_STARTTLS = 1 << 18,
	PHASE_IMAP_CAPABILITY = 1 << 19, /* a way to log in must be there */
	PHASE_IMAP_LOGIN = 1 << 20,	 /* AUTHENTICATE or LOGIN */
	PHASE_IMAP_LOGOUT = 1 << 21,
};

#define PHASES_ALL 0xffffffffu
#define PHASES_SENDING (PHASE_MAIL | PHASE_RCPT | PHASE_DATA)

/* How an IMAP response ends. */
enum reply_status {
	REPLY_OK = 1 << 0,
	REPLY_NO = 1 << 1,
	REPLY_BAD = 1 << 2,
	REPLY_PREAUTH = 1 << 3,
	REPLY_BYE = 1 << 4,
	REPLY_PROMPT = 1 << 5,
};

/* What a mail server's answer means for the credential. */
enum verdict {
	VERDICT_OK,
	VERDICT_CONTINUE,  /* the server waits for more */
	VERDICT_TRANSIENT, /* later */
	VERDICT_THROTTLED, /* much later */
	VERDICT_REAUTH,	   /* the credential is no good */
	VERDICT_REFRESH,   /* this access token is not; a fresh one may be */
	VERDICT_ADMIN,	   /* somebody at the provider must act */
	VERDICT_CONFIG,	   /* host, port or mode are not right */
	VERDICT_MALFORMED, /* not what a server says here */
	VERDICT_MESSAGE,   /* about this message; the credential is fine */
};

/* One thing that they answer. */
struct meaning {
	enum source source;
	int number;	   /* of AADSTS or SMTP (below 10: all that begin so);
			      of IMAP: bits of enum reply_status */
	const char *code;  /* value of error, enhanced or response code; NULL:
			      any, or none */
	const char *words; /* of SMTP, IMAP: that must stand in the text; of
			      OAuth: where it is said; NULL: any */
	unsigned phases;   /* of SMTP, IMAP */
	enum verdict password, oauth; /* of them, for each credential */

	const char *class;  /* of an exchange; NULL: that of error, which is
			       mostly reauth */
	const char *reason; /* of proto/error; NULL with SMTP, IMAP, and where
			       class is */
	enum actor actor;
	bool plain;	    /* it says no more than its reason */
	const char *note;   /* what it means, a clause */
	const char *remedy; /* the next step, where somebody must act; "%s"
			       stands for the account */
};

/* The rows of a table, in the order in which they count. */
struct meanings {
	const struct meaning *row;
	size_t count;
};

/*
 * Write its name, which says what was said: "AADSTS70043", "invalid_grant",
 * "535 5.7.139 disabled for the Mailbox", "NO [ALERT] too many".
 */
void meaning_name(const struct meaning *meaning, char name[MEANING_NAME_MAX]);

extern const struct meanings meanings_number, meanings_error, meanings_subtype;
extern const struct meanings meanings_smtp, meanings_imap;

/*
 * What an AADSTS number means, or NULL.  Of several numbers the meaning with
 * the lowest address counts.
 */
const struct meaning *meaning_of_number(double number);

/* Where an error is said, when it means something else there. */
#define WHERE_PAGE "the sign-in page"
#define WHERE_SERVICE "a service account"
#define WHERE_DEVICE "a device code"
#define WHERE_TESTING "an app in Testing"

/*
 * What a value of error means, said there (NULL: by a token endpoint for a
 * person's grant); for an unknown one, a fault of our settings.
 */
const struct meaning *meaning_of_error(const char *error, const char *where);

/* Whether it is the meaning of every error that is not known. */
bool meaning_is_unknown(const struct meaning *meaning);

/* What Google's error_subtype or Microsoft's suberror adds, or NULL. */
const struct meaning *meaning_of_subtype(const char *subtype);

#endif
