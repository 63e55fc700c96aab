/* SPDX-License-Identifier: ISC */
/*
 * What a user would lose: a good key file that is refused, a bad one that is
 * sealed and fails in the night, or a key in the words that say what is wrong.
 */
#include "tests/unit/vectors.h"

#include <openssl/bio.h>
#include <openssl/pem.h>
#include <openssl/rsa.h>

#include "broker/courier/certificate.h"
#include "broker/courier/keyfile.h"
#include "broker/courier/newcert.h"
#include "broker/courier/signkey.h"
#include "broker/secret.h"
#include "proto/error.h"

static char request[LINE_LONG_MAX], answer[LINE_LONG_MAX];
static struct line line, reply;
static char *client_key, *client_cert, *wrong_key;

static int
prepare(void **state)
{
	size_t len;

	(void)state;
	client_key = vector_read("keys/TEST-ONLY-client-rsa2048.key.pem", &len);
	client_cert = vector_read("keys/TEST-ONLY-client.cert.pem", &len);
	wrong_key = vector_read("keys/TEST-ONLY-wrong-rsa2048.key.pem", &len);
	return secret_arena_open(1 << 20);
}

static int
forget(void **state)
{
	(void)state;
	free(client_key);
	free(client_cert);
	free(wrong_key);
	secret_arena_close();
	return 0;
}

/* What becomes of a file of these bytes; its class. */
static const char *
read_file(const char *bytes)
{
	struct line_writer w;
	size_t len;

	line_begin(&w, request, sizeof(request), "exchange");
	line_put(&w, "in_file", bytes);
	assert_int_equal(line_finish(&w, &len), MAILSEAL_OK);
	line_start(&line, request, len - 1);
	line_begin(&w, answer, sizeof(answer), "ok");
	assert_int_equal(keyfile_answer(&line, &w), MAILSEAL_OK);
	assert_int_equal(line_finish(&w, &len), MAILSEAL_OK);
	line_start(&reply, answer, len - 1);
	return line_get(&reply, "class", 32);
}

static void
refuses(const char *bytes, const char *words)
{
	const char *detail;

	assert_string_equal(read_file(bytes), "config");
	assert_string_equal(line_get(&reply, "reason", 32), "no_secret");
	detail = line_get(&reply, "detail", 512);
	if (detail == NULL || strstr(detail, words) == NULL)
		fail_msg("%s is not in: %s", words, detail);
	assert_false(line_has(&reply, "client_key"));
}

/* A service account's file with this type and key; LFs become \n. */
static const char *
account(const char *type, const char *key)
{
	static char json[8192];
	size_t n = (size_t)snprintf(json, sizeof(json),
	    " {\"type\":\"%s\",\"client_id\":\"1234\",\"private_key_id\":"
	    "\"kid-1\",\"client_email\":\"m@p.iam.test\",\"private_key\":\"",
	    type);

	for (const char *c = key; *c != '\0'; c++)
		n += (size_t)snprintf(json + n, sizeof(json) - n,
		    *c == '\n' ? "\\n" : "%c", *c);
	(void)snprintf(json + n, sizeof(json) - n, "\"}\n");
	return json;
}

static const char *
both(const char *first, const char *second)
{
	static char text[16384];

	(void)snprintf(text, sizeof(text), "%s%s", first, second);
	return text;
}

static void
a_service_account_is_read_with_its_key(void **state)
{
	(void)state;
	assert_string_equal(read_file(account("service_account", client_key)),
	    "ok");
	assert_string_equal(line_get(&reply, "key_id", 255), "kid-1");
	assert_string_equal(line_get(&reply, "service_account", 255),
	    "m@p.iam.test");
	assert_string_equal(line_get(&reply, "client_id", 255), "1234");
	assert_string_equal(line_get(&reply, "client_key", 8192), client_key);
}

static void
a_key_and_its_certificate_are_read_in_either_order(void **state)
{
	(void)state;
	for (int i = 0; i < 2; i++) {
		assert_string_equal(read_file(i == 0 ?
					    both(client_key, client_cert) :
					    both(client_cert, client_key)),
		    "ok");
		assert_string_equal(line_get(&reply, "client_key", 8192),
		    client_key);
		assert_string_equal(line_get(&reply, "certificate", 8192),
		    client_cert);
		assert_string_equal(line_get(&reply, "x5t", 64),
		    "UGbxHAYBIqPG3OjXaMRd1-g8jBk");
		assert_string_equal(line_get(&reply, "x5t_s256", 64),
		    "P8YZg6k9kSmyE8UECB3lk9XpzASWfm1K3ULTtIccqbw");
		assert_true(
		    line_get_number(&reply, "not_after", 0, INT64_MAX) > 0);
	}
}

/* A certificate of somebody else, as those of a chain are. */
static const char *
stranger(void)
{
	static char pem[8192];
	char bytes[] = "exchange in_name=stranger";
	struct line_writer w;
	size_t len;

	line_start(&line, bytes, strlen(bytes));
	line_begin(&w, answer, sizeof(answer), "ok");
	assert_int_equal(newcert_answer(&line, &w), MAILSEAL_OK);
	assert_int_equal(line_finish(&w, &len), MAILSEAL_OK);
	line_start(&reply, answer, len - 1);
	(void)snprintf(pem, sizeof(pem), "%s",
	    line_get(&reply, "certificate", 8191));
	return pem;
}

static void
of_several_certificates_the_one_of_the_key_counts(void **state)
{
	char chain[16384];
	const char *other = stranger();

	(void)state;
	(void)snprintf(chain, sizeof(chain), "%s%s%s", client_key, other,
	    client_cert);
	assert_string_equal(read_file(chain), "ok");
	assert_string_equal(line_get(&reply, "certificate", 8192), client_cert);
	refuses(both(client_key, other), "of another key");
}

/* The client's key behind a passphrase. */
static const char *
locked(void)
{
	static char pem[8192];
	struct span span = { (const unsigned char *)client_key,
		strlen(client_key) };
	AUTO_SIGNKEY key = NULL;
	BIO *bio = BIO_new(BIO_s_mem());
	const char *why;
	char *bytes;
	long len;

	assert_int_equal(signkey_read(span, &key, &why), MAILSEAL_OK);
	assert_int_equal(PEM_write_bio_PKCS8PrivateKey(bio, key,
			     EVP_aes_128_cbc(), "pass", 4, NULL, NULL),
	    1);
	len = BIO_get_mem_data(bio, &bytes);
	(void)snprintf(pem, sizeof(pem), "%.*s", (int)len, bytes);
	BIO_free(bio);
	return pem;
}

static void
what_is_wrong_with_a_file_is_told(void **state)
{
	(void)state;
	refuses("", "neither");
	refuses("0\x82\x0a\x01", "openssl pkcs12");
	refuses("{\"type\":", "broken JSON");
	refuses("{\"type\":\"authorized_user\"}", "not the key of a service");
	refuses(account("service_account", "nothing"), "no private key");
	refuses("{\"type\":\"service_account\",\"private_key\":\"x\"}",
	    "client_email is missing");
	refuses(client_key, "certificate of the key is missing");
	refuses(client_cert, "no private key");
	refuses(both(wrong_key, client_cert), "of another key");
	refuses(both(locked(), client_cert), "passphrase");
	refuses(account("service_account", locked()), "passphrase");
}

static void
a_certificate_that_is_over_is_of_no_use(void **state)
{
	struct span span = { (const unsigned char *)client_cert,
		strlen(client_cert) };
	BIO *bio = BIO_new_mem_buf(span.data, (int)span.len);
	AUTO_CERTIFICATE old = PEM_read_bio_X509(bio, NULL, NULL, NULL);
	struct span secret = { (const unsigned char *)client_key,
		strlen(client_key) };
	AUTO_SIGNKEY key = NULL;
	BIO *out = BIO_new(BIO_s_mem());
	char pem[8192], *bytes;
	const char *why;
	long len;

	(void)state;
	assert_non_null(X509_gmtime_adj(X509_getm_notAfter(old), -60));
	assert_int_equal(signkey_read(secret, &key, &why), MAILSEAL_OK);
	assert_true(X509_sign(old, key, EVP_sha256()) > 0);
	assert_int_equal(PEM_write_bio_X509(out, old), 1);
	len = BIO_get_mem_data(out, &bytes);
	(void)snprintf(pem, sizeof(pem), "%.*s", (int)len, bytes);
	BIO_free(bio);
	BIO_free(out);
	refuses(both(client_key, pem), "is over");
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(a_service_account_is_read_with_its_key),
		cmocka_unit_test(
		    a_key_and_its_certificate_are_read_in_either_order),
		cmocka_unit_test(
		    of_several_certificates_the_one_of_the_key_counts),
		cmocka_unit_test(what_is_wrong_with_a_file_is_told),
		cmocka_unit_test(a_certificate_that_is_over_is_of_no_use),
	};

	return cmocka_run_group_tests(tests, prepare, forget);
}
