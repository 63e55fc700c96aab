/* SPDX-License-Identifier: ISC */
#include <setjmp.h>
#include <stdarg.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <string.h>

#include <cmocka.h>

#include "broker/courier/steps.h"
#include "broker/module/oauth.h"
#include "broker/secret.h"

static const struct mailseal_host host = { sizeof(host), steps_put };

/* The bytes of a field of an ask; NULL when it is not there. */
static const char *
field(const struct mailseal_ask *ask, uint32_t where, const char *name)
{
	static char text[256];

	for (uint32_t i = 0; i < ask->count; i++) {
		if (ask->field[i].where != where ||
		    strcmp(ask->field[i].name, name) != 0)
			continue;
		(void)snprintf(text, sizeof(text), "%.*s",
		    (int)ask->field[i].len, ask->pool + ask->field[i].offset);
		return text;
	}
	return NULL;
}

#define ITEM(name, text)                        \
	{                                       \
		name, text, sizeof(text) - 1, 0 \
	}

/* What a refresh asks for when clients authenticate in this way. */
static void
ask_refresh(const char *way, bool has_secret, struct mailseal_ask *ask)
{
	const struct mailseal_item settings[] = {
		ITEM("token_endpoint", "https://idp.example/token"),
		ITEM("client_id", "id:1"), ITEM("scope", "a b"),
		{ "client_auth", way, strlen(way), 0 }
	};
	const struct mailseal_item inputs[] = { ITEM("refresh_token", "RT"),
		ITEM("client_secret", "s&1") };
	struct mailseal_call call = { .op = MAILSEAL_OP_REFRESH,
		.settings = { settings, 4 },
		.inputs = { inputs, has_secret ? 2 : 1 } };

	memset(ask, 0, sizeof(*ask));
	oauth_ask_refresh(&call, &host, ask, "a b");
	assert_true(steps_is_sound(ask));
}

static void
a_client_shows_its_secret_where_the_provider_wants_it(void **state)
{
	static struct mailseal_ask ask;

	(void)state;
	ask_refresh("post", true, &ask);
	assert_int_equal(ask.want, MAILSEAL_WANT_HTTP);
	assert_string_equal(ask.url, "https://idp.example/token");
	assert_string_equal(field(&ask, MAILSEAL_IN_FORM, "client_secret"),
	    "s&1");
	assert_string_equal(field(&ask, MAILSEAL_IN_FORM, "refresh_token"),
	    "RT");
	assert_string_equal(field(&ask, MAILSEAL_IN_FORM, "scope"), "a b");

	ask_refresh("basic", true, &ask);
	assert_string_equal(field(&ask, MAILSEAL_IN_BASIC, "id:1"), "s&1");
	assert_null(field(&ask, MAILSEAL_IN_FORM, "client_id"));
	assert_null(field(&ask, MAILSEAL_IN_FORM, "client_secret"));

	ask_refresh("none", true, &ask);
	assert_string_equal(field(&ask, MAILSEAL_IN_FORM, "client_id"), "id:1");
	assert_null(field(&ask, MAILSEAL_IN_FORM, "client_secret"));
}

static void
a_missing_secret_is_told_before_anything_is_sent(void **state)
{
	static struct mailseal_ask ask;

	(void)state;
	ask_refresh("post", false, &ask);
	assert_int_equal(ask.want, MAILSEAL_WANT_DONE);
	assert_string_equal(field(&ask, MAILSEAL_IN_OUTCOME, "class"),
	    "config");
	assert_string_equal(field(&ask, MAILSEAL_IN_OUTCOME, "reason"),
	    "registration");
	assert_null(field(&ask, MAILSEAL_IN_FORM, "refresh_token"));
	ask_refresh("smoke", true, &ask);
	assert_int_equal(ask.want, MAILSEAL_WANT_DONE);
}

/* The outcome of a refresh that was answered with 400 and these values. */
static void
refuse(const struct mailseal_item *json, size_t count, struct mailseal_ask *ask)
{
	struct mailseal_call call = { .op = MAILSEAL_OP_REFRESH,
		.status = 400,
		.body = MAILSEAL_BODY_JSON,
		.json = { json, count } };
	struct judgement judgement = judgement_of_token(&call);

	memset(ask, 0, sizeof(*ask));
	judgement_finish(&call, &host, ask, &judgement);
	assert_true(steps_is_sound(ask));
}

#define NUMBER(name, text)                                    \
	{                                                     \
		name, text, sizeof(text) - 1, MAILSEAL_NUMBER \
	}

static void
who_must_act_is_told_with_the_reason(void **state)
{
	static struct mailseal_ask ask;
	const struct mailseal_item expired[] = { ITEM("error",
						     "invalid_client"),
		ITEM("error_description", "AADSTS7000222: ..."),
		NUMBER("error_codes.0", "7000222") };
	const struct mailseal_item unused[] = { ITEM("error", "invalid_grant"),
		NUMBER("error_codes.0", "700082") };
	const struct mailseal_item rapt[] = { ITEM("error", "invalid_grant"),
		ITEM("error_subtype", "invalid_rapt") };

	(void)state;
	refuse(expired, 3, &ask);
	assert_string_equal(field(&ask, MAILSEAL_IN_OUTCOME, "actor"), "owner");
	assert_string_equal(field(&ask, MAILSEAL_IN_OUTCOME, "detail"),
	    "the client secret has expired, the owner of the registration "
	    "must act: invalid_client: AADSTS7000222: ...");
	refuse(unused, 2, &ask);
	assert_string_equal(field(&ask, MAILSEAL_IN_OUTCOME, "class"),
	    "reauth");
	assert_string_equal(field(&ask, MAILSEAL_IN_OUTCOME, "actor"),
	    "person");
	assert_non_null(
	    strstr(field(&ask, MAILSEAL_IN_OUTCOME, "detail"), "90 days"));
	refuse(rapt, 2, &ask);
	assert_non_null(strstr(field(&ask, MAILSEAL_IN_OUTCOME, "detail"),
	    "limits how long"));
	/* Free text decides nothing: the same words without the number. */
	refuse(expired, 2, &ask);
	assert_string_equal(field(&ask, MAILSEAL_IN_OUTCOME, "detail"),
	    "invalid_client: AADSTS7000222: ...");
}

static void
of_several_numbers_the_service_comes_first(void **state)
{
	static struct mailseal_ask ask;
	const struct mailseal_item both[] = { ITEM("error", "invalid_grant"),
		NUMBER("error_codes.0", "50057"),
		NUMBER("error_codes.1", "90033") };

	(void)state;
	refuse(both, 3, &ask);
	assert_string_equal(field(&ask, MAILSEAL_IN_OUTCOME, "class"),
	    "transient");
	refuse(both, 2, &ask);
	assert_string_equal(field(&ask, MAILSEAL_IN_OUTCOME, "class"), "admin");
	assert_string_equal(field(&ask, MAILSEAL_IN_OUTCOME, "actor"),
	    "tenant_admin");
	refuse(both, 1, &ask);
	assert_string_equal(field(&ask, MAILSEAL_IN_OUTCOME, "class"),
	    "reauth");
}

/* The reason of a refusal with this error and number. */
static const char *
reason_of(const char *error, const char *number)
{
	static struct mailseal_ask ask;
	const struct mailseal_item json[] = { { "error", error, strlen(error),
						  0 },
		{ "error_codes.0", number, strlen(number), MAILSEAL_NUMBER } };

	refuse(json, number[0] != '\0' ? 2 : 1, &ask);
	assert_string_equal(field(&ask, MAILSEAL_IN_OUTCOME, "class"),
	    "config");
	return field(&ask, MAILSEAL_IN_OUTCOME, "reason");
}

/* Then the next secret or certificate of the registration is tried. */
static void
a_refusal_of_the_clients_own_credential_has_its_reason(void **state)
{
	static const char *const numbers[] = { "", "7000215", "7000222",
		"70002", "700027", "50012", "50013", "700023", "700030",
		"500133" };
	static const char *const others[] = { "7000218", "700025", "700016",
		"50011", "90002" };

	(void)state;
	for (size_t i = 0; i < sizeof(numbers) / sizeof(numbers[0]); i++)
		assert_string_equal(reason_of("invalid_client", numbers[i]),
		    "client_refused");
	/* No other credential would help. */
	for (size_t i = 0; i < sizeof(others) / sizeof(others[0]); i++)
		assert_string_equal(reason_of("invalid_client", others[i]),
		    "registration");
	assert_string_equal(reason_of("unauthorized_client", ""),
	    "registration");
}

/* Judge a token of this length; the reason, or "ok". */
static const char *
reason_of_length(const char *name, size_t len)
{
	static char text[MAILSEAL_TOKEN_MAX + 2];
	const struct mailseal_item json[] = { ITEM("token_type", "Bearer"),
		{ name, text, len, 0 }, ITEM("access_token", "AT") };
	struct mailseal_call call = { .op = MAILSEAL_OP_REFRESH,
		.status = 200,
		.body = MAILSEAL_BODY_JSON,
		.json = { json, strcmp(name, "access_token") == 0 ? 2 : 3 } };
	struct judgement judgement;

	memset(text, 'a', len);
	text[len] = '\0';
	judgement = judgement_of_token(&call);
	if (judgement.reason == NULL)
		return judgement.class;
	assert_string_equal(judgement.class, "malformed");
	return judgement.reason;
}

static void
a_token_that_is_too_long_has_its_own_reason(void **state)
{
	static const char *const names[] = { "access_token", "refresh_token" };

	(void)state;
	for (size_t i = 0; i < 2; i++) {
		assert_string_equal(reason_of_length(names[i],
					MAILSEAL_TOKEN_MAX),
		    "ok");
		assert_string_equal(reason_of_length(names[i],
					MAILSEAL_TOKEN_MAX + 1),
		    "long_token");
	}
	assert_string_equal(reason_of_length("access_token", 0), "malformed");
}

static void
an_ask_that_does_not_fit_is_not_sound(void **state)
{
	static struct mailseal_ask ask;
	static char big[MAILSEAL_POOL_MAX];

	(void)state;
	assert_int_equal(steps_put(&ask, MAILSEAL_IN_FORM, "a", big,
			     sizeof(big), 0),
	    0);
	assert_true(steps_is_sound(&ask));
	assert_int_equal(steps_put(&ask, MAILSEAL_IN_FORM, "b", big, 1, 0), -1);
	assert_int_equal(steps_put(&ask, MAILSEAL_IN_FORM, "c", big, 0, 0), -1);
	assert_false(steps_is_sound(&ask));
}

static int
setup(void **state)
{
	(void)state;
	return secret_arena_open(4 * 1024 * 1024);
}

static void
a_verifier_that_no_provider_takes_costs_no_code(void **state)
{
	static struct mailseal_ask ask;
	const struct mailseal_item settings[] = {
		ITEM("token_endpoint", "https://idp.example/token"),
		ITEM("client_id", "id")
	};
	struct mailseal_item inputs[] = { ITEM("code", "c"),
		ITEM("verifier",
		    "0123456789012345678901234567890123456789012") };
	struct mailseal_call call = { .op = MAILSEAL_OP_CODE,
		.settings = { settings, 2 },
		.inputs = { inputs, 2 } };

	(void)state;
	memset(&ask, 0, sizeof(ask));
	oauth_ask_code(&call, &host, &ask);
	assert_int_equal(ask.want, MAILSEAL_WANT_HTTP);
	inputs[1].len--;
	memset(&ask, 0, sizeof(ask));
	oauth_ask_code(&call, &host, &ask);
	assert_int_equal(ask.want, MAILSEAL_WANT_DONE);
	assert_null(field(&ask, MAILSEAL_IN_FORM, "code"));
}

static void
a_refusal_tells_no_page_to_go_to(void **state)
{
	static char url[MAILSEAL_URL_MAX + 8];
	static struct mailseal_ask ask;

	(void)state;
	memset(url, 'a', sizeof(url) - 1);
	assert_false(oauth_start(&host, &ask, url, "/path"));
	oauth_finish(&host, &ask, "config", "registration", "too long");
	assert_string_equal(ask.url, "");
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(
		    a_client_shows_its_secret_where_the_provider_wants_it),
		cmocka_unit_test(
		    a_missing_secret_is_told_before_anything_is_sent),
		cmocka_unit_test(who_must_act_is_told_with_the_reason),
		cmocka_unit_test(of_several_numbers_the_service_comes_first),
		cmocka_unit_test(
		    a_refusal_of_the_clients_own_credential_has_its_reason),
		cmocka_unit_test(a_token_that_is_too_long_has_its_own_reason),
		cmocka_unit_test(an_ask_that_does_not_fit_is_not_sound),
		cmocka_unit_test(a_refusal_tells_no_page_to_go_to),
		cmocka_unit_test(
		    a_verifier_that_no_provider_takes_costs_no_code),
	};

	return cmocka_run_group_tests(tests, setup, NULL);
}
