/* SPDX-License-Identifier: ISC */
/*
 * What a user would lose: a password, to a server that a fingerprint was
 * taken to mean.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <string.h>

#include <cmocka.h>

#include "broker/pin.h"

#define A "0123456789abcdef0123456789abcdef0123456789abcdef0123456789abcdef"
#define A_COLONS                                           \
	"01:23:45:67:89:AB:CD:EF:01:23:45:67:89:AB:CD:EF:" \
	"01:23:45:67:89:AB:CD:EF:01:23:45:67:89:AB:CD:EF"
#define B "fedcba9876543210fedcba9876543210fedcba9876543210fedcba9876543210"

static void
reads(const char *text, const char *wanted)
{
	char pins[256] = "none";

	assert_int_equal(pin_read(text, pins, sizeof(pins)), wanted != NULL);
	if (wanted != NULL)
		assert_string_equal(pins, wanted);
}

static void
a_fingerprint_is_read_as_openssl_prints_it(void **state)
{
	(void)state;
	reads("sha256:" A, A);
	reads("sha256:" A_COLONS, A);
	reads("SHA256:" A_COLONS, A);
	reads("sha256:" A "  SHA256:" B " ", A " " B);
	assert_true(pin_is_meant("Sha256:x"));
	assert_false(pin_is_meant("/etc/ca.pem"));
	assert_false(pin_is_meant("sha1:" A));
}

static void
what_is_no_fingerprint_is_refused_whole(void **state)
{
	static const char *const texts[] = { "", " ",
		"sha256:", "sha256:" A "0", "sha256:0", A, "sha256:" A " " B,
		"sha256:" A ",sha256:" B, "sha256:" A " sha1:" B, "sha256: " A,
		"sha256:" A ":",
		"sha256:g123456789abcdef0123456789abcdef"
		"0123456789abcdef0123456789abcdef",
		"sha256:01:23:45:67:89:AB:CD:EF:01:23:45:67:89:AB:CD:EF:"
		"01:23:45:67:89:AB:CD:EF:01:23:45:67:89:AB:CD:E",
		"sha256:01-23-45-67-89-AB-CD-EF-01-23-45-67-89-AB-CD-EF-"
		"01-23-45-67-89-AB-CD-EF-01-23-45-67-89-AB-CD-EF",
		"sha256:01:2345:67:89:AB:CD:EF:01:23:45:67:89:AB:CD:EF:01:"
		"23:45:67:89:AB:CD:EF:01:23:45:67:89:AB:CD:EF01" };

	(void)state;
	for (size_t i = 0; i < sizeof(texts) / sizeof(texts[0]); i++)
		reads(texts[i], NULL);
}

static void
more_than_there_is_room_for_is_refused_not_cut(void **state)
{
	char pins[130];

	(void)state;
	assert_true(pin_read("sha256:" A " sha256:" B, pins, 130));
	assert_string_equal(pins, A " " B);
	assert_false(pin_read("sha256:" A " sha256:" B, pins, 129));
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(a_fingerprint_is_read_as_openssl_prints_it),
		cmocka_unit_test(what_is_no_fingerprint_is_refused_whole),
		cmocka_unit_test(
		    more_than_there_is_room_for_is_refused_not_cut),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
