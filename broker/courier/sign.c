/* SPDX-License-Identifier: ISC */
#include <errno.h>
#include <jansson.h>
#include <openssl/err.h>
#include <openssl/evp.h>
#include <openssl/rsa.h>
#include <sodium.h>
#include <stdlib.h>
#include <string.h>

#include "broker/courier/form.h"
#include "broker/courier/request.h"
#include "broker/courier/sign.h"
#include "broker/courier/signkey.h"
#include "proto/error.h"

#define NUMBER_MAX 20 /* bytes of an integer */

static void
json_auto(json_t **json)
{
	json_decref(*json);
}

#define AUTO_JSON __attribute__((cleanup(json_auto))) json_t *

/* An integer in its one spelling; NULL when it is none. */
static json_t *
read_integer(struct span text)
{
	char digits[NUMBER_MAX + 1], again[NUMBER_MAX + 2];
	char *end;
	long long number;

	if (text.len == 0 || text.len > NUMBER_MAX)
		return NULL;
	memcpy(digits, text.data, text.len);
	digits[text.len] = '\0';
	errno = 0;
	number = strtoll(digits, &end, 10);
	(void)snprintf(again, sizeof(again), "%lld", number);
	if (errno != 0 || strlen(again) != text.len ||
	    strcmp(again, digits) != 0)
		return NULL;
	return json_integer(number);
}

/* Add a field to an object; false when it is there, or cannot be. */
static bool
add(json_t *object, const char *name, json_t *value)
{
	if (json_object_get(object, name) != NULL) {
		json_decref(value);
		return false;
	}
	return json_object_set_new(object, name, value) == 0;
}

static bool
add_field(const struct mailseal_ask *ask, uint32_t i, json_t *object)
{
	struct span value = request_field(ask, i);

	if (ask->field[i].where == MAILSEAL_IN_JWT_NUMBER)
		return add(object, ask->field[i].name, read_integer(value));
	return add(object, ask->field[i].name,
	    json_stringn((const char *)value.data, value.len));
}

/* Cut the ask into what stands in the header and what in the claims. */
static bool
read_members(const struct mailseal_ask *ask, const char *alg, json_t *header,
    json_t *claims)
{
	if (!add(header, "alg", json_string(alg)) ||
	    !add(header, "typ", json_string("JWT")))
		return false;
	for (uint32_t i = 0; i < ask->count; i++) {
		bool fits = true;

		switch (ask->field[i].where) {
		case MAILSEAL_IN_OUTCOME:
			break; /* alg and key */
		case MAILSEAL_IN_JWT_HEADER:
			fits = add_field(ask, i, header);
			break;
		case MAILSEAL_IN_JWT_CLAIM:
		case MAILSEAL_IN_JWT_NUMBER:
			fits = add_field(ask, i, claims);
			break;
		default:
			fits = false;
		}
		if (!fits)
			return false;
	}
	return true;
}

static void
put_base64(struct form *form, struct span bytes)
{
	size_t room = sodium_base64_encoded_len(bytes.len,
	    sodium_base64_VARIANT_URLSAFE_NO_PADDING); /* with its NUL */
	AUTO(secret) text = secret_new(room);

	if (text == NULL) {
		form->failed = true;
		return;
	}
	(void)sodium_bin2base64((char *)text->data, room, bytes.data, bytes.len,
	    sodium_base64_VARIANT_URLSAFE_NO_PADDING);
	form_put(form, (const char *)text->data);
}

static void
put_json(struct form *form, const json_t *object)
{
	AUTO(secret) text = secret_new(SIGN_MAX);
	size_t len = 0;

	if (text != NULL)
		len = json_dumpb(object, (char *)text->data, text->len,
		    JSON_COMPACT);
	if (len == 0 || len > text->len) {
		form->failed = true;
		return;
	}
	put_base64(form, (struct span){ text->data, len });
}

static bool
set_pss(EVP_PKEY_CTX *rsa)
{
	return EVP_PKEY_CTX_set_rsa_padding(rsa, RSA_PKCS1_PSS_PADDING) > 0 &&
	    EVP_PKEY_CTX_set_rsa_pss_saltlen(rsa, RSA_PSS_SALTLEN_DIGEST) > 0;
}

/* Put the signature of all that stands in the form behind it. */
static void
put_signature(struct form *form, EVP_PKEY *key, bool is_pss)
{
	unsigned char signature[SIGNKEY_BITS_MAX / 8];
	EVP_MD_CTX *ctx = EVP_MD_CTX_new();
	EVP_PKEY_CTX *rsa = NULL;
	size_t len = sizeof(signature);
	bool is_signed = !form->failed && ctx != NULL &&
	    EVP_DigestSignInit(ctx, &rsa, EVP_sha256(), NULL, key) == 1 &&
	    (!is_pss || set_pss(rsa)) &&
	    EVP_DigestSign(ctx, signature, &len, form->text->data, form->len) ==
		1;

	EVP_MD_CTX_free(ctx);
	ERR_clear_error();
	if (!is_signed) {
		form->failed = true;
		return;
	}
	form_put(form, ".");
	put_base64(form, (struct span){ signature, len });
	secret_wipe(signature, sizeof(signature));
}

/* The text of an outcome field, in room for 32 bytes; "" when absent. */
static void
copy_field(const struct mailseal_ask *ask, const char *name, char text[32])
{
	text[0] = '\0';
	for (uint32_t i = 0; i < ask->count; i++) {
		struct span value = request_field(ask, i);

		if (ask->field[i].where != MAILSEAL_IN_OUTCOME ||
		    strcmp(ask->field[i].name, name) != 0 || value.len >= 32)
			continue;
		memcpy(text, value.data, value.len);
		text[value.len] = '\0';
		return;
	}
}

/* The secret input of this name. */
static const struct mailseal_item *
find_input(const struct mailseal_items *inputs, const char *name)
{
	for (size_t i = 0; i < inputs->count; i++)
		if (strcmp(inputs->item[i].name, name) == 0 &&
		    (inputs->item[i].flags & MAILSEAL_SECRET) != 0)
			return &inputs->item[i];
	return NULL;
}

static int
write_token(const struct mailseal_ask *ask, const char *alg, EVP_PKEY *key,
    struct secret **token, struct http_fault *fault)
{
	AUTO_JSON header = json_object();
	AUTO_JSON claims = json_object();
	AUTO_FORM form = form_start(SIGN_MAX);

	if (header == NULL || claims == NULL || form.failed)
		return http_fail(fault, MAILSEAL_E_NOMEM, "out of memory");
	if (!read_members(ask, alg, header, claims))
		return http_fail(fault, MAILSEAL_E_MODULE,
		    "the module wants a token signed whose members are none");
	put_json(&form, header);
	form_put(&form, ".");
	put_json(&form, claims);
	put_signature(&form, key, strcmp(alg, "PS256") == 0);
	if (form.failed)
		return http_fail(fault, MAILSEAL_E_MODULE,
		    "the module wants a token signed that does not fit");
	*token = secret_copy(form.text->data, form.len);
	return *token != NULL ?
	    MAILSEAL_OK :
	    http_fail(fault, MAILSEAL_E_NOMEM, "out of memory");
}

int
sign_token(const struct mailseal_ask *ask, const struct mailseal_items *inputs,
    struct secret **token, struct http_fault *fault)
{
	AUTO_SIGNKEY key = NULL;
	const struct mailseal_item *input;
	const char *why;
	char alg[32], name[32];
	struct span pem;

	copy_field(ask, "alg", alg);
	copy_field(ask, "key", name);
	input = find_input(inputs, name);
	if (input == NULL ||
	    (strcmp(alg, "RS256") != 0 && strcmp(alg, "PS256") != 0))
		return http_fail(fault, MAILSEAL_E_MODULE,
		    "the module wants a token signed and does not say by what");
	pem = (struct span){ (const unsigned char *)input->bytes, input->len };
	if (signkey_read(pem, &key, &why) != MAILSEAL_OK)
		return http_fail(fault, MAILSEAL_E_CLIENT,
		    "the key of the registration cannot be used: %s", why);
	return write_token(ask, alg, key, token, fault);
}
