/* SPDX-License-Identifier: ISC */
#include <stdbool.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

#include "broker/courier/json.h"
#include "broker/courier/jwt.h"
#include "broker/courier/leash.h"
#include "broker/courier/outcome.h"
#include "broker/courier/runner.h"
#include "broker/courier/sign.h"
#include "broker/courier/steps.h"
#include "proto/error.h"

/* In .used: a field did not fit, so the ask is not whole. */
#define OVERFLOWN UINT32_MAX

/* What the module was told last; call points into it. */
struct known {
	struct http_reply *reply;
	struct json *json;
	struct json *claims;
	struct secret *token; /* that was signed last */
	struct mailseal_item jwt;
	struct runner *runner; /* of a command */
};

static void
known_auto(struct known *known)
{
	http_reply_free(known->reply);
	json_free(known->json);
	json_free(known->claims);
	secret_free(known->token);
	runner_free(known->runner);
}

int
steps_put(struct mailseal_ask *ask, uint32_t where, const char *name,
    const void *bytes, size_t len, uint32_t secret)
{
	struct mailseal_field *field;

	if (ask->used > MAILSEAL_POOL_MAX ||
	    ask->count >= MAILSEAL_FIELDS_MAX ||
	    strlen(name) > MAILSEAL_NAME_MAX ||
	    len > MAILSEAL_POOL_MAX - ask->used) {
		ask->used = OVERFLOWN;
		return -1;
	}
	field = &ask->field[ask->count++];
	memcpy(field->name, name, strlen(name) + 1);
	field->where = where;
	field->secret = secret;
	field->offset = ask->used;
	field->len = (uint32_t)len;
	if (len > 0)
		memcpy(ask->pool + ask->used, bytes, len);
	ask->used += (uint32_t)len;
	return 0;
}

bool
steps_is_sound(const struct mailseal_ask *ask)
{
	if (ask->used > MAILSEAL_POOL_MAX || ask->count > MAILSEAL_FIELDS_MAX ||
	    memchr(ask->url, '\0', sizeof(ask->url)) == NULL)
		return false;
	for (uint32_t i = 0; i < ask->count; i++) {
		const struct mailseal_field *field = &ask->field[i];

		if (memchr(field->name, '\0', sizeof(field->name)) == NULL ||
		    field->offset > ask->used ||
		    field->len > ask->used - field->offset)
			return false;
	}
	return true;
}

const struct mailseal_ask *
steps_ask(const struct secret *ask)
{
	return (const struct mailseal_ask *)(const void *)ask->data;
}

/* Decode the body, when there is one to decode. */
static int
decode(struct http_reply *reply, size_t max, struct json **json)
{
	int error;

	if (reply->body != MAILSEAL_BODY_OTHER)
		return MAILSEAL_OK;
	error = json_parse(secret_span(reply->content), max, json);
	if (error == MAILSEAL_OK)
		reply->body = MAILSEAL_BODY_JSON;
	return error == MAILSEAL_E_NOMEM ? error : MAILSEAL_OK;
}

static int
ask_http(const struct mailseal_ask *ask, const struct http_way *way,
    struct mailseal_call *call, struct known *known, struct http_fault *fault)
{
	struct mailseal_items none = { NULL, 0 };
	int error;

	http_reply_free(known->reply);
	json_free(known->json);
	known->reply = NULL;
	known->json = NULL;
	call->headers = call->json = none;

	error = http_ask(ask, way, &known->reply, fault);
	if (error != MAILSEAL_OK)
		return error;
	if (decode(known->reply, MAILSEAL_ITEMS_MAX, &known->json) !=
	    MAILSEAL_OK)
		return http_fail(fault, MAILSEAL_E_NOMEM, "out of memory");
	call->status = known->reply->status;
	call->body = known->reply->body;
	call->headers = known->reply->headers;
	if (known->json != NULL)
		call->json = json_items(known->json);
	return MAILSEAL_OK;
}

/* The field of this name, or NULL. */
static const struct mailseal_field *
find(const struct mailseal_ask *ask, const char *name)
{
	for (uint32_t i = 0; i < ask->count; i++)
		if (strcmp(ask->field[i].name, name) == 0)
			return &ask->field[i];
	return NULL;
}

/* A field of an ask as text in the arena; NULL when absent or with a NUL. */
static struct secret *
field_text(const struct mailseal_ask *ask, const char *name)
{
	const struct mailseal_field *field = find(ask, name);
	const char *bytes;

	if (field == NULL)
		return NULL;
	bytes = ask->pool + field->offset;
	if (memchr(bytes, '\0', field->len) != NULL)
		return NULL;
	return secret_copy(bytes, field->len);
}

/* Fetch a JWK set. */
static int
fetch_keys(const char *url, const struct http_way *way, struct json **keys,
    struct http_fault *fault)
{
	AUTO(secret) room = secret_new(sizeof(struct mailseal_ask));
	AUTO(http_reply) reply = NULL;
	struct mailseal_ask *ask;
	int error;

	if (room == NULL)
		return http_fail(fault, MAILSEAL_E_NOMEM, "out of memory");
	ask = (struct mailseal_ask *)(void *)room->data;
	if (strlen(url) > MAILSEAL_URL_MAX)
		return http_fail(fault, MAILSEAL_E_ORIGIN,
		    "jwks_uri is too long");
	memcpy(ask->url, url, strlen(url) + 1);
	error = http_ask(ask, way, &reply, fault);
	if (error != MAILSEAL_OK)
		return error;
	if (reply->status == 200 &&
	    decode(reply, JWT_KEYS_MAX, keys) != MAILSEAL_OK)
		return http_fail(fault, MAILSEAL_E_NOMEM, "out of memory");
	if (*keys == NULL)
		return http_fail(fault, MAILSEAL_E_PROVIDER,
		    "no JWK set at jwks_uri: HTTP status %d", reply->status);
	return MAILSEAL_OK;
}

static const char *
text_of(const struct secret *secret)
{
	return secret == NULL ? NULL : (const char *)secret->data;
}

static int
ask_id_token(const struct mailseal_ask *ask, const struct http_way *way,
    struct mailseal_call *call, struct known *known, struct http_fault *fault)
{
	AUTO(secret) token = field_text(ask, "id_token");
	AUTO(secret) url = field_text(ask, "jwks_uri");
	AUTO(secret) issuer = field_text(ask, "issuer");
	AUTO(secret) audience = field_text(ask, "audience");
	AUTO(secret) nonce = field_text(ask, "nonce");
	AUTO(json) keys = NULL;
	const char *why = NULL;
	struct jwt_rules rules = { text_of(issuer), text_of(audience),
		text_of(nonce), call->now };
	int error;

	if (token == NULL || url == NULL || issuer == NULL ||
	    audience == NULL || (nonce == NULL && find(ask, "nonce") != NULL))
		return http_fail(fault, MAILSEAL_E_MODULE,
		    "it wants an id_token verified and does not say "
		    "by what");
	error = fetch_keys(text_of(url), way, &keys, fault);
	if (error != MAILSEAL_OK)
		return error;

	json_free(known->claims);
	known->claims = NULL;
	call->claims = (struct mailseal_items){ NULL, 0 };
	error = jwt_verify(secret_span(token), keys, &rules, &known->claims,
	    &why);
	if (error == MAILSEAL_E_NOMEM)
		return http_fail(fault, error, "out of memory");
	call->claims_error = error == MAILSEAL_OK ? NULL : why;
	if (error == MAILSEAL_OK)
		call->claims = json_items(known->claims);
	return MAILSEAL_OK;
}

static int
ask_jwt(const struct mailseal_ask *ask, struct mailseal_call *call,
    struct known *known, struct http_fault *fault)
{
	int error;

	call->jwt = NULL;
	secret_free(known->token);
	known->token = NULL;
	error = sign_token(ask, &call->inputs, &known->token, fault);
	if (error != MAILSEAL_OK)
		return error;
	known->jwt = (struct mailseal_item){ "jwt",
		(const char *)known->token->data, known->token->len,
		MAILSEAL_SECRET };
	call->jwt = &known->jwt;
	return MAILSEAL_OK;
}

static int
ask_command(const struct mailseal_ask *ask, const struct http_way *way,
    struct mailseal_call *call, struct known *known, struct http_fault *fault)
{
	struct runner *runner = NULL;
	int error = runner_ask(ask, way->deadline_ms, call, &runner, fault);

	if (error != MAILSEAL_OK)
		return error;
	runner_free(known->runner);
	known->runner = runner;
	return MAILSEAL_OK;
}

/* Give the module what it wants; true in *is_done when it wants no more. */
static int
serve(const struct mailseal_ask *ask, const struct http_way *way,
    struct mailseal_call *call, struct known *known, bool *is_done,
    struct http_fault *fault)
{
	if (!steps_is_sound(ask))
		return http_fail(fault, MAILSEAL_E_MODULE,
		    "it asks for more than fits, or for no text");
	call->last = ask->want;
	switch ((enum mailseal_want)ask->want) {
	case MAILSEAL_WANT_HTTP:
		return ask_http(ask, way, call, known, fault);
	case MAILSEAL_WANT_ID_TOKEN:
		return ask_id_token(ask, way, call, known, fault);
	case MAILSEAL_WANT_DONE:
		*is_done = true;
		return MAILSEAL_OK;
	case MAILSEAL_WANT_JWT:
		return ask_jwt(ask, call, known, fault);
	case MAILSEAL_WANT_COMMAND:
		return ask_command(ask, way, call, known, fault);
	case MAILSEAL_WANT_NOTHING:
		break;
	}
	return http_fail(fault, MAILSEAL_E_MODULE,
	    "it wants what is not known here (%u)", ask->want);
}

/* Lead it from step to step. */
static int
lead(const struct mailseal_module *module, struct mailseal_call *call,
    const struct http_way *way, struct mailseal_ask *ask,
    struct http_fault *fault)
{
	static const struct mailseal_host host = { sizeof(host), steps_put };
	__attribute__((cleanup(known_auto))) struct known known = { 0 };
	bool is_done = false;
	int error, refused;

	for (call->step = 0; call->step < MAILSEAL_STEPS_MAX; call->step++) {
		explicit_bzero(ask, sizeof(*ask));
		ask->size = sizeof(*ask);
		call->now = (int64_t)time(NULL);
		leash_on();
		refused = module->step(call, &host, ask);
		leash_off();
		if (refused != 0)
			return http_fail(fault, MAILSEAL_E_MODULE,
			    "it refuses this operation");
		error = serve(ask, way, call, &known, &is_done, fault);
		if (error != MAILSEAL_OK)
			return error;
		if (!is_done)
			continue;
		if (known.token != NULL)
			outcome_star(ask, &known.jwt);
		return MAILSEAL_OK;
	}
	return http_fail(fault, MAILSEAL_E_MODULE,
	    "it does not come to an end in %d steps", MAILSEAL_STEPS_MAX);
}

int
steps_run(const struct mailseal_module *module, struct mailseal_call *call,
    const struct http_way *way, struct secret **outcome,
    struct http_fault *fault)
{
	AUTO(secret) room = secret_new(sizeof(struct mailseal_ask));
	int error;

	if (room == NULL)
		return http_fail(fault, MAILSEAL_E_NOMEM, "out of memory");
	error = lead(module, call, way,
	    (struct mailseal_ask *)(void *)room->data, fault);
	call->jwt = NULL; /* it is gone with what was known */
	if (error == MAILSEAL_OK)
		*outcome = secret_move(&room);
	return error;
}
