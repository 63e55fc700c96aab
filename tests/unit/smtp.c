/* SPDX-License-Identifier: ISC */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

#include <cmocka.h>

#include "broker/courier/clock.h"
#include "broker/courier/talk.h"
#include "proto/error.h"

#define VECTOR_MAX 80000

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

static FILE *
open_vectors(const char *name)
{
	const char *folder = getenv("MAILSEAL_VECTORS");
	char path[1024];
	FILE *file;

	(void)snprintf(path, sizeof(path), "%s/%s",
	    folder == NULL ? "tests/vectors" : folder, name);
	file = fopen(path, "r");
	assert_non_null(file);
	return file;
}

/* The vectors' name of a verdict. */
static const char *
label_of(enum verdict verdict)
{
	static const char *const labels[] = { "ok", "continue", "transient",
		"throttled", "reauth-needed", "refresh-once", "admin-needed",
		"config-error", "malformed", "message" };

	return labels[verdict];
}

static enum smtp_phase
phase_of(const char *name)
{
	static const char *const names[] = { "greeting", "ehlo", "starttls",
		"ehlo-tls", "auth", "mail", "rcpt", "data" };

	for (unsigned i = 0; i < sizeof(names) / sizeof(names[0]); i++)
		if (strcmp(names[i], name) == 0)
			return (enum smtp_phase)(1 << i);
	fail_msg("phase %s", name);
	return PHASE_QUIT;
}

/* A talk with a server that says just these bytes and closes. */
static struct talk *
talk_with(const void *bytes, size_t len, const struct secret *credential,
    bool oauth)
{
	struct tls *tls = tls_new(clock_ms() + 5000);
	int ends[2];

	assert_non_null(tls);
	assert_int_equal(socketpair(AF_UNIX, SOCK_STREAM, 0, ends), 0);
	assert_int_equal(write(ends[1], bytes, len), len);
	close(ends[1]);
	tls_adopt(tls, ends[0]);
	return talk_new(tls, credential, oauth);
}

/* What a server's bytes come to. */
static const char *
judge(enum smtp_phase phase, const void *bytes, size_t len, bool oauth)
{
	AUTO(talk) talk = talk_with(bytes, len, NULL, oauth);
	enum verdict verdict;

	assert_non_null(talk);
	if (talk_listen(talk, phase, &verdict))
		return label_of(verdict);
	for (int v = 0; v <= VERDICT_MESSAGE; v++)
		if (strcmp(verdict_class((enum verdict)v),
			talk_ending(talk)->class) == 0)
			return label_of((enum verdict)v);
	return "none";
}

static void
check_reply(const char *id, const char *phase, const char *password,
    const char *oauth)
{
	static char bytes[VECTOR_MAX];
	char name[128];
	const char *got;
	size_t len;
	FILE *file;

	(void)snprintf(name, sizeof(name), "smtp/%s.txt", id);
	file = open_vectors(name);
	len = fread(bytes, 1, sizeof(bytes), file);
	fclose(file);
	got = judge(phase_of(phase), bytes, len, false);
	if (strcmp(got, password) != 0)
		fail_msg("%s with a password is %s", id, got);
	got = judge(phase_of(phase), bytes, len, true);
	if (strcmp(got, oauth) != 0)
		fail_msg("%s with a token is %s", id, got);
}

static void
every_reply_of_the_vectors_has_its_class(void **state)
{
	FILE *file = open_vectors("smtp/index.tsv");
	char row[1024];
	unsigned count = 0;

	(void)state;
	while (fgets(row, sizeof(row), file) != NULL) {
		char *rest = row;
		const char *id = strsep(&rest, "\t");
		const char *phase = strsep(&rest, "\t");
		const char *password = strsep(&rest, "\t");
		const char *oauth = strsep(&rest, "\t");

		if (row[0] == '#')
			continue;
		assert_non_null(rest);
		check_reply(id, phase, password, oauth);
		count++;
	}
	fclose(file);
	assert_true(count >= 70);
}

static void
every_challenge_of_the_vectors_has_its_class(void **state)
{
	FILE *file = open_vectors("sasl-challenges.tsv");
	char row[1024];
	unsigned count = 0;

	(void)state;
	while (fgets(row, sizeof(row), file) != NULL) {
		char *rest = row;
		const char *id = strsep(&rest, "\t");
		const char *mech = strsep(&rest, "\t");
		const char *class = strsep(&rest, "\t");
		const char *text;
		enum verdict verdict;

		row[strcspn(row, "\n")] = '\0';
		if (row[0] == '#')
			continue;
		(void)mech;
		(void)strsep(&rest, "\t");
		(void)strsep(&rest, "\t");
		text = strsep(&rest, "\n");
		assert_non_null(text);
		/* An empty one means more only after the token was sent. */
		if (strcmp(text, "-") == 0)
			continue;
		verdict = verdict_of(PHASE_AUTH, 334, "", text, true);
		if (strcmp(label_of(verdict), class) != 0)
			fail_msg("%s is %s", id, label_of(verdict));
		count++;
	}
	fclose(file);
	assert_true(count >= 9);
}

static void
a_server_that_quotes_the_credential_is_not_quoted(void **state)
{
	static const char *const echoes[] = { "535 5.7.8 no s3cret-s3cret!\r\n",
		"535-5.7.8 no\r\n535 5.7.8 x<s3cret-s3cret!>\r\n",
		"501 5.5.2 cannot decode 3cret-s3cret\r\n" };
	AUTO(secret) credential = secret_copy("s3cret-s3cret!", 14);

	(void)state;
	for (size_t i = 0; i < sizeof(echoes) / sizeof(echoes[0]); i++) {
		AUTO(talk) talk = talk_with(echoes[i], strlen(echoes[i]),
		    credential, false);

		assert_false(talk_hear(talk, PHASE_AUTH, VERDICT_OK));
		assert_null(strstr(talk_ending(talk)->detail, "3cret"));
		assert_non_null(strstr(talk_ending(talk)->detail, "left out"));
		assert_int_equal(talk_ending(talk)->detail[0], '5');
	}
}

static void
a_word_of_the_server_cannot_harm_a_terminal(void **state)
{
	static const char bytes[] = "550 5.1.1 a\x1b[31m\tb\x7f\xff\r\n";
	AUTO(talk) talk = talk_with(bytes, sizeof(bytes) - 1, NULL, false);

	(void)state;
	assert_false(talk_hear(talk, PHASE_RCPT, VERDICT_OK));
	assert_string_equal(talk_ending(talk)->detail, "550 5.1.1 a?[31m b??");
	assert_int_equal(talk_ending(talk)->error, MAILSEAL_E_MAIL);
}

#define TEST(f) cmocka_unit_test_setup_teardown(f, open_arena, close_arena)

int
main(void)
{
	const struct CMUnitTest tests[] = {
		TEST(every_reply_of_the_vectors_has_its_class),
		TEST(every_challenge_of_the_vectors_has_its_class),
		TEST(a_server_that_quotes_the_credential_is_not_quoted),
		TEST(a_word_of_the_server_cannot_harm_a_terminal),
	};

	return cmocka_run_group_tests_name("smtp", tests, NULL, NULL);
}
