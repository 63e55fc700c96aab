/* SPDX-License-Identifier: ISC */
/*
 * What a user would lose: the key of a registration, to whoever gets to see
 * what is left of the memory of a process that signed with it.
 */
#include "tests/unit/vectors.h"

#include <fcntl.h>
#include <openssl/core_names.h>
#include <stdbool.h>
#include <unistd.h>

#include "broker/courier/heap.h"
#include "broker/courier/json.h"
#include "broker/courier/keyfile.h"
#include "broker/courier/sign.h"
#include "broker/courier/signkey.h"
#include "broker/courier/steps.h"
#include "broker/secret.h"
#include "proto/error.h"

#define PIECE 16	       /* bytes of a key that are no coincidence */
#define AREA_MAX (256UL << 20) /* what is larger is a sanitizer's shadow */
#define CHUNK 65536
#define VEIL 0x5a /* pieces lie in here veiled, so as not to be found */

/* A piece of the text, and of a prime in both orders of its bytes. */
enum { TEXT, PRIME, PRIME_BACKWARDS, PIECES };

static unsigned char piece[PIECES][PIECE];

static int
prepare(void **state)
{
	(void)state;
	if (heap_install() != MAILSEAL_OK)
		return -1;
	json_open(); /* as main does */
	return secret_arena_open(1 << 20);
}

/* The key's file, straight into the arena. */
static struct secret *
read_pem(void)
{
	const char *folder = getenv("MAILSEAL_VECTORS");
	struct secret *pem = secret_new(4096);
	char path[600];
	ssize_t len;
	int fd;

	(void)snprintf(path, sizeof(path),
	    "%s/keys/TEST-ONLY-client-rsa2048.key.pem",
	    folder != NULL ? folder : "tests/vectors");
	fd = open(path, O_RDONLY | O_CLOEXEC);
	assert_true(fd >= 0 && pem != NULL);
	len = read(fd, pem->data, pem->len);
	assert_true(len > 1000);
	(void)close(fd);
	secret_cut(pem, (size_t)len);
	return pem;
}

static void
veil(int which, const unsigned char *bytes)
{
	for (size_t i = 0; i < PIECE; i++)
		piece[which][i] = bytes[i] ^ VEIL;
}

static void
take_pieces(const struct secret *pem)
{
	unsigned char prime[128], back[PIECE];
	AUTO_SIGNKEY key = NULL;
	BIGNUM *factor = NULL;
	const char *why;

	veil(TEXT, pem->data + 705); /* within a line */
	assert_int_equal(signkey_read(secret_span(pem), &key, &why),
	    MAILSEAL_OK);
	assert_int_equal(EVP_PKEY_get_bn_param(key, OSSL_PKEY_PARAM_RSA_FACTOR1,
			     &factor),
	    1);
	assert_int_equal(BN_bn2binpad(factor, prime, sizeof(prime)), 128);
	BN_clear_free(factor);
	veil(PRIME, prime + 64);
	for (size_t i = 0; i < PIECE; i++)
		back[i] = prime[64 + PIECE - 1 - i];
	veil(PRIME_BACKWARDS, back);
	explicit_bzero(prime, sizeof(prime));
	explicit_bzero(back, sizeof(back));
}

static bool
is_piece(const unsigned char *bytes, int which)
{
	for (size_t i = 0; i < PIECE; i++)
		if ((bytes[i] ^ VEIL) != piece[which][i])
			return false;
	return true;
}

static unsigned
count_in(int fd, uintptr_t start, uintptr_t end, int which)
{
	static unsigned char chunk[CHUNK];
	unsigned count = 0;

	for (uintptr_t at = start; at < end; at += CHUNK - PIECE) {
		size_t want = end - at < CHUNK ? end - at : CHUNK;
		ssize_t got = pread(fd, chunk, want, (off_t)at);

		if ((uintptr_t)chunk >= at && (uintptr_t)chunk < at + want)
			continue; /* the glass that we look through */
		for (ssize_t i = 0; i + PIECE <= got; i++)
			if (is_piece(chunk + i, which))
				count++;
	}
	explicit_bzero(chunk, sizeof(chunk));
	return count;
}

/* How often a piece stands in what this process can write to. */
static unsigned
count_everywhere(int which)
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
		if (mode[1] == 'w' && end - start <= AREA_MAX)
			count += count_in(fd, start, end, which);
	}
	(void)close(fd);
	(void)fclose(maps);
	return count;
}

static void
expect_nothing(void)
{
	static const char *const names[] = { "text", "prime",
		"prime backwards" };

	for (int i = 0; i < PIECES; i++) {
		unsigned count = count_everywhere(i);

		if (count > 0)
			fail_msg("%s: %u times", names[i], count);
	}
}

static void
after_a_signature_no_piece_of_the_key_is_left_in_memory(void **state)
{
	static struct mailseal_ask ask;
	AUTO(secret) pem = read_pem();
	AUTO(secret) token = NULL;
	struct mailseal_item input = { "client_key", (char *)pem->data,
		pem->len, MAILSEAL_SECRET };
	struct mailseal_items inputs = { &input, 1 };
	struct http_fault fault;

	(void)state;
	take_pieces(pem);
	(void)steps_put(&ask, MAILSEAL_IN_OUTCOME, "alg", "PS256", 5, 0);
	(void)steps_put(&ask, MAILSEAL_IN_OUTCOME, "key", "client_key", 10, 0);
	assert_int_equal(sign_token(&ask, &inputs, &token, &fault),
	    MAILSEAL_OK);
	assert_true(count_everywhere(TEXT) > 0); /* we do see it */
	secret_free(secret_move(&pem));
	expect_nothing();
}

static void
a_key_that_is_in_use_would_be_found(void **state)
{
	AUTO(secret) pem = read_pem();
	EVP_PKEY *key = NULL;
	const char *why;

	(void)state;
	assert_int_equal(signkey_read(secret_span(pem), &key, &why),
	    MAILSEAL_OK);
	assert_true(count_everywhere(PRIME_BACKWARDS) > 0);
	signkey_auto(&key);
}

/* Put the JSON of a service account with this key into a request. */
static void
put_account(const struct secret *pem, struct line_writer *w)
{
	AUTO(secret) json = secret_new(8192);
	char *text = (char *)json->data;
	size_t n = (size_t)snprintf(text, json->len,
	    "{\"type\":\"service_account\",\"private_key_id\":\"k\","
	    "\"client_email\":\"m@p.test\",\"private_key\":\"");

	for (size_t i = 0; i < pem->len; i++) {
		if (pem->data[i] == '\n')
			text[n++] = '\\';
		text[n++] = pem->data[i] == '\n' ? 'n' : (char)pem->data[i];
	}
	memcpy(text + n, "\"}", 2);
	line_put_bytes(w, "in_file", text, n + 2);
}

static void
after_a_key_file_was_read_no_piece_of_it_is_left(void **state)
{
	AUTO(secret) pem = read_pem();
	AUTO(secret) request = secret_new(LINE_LONG_MAX);
	AUTO(secret) answer = secret_new(LINE_LONG_MAX);
	struct line_writer w;
	struct line line;
	size_t len;

	(void)state;
	line_begin(&w, (char *)request->data, request->len, "exchange");
	put_account(pem, &w);
	assert_int_equal(line_finish(&w, &len), MAILSEAL_OK);
	line_start(&line, (char *)request->data, len - 1);
	line_begin(&w, (char *)answer->data, answer->len, "ok");
	assert_int_equal(keyfile_answer(&line, &w), MAILSEAL_OK);
	assert_int_equal(line_finish(&w, &len), MAILSEAL_OK);
	assert_non_null(memmem(answer->data, len, "client_key=", 11));
	secret_free(secret_move(&pem));
	secret_free(secret_move(&request));
	secret_free(secret_move(&answer));
	expect_nothing();
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(
		    after_a_signature_no_piece_of_the_key_is_left_in_memory),
		cmocka_unit_test(a_key_that_is_in_use_would_be_found),
		cmocka_unit_test(
		    after_a_key_file_was_read_no_piece_of_it_is_left),
	};

	return cmocka_run_group_tests(tests, prepare, NULL);
}
