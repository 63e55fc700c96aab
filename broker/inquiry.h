/* SPDX-License-Identifier: ISC */
/*
 * inquiry: what a provider is asked to see that it would let us in, without an
 * account: its sign-in page, and a refresh that must fail.
 *
 * The refresh is of a token that nobody ever got.  The provider looks at who
 * asks before it looks for that, so it tells whether our registration is taken,
 * and no grant of anybody's is touched.
 */
#ifndef BROKER_INQUIRY_H
#define BROKER_INQUIRY_H

#include "broker/errand.h"
#include "broker/proof.h"

/* What discovery told; freed by inquiry_clear(). */
struct inquiry {
	char *issuer;
	char *token;
	char *keys;
	char *origins;
};

void inquiry_clear(struct inquiry *inquiry);

/* Take what the sign-in page's exchange brought; false: it lacks something. */
bool inquiry_take(struct inquiry *inquiry, struct line *fields);

/* Ask for the sign-in page; see errand_start(). */
int inquiry_page(struct broker *broker, const struct provider *provider,
    errand_done *done, void *arg, struct errand **handle)
    __attribute__((warn_unused_result));

/* Ask for a token with this client secret or key, or, for NULL, without. */
int inquiry_proof(struct broker *broker, const struct provider *provider,
    const struct inquiry *inquiry, const struct proof *proof, errand_done *done,
    void *arg, struct errand **handle) __attribute__((warn_unused_result));

/* Whether it cannot be asked without a mailbox: Google's service accounts. */
bool inquiry_needs_mailbox(const struct provider *provider);

#endif
