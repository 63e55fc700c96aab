/* SPDX-License-Identifier: ISC */
/*
 * What a user would lose: a token that Exchange refuses, a person of another
 * tenant let in, and the words that say which admin has to do what.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "tests/unit/module.h"

#define TENANT "aaaaaaaa-bbbb-cccc-dddd-eeeeeeeeeeee"
#define LOGIN "https://login.microsoftonline.com"
#define SEND "https://outlook.office.com/SMTP.Send"

#define ITEM(name, text)                        \
	{                                       \
		name, text, sizeof(text) - 1, 0 \
	}

static const struct mailseal_module *module;
static struct mailseal_ask ask;

/* The settings that a test may change; all are texts. */
static struct mailseal_item settings[6];

static void
set(const char *name, const char *text)
{
	for (size_t i = 0; i < 6; i++)
		if (settings[i].name == NULL ||
		    strcmp(settings[i].name, name) == 0) {
			settings[i] = (struct mailseal_item){ name, text,
				strlen(text), 0 };
			return;
		}
	fail_msg("no room for %s", name);
}

static int
setup(void **state)
{
	(void)state;
	if (module == NULL)
		module = module_open("microsoft");
	memset(settings, 0, sizeof(settings));
	set("authority", LOGIN);
	set("tenant", TENANT);
	set("client_id", "cid");
	set("scope", "openid offline_access " SEND);
	set("issuer", LOGIN "/" TENANT "/v2.0");
	set("token_endpoint", LOGIN "/" TENANT "/oauth2/v2.0/token");
	return 0;
}

static void
step(struct mailseal_call *call)
{
	static const struct mailseal_item inputs[] = { ITEM("state", "st"),
		ITEM("nonce", "no"), ITEM("challenge", "ch"),
		ITEM("redirect_uri", "http://localhost:1/callback"),
		ITEM("login_hint", "a@college.edu"),
		ITEM("mailbox", "a@college.edu"), ITEM("refresh_token", "RT") };

	call->size = sizeof(*call);
	call->settings = (struct mailseal_items){ settings, 6 };
	call->inputs = (struct mailseal_items){ inputs, 7 };
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
ends(const char *class, const char *words)
{
	assert_int_equal(ask.want, MAILSEAL_WANT_DONE);
	is(MAILSEAL_IN_OUTCOME, "class", class);
	if (strstr(module_field(&ask, MAILSEAL_IN_OUTCOME, "detail"), words) ==
	    NULL)
		fail_msg("%s is not in: %s", words,
		    module_field(&ask, MAILSEAL_IN_OUTCOME, "detail"));
}

/* What becomes of a discovery document of this issuer and login host. */
static void
discover(const char *issuer, const char *login)
{
	char page[128], token[128], keys[128];
	struct mailseal_item json[] = { { "issuer", issuer, strlen(issuer), 0 },
		{ "authorization_endpoint", page, 0, 0 },
		{ "token_endpoint", token, 0, 0 }, { "jwks_uri", keys, 0, 0 } };
	struct mailseal_call call = { .op = MAILSEAL_OP_AUTHORIZE,
		.step = 1,
		.last = MAILSEAL_WANT_HTTP,
		.status = 200,
		.body = MAILSEAL_BODY_JSON,
		.json = { json, 4 } };

	(void)snprintf(page, sizeof(page), "%s/authorize", login);
	(void)snprintf(token, sizeof(token), "%s/token", login);
	(void)snprintf(keys, sizeof(keys), "%s/keys", login);
	for (size_t i = 1; i < 4; i++)
		json[i].len = strlen(json[i].bytes);
	step(&call);
}

static void
begin(void)
{
	struct mailseal_call call = { .op = MAILSEAL_OP_AUTHORIZE };

	step(&call);
}

static void
the_page_is_found_for_one_tenant_and_told_who_is_meant(void **state)
{
	(void)state;
	begin();
	assert_int_equal(ask.want, MAILSEAL_WANT_HTTP);
	assert_string_equal(ask.url,
	    LOGIN "/" TENANT "/v2.0/.well-known/openid-configuration");
	discover(LOGIN "/" TENANT "/v2.0", LOGIN "/" TENANT "/oauth2/v2.0");
	is(MAILSEAL_IN_OUTCOME, "class", "ok");
	is(MAILSEAL_IN_QUERY, "login_hint", "a@college.edu");
	is(MAILSEAL_IN_QUERY, "code_challenge_method", "S256");
	is(MAILSEAL_IN_QUERY, "response_mode", "query");
	is(MAILSEAL_IN_QUERY, "scope", "email openid offline_access " SEND);
	is(MAILSEAL_IN_OUTCOME, "consent_url",
	    LOGIN "/" TENANT "/v2.0/adminconsent?client_id=cid&redirect_uri="
		  "http://localhost:1/callback&scope="
		  "openid%20offline_access%20" SEND);
}

static void
another_tenant_or_cloud_is_not_the_one_that_is_set(void **state)
{
	(void)state;
	discover(LOGIN "/11111111-bbbb-cccc-dddd-eeeeeeeeeeee/v2.0", LOGIN);
	ends("config", "of another tenant");
	discover(LOGIN "/{tenantid}/v2.0", LOGIN);
	ends("config", "of another tenant");
	discover(LOGIN "/" TENANT "/v1.0", LOGIN);
	ends("config", "of another tenant");
	discover("https://login.microsoftonline.us/" TENANT "/v2.0",
	    "https://login.microsoftonline.us");
	ends("config", "another cloud");
	discover(LOGIN "/" TENANT "/v2.0", "https://evil.example");
	ends("config", "another cloud");
	discover(LOGIN ".evil.example/" TENANT "/v2.0", LOGIN);
	ends("config", "another cloud");
	set("tenant", "college.edu"); /* its id is the issuer's */
	discover(LOGIN "/" TENANT "/v2.0", LOGIN);
	is(MAILSEAL_IN_OUTCOME, "class", "ok");
}

static void
nothing_is_asked_for_a_tenant_of_all(void **state)
{
	static const char *const tenants[] = { "", "common", "organizations",
		"consumers", "a/b.c", "a.b?x" };

	(void)state;
	for (size_t i = 0; i < sizeof(tenants) / sizeof(tenants[0]); i++) {
		set("tenant", tenants[i]);
		begin();
		ends("config", "tenant is");
	}
}

static void
a_scope_that_exchange_would_refuse_is_not_asked_for(void **state)
{
	(void)state;
	set("scope", "openid SMTP.Send");
	begin();
	ends("config", "Microsoft Graph");
	set("scope", SEND " https://graph.microsoft.com/Mail.Send");
	begin();
	ends("config", "of several services");
	set("scope", SEND " https://outlook.office.com.evil.example/x");
	begin();
	ends("config", "of several services");
	set("scope", SEND " https://outlook.office.com/IMAP.AccessAsUser.All");
	begin();
	assert_int_equal(ask.want, MAILSEAL_WANT_HTTP);
}

static void
a_lease_is_for_one_service_and_brings_a_new_refresh_token(void **state)
{
	struct mailseal_call call = { .op = MAILSEAL_OP_REFRESH };

	(void)state;
	set("scope", SEND);
	step(&call);
	assert_string_equal(ask.url, LOGIN "/" TENANT "/oauth2/v2.0/token");
	is(MAILSEAL_IN_FORM, "scope", SEND " offline_access");
	is(MAILSEAL_IN_FORM, "refresh_token", "RT");
	is(MAILSEAL_IN_FORM, "client_id", "cid");
}

/* A refresh that is refused with this number. */
static void
refuse(const char *number)
{
	const struct mailseal_item json[] = { ITEM("error", "invalid_grant"),
		ITEM("error_description", "AADSTS: ..."),
		{ "error_codes.0", number, strlen(number), MAILSEAL_NUMBER } };
	struct mailseal_call call = { .op = MAILSEAL_OP_REFRESH,
		.step = 1,
		.last = MAILSEAL_WANT_HTTP,
		.status = 400,
		.body = MAILSEAL_BODY_JSON,
		.json = { json, 3 } };

	step(&call);
}

static void
an_admins_consent_that_is_missing_comes_with_its_page(void **state)
{
	static const char *const numbers[] = { "65001", "90094", "90095" };

	(void)state;
	for (size_t i = 0; i < 3; i++) {
		refuse(numbers[i]);
		is(MAILSEAL_IN_OUTCOME, "actor", "tenant_admin");
		ends(i == 0 ? "reauth" : "admin",
		    "at " LOGIN "/" TENANT "/v2.0/adminconsent?client_id=cid");
	}
	refuse("50057");
	ends("admin", "the account is switched off");
	assert_null(strstr(module_field(&ask, 0, "detail"), "adminconsent"));
}

/* The end of a code whose id_token holds, with these claims. */
static void
identify(const char *tid, const char *oid)
{
	const struct mailseal_item json[] = { ITEM("access_token", "AT"),
		ITEM("token_type", "Bearer"), ITEM("refresh_token", "RT"),
		ITEM("id_token", "x.y.z") };
	const struct mailseal_item claims[] = {
		ITEM("preferred_username", "A@college.edu"),
		{ "tid", tid, strlen(tid), 0 }, { "oid", oid, strlen(oid), 0 }
	};
	struct mailseal_call call = { .op = MAILSEAL_OP_CODE,
		.step = 2,
		.last = MAILSEAL_WANT_ID_TOKEN,
		.status = 200,
		.body = MAILSEAL_BODY_JSON,
		.json = { json, 4 },
		.claims = { claims, 3 } };

	step(&call);
}

static void
who_signed_in_is_tenant_and_object_not_a_name(void **state)
{
	static char longest[513];

	(void)state;
	identify(TENANT, "0001");
	is(MAILSEAL_IN_OUTCOME, "class", "ok");
	is(MAILSEAL_IN_OUTCOME, "id_sub", TENANT "/0001");
	is(MAILSEAL_IN_OUTCOME, "id_match", "same");
	is(MAILSEAL_IN_OUTCOME, "id_iss", LOGIN "/" TENANT "/v2.0");
	identify("11111111-bbbb-cccc-dddd-eeeeeeeeeeee", "0001");
	ends("malformed", "another tenant");
	assert_null(module_field(&ask, 0, "access_token"));
	identify("", "0001");
	ends("malformed", "tid");
	identify(TENANT, "");
	ends("malformed", "oid");
	memset(longest, 'a', sizeof(longest) - 1);
	identify(TENANT, longest); /* cut short it could be another's */
	ends("malformed", "too long");
}

/* A step of the app itself, with these inputs. */
static void
prove(const struct mailseal_item *inputs, size_t count, const char *alg)
{
	const struct mailseal_item own[] = { settings[1], settings[2],
		settings[5], ITEM("client_auth", "private_key_jwt"),
		ITEM("scope", "https://outlook.office365.com/.default"),
		{ "client_alg", alg, alg != NULL ? strlen(alg) : 0, 0 } };
	struct mailseal_call call = { .size = sizeof(call),
		.op = MAILSEAL_OP_CLIENT_CREDENTIALS,
		.now = 1790000000,
		.settings = { own, alg != NULL ? 6 : 5 },
		.inputs = { inputs, count } };

	memset(&ask, 0, sizeof(ask));
	ask.size = sizeof(ask);
	assert_int_equal(module->step(&call, &module_host, &ask), 0);
	assert_true(steps_is_sound(&ask));
}

static void
the_app_names_its_certificate_as_it_is_wanted_today(void **state)
{
	const struct mailseal_item inputs[] = { ITEM("client_key", "PEM"),
		ITEM("jti", "j"), ITEM("x5t_s256", "s256"),
		ITEM("x5t", "sha1") };

	(void)state;
	prove(inputs, 4, NULL);
	assert_int_equal(ask.want, MAILSEAL_WANT_JWT);
	is(MAILSEAL_IN_OUTCOME, "alg", "PS256");
	is(MAILSEAL_IN_JWT_HEADER, "x5t#S256", "s256");
	assert_null(module_field(&ask, MAILSEAL_IN_JWT_HEADER, "x5t"));
	is(MAILSEAL_IN_JWT_CLAIM, "aud", LOGIN "/" TENANT "/oauth2/v2.0/token");
	is(MAILSEAL_IN_JWT_NUMBER, "nbf", "1790000000");
	is(MAILSEAL_IN_JWT_NUMBER, "exp", "1790000600");
	prove(inputs, 4, "RS256");
	is(MAILSEAL_IN_JWT_HEADER, "x5t", "sha1");
	prove(inputs, 3, "RS256");
	is(MAILSEAL_IN_JWT_HEADER, "x5t#S256", "s256");
	prove(inputs, 2, NULL);
	ends("config", "no certificate");
	prove(inputs + 1, 3, NULL);
	ends("config", "no key");
}

/* The app asks with a secret; what comes of this scope. */
static void
ask_as_app(const char *scope)
{
	const struct mailseal_item inputs[] = { ITEM("client_secret", "s") };
	const struct mailseal_item own[] = { settings[0], settings[1],
		settings[2], settings[5], ITEM("client_auth", "post"),
		{ "scope", scope, strlen(scope), 0 } };
	struct mailseal_call call = { .size = sizeof(call),
		.op = MAILSEAL_OP_CLIENT_CREDENTIALS,
		.settings = { own, scope[0] != '\0' ? 6 : 5 },
		.inputs = { inputs, 1 } };

	memset(&ask, 0, sizeof(ask));
	ask.size = sizeof(ask);
	assert_int_equal(module->step(&call, &module_host, &ask), 0);
}

static void
the_app_asks_for_what_was_granted_to_it(void **state)
{
	(void)state;
	ask_as_app("https://outlook.office365.com/.default");
	assert_string_equal(ask.url, LOGIN "/" TENANT "/oauth2/v2.0/token");
	is(MAILSEAL_IN_FORM, "grant_type", "client_credentials");
	is(MAILSEAL_IN_FORM, "scope", "https://outlook.office365.com/.default");
	is(MAILSEAL_IN_FORM, "client_secret", "s");
	ask_as_app("");
	ends("config", "/.default");
	ask_as_app("SMTP.SendAsApp");
	ends("config", "whole URL");
}

#define TEST(f) cmocka_unit_test_setup(f, setup)

int
main(void)
{
	const struct CMUnitTest tests[] = {
		TEST(the_page_is_found_for_one_tenant_and_told_who_is_meant),
		TEST(another_tenant_or_cloud_is_not_the_one_that_is_set),
		TEST(nothing_is_asked_for_a_tenant_of_all),
		TEST(a_scope_that_exchange_would_refuse_is_not_asked_for),
		TEST(a_lease_is_for_one_service_and_brings_a_new_refresh_token),
		TEST(an_admins_consent_that_is_missing_comes_with_its_page),
		TEST(who_signed_in_is_tenant_and_object_not_a_name),
		TEST(the_app_names_its_certificate_as_it_is_wanted_today),
		TEST(the_app_asks_for_what_was_granted_to_it),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
