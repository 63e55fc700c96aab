/* SPDX-License-Identifier: ISC */
/*
 * proof: what a registration proves itself with, one of several: a client
 * secret, or a private key with its certificate.
 *
 * It is sealed as one line in our own language.  A client secret of an older
 * store was sealed as it is, without a line, and still opens.  Nothing here
 * stores or sends anything.
 */
#ifndef BROKER_PROOF_H
#define BROKER_PROOF_H

#include <stdint.h>

#include "broker/own.h"
#include "broker/secret.h"
#include "proto/verb.h"

#define PROOFS_MAX 8		    /* of a provider */
#define PROOF_LABEL_MAX 10	    /* digits of a label */
#define PROOF_PEM_MAX 8192	    /* bytes of a private key, or certificate */
#define PROOF_TEXT_MAX 256	    /* bytes of what is told of it */
#define PROOF_TIME_MAX 253402300799 /* the end of the year 9999 */

enum proof_kind { PROOF_SECRET, PROOF_KEY };

/* What is told of a key beside its dates; each is "" where there is none. */
enum proof_text {
	PROOF_X5T,	/* thumbprint of the certificate by SHA-1, base64url */
	PROOF_X5T_S256, /* by SHA-256 */
	PROOF_KEY_ID,	/* the name that the provider gave the key */
	PROOF_SERVICE_ACCOUNT, /* whose key it is, at Google */
	PROOF_SUBJECT,	       /* of the certificate */
	PROOF_TEXTS
};

struct proof {
	enum proof_kind kind;
	char label[PROOF_LABEL_MAX + 1]; /* "1", "2", ... */
	int64_t added;			 /* seconds since 1970; 0: not known */
	int64_t ends;			 /* the same */
	int error;	      /* why it cannot be used; MAILSEAL_OK: it can */
	struct secret *value; /* the secret, or the key in PEM; or NULL */
	struct secret *certificate; /* in PEM; no secret, but as long as one */
	char text[PROOF_TEXTS][PROOF_TEXT_MAX + 1];
};

/* Wipe what it holds. */
void proof_clear(struct proof *proof);

/* The kind of its record: client_secret or client_key. */
const char *proof_kind_name(enum proof_kind kind);

/* What people call it: client secret, or key. */
const char *proof_noun(enum proof_kind kind);

/* The field that a text travels in: "x5t", "x5t_s256" and so on. */
const char *proof_text_name(enum proof_text text);

/* Whether its day has come; one without an end has none. */
bool proof_has_ended(const struct proof *proof, int64_t now);

/*
 * Write what is sealed of it: value, certificate, texts and dates.
 *
 * MAILSEAL_E_TOOLONG, MAILSEAL_E_NOMEM
 */
int proof_write(const struct proof *proof, struct secret **plain)
    __attribute__((warn_unused_result));

/*
 * Take apart what was sealed of a kind; plain is decoded in place, and wiped
 * where the value stood.  proof is overwritten, its label stays to the caller.
 *
 * MAILSEAL_E_UNSEAL  it is no such line
 * MAILSEAL_E_NOMEM
 */
int proof_read(struct secret *plain, enum proof_kind kind, struct proof *proof)
    __attribute__((warn_unused_result));

/*
 * Take what a courier's operation made or read: client_key, certificate, texts
 * and not_after.
 *
 * MAILSEAL_E_COURIER, MAILSEAL_E_NOMEM
 */
int proof_take(struct line *fields, struct proof *proof)
    __attribute__((warn_unused_result));

/*
 * Whether a secret has the form of a GUID: of an id, where secrets are random
 * characters.
 */
bool proof_is_guid(const struct secret *secret);

#endif
