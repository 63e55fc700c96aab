/* SPDX-License-Identifier: ISC */
/*
 * What a user would lose: the reason why a command brings no token; or the
 * token, to whoever reads a log.
 */
#include "tests/unit/running.h"

static void
a_command_that_fails_is_told_with_its_last_words(void **state)
{
	(void)state;
	answers(SCRIPT "echo first >&2; echo no such tenant >&2; exit 3\n", "",
	    "ok class=transient reason=command ");
	assert_non_null(strstr(reply, "/program%20ended%20with%20status%203:"));
	assert_non_null(strstr(reply, "no%20such%20tenant"));
	answers(SCRIPT GOOD "exit 1\n", "", "class=transient reason=command ");
	answers(SCRIPT "kill -SEGV $$\n", "", "died%20of%20signal%2011");
	answers(SCRIPT "i=0; while [ $i -lt 9999 ]; do echo line $i; "
		       "i=$((i+1)); done >&2; exit 1\n",
	    "", "line%209998");
}

static void
its_words_do_not_carry_the_secret_it_was_told(void **state)
{
	(void)state;
	answers(SCRIPT "cat >&2; exit 1\n", "", "class=transient");
	assert_null(strstr(reply, SECRET));
	assert_non_null(strstr(reply, "client_secret=***"));
	answers(SCRIPT "read -r l; echo error code=blocked message=${l##*=}\n",
	    "", "class=admin");
	assert_null(strstr(reply, SECRET));
}

#define TOKEN "eyJhbGciOiJSUzI1NiJ9.the-token-that-opens-the-mailbox.c2ln"

static void
its_words_do_not_carry_the_token_that_it_answers(void **state)
{
	(void)state;
	/* Somebody looks for what is wrong, and leaves it so. */
	answers(SCRIPT "set -x\nt=" TOKEN "\necho ok access_token=$t\nexit 1\n",
	    "", "class=transient");
	assert_null(strstr(reply, "the-token-that-opens"));
	assert_non_null(strstr(reply, "exit%201"));
	answers(SCRIPT "set -x\necho ok access_token=" TOKEN "\necho\n", "",
	    "class=malformed");
	assert_null(strstr(reply, "the-token-that-opens"));
	/* Nor an end of either, where its words are cut. */
	for (int len = 145; len < 160; len++) {
		char text[512];

		(void)snprintf(text, sizeof(text),
		    SCRIPT "read -r l\nprintf '%%s%%0*d' \"${l##*=}\" %d 0 "
			   ">&2\nexit 1\n",
		    len);
		answers(text, "", "class=transient");
		assert_null(strstr(reply, "tion0"));
	}
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		OWN(a_command_that_fails_is_told_with_its_last_words),
		OWN(its_words_do_not_carry_the_secret_it_was_told),
		OWN(its_words_do_not_carry_the_token_that_it_answers),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
