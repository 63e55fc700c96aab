/* SPDX-License-Identifier: ISC */
/*
 * What a user would lose: a sign-in by a code that works, and one that nobody
 * can trick him or his terminal with.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "tests/unit/module.h"

#define LOGIN "https://login.microsoftonline.com"
#define TENANT "aaaaaaaa-bbbb-cccc-dddd-eeeeeeeeeeee"
#define SEND "https://outlook.office.com/SMTP.Send"

#define ITEM(name, text)                        \
	{                                       \
		name, text, sizeof(text) - 1, 0 \
	}
#define NUMBER(name, text)                                    \
	{                                                     \
		name, text, sizeof(text) - 1, MAILSEAL_NUMBER \
	}

static const struct mailseal_item settings[] = { ITEM("authority", LOGIN),
	ITEM("tenant", TENANT), ITEM("client_id", "cid"),
	ITEM("scope", "openid offline_access " SEND),
	ITEM("issuer", LOGIN "/" TENANT "/v2.0"),
	ITEM("token_endpoint", LOGIN "/token"),
	ITEM("device_endpoint", LOGIN "/devicecode"),
	ITEM("jwks_uri", LOGIN "/keys"), ITEM("client_auth", "post") };
#define SETTINGS (sizeof(settings) / sizeof(settings[0]))

static const struct mailseal_item inputs[] = { ITEM("mailbox", "a@b.edu"),
	{ "device_code", "DC-1", 4, MAILSEAL_SECRET },
	{ "client_secret", "s&1", 3, MAILSEAL_SECRET } };

static struct mailseal_ask ask;

/* A step of a module; without client_auth where the client is public. */
static void
step(const char *module, bool public, struct mailseal_call *call)
{
	call->size = sizeof(*call);
	call->settings = (struct mailseal_items){ settings,
		SETTINGS - (public ? 1 : 0) };
	call->inputs = (struct mailseal_items){ inputs, 3 };
	memset(&ask, 0, sizeof(ask));
	ask.size = sizeof(ask);
	assert_int_equal(module_open(module)->step(call, &module_host, &ask),
	    0);
	assert_true(steps_is_sound(&ask));
}

/* What becomes of a reply with these values. */
static void
read_reply(uint32_t op, int status, const struct mailseal_item *json,
    size_t count)
{
	struct mailseal_call call = { .op = op,
		.step = 1,
		.last = MAILSEAL_WANT_HTTP,
		.status = status,
		.body = MAILSEAL_BODY_JSON,
		.json = { json, count } };

	step("microsoft", true, &call);
}

static const char *
outcome(const char *name)
{
	return module_field(&ask, MAILSEAL_IN_OUTCOME, name);
}

static void
ends(const char *class, const char *reason)
{
	assert_int_equal(ask.want, MAILSEAL_WANT_DONE);
	assert_string_equal(outcome("class"), class);
	assert_string_equal(outcome("reason"), reason);
}

static void
a_code_is_asked_for_with_the_scopes_of_the_page(void **state)
{
	struct mailseal_call call = { .op = MAILSEAL_OP_DEVICE_BEGIN };

	(void)state;
	step("microsoft", true, &call);
	assert_int_equal(ask.want, MAILSEAL_WANT_HTTP);
	assert_string_equal(ask.url, LOGIN "/devicecode");
	assert_string_equal(module_field(&ask, MAILSEAL_IN_FORM, "client_id"),
	    "cid");
	assert_string_equal(module_field(&ask, MAILSEAL_IN_FORM, "scope"),
	    "email openid offline_access " SEND);
	assert_null(module_field(&ask, MAILSEAL_IN_FORM, "client_secret"));
	assert_null(module_field(&ask, MAILSEAL_IN_FORM, "device_code"));

	/* A registration that has a secret shows it, as at the token's. */
	step("oidc", false, &call);
	assert_string_equal(module_field(&ask, MAILSEAL_IN_FORM,
				"client_secret"),
	    "s&1");
}

static void
a_code_comes_with_all_that_a_person_needs(void **state)
{
	const struct mailseal_item json[] = { ITEM("device_code", "DC"),
		ITEM("user_code", "AB-CD"),
		ITEM("verification_uri", "https://a/"),
		NUMBER("expires_in", "600"), ITEM("interval", "7"),
		ITEM("verification_uri_complete", "https://a/?c=AB-CD"),
		ITEM("message", "Go there.") };
	const struct mailseal_item odd[] = { json[0], json[1], json[2], json[3],
		ITEM("verification_uri_complete", "http://a/?c=AB-CD") };

	(void)state;
	read_reply(MAILSEAL_OP_DEVICE_BEGIN, 200, json, 7);
	assert_string_equal(outcome("class"), "ok");
	assert_string_equal(outcome("device_code"), "DC");
	assert_string_equal(outcome("user_code"), "AB-CD");
	assert_string_equal(outcome("verification_uri"), "https://a/");
	assert_string_equal(outcome("verification_uri_complete"),
	    "https://a/?c=AB-CD");
	assert_string_equal(outcome("expires_in"), "600");
	assert_string_equal(outcome("interval"), "7");
	assert_string_equal(outcome("message"), "Go there.");
	for (uint32_t i = 0; i < ask.count; i++)
		assert_int_equal(ask.field[i].secret,
		    strcmp(ask.field[i].name, "device_code") == 0);

	/* What is not needed is no reason to fail, and is not shown. */
	read_reply(MAILSEAL_OP_DEVICE_BEGIN, 200, odd, 5);
	assert_string_equal(outcome("class"), "ok");
	assert_null(outcome("verification_uri_complete"));
	assert_string_equal(outcome("interval"), "5");

	read_reply(MAILSEAL_OP_DEVICE_BEGIN, 200, json, 3);
	ends("malformed", "malformed"); /* no end */
}

static void
a_provider_that_gives_no_code_says_why(void **state)
{
	const struct mailseal_item json[] = { ITEM("error", "invalid_client"),
		ITEM("error_description", "AADSTS7000218: ..."),
		NUMBER("error_codes.0", "7000218") };

	(void)state;
	read_reply(MAILSEAL_OP_DEVICE_BEGIN, 401, json, 3);
	ends("config", "registration");
	assert_non_null(strstr(outcome("detail"), "wants a client secret"));
	read_reply(MAILSEAL_OP_DEVICE_BEGIN, 503, NULL, 0);
	ends("transient", "provider_down");
	read_reply(MAILSEAL_OP_DEVICE_BEGIN, 400, NULL, 0);
	ends("malformed", "malformed");
}

static void
a_poll_shows_the_device_code_and_no_other(void **state)
{
	struct mailseal_call call = { .op = MAILSEAL_OP_DEVICE_POLL };

	(void)state;
	step("microsoft", true, &call);
	assert_string_equal(ask.url, LOGIN "/token");
	assert_string_equal(module_field(&ask, MAILSEAL_IN_FORM, "grant_type"),
	    "urn:ietf:params:oauth:grant-type:device_code");
	assert_string_equal(module_field(&ask, MAILSEAL_IN_FORM, "device_code"),
	    "DC-1");
	assert_string_equal(module_field(&ask, MAILSEAL_IN_FORM, "client_id"),
	    "cid");
	assert_null(module_field(&ask, MAILSEAL_IN_FORM, "redirect_uri"));
}

static void
poll_error(const char *error)
{
	const struct mailseal_item json = { "error", error, strlen(error), 0 };

	read_reply(MAILSEAL_OP_DEVICE_POLL, 400, &json, 1);
}

static void
each_end_of_the_wait_has_a_class_of_its_own(void **state)
{
	const struct mailseal_item blocked[] = { ITEM("error", "access_denied"),
		NUMBER("error_codes.0", "53003") };

	(void)state;
	poll_error("authorization_pending");
	ends("pending", "pending");
	poll_error("slow_down");
	ends("slow_down", "throttled");
	poll_error("access_denied");
	ends("denied", "consent_denied");
	poll_error("authorization_declined");
	ends("denied", "consent_denied");
	poll_error("expired_token");
	ends("expired", "enrolment_over");
	poll_error("bad_verification_code");
	ends("config", "registration");
	poll_error("temporarily_unavailable");
	ends("pending", "provider_down");
	read_reply(MAILSEAL_OP_DEVICE_POLL, 502, NULL, 0);
	ends("pending", "provider_down");
	read_reply(MAILSEAL_OP_DEVICE_POLL, 429, NULL, 0);
	ends("throttled", "throttled");
	read_reply(MAILSEAL_OP_DEVICE_POLL, 400, blocked, 2);
	ends("admin", "provider_admin");
	assert_string_equal(outcome("actor"), "tenant_admin");
}

static void
who_signed_in_is_asked_for_without_a_nonce(void **state)
{
	const struct mailseal_item json[] = { ITEM("access_token", "AT"),
		ITEM("token_type", "Bearer"), ITEM("refresh_token", "RT"),
		ITEM("id_token", "I.D.T"), ITEM("scope", SEND) };

	(void)state;
	read_reply(MAILSEAL_OP_DEVICE_POLL, 200, json, 5);
	assert_int_equal(ask.want, MAILSEAL_WANT_ID_TOKEN);
	assert_string_equal(outcome("id_token"), "I.D.T");
	assert_string_equal(outcome("audience"), "cid");
	assert_null(outcome("nonce"));
	read_reply(MAILSEAL_OP_DEVICE_POLL, 200, json, 3);
	ends("malformed", "id_token");
}

static void
google_refuses_in_words_that_say_what_works(void **state)
{
	struct mailseal_call call = { .op = MAILSEAL_OP_DEVICE_BEGIN };

	(void)state;
	step("google", true, &call);
	ends("config", "other_kind");
	assert_non_null(strstr(outcome("detail"), "without --device"));
}

static void
codes_of_another_cloud_are_not_asked_for(void **state)
{
	struct mailseal_item json[] = { ITEM("issuer",
					    LOGIN "/" TENANT "/v2.0"),
		ITEM("authorization_endpoint", LOGIN "/authorize"),
		ITEM("token_endpoint", LOGIN "/token"),
		ITEM("jwks_uri", LOGIN "/keys"),
		ITEM("device_authorization_endpoint",
		    "https://login.example/devicecode") };

	(void)state;
	read_reply(MAILSEAL_OP_AUTHORIZE, 200, json, 5);
	ends("config", "registration");
	json[4] = (struct mailseal_item)ITEM("device_authorization_endpoint",
	    LOGIN "/devicecode");
	read_reply(MAILSEAL_OP_AUTHORIZE, 200, json, 5);
	assert_string_equal(outcome("class"), "ok");
	assert_string_equal(outcome("device_endpoint"), LOGIN "/devicecode");
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(
		    a_code_is_asked_for_with_the_scopes_of_the_page),
		cmocka_unit_test(a_code_comes_with_all_that_a_person_needs),
		cmocka_unit_test(a_provider_that_gives_no_code_says_why),
		cmocka_unit_test(a_poll_shows_the_device_code_and_no_other),
		cmocka_unit_test(each_end_of_the_wait_has_a_class_of_its_own),
		cmocka_unit_test(who_signed_in_is_asked_for_without_a_nonce),
		cmocka_unit_test(google_refuses_in_words_that_say_what_works),
		cmocka_unit_test(codes_of_another_cloud_are_not_asked_for),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
