/* SPDX-License-Identifier: ISC */
/*
 * What a user would lose: a key that is shown because nobody called it a
 * secret, and a certificate that does not go with its key.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <string.h>

#include <cmocka.h>

#include "broker/courier/exchange.h"
#include "broker/secret.h"
#include "proto/error.h"

static char request[LINE_LONG_MAX], answer[LINE_LONG_MAX];
static struct line line, reply;
static struct exchange exchange;

static int
prepare(void **state)
{
	(void)state;
	return secret_arena_open(1 << 20);
}

/* Read a request of this text. */
static int
read_request(const char *text)
{
	(void)snprintf(request, sizeof(request), "%s", text);
	line_start(&line, request, strlen(request));
	return exchange_read(&exchange, &line);
}

/* Do what a request says; its answer is in reply. */
static int
run(const char *text)
{
	static const struct trust nobody = { NULL, NULL, NULL };
	size_t len;
	int error = read_request(text);

	if (error == MAILSEAL_OK)
		error = exchange_run(&exchange, &nobody, "/nowhere", answer,
		    sizeof(answer), &len);
	if (error == MAILSEAL_OK)
		line_start(&reply, answer, len - 1);
	return error;
}

static void
what_opens_something_is_a_secret(void **state)
{
	static const char *const secret[] = { "client_secret", "client_key",
		"device_code", "refresh_token", "file", "code" };
	static const char *const open[] = { "client_keys", "key_id", "x5t",
		"mailbox", "jti" };
	char text[256];

	(void)state;
	for (size_t i = 0; i < sizeof(secret) / sizeof(secret[0]); i++) {
		(void)snprintf(text, sizeof(text),
		    "exchange op=refresh module=oidc in_%s=x", secret[i]);
		assert_int_equal(read_request(text), MAILSEAL_OK);
		assert_int_equal(exchange.in_count, 1);
		assert_int_equal(exchange.in[0].flags, MAILSEAL_SECRET);
	}
	for (size_t i = 0; i < sizeof(open) / sizeof(open[0]); i++) {
		(void)snprintf(text, sizeof(text),
		    "exchange op=refresh module=oidc in_%s=x", open[i]);
		assert_int_equal(read_request(text), MAILSEAL_OK);
		assert_int_equal(exchange.in[0].flags, 0);
	}
}

static void
a_new_key_and_certificate_come_back_as_a_file_that_is_taken(void **state)
{
	struct line_writer w;
	char file[16384], x5t[64], text[32768];
	size_t len;

	(void)state;
	assert_int_equal(run("exchange op=new_cert module=- in_name=campus"),
	    MAILSEAL_OK);
	assert_string_equal(line_get(&reply, "class", 32), "ok");
	(void)snprintf(x5t, sizeof(x5t), "%s",
	    line_get(&reply, "x5t_s256", 64));
	(void)snprintf(file, sizeof(file), "%s%s",
	    line_get(&reply, "client_key", 8192),
	    line_get(&reply, "certificate", 8192));

	line_begin(&w, text, sizeof(text), "exchange");
	line_put(&w, "op", "key");
	line_put(&w, "in_file", file);
	assert_int_equal(line_finish(&w, &len), MAILSEAL_OK);
	text[len - 1] = '\0';
	assert_int_equal(run(text), MAILSEAL_OK);
	assert_string_equal(line_get(&reply, "class", 32), "ok");
	assert_string_equal(line_get(&reply, "x5t_s256", 64), x5t);
}

static void
a_request_of_more_or_less_than_is_known_is_refused(void **state)
{
	(void)state;
	assert_int_equal(run("exchange op=new_cert in_name=a in_x=b"),
	    MAILSEAL_E_UNKNOWN);
	assert_int_equal(run("exchange op=new_cert"), MAILSEAL_E_MISSING);
	assert_int_equal(run("exchange op=key"), MAILSEAL_E_MISSING);
	assert_int_equal(run("exchange op=keys in_file=x"),
	    MAILSEAL_E_UNSUPPORTED);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(what_opens_something_is_a_secret),
		cmocka_unit_test(
		    a_new_key_and_certificate_come_back_as_a_file_that_is_taken),
		cmocka_unit_test(
		    a_request_of_more_or_less_than_is_known_is_refused),
	};

	return cmocka_run_group_tests(tests, prepare, NULL);
}
