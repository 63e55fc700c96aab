/* SPDX-License-Identifier: ISC */
#include <stdlib.h>
#include <string.h>

#include "broker/courier/request.h"
#include "proto/error.h"

#define HEADER_MAX 32768 /* bytes of one header line */
#define URL_MAX 65536	 /* bytes of a URL with its query */

void
request_free(struct request *request)
{
	if (request == NULL)
		return;
	form_end(&request->url);
	form_end(&request->body);
	curl_slist_free_all(request->headers);
	free(request);
}

struct span
request_field(const struct mailseal_ask *ask, uint32_t i)
{
	return (struct span){ (const unsigned char *)ask->pool +
		    ask->field[i].offset,
		ask->field[i].len };
}

int
request_write_url(const struct mailseal_ask *ask, struct form *url)
{
	bool has_query = strchr(ask->url, '?') != NULL;

	form_put(url, ask->url);
	for (uint32_t i = 0; i < ask->count; i++) {
		const struct mailseal_field *field = &ask->field[i];
		struct span name = { (const unsigned char *)field->name,
			strlen(field->name) };

		if (field->where != MAILSEAL_IN_QUERY)
			continue;
		form_put(url, has_query ? "&" : "?");
		has_query = true;
		form_put_encoded(url, FORM_QUERY, name);
		form_put(url, "=");
		form_put_encoded(url, FORM_QUERY, request_field(ask, i));
	}
	return url->failed ? MAILSEAL_E_NOMEM : MAILSEAL_OK;
}

static bool
is_header_name(const char *name)
{
	static const char token[] = "ABCDEFGHIJKLMNOPQRSTUVWXYZ"
				    "abcdefghijklmnopqrstuvwxyz0123456789-_";

	return name[0] != '\0' && name[strspn(name, token)] == '\0';
}

/* No byte of it can end the header. */
static bool
is_header_value(struct span value)
{
	for (size_t i = 0; i < value.len; i++)
		if (value.data[i] < 0x20 || value.data[i] > 0x7e)
			return false;
	return value.len > 0;
}

static int
add_header(struct request *request, const char *name, struct span value)
{
	AUTO_FORM line = form_start(HEADER_MAX);
	struct curl_slist *grown;

	if (!is_header_name(name) || !is_header_value(value))
		return MAILSEAL_E_MODULE;
	form_put(&line, name);
	form_put(&line, ": ");
	form_put(&line, (const char *)value.data); /* has no NUL, see above */
	if (line.failed)
		return MAILSEAL_E_NOMEM;
	grown = curl_slist_append(request->headers,
	    (const char *)line.text->data);
	if (grown == NULL)
		return MAILSEAL_E_NOMEM;
	request->headers = grown;
	return MAILSEAL_OK;
}

static int
add_basic(struct request *request, const char *id, struct span secret)
{
	AUTO(secret) header = NULL;
	struct span name = { (const unsigned char *)id, strlen(id) };
	int error;

	error = form_basic(name, secret, &header);
	if (error != MAILSEAL_OK)
		return error;
	return add_header(request, "Authorization", secret_span(header));
}

static int
add_field(struct request *request, const struct mailseal_ask *ask, uint32_t i)
{
	const struct mailseal_field *field = &ask->field[i];
	struct span value = request_field(ask, i);
	AUTO(secret) copy = NULL;

	switch ((enum mailseal_where)field->where) {
	case MAILSEAL_IN_QUERY:
		return MAILSEAL_OK; /* stands in the URL already */
	case MAILSEAL_IN_FORM:
		request->is_post = true;
		form_put_pair(&request->body, FORM_BODY, field->name, value);
		return request->body.failed ? MAILSEAL_E_NOMEM : MAILSEAL_OK;
	case MAILSEAL_IN_HEADER:
		copy = secret_copy(value.data, value.len); /* ends with NUL */
		if (copy == NULL)
			return MAILSEAL_E_NOMEM;
		return add_header(request, field->name, secret_span(copy));
	case MAILSEAL_IN_BASIC:
		return add_basic(request, field->name, value);
	case MAILSEAL_IN_OUTCOME:
	case MAILSEAL_IN_JWT_HEADER:
	case MAILSEAL_IN_JWT_CLAIM:
	case MAILSEAL_IN_JWT_NUMBER:
	case MAILSEAL_IN_ARGV:
	case MAILSEAL_IN_STDIN:
		break;
	}
	return MAILSEAL_E_MODULE;
}

int
request_write(const struct mailseal_ask *ask, struct request **request)
{
	AUTO(request) made = calloc(1, sizeof(*made));
	int error;

	if (made == NULL)
		return MAILSEAL_E_NOMEM;
	made->url = form_start(URL_MAX);
	made->body = form_start(FORM_MAX);
	if (made->url.failed || made->body.failed)
		return MAILSEAL_E_NOMEM;
	error = request_write_url(ask, &made->url);
	for (uint32_t i = 0; error == MAILSEAL_OK && i < ask->count; i++)
		error = add_field(made, ask, i);
	if (error != MAILSEAL_OK)
		return error;
	*request = made;
	made = NULL;
	return MAILSEAL_OK;
}
