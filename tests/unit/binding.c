/* SPDX-License-Identifier: ISC */
/*
 * What a user would lose: a password or refresh token, to the server that a
 * changed provider file names.
 */
#include <stdlib.h>
#include <string.h>

#include "broker/binding.h"
#include "tests/unit/folder.h"

static const struct endpoints endpoints = {
	.issuer = "https://sign.example",
	.authorization = "https://sign.example/authorize?a=1 2",
	.token = "https://sign.example/token",
	.jwks = "https://keys.example/jwks",
	.origins = "https://sign.example:443 https://keys.example:443",
	.device = "https://sign.example/device",
	.revocation = "https://sign.example/revoke",
};

static char module[] = "oidc", authority[] = "https://sign.example",
	    client_id[] = "abc", scope[] = "openid", ca[] = "PEM 1",
	    trust[] = "PEM 2", other[] = "other";

/* A provider with all that a binding holds. */
static struct provider
campus(void)
{
	return (struct provider){ .name = "campus", .value = {
			[SETTING_MODULE] = module,
			[SETTING_AUTHORITY] = authority,
			[SETTING_CLIENT_ID] = client_id,
			[SETTING_SCOPE] = scope,
		}, .ca = ca, .smtp_trust = trust, .place = {
			[SERVICE_SMTP] = { "smtp.example", 587, TLS_STARTTLS },
			[SERVICE_IMAP] = { "imap.example", 993, TLS_IMPLICIT },
		} };
}

static char *
bind_to(const struct provider *p, const struct endpoints *e)
{
	char *binding = NULL;

	assert_int_equal(binding_make(p, e, &binding), MAILSEAL_OK);
	return binding;
}

static void
it_agrees_with_what_it_was_made_from(void **state)
{
	struct provider p = campus(), bare = { .name = "bare" };
	char *with = bind_to(&p, &endpoints), *without = bind_to(&p, NULL);
	char *least = bind_to(&bare, NULL);

	(void)state;
	assert_true(binding_agrees(with, &p));
	assert_true(binding_agrees(without, &p));
	assert_true(binding_agrees(least, &bare));
	assert_false(binding_agrees(least, &p));
	assert_false(binding_agrees(without, &bare));
	assert_false(binding_agrees("", &p));
	free(with);
	free(without);
	free(least);
}

/* Neither agrees with the binding of the other. */
static void
differs(const struct provider *changed)
{
	struct provider p = campus();
	char *with = bind_to(&p, &endpoints), *without = bind_to(&p, NULL);
	char *new = bind_to(changed, &endpoints);

	assert_false(binding_agrees(with, changed));
	assert_false(binding_agrees(without, changed));
	assert_false(binding_agrees(new, &p));
	free(with);
	free(without);
	free(new);
}

static void
another_module_issuer_or_registration_is_another_binding(void **state)
{
	static const struct {
		enum setting setting;
		char *text;
	} changes[] = {
		{ SETTING_MODULE, other },
		{ SETTING_AUTHORITY, other },
		{ SETTING_AUTHORITY, NULL },
		{ SETTING_TENANT, other },
		{ SETTING_CLIENT_ID, other },
		{ SETTING_CLIENT_ID, NULL },
		{ SETTING_COMMAND, other },
		{ SETTING_AUTHORIZATION, other },
		{ SETTING_TOKEN, other },
		{ SETTING_DEVICE, other },
		{ SETTING_REVOCATION, other },
	};
	struct provider p = campus();

	(void)state;
	p.name[0] = 'C';
	differs(&p);
	for (size_t i = 0; i < sizeof(changes) / sizeof(changes[0]); i++) {
		p = campus();
		p.value[changes[i].setting] = changes[i].text;
		differs(&p);
	}
}

static void
another_program_or_argument_of_a_command_is_another_binding(void **state)
{
	static char before[] = "/usr/libexec/token --tenant a",
		    after[] = "/usr/libexec/token --tenant b",
		    more[] = "/usr/libexec/token --tenant a issuer=x";
	struct provider p = campus(), changed = campus(), longer = campus();
	char *binding;

	(void)state;
	p.value[SETTING_COMMAND] = before;
	changed.value[SETTING_COMMAND] = after;
	longer.value[SETTING_COMMAND] = more;
	binding = bind_to(&p, NULL);
	assert_true(binding_agrees(binding, &p));
	assert_false(binding_agrees(binding, &changed));
	assert_false(binding_agrees(binding, &longer));
	free(binding);
}

static void
another_host_port_or_tls_mode_is_another_binding(void **state)
{
	static const struct {
		enum service service;
		struct place place;
	} changes[] = {
		{ SERVICE_SMTP, { "smtp.example.org", 587, TLS_STARTTLS } },
		{ SERVICE_SMTP, { "smtp.exampl", 587, TLS_STARTTLS } },
		{ SERVICE_SMTP, { "smtp.example", 5870, TLS_STARTTLS } },
		{ SERVICE_SMTP, { "smtp.example", 58, TLS_STARTTLS } },
		{ SERVICE_SMTP, { "smtp.example", 587, TLS_IMPLICIT } },
		{ SERVICE_IMAP, { "imap.example.org", 993, TLS_IMPLICIT } },
		{ SERVICE_IMAP, { "imap.example", 143, TLS_IMPLICIT } },
		{ SERVICE_IMAP, { "imap.example", 993, TLS_STARTTLS } },
		{ SERVICE_IMAP, { NULL, 993, TLS_IMPLICIT } },
	};

	(void)state;
	for (size_t i = 0; i < sizeof(changes) / sizeof(changes[0]); i++) {
		struct provider p = campus();

		p.place[changes[i].service] = changes[i].place;
		differs(&p);
	}
}

static void
another_trust_is_another_binding(void **state)
{
	static const struct {
		char *ca, *smtp_trust;
	} changes[] = { { other, trust }, { NULL, trust }, { ca, other },
		{ ca, NULL }, { trust, ca }, { NULL, NULL } };

	struct provider p;

	(void)state;
	for (size_t i = 0; i < sizeof(changes) / sizeof(changes[0]); i++) {
		p = campus();
		p.ca = changes[i].ca;
		p.smtp_trust = changes[i].smtp_trust;
		differs(&p);
	}
	p = campus();
	p.smtp_pins = other;
	differs(&p);
}

/* A proxy sees no secret: TLS goes through it from end to end. */
static void
it_agrees_when_only_the_way_changed(void **state)
{
	struct provider p = campus();
	char *binding = bind_to(&p, &endpoints);

	(void)state;
	p.value[SETTING_PROXY] = other;
	p.value[SETTING_NO_PROXY] = other;
	assert_true(binding_agrees(binding, &p));
	free(binding);
}

/* Where nothing is sent to may change without signing in again. */
static void
it_agrees_when_only_the_scope_or_prompt_changed(void **state)
{
	struct provider p = campus();
	char *binding = bind_to(&p, &endpoints);

	(void)state;
	p.value[SETTING_SCOPE] = other;
	p.value[SETTING_PROMPT] = other;
	assert_true(binding_agrees(binding, &p));
	free(binding);
}

/* The file's part is written once, when it is read; it is what counts. */
static void
what_was_written_beforehand_is_compared_likewise(void **state)
{
	struct provider p = campus(), q = campus();
	char *binding = bind_to(&p, &endpoints);

	(void)state;
	q.ca = other;
	assert_int_equal(binding_make(&p, NULL, &p.binding), MAILSEAL_OK);
	assert_int_equal(binding_make(&q, NULL, &q.binding), MAILSEAL_OK);
	assert_true(binding_agrees(binding, &p));
	assert_true(binding_agrees(p.binding, &p));
	assert_false(binding_agrees(binding, &q));
	assert_false(binding_agrees(q.binding, &p));
	free(binding);
	free(p.binding);
	free(q.binding);
}

/* A value that looks like more fields is still one value. */
static void
a_value_cannot_pass_for_other_fields(void **state)
{
	char evil[] = "abc smtp_host=evil.example issuer=x";
	struct provider p = campus(), q = campus();
	char *binding;

	(void)state;
	p.value[SETTING_CLIENT_ID] = evil;
	binding = bind_to(&p, &endpoints);
	assert_true(binding_agrees(binding, &p));
	assert_false(binding_agrees(binding, &q));
	free(binding);
}

static void
the_endpoints_come_out_as_they_went_in(void **state)
{
	static struct bound bound;
	struct provider p = campus();
	char *binding = bind_to(&p, &endpoints);
	const struct endpoints *e = &bound.endpoints;

	(void)state;
	assert_int_equal(binding_read(binding, &bound), MAILSEAL_OK);
	assert_string_equal(e->issuer, endpoints.issuer);
	assert_string_equal(e->authorization, endpoints.authorization);
	assert_string_equal(e->token, endpoints.token);
	assert_string_equal(e->jwks, endpoints.jwks);
	assert_string_equal(e->origins, endpoints.origins);
	assert_string_equal(e->device, endpoints.device);
	assert_string_equal(e->revocation, endpoints.revocation);
	/* And it is still whole: another read, another comparison. */
	assert_true(binding_agrees(binding, &p));
	free(binding);
	binding = bind_to(&p, NULL);
	assert_int_equal(binding_read(binding, &bound), MAILSEAL_OK);
	assert_null(e->issuer);
	assert_null(e->origins);
	free(binding);
}

static void
what_is_no_binding_is_refused(void **state)
{
	static struct bound bound;
	static char large[BINDING_MAX + 2];

	(void)state;
	assert_int_equal(binding_read("", &bound), MAILSEAL_E_MALFORMED);
	assert_int_equal(binding_read("binding a=1  b=2", &bound),
	    MAILSEAL_E_MALFORMED);
	assert_int_not_equal(binding_read("binding issuer=a issuer=b", &bound),
	    MAILSEAL_OK);
	memset(large, 'x', sizeof(large) - 1);
	assert_int_equal(binding_read(large, &bound), MAILSEAL_E_TOOLONG);
}

static void
a_binding_too_long_is_refused_not_cut(void **state)
{
	static char large[BINDING_MAX];
	struct endpoints e = endpoints;
	struct provider p = campus();
	char *binding = NULL;

	(void)state;
	memset(large, 'x', sizeof(large) - 1);
	e.origins = large;
	assert_int_equal(binding_make(&p, &e, &binding), MAILSEAL_E_TOOLONG);
	assert_null(binding);
}

/* Else the credential of one account goes where another was sent. */
static void
an_own_host_agrees_with_itself_and_nothing_else(void **state)
{
	struct provider p = campus(), changed = campus();
	char *own = NULL, *usual = bind_to(&p, &endpoints);

	(void)state;
	assert_int_equal(binding_make_at(&p, "relay.example", &endpoints, &own),
	    MAILSEAL_OK);
	for (int i = 0; i < 2; i++) {
		assert_true(binding_agrees_at(own, &p, "relay.example"));
		assert_true(binding_agrees_at(usual, &p, ""));
		assert_false(binding_agrees_at(own, &p, ""));
		assert_false(binding_agrees(own, &p));
		assert_false(binding_agrees_at(usual, &p, "relay.example"));
		assert_false(binding_agrees_at(own, &p, "relay.exampl"));
		assert_false(binding_agrees_at(own, &p, "relay.example2"));
		/* And the same with the part that was written beforehand. */
		if (i == 0)
			p.binding = bind_to(&p, NULL);
	}
	changed.place[SERVICE_SMTP].port = 465;
	assert_false(binding_agrees_at(own, &changed, "relay.example"));
	changed = campus();
	changed.place[SERVICE_IMAP].host = other;
	assert_false(binding_agrees_at(own, &changed, "relay.example"));
	/* Where the file's own host is moves an account that has another not. */
	changed = campus();
	changed.place[SERVICE_SMTP].host = other;
	assert_true(binding_agrees_at(own, &changed, "relay.example"));
	free(p.binding);
	free(own);
	free(usual);
}

static void
the_places_come_out_as_they_went_in(void **state)
{
	struct provider p = campus();
	char *own = NULL;
	struct bound bound;

	(void)state;
	assert_int_equal(binding_make_at(&p, "relay.example", NULL, &own), 0);
	assert_int_equal(binding_read(own, &bound), MAILSEAL_OK);
	assert_string_equal(bound.place[SERVICE_SMTP].host, "relay.example");
	assert_int_equal(bound.place[SERVICE_SMTP].port, 587);
	assert_int_equal(bound.place[SERVICE_SMTP].tls, TLS_STARTTLS);
	assert_string_equal(bound.place[SERVICE_IMAP].host, "imap.example");
	assert_int_equal(bound.place[SERVICE_IMAP].port, 993);
	assert_int_equal(bound.place[SERVICE_IMAP].tls, TLS_IMPLICIT);
	free(own);
	p.place[SERVICE_IMAP].host = NULL;
	own = bind_to(&p, NULL);
	assert_int_equal(binding_read(own, &bound), MAILSEAL_OK);
	assert_null(bound.place[SERVICE_IMAP].host);
	free(own);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(it_agrees_with_what_it_was_made_from),
		cmocka_unit_test(
		    another_module_issuer_or_registration_is_another_binding),
		cmocka_unit_test(
		    another_program_or_argument_of_a_command_is_another_binding),
		cmocka_unit_test(
		    another_host_port_or_tls_mode_is_another_binding),
		cmocka_unit_test(another_trust_is_another_binding),
		cmocka_unit_test(it_agrees_when_only_the_way_changed),
		cmocka_unit_test(
		    it_agrees_when_only_the_scope_or_prompt_changed),
		cmocka_unit_test(
		    what_was_written_beforehand_is_compared_likewise),
		cmocka_unit_test(a_value_cannot_pass_for_other_fields),
		cmocka_unit_test(the_endpoints_come_out_as_they_went_in),
		cmocka_unit_test(
		    an_own_host_agrees_with_itself_and_nothing_else),
		cmocka_unit_test(the_places_come_out_as_they_went_in),
		cmocka_unit_test(what_is_no_binding_is_refused),
		cmocka_unit_test(a_binding_too_long_is_refused_not_cut),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
