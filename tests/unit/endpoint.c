/* SPDX-License-Identifier: ISC */
/*
 * What a user would lose: a code or a token, to an address that a line of the
 * provider file was not meant to name; and mail, to a mechanism that his server
 * does not take.
 */
#include <unistd.h>

#include "tests/unit/provided.h"

#define PAGE "authorization_endpoint = https://sign.example/page\n"
#define TOKEN "token_endpoint = https://sign.example/token\n"
#define ALONE "flow = application\nclient_auth = post\n"

static void
the_endpoints_stand_together_and_in_clear_nowhere(void **state)
{
	(void)state;
	accepts(OAUTH PAGE TOKEN);
	assert_string_equal(provider->value[SETTING_TOKEN],
	    "https://sign.example/token");
	accepts(OAUTH PAGE TOKEN
	    "device_endpoint = https://sign.example/device\n"
	    "revocation_endpoint = https://sign.example/revoke?a=b\n");
	refuses(OAUTH PAGE, 6, "goes with token_endpoint");
	refuses(OAUTH "device_endpoint = https://a.example/\n", 6,
	    "goes with token_endpoint");
	refuses(OAUTH "revocation_endpoint = https://a.example/\n", 6,
	    "goes with token_endpoint");
	refuses(OAUTH TOKEN, 6, "needs authorization_endpoint");
	refuses(OAUTH PAGE "token_endpoint = http://sign.example/token\n", 7,
	    "starts with https://");
	refuses(OAUTH TOKEN "authorization_endpoint = http://sign.example/\n",
	    7, "starts with https://");
	refuses(OAUTH PAGE "token_endpoint = https://\n", 7,
	    "starts with https://");
	refuses(OAUTH PAGE "token_endpoint = https://a.example/a b\n", 7,
	    "starts with https://");
	refuses("[provider]\nmodule = oidc\nclient_id = c\n"
		"smtp_auth_host = h\n" PAGE TOKEN,
	    0, "authority is missing");
}

static void
a_module_that_would_not_look_at_endpoints_has_none(void **state)
{
	(void)state;
	refuses(PASSWORD TOKEN, 4, "is for module oidc");
	refuses("[provider]\nmodule = microsoft\nclient_id = c\n"
		"tenant = college.edu\n" PAGE TOKEN,
	    6, "is for module oidc");
	refuses("[provider]\nmodule = google\nclient_id = c\n"
		"authority = https://a.example\nsmtp_auth_host = h\n" PAGE,
	    6, "is for module oidc");
	accepts(
	    "[provider]\nmodule = mine\nclient_id = c\n"
	    "authority = https://a.example\nsmtp_auth_host = h\n" PAGE TOKEN);
}

static void
without_a_person_there_is_no_page(void **state)
{
	(void)state;
	accepts(OAUTH ALONE TOKEN);
	refuses(OAUTH ALONE TOKEN PAGE, 9, "here nobody signs in");
	refuses(OAUTH ALONE TOKEN "device_endpoint = https://a.example/\n", 9,
	    "here nobody signs in");
	write_file("preset.d/camp.conf",
	    OAUTH PAGE TOKEN "device_endpoint = https://a.example/\n");
	accepts("[provider]\npreset = camp\n" ALONE);
	assert_null(provider->value[SETTING_AUTHORIZATION]);
	assert_null(provider->value[SETTING_DEVICE]);
	assert_string_equal(provider->value[SETTING_TOKEN],
	    "https://sign.example/token");
}

static void
a_string_is_for_what_the_mail_server_takes(void **state)
{
	(void)state;
	accepts(OAUTH);
	assert_int_equal(provider_mechanism(provider), SASL_XOAUTH2);
	accepts(OAUTH "mechanism = xoauth2\n");
	assert_int_equal(provider_mechanism(provider), SASL_XOAUTH2);
	accepts(OAUTH "mechanism = oauthbearer\n");
	assert_int_equal(provider_mechanism(provider), SASL_OAUTHBEARER);
	refuses(OAUTH "mechanism = plain\n", 6, "xoauth2 or oauthbearer");
	refuses(OAUTH "mechanism = bearer\n", 6, "xoauth2 or oauthbearer");
	refuses(OAUTH "mechanism = XOAUTH2\n", 6, "xoauth2 or oauthbearer");
	accepts(PASSWORD);
	assert_int_equal(provider_mechanism(provider), SASL_PLAIN);
	refuses(PASSWORD "mechanism = xoauth2\n", 4, "have passwords");
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		HERE(the_endpoints_stand_together_and_in_clear_nowhere),
		HERE(a_module_that_would_not_look_at_endpoints_has_none),
		HERE(without_a_person_there_is_no_page),
		HERE(a_string_is_for_what_the_mail_server_takes),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
