/* SPDX-License-Identifier: ISC */
#include <openssl/err.h>
#include <stdbool.h>

#include "broker/courier/trust.h"
#include "broker/courier/x509.h"
#include "proto/error.h"

static bool
is_same(const struct stat *a, const struct stat *b)
{
	return a->st_dev == b->st_dev && a->st_ino == b->st_ino &&
	    a->st_size == b->st_size &&
	    a->st_mtim.tv_sec == b->st_mtim.tv_sec &&
	    a->st_mtim.tv_nsec == b->st_mtim.tv_nsec;
}

int
x509_refresh(struct anchors *anchors)
{
	struct stat st;
	X509_STORE *store;

	if (stat(anchors->path, &st) != 0)
		return MAILSEAL_E_IO;
	if (anchors->store != NULL && is_same(&st, &anchors->seen))
		return MAILSEAL_OK;

	anchors->seen = st; /* a broken file is not read at each exchange */
	store = X509_STORE_new();
	if (store == NULL || X509_STORE_load_file(store, anchors->path) != 1) {
		X509_STORE_free(store);
		ERR_clear_error();
		return MAILSEAL_E_CONFIG;
	}
	X509_STORE_free(anchors->store);
	anchors->store = store;
	return MAILSEAL_OK;
}

void
x509_close(struct anchors *anchors)
{
	X509_STORE_free(anchors->store);
	anchors->store = NULL;
}

/* Called for each certificate of the chain; its verdict is left as it is. */
static int
note(int holds, X509_STORE_CTX *verify)
{
	SSL *ssl = X509_STORE_CTX_get_ex_data(verify,
	    SSL_get_ex_data_X509_STORE_CTX_idx());

	if (!holds && ssl != NULL)
		trust_explain(verify,
		    SSL_CTX_get_app_data(SSL_get_SSL_CTX(ssl)),
		    X509_DETAIL_MAX);
	return holds;
}

void
x509_watch(SSL_CTX *ctx, X509_STORE *store, char detail[X509_DETAIL_MAX])
{
	detail[0] = '\0';
	(void)SSL_CTX_set_app_data(ctx, detail);
	SSL_CTX_set1_cert_store(ctx, store);
	SSL_CTX_set_verify(ctx, SSL_VERIFY_PEER, note);
	/* Records that carry no byte for us do not outrun the deadline. */
	(void)SSL_CTX_clear_mode(ctx, SSL_MODE_AUTO_RETRY);
}
