/* SPDX-License-Identifier: ISC */
/*
 * Tokens that we sign: member by member, and as the module says whose provider
 * takes such a one.
 */
#include <openssl/evp.h>
#include <openssl/rsa.h>
#include <sodium.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "broker/courier/sign.h"
#include "broker/courier/signkey.h"
#include "proto/error.h"
#include "tests/unit/module.h"
#include "tests/unit/vectors/walk.h"

#define CASES_MAX 2048 /* values in jwt.json */

static struct json *vectors;

/* One case, decoded. */
struct jwt_case {
	const char *id, *kind, *alg;
	const char *signing_input, *token;
	struct json *header, *claims;
	struct mailseal_item key; /* as an input */
};

static const char *
member(size_t n, const char *name)
{
	char path[64];

	(void)snprintf(path, sizeof(path), "cases.%zu.%s", n, name);
	return json_text(vectors, path);
}

static struct json *
decode(const char *text)
{
	struct span span = { (const unsigned char *)text, strlen(text) };
	struct json *json = NULL;

	return json_parse(span, MAILSEAL_ITEMS_MAX, &json) == MAILSEAL_OK ?
	    json :
	    NULL;
}

/* Whether the token is signed by the key over the text before its last dot. */
static bool
is_signed(const char *token, EVP_PKEY *key, bool is_pss)
{
	const char *dot = strrchr(token, '.');
	unsigned char signature[1024];
	EVP_MD_CTX *ctx = EVP_MD_CTX_new();
	EVP_PKEY_CTX *rsa = NULL;
	size_t len = 0;
	bool holds = dot != NULL &&
	    sodium_base642bin(signature, sizeof(signature), dot + 1,
		strlen(dot + 1), NULL, &len, NULL,
		sodium_base64_VARIANT_URLSAFE_NO_PADDING) == 0 &&
	    EVP_DigestVerifyInit(ctx, &rsa, EVP_sha256(), NULL, key) == 1 &&
	    (!is_pss ||
		(EVP_PKEY_CTX_set_rsa_padding(rsa, RSA_PKCS1_PSS_PADDING) > 0 &&
		    EVP_PKEY_CTX_set_rsa_pss_saltlen(rsa, 32) > 0)) &&
	    EVP_DigestVerify(ctx, signature, len, (const unsigned char *)token,
		(size_t)(dot - token)) == 1;

	EVP_MD_CTX_free(ctx);
	return holds;
}

/* RS256 is the label itself; PS256 has a salt, and is verified. */
static void
check_token(const struct jwt_case *c, const char *how, const char *token)
{
	struct span pem = { (const unsigned char *)c->key.bytes, c->key.len };
	AUTO_SIGNKEY key = NULL;
	char id[128], text[SIGN_MAX];
	const char *why = NULL;
	char *dot;

	(void)snprintf(id, sizeof(id), "%s %s", c->id, how);
	if (strcmp(c->alg, "PS256") != 0) {
		walk_label(id, token, c->token);
		return;
	}
	(void)snprintf(text, sizeof(text), "%s", token);
	dot = strrchr(text, '.');
	if (dot != NULL)
		*dot = '\0';
	if (signkey_read(pem, &key, &why) != MAILSEAL_OK)
		walk_label(id, why, "a key");
	else if (!is_signed(token, key, true))
		walk_label(id, "a signature that does not hold", "PS256");
	else
		walk_label(id, text, c->signing_input);
}

/* Sign an ask as the courier does, and look at what comes. */
static void
sign(const struct jwt_case *c, const char *how, const struct mailseal_ask *ask,
    const struct mailseal_items *inputs)
{
	AUTO(secret) token = NULL;
	struct http_fault fault = { 0 };

	if (ask->want != MAILSEAL_WANT_JWT)
		walk_label(c->id, "the module wants no token", how);
	else if (sign_token(ask, inputs, &token, &fault) != MAILSEAL_OK)
		walk_label(c->id, fault.detail, how);
	else
		check_token(c, how, (const char *)token->data);
}

static void
put_members(struct mailseal_ask *ask, const struct json *json, uint32_t where)
{
	struct mailseal_items items = json_items(json);

	for (size_t i = 0; i < items.count; i++) {
		const struct mailseal_item *item = &items.item[i];
		bool is_number = (item->flags & MAILSEAL_NUMBER) != 0;

		if (where == MAILSEAL_IN_JWT_HEADER &&
		    (strcmp(item->name, "alg") == 0 ||
			strcmp(item->name, "typ") == 0))
			continue;
		(void)steps_put(ask,
		    is_number ? (uint32_t)MAILSEAL_IN_JWT_NUMBER : where,
		    item->name, item->bytes, item->len, 0);
	}
}

/* The members as they stand in the case. */
static void
walk_members(const struct jwt_case *c)
{
	static struct mailseal_ask ask;
	struct mailseal_items inputs = { &c->key, 1 };

	memset(&ask, 0, sizeof(ask));
	ask.want = MAILSEAL_WANT_JWT;
	(void)steps_put(&ask, MAILSEAL_IN_OUTCOME, "alg", c->alg,
	    strlen(c->alg), 0);
	(void)steps_put(&ask, MAILSEAL_IN_OUTCOME, "key", "client_key", 10, 0);
	put_members(&ask, c->header, MAILSEAL_IN_JWT_HEADER);
	put_members(&ask, c->claims, MAILSEAL_IN_JWT_CLAIM);
	sign(c, "by its members", &ask, &inputs);
}

static void
add(struct mailseal_items *items, struct mailseal_item *item, const char *name,
    const char *text)
{
	if (text != NULL)
		item[items->count++] = (struct mailseal_item){ name, text,
			strlen(text), 0 };
}

/* Who takes such a token: certificates are named to Microsoft only. */
static const char *
module_of(const struct jwt_case *c)
{
	if (strcmp(c->kind, "jwt_bearer_grant") == 0)
		return "google";
	if (json_find(c->header, "x5t") != NULL ||
	    json_find(c->header, "x5t#S256") != NULL)
		return "microsoft";
	return "oidc";
}

/* What a module asks for when it knows what the case says. */
static void
walk_module(const struct jwt_case *c)
{
	static struct mailseal_ask ask;
	const char *name = module_of(c);
	const struct mailseal_item *iat = json_find(c->claims, "iat");
	struct mailseal_item set[8], in[8] = { c->key };
	struct mailseal_call call = { .size = sizeof(call),
		.op = strcmp(name, "google") == 0 ? MAILSEAL_OP_JWT_BEARER :
						    MAILSEAL_OP_REFRESH,
		.now = iat != NULL ? atoll(iat->bytes) : 0,
		.settings = { set, 0 },
		.inputs = { in, 1 } };

	add(&call.settings, set, "client_auth", "private_key_jwt");
	add(&call.settings, set, "client_alg", c->alg);
	add(&call.settings, set, "client_id", json_text(c->claims, "iss"));
	add(&call.settings, set, "token_endpoint", json_text(c->claims, "aud"));
	add(&call.settings, set, "issuer", json_text(c->claims, "aud"));
	add(&call.settings, set, "scope", json_text(c->claims, "scope"));
	add(&call.inputs, in, "jti", json_text(c->claims, "jti"));
	add(&call.inputs, in, "mailbox", json_text(c->claims, "sub"));
	add(&call.inputs, in, "service_account", json_text(c->claims, "iss"));
	add(&call.inputs, in, "key_id", json_text(c->header, "kid"));
	add(&call.inputs, in, "x5t", json_text(c->header, "x5t"));
	add(&call.inputs, in, "x5t_s256", json_text(c->header, "x5t#S256"));
	memset(&ask, 0, sizeof(ask));
	ask.size = sizeof(ask);
	if (module_open(name)->step(&call, &module_host, &ask) != 0 ||
	    !steps_is_sound(&ask))
		walk_label(c->id, "the module refuses", name);
	else
		sign(c, name, &ask, &call.inputs);
}

/* A file of the case is what the case says. */
static void
walk_file(const struct jwt_case *c, const char *ending, const char *text)
{
	char name[256];
	size_t len;
	char *bytes;

	(void)snprintf(name, sizeof(name), "jwt/%s.%s", c->id, ending);
	bytes = walk_read(name, &len);
	if (bytes != NULL)
		walk_label(name, bytes, text);
	free(bytes);
}

static void
walk_case(size_t n, const char *id)
{
	struct jwt_case c = { id, member(n, "kind"), member(n, "alg"),
		member(n, "signing_input"), member(n, "jwt"),
		decode(member(n, "header")), decode(member(n, "claims")),
		{ "client_key", NULL, 0, MAILSEAL_SECRET } };
	char *key = walk_read(member(n, "key"), &c.key.len);

	c.key.bytes = key;
	if (key == NULL || c.header == NULL || c.claims == NULL) {
		walk_label(id, "unreadable", "header, claims and a key");
	} else {
		walk_members(&c);
		walk_module(&c);
		walk_file(&c, "signing_input", c.signing_input);
		walk_file(&c, "jwt", c.token);
		check_token(&c, "as it was made", c.token);
	}
	json_free(c.header);
	json_free(c.claims);
	free(key);
}

void
walk_jwt(void)
{
	const char *id;

	vectors = walk_json("jwt.json", CASES_MAX);
	if (vectors == NULL)
		return;
	for (size_t n = 0; (id = member(n, "id")) != NULL; n++)
		walk_case(n, id);
	json_free(vectors);
	vectors = NULL;
}
