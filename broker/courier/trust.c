/* SPDX-License-Identifier: ISC */
#include <arpa/inet.h>
#include <limits.h>
#include <openssl/pem.h>
#include <openssl/x509v3.h>
#include <sodium.h>
#include <string.h>

#include "broker/courier/trust.h"
#include "proto/error.h"

/* Add every certificate of the text; how many there were. */
static size_t
add_all(X509_STORE *store, BIO *text)
{
	size_t count = 0;
	X509 *one;

	while ((one = PEM_read_bio_X509(text, NULL, NULL, NULL)) != NULL) {
		if (X509_STORE_add_cert(store, one) == 1)
			count++;
		X509_free(one);
	}
	return count;
}

int
trust_from_pem(struct span pem, X509_STORE **store)
{
	BIO *text = pem.len > INT_MAX ? NULL :
					BIO_new_mem_buf(pem.data, (int)pem.len);
	X509_STORE *made = X509_STORE_new();
	size_t count = 0;

	if (text != NULL && made != NULL)
		count = add_all(made, text);
	BIO_free(text);
	if (count == 0) {
		X509_STORE_free(made);
		return made == NULL ? MAILSEAL_E_NOMEM : MAILSEAL_E_CONFIG;
	}
	/* What an admin names is trusted, be it a root or the server's own. */
	(void)X509_STORE_set_flags(made, X509_V_FLAG_PARTIAL_CHAIN);
	*store = made;
	return MAILSEAL_OK;
}

bool
trust_is_address(const char *host)
{
	struct in6_addr address;

	return inet_pton(AF_INET, host, &address) == 1 ||
	    inet_pton(AF_INET6, host, &address) == 1;
}

/* The certificate must name the host. */
static bool
set_host(SSL_CTX *ctx, const char *host)
{
	X509_VERIFY_PARAM *param = SSL_CTX_get0_param(ctx);

	if (trust_is_address(host))
		return X509_VERIFY_PARAM_set1_ip_asc(param, host) == 1;
	X509_VERIFY_PARAM_set_hostflags(param,
	    X509_CHECK_FLAG_NO_PARTIAL_WILDCARDS);
	return X509_VERIFY_PARAM_set1_host(param, host, 0) == 1;
}

bool
trust_set_rules(SSL_CTX *ctx, const struct trust *trust, const char *host,
    SSL_verify_cb on_certificate)
{
	if (SSL_CTX_set_min_proto_version(ctx, TLS1_2_VERSION) != 1 ||
	    !set_host(ctx, host))
		return false;
	SSL_CTX_set1_cert_store(ctx, trust->store);
	SSL_CTX_set_verify(ctx, SSL_VERIFY_PEER, on_certificate);
	/* Records that carry no byte for us do not outrun the deadline. */
	(void)SSL_CTX_clear_mode(ctx, SSL_MODE_AUTO_RETRY);
	return true;
}

bool
trust_is_pinned(const struct trust *trust, X509 *leaf,
    char digest[TRUST_DIGEST_MAX])
{
	unsigned char bytes[EVP_MAX_MD_SIZE];
	unsigned len = 0;

	digest[0] = '\0';
	if (X509_digest(leaf, EVP_sha256(), bytes, &len) != 1 ||
	    len * 2 + 1 != TRUST_DIGEST_MAX)
		return false;
	(void)sodium_bin2hex(digest, TRUST_DIGEST_MAX, bytes, len);
	/* It is as long as a word of the list, and has no blank. */
	return strstr(trust->pins, digest) != NULL;
}
