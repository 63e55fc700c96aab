/* SPDX-License-Identifier: ISC */
#include <fcntl.h>
#include <openssl/crypto.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include <cmocka.h>

#include "broker/courier/clock.h"
#include "broker/courier/heap.h"
#include "broker/courier/json.h"
#include "broker/courier/steps.h"
#include "broker/secret.h"
#include "proto/error.h"
#include "tests/unit/actor.h"
#include "tests/unit/module.h"

#define TOKEN_LEN 1500
#define FOUND_LEN 16	       /* bytes of a token that are no coincidence */
#define AREA_MAX (256UL << 20) /* what is larger is a sanitizer's shadow */
#define CHUNK 65536

/* The tokens of the exchange; none of them stands anywhere as it is. */
enum { SENT, ACCESS, ROTATED, TOKENS };

/* A letter of a token, made when it is wanted. */
static char
letter(int token, size_t i)
{
	return (char)('A' + (i * 7 + i / 26 * (size_t)(token + 3)) % 26);
}

static void
write_token(int token, char *text)
{
	for (size_t i = 0; i < TOKEN_LEN; i++)
		text[i] = letter(token, i);
	text[TOKEN_LEN] = '\0';
}

static int
prepare(void **state)
{
	(void)state;
	if (heap_install() != MAILSEAL_OK || !stage_open())
		return -1;
	json_open(); /* as main does */
	return secret_arena_open(1 << 20);
}

static int
clear(void **state)
{
	(void)state;
	stage_close();
	secret_arena_close();
	return 0;
}

/* The bytes at an address, be they freed or not. */
static void
peek(uintptr_t at, void *bytes, size_t len)
{
	int fd = open("/proc/self/mem", O_RDONLY | O_CLOEXEC);

	assert_int_equal(pread(fd, bytes, len, (off_t)at), len);
	(void)close(fd);
}

static void
expect_zeros(uintptr_t at, size_t len)
{
	unsigned char bytes[512];

	assert_true(len <= sizeof(bytes));
	peek(at, bytes, len);
	for (size_t i = 0; i < len; i++)
		assert_int_equal(bytes[i], 0);
}

static void
memory_that_is_freed_is_wiped(void **state)
{
	char *block = OPENSSL_malloc(512);
	uintptr_t at = (uintptr_t)block;

	(void)state;
	memset(block, 's', 512);
	OPENSSL_free(block);
	expect_zeros(at, 512);
}

static void
memory_that_moves_is_wiped_where_it_was(void **state)
{
	char *block = OPENSSL_malloc(512), *grown;
	uintptr_t at = (uintptr_t)block;

	(void)state;
	memset(block, 's', 512);
	grown = OPENSSL_realloc(block, 1 << 20);
	assert_non_null(grown);
	assert_int_equal(grown[0], 's');
	assert_int_equal(grown[511], 's');
	expect_zeros(at, 512);
	at = (uintptr_t)grown;
	block = OPENSSL_realloc(grown, 16); /* and when it shrinks */
	assert_non_null(block);
	assert_int_equal(block[15], 's');
	OPENSSL_free(block);
}

/* Whether a piece of the token stands at text. */
static bool
is_piece(const char *text, size_t len, int token, size_t from)
{
	size_t i = 0;

	while (i < len && i < FOUND_LEN && text[i] == letter(token, from + i))
		i++;
	return i == FOUND_LEN;
}

/* How often the middle of a token stands in an area of memory. */
static unsigned
count_in(int fd, uintptr_t start, uintptr_t end, int token)
{
	static char chunk[CHUNK];
	unsigned count = 0;

	for (uintptr_t at = start; at < end; at += CHUNK - FOUND_LEN) {
		size_t want = end - at < CHUNK ? end - at : CHUNK;
		ssize_t got = pread(fd, chunk, want, (off_t)at);

		if ((uintptr_t)chunk >= at && (uintptr_t)chunk < at + want)
			continue; /* the glass that we look through */
		for (ssize_t i = 0; i < got; i++)
			if (is_piece(chunk + i, (size_t)(got - i), token, 700))
				count++;
	}
	explicit_bzero(chunk, sizeof(chunk));
	return count;
}

/* How often a token stands in what this process can write to. */
static unsigned
count_everywhere(int token)
{
	FILE *maps = fopen("/proc/self/maps", "re");
	int fd = open("/proc/self/mem", O_RDONLY | O_CLOEXEC);
	unsigned long start, end;
	char line[512], mode[8];
	unsigned count = 0;

	assert_non_null(maps);
	while (fgets(line, sizeof(line), maps) != NULL) {
		assert_int_equal(sscanf(line, "%lx-%lx %7s", &start, &end,
				     mode),
		    3);
		if (mode[1] != 'w' || end - start > AREA_MAX)
			continue;
		count += count_in(fd, start, end, token);
	}
	(void)close(fd);
	(void)fclose(maps);
	return count;
}

static void
a_token_that_is_left_would_be_found(void **state)
{
	char *left = malloc(TOKEN_LEN + 1);

	(void)state;
	write_token(ROTATED, left);
	assert_true(count_everywhere(ROTATED) > 0);
	explicit_bzero(left, TOKEN_LEN);
	free(left);
	assert_int_equal(count_everywhere(ROTATED), 0);
}

/* The server, which alone writes the new tokens down. */
static void
serve(int listener)
{
	static char body[8192], step[16384], access[TOKEN_LEN + 1],
	    rotated[TOKEN_LEN + 1];

	write_token(ACCESS, access);
	write_token(ROTATED, rotated);
	(void)snprintf(body, sizeof(body),
	    "{\"access_token\":\"%s\",\"token_type\":\"Bearer\","
	    "\"expires_in\":3600,\"refresh_token\":\"%s\"}",
	    access, rotated);
	(void)snprintf(step, sizeof(step),
	    "SHTTP/1.1 200 OK\r\nContent-Length: %zu\r\n\r\n%s", strlen(body),
	    body);
	_exit(stage_serve(listener, SCRIPT(TLS, HEAR, step, WAIT)));
}

static struct secret *
refresh(uint16_t port, struct http_fault *fault)
{
	AUTO(secret) sent = secret_new(TOKEN_LEN);
	struct secret *outcome = NULL;
	char url[64], origins[64];
	struct mailseal_item settings[] = { { "token_endpoint", url, 0, 0 },
		{ "client_id", "id", 2, 0 } };
	struct mailseal_item input = { "refresh_token", (char *)sent->data,
		TOKEN_LEN, MAILSEAL_SECRET };
	struct mailseal_call call = { .size = sizeof(call),
		.op = MAILSEAL_OP_REFRESH,
		.settings = { settings, 2 },
		.inputs = { &input, 1 } };
	struct http_way way = { .origins = origins,
		.trust = { trusting, NULL, NULL },
		.deadline_ms = clock_ms() + 10000 };

	write_token(SENT, (char *)sent->data);
	(void)snprintf(url, sizeof(url), "https://localhost:%u/t", port);
	(void)snprintf(origins, sizeof(origins), "https://localhost:%u", port);
	settings[0].len = strlen(url);
	if (steps_run(module_open("oidc"), &call, &way, &outcome, fault) !=
	    MAILSEAL_OK)
		return NULL;
	return outcome;
}

static void
after_a_refresh_no_token_is_left_in_memory(void **state)
{
	struct http_fault fault = { 0 };
	struct secret *outcome;
	uint16_t port;
	int listener = stage_listen(&port);
	pid_t pid = fork();

	(void)state;
	assert_true(pid >= 0);
	if (pid == 0)
		serve(listener);
	(void)close(listener);
	outcome = refresh(port, &fault);
	assert_int_equal(waitpid(pid, NULL, 0), pid);
	if (outcome == NULL)
		fail_msg("%s", fault.detail);
	assert_true(count_everywhere(ACCESS) > 0); /* we do see it */
	secret_free(outcome);
	assert_int_equal(count_everywhere(SENT), 0);
	assert_int_equal(count_everywhere(ACCESS), 0);
	assert_int_equal(count_everywhere(ROTATED), 0);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(memory_that_is_freed_is_wiped),
		cmocka_unit_test(memory_that_moves_is_wiped_where_it_was),
		cmocka_unit_test(a_token_that_is_left_would_be_found),
		cmocka_unit_test(after_a_refresh_no_token_is_left_in_memory),
	};

	return cmocka_run_group_tests(tests, prepare, clear);
}
