/* SPDX-License-Identifier: ISC */
/*
 * What a user would lose: a registration without a shared secret, an
 * application that needs no person, and a token that goes on opening a mailbox
 * that was given up.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "tests/unit/called.h"

static const struct mailseal_item token[] = { ITEM("access_token", "AT"),
	ITEM("token_type", "Bearer"), ITEM("refresh_token", "RT2") };

static void
a_client_with_a_key_signs_first_whatever_it_asks(void **state)
{
	static const uint32_t ops[] = { MAILSEAL_OP_CODE, MAILSEAL_OP_REFRESH,
		MAILSEAL_OP_CLIENT_CREDENTIALS, MAILSEAL_OP_REVOKE };

	for (size_t i = 0; i < sizeof(ops) / sizeof(ops[0]); i++) {
		(void)setup(state);
		add(&call.inputs, "client_key", "PEM");
		add(&call.inputs, "key_id", "k1");
		step(ops[i]);
		assert_int_equal(ask.want, MAILSEAL_WANT_JWT);
		is(MAILSEAL_IN_OUTCOME, "alg", "PS256");
		is(MAILSEAL_IN_OUTCOME, "key", "client_key");
		is(MAILSEAL_IN_JWT_HEADER, "kid", "k1");
		is(MAILSEAL_IN_JWT_CLAIM, "aud", "https://idp.test");
		is(MAILSEAL_IN_JWT_NUMBER, "exp", "1790000300");
		step_signed(ops[i]);
		assert_int_equal(ask.want, MAILSEAL_WANT_HTTP);
		is(MAILSEAL_IN_FORM, "client_id", "cid");
		is(MAILSEAL_IN_FORM, "client_assertion", "a.b.c");
		is(MAILSEAL_IN_FORM, "client_assertion_type",
		    "urn:ietf:params:oauth:client-assertion-type:jwt-bearer");
		assert_null(module_field(&ask, MAILSEAL_IN_FORM, "client_key"));
	}
	(void)setup(state);
	forget(&call.settings, "token_endpoint"); /* it is asked for */
	step(MAILSEAL_OP_AUTHORIZE);		  /* needs no proof */
	assert_int_equal(ask.want, MAILSEAL_WANT_HTTP);
}

static void
what_the_signature_lacks_is_told_before_anything_is_sent(void **state)
{
	(void)state;
	step(MAILSEAL_OP_REFRESH);
	ends("config", "no key of the client");
	add(&call.inputs, "client_key", "PEM");
	add(&call.settings, "client_alg", "HS256");
	step(MAILSEAL_OP_REFRESH);
	ends("config", "client_alg");
	add(&call.settings, "client_alg", "RS256");
	step(MAILSEAL_OP_REFRESH);
	is(MAILSEAL_IN_OUTCOME, "alg", "RS256");
	add(&call.settings, "client_id", "");
	step(MAILSEAL_OP_REFRESH);
	ends("config", "client_id");
}

/* While one kind of credential follows the other. */
static void
what_is_at_hand_is_shown_in_its_own_way(void **state)
{
	add(&call.inputs, "client_secret", "s");
	step(MAILSEAL_OP_REFRESH);
	assert_int_equal(ask.want, MAILSEAL_WANT_HTTP);
	is(MAILSEAL_IN_FORM, "client_secret", "s");
	(void)setup(state);
	add(&call.settings, "client_auth", "basic");
	add(&call.inputs, "client_key", "PEM");
	step(MAILSEAL_OP_REFRESH);
	assert_int_equal(ask.want, MAILSEAL_WANT_JWT);
	add(&call.settings, "client_auth", "none"); /* a public client */
	step(MAILSEAL_OP_REFRESH);
	assert_int_equal(ask.want, MAILSEAL_WANT_HTTP);
}

static void
an_application_gets_a_token_without_a_person(void **state)
{
	static const struct mailseal_item refused[] = { ITEM("error",
	    "invalid_client") };

	(void)state;
	add(&call.settings, "client_auth", "none");
	step(MAILSEAL_OP_CLIENT_CREDENTIALS);
	ends("config", "client_auth is none");
	add(&call.settings, "client_auth", "post");
	add(&call.inputs, "client_secret", "s");
	step(MAILSEAL_OP_CLIENT_CREDENTIALS);
	assert_string_equal(ask.url, "https://idp.test/token");
	is(MAILSEAL_IN_FORM, "grant_type", "client_credentials");
	is(MAILSEAL_IN_FORM, "scope", "https://m.test/S");
	is(MAILSEAL_IN_FORM, "client_secret", "s");
	assert_null(module_field(&ask, MAILSEAL_IN_FORM, "refresh_token"));
	step_answered(MAILSEAL_OP_CLIENT_CREDENTIALS, 200, token, 3);
	ends("ok", NULL);
	is(MAILSEAL_IN_OUTCOME, "access_token", "AT");
	assert_null(module_field(&ask, 0, "refresh_token"));
	step_answered(MAILSEAL_OP_CLIENT_CREDENTIALS, 401, refused, 1);
	ends("config", "invalid_client");
	is(MAILSEAL_IN_OUTCOME, "reason", "client_refused");
}

/* What discovery comes to in this flow, with a page for persons or without. */
static void
discover(const char *flow, bool has_page)
{
	static const struct mailseal_item json[] = { ITEM("issuer",
							 "https://idp.test"),
		ITEM("token_endpoint", "https://idp.test/token"),
		ITEM("jwks_uri", "https://idp.test/keys"),
		ITEM("authorization_endpoint", "https://idp.test/page") };

	forget(&call.settings, "token_endpoint");
	add(&call.settings, "flow", flow);
	add(&call.inputs, "state", "st");
	step_answered(MAILSEAL_OP_AUTHORIZE, 200, json, has_page ? 4 : 3);
}

static void
without_a_person_only_the_endpoints_are_found(void **state)
{
	for (int i = 0; i < 2; i++) {
		(void)setup(state);
		discover("application", i == 1);
		ends("ok", NULL);
		is(MAILSEAL_IN_OUTCOME, "token_endpoint",
		    "https://idp.test/token");
		assert_string_equal(ask.url, "");
		assert_null(module_field(&ask, MAILSEAL_IN_QUERY, "state"));
		assert_null(module_field(&ask, 0, "authorization_endpoint"));
	}
	(void)setup(state);
	discover("delegated", true);
	assert_string_equal(ask.url, "https://idp.test/page");
	is(MAILSEAL_IN_QUERY, "state", "st");
	(void)setup(state);
	discover("delegated", false);
	ends("config", "authorization_endpoint");
}

static void
a_token_that_is_given_back_is_gone(void **state)
{
	static const struct mailseal_item unknown[] = { ITEM("error",
	    "invalid_token") };
	static const struct mailseal_item other[] = { ITEM("error",
	    "unsupported_token_type") };

	(void)state;
	add(&call.settings, "client_auth", "none");
	step(MAILSEAL_OP_REVOKE);
	assert_string_equal(ask.url, "https://idp.test/revoke");
	is(MAILSEAL_IN_FORM, "token", "RT");
	is(MAILSEAL_IN_FORM, "token_type_hint", "refresh_token");
	step_answered(MAILSEAL_OP_REVOKE, 200, NULL, 0);
	ends("ok", NULL);
	step_answered(MAILSEAL_OP_REVOKE, 400, unknown, 1);
	ends("ok", NULL);
	step_answered(MAILSEAL_OP_REVOKE, 503, NULL, 0);
	ends("transient", "503"); /* it lives on: RFC 7009 section 2.2.1 */
	step_answered(MAILSEAL_OP_REVOKE, 500, unknown, 1);
	ends("transient", NULL);
	step_answered(MAILSEAL_OP_REVOKE, 400, other, 1);
	ends("config", "unsupported_token_type");
}

static void
nothing_is_given_back_where_nobody_takes_it(void **state)
{
	(void)state;
	forget(&call.settings, "revocation_endpoint");
	add(&call.settings, "client_auth", "none");
	step(MAILSEAL_OP_REVOKE);
	ends("config", "revocation_endpoint");
	(void)setup(state);
	add(&call.settings, "client_auth", "none");
	forget(&call.inputs, "refresh_token");
	step(MAILSEAL_OP_REVOKE);
	ends("config", "no token");
}

/* Whose sign-in it is, of claims that tell an address in this way. */
static const char *
match_of(const struct mailseal_item *verified, const char *user)
{
	static const struct mailseal_item tokens[] = {
		ITEM("access_token", "AT"), ITEM("token_type", "Bearer"),
		ITEM("refresh_token", "RT"), ITEM("id_token", "I")
	};
	struct mailseal_item claims[4] = { ITEM("sub", "s"),
		ITEM("email", "billing@college.edu") };
	size_t count = 2;

	if (verified != NULL)
		claims[count++] = *verified;
	if (user != NULL)
		claims[count++] = (struct mailseal_item){ "preferred_username",
			user, strlen(user), 0 };
	(void)setup(NULL);
	add(&call.inputs, "mailbox", "billing@college.edu");
	call.step = 2;
	call.last = MAILSEAL_WANT_ID_TOKEN;
	call.status = 200;
	call.body = MAILSEAL_BODY_JSON;
	call.json = (struct mailseal_items){ tokens, 4 };
	call.claims = (struct mailseal_items){ claims, count };
	step(MAILSEAL_OP_CODE);
	assert_string_equal(module_field(&ask, MAILSEAL_IN_OUTCOME, "class"),
	    "ok");
	return module_field(&ask, MAILSEAL_IN_OUTCOME, "id_match");
}

static void
an_address_that_nobody_vouches_for_enrols_no_mailbox_unasked(void **state)
{
	static const struct mailseal_item yes = { "email_verified", "true", 4,
		MAILSEAL_BOOL };
	static const struct mailseal_item no = { "email_verified", "false", 5,
		MAILSEAL_BOOL };

	(void)state;
	assert_null(match_of(&yes, NULL)); /* the name is compared */
	assert_string_equal(match_of(NULL, NULL), "probable");
	assert_string_equal(match_of(&no, NULL), "probable");
	assert_null(match_of(&no, "eve"));
	assert_string_equal(module_field(&ask, MAILSEAL_IN_OUTCOME, "id_name"),
	    "eve");
}

/* Only what there is in its place can be told. */
static void
microsoft_is_not_asked_to_take_one_back(void **state)
{
	const struct mailseal_module *oidc = module;

	(void)state;
	add(&call.settings, "client_auth", "none");
	module = module_open("microsoft");
	step(MAILSEAL_OP_REVOKE);
	module = oidc;
	ends("config", "Revoke sessions");
	is(MAILSEAL_IN_OUTCOME, "reason", "no_revocation");
}

#define TEST(f) cmocka_unit_test_setup(f, setup)

int
main(void)
{
	const struct CMUnitTest tests[] = {
		TEST(
		    an_address_that_nobody_vouches_for_enrols_no_mailbox_unasked),
		TEST(a_client_with_a_key_signs_first_whatever_it_asks),
		TEST(what_the_signature_lacks_is_told_before_anything_is_sent),
		TEST(what_is_at_hand_is_shown_in_its_own_way),
		TEST(an_application_gets_a_token_without_a_person),
		TEST(without_a_person_only_the_endpoints_are_found),
		TEST(a_token_that_is_given_back_is_gone),
		TEST(nothing_is_given_back_where_nobody_takes_it),
		TEST(microsoft_is_not_asked_to_take_one_back),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
