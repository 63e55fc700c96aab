/* SPDX-License-Identifier: ISC */
/*
 * Replies of token endpoints through each module: whatever comes, it ends with
 * one sound outcome, keeps no token of what it refuses, never ends a grant for
 * a 5xx, and hands on no token that a mail server could take for two lines.
 */
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include "broker/courier/json.h"
#include "broker/secret.h"
#include "proto/error.h"
#include "tests/unit/module.h"

#define MODULES 3

int LLVMFuzzerInitialize(int *argc, char ***argv);
int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static const struct mailseal_module *modules[MODULES];

#define ITEM(name, text)                        \
	{                                       \
		name, text, sizeof(text) - 1, 0 \
	}

static const struct mailseal_item settings[] = {
	ITEM("authority", "https://a.test"), ITEM("client_id", "c"),
	ITEM("tenant", "aaaaaaaa-bbbb-cccc-dddd-eeeeeeeeeeee"),
	ITEM("issuer", "https://a.test"), ITEM("jwks_uri", "https://a.test/k"),
	ITEM("scope", "openid https://m.test/S"), ITEM("hd", "b.test")
};

static const struct mailseal_item inputs[] = { ITEM("mailbox", "a@b.test"),
	ITEM("nonce", "n"), ITEM("redirect_uri", "http://localhost/cb") };

int
LLVMFuzzerInitialize(int *argc, char ***argv)
{
	static const char *const names[MODULES] = { "microsoft", "google",
		"oidc" };

	(void)argc;
	(void)argv;
	for (size_t i = 0; i < MODULES; i++)
		modules[i] = module_open(names[i]);
	return secret_arena_open(1 << 20);
}

static void
insist(bool holds)
{
	if (!holds)
		abort();
}

static bool
has(const struct mailseal_ask *ask, const char *name)
{
	return module_field(ask, MAILSEAL_IN_OUTCOME, name) != NULL;
}

/* Every token is one word of visible octets. */
static void
check_tokens(const struct mailseal_ask *ask)
{
	for (uint32_t i = 0; i < ask->count; i++) {
		const struct mailseal_field *field = &ask->field[i];

		if (strstr(field->name, "_token") == NULL)
			continue;
		insist(field->len > 0 && field->len <= MAILSEAL_TOKEN_MAX);
		insist(field->secret == 1);
		for (uint32_t j = 0; j < field->len; j++) {
			char c = ask->pool[field->offset + j];

			insist(c > 0x20 && c < 0x7f);
		}
	}
}

/* What is shown to a person is visible, and a page of https. */
static void
check_code(const struct mailseal_ask *ask)
{
	static const char *const names[] = { "user_code", "verification_uri",
		"verification_uri_complete" };

	insist(has(ask, "device_code") && has(ask, "interval"));
	insist(has(ask, "expires_in") && has(ask, names[0]));
	insist(has(ask, names[1]));
	for (size_t i = 0; i < sizeof(names) / sizeof(names[0]); i++) {
		const char *text = module_field(ask, MAILSEAL_IN_OUTCOME,
		    names[i]);

		insist(text == NULL || i == 0 ||
		    strncmp(text, "https://", 8) == 0);
		for (; text != NULL && *text != '\0'; text++)
			insist(*text > 0x20 && *text < 0x7f);
	}
}

static void
check(const struct mailseal_call *call, const struct mailseal_ask *ask)
{
	const char *class;

	insist(steps_is_sound(ask));
	if (ask->want == MAILSEAL_WANT_ID_TOKEN) {
		insist(call->op == MAILSEAL_OP_CODE ||
		    call->op == MAILSEAL_OP_DEVICE_POLL);
		insist(call->status == 200);
		return;
	}
	insist(ask->want == MAILSEAL_WANT_DONE);
	class = module_field(ask, MAILSEAL_IN_OUTCOME, "class");
	insist(class != NULL);
	if (strcmp(class, "ok") == 0 && call->op == MAILSEAL_OP_DEVICE_BEGIN) {
		insist(call->status == 200);
		check_code(ask);
		return;
	}
	if (strcmp(class, "ok") == 0) {
		insist(call->status == 200 && has(ask, "access_token"));
		insist(has(ask, "expires_in"));
		if (call->op != MAILSEAL_OP_AUTHORIZE)
			check_tokens(ask);
		insist(!has(ask, "refresh_token") ||
		    call->op == MAILSEAL_OP_CODE ||
		    call->op == MAILSEAL_OP_REFRESH);
		return;
	}
	insist(has(ask, "reason") && has(ask, "detail"));
	insist(mailseal_error_by_name(module_field(ask, MAILSEAL_IN_OUTCOME,
		   "reason")) != MAILSEAL_E_INTERNAL);
	insist(!has(ask, "access_token") && !has(ask, "refresh_token"));
	if (call->status >= 500)
		insist(strcmp(class,
			   call->op == MAILSEAL_OP_DEVICE_POLL ?
			       "pending" :
			       "transient") == 0);
}

/* What came last: of the bytes, or of the id_token whose claims they are. */
static void
step(const struct mailseal_module *module, struct mailseal_call *call)
{
	static struct mailseal_ask ask;

	memset(&ask, 0, sizeof(ask));
	ask.size = sizeof(ask);
	insist(module->step(call, &module_host, &ask) == 0);
	check(call, &ask);
}

/* Bodies that are begun and ended, so that the middle is soon reached. */
static const char *const frames[][2] = {
	{ "", "" },
	{ "{\"access_token\":\"AT\",\"token_type\":\"Bearer\","
	  "\"id_token\":\"I\",\"refresh_token\":\"",
	    "\"}" },
	{ "{\"token_type\":\"Bearer\",\"access_token\":\"", "\"}" },
	{ "{\"error\":\"invalid_grant\",\"error_codes\":[", "]}" },
	{ "{\"device_code\":\"D\",\"user_code\":\"U\",\"expires_in\":900,"
	  "\"verification_uri\":\"https://",
	    "\"}" },
};

/* A frame with the bytes in it; the length. */
static size_t
frame(unsigned which, const uint8_t *data, size_t size, uint8_t *body)
{
	size_t head = strlen(frames[which][0]), tail = strlen(frames[which][1]);

	memcpy(body, frames[which][0], head);
	memcpy(body + head, data, size);
	memcpy(body + head + size, frames[which][1], tail);
	return head + size + tail;
}

/* Bodies that never were one, and what rests them. */
static const struct mailseal_item headers[][2] = {
	{ ITEM("retry-after", "120"), ITEM("x", "y") },
	{ ITEM("retry-after", "Wed, 23 Sep 2026 10:00:00 GMT"),
	    ITEM("date", "Wed, 23 Sep 2026 09:59:00 GMT") },
	{ ITEM("retry-after", "0"), ITEM("date", "yesterday") },
	{ ITEM("retry-after", "99999999"), ITEM("date", "") },
	{ ITEM("retry-after", "Wed, 23 Sep 2026 10:00:00 GMT or so"),
	    ITEM("date", "") },
	{ ITEM("retry-after", ""), ITEM("date", "") },
};
#define HEADERS (sizeof(headers) / sizeof(headers[0]))

static const uint32_t ops[] = { MAILSEAL_OP_REFRESH, MAILSEAL_OP_CODE };
static const uint32_t device_ops[] = { MAILSEAL_OP_DEVICE_POLL,
	MAILSEAL_OP_DEVICE_BEGIN };

static void
set_body(struct mailseal_call *call, unsigned which, struct span bytes,
    struct json **json)
{
	static const uint32_t kinds[] = { MAILSEAL_BODY_NONE,
		MAILSEAL_BODY_TOOLONG, MAILSEAL_BODY_CUT,
		MAILSEAL_BODY_ENCODED };

	if (which >= 12) {
		call->body = kinds[which - 12];
		return;
	}
	call->body = MAILSEAL_BODY_OTHER;
	if (json_parse(bytes, MAILSEAL_ITEMS_MAX, json) == MAILSEAL_OK) {
		call->body = MAILSEAL_BODY_JSON;
		call->json = json_items(*json);
	}
}

/* The operation of one that needs no person. */
static uint32_t
op_of_application(const struct mailseal_module *module)
{
	return (module->operations & MAILSEAL_OP_JWT_BEARER) != 0 ?
	    MAILSEAL_OP_JWT_BEARER :
	    MAILSEAL_OP_CLIENT_CREDENTIALS;
}

/* The operation; google's device_begin refuses whatever comes. */
static uint32_t
op_of(const struct mailseal_module *module, unsigned kind, unsigned which)
{
	if ((kind & 16) != 0)
		return op_of_application(module);
	if ((kind & 32) != 0 &&
	    (module->operations & MAILSEAL_OP_DEVICE_POLL) != 0)
		return device_ops[which % 2];
	return ops[which % 2];
}

/*
 * Three octets choose status and kind of body, operation, module and frame,
 * headers and settings; the rest is the body, or the middle of it.
 */
int
LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	static const int statuses[] = { 200, 200, 200, 400, 400, 401, 403, 429,
		500, 503, 302, 404, 408, 201, 204, 0 };
	struct mailseal_call call = { .size = sizeof(call),
		.step = 1,
		.last = MAILSEAL_WANT_HTTP,
		.now = 1790000000,
		.settings = { settings, 7 },
		.inputs = { inputs, 3 } };
	static uint8_t body[MAILSEAL_BODY_MAX + 1024];
	const struct mailseal_module *module;
	AUTO(json) json = NULL;
	size_t len;

	if (size < 3 || size > MAILSEAL_BODY_MAX)
		return 0;
	module = modules[data[1] / 2 % MODULES];
	call.status = statuses[data[0] % 16];
	call.op = op_of(module, data[2], data[1]);
	len = frame(call.op == MAILSEAL_OP_DEVICE_BEGIN && data[1] >= 128 ?
		4 :
		data[1] >> 6,
	    data + 3, size - 3, body);
	if (data[2] % 8 < HEADERS)
		call.headers = (struct mailseal_items){ headers[data[2] % 8],
			2 };
	if ((data[2] & 8) != 0)
		call.settings.count = 5; /* no scope is set */
	set_body(&call, data[0] >> 4, (struct span){ body, len }, &json);
	step(module, &call);
	return 0;
}
