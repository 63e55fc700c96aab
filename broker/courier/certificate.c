/* SPDX-License-Identifier: ISC */
#include <openssl/bio.h>
#include <openssl/bn.h>
#include <openssl/err.h>
#include <openssl/pem.h>
#include <sodium.h>
#include <stdbool.h>
#include <time.h>

#include "broker/courier/certificate.h"
#include "proto/error.h"

void
certificate_auto(X509 **certificate)
{
	X509_free(*certificate);
}

static bool
put_thumbprint(X509 *certificate, const EVP_MD *digest, const char *key,
    struct line_writer *reply)
{
	unsigned char bytes[EVP_MAX_MD_SIZE];
	char text[2 * EVP_MAX_MD_SIZE];
	unsigned len = 0;

	if (X509_digest(certificate, digest, bytes, &len) != 1)
		return false;
	line_put(reply, key,
	    sodium_bin2base64(text, sizeof(text), bytes, len,
		sodium_base64_VARIANT_URLSAFE_NO_PADDING));
	return true;
}

static bool
put_pem(X509 *certificate, struct line_writer *reply)
{
	BIO *bio = BIO_new(BIO_s_mem());
	char *bytes = NULL;
	long len = 0;

	if (bio != NULL && PEM_write_bio_X509(bio, certificate) == 1)
		len = BIO_get_mem_data(bio, &bytes);
	if (len > 0)
		line_put_bytes(reply, "certificate", bytes, (size_t)len);
	BIO_free(bio);
	return len > 0;
}

static bool
put_end(const X509 *certificate, struct line_writer *reply)
{
	struct tm tm = { 0 };
	time_t seconds;

	if (ASN1_TIME_to_tm(X509_get0_notAfter(certificate), &tm) != 1)
		return false;
	seconds = timegm(&tm);
	line_put_number(reply, "not_after",
	    seconds > 0 ? (uint64_t)seconds : 0);
	return true;
}

static bool
put_serial(X509 *certificate, struct line_writer *reply)
{
	BIGNUM *number = ASN1_INTEGER_to_BN(X509_get0_serialNumber(certificate),
	    NULL);
	char *hex = number != NULL ? BN_bn2hex(number) : NULL;
	bool is_put = hex != NULL;

	line_put(reply, "serial", hex);
	OPENSSL_free(hex);
	BN_free(number);
	return is_put;
}

int
certificate_put(X509 *certificate, struct line_writer *reply)
{
	bool is_put = put_pem(certificate, reply) &&
	    put_thumbprint(certificate, EVP_sha1(), "x5t", reply) &&
	    put_thumbprint(certificate, EVP_sha256(), "x5t_s256", reply) &&
	    put_end(certificate, reply) && put_serial(certificate, reply);

	ERR_clear_error();
	return is_put ? MAILSEAL_OK : MAILSEAL_E_NOMEM;
}
