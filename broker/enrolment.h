/* SPDX-License-Identifier: ISC */
/*
 * enrolment: the sign-ins that have begun and not ended.
 *
 * Verifier, state and nonce are drawn here and never leave but to where they
 * belong.  An enrolment is bound to the admin's uid, lives 15 minutes, and
 * there are 64 at most, 16 of one admin.
 */
#ifndef BROKER_ENROLMENT_H
#define BROKER_ENROLMENT_H

#include "broker/broker.h"
#include "broker/conn.h"
#include "broker/errand.h"
#include "broker/polling.h"
#include "broker/probe.h"
#include "broker/renew.h"

#define ENROLMENTS_MAX 64
#define ENROLMENTS_OF_ONE \
	16 /* of one admin, so that he leaves room to others */
#define ENROLMENT_S 900
#define ENROLMENT_ID_LEN 32 /* hex digits */

/* How who signed in stands to the mailbox. */
enum claim {
	CLAIM_SAME,	/* its own account, or it has a password */
	CLAIM_DELEGATE, /* another one, who may open it */
	CLAIM_PROBABLE, /* has the address, where nobody verified it */
	CLAIM_UNKNOWN,	/* the provider does not say */
};

struct enrolment {
	struct broker *broker;
	char id[ENROLMENT_ID_LEN + 1];
	uid_t uid; /* of the admin who began it */
	char by[64];
	struct peer admin; /* who went on with it last; may be gone by now */
	char spelled[ACCOUNT_MAX + 1];
	char name[ACCOUNT_MAX + 1]; /* in lower case */
	char login[ACCOUNT_MAX + 1];
	bool login_given;	 /* by the admin, now */
	char host[HOST_MAX + 1]; /* the account's own for submission, or "" */
	char provider[PROVIDER_MAX + 1];
	enum account_type type;

	char state[44], nonce[44]; /* 32 random bytes each */
	struct secret *verifier;
	struct secret *code; /* that came back from the page */
	char redirect_uri[PATH_LENGTH_MAX + 1];
	char issuer[IDENTITY_MAX + 1];
	bool iss_required;
	char *binding; /* with the endpoints that discovery told */

	struct errand *errand; /* under way; NULL: none */
	struct conn_ref ref;   /* who waits for it */
	struct deadline deadline;
	bool over; /* its time passed while an errand was under way */

	/* A sign-in by a code that a person types elsewhere. */
	bool by_code;
	struct secret *device_code; /* NULL until the provider gave one */
	struct polling polling;
	uint64_t code_end_ms;
	struct deadline turn; /* a poll that came early waits for it */

	struct tokens tokens;
	uint64_t issued_ms;    /* when they came */
	struct tokens reading; /* where those are for sending only */
	struct secret *password;
	char iss[IDENTITY_MAX + 1], sub[IDENTITY_MAX + 1];
	char identity[IDENTITY_MAX + 1];
	char scope[SCOPE_MAX + 1];
	enum claim claim;
	bool replaces; /* another identity than the enrolled one, if need be */
	bool asks;     /* to be stored, it needs an admin's yes */
	bool awaits;   /* all is well, and that yes is awaited */
	/* From the module, "" for none: where an admin there consents, and
	   what the person should know about the sign-in. */
	char consent[PATH_LENGTH_MAX + 1];
	char warning[TEXT_MAX + 1];
	char to[ACCOUNT_MAX + 1];    /* of a test mail; "" for none */
	enum service alone_for;	     /* whose token the registration gets */
	enum service probed;	     /* where the login under way is */
	struct greeting greeting[2]; /* of SMTP, and of IMAP where that is */
};

/*
 * Begin one for an address at a provider.  Its login, which the caller may
 * change, is the address, or what it was set to for the account that is
 * enrolled there already; its host likewise.
 *
 * MAILSEAL_E_BUSY      there are too many
 * MAILSEAL_E_NOMEM
 */
int enrolment_begin(struct broker *broker, const struct peer *peer,
    const struct provider *provider, const char *spelled, const char *name,
    struct enrolment **enrolment) __attribute__((warn_unused_result));

/* The one of this id that this admin began, or NULL. */
struct enrolment *enrolment_find(const char *id, const struct peer *peer);

/* Whether its provider is still what it was begun with. */
bool enrolment_is_bound(const struct enrolment *enrolment);

/*
 * Wait for the admin's yes, ENROLMENT_S from now on.
 *
 * MAILSEAL_E_NOMEM
 */
int enrolment_await(struct enrolment *enrolment)
    __attribute__((warn_unused_result));

/* Forget it, and wipe what it knows. */
void enrolment_end(struct enrolment *enrolment);

/* Forget them all. */
void enrolments_clear(void);

/* The S256 challenge of its verifier (RFC 7636 section 4.2). */
void enrolment_challenge(const struct enrolment *enrolment, char challenge[44]);

/* This admin goes on with it, and waits. */
void enrolment_go_on(struct enrolment *enrolment, const struct conn *conn);

/* Who waits for its errand, or his turn, if he is still there. */
struct conn *enrolment_waits(const struct enrolment *enrolment);

/* Whether a poll waits until the provider may be asked again. */
bool enrolment_has_turn(const struct enrolment *enrolment);

/* Tell the failure, and forget the enrolment: nothing is stored. */
void enrolment_fail(struct enrolment *enrolment, int error, const char *detail);
void enrolment_refuse(struct enrolment *enrolment,
    const struct outcome *outcome);

/*
 * Store what was enrolled, over what there was, in one commit; then it is
 * served.  untested: why the mailbox test failed, when the sign-in is kept
 * all the same; else NULL.
 *
 * The errors of store_commit(), record_save() and MAILSEAL_E_NOMEM; then
 * everything is as it was before.
 */
int enrolment_store(struct enrolment *enrolment, const struct outcome *untested)
    __attribute__((warn_unused_result));

#endif
