/* SPDX-License-Identifier: ISC */
#include <stdlib.h>
#include <string.h>

#include "broker/binding.h"
#include "proto/error.h"

/* What the provider file says comes first, so that it can be compared alone. */
static int
write_binding(const struct provider *provider, const struct endpoints *e,
    char *bytes, size_t size)
{
	struct line_writer w;
	size_t len;
	int error;

	line_begin(&w, bytes, size, "binding");
	provider_bound(provider, &w);
	if (e != NULL) {
		line_put(&w, "issuer", e->issuer);
		line_put(&w, "authorization_endpoint", e->authorization);
		line_put(&w, "token_endpoint", e->token);
		line_put(&w, "jwks_uri", e->jwks);
		line_put(&w, "origins", e->origins);
	}
	error = line_finish(&w, &len);
	if (error == MAILSEAL_OK)
		bytes[len - 1] = '\0';
	return error;
}

int
binding_make(const struct provider *provider, const struct endpoints *endpoints,
    char **binding)
{
	char bytes[BINDING_MAX];
	int error = write_binding(provider, endpoints, bytes, sizeof(bytes));
	char *copy;

	if (error != MAILSEAL_OK)
		return error;
	copy = strdup(bytes);
	if (copy == NULL)
		return MAILSEAL_E_NOMEM;
	*binding = copy;
	return MAILSEAL_OK;
}

bool
binding_agrees(const char *binding, const struct provider *provider)
{
	char now[BINDING_MAX];
	size_t len;

	if (write_binding(provider, NULL, now, sizeof(now)) != MAILSEAL_OK)
		return false;
	len = strlen(now);
	return strncmp(binding, now, len) == 0 &&
	    (binding[len] == '\0' || strncmp(binding + len, " issuer=", 8) == 0);
}

int
binding_read(const char *binding, struct bound *bound)
{
	size_t len = strlen(binding);
	struct endpoints *e = &bound->endpoints;
	struct line *line = &bound->line;

	if (len > BINDING_MAX)
		return MAILSEAL_E_TOOLONG;
	memcpy(bound->bytes, binding, len + 1);
	line_start(line, bound->bytes, len);
	e->issuer = line_get(line, "issuer", URL_MAX);
	e->authorization = line_get(line, "authorization_endpoint", URL_MAX);
	e->token = line_get(line, "token_endpoint", URL_MAX);
	e->jwks = line_get(line, "jwks_uri", URL_MAX);
	e->origins = line_get(line, "origins", URL_MAX);
	return line_end_reply(line);
}
