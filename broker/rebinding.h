/* SPDX-License-Identifier: ISC */
/*
 * rebinding: what of a provider is sealed for another file than there is now,
 * and to seal it anew for this one.
 *
 * It goes by what was sealed, not by what lies beside it in the store.  It
 * sends nothing, and seals nothing anew that belongs to another issuer,
 * registration or module: see difference.
 */
#ifndef BROKER_REBINDING_H
#define BROKER_REBINDING_H

#include "broker/broker.h"
#include "broker/difference.h"

#define REBINDING_DIGEST_LEN 64 /* hex digits */
#define REBINDING_KEYS_MAX 512	/* bytes of a list of keys */

/* An account, or a secret or key of the registration, that no longer agrees. */
struct astray {
	struct account *account; /* NULL: of the registration */
	char *kind;		 /* of its record */
	char *label;
	int error; /* why it does not open: nothing can be said then */
	char *old; /* the bindings; NULL where it does not open */
	char *new;
	enum cure cure;
	char keys[REBINDING_KEYS_MAX]; /* that differ */
};

/* All of a provider. */
struct rebinding {
	const struct provider *provider;
	struct astray *astray;
	size_t count;
	size_t room;
	char digest[REBINDING_DIGEST_LEN + 1]; /* of all that stands in it */
};

void rebinding_free(struct rebinding *rebinding);
AUTO_DEFINE(rebinding, struct rebinding)

/*
 * Look what there is, at a provider without a fault.  It points into broker
 * and configuration: it is of use until something else happens.
 *
 * MAILSEAL_E_LOCKED, MAILSEAL_E_NOMEM, MAILSEAL_E_STORE, MAILSEAL_E_TOOLONG
 */
int rebinding_make(struct broker *broker, const struct provider *provider,
    struct rebinding **rebinding) __attribute__((warn_unused_result));

/* Whether one is sealed anew by rebinding_apply(). */
bool rebinding_reseals(const struct astray *astray);

/* How many of the accounts, or else of the registration's, are. */
size_t rebinding_count(const struct rebinding *rebinding, bool of_accounts);

/*
 * Seal anew whatever may be, in one commit, and forget its leases; accounts
 * that were held up are tried again from now on.  What the accounts are bound
 * to leaves *rebinding for them.
 *
 * The errors of record_rebind() and store_commit(): nothing was changed then.
 */
int rebinding_apply(struct broker *broker, struct rebinding *rebinding)
    __attribute__((warn_unused_result));

#endif
