/* SPDX-License-Identifier: ISC */
/*
 * What a user would lose: a password, to a server that a line of the provider
 * file was taken to trust; or the way out of the house.
 */
#include "broker/place.h"
#include "tests/unit/provided.h"

static void
trust_in_every_server_is_refused(void **state)
{
	(void)state;
	refuses(PASSWORD "smtp_auth_ssl_trust = *\n", 4, "trust every server");
	refuses(PASSWORD "ca_file = *\n", 4, "trust every server");
	refuses(PASSWORD "ca_file = ca.pem\n", 4, "starting with /");
}

static void
trust_is_a_safe_file_with_a_certificate(void **state)
{
	char text[512];

	(void)state;
	(void)snprintf(text, sizeof(text), PASSWORD "ca_file = %s\n",
	    path_of("ca.pem"));
	refuses(text, 4, "No such file");
	write_file("ca.pem", "-----BEGIN PRIVATE KEY-----\n");
	refuses(text, 4, "no PEM certificate");
	write_file("ca.pem", PEM);
	accepts(text);
	assert_string_equal(provider->ca, PEM);
	assert_null(provider->smtp_trust);
	assert_int_equal(chmod(path_of("ca.pem"), 0664), 0);
	refuses(text, 4, "ca.pem");
	(void)snprintf(text, sizeof(text),
	    PASSWORD "smtp_auth_ssl_trust = %s\n", path_of("ca.pem"));
	assert_int_equal(chmod(path_of("ca.pem"), 0644), 0);
	accepts(text);
	assert_string_equal(provider->smtp_trust, PEM);
	assert_null(provider->ca);
}

#define PIN                                       \
	"sha256:0123456789abcdef0123456789abcdef" \
	"0123456789abcdef0123456789abcdef"

static void
trust_of_a_mail_server_may_be_a_fingerprint(void **state)
{
	(void)state;
	accepts(PASSWORD "smtp_auth_ssl_trust = " PIN "\n");
	assert_string_equal(provider->smtp_pins, &(PIN)[strlen("sha256:")]);
	assert_null(provider->smtp_trust);
	assert_false(place_note(provider, &fault));
	refuses(PASSWORD "smtp_auth_ssl_trust = " PIN "0\n", 4,
	    "64 digits of hex");
	refuses(PASSWORD "smtp_auth_ssl_trust = other.example\n", 4,
	    "neither a file");
	refuses(PASSWORD "smtp_auth_ssl_trust = *.example\n", 4,
	    "neither a file");
	refuses(PASSWORD "ca_file = " PIN "\n", 4, "starting with /");
}

/* Where this setting comes from it switches verification off. */
static void
trust_in_the_server_itself_changes_nothing_and_is_told(void **state)
{
	(void)state;
	accepts(PASSWORD "smtp_auth_ssl_trust = Mail.Example\n");
	assert_null(provider->smtp_trust);
	assert_null(provider->smtp_pins);
	assert_true(place_note(provider, &fault));
	is_about(&fault, "campus.conf", 4, "verified all the same");
	accepts(PASSWORD);
	assert_false(place_note(provider, &fault));
}

static void
a_way_by_a_proxy_is_checked_when_it_is_read(void **state)
{
	(void)state;
	accepts(PASSWORD "proxy = http://proxy.example:3128\n"
			 "no_proxy = .example, 10.0.0.0/8\n");
	refuses(PASSWORD "proxy = http://a:b@proxy.example:3128\n", 4,
	    "no file holds one");
	refuses(PASSWORD "proxy = https://proxy.example:3128\n", 4,
	    "TLS to the proxy");
	refuses(PASSWORD "proxy = proxy.example\n", 4, "http://HOST:PORT");
	refuses(PASSWORD "no_proxy = 10.0.0.0/33\n", 4, "ADDRESS/BITS");
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		HERE(trust_in_every_server_is_refused),
		HERE(trust_is_a_safe_file_with_a_certificate),
		HERE(trust_of_a_mail_server_may_be_a_fingerprint),
		HERE(trust_in_the_server_itself_changes_nothing_and_is_told),
		HERE(a_way_by_a_proxy_is_checked_when_it_is_read),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
