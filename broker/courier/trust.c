/* SPDX-License-Identifier: ISC */
#include <arpa/inet.h>
#include <limits.h>
#include <openssl/pem.h>
#include <openssl/x509v3.h>
#include <stdint.h>
#include <stdio.h>

#include "broker/courier/trust.h"
#include "broker/log.h"
#include "proto/error.h"

#define NAME_SHOWN_MAX 200 /* bytes of a certificate's name */

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
trust_set_rules(SSL_CTX *ctx, X509_STORE *store, SSL_verify_cb on_certificate)
{
	if (SSL_CTX_set_min_proto_version(ctx, TLS1_2_VERSION) != 1)
		return false;
	SSL_CTX_set1_cert_store(ctx, store);
	SSL_CTX_set_verify(ctx, SSL_VERIFY_PEER, on_certificate);
	/* Records that carry no byte for us do not outrun the deadline. */
	(void)SSL_CTX_clear_mode(ctx, SSL_MODE_AUTO_RETRY);
	return true;
}

bool
trust_set_host(SSL *ssl, const char *host)
{
	struct in6_addr address;

	if (inet_pton(AF_INET, host, &address) == 1 ||
	    inet_pton(AF_INET6, host, &address) == 1)
		return X509_VERIFY_PARAM_set1_ip_asc(SSL_get0_param(ssl),
			   host) == 1;
	SSL_set_hostflags(ssl, X509_CHECK_FLAG_NO_PARTIAL_WILDCARDS);
	/* SSL_set_tlsext_host_name(), whose cast takes the const away. */
	return SSL_set1_host(ssl, host) == 1 &&
	    SSL_ctrl(ssl, SSL_CTRL_SET_TLSEXT_HOSTNAME,
		TLSEXT_NAMETYPE_host_name, (void *)(uintptr_t)host) == 1;
}

void
trust_explain(X509_STORE_CTX *verify, char *text, size_t size)
{
	X509 *leaf = X509_STORE_CTX_get0_cert(verify);
	char subject[NAME_SHOWN_MAX] = "", issuer[NAME_SHOWN_MAX] = "";

	if (leaf != NULL) {
		X509_NAME_oneline(X509_get_subject_name(leaf), subject,
		    sizeof(subject));
		X509_NAME_oneline(X509_get_issuer_name(leaf), issuer,
		    sizeof(issuer));
	}
	(void)snprintf(text, size,
	    "the certificate of %s, issued by %s, is not trusted: %s",
	    printable(subject), printable(issuer),
	    X509_verify_cert_error_string(X509_STORE_CTX_get_error(verify)));
}
