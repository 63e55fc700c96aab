/* SPDX-License-Identifier: ISC */
/*
 * What a user would lose: a certificate that the provider does not take, or
 * one whose key is not the one that is sealed.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <string.h>
#include <time.h>

#include <cmocka.h>

#include <openssl/bio.h>
#include <openssl/pem.h>
#include <openssl/x509v3.h>
#include <sodium.h>

#include "broker/courier/certificate.h"
#include "broker/courier/newcert.h"
#include "broker/courier/signkey.h"
#include "broker/secret.h"
#include "proto/error.h"

static char request[1024], answer[LINE_LONG_MAX];
static struct line line, reply;

static int
prepare(void **state)
{
	(void)state;
	return secret_arena_open(1 << 20);
}

/* Answer a request with these fields. */
static int
make(const char *fields)
{
	struct line_writer w;
	size_t len;
	int error;

	(void)snprintf(request, sizeof(request), "exchange %s", fields);
	line_start(&line, request, strlen(request));
	line_begin(&w, answer, sizeof(answer), "ok");
	error = newcert_answer(&line, &w);
	if (error != MAILSEAL_OK)
		return error;
	assert_int_equal(line_finish(&w, &len), MAILSEAL_OK);
	line_start(&reply, answer, len - 1);
	return MAILSEAL_OK;
}

static X509 *
certificate(void)
{
	struct span pem = line_get_bytes(&reply, "certificate", 8192);
	BIO *bio = BIO_new_mem_buf(pem.data, (int)pem.len);
	X509 *made = PEM_read_bio_X509(bio, NULL, NULL, NULL);

	BIO_free(bio);
	assert_non_null(made);
	return made;
}

static void
the_certificate_is_of_the_key_and_signed_by_it(void **state)
{
	AUTO_CERTIFICATE made = NULL;
	AUTO_SIGNKEY key = NULL;
	const char *why = NULL;

	(void)state;
	assert_int_equal(make("in_name=mailseal%20campus"), MAILSEAL_OK);
	made = certificate();
	assert_int_equal(signkey_read(line_get_bytes(&reply, "client_key",
					  8192),
			     &key, &why),
	    MAILSEAL_OK);
	assert_true(EVP_PKEY_get_bits(key) >= 2048);
	assert_int_equal(X509_check_private_key(made, key), 1);
	assert_int_equal(X509_verify(made, key), 1);
	assert_int_equal(X509_get_signature_nid(made),
	    NID_sha256WithRSAEncryption);
	assert_int_equal(X509_get_version(made), X509_VERSION_3);
	assert_int_equal(X509_check_ca(made), 0);
	assert_int_equal(X509_get_key_usage(made), KU_DIGITAL_SIGNATURE);
}

static void
its_name_and_end_are_those_that_were_asked_for(void **state)
{
	AUTO_CERTIFICATE made = NULL;
	int64_t end, wanted = (int64_t)time(NULL) + 30 * 86400;
	char name[128];

	(void)state;
	assert_int_equal(make("in_name=caf%C3%A9 in_days=30"), MAILSEAL_OK);
	made = certificate();
	assert_true(X509_NAME_get_text_by_NID(X509_get_subject_name(made),
			NID_commonName, name, sizeof(name)) > 0);
	assert_string_equal(name, "caf\xc3\xa9");
	end = (int64_t)line_get_number(&reply, "not_after", 0, INT64_MAX);
	assert_true(end >= wanted - 5 && end <= wanted + 60);
	assert_true(X509_cmp_current_time(X509_get0_notBefore(made)) < 0);

	assert_int_equal(make("in_name=a"), MAILSEAL_OK);
	wanted = (int64_t)time(NULL) + 730 * 86400;
	end = (int64_t)line_get_number(&reply, "not_after", 0, INT64_MAX);
	assert_true(end >= wanted - 60 && end <= wanted + 60);
}

static void
its_thumbprints_are_of_what_is_uploaded(void **state)
{
	AUTO_CERTIFICATE made = NULL;
	unsigned char *der = NULL, hash[crypto_hash_sha256_BYTES];
	char text[64];
	int len;

	(void)state;
	assert_int_equal(make("in_name=a"), MAILSEAL_OK);
	made = certificate();
	len = i2d_X509(made, &der);
	assert_true(len > 0);
	(void)crypto_hash_sha256(hash, der, (unsigned long long)len);
	OPENSSL_free(der);
	assert_string_equal(line_get(&reply, "x5t_s256", 64),
	    sodium_bin2base64(text, sizeof(text), hash, sizeof(hash),
		sodium_base64_VARIANT_URLSAFE_NO_PADDING));
	assert_int_equal(strlen(line_get(&reply, "x5t", 64)), 27);
}

static void
no_two_have_a_key_or_a_serial_in_common(void **state)
{
	char serial[64], key[4096];

	(void)state;
	assert_int_equal(make("in_name=a"), MAILSEAL_OK);
	(void)snprintf(serial, sizeof(serial), "%s",
	    line_get(&reply, "serial", 63));
	(void)snprintf(key, sizeof(key), "%s",
	    line_get(&reply, "client_key", 4095));
	assert_int_equal(strlen(serial), 32);
	assert_int_equal(make("in_name=a"), MAILSEAL_OK);
	assert_string_not_equal(line_get(&reply, "serial", 63), serial);
	assert_string_not_equal(line_get(&reply, "client_key", 4095), key);
}

static void
a_name_that_is_none_makes_no_certificate(void **state)
{
	(void)state;
	assert_int_equal(make("in_name="), MAILSEAL_E_MALFORMED);
	assert_int_equal(make("in_name=a%0Ab"), MAILSEAL_E_MALFORMED);
	assert_int_equal(make("in_name=a in_days=0"), MAILSEAL_E_MALFORMED);
	assert_int_equal(make("in_name=a%FF"), MAILSEAL_E_MALFORMED);
	assert_int_equal(make("in_name=a in_days=99999"), MAILSEAL_E_TOOLONG);
	assert_int_equal(make("in_name=abcdefghijabcdefghijabcdefghij"
			      "abcdefghijabcdefghijabcdefghijabcde"),
	    MAILSEAL_E_TOOLONG);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(
		    the_certificate_is_of_the_key_and_signed_by_it),
		cmocka_unit_test(
		    its_name_and_end_are_those_that_were_asked_for),
		cmocka_unit_test(its_thumbprints_are_of_what_is_uploaded),
		cmocka_unit_test(no_two_have_a_key_or_a_serial_in_common),
		cmocka_unit_test(a_name_that_is_none_makes_no_certificate),
	};

	return cmocka_run_group_tests(tests, prepare, NULL);
}
