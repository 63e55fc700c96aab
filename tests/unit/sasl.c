/* SPDX-License-Identifier: ISC */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "broker/sasl.h"
#include "proto/error.h"

static int
open_arena(void **state)
{
	(void)state;
	return secret_arena_open(1 << 20);
}

static int
close_arena(void **state)
{
	(void)state;
	secret_arena_close();
	return 0;
}

static void
what_is_too_long_is_refused(void **state)
{
	AUTO(secret) token = secret_new(SASL_TOKEN_MAX + 1);
	AUTO(secret) password = secret_new(SASL_PASSWORD_MAX + 1);
	AUTO(secret) out = NULL;
	char user[SASL_USER_MAX + 2];

	(void)state;
	memset(token->data, 'T', token->len);
	memset(password->data, 'p', password->len);
	assert_int_equal(sasl_initial_response(SASL_XOAUTH2, "a@b.c", token,
			     NULL, 0, &out),
	    MAILSEAL_E_TOOLONG);
	assert_int_equal(sasl_initial_response(SASL_OAUTHBEARER, "a@b.c", token,
			     NULL, 0, &out),
	    MAILSEAL_E_TOOLONG);
	assert_int_equal(sasl_initial_response(SASL_PLAIN, "a@b.c", password,
			     NULL, 0, &out),
	    MAILSEAL_E_TOOLONG);
	assert_int_equal(sasl_login_line(secret_span(password), &out),
	    MAILSEAL_E_TOOLONG);
	memset(user, 'u', sizeof(user) - 1);
	user[sizeof(user) - 1] = '\0';
	secret_cut(token, 10);
	assert_int_equal(sasl_initial_response(SASL_XOAUTH2, user, token, NULL,
			     0, &out),
	    MAILSEAL_E_TOOLONG);
	assert_null(out);
	user[SASL_USER_MAX] = '\0';
	assert_int_equal(sasl_initial_response(SASL_XOAUTH2, user, token, NULL,
			     0, &out),
	    MAILSEAL_OK);
}

static void
a_mechanism_without_a_string_has_none(void **state)
{
	AUTO(secret) token = secret_copy("tok", 3);
	AUTO(secret) out = NULL;

	(void)state;
	assert_int_equal(sasl_initial_response(SASL_LOGIN, "a", token, NULL, 0,
			     &out),
	    MAILSEAL_E_UNSUPPORTED);
	assert_int_equal(sasl_initial_response(SASL_BEARER, "a", token, NULL, 0,
			     &out),
	    MAILSEAL_E_UNSUPPORTED);
	assert_null(out);
}

static void
every_mechanism_has_one_name(void **state)
{
	(void)state;
	for (int i = SASL_XOAUTH2; i <= SASL_BEARER; i++) {
		const char *name = sasl_mechanism_name((enum sasl_mechanism)i);

		assert_int_equal(sasl_mechanism_by_name(name), i);
	}
	assert_int_equal(sasl_mechanism_by_name("XOAUTH2"), -1);
	assert_int_equal(sasl_mechanism_by_name("xoauth"), -1);
	assert_int_equal(sasl_mechanism_by_name(""), -1);
}

static void
text_that_is_no_utf8_is_refused(void **state)
{
	static const char *const bad[] = { "\x80", "a\xc3", "\xc0\xaf",
		"\xe0\x80\xaf", "\xed\xa0\x80", "\xf0\x80\x80\x80",
		"\xf4\x90\x80\x80", "\xf8\x88\x80\x80\x80", "\xff" };
	static const char *const good[] = { "\xc2\x80", "\xe2\x82\xac",
		"\xed\x9f\xbf", "\xf0\x9f\x93\xa7", "\xf4\x8f\xbf\xbf" };

	(void)state;
	for (size_t i = 0; i < sizeof(bad) / sizeof(bad[0]); i++) {
		AUTO(secret) password = secret_copy(bad[i], strlen(bad[i]));
		AUTO(secret) out = NULL;

		assert_int_equal(sasl_initial_response(SASL_PLAIN, "a",
				     password, NULL, 0, &out),
		    MAILSEAL_E_MALFORMED);
		/* LOGIN says nothing about the bytes. */
		assert_int_equal(sasl_login_line(secret_span(password), &out),
		    MAILSEAL_OK);
	}
	for (size_t i = 0; i < sizeof(good) / sizeof(good[0]); i++) {
		AUTO(secret) password = secret_copy(good[i], strlen(good[i]));
		AUTO(secret) out = NULL;

		assert_int_equal(sasl_initial_response(SASL_PLAIN, "a",
				     password, NULL, 0, &out),
		    MAILSEAL_OK);
	}
}

static void
a_full_arena_is_an_error_and_no_half_string(void **state)
{
	AUTO(secret) token = secret_new(4000);
	AUTO(secret) out = NULL;
	struct secret *fill[64];
	size_t count = 0;

	(void)state;
	memset(token->data, 'T', token->len);
	while (count < 64 && (fill[count] = secret_new(30000)) != NULL)
		count++;
	assert_true(count < 64);
	while (count < 64 && (fill[count] = secret_new(4050)) != NULL)
		count++;
	assert_int_equal(sasl_initial_response(SASL_XOAUTH2, "a@b.c", token,
			     NULL, 0, &out),
	    MAILSEAL_E_NOMEM);
	assert_null(out);
	for (size_t i = 0; i < count; i++)
		secret_free(fill[i]);
}

#define TEST(f) cmocka_unit_test_setup_teardown(f, open_arena, close_arena)

int
main(void)
{
	const struct CMUnitTest tests[] = {
		TEST(what_is_too_long_is_refused),
		TEST(a_mechanism_without_a_string_has_none),
		TEST(every_mechanism_has_one_name),
		TEST(text_that_is_no_utf8_is_refused),
		TEST(a_full_arena_is_an_error_and_no_half_string),
	};

	return cmocka_run_group_tests_name("sasl", tests, NULL, NULL);
}
