/* SPDX-License-Identifier: ISC */
/*
 * What a user would lose: a provider that speaks OAuth 2.0 and no more, and
 * the certainty that nobody is taken for known there who is not.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "tests/unit/called.h"

/* As of a file that says where the endpoints are. */
static void
set_endpoints(void)
{
	forget(&call.settings, "jwks_uri");
	forget(&call.settings, "issuer");
	add(&call.settings, "authorization_endpoint", "https://idp.test/page");
	add(&call.inputs, "state", "st");
	add(&call.inputs, "nonce", "n");
	add(&call.inputs, "challenge", "ch");
}

static void
a_provider_without_discovery_is_asked_nothing_before_the_sign_in(void **state)
{
	(void)state;
	set_endpoints();
	add(&call.settings, "device_endpoint", "https://dev.test/d");
	step(MAILSEAL_OP_AUTHORIZE);
	ends("ok", NULL);
	assert_string_equal(ask.url, "https://idp.test/page");
	is(MAILSEAL_IN_QUERY, "scope", "https://m.test/S"); /* no openid */
	is(MAILSEAL_IN_QUERY, "state", "st");
	is(MAILSEAL_IN_QUERY, "code_challenge", "ch");
	assert_null(module_field(&ask, MAILSEAL_IN_QUERY, "nonce"));
	is(MAILSEAL_IN_OUTCOME, "issuer", "https://idp.test");
	is(MAILSEAL_IN_OUTCOME, "authorization_endpoint",
	    "https://idp.test/page");
	is(MAILSEAL_IN_OUTCOME, "token_endpoint", "https://idp.test/token");
	is(MAILSEAL_IN_OUTCOME, "device_endpoint", "https://dev.test/d");
	is(MAILSEAL_IN_OUTCOME, "revocation_endpoint",
	    "https://idp.test/revoke");
	assert_null(module_field(&ask, MAILSEAL_IN_OUTCOME, "jwks_uri"));
}

static void
an_endpoint_in_clear_is_refused(void **state)
{
	static const char *const names[] = { "token_endpoint",
		"authorization_endpoint" };

	for (size_t i = 0; i < 2; i++) {
		(void)setup(state);
		set_endpoints();
		add(&call.settings, names[i], "http://idp.test/x");
		step(MAILSEAL_OP_AUTHORIZE);
		ends("config", names[i]);
		assert_string_equal(ask.url, "");
	}
	(void)setup(state);
	set_endpoints();
	forget(&call.settings, "authorization_endpoint");
	step(MAILSEAL_OP_AUTHORIZE);
	ends("config", "authorization_endpoint");
	add(&call.settings, "flow", "application"); /* it has no page */
	step(MAILSEAL_OP_AUTHORIZE);
	ends("ok", NULL);
	forget(&call.settings, "authority");
	step(MAILSEAL_OP_AUTHORIZE);
	ends("config", "authority");
}

/* The reply has an id_token all the same, and nobody says whose keys hold. */
static void
who_signed_in_is_unknown_where_nothing_says_so(void **state)
{
	static const struct mailseal_item reply[] = {
		ITEM("access_token", "AT"), ITEM("token_type", "Bearer"),
		ITEM("refresh_token", "RT2"), ITEM("id_token", "a.b.c")
	};

	for (size_t count = 3; count <= 4; count++) {
		(void)setup(state);
		add(&call.settings, "client_auth", "none");
		step_answered(MAILSEAL_OP_CODE, 200, reply, count);
		if (count == 3)
			ends("malformed", "no id_token");
		else
			assert_int_equal(ask.want, MAILSEAL_WANT_ID_TOKEN);
		forget(&call.settings, "jwks_uri");
		step_answered(MAILSEAL_OP_CODE, 200, reply, count);
		ends("ok", NULL);
		is(MAILSEAL_IN_OUTCOME, "id_match", "unknown");
		is(MAILSEAL_IN_OUTCOME, "refresh_token", "RT2");
		assert_null(module_field(&ask, MAILSEAL_IN_OUTCOME, "id_iss"));
		assert_null(module_field(&ask, MAILSEAL_IN_OUTCOME, "id_sub"));
		assert_null(module_field(&ask, MAILSEAL_IN_OUTCOME, "id_name"));
		step_answered(MAILSEAL_OP_CODE, 200, reply, 2);
		ends("config", NULL);
		is(MAILSEAL_IN_OUTCOME, "reason", "no_refresh_token");
	}
}

static void
a_device_code_is_asked_for_with_the_scope_that_is_set(void **state)
{
	(void)state;
	add(&call.settings, "client_auth", "none");
	add(&call.settings, "device_endpoint", "https://idp.test/device");
	step(MAILSEAL_OP_DEVICE_BEGIN);
	is(MAILSEAL_IN_FORM, "scope", "openid email https://m.test/S");
	forget(&call.settings, "jwks_uri");
	step(MAILSEAL_OP_DEVICE_BEGIN);
	is(MAILSEAL_IN_FORM, "scope", "https://m.test/S");
}

#define TEST(f) cmocka_unit_test_setup(f, setup)

int
main(void)
{
	const struct CMUnitTest tests[] = {
		TEST(
		    a_provider_without_discovery_is_asked_nothing_before_the_sign_in),
		TEST(an_endpoint_in_clear_is_refused),
		TEST(who_signed_in_is_unknown_where_nothing_says_so),
		TEST(a_device_code_is_asked_for_with_the_scope_that_is_set),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
