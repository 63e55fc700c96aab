/* SPDX-License-Identifier: ISC */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <string.h>
#include <sysexits.h>

#include <cmocka.h>

#include "proto/error.h"

#define LAST MAILSEAL_E_NOREVOKE /* the end of the enum */

static void
the_table_is_in_the_order_of_the_enum(void **state)
{
	(void)state;
	/* One name of each group; by_name gives the row's own number. */
	for (int error = 0; error >= LAST; error--)
		assert_int_equal(mailseal_error_by_name(
				     mailseal_error_name(error)),
		    error);
	assert_string_equal(mailseal_error_name(MAILSEAL_OK), "ok");
	assert_string_equal(mailseal_error_name(MAILSEAL_E_DENIED), "denied");
	assert_string_equal(mailseal_error_name(MAILSEAL_E_INUSE),
	    "store_in_use");
	assert_string_equal(mailseal_error_name(MAILSEAL_E_ORIGIN), "origin");
	assert_string_equal(mailseal_error_name(LAST), "no_revocation");
}

static void
no_two_errors_have_one_name(void **state)
{
	(void)state;
	for (int a = 0; a >= LAST; a--)
		for (int b = a - 1; b >= LAST; b--)
			assert_string_not_equal(mailseal_error_name(a),
			    mailseal_error_name(b));
}

static void
every_error_tells_a_program_how_to_exit(void **state)
{
	static const struct {
		const char *code;
		int status;
	} codes[] = { { "ok", EX_OK }, { "denied", EX_NOPERM },
		{ "busy", EX_TEMPFAIL }, { "locked", EX_TEMPFAIL },
		{ "unavailable", EX_TEMPFAIL }, { "reauth", EX_CONFIG },
		{ "blocked", EX_CONFIG }, { "disabled", EX_CONFIG },
		{ "malformed", EX_PROTOCOL }, { "unsupported", EX_PROTOCOL },
		{ "internal", EX_SOFTWARE } };
	const size_t count = sizeof(codes) / sizeof(codes[0]);

	(void)state;
	for (size_t i = 0; i < count; i++)
		assert_int_equal(mailseal_code_exit(codes[i].code),
		    codes[i].status);
	for (int error = 0; error >= LAST; error--) {
		const char *code = mailseal_error_code(error);
		size_t i = 0;

		while (i < count && strcmp(codes[i].code, code) != 0)
			i++;
		assert_true(i < count);
		assert_int_equal(mailseal_error_exit(error), codes[i].status);
	}
	assert_int_equal(mailseal_code_exit("nonsense"), EX_SOFTWARE);
}

static void
every_error_has_words_and_an_advice(void **state)
{
	(void)state;
	for (int error = 0; error >= LAST; error--) {
		const char *text = mailseal_error_text(error);
		const char *advice = mailseal_error_advice(error);
		const char *mark = advice;

		assert_true(strlen(text) > 0 && strlen(advice) > 0);
		assert_int_not_equal(text[strlen(text) - 1], '.');
		assert_null(strchr(text, '%'));
		/* Nothing but %s, the account, and %p, its provider. */
		while ((mark = strchr(mark, '%')) != NULL)
			assert_non_null(memchr("sp", *++mark, 2));
	}
}

static void
a_number_or_name_unknown_is_internal(void **state)
{
	static const int wrong[] = { 1, 42, LAST - 1, -1000, INT32_MIN };

	(void)state;
	for (size_t i = 0; i < sizeof(wrong) / sizeof(wrong[0]); i++) {
		assert_string_equal(mailseal_error_name(wrong[i]), "internal");
		assert_int_equal(mailseal_error_exit(wrong[i]), EX_SOFTWARE);
	}
	assert_int_equal(mailseal_error_by_name("nonsense"),
	    MAILSEAL_E_INTERNAL);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(the_table_is_in_the_order_of_the_enum),
		cmocka_unit_test(no_two_errors_have_one_name),
		cmocka_unit_test(every_error_tells_a_program_how_to_exit),
		cmocka_unit_test(every_error_has_words_and_an_advice),
		cmocka_unit_test(a_number_or_name_unknown_is_internal),
	};

	return cmocka_run_group_tests_name("error", tests, NULL, NULL);
}
