/* SPDX-License-Identifier: ISC */
#include <curl/curl.h>
#include <jansson.h>
#include <openssl/crypto.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include "broker/courier/heap.h"
#include "proto/error.h"

/* Before each block stands its length; 16 bytes keep the alignment. */
#define HEAD 16

static void *
take(size_t len)
{
	unsigned char *base;

	if (len > SIZE_MAX - HEAD)
		return NULL;
	base = malloc(HEAD + len);
	if (base == NULL)
		return NULL;
	memcpy(base, &len, sizeof(len));
	return base + HEAD;
}

static size_t
length(const void *bytes)
{
	size_t len;

	memcpy(&len, (const unsigned char *)bytes - HEAD, sizeof(len));
	return len;
}

static void
give(void *bytes)
{
	unsigned char *base;

	if (bytes == NULL)
		return;
	base = (unsigned char *)bytes - HEAD;
	explicit_bzero(base, HEAD + length(bytes));
	free(base);
}

static void *
resize(void *bytes, size_t len)
{
	void *moved;

	if (bytes == NULL)
		return take(len);
	if (len == 0) {
		give(bytes);
		return NULL;
	}
	moved = take(len);
	if (moved == NULL)
		return NULL;
	memcpy(moved, bytes, length(bytes) < len ? length(bytes) : len);
	give(bytes);
	return moved;
}

static void *
take_zeroed(size_t count, size_t size)
{
	void *bytes;
	size_t len;

	if (__builtin_mul_overflow(count, size, &len))
		return NULL;
	bytes = take(len);
	if (bytes != NULL)
		memset(bytes, 0, len);
	return bytes;
}

static char *
take_text(const char *text)
{
	size_t len = strlen(text) + 1;
	char *copy = take(len);

	if (copy != NULL)
		memcpy(copy, text, len);
	return copy;
}

/* OpenSSL also says which of its lines asks. */
static void *
crypto_take(size_t len, const char *file, int line)
{
	(void)file;
	(void)line;
	return take(len);
}

static void *
crypto_resize(void *bytes, size_t len, const char *file, int line)
{
	(void)file;
	(void)line;
	return resize(bytes, len);
}

static void
crypto_give(void *bytes, const char *file, int line)
{
	(void)file;
	(void)line;
	give(bytes);
}

int
heap_install(void)
{
	if (!CRYPTO_set_mem_functions(crypto_take, crypto_resize, crypto_give))
		return MAILSEAL_E_INTERNAL;
	json_set_alloc_funcs(take, give);
	if (curl_global_init_mem(CURL_GLOBAL_DEFAULT, take, give, resize,
		take_text, take_zeroed) != CURLE_OK)
		return MAILSEAL_E_NOMEM;
	return MAILSEAL_OK;
}
