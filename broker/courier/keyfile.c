/* SPDX-License-Identifier: ISC */
#include <limits.h>
#include <openssl/bio.h>
#include <openssl/err.h>
#include <openssl/pem.h>
#include <stdbool.h>
#include <stdio.h>
#include <string.h>

#include "broker/courier/certificate.h"
#include "broker/courier/json.h"
#include "broker/courier/keyfile.h"
#include "broker/courier/signkey.h"
#include "proto/error.h"

#define DETAIL_MAX 256

static int
refuse(struct line_writer *reply, const char *what, const char *why)
{
	char detail[DETAIL_MAX];

	(void)snprintf(detail, sizeof(detail), "%s%s%s", what,
	    why != NULL ? ": " : "", why != NULL ? why : "");
	line_put(reply, "class", "config");
	line_put(reply, "reason", mailseal_error_name(MAILSEAL_E_NOSECRET));
	line_put(reply, "detail", detail);
	return MAILSEAL_OK;
}

/* The key as it is kept, whatever form it came in. */
static int
put_key(EVP_PKEY *key, struct line_writer *reply)
{
	AUTO(secret) pem = NULL;
	int error = signkey_write(key, &pem);

	if (error != MAILSEAL_OK)
		return error;
	line_put(reply, "class", "ok");
	line_put_bytes(reply, "client_key", pem->data, pem->len);
	return MAILSEAL_OK;
}

static bool
is_named(const char *text, size_t max)
{
	return text != NULL && text[0] != '\0' && strlen(text) <= max;
}

static int
answer_account(const struct json *json, struct line_writer *reply)
{
	const char *type = json_text(json, "type");
	const char *pem = json_text(json, "private_key");
	const char *id = json_text(json, "private_key_id");
	const char *name = json_text(json, "client_email");
	AUTO_SIGNKEY key = NULL;
	const char *why;
	int error;

	if (type == NULL || strcmp(type, "service_account") != 0)
		return refuse(reply,
		    "this JSON is not the key of a service account", NULL);
	if (!is_named(id, 255) || !is_named(name, 255))
		return refuse(reply,
		    "private_key_id or client_email is missing", NULL);
	if (pem == NULL)
		return refuse(reply, "private_key is missing", NULL);
	if (signkey_read((struct span){ (const unsigned char *)pem,
			     strlen(pem) },
		&key, &why) != MAILSEAL_OK)
		return refuse(reply, "private_key cannot be used", why);
	error = put_key(key, reply);
	line_put(reply, "key_id", id);
	line_put(reply, "service_account", name);
	line_put(reply, "client_id", json_text(json, "client_id"));
	return error;
}

/* A passphrase is never asked for. */
static int
have_none(char *bytes, int size, int writes, void *arg)
{
	(void)bytes;
	(void)size;
	(void)writes;
	(void)arg;
	return -1;
}

/* The first certificate of the key; others are those of who signed it. */
static X509 *
find_certificate(struct span pem, EVP_PKEY *key, bool *are_some)
{
	BIO *bio = BIO_new_mem_buf(pem.data, (int)pem.len);
	X509 *found = NULL;

	*are_some = false;
	while (bio != NULL &&
	    (found = PEM_read_bio_X509(bio, NULL, have_none, NULL)) != NULL) {
		*are_some = true;
		if (X509_check_private_key(found, key) == 1)
			break;
		X509_free(found);
	}
	BIO_free(bio);
	ERR_clear_error();
	return found;
}

static int
answer_pem(struct span pem, struct line_writer *reply)
{
	AUTO_CERTIFICATE certificate = NULL;
	AUTO_SIGNKEY key = NULL;
	const char *why;
	bool are_some;
	int error;

	if (signkey_read(pem, &key, &why) != MAILSEAL_OK)
		return refuse(reply, "the key cannot be used", why);
	certificate = find_certificate(pem, key, &are_some);
	if (certificate == NULL)
		return refuse(reply,
		    are_some ? "the certificate is of another key" :
			       "the certificate of the key is missing: it "
			       "belongs into the same file",
		    NULL);
	/* Also where the end cannot be read. */
	if (X509_cmp_current_time(X509_get0_notAfter(certificate)) <= 0)
		return refuse(reply, "the certificate is over", NULL);
	error = put_key(key, reply);
	if (error != MAILSEAL_OK)
		return error;
	return certificate_put(certificate, reply);
}

static bool
holds(struct span file, const char *text)
{
	return memmem(file.data, file.len, text, strlen(text)) != NULL;
}

static int
answer(struct span file, struct line_writer *reply)
{
	AUTO(json) json = NULL;
	size_t i = 0;
	int error;

	while (i < file.len && memchr(" \t\r\n", file.data[i], 4) != NULL)
		i++;
	if (i < file.len && file.data[i] == '{') {
		error = json_parse(file, MAILSEAL_ITEMS_MAX, &json);
		if (error == MAILSEAL_E_NOMEM)
			return error;
		if (error != MAILSEAL_OK)
			return refuse(reply, "this is broken JSON", NULL);
		return answer_account(json, reply);
	}
	if (holds(file, "-----BEGIN "))
		return answer_pem(file, reply);
	return refuse(reply,
	    "this is neither the JSON of a service account nor PEM; \"openssl "
	    "pkcs12 -nodes\" makes PEM of a .pfx file",
	    NULL);
}

int
keyfile_answer(struct line *request, struct line_writer *reply)
{
	struct span file = line_get_bytes(request, "in_file", KEYFILE_MAX);
	int error;

	if (file.data == NULL)
		line_fail(request, MAILSEAL_E_MISSING, "in_file");
	error = line_end(request);
	if (error != MAILSEAL_OK)
		return error;
	return answer(file, reply);
}
