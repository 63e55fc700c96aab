/* SPDX-License-Identifier: ISC */
#include <limits.h>
#include <openssl/bio.h>
#include <openssl/err.h>
#include <openssl/pem.h>
#include <stdbool.h>

#include "broker/courier/signkey.h"
#include "proto/error.h"

void
signkey_auto(EVP_PKEY **key)
{
	EVP_PKEY_free(*key);
}

/* OpenSSL wants a passphrase: there is none, but it is good to know. */
static int
have_none(char *bytes, int size, int writes, void *arg)
{
	bool *is_locked = arg;

	(void)bytes;
	(void)size;
	(void)writes;
	*is_locked = true;
	return -1;
}

int
signkey_read(struct span pem, EVP_PKEY **key, const char **why)
{
	AUTO_SIGNKEY found = NULL;
	bool is_locked = false;
	BIO *bio = NULL;

	if (pem.len > 0 && pem.len <= INT_MAX)
		bio = BIO_new_mem_buf(pem.data, (int)pem.len);
	if (bio != NULL)
		found = PEM_read_bio_PrivateKey(bio, NULL, have_none,
		    &is_locked);
	BIO_free(bio);
	ERR_clear_error();
	*why = NULL;
	if (is_locked)
		*why = "it is locked by a passphrase, which nobody could type "
		       "here; \"openssl pkey\" takes it off";
	else if (found == NULL)
		*why = "there is no private key in PEM";
	else if (!EVP_PKEY_is_a(found, "RSA"))
		*why = "it is not an RSA key";
	else if (EVP_PKEY_get_bits(found) < SIGNKEY_BITS_MIN ||
	    EVP_PKEY_get_bits(found) > SIGNKEY_BITS_MAX)
		*why = "it has not 2,048 to 8,192 bits";
	if (*why != NULL)
		return MAILSEAL_E_CLIENT;
	*key = found;
	found = NULL;
	return MAILSEAL_OK;
}

int
signkey_write(EVP_PKEY *key, struct secret **pem)
{
	BIO *bio = BIO_new(BIO_s_mem());
	struct secret *copy = NULL;
	char *bytes = NULL;
	long len;

	if (bio != NULL &&
	    PEM_write_bio_PKCS8PrivateKey(bio, key, NULL, NULL, 0, NULL,
		NULL) == 1 &&
	    (len = BIO_get_mem_data(bio, &bytes)) > 0) {
		copy = secret_copy(bytes, (size_t)len);
		secret_wipe(bytes, (size_t)len);
	}
	BIO_free(bio);
	ERR_clear_error();
	if (copy == NULL)
		return MAILSEAL_E_NOMEM;
	*pem = copy;
	return MAILSEAL_OK;
}
