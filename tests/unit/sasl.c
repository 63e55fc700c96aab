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
#include "proto/line.h"

#define ROW_MAX 65536
#define FIELD_MAX 16384

enum column {
	ID,
	MECH,
	EXPECT,
	USER,
	SECRET,
	HOST,
	PORT,
	AUTHZID,
	INLINE,
	BASE64,
	COLUMNS
};

/* What a request said, read as a request is. */
struct inputs {
	char bytes[LINE_LONG_MAX + 1];
	struct line line;
	const char *user;
	const char *authzid;
	const char *host;
	uint16_t port;
	struct secret *secret;
};

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

/* Decode hex, where "-" is nothing; the length. */
static size_t
unhex(const char *hex, unsigned char *bytes)
{
	size_t len = 0;

	if (strcmp(hex, "-") == 0)
		return 0;
	for (; hex[0] != '\0' && hex[1] != '\0'; hex += 2) {
		char digits[3] = { hex[0], hex[1], '\0' };

		assert_true(len < FIELD_MAX);
		bytes[len++] = (unsigned char)strtoul(digits, NULL, 16);
	}
	return len;
}

static void
put_hex(struct line_writer *w, const char *key, const char *hex)
{
	static unsigned char bytes[FIELD_MAX];

	line_put_bytes(w, key, bytes, unhex(hex, bytes));
}

static void
put_host(struct line_writer *w, const char *host)
{
	if (strncmp(host, "hex:", 4) == 0)
		put_hex(w, "host", host + 4);
	else if (strcmp(host, "-") != 0)
		line_put(w, "host", host);
}

/* Bring the row's inputs in the way they come: over a line. */
static int
take(struct inputs *in, char **row)
{
	struct line_writer w;
	size_t len;

	line_begin(&w, in->bytes, sizeof(in->bytes), "exchange");
	put_hex(&w, "user", row[USER]);
	put_hex(&w, "secret", row[SECRET]);
	put_hex(&w, "authzid", row[AUTHZID]);
	put_host(&w, row[HOST]);
	if (strcmp(row[PORT], "-") != 0)
		line_put(&w, "port", row[PORT]);
	assert_int_equal(line_finish(&w, &len), MAILSEAL_OK);

	line_start(&in->line, in->bytes, len - 1);
	assert_int_equal(secret_from_line(&in->line, "secret", FIELD_MAX,
			     &in->secret),
	    MAILSEAL_OK);
	in->user = line_get(&in->line, "user", SASL_USER_MAX);
	in->authzid = line_get(&in->line, "authzid", SASL_USER_MAX);
	in->host = line_get(&in->line, "host", 255);
	in->port = (uint16_t)line_get_number(&in->line, "port", 0, 65535);
	if (line_has(&in->line, "port") && in->port == 0)
		line_fail(&in->line, MAILSEAL_E_MALFORMED, "port");
	return line_end(&in->line);
}

/* Both lines of the LOGIN exchange, with a space between. */
static int
login_lines(const struct inputs *in, struct secret **response)
{
	AUTO(secret) user = NULL;
	AUTO(secret) password = NULL;
	struct span name = { (const unsigned char *)in->user,
		strlen(in->user) };
	int error = sasl_login_line(name, &user);

	if (error == MAILSEAL_OK)
		error = sasl_login_line(secret_span(in->secret), &password);
	if (error != MAILSEAL_OK)
		return error;
	*response = secret_new(user->len + 1 + password->len);
	assert_non_null(*response);
	memcpy((*response)->data, user->data, user->len);
	(*response)->data[user->len] = ' ';
	memcpy((*response)->data + user->len + 1, password->data,
	    password->len);
	return MAILSEAL_OK;
}

static int
respond(struct inputs *in, char **row, struct secret **response)
{
	char name[16];
	int error = take(in, row);
	int mechanism;

	if (error != MAILSEAL_OK)
		return error;
	(void)snprintf(name, sizeof(name), "%s", row[MECH]);
	for (char *c = name; *c != '\0'; c++)
		*c = *c >= 'A' && *c <= 'Z' ? (char)(*c + 'a' - 'A') : *c;
	mechanism = sasl_mechanism_by_name(name);
	assert_true(mechanism >= 0);
	if (mechanism == SASL_LOGIN)
		return login_lines(in, response);
	if (mechanism == SASL_PLAIN && in->authzid[0] != '\0')
		return sasl_plain(in->authzid, in->user, in->secret, response);
	return sasl_initial_response((enum sasl_mechanism)mechanism, in->user,
	    in->secret, in->host, in->port, response);
}

static void
check_row(char *text)
{
	static struct inputs in;
	AUTO(secret) response = NULL;
	char *row[COLUMNS];
	int error;

	for (int i = 0; i < COLUMNS; i++) {
		row[i] = strsep(&text, "\t");
		assert_non_null(row[i]);
	}
	in.secret = NULL;
	error = respond(&in, row, &response);
	if (strcmp(row[EXPECT], "reject") == 0) {
		if (error == MAILSEAL_OK || response != NULL)
			fail_msg("%s is let through", row[ID]);
	} else {
		if (error != MAILSEAL_OK)
			fail_msg("%s is refused: %s", row[ID],
			    mailseal_error_name(error));
		if (strcmp((char *)response->data, row[BASE64]) != 0)
			fail_msg("%s is another string", row[ID]);
		assert_int_equal(response->len, strlen(row[BASE64]));
	}
	secret_free(in.secret);
}

static void
every_vector_gives_its_string_or_is_refused(void **state)
{
	static char text[ROW_MAX];
	const char *folder = getenv("MAILSEAL_VECTORS");
	char path[1024];
	unsigned count = 0;
	FILE *file;

	(void)state;
	(void)snprintf(path, sizeof(path), "%s/sasl.tsv",
	    folder == NULL ? "tests/vectors" : folder);
	file = fopen(path, "r");
	assert_non_null(file);
	while (fgets(text, sizeof(text), file) != NULL) {
		text[strcspn(text, "\n")] = '\0';
		if (text[0] == '#')
			continue;
		check_row(text);
		count++;
	}
	fclose(file);
	assert_true(count >= 46);
	assert_int_equal(secret_arena_used(), 0);
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
		TEST(every_vector_gives_its_string_or_is_refused),
		TEST(what_is_too_long_is_refused),
		TEST(a_mechanism_without_a_string_has_none),
		TEST(every_mechanism_has_one_name),
		TEST(text_that_is_no_utf8_is_refused),
		TEST(a_full_arena_is_an_error_and_no_half_string),
	};

	return cmocka_run_group_tests_name("sasl", tests, NULL, NULL);
}
