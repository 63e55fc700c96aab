/* SPDX-License-Identifier: ISC */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <string.h>

#include <cmocka.h>

#include "broker/courier/reply.h"
#include "proto/error.h"

static void
a_reply_is_the_same_however_it_is_cut_into_packets(void **state)
{
	static const char bytes[] = "535-5.7.8 Username and Password not\r\n"
				    "535 5.7.8  accepted\r\nrest";
	static struct reply reply;
	char words[128];
	size_t used;

	(void)state;
	for (size_t cut = 0; cut < sizeof(bytes) - 1; cut++) {
		reply_start(&reply);
		assert_int_equal(reply_feed(&reply, bytes, cut, &used), 0);
		if (!reply.whole) {
			assert_int_equal(used, cut);
			assert_int_equal(MAILSEAL_OK,
			    reply_feed(&reply, bytes + cut,
				sizeof(bytes) - 1 - cut, &used));
			used += cut;
		}
		assert_true(reply.whole);
		assert_int_equal(used, sizeof(bytes) - 5);
		assert_int_equal(reply.code, 535);
		assert_string_equal(reply.enhanced, "5.7.8");
		reply_words(&reply, words, sizeof(words));
		assert_string_equal(words,
		    "535 5.7.8 Username and Password not accepted");
	}
}

static int
feed(const char *format, int width)
{
	static struct reply reply;
	static char bytes[REPLY_LINE_MAX + 16];
	size_t used;
	int n;

	n = snprintf(bytes, sizeof(bytes), "%.4s%0*d\r\n", format, width, 0);
	reply_start(&reply);
	return reply_feed(&reply, bytes, (size_t)n, &used);
}

static void
a_line_and_a_reply_have_a_limit(void **state)
{
	static struct reply reply;
	static const char line[] = "250-x\r\n";
	size_t used;

	(void)state;
	assert_int_equal(feed("250 ", REPLY_LINE_MAX - 4), MAILSEAL_OK);
	assert_int_equal(feed("250 ", REPLY_LINE_MAX - 3),
	    MAILSEAL_E_MALFORMED);

	reply_start(&reply);
	for (int i = 0; i < REPLY_LINES_MAX; i++)
		assert_int_equal(reply_feed(&reply, line, 7, &used), 0);
	assert_int_equal(reply_feed(&reply, line, 7, &used),
	    MAILSEAL_E_MALFORMED);

	reply_start(&reply);
	for (int i = 0; i < 32; i++) {
		char wide[REPLY_LINE_MAX + 2];

		memset(wide, 'x', sizeof(wide));
		memcpy(wide, "250-", 4);
		memcpy(wide + REPLY_LINE_MAX, "\r\n", 2);
		assert_int_equal(reply_feed(&reply, wide, sizeof(wide), &used),
		    MAILSEAL_OK);
		assert_true(reply.text_len <= REPLY_TEXT_MAX);
	}
}

static void
a_mechanism_is_a_whole_word_of_the_ehlo_reply(void **state)
{
	static const char text[] = "AUTH.example STARTTLS\nSIZE 10\n"
				   "auth Login XOAUTH2 PLAIN-CLIENTTOKEN\n"
				   "XSTARTTLS\nNOTAUTH PLAIN\n8BITMIME";

	(void)state;
	assert_true(reply_offers(text, "AUTH", NULL));
	assert_true(reply_offers(text, "AUTH", "LOGIN"));
	assert_true(reply_offers(text, "AUTH", "XOAUTH2"));
	assert_true(reply_offers(text, "8bitmime", NULL));
	assert_false(reply_offers(text, "AUTH", "XOAUTH"));
	assert_false(reply_offers(text, "AUTH", "XOAUTH22"));
	assert_false(reply_offers(text, "AUTH", "PLAIN"));
	assert_false(reply_offers(text, "AUTH", "8BITMIME"));
	assert_false(reply_offers(text, "STARTTLS", NULL));
	assert_false(reply_offers("", "AUTH", NULL));
}

static void
an_enhanced_code_is_one_or_it_is_text(void **state)
{
	static const struct {
		const char *line;
		const char *enhanced;
		const char *text;
	} cases[] = { { "550 5.7.60 x\r\n", "5.7.60", "x" },
		{ "550 5.7.60\r\n", "5.7.60", "" },
		{ "550 5.200.252 x\r\n", "5.200.252", "x" },
		{ "550 4.7.60 x\r\n", "", "4.7.60 x" },
		{ "550 5.7 x\r\n", "", "5.7 x" },
		{ "550 5.7.60x\r\n", "", "5.7.60x" },
		{ "550 5.7.6000 x\r\n", "", "5.7.6000 x" },
		{ "550 5..1 x\r\n", "", "5..1 x" },
		{ "550 5.7.\r\n", "", "5.7." } };
	static struct reply reply;
	size_t used;

	(void)state;
	for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
		reply_start(&reply);
		assert_int_equal(reply_feed(&reply, cases[i].line,
				     strlen(cases[i].line), &used),
		    0);
		assert_string_equal(reply.enhanced, cases[i].enhanced);
		assert_string_equal(reply.text, cases[i].text);
	}
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(
		    a_reply_is_the_same_however_it_is_cut_into_packets),
		cmocka_unit_test(a_line_and_a_reply_have_a_limit),
		cmocka_unit_test(a_mechanism_is_a_whole_word_of_the_ehlo_reply),
		cmocka_unit_test(an_enhanced_code_is_one_or_it_is_text),
	};

	return cmocka_run_group_tests_name("reply", tests, NULL, NULL);
}
