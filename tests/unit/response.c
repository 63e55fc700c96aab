/* SPDX-License-Identifier: ISC */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <string.h>

#include <cmocka.h>

#include "broker/courier/response.h"
#include "proto/error.h"

static struct reply response;

/* Read it all at once; the error. */
static int
feed(unsigned phase, const char *text)
{
	size_t used;

	response_start(&response, phase);
	return response_feed(&response, text, strlen(text), &used);
}

static void
reads(unsigned phase, const char *text, enum reply_status status,
    const char *kept)
{
	assert_int_equal(feed(phase, text), MAILSEAL_OK);
	assert_true(response.whole);
	assert_int_equal(response.status, status);
	assert_string_equal(response.text, kept);
}

static void
a_response_is_the_same_however_it_is_cut_into_packets(void **state)
{
	static const char bytes[] =
	    "* ID {7}\r\nA2 OK\r\n \"x\" {2}\r\nyy\r\n* CAPABILITY IMAP4rev1\r\n"
	    "* NO [ALERT] look\r\na2 no [Unavailable] later {3}\r\nrest";
	char words[128];
	size_t used;

	(void)state;
	for (size_t cut = 0; cut < sizeof(bytes) - 1; cut++) {
		response_start(&response, PHASE_IMAP_LOGIN);
		assert_int_equal(response_feed(&response, bytes, cut, &used),
		    MAILSEAL_OK);
		if (!response.whole) {
			assert_int_equal(used, cut);
			assert_int_equal(MAILSEAL_OK,
			    response_feed(&response, bytes + cut,
				sizeof(bytes) - 1 - cut, &used));
			used += cut;
		}
		assert_true(response.whole);
		assert_int_equal(used, sizeof(bytes) - 5);
		assert_int_equal(response.status, REPLY_NO);
		assert_string_equal(response.enhanced, "UNAVAILABLE");
		reply_words(&response, words, sizeof(words));
		assert_string_equal(words,
		    "NO [ALERT] look no [Unavailable] later {3}");
	}
}

static void
a_command_ends_with_its_own_tag_a_prompt_or_a_goodbye(void **state)
{
	(void)state;
	reads(PHASE_IMAP_LOGIN, "A2 OK\r\n", REPLY_OK, "OK");
	reads(PHASE_IMAP_LOGIN, "+\r\n", REPLY_PROMPT, "");
	reads(PHASE_IMAP_LOGIN, "* OK wait\r\n+ AA==\r\n", REPLY_PROMPT,
	    "AA==");
	reads(PHASE_IMAP_LOGIN, "* BYE gone\r\nA2 OK\r\n", REPLY_BYE,
	    "BYE gone");
	reads(PHASE_IMAP_CAPABILITY, "A1 BAD what\r\n", REPLY_BAD, "BAD what");
	reads(PHASE_IMAP_GREETING, "* PREAUTH x\r\n", REPLY_PREAUTH,
	    "PREAUTH x");
}

/* They would fill the words that an admin reads. */
static void
capabilities_that_nobody_asked_for_are_left_out(void **state)
{
	(void)state;
	reads(PHASE_IMAP_LOGIN,
	    "* CAPABILITY IMAP4rev1\r\nA2 OK [CAPABILITY IDLE ID] Hello\r\n",
	    REPLY_OK, "OK Hello");
	reads(PHASE_IMAP_LOGIN, "A2 OK [CAPABILITY IDLE]\r\n", REPLY_OK, "OK ");
	reads(PHASE_IMAP_CAPABILITY,
	    "* CAPABILITY IMAP4rev1\r\nA1 OK [CAPABILITY IDLE] x\r\n", REPLY_OK,
	    "CAPABILITY IMAP4rev1\nOK [CAPABILITY IDLE] x");
}

static void
what_is_no_response_is_refused(void **state)
{
	static const char *const texts[] = { "A9 OK done\r\n", "A2 OK\n",
		"A2OK\r\n", "A2 YES\r\n", "A2 PREAUTH x\r\n", "OK\r\n", "\r\n",
		"* PREAUTH now\r\n", "A2 OK\rx", "A2\r\n", "A1 OK\r\n",
		"250 ok\r\n", "* ID {99999999999999999999999}\r\n",
		"* ID {65537}\r\n", "A2\tOK\r\n" };

	(void)state;
	for (size_t i = 0; i < sizeof(texts) / sizeof(texts[0]); i++)
		if (feed(PHASE_IMAP_LOGIN, texts[i]) != MAILSEAL_E_MALFORMED)
			fail_msg("taken: %s", texts[i]);
	assert_int_equal(feed(PHASE_IMAP_GREETING, "* NO way\r\n"),
	    MAILSEAL_E_MALFORMED);
	assert_int_equal(feed(PHASE_IMAP_GREETING, "A1 OK\r\n"),
	    MAILSEAL_E_MALFORMED);
	assert_int_equal(feed(PHASE_IMAP_GREETING, "\x16\x03\x01"),
	    MAILSEAL_E_NOTLS);
}

static void
a_line_a_literal_and_a_response_have_a_limit(void **state)
{
	static char line[REPLY_LINE_MAX + 3];
	static const char data[] = "* OK x\r\n", half[] = "* ID {40000}\r\n";
	size_t used;
	int error = MAILSEAL_OK;

	(void)state;
	memset(line, 'x', sizeof(line));
	memcpy(line, "A2 OK ", 6);
	memcpy(line + REPLY_LINE_MAX, "\r\n", 3);
	assert_int_equal(feed(PHASE_IMAP_LOGIN, line), MAILSEAL_OK);
	assert_true(response.whole);
	memcpy(line + REPLY_LINE_MAX, "x\r", 3);
	assert_int_equal(feed(PHASE_IMAP_LOGIN, line), MAILSEAL_E_MALFORMED);

	response_start(&response, PHASE_IMAP_LOGIN);
	for (int i = 0; i < REPLY_LINES_MAX; i++)
		assert_int_equal(response_feed(&response, data,
				     sizeof(data) - 1, &used),
		    MAILSEAL_OK);
	assert_int_equal(response_feed(&response, data, sizeof(data) - 1,
			     &used),
	    MAILSEAL_E_MALFORMED);

	assert_int_equal(feed(PHASE_IMAP_LOGIN, half), MAILSEAL_OK);
	for (int i = 0; i < 40000; i++)
		assert_int_equal(response_feed(&response, "z", 1, &used),
		    MAILSEAL_OK);
	error = response_feed(&response, "\r\n", 2, &used);
	assert_int_equal(error, MAILSEAL_OK);
	assert_int_equal(response_feed(&response, half, sizeof(half) - 1,
			     &used),
	    MAILSEAL_E_MALFORMED);
}

static void
capabilities_are_whole_words_of_a_list(void **state)
{
	static const char text[] =
	    "CAPABILITY IMAP4rev1 auth=PLAIN-CLIENTTOKEN LITERAL+\n"
	    "OK [CAPABILITY STARTTLS AUTH=XOAUTH2] LOGINDISABLED";

	(void)state;
	assert_true(response_lists(text));
	assert_true(response_offers(text, "imap4REV1"));
	assert_true(response_offers(text, "AUTH=XOAUTH2"));
	assert_true(response_offers(text, "STARTTLS"));
	assert_false(response_offers(text, "AUTH=PLAIN"));
	assert_false(response_offers(text, "LOGINDISABLED"));
	assert_false(response_offers(text, "OK"));
	assert_false(response_lists("OK CAPABILITY completed"));
	assert_false(response_lists(""));
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(
		    a_response_is_the_same_however_it_is_cut_into_packets),
		cmocka_unit_test(
		    a_command_ends_with_its_own_tag_a_prompt_or_a_goodbye),
		cmocka_unit_test(
		    capabilities_that_nobody_asked_for_are_left_out),
		cmocka_unit_test(what_is_no_response_is_refused),
		cmocka_unit_test(a_line_a_literal_and_a_response_have_a_limit),
		cmocka_unit_test(capabilities_are_whole_words_of_a_list),
	};

	return cmocka_run_group_tests_name("response", tests, NULL, NULL);
}
