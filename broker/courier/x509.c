/* SPDX-License-Identifier: ISC */
#include <openssl/err.h>

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
	struct watch *watch = ssl == NULL ?
	    NULL :
	    SSL_CTX_get_app_data(SSL_get_SSL_CTX(ssl));

	if (!holds && watch != NULL)
		blemish_tell(verify, watch->trust->name, watch->detail,
		    sizeof(watch->detail));
	return holds;
}

bool
x509_watch(SSL_CTX *ctx, struct watch *watch)
{
	watch->detail[0] = '\0';
	(void)SSL_CTX_set_app_data(ctx, watch);
	return trust_set_rules(ctx, watch->trust, watch->host, note);
}
