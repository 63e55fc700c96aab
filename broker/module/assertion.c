/* SPDX-License-Identifier: ISC */
/*
 * Tokens of our own, signed with the registration's key (RFC 7523): as what
 * the client proves itself by, and as what is given for an access token.
 */
#include <stdio.h>
#include <string.h>

#include "broker/module/oauth.h"
#include "proto/module.h"

#define BY_CERTIFICATE_S 600 /* of life; Microsoft asks for 5 to 10 minutes */
#define BY_KEY_S 300

static void
put_time(const struct mailseal_host *host, struct mailseal_ask *ask,
    const char *name, int64_t seconds)
{
	char number[24];

	(void)snprintf(number, sizeof(number), "%lld", (long long)seconds);
	oauth_put(host, ask, MAILSEAL_IN_JWT_NUMBER, name, number);
}

static void
put_claim(const struct mailseal_call *call, const struct mailseal_host *host,
    struct mailseal_ask *ask, const struct assertion *assertion,
    const char *name)
{
	const struct {
		const char *name;
		const char *text;
	} texts[] = {
		{ "iss", assertion->issuer },
		{ "sub", assertion->subject },
		{ "aud", assertion->audience },
		{ "scope", assertion->scope },
		{ "jti", oauth_text(&call->inputs, "jti") },
	};

	if (strcmp(name, "iat") == 0 || strcmp(name, "nbf") == 0)
		put_time(host, ask, name, call->now);
	else if (strcmp(name, "exp") == 0)
		put_time(host, ask, name, call->now + assertion->life_s);
	for (size_t i = 0; i < sizeof(texts) / sizeof(texts[0]); i++)
		if (strcmp(name, texts[i].name) == 0)
			oauth_put(host, ask, MAILSEAL_IN_JWT_CLAIM, name,
			    texts[i].text);
}

void
assertion_ask(const struct mailseal_call *call,
    const struct mailseal_host *host, struct mailseal_ask *ask,
    const struct assertion *assertion)
{
	char names[64], *rest = names, *name;

	ask->want = MAILSEAL_WANT_JWT;
	oauth_put(host, ask, MAILSEAL_IN_OUTCOME, "alg", assertion->alg);
	oauth_put(host, ask, MAILSEAL_IN_OUTCOME, "key", "client_key");
	(void)snprintf(names, sizeof(names), "%s", assertion->claims);
	while ((name = strsep(&rest, " ")) != NULL)
		put_claim(call, host, ask, assertion, name);
}

bool
assertion_is_due(const struct mailseal_call *call)
{
	return call->op != MAILSEAL_OP_AUTHORIZE &&
	    call->last == MAILSEAL_WANT_NOTHING &&
	    strcmp(oauth_client_way(call), "private_key_jwt") == 0;
}

static const char *
alg_of_client(const struct mailseal_call *call)
{
	const char *alg = oauth_text(&call->settings, "client_alg");

	return alg != NULL ? alg : "PS256";
}

/* What is missing, or NULL. */
static const char *
fault_of_client(const struct mailseal_call *call,
    const struct assertion *assertion)
{
	if (assertion->issuer == NULL || assertion->issuer[0] == '\0')
		return "client_id is not set";
	if (assertion->audience == NULL)
		return "token_endpoint is not set";
	if (strcmp(assertion->alg, "PS256") != 0 &&
	    strcmp(assertion->alg, "RS256") != 0)
		return "client_alg is not PS256 or RS256";
	if (oauth_find(&call->inputs, "client_key") == NULL)
		return "there is no key of the client";
	if (oauth_text(&call->inputs, "jti") == NULL)
		return "there is no jti for the assertion";
	return NULL;
}

/* On false the ask is an outcome, because something is missing. */
static bool
ask_client(const struct mailseal_call *call, const struct mailseal_host *host,
    struct mailseal_ask *ask, const char *audience, const char *claims,
    int life_s)
{
	const char *id = oauth_text(&call->settings, "client_id");
	const struct assertion assertion = { .alg = alg_of_client(call),
		.issuer = id,
		.subject = id,
		.audience = audience,
		.claims = claims,
		.life_s = life_s };
	const char *fault = fault_of_client(call, &assertion);

	if (fault != NULL) {
		oauth_finish(host, ask, "config", "registration", fault);
		return false;
	}
	assertion_ask(call, host, ask, &assertion);
	return true;
}

/*
 * A certificate is named by its SHA-256; in the older form, RS256, by its
 * SHA-1 where that is known.
 */
void
assertion_prove_by_certificate(const struct mailseal_call *call,
    const struct mailseal_host *host, struct mailseal_ask *ask)
{
	const struct mailseal_items *in = &call->inputs;
	bool is_older = strcmp(alg_of_client(call), "RS256") == 0 &&
	    oauth_find(in, "x5t") != NULL;

	if (!is_older && oauth_find(in, "client_key") != NULL &&
	    oauth_find(in, "x5t_s256") == NULL)
		oauth_finish(host, ask, "config", "registration",
		    "there is no certificate of the client's key");
	else if (ask_client(call, host, ask,
		     oauth_text(&call->settings, "token_endpoint"),
		     "aud exp iss jti nbf sub iat", BY_CERTIFICATE_S))
		oauth_put_item(host, ask, MAILSEAL_IN_JWT_HEADER,
		    is_older ? "x5t" : "x5t#S256", in,
		    is_older ? "x5t" : "x5t_s256");
}

/* The audience is the issuer: each of its endpoints takes that. */
void
assertion_prove_by_key(const struct mailseal_call *call,
    const struct mailseal_host *host, struct mailseal_ask *ask)
{
	const char *issuer = oauth_text(&call->settings, "issuer");

	if (issuer == NULL)
		issuer = oauth_text(&call->settings, "token_endpoint");
	if (ask_client(call, host, ask, issuer, "iss sub aud jti iat exp",
		BY_KEY_S))
		oauth_put_item(host, ask, MAILSEAL_IN_JWT_HEADER, "kid",
		    &call->inputs, "key_id");
}

struct mailseal_call
assertion_behind(const struct mailseal_call *call)
{
	struct mailseal_call behind = *call;

	if (behind.jwt != NULL && behind.step > 0)
		behind.step--;
	if (behind.last == MAILSEAL_WANT_JWT)
		behind.last = MAILSEAL_WANT_NOTHING;
	return behind;
}
