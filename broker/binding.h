/* SPDX-License-Identifier: ISC */
/*
 * binding: the closed set of places that a credential may be sent to.
 *
 * It is fixed when an account is enrolled, written as one line, sealed along
 * with the record, and looked at before anything is sent: configuration that
 * no longer agrees sends nothing.
 */
#ifndef BROKER_BINDING_H
#define BROKER_BINDING_H

#include <stdbool.h>

#include "broker/provider.h"
#include "proto/line.h"

#define BINDING_MAX 12288 /* bytes of a binding */

/* What discovery told, beside the provider file; NULL where there is none. */
struct endpoints {
	const char *issuer;
	const char *authorization;
	const char *token;
	const char *jwks;
	const char *origins; /* separated by spaces */
	const char *device;
	const char *revocation;
};

/*
 * Write the binding of a provider (and endpoints, which may be NULL) into
 * memory that the caller frees.  The second is of an account with a submission
 * host of its own in the place of the file's; "" for none.
 *
 * MAILSEAL_E_TOOLONG, MAILSEAL_E_NOMEM
 */
int binding_make(const struct provider *provider,
    const struct endpoints *endpoints, char **binding)
    __attribute__((warn_unused_result));
int binding_make_at(const struct provider *provider, const char *host,
    const struct endpoints *endpoints, char **binding)
    __attribute__((warn_unused_result));

/*
 * Whether the provider file is still what the binding was made from.  It is
 * asked at each request: a provider whose part was written beforehand, when its
 * file was read, spares the digests of its certificates.
 */
bool binding_agrees(const char *binding, const struct provider *provider);
bool binding_agrees_at(const char *binding, const struct provider *provider,
    const char *host);

/* A binding taken apart; its texts lie in bytes. */
struct bound {
	char bytes[BINDING_MAX + 1];
	struct line line;
	struct endpoints endpoints;
	struct place place[SERVICE_COUNT]; /* those that it has */
};

/* MAILSEAL_E_MALFORMED, MAILSEAL_E_TOOLONG */
int binding_read(const char *binding, struct bound *bound)
    __attribute__((warn_unused_result));

#endif
