/* SPDX-License-Identifier: ISC */
#include <sodium.h>
#include <string.h>

#include "broker/courier/form.h"
#include "proto/error.h"

#define BASIC_MAX 32768 /* bytes of encoded id and secret */

struct form
form_start(size_t max)
{
	struct form form = { secret_new(max), 0, false };

	form.failed = form.text == NULL;
	return form;
}

void
form_end(struct form *form)
{
	secret_free(form->text);
	form->text = NULL;
}

static void
append(struct form *form, const void *bytes, size_t len)
{
	if (form->failed || len > form->text->len - form->len) {
		form->failed = true;
		return;
	}
	memcpy(form->text->data + form->len, bytes, len);
	form->len += len;
}

void
form_put(struct form *form, const char *text)
{
	append(form, text, strlen(text));
}

static bool
is_unreserved(unsigned char c)
{
	return (c >= 'A' && c <= 'Z') || (c >= 'a' && c <= 'z') ||
	    (c >= '0' && c <= '9') || (c != '\0' && strchr("-._~", c) != NULL);
}

void
form_put_encoded(struct form *form, enum form_style style, struct span bytes)
{
	static const char hex[] = "0123456789ABCDEF";

	for (size_t i = 0; i < bytes.len; i++) {
		unsigned char c = bytes.data[i];
		char code[3] = { '%', hex[c >> 4], hex[c & 15] };

		if (is_unreserved(c))
			append(form, &c, 1);
		else if (c == ' ' && style == FORM_BODY)
			append(form, "+", 1);
		else
			append(form, code, sizeof(code));
	}
}

void
form_put_pair(struct form *form, enum form_style style, const char *name,
    struct span value)
{
	struct span key = { (const unsigned char *)name, strlen(name) };

	if (form->len > 0)
		form_put(form, "&");
	form_put_encoded(form, style, key);
	form_put(form, "=");
	form_put_encoded(form, style, value);
}

int
form_basic(struct span id, struct span secret, struct secret **header)
{
	static const char scheme[] = "Basic ";
	AUTO_FORM pair = form_start(BASIC_MAX);
	AUTO(secret) text = NULL;
	size_t room;

	form_put_encoded(&pair, FORM_BODY, id);
	form_put(&pair, ":");
	form_put_encoded(&pair, FORM_BODY, secret);
	if (pair.failed)
		return MAILSEAL_E_NOMEM;

	room = sodium_base64_encoded_len(pair.len,
	    sodium_base64_VARIANT_ORIGINAL); /* with its NUL */
	text = secret_new(strlen(scheme) + room);
	if (text == NULL)
		return MAILSEAL_E_NOMEM;
	memcpy(text->data, scheme, strlen(scheme));
	sodium_bin2base64((char *)text->data + strlen(scheme), room,
	    pair.text->data, pair.len, sodium_base64_VARIANT_ORIGINAL);
	secret_cut(text, strlen(scheme) + room - 1);
	*header = secret_move(&text);
	return MAILSEAL_OK;
}
