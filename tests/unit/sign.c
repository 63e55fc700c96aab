/* SPDX-License-Identifier: ISC */
/*
 * What a user would lose: a token that says something else than was meant, or
 * one signed by a key that anybody could break.  (That the bytes are right is
 * seen by the vectors.)
 */
#include "tests/unit/vectors.h"

#include <openssl/bio.h>
#include <openssl/ec.h>
#include <openssl/pem.h>
#include <openssl/rsa.h>
#include <sodium.h>

#include "broker/courier/sign.h"
#include "broker/courier/signkey.h"
#include "broker/courier/steps.h"
#include "broker/secret.h"
#include "proto/error.h"

static struct mailseal_ask ask;
static struct http_fault fault;
static char *client_key;
static struct mailseal_item input;

static int
prepare(void **state)
{
	size_t len;

	(void)state;
	client_key = vector_read("keys/TEST-ONLY-client-rsa2048.key.pem", &len);
	return secret_arena_open(1 << 20);
}

static int
forget(void **state)
{
	(void)state;
	free(client_key);
	secret_arena_close();
	return 0;
}

static void
put(uint32_t where, const char *name, const char *text)
{
	assert_int_equal(steps_put(&ask, where, name, text, strlen(text), 0),
	    0);
}

/* An ask for this algorithm, by the client's key. */
static void
begin(const char *alg)
{
	memset(&ask, 0, sizeof(ask));
	memset(&fault, 0, sizeof(fault));
	ask.want = MAILSEAL_WANT_JWT;
	input = (struct mailseal_item){ "client_key", client_key,
		strlen(client_key), MAILSEAL_SECRET };
	put(MAILSEAL_IN_OUTCOME, "alg", alg);
	put(MAILSEAL_IN_OUTCOME, "key", "client_key");
}

/* Sign it; the token, or "" where the error is this one. */
static const char *
sign(int wanted)
{
	static char text[SIGN_MAX + 1];
	struct mailseal_items inputs = { &input, 1 };
	AUTO(secret) token = NULL;

	assert_int_equal(sign_token(&ask, &inputs, &token, &fault), wanted);
	text[0] = '\0';
	if (token != NULL)
		(void)snprintf(text, sizeof(text), "%s", (char *)token->data);
	assert_int_equal(text[0] == '\0', wanted != MAILSEAL_OK);
	return text;
}

/* A part of a token, decoded. */
static const char *
part(const char *token, int n)
{
	static char text[SIGN_MAX];
	size_t len = 0;

	while (n-- > 0)
		token = strchr(token, '.') + 1;
	assert_int_equal(sodium_base642bin((unsigned char *)text,
			     sizeof(text) - 1, token, strcspn(token, "."), NULL,
			     &len, NULL,
			     sodium_base64_VARIANT_URLSAFE_NO_PADDING),
	    0);
	text[len] = '\0';
	return text;
}

static void
members_stand_in_the_order_of_the_fields_and_cannot_break_out(void **state)
{
	const char *token;

	(void)state;
	begin("RS256");
	put(MAILSEAL_IN_JWT_CLAIM, "sub", "a\",\"admin\":\"\\\n/");
	put(MAILSEAL_IN_JWT_HEADER, "x5t#S256", "t");
	put(MAILSEAL_IN_JWT_NUMBER, "exp", "1790000600");
	put(MAILSEAL_IN_JWT_CLAIM, "iss", "caf\xc3\xa9");
	put(MAILSEAL_IN_JWT_HEADER, "kid", "");
	token = sign(MAILSEAL_OK);
	assert_string_equal(part(token, 0),
	    "{\"alg\":\"RS256\",\"typ\":\"JWT\",\"x5t#S256\":\"t\","
	    "\"kid\":\"\"}");
	assert_string_equal(part(token, 1),
	    "{\"sub\":\"a\\\",\\\"admin\\\":\\\"\\\\\\n/\",\"exp\":1790000600,"
	    "\"iss\":\"caf\xc3\xa9\"}");
}

static void
the_salt_of_PS256_differs_and_RS256_is_exact(void **state)
{
	char first[SIGN_MAX];

	(void)state;
	begin("PS256");
	(void)snprintf(first, sizeof(first), "%s", sign(MAILSEAL_OK));
	assert_string_not_equal(sign(MAILSEAL_OK), first);
	begin("RS256");
	(void)snprintf(first, sizeof(first), "%s", sign(MAILSEAL_OK));
	assert_string_equal(sign(MAILSEAL_OK), first);
}

static void
no_other_algorithm_and_no_open_input_signs(void **state)
{
	static const char *const others[] = { "", "none", "HS256", "ES256",
		"rs256" };

	(void)state;
	for (size_t i = 0; i < sizeof(others) / sizeof(others[0]); i++) {
		begin(others[i]);
		(void)sign(MAILSEAL_E_MODULE);
	}
	begin("RS256");
	input.flags = 0; /* what is no secret is no key */
	(void)sign(MAILSEAL_E_MODULE);
	begin("RS256");
	input.name = "client_secret";
	(void)sign(MAILSEAL_E_MODULE);
}

/* One more field, with which there is no token. */
static void
refuses(uint32_t where, const char *name, const char *text, size_t len)
{
	begin("RS256");
	put(MAILSEAL_IN_JWT_CLAIM, "iss", "a");
	assert_int_equal(steps_put(&ask, where, name, text, len, 0), 0);
	(void)sign(MAILSEAL_E_MODULE);
}

static void
a_member_that_is_none_or_there_twice_is_refused(void **state)
{
	static const char *const numbers[] = { "", "1.5", "01", "-0", " 1",
		"1 ", "0x1", "99999999999999999999", "true" };
	static char long_one[SIGN_MAX + 1];

	(void)state;
	for (size_t i = 0; i < sizeof(numbers) / sizeof(numbers[0]); i++)
		refuses(MAILSEAL_IN_JWT_NUMBER, "exp", numbers[i],
		    strlen(numbers[i]));
	refuses(MAILSEAL_IN_JWT_NUMBER, "exp", "1\0", 2);
	refuses(MAILSEAL_IN_JWT_CLAIM, "iss", "b", 1);
	refuses(MAILSEAL_IN_JWT_NUMBER, "iss", "1", 1);
	refuses(MAILSEAL_IN_JWT_HEADER, "alg", "none", 4);
	refuses(MAILSEAL_IN_JWT_HEADER, "typ", "x", 1);
	refuses(MAILSEAL_IN_JWT_CLAIM, "sub", "\xff", 1);
	refuses(MAILSEAL_IN_JWT_CLAIM, "\xff", "a", 1);
	refuses(MAILSEAL_IN_FORM, "scope", "a", 1);
	memset(long_one, 'a', sizeof(long_one));
	refuses(MAILSEAL_IN_JWT_CLAIM, "sub", long_one, sizeof(long_one));
}

/* A key in PEM: PKCS#8, locked by a passphrase where there is one. */
static const char *
pem_of(EVP_PKEY *key, bool is_older, const char *passphrase)
{
	static char pem[16384];
	BIO *bio = BIO_new(BIO_s_mem());
	char *bytes;
	long len;

	assert_non_null(key);
	if (is_older)
		assert_int_equal(PEM_write_bio_PrivateKey_traditional(bio, key,
				     NULL, NULL, 0, NULL, NULL),
		    1);
	else
		assert_int_equal(PEM_write_bio_PKCS8PrivateKey(bio, key,
				     passphrase != NULL ? EVP_aes_128_cbc() :
							  NULL,
				     passphrase, passphrase != NULL ? 4 : 0,
				     NULL, NULL),
		    1);
	len = BIO_get_mem_data(bio, &bytes);
	(void)snprintf(pem, sizeof(pem), "%.*s", (int)len, bytes);
	BIO_free(bio);
	EVP_PKEY_free(key);
	return pem;
}

/* Sign with another key; what is wrong with it. */
static const char *
sign_with(const char *pem, int wanted)
{
	begin("PS256");
	input.bytes = pem;
	input.len = strlen(pem);
	(void)sign(wanted);
	return fault.detail;
}

static EVP_PKEY *
client(void)
{
	struct span pem = { (const unsigned char *)client_key,
		strlen(client_key) };
	EVP_PKEY *key = NULL;
	const char *why;

	assert_int_equal(signkey_read(pem, &key, &why), MAILSEAL_OK);
	return key;
}

static void
a_key_that_cannot_sign_says_why_and_is_not_shown(void **state)
{
	(void)state;
	(void)sign_with(pem_of(client(), false, NULL), MAILSEAL_OK);
	(void)sign_with(pem_of(client(), true, NULL), MAILSEAL_OK);
	assert_non_null(strstr(sign_with("", MAILSEAL_E_CLIENT), "no private"));
	assert_non_null(strstr(sign_with("MIIEvgIBADANBgkqhkiG9w0BAQEFAASC",
				   MAILSEAL_E_CLIENT),
	    "no private key"));
	assert_null(strstr(fault.detail, "MIIE"));
	assert_non_null(
	    strstr(sign_with(pem_of(EVP_EC_gen("P-256"), false, NULL),
		       MAILSEAL_E_CLIENT),
		"not an RSA key"));
	assert_non_null(strstr(sign_with(pem_of(EVP_RSA_gen(1024), false, NULL),
				   MAILSEAL_E_CLIENT),
	    "2,048"));
	assert_non_null(strstr(sign_with(pem_of(client(), false, "pass"),
				   MAILSEAL_E_CLIENT),
	    "passphrase"));
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(
		    members_stand_in_the_order_of_the_fields_and_cannot_break_out),
		cmocka_unit_test(the_salt_of_PS256_differs_and_RS256_is_exact),
		cmocka_unit_test(no_other_algorithm_and_no_open_input_signs),
		cmocka_unit_test(
		    a_member_that_is_none_or_there_twice_is_refused),
		cmocka_unit_test(
		    a_key_that_cannot_sign_says_why_and_is_not_shown),
	};

	return cmocka_run_group_tests(tests, prepare, forget);
}
