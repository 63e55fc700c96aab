/* SPDX-License-Identifier: ISC */
/*
 * What a user would lose: a sign-in without a refresh token, or one that ends
 * after seven days without a word.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "tests/unit/module.h"

#define ITEM(name, text)                        \
	{                                       \
		name, text, sizeof(text) - 1, 0 \
	}

static const struct mailseal_item settings[] = {
	ITEM("authority", "https://accounts.google.com"),
	ITEM("issuer", "https://accounts.google.com"), ITEM("client_id", "cid"),
	ITEM("client_auth", "post"),
	ITEM("scope", "openid email https://mail.google.com/"),
	ITEM("hd", "college.edu"),
	ITEM("token_endpoint", "https://oauth2.googleapis.com/token"),
	ITEM("prompt", "consent select_account")
};

static const struct mailseal_item inputs[] = {
	ITEM("login_hint", "a@college.edu"), ITEM("mailbox", "a@college.edu"),
	ITEM("code", "4/0A"), ITEM("client_secret", "s")
};

static const struct mailseal_module *module;
static struct mailseal_ask ask;

static void
step(struct mailseal_call *call, size_t settings_count)
{
	if (module == NULL)
		module = module_open("google");
	call->size = sizeof(*call);
	call->settings = (struct mailseal_items){ settings, settings_count };
	call->inputs = (struct mailseal_items){ inputs, 4 };
	memset(&ask, 0, sizeof(ask));
	ask.size = sizeof(ask);
	assert_int_equal(module->step(call, &module_host, &ask), 0);
	assert_true(steps_is_sound(&ask));
}

static void
is(uint32_t where, const char *name, const char *text)
{
	const char *found = module_field(&ask, where, name);

	if (found == NULL)
		fail_msg("there is no %s", name);
	assert_string_equal(found, text);
}

static void
discover(size_t settings_count)
{
	const struct mailseal_item json[] = {
		ITEM("issuer", "https://accounts.google.com"),
		ITEM("authorization_endpoint",
		    "https://accounts.google.com/o/oauth2/v2/auth"),
		ITEM("token_endpoint", "https://oauth2.googleapis.com/token"),
		ITEM("jwks_uri", "https://www.googleapis.com/oauth2/v3/certs")
	};
	struct mailseal_call call = { .op = MAILSEAL_OP_AUTHORIZE,
		.step = 1,
		.last = MAILSEAL_WANT_HTTP,
		.status = 200,
		.body = MAILSEAL_BODY_JSON,
		.json = { json, 4 } };

	step(&call, settings_count);
}

static void
offline_access_and_consent_are_asked_for(void **state)
{
	(void)state;
	discover(8);
	is(MAILSEAL_IN_OUTCOME, "class", "ok");
	is(MAILSEAL_IN_QUERY, "access_type", "offline");
	is(MAILSEAL_IN_QUERY, "prompt", "consent select_account");
	is(MAILSEAL_IN_QUERY, "hd", "college.edu");
	is(MAILSEAL_IN_QUERY, "login_hint", "a@college.edu");
	discover(7); /* without a prompt: a second sign-in would bring none */
	is(MAILSEAL_IN_QUERY, "prompt", "consent select_account");
}

/* Its key names it: a file without a client id must find the endpoints. */
static void
a_service_account_needs_no_client_id(void **state)
{
	static const struct mailseal_item own[] = {
		ITEM("authority", "https://accounts.google.com"),
		ITEM("flow", "application")
	};
	struct mailseal_call call = { .op = MAILSEAL_OP_AUTHORIZE };

	(void)state;
	for (size_t count = 1; count <= 2; count++) {
		call.settings = (struct mailseal_items){ own, count };
		memset(&ask, 0, sizeof(ask));
		ask.size = sizeof(ask);
		assert_int_equal(module->step(&call, &module_host, &ask), 0);
		assert_int_equal(ask.want,
		    count == 2 ? MAILSEAL_WANT_HTTP : MAILSEAL_WANT_DONE);
	}
}

/* A code that was traded: how many of these values the reply has. */
static void
trade(size_t count, uint32_t last, const char *ends_in)
{
	const struct mailseal_item json[] = { ITEM("access_token", "AT"),
		ITEM("token_type", "Bearer"), ITEM("id_token", "x.y.z"),
		ITEM("refresh_token", "1//0g"),
		{ "refresh_token_expires_in", ends_in, strlen(ends_in),
		    MAILSEAL_NUMBER } };
	const struct mailseal_item claims[] = { ITEM("sub", "1234"),
		ITEM("iss", "accounts.google.com"),
		ITEM("email", "a@college.edu"), ITEM("hd", "college.edu"),
		{ "email_verified", "true", 4, MAILSEAL_BOOL } };
	struct mailseal_call call = { .op = MAILSEAL_OP_CODE,
		.step = last == MAILSEAL_WANT_HTTP ? 1 : 2,
		.last = last,
		.status = 200,
		.body = MAILSEAL_BODY_JSON,
		.json = { json, count },
		.claims = { claims, 5 } };

	step(&call, 8);
}

static void
a_sign_in_without_a_refresh_token_says_what_was_missing(void **state)
{
	(void)state;
	trade(3, MAILSEAL_WANT_HTTP, "0");
	is(MAILSEAL_IN_OUTCOME, "reason", "no_refresh_token");
	assert_non_null(strstr(module_field(&ask, 0, "detail"),
	    "prompt = consent select_account"));
	trade(4, MAILSEAL_WANT_HTTP, "0");
	assert_int_equal(ask.want, MAILSEAL_WANT_ID_TOKEN);
}

static void
a_sign_in_that_ends_says_when_and_why(void **state)
{
	(void)state;
	trade(5, MAILSEAL_WANT_ID_TOKEN, "604799");
	is(MAILSEAL_IN_OUTCOME, "class", "ok");
	assert_non_null(strstr(module_field(&ask, 0, "warning"),
	    "ends in 7 days: the app is in publishing status Testing"));
	trade(5, MAILSEAL_WANT_ID_TOKEN, "2592000");
	assert_non_null(
	    strstr(module_field(&ask, 0, "warning"), "ends in 30 days, as"));
	trade(4, MAILSEAL_WANT_ID_TOKEN, "0");
	assert_null(module_field(&ask, 0, "warning"));
}

/* Else the same person would be another one after the next sign-in. */
static void
both_spellings_of_the_issuer_are_one(void **state)
{
	(void)state;
	trade(4, MAILSEAL_WANT_ID_TOKEN, "0");
	is(MAILSEAL_IN_OUTCOME, "id_iss", "https://accounts.google.com");
	is(MAILSEAL_IN_OUTCOME, "id_sub", "1234");
	is(MAILSEAL_IN_OUTCOME, "id_match", "same");
}

/* A grant of this age that died without a word. */
static void
die(const char *enrolled_at)
{
	const struct mailseal_item json[] = { ITEM("error", "invalid_grant") };
	const struct mailseal_item age[] = { { "enrolled_at", enrolled_at,
	    strlen(enrolled_at), 0 } };
	struct mailseal_call call = { .size = sizeof(call),
		.op = MAILSEAL_OP_REFRESH,
		.step = 1,
		.last = MAILSEAL_WANT_HTTP,
		.now = 1700000000,
		.settings = { settings, 8 },
		.inputs = { age, 1 },
		.status = 400,
		.body = MAILSEAL_BODY_JSON,
		.json = { json, 1 } };

	memset(&ask, 0, sizeof(ask));
	ask.size = sizeof(ask);
	assert_int_equal(module->step(&call, &module_host, &ask), 0);
	is(MAILSEAL_IN_OUTCOME, "class", "reauth");
}

static void
a_death_on_the_seventh_day_is_explained(void **state)
{
	(void)state;
	discover(8);
	die("1699395000"); /* seven days and 200 s before */
	assert_non_null(strstr(module_field(&ask, 0, "detail"), "Testing"));
	is(MAILSEAL_IN_OUTCOME, "actor", "owner");
	die("1699800000");
	is(MAILSEAL_IN_OUTCOME, "detail", "invalid_grant");
	die("1690000000");
	is(MAILSEAL_IN_OUTCOME, "actor", "person");
}

/* Ask for a mailbox as a service account, with so many of these inputs. */
static void
ask_delegated(size_t count, const char *scope)
{
	const struct mailseal_item key[] = { ITEM("mailbox", "a@college.edu"),
		ITEM("client_key", "PEM"), ITEM("key_id", "k1"),
		ITEM("service_account", "m@p.iam.test") };
	const struct mailseal_item own[] = { settings[6],
		{ "scope", scope, strlen(scope), 0 } };
	struct mailseal_call call = { .size = sizeof(call),
		.op = MAILSEAL_OP_JWT_BEARER,
		.now = 1790000000,
		.settings = { own, 2 },
		.inputs = { key, count } };

	memset(&ask, 0, sizeof(ask));
	ask.size = sizeof(ask);
	assert_int_equal(module->step(&call, &module_host, &ask), 0);
	assert_true(steps_is_sound(&ask));
}

static void
a_service_account_asks_for_one_mailbox_and_mail_only(void **state)
{
	(void)state;
	discover(8);
	ask_delegated(4, "openid email https://mail.google.com/");
	assert_int_equal(ask.want, MAILSEAL_WANT_JWT);
	is(MAILSEAL_IN_OUTCOME, "alg", "RS256");
	is(MAILSEAL_IN_JWT_HEADER, "kid", "k1");
	is(MAILSEAL_IN_JWT_CLAIM, "iss", "m@p.iam.test");
	is(MAILSEAL_IN_JWT_CLAIM, "sub", "a@college.edu");
	is(MAILSEAL_IN_JWT_CLAIM, "scope", "https://mail.google.com/");
	is(MAILSEAL_IN_JWT_CLAIM, "aud", "https://oauth2.googleapis.com/token");
	is(MAILSEAL_IN_JWT_NUMBER, "exp", "1790003600");
	ask_delegated(4, "a openid b");
	is(MAILSEAL_IN_JWT_CLAIM, "scope", "a b");
	ask_delegated(4, "");
	is(MAILSEAL_IN_JWT_CLAIM, "scope", "https://mail.google.com/");
	ask_delegated(3, "");
	is(MAILSEAL_IN_OUTCOME, "detail",
	    "there is no key of a service account");
	ask_delegated(1, "");
	is(MAILSEAL_IN_OUTCOME, "class", "config");
}

/* What becomes of a reply to it. */
static void
answer_delegated(int status, const struct mailseal_item *json, size_t count)
{
	static const struct mailseal_item jwt = { "jwt", "a.b.c", 5,
		MAILSEAL_SECRET };
	struct mailseal_call call = { .op = MAILSEAL_OP_JWT_BEARER,
		.step = status == 0 ? 1 : 2,
		.last = status == 0 ? MAILSEAL_WANT_JWT : MAILSEAL_WANT_HTTP,
		.status = status,
		.body = MAILSEAL_BODY_JSON,
		.json = { json, count },
		.jwt = &jwt };

	step(&call, 8);
}

static void
a_delegation_that_is_missing_is_told_from_a_key_that_is_refused(void **state)
{
	const struct mailseal_item token[] = { ITEM("access_token", "AT"),
		ITEM("token_type", "Bearer") };
	const struct mailseal_item missing[] = { ITEM("error",
	    "unauthorized_client") };
	const struct mailseal_item refused[] = { ITEM("error", "invalid_grant"),
		ITEM("error_description", "Invalid JWT Signature.") };

	(void)state;
	answer_delegated(0, NULL, 0);
	assert_string_equal(ask.url, "https://oauth2.googleapis.com/token");
	is(MAILSEAL_IN_FORM, "grant_type",
	    "urn:ietf:params:oauth:grant-type:jwt-bearer");
	is(MAILSEAL_IN_FORM, "assertion", "a.b.c");
	assert_null(module_field(&ask, MAILSEAL_IN_FORM, "client_secret"));
	answer_delegated(200, token, 2);
	is(MAILSEAL_IN_OUTCOME, "class", "ok");
	is(MAILSEAL_IN_OUTCOME, "access_token", "AT");
	answer_delegated(401, missing, 1);
	is(MAILSEAL_IN_OUTCOME, "class", "admin");
	answer_delegated(400, refused, 2);
	is(MAILSEAL_IN_OUTCOME, "class", "config");
	is(MAILSEAL_IN_OUTCOME, "reason", "client_refused");
	is(MAILSEAL_IN_OUTCOME, "actor", "owner");
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(offline_access_and_consent_are_asked_for),
		cmocka_unit_test(a_service_account_needs_no_client_id),
		cmocka_unit_test(
		    a_sign_in_without_a_refresh_token_says_what_was_missing),
		cmocka_unit_test(a_sign_in_that_ends_says_when_and_why),
		cmocka_unit_test(a_death_on_the_seventh_day_is_explained),
		cmocka_unit_test(both_spellings_of_the_issuer_are_one),
		cmocka_unit_test(
		    a_service_account_asks_for_one_mailbox_and_mail_only),
		cmocka_unit_test(
		    a_delegation_that_is_missing_is_told_from_a_key_that_is_refused),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
