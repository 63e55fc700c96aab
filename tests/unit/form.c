/* SPDX-License-Identifier: ISC */
#include <setjmp.h>
#include <stdarg.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "broker/courier/form.h"
#include "proto/error.h"

static void
a_value_cannot_become_a_field_of_its_own(void **state)
{
	AUTO_FORM form = form_start(256);
	struct span value = { (const unsigned char *)"x&admin=1\0=", 11 };

	(void)state;
	form_put_pair(&form, FORM_BODY, "a", value);
	form_put_pair(&form, FORM_BODY, "b", (struct span){ NULL, 0 });
	assert_string_equal((const char *)form.text->data,
	    "a=x%26admin%3D1%00%3D&b=");
}

static void
a_text_that_does_not_fit_is_marked(void **state)
{
	AUTO_FORM form = form_start(4);

	(void)state;
	form_put(&form, "abcd");
	assert_false(form.failed);
	form_put(&form, "e");
	assert_true(form.failed);
}

static int
setup(void **state)
{
	(void)state;
	return secret_arena_open(4 * 1024 * 1024);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(a_value_cannot_become_a_field_of_its_own),
		cmocka_unit_test(a_text_that_does_not_fit_is_marked),
	};

	return cmocka_run_group_tests(tests, setup, NULL);
}
