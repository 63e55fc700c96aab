/* SPDX-License-Identifier: ISC */
/*
 * id_tokens: whatever comes, only one that the issuer signed, for us and of
 * now, holds.  The fuzzer has the issuer's key, or never came behind the
 * signature.
 */
#include <openssl/core_names.h>
#include <openssl/evp.h>
#include <openssl/rsa.h>
#include <sodium.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "broker/courier/jwt.h"
#include "broker/secret.h"
#include "proto/error.h"

#define NOW 1700000000
#define PART_MAX 12288 /* octets of header and claims */
#define MODULUS 256    /* octets */

int LLVMFuzzerInitialize(int *argc, char ***argv);
int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static EVP_PKEY *key;
static struct json *keys; /* the set with our key, called k */

static void
insist(bool holds)
{
	if (!holds)
		abort();
}

/* base64url behind what stands in text; its new length. */
static size_t
encode(char *text, size_t len, size_t room, const uint8_t *data, size_t size)
{
	insist(sodium_base64_ENCODED_LEN(size,
		   sodium_base64_VARIANT_URLSAFE_NO_PADDING) <= room - len);
	(void)sodium_bin2base64(text + len, room - len, data, size,
	    sodium_base64_VARIANT_URLSAFE_NO_PADDING);
	return len + strlen(text + len);
}

int
LLVMFuzzerInitialize(int *argc, char ***argv)
{
	uint8_t modulus[MODULUS];
	char n[400] = "", set[512];
	BIGNUM *number = NULL;

	(void)argc;
	(void)argv;
	insist(secret_arena_open(1 << 20) == 0);
	key = EVP_RSA_gen(MODULUS * 8);
	insist(key != NULL &&
	    EVP_PKEY_get_bn_param(key, OSSL_PKEY_PARAM_RSA_N, &number) == 1 &&
	    BN_bn2binpad(number, modulus, MODULUS) == MODULUS);
	BN_free(number);
	(void)encode(n, 0, sizeof(n), modulus, sizeof(modulus));
	(void)snprintf(set, sizeof(set),
	    "{\"keys\":[{\"kty\":\"RSA\",\"kid\":\"k\",\"alg\":\"RS256\","
	    "\"use\":\"sig\",\"n\":\"%s\",\"e\":\"AQAB\"}]}",
	    n);
	insist(json_parse((struct span){ (uint8_t *)set, strlen(set) },
		   JWT_KEYS_MAX, &keys) == MAILSEAL_OK);
	return 0;
}

static void
sign(char *text, size_t len, size_t room)
{
	EVP_MD_CTX *ctx = EVP_MD_CTX_new();
	uint8_t signature[MODULUS];
	size_t size = sizeof(signature);

	insist(EVP_DigestSignInit(ctx, NULL, EVP_sha256(), NULL, key) == 1 &&
	    EVP_DigestSign(ctx, signature, &size, (uint8_t *)text, len) == 1);
	text[len++] = '.';
	(void)encode(text, len, room, signature, size);
	EVP_MD_CTX_free(ctx);
}

static void
check(struct span token, const struct json *set, bool is_signed,
    const char *nonce)
{
	const struct jwt_rules rules = { "i", "a", nonce, NOW };
	AUTO(json) claims = NULL;
	const char *why = NULL;
	int error = jwt_verify(token, set, &rules, &claims, &why);

	if (error != MAILSEAL_OK) {
		insist(claims == NULL && why != NULL);
		return;
	}
	insist(is_signed && claims != NULL);
	insist(strcmp(json_find(claims, "iss")->bytes, "i") == 0);
	insist(nonce == NULL ||
	    strcmp(json_find(claims, "nonce")->bytes, nonce) == 0);
	insist(strtod(json_find(claims, "exp")->bytes, NULL) >=
	    NOW - JWT_LEEWAY_S);
	insist(json_find(claims, "aud") != NULL);
}

/* Header, LF, claims: signed. */
static void
try_signed(const uint8_t *data, size_t size, const char *nonce)
{
	static char text[2 * PART_MAX + 1024];
	const uint8_t *end = memchr(data, '\n', size);
	size_t len;

	if (end == NULL || size > PART_MAX)
		return;
	len = encode(text, 0, sizeof(text), data, (size_t)(end - data));
	text[len++] = '.';
	len = encode(text, len, sizeof(text), end + 1,
	    (size_t)(data + size - end) - 1);
	sign(text, len, sizeof(text));
	check((struct span){ (uint8_t *)text, strlen(text) }, keys, true,
	    nonce);
}

/* Keys, LF, a token: none of them is signed by chance. */
static void
try_raw(const uint8_t *data, size_t size)
{
	const uint8_t *end = memchr(data, '\n', size);
	AUTO(json) set = NULL;

	if (end == NULL)
		return;
	if (json_parse((struct span){ data, (size_t)(end - data) },
		JWT_KEYS_MAX, &set) != MAILSEAL_OK)
		return;
	check((struct span){ end + 1, (size_t)(data + size - end) - 1 }, set,
	    false, "n");
}

/* The first octet chooses. */
int
LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	if (size < 2)
		return 0;
	if (data[0] % 4 != 0)
		try_signed(data + 1, size - 1, data[0] % 4 == 3 ? NULL : "n");
	else
		try_raw(data + 1, size - 1);
	return 0;
}
