/* SPDX-License-Identifier: ISC */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <string.h>

#include <cmocka.h>

#include "broker/courier/redirect.h"
#include "proto/error.h"

static const struct redirect_wanted usual = { "/cb", "st-1",
	"https://idp.example", false };

static struct redirect
read_text(const char *text, const struct redirect_wanted *wanted)
{
	static char copy[REDIRECT_MAX + 16];
	size_t len = strlen(text);

	assert_true(len < sizeof(copy));
	memcpy(copy, text, len + 1);
	return redirect_read(copy, len, wanted);
}

static void
a_pasted_address_is_as_good_as_a_request(void **state)
{
	struct redirect redirect;

	(void)state;
	redirect = read_text(" http://localhost:1/cb?code=abc&state=st-1#_=_\n",
	    &usual);
	assert_int_equal(redirect.kind, REDIRECT_CODE);
	assert_string_equal(redirect.code, "abc");
	redirect = read_text("http://localhost:1?code=abc&state=st-1", &usual);
	assert_int_equal(redirect.kind, REDIRECT_IGNORE);
}

static void
a_provider_that_always_names_itself_must_do_so(void **state)
{
	struct redirect_wanted strict = usual;
	struct redirect redirect;

	(void)state;
	strict.issuer_is_sent = true;
	redirect = read_text("/cb?code=abc&state=st-1", &strict);
	assert_int_equal(redirect.kind, REDIRECT_REFUSE);
	redirect = read_text("/cb?code=abc&state=st-1&iss=https://idp.example",
	    &strict);
	assert_int_equal(redirect.kind, REDIRECT_CODE);
}

static void
line_ends_in_a_description_do_not_hide_a_refusal(void **state)
{
	struct redirect redirect;

	(void)state;
	redirect = read_text("/cb?state=st-1&error=access_denied"
			     "&error_description=AADSTS65004%0d%0aTrace",
	    &usual);
	assert_int_equal(redirect.kind, REDIRECT_ERROR);
	assert_string_equal(redirect.error, "access_denied");
}

static void
an_empty_state_never_fits(void **state)
{
	struct redirect_wanted none = usual;

	(void)state;
	none.state = "";
	assert_int_equal(read_text("/cb?state=&code=a", &none).kind,
	    REDIRECT_REFUSE);
}

/* The reply to a request for op=redirect. */
static const char *
answer(const char *text)
{
	static char request[1024], reply[1024];
	struct line_writer w;
	struct line line;
	size_t len;

	(void)snprintf(request, sizeof(request), "%s", text);
	line_start(&line, request, strlen(request));
	line_begin(&w, reply, sizeof(reply) - 1, "ok");
	if (redirect_answer(&line, &w) != MAILSEAL_OK)
		return "refused";
	assert_int_equal(line_finish(&w, &len), MAILSEAL_OK);
	reply[len] = '\0';
	return reply;
}

static void
the_reply_says_what_became_of_it(void **state)
{
	(void)state;
	assert_non_null(strstr(answer("x in_path=/cb in_state=s in_request="
				      "/cb?code=a%25b&state=s"),
	    "ok class=malformed reason=wrong_state detail="));
	assert_string_equal(answer("x in_path=/cb in_state=s in_request="
				   "/cb?code=a%2562&state=s"),
	    "ok class=ok code=ab\n");
	assert_string_equal(answer("x in_path=/cb in_state=s in_request=/"),
	    "ok class=ignore\n");
	assert_string_equal(answer("x in_path=/cb in_state=s in_request="
				   "/cb?error=access_denied&state=s"),
	    "ok class=denied reason=consent_denied detail=access_denied "
	    "meaning=access_denied%20at%20the%20sign-in%20page\n");
	assert_string_equal(answer("x in_path=/cb in_state=s in_request="
				   "/cb?error=access_denied&state=s"
				   "&error_description=AADSTS90094:"),
	    "ok class=denied reason=provider_admin "
	    "detail=access_denied:%20AADSTS90094: "
	    "meaning=AADSTS90094\n");
	assert_string_equal(answer("x in_path=/cb in_state=s"), "refused");
}

/* What the token endpoint's numbers mean, they mean here too. */
static void
who_must_act_is_the_same_at_the_page_as_at_the_token_endpoint(void **state)
{
	static const struct {
		const char *said, *reason;
	} cases[] = {
		{ "access_denied&error_description=AADSTS53003:",
		    "provider_admin" },
		{ "access_denied&error_description=AADSTS50034:",
		    "provider_admin" },
		{ "access_denied&error_description=AADSTS65004:",
		    "consent_denied" },
		{ "access_denied&error_description=AADSTS1:",
		    "consent_denied" },
		{ "invalid_client&error_description=AADSTS700016:",
		    "registration" },
		{ "server_error&error_description=AADSTS90033:",
		    "provider_down" },
		{ "admin_policy_enforced", "provider_admin" },
		{ "unauthorized_client", "registration" },
		{ "temporarily_unavailable", "provider_down" },
		{ "login_required", "consent_denied" },
		{ "who_knows", "consent_denied" },
	};

	(void)state;
	for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
		char request[256], wanted[128];

		(void)snprintf(request, sizeof(request),
		    "x in_path=/cb in_state=s in_request=/cb?state=s&error=%s",
		    cases[i].said);
		(void)snprintf(wanted, sizeof(wanted),
		    "ok class=denied reason=%s detail=", cases[i].reason);
		if (strncmp(answer(request), wanted, strlen(wanted)) != 0)
			fail_msg("%s: %s", cases[i].said, answer(request));
	}
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(
		    who_must_act_is_the_same_at_the_page_as_at_the_token_endpoint),
		cmocka_unit_test(a_pasted_address_is_as_good_as_a_request),
		cmocka_unit_test(
		    a_provider_that_always_names_itself_must_do_so),
		cmocka_unit_test(
		    line_ends_in_a_description_do_not_hide_a_refusal),
		cmocka_unit_test(an_empty_state_never_fits),
		cmocka_unit_test(the_reply_says_what_became_of_it),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
