/* SPDX-License-Identifier: ISC */
#include <stdio.h>
#include <string.h>

#include "broker/courier/form.h"
#include "broker/courier/origin.h"
#include "broker/courier/outcome.h"
#include "broker/courier/request.h"
#include "broker/log.h"
#include "proto/error.h"

#define SECRET_MIN 6   /* shorter ones are found in any text */
#define PIECE_MIN 12   /* bytes of a secret that are no coincidence */
#define URL_ROOM 32768 /* bytes of a page's address with its query */
#define ORIGINS_ROOM 4096

static const char *const classes[] = { "ok", "transient", "throttled", "reauth",
	"admin", "config", "malformed", "denied", "pending", "slow_down",
	"expired", NULL };

static bool
is_class(struct span text)
{
	for (size_t i = 0; classes[i] != NULL; i++)
		if (text.len == strlen(classes[i]) &&
		    memcmp(text.data, classes[i], text.len) == 0)
			return true;
	return false;
}

/* Star out of words, in their copy, all that repeats a piece of the secret. */
static void
star(const struct mailseal_item *secret, struct span words, unsigned char *copy)
{
	size_t piece = secret->len < PIECE_MIN ? secret->len : PIECE_MIN;

	for (size_t i = 0; i + piece <= words.len; i++)
		if (memmem(secret->bytes, secret->len, words.data + i, piece) !=
		    NULL)
			memset(copy + i, '*', piece);
}

void
outcome_hush(const struct mailseal_item *secret, char *words, size_t len)
{
	AUTO(secret) copy = NULL;

	if (secret->len < SECRET_MIN)
		return;
	copy = secret_copy(words, len);
	if (copy != NULL)
		star(secret, secret_span(copy), (unsigned char *)words);
	else
		memset(words, '*', len);
}

void
outcome_star(struct mailseal_ask *ask, const struct mailseal_item *secret)
{
	for (uint32_t i = 0; i < ask->count; i++) {
		const struct mailseal_field *field = &ask->field[i];

		if (strcmp(field->name, "detail") == 0)
			outcome_hush(secret, ask->pool + field->offset,
			    field->len);
	}
}

void
outcome_clean(const struct mailseal_call *call, struct span words,
    char clean[FAULT_DETAIL_MAX])
{
	unsigned char copy[FAULT_DETAIL_MAX];

	if (words.len > sizeof(copy))
		words.len = sizeof(copy);
	memcpy(copy, words.data, words.len);
	for (size_t i = 0; i < call->inputs.count; i++) {
		const struct mailseal_item *item = &call->inputs.item[i];

		if ((item->flags & MAILSEAL_SECRET) != 0 &&
		    item->len >= SECRET_MIN)
			star(item, words, copy);
	}
	(void)snprintf(clean, FAULT_DETAIL_MAX, "%s",
	    printable_bytes(copy, words.len));
	secret_wipe(copy, sizeof(copy));
}

/* The classes of what ends an exchange without a module's word. */
static const char *
class_of(int error)
{
	switch (error) {
	case MAILSEAL_E_TRUST:
	case MAILSEAL_E_ORIGIN:
	case MAILSEAL_E_MODULE:
	case MAILSEAL_E_CLIENT:
	case MAILSEAL_E_CONFIG:
	case MAILSEAL_E_UNSAFE:
		return "config";
	default:
		return "transient";
	}
}

void
outcome_put_fault(const struct http_fault *fault, struct line_writer *reply)
{
	line_put(reply, "class", class_of(fault->error));
	line_put(reply, "reason", mailseal_error_name(fault->error));
	line_put(reply, "detail", fault->detail);
}

static bool
is_twice(const struct mailseal_ask *ask, uint32_t i)
{
	for (uint32_t j = 0; j < i; j++)
		if (ask->field[j].where == MAILSEAL_IN_OUTCOME &&
		    strcmp(ask->field[j].name, ask->field[i].name) == 0)
			return true;
	return false;
}

/* The page with its query. */
static int
put_url(const struct mailseal_ask *ask, struct line_writer *reply)
{
	AUTO_FORM url = form_start(URL_ROOM);
	int error = request_write_url(ask, &url);

	if (error != MAILSEAL_OK)
		return MAILSEAL_E_MODULE;
	line_put_bytes(reply, "url", url.text->data, url.len);
	return MAILSEAL_OK;
}

static bool
is_address(const char *name)
{
	static const char *const names[] = { "authorization_endpoint",
		"token_endpoint", "jwks_uri", "revocation_endpoint",
		"device_endpoint" };

	for (size_t i = 0; i < sizeof(names) / sizeof(names[0]); i++)
		if (strcmp(name, names[i]) == 0)
			return true;
	return false;
}

/* The closed set: all that later exchanges of this grant may talk to. */
static int
put_origins(const struct mailseal_ask *ask, struct line_writer *reply)
{
	char origins[ORIGINS_ROOM] = "", origin[ORIGIN_MAX];
	char url[MAILSEAL_URL_MAX + 1];

	for (uint32_t i = 0; i < ask->count; i++) {
		struct span value = request_field(ask, i);

		if (ask->field[i].where != MAILSEAL_IN_OUTCOME ||
		    !is_address(ask->field[i].name))
			continue;
		if (value.len >= sizeof(url) ||
		    memchr(value.data, '\0', value.len) != NULL)
			return MAILSEAL_E_MODULE;
		memcpy(url, value.data, value.len);
		url[value.len] = '\0';
		if (origin_of(url, origin) != MAILSEAL_OK ||
		    !origin_add(origins, sizeof(origins), origin))
			return MAILSEAL_E_MODULE;
	}
	if (origins[0] != '\0')
		line_put(reply, "origins", origins);
	return MAILSEAL_OK;
}

/* One field of the outcome. */
static int
put_field(const struct mailseal_ask *ask, uint32_t i,
    const struct mailseal_call *call, struct line_writer *reply)
{
	const char *name = ask->field[i].name;
	struct span value = request_field(ask, i);
	char words[FAULT_DETAIL_MAX];

	if (is_twice(ask, i) || !line_is_key(name) ||
	    (strcmp(name, "class") == 0 && !is_class(value)))
		return MAILSEAL_E_MODULE;
	if (strcmp(name, "detail") == 0) {
		outcome_clean(call, value, words);
		line_put(reply, name, words);
	} else {
		line_put_bytes(reply, name, value.data, value.len);
	}
	return MAILSEAL_OK;
}

int
outcome_put(const struct mailseal_ask *ask, const struct mailseal_call *call,
    struct line_writer *reply)
{
	bool has_class = false;
	int error = MAILSEAL_OK;

	for (uint32_t i = 0; error == MAILSEAL_OK && i < ask->count; i++) {
		if (ask->field[i].where != MAILSEAL_IN_OUTCOME)
			continue;
		if (strcmp(ask->field[i].name, "class") == 0)
			has_class = true;
		error = put_field(ask, i, call, reply);
	}
	if (error == MAILSEAL_OK && !has_class)
		return MAILSEAL_E_MODULE;
	if (error == MAILSEAL_OK && ask->url[0] != '\0')
		error = put_url(ask, reply);
	if (error == MAILSEAL_OK && call->op == MAILSEAL_OP_AUTHORIZE)
		error = put_origins(ask, reply);
	return error;
}
