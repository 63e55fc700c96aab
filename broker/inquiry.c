/* SPDX-License-Identifier: ISC */
#include <sodium.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "broker/attempt.h"
#include "broker/flow.h"
#include "broker/inquiry.h"
#include "proto/error.h"

#define NOWHERE "http://localhost/callback" /* where nobody is sent to */
#define RANDOM_SIZE 44			    /* of 43 characters, as verifiers */

void
inquiry_clear(struct inquiry *inquiry)
{
	free(inquiry->issuer);
	free(inquiry->token);
	free(inquiry->keys);
	free(inquiry->origins);
	*inquiry = (struct inquiry){ 0 };
}

static char *
keep(struct line *fields, const char *key)
{
	const char *text = line_get(fields, key, URL_MAX);

	return text != NULL ? strdup(text) : NULL;
}

bool
inquiry_take(struct inquiry *inquiry, struct line *fields)
{
	inquiry_clear(inquiry);
	inquiry->issuer = keep(fields, "issuer");
	inquiry->token = keep(fields, "token_endpoint");
	inquiry->keys = keep(fields, "jwks_uri");
	inquiry->origins = keep(fields, "origins");
	return inquiry->issuer != NULL && inquiry->token != NULL &&
	    inquiry->origins != NULL;
}

static void
draw(char text[RANDOM_SIZE])
{
	unsigned char random[32];

	randombytes_buf(random, sizeof(random));
	(void)sodium_bin2base64(text, RANDOM_SIZE, random, sizeof(random),
	    sodium_base64_VARIANT_URLSAFE_NO_PADDING);
}

int
inquiry_page(struct broker *broker, const struct provider *p, errand_done *done,
    void *arg, struct errand **handle)
{
	const char *redirect = p->value[SETTING_REDIRECT_URI];
	char origin[URL_MAX], scope[SCOPE_MAX * 3], random[RANDOM_SIZE];
	AUTO(errand) e = NULL;
	int error = provider_origin(p, origin, sizeof(origin));

	if (error == MAILSEAL_OK)
		error = provider_scopes(p, scope, sizeof(scope));
	if (error != MAILSEAL_OK)
		return error;
	e = errand_new(broker, "authorize", p->value[SETTING_MODULE], origin);
	if (e == NULL)
		return MAILSEAL_E_NOMEM;
	errand_registration(e, p);
	errand_set(e, "scope", scope);
	errand_endpoints(e, p);
	if (flow_is_application(p)) /* there is no page, just addresses */
		return errand_start(&e, done, arg, handle);
	draw(random);
	errand_in(e, "redirect_uri", redirect != NULL ? redirect : NOWHERE);
	errand_in(e, "state", random);
	errand_in(e, "nonce", random);
	errand_in(e, "challenge", random);
	return errand_start(&e, done, arg, handle);
}

int
inquiry_proof(struct broker *broker, const struct provider *p,
    const struct inquiry *inquiry, const struct proof *proof, errand_done *done,
    void *arg, struct errand **handle)
{
	AUTO(errand) e = errand_new(broker, flow_grant_op(p),
	    p->value[SETTING_MODULE], inquiry->origins);
	char token[RANDOM_SIZE + 16], random[RANDOM_SIZE];

	if (e == NULL)
		return MAILSEAL_E_NOMEM;
	errand_registration(e, p);
	errand_set(e, "scope", provider_scope(p, SERVICE_SMTP));
	errand_set(e, "issuer", inquiry->issuer);
	errand_set(e, "token_endpoint", inquiry->token);
	errand_set(e, "jwks_uri", inquiry->keys);
	draw(random);
	(void)snprintf(token, sizeof(token), "mailseal-check-%s", random);
	if (!flow_is_application(p))
		errand_in(e, "refresh_token", token);
	attempt_put(e, proof);
	return errand_start(&e, done, arg, handle);
}

bool
inquiry_needs_mailbox(const struct provider *p)
{
	return flow_is_service_account(p);
}
