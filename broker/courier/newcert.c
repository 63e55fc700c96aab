/* SPDX-License-Identifier: ISC */
#include <openssl/bn.h>
#include <openssl/err.h>
#include <openssl/rsa.h>
#include <openssl/x509v3.h>
#include <stdbool.h>
#include <string.h>

#include "broker/courier/certificate.h"
#include "broker/courier/newcert.h"
#include "broker/courier/signkey.h"
#include "proto/error.h"

#define BITS 2048
#define SERIAL_BITS 127 /* positive, and at most 20 bytes (RFC 5280 4.1.2.2) */
#define CLOCK_S 300	/* it began so long ago, for clocks that are behind */

static bool
set_serial(X509 *certificate)
{
	BIGNUM *number = BN_new();
	bool is_set = number != NULL &&
	    BN_rand(number, SERIAL_BITS, BN_RAND_TOP_ONE, BN_RAND_BOTTOM_ANY) ==
		1 &&
	    BN_to_ASN1_INTEGER(number, X509_get_serialNumber(certificate)) !=
		NULL;

	BN_free(number);
	return is_set;
}

/* Who it is, who signed it, and from when to when. */
static bool
set_terms(X509 *certificate, const char *name, int days)
{
	X509_NAME *subject = X509_get_subject_name(certificate);

	return X509_set_version(certificate, X509_VERSION_3) == 1 &&
	    X509_NAME_add_entry_by_txt(subject, "CN", MBSTRING_UTF8,
		(const unsigned char *)name, -1, -1, 0) == 1 &&
	    X509_set_issuer_name(certificate, subject) == 1 &&
	    X509_gmtime_adj(X509_getm_notBefore(certificate), -CLOCK_S) !=
	    NULL &&
	    X509_time_adj_ex(X509_getm_notAfter(certificate), days, 0, NULL) !=
	    NULL;
}

static bool
add_extension(X509 *certificate, int nid, const char *value)
{
	X509V3_CTX ctx;
	X509_EXTENSION *extension;
	bool is_added;

	X509V3_set_ctx_nodb(&ctx);
	X509V3_set_ctx(&ctx, certificate, certificate, NULL, NULL, 0);
	extension = X509V3_EXT_conf_nid(NULL, &ctx, nid, value);
	is_added = extension != NULL &&
	    X509_add_ext(certificate, extension, -1) == 1;
	X509_EXTENSION_free(extension);
	return is_added;
}

static bool
fill(X509 *certificate, EVP_PKEY *key, const char *name, int days)
{
	return set_serial(certificate) && set_terms(certificate, name, days) &&
	    X509_set_pubkey(certificate, key) == 1 &&
	    add_extension(certificate, NID_basic_constraints,
		"critical,CA:FALSE") &&
	    add_extension(certificate, NID_key_usage,
		"critical,digitalSignature") &&
	    add_extension(certificate, NID_ext_key_usage, "clientAuth") &&
	    add_extension(certificate, NID_subject_key_identifier, "hash") &&
	    X509_sign(certificate, key, EVP_sha256()) > 0;
}

static int
make(const char *name, int days, struct line_writer *reply)
{
	AUTO_SIGNKEY key = EVP_RSA_gen(BITS);
	AUTO_CERTIFICATE certificate = X509_new();
	AUTO(secret) pem = NULL;
	bool is_made = key != NULL && certificate != NULL &&
	    fill(certificate, key, name, days);
	int error;

	ERR_clear_error();
	if (!is_made)
		return MAILSEAL_E_NOMEM;
	error = signkey_write(key, &pem);
	if (error != MAILSEAL_OK)
		return error;
	line_put(reply, "class", "ok");
	line_put_bytes(reply, "client_key", pem->data, pem->len);
	return certificate_put(certificate, reply);
}

/* UTF-8 without control characters. */
static bool
is_name(const char *name)
{
	const unsigned char *rest = (const unsigned char *)name;
	int left = (int)strlen(name);
	unsigned long c;

	if (left == 0)
		return false;
	while (left > 0) {
		int size = UTF8_getc(rest, left, &c);

		if (size <= 0 || c < 0x20 || (c >= 0x7f && c < 0xa0))
			return false;
		rest += size;
		left -= size;
	}
	return true;
}

int
newcert_answer(struct line *request, struct line_writer *reply)
{
	const char *name = line_need(request, "in_name", NEWCERT_NAME_MAX);
	uint64_t days = line_get_number(request, "in_days", NEWCERT_DAYS,
	    NEWCERT_DAYS_MAX);
	int error;

	if (name != NULL && !is_name(name))
		line_fail(request, MAILSEAL_E_MALFORMED, "in_name");
	if (days == 0)
		line_fail(request, MAILSEAL_E_MALFORMED, "in_days");
	error = line_end(request);
	if (error != MAILSEAL_OK)
		return error;
	return make(name, (int)days, reply);
}
