/* SPDX-License-Identifier: ISC */
/*
 * called: the module oidc, called with settings and inputs of a test, and what
 * it asks for then.
 */
#ifndef TESTS_UNIT_CALLED_H
#define TESTS_UNIT_CALLED_H

#include "tests/unit/module.h"

#define ITEM(name, text)                        \
	{                                       \
		name, text, sizeof(text) - 1, 0 \
	}
#define ROOM 16

static const struct mailseal_module *module;
static struct mailseal_ask ask;
static struct mailseal_item set[ROOM], in[ROOM];
static struct mailseal_call call;

static inline void
add(struct mailseal_items *items, const char *name, const char *text)
{
	struct mailseal_item *item = items == &call.settings ? set : in;

	for (size_t i = 0; i < ROOM; i++) {
		if (i < items->count && strcmp(item[i].name, name) != 0)
			continue;
		item[i] = (struct mailseal_item){ name, text, strlen(text), 0 };
		if (i == items->count)
			items->count++;
		return;
	}
	fail_msg("no room for %s", name);
}

static inline int
setup(void **state)
{
	(void)state;
	if (module == NULL)
		module = module_open("oidc");
	call = (struct mailseal_call){ .size = sizeof(call),
		.now = 1790000000,
		.settings = { set, 0 },
		.inputs = { in, 0 } };
	add(&call.settings, "authority", "https://idp.test");
	add(&call.settings, "client_id", "cid");
	add(&call.settings, "client_auth", "private_key_jwt");
	add(&call.settings, "scope", "https://m.test/S");
	add(&call.settings, "issuer", "https://idp.test");
	add(&call.settings, "token_endpoint", "https://idp.test/token");
	add(&call.settings, "jwks_uri", "https://idp.test/keys");
	add(&call.settings, "revocation_endpoint", "https://idp.test/revoke");
	add(&call.inputs, "jti", "j-1");
	add(&call.inputs, "refresh_token", "RT");
	return 0;
}

static inline void
forget(struct mailseal_items *items, const char *name)
{
	struct mailseal_item *item = items == &call.settings ? set : in;
	size_t kept = 0;

	for (size_t i = 0; i < items->count; i++)
		if (strcmp(item[i].name, name) != 0)
			item[kept++] = item[i];
	if (kept == items->count)
		fail_msg("there is no %s", name);
	items->count = kept;
}

static inline void
step(uint32_t op)
{
	call.op = op;
	memset(&ask, 0, sizeof(ask));
	ask.size = sizeof(ask);
	assert_int_equal(module->step(&call, &module_host, &ask), 0);
	assert_true(steps_is_sound(&ask));
}

/* The step after one whose JWT was signed. */
static inline void
step_signed(uint32_t op)
{
	static const struct mailseal_item jwt = { "jwt", "a.b.c", 5,
		MAILSEAL_SECRET };

	call.jwt = &jwt;
	call.step++;
	call.last = MAILSEAL_WANT_JWT;
	step(op);
}

/* The step after a reply. */
static inline void
step_answered(uint32_t op, int status, const struct mailseal_item *json,
    size_t count)
{
	call.step++;
	call.last = MAILSEAL_WANT_HTTP;
	call.status = status;
	call.body = count > 0 ? MAILSEAL_BODY_JSON : MAILSEAL_BODY_NONE;
	call.json = (struct mailseal_items){ json, count };
	step(op);
}

static inline void
is(uint32_t where, const char *name, const char *text)
{
	const char *found = module_field(&ask, where, name);

	if (found == NULL)
		fail_msg("there is no %s", name);
	assert_string_equal(found, text);
}

static inline void
ends(const char *class, const char *words)
{
	assert_int_equal(ask.want, MAILSEAL_WANT_DONE);
	is(MAILSEAL_IN_OUTCOME, "class", class);
	if (words != NULL &&
	    strstr(module_field(&ask, MAILSEAL_IN_OUTCOME, "detail"), words) ==
		NULL)
		fail_msg("%s is not in: %s", words,
		    module_field(&ask, MAILSEAL_IN_OUTCOME, "detail"));
}

#endif
