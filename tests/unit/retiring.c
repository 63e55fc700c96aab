/* SPDX-License-Identifier: ISC */
/*
 * What a user would lose: the months that were left to move a mailbox from a
 * password to a sign-in.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

#include <cmocka.h>

#include "broker/retiring.h"

static void
each_server_that_retires_passwords_names_the_way_out(void **state)
{
	static const char *const hosts[][2] = {
		{ "smtp.office365.com", "preset = microsoft" },
		{ "SMTP.Office365.com", "preset = microsoft" },
		{ "smtp-mail.outlook.com", "preset = microsoft" },
		{ "smtp.gmail.com", "preset = google" },
	};

	(void)state;
	for (size_t i = 0; i < sizeof(hosts) / sizeof(hosts[0]); i++) {
		const char *words = retiring_words(hosts[i][0]);

		assert_non_null(words);
		assert_non_null(strstr(words, hosts[i][1]));
	}
}

static void
nobody_is_warned_of_another_server(void **state)
{
	(void)state;
	assert_null(retiring_words("smtp.campus.edu"));
	assert_null(retiring_words("smtp.office365.com.campus.edu"));
	assert_null(retiring_words(""));
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(
		    each_server_that_retires_passwords_names_the_way_out),
		cmocka_unit_test(nobody_is_warned_of_another_server),
	};

	return cmocka_run_group_tests_name("retiring", tests, NULL, NULL);
}
