/* SPDX-License-Identifier: ISC */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <string.h>

#include <cmocka.h>

#include "broker/courier/exchange.h"
#include "broker/courier/outcome.h"
#include "broker/courier/steps.h"
#include "broker/secret.h"
#include "proto/error.h"

#define TOKEN_LEN 1500

static char token[TOKEN_LEN + 1];
static char reply_bytes[LINE_LONG_MAX];
static struct mailseal_item input = { "refresh_token", token, TOKEN_LEN,
	MAILSEAL_SECRET };
static const struct mailseal_call call = { .size = sizeof(call),
	.op = MAILSEAL_OP_REFRESH,
	.inputs = { &input, 1 } };

static int
prepare(void **state)
{
	(void)state;
	for (size_t i = 0; i < TOKEN_LEN; i++)
		token[i] = (char)('A' + (i * 7 + i / 26 * 3) % 26);
	return secret_arena_open(1 << 20);
}

static int
clear(void **state)
{
	(void)state;
	secret_arena_close();
	return 0;
}

/* What becomes of the provider's words. */
static const char *
clean(const char *words)
{
	static char text[FAULT_DETAIL_MAX];
	struct span span = { (const unsigned char *)words, strlen(words) };

	outcome_clean(&call, span, text);
	return text;
}

static void
a_token_that_a_provider_quotes_stays_secret(void **state)
{
	char words[2048];

	(void)state;
	(void)snprintf(words, sizeof(words), "bad token %s, sorry", token);
	assert_memory_equal(clean(words), "bad token ***", 13);
	assert_null(strstr(clean(words), "HOV"));

	/* The same words cut short, as a module's buffer does it. */
	words[200] = '\0';
	assert_memory_equal(clean(words), "bad token ***", 13);
	assert_string_equal(clean(words) + 197, "***");
}

static void
a_piece_of_a_token_that_is_quoted_stays_secret(void **state)
{
	char words[256];

	(void)state;
	(void)snprintf(words, sizeof(words), "token %.20s... is old",
	    token + 300);
	assert_string_equal(clean(words),
	    "token ********************... is old");
}

#define CODE "GmRhmhcxhwAzkoEqiMEg_DnyEysNkuNhszIySk9eS"

/* What is left of words that repeat the input of this name. */
static const char *
words_about(const char *name)
{
	static char text[FAULT_DETAIL_MAX], bytes[512];
	static struct exchange exchange;
	static struct line line;
	struct mailseal_call poll = { .size = sizeof(poll) };
	struct span words = { (const unsigned char *)"no " CODE,
		strlen("no " CODE) };

	(void)snprintf(bytes, sizeof(bytes),
	    "exchange op=device_poll module=oidc in_%s=" CODE, name);
	line_start(&line, bytes, strlen(bytes));
	assert_int_equal(exchange_read(&exchange, &line), MAILSEAL_OK);
	poll.inputs.item = exchange.in;
	poll.inputs.count = exchange.in_count;
	outcome_clean(&poll, words, text);
	return text;
}

static void
a_device_code_that_is_quoted_stays_secret(void **state)
{
	(void)state;
	assert_null(strstr(words_about("device_code"), "GmRhmhcxhwAz"));
	assert_null(strstr(words_about("client_secret"), "GmRhmhcxhwAz"));
	/* The control: what is no secret is told. */
	assert_string_equal(words_about("mailbox"), "no " CODE);
}

static void
words_without_secrets_are_shown(void **state)
{
	static const char words[] = "AADSTS700082: The refresh token expired.";

	(void)state;
	assert_string_equal(clean(words), words);
	assert_string_equal(clean("a\nb"), "a\\x0ab");
}

/* Put an outcome of these fields. */
static int
put(const char *const *field)
{
	static struct mailseal_ask ask;
	struct line_writer reply;

	memset(&ask, 0, sizeof(ask));
	for (; *field != NULL; field += 2)
		assert_int_equal(steps_put(&ask, MAILSEAL_IN_OUTCOME, field[0],
				     field[1], strlen(field[1]), 0),
		    0);
	line_begin(&reply, reply_bytes, sizeof(reply_bytes), "ok");
	return outcome_put(&ask, &call, &reply);
}

static void
rubbish_of_a_module_is_no_outcome(void **state)
{
	static const char *const none[] = { "access_token", "x", NULL };
	static const char *const other[] = { "class", "fine", NULL };
	static const char *const twice[] = { "class", "ok", "class", "ok",
		NULL };
	static const char *const key[] = { "class", "ok", "a b=c", "d", NULL };
	static const char *const good[] = { "class", "ok", NULL };

	(void)state;
	assert_int_equal(put(none), MAILSEAL_E_MODULE);
	assert_int_equal(put(other), MAILSEAL_E_MODULE);
	assert_int_equal(put(twice), MAILSEAL_E_MODULE);
	assert_int_equal(put(key), MAILSEAL_E_MODULE);
	assert_int_equal(put(good), MAILSEAL_OK);
}

static void
a_key_that_cannot_be_read_is_a_fault_of_the_registration(void **state)
{
	struct http_fault fault = { MAILSEAL_E_CLIENT, "the key" };
	struct line_writer reply;
	size_t len;

	(void)state;
	line_begin(&reply, reply_bytes, sizeof(reply_bytes), "ok");
	outcome_put_fault(&fault, &reply);
	assert_int_equal(line_finish(&reply, &len), MAILSEAL_OK);
	assert_memory_equal(reply_bytes,
	    "ok class=config reason=client_refused ", 38);
}

/* An authorize that found these addresses, and no page for a person. */
static void
without_a_page_the_closed_set_is_told_all_the_same(void **state)
{
	static const char *const found[] = { "class", "ok", "token_endpoint",
		"https://a.test/token", "jwks_uri", "https://b.test/keys",
		NULL };
	static struct mailseal_ask ask;
	const struct mailseal_call authorize = { .size = sizeof(authorize),
		.op = MAILSEAL_OP_AUTHORIZE };
	struct line_writer reply;
	size_t len;

	(void)state;
	memset(&ask, 0, sizeof(ask));
	for (size_t i = 0; found[i] != NULL; i += 2)
		assert_int_equal(steps_put(&ask, MAILSEAL_IN_OUTCOME, found[i],
				     found[i + 1], strlen(found[i + 1]), 0),
		    0);
	line_begin(&reply, reply_bytes, sizeof(reply_bytes), "ok");
	assert_int_equal(outcome_put(&ask, &authorize, &reply), MAILSEAL_OK);
	assert_int_equal(line_finish(&reply, &len), MAILSEAL_OK);
	reply_bytes[len] = '\0';
	assert_non_null(strstr(reply_bytes, " origins=https:"));
	assert_non_null(strstr(reply_bytes, "b.test"));
	assert_null(strstr(reply_bytes, " url="));
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(a_token_that_a_provider_quotes_stays_secret),
		cmocka_unit_test(
		    a_piece_of_a_token_that_is_quoted_stays_secret),
		cmocka_unit_test(a_device_code_that_is_quoted_stays_secret),
		cmocka_unit_test(words_without_secrets_are_shown),
		cmocka_unit_test(rubbish_of_a_module_is_no_outcome),
		cmocka_unit_test(
		    a_key_that_cannot_be_read_is_a_fault_of_the_registration),
		cmocka_unit_test(
		    without_a_page_the_closed_set_is_told_all_the_same),
	};

	return cmocka_run_group_tests(tests, prepare, clear);
}
