/* SPDX-License-Identifier: ISC */
#include <sodium.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "broker/binding.h"
#include "broker/flow.h"
#include "proto/error.h"

#define SMTP_HOST " smtp_host="

/* Trust is bound by what the file holds, not by where it lies. */
static void
put_digest(struct line_writer *w, const char *key, const char *pem)
{
	unsigned char digest[crypto_generichash_BYTES];
	char hex[sizeof(digest) * 2 + 1];

	if (pem == NULL)
		return;
	(void)crypto_generichash(digest, sizeof(digest),
	    (const unsigned char *)pem, strlen(pem), NULL, 0);
	line_put(w, key,
	    sodium_bin2hex(hex, sizeof(hex), digest, sizeof(digest)));
}

/* Not by their keys, which the pinned ones have that follow. */
static void
put_endpoints(const struct provider *p, struct line_writer *w)
{
	line_put(w, "authorization_url", p->value[SETTING_AUTHORIZATION]);
	line_put(w, "token_url", p->value[SETTING_TOKEN]);
	line_put(w, "device_url", p->value[SETTING_DEVICE]);
	line_put(w, "revocation_url", p->value[SETTING_REVOCATION]);
}

/*
 * Client id, authority, tenant, mail hosts, ports, TLS modes, flow, command,
 * endpoints, trust.
 */
static void
put_provider(const struct provider *p, const char *host, struct line_writer *w)
{
	line_put(w, "provider", p->name);
	line_put(w, "module", p->value[SETTING_MODULE]);
	line_put(w, "authority", p->value[SETTING_AUTHORITY]);
	line_put(w, "tenant", p->value[SETTING_TENANT]);
	line_put(w, "client_id", p->value[SETTING_CLIENT_ID]);
	line_put(w, "smtp_host",
	    host[0] != '\0' ? host : p->place[SERVICE_SMTP].host);
	line_put_number(w, "smtp_port", p->place[SERVICE_SMTP].port);
	line_put(w, "smtp_tls", tls_name(p->place[SERVICE_SMTP].tls));
	if (p->place[SERVICE_IMAP].host != NULL) {
		line_put(w, "imap_host", p->place[SERVICE_IMAP].host);
		line_put_number(w, "imap_port", p->place[SERVICE_IMAP].port);
		line_put(w, "imap_tls", tls_name(p->place[SERVICE_IMAP].tls));
	}
	line_put(w, "flow", flow_is_application(p) ? "application" : NULL);
	line_put(w, "command", p->value[SETTING_COMMAND]);
	put_endpoints(p, w);
	put_digest(w, "ca", p->ca);
	put_digest(w, "smtp_trust", p->smtp_trust);
	line_put(w, "smtp_pins", p->smtp_pins);
}

/* What the provider file says comes first, so that it can be compared alone. */
static int
write_binding(const struct provider *provider, const char *host,
    const struct endpoints *e, char *bytes, size_t size)
{
	struct line_writer w;
	size_t len;
	int error;

	line_begin(&w, bytes, size, "binding");
	put_provider(provider, host, &w);
	if (e != NULL) {
		line_put(&w, "issuer", e->issuer);
		line_put(&w, "authorization_endpoint", e->authorization);
		line_put(&w, "token_endpoint", e->token);
		line_put(&w, "jwks_uri", e->jwks);
		line_put(&w, "origins", e->origins);
		line_put(&w, "device_endpoint", e->device);
		line_put(&w, "revocation_endpoint", e->revocation);
	}
	error = line_finish(&w, &len);
	if (error == MAILSEAL_OK)
		bytes[len - 1] = '\0';
	return error;
}

int
binding_make_at(const struct provider *provider, const char *host,
    const struct endpoints *endpoints, char **binding)
{
	char bytes[BINDING_MAX];
	int error = write_binding(provider, host, endpoints, bytes,
	    sizeof(bytes));
	char *copy;

	if (error != MAILSEAL_OK)
		return error;
	copy = strdup(bytes);
	if (copy == NULL)
		return MAILSEAL_E_NOMEM;
	*binding = copy;
	return MAILSEAL_OK;
}

int
binding_make(const struct provider *provider, const struct endpoints *endpoints,
    char **binding)
{
	return binding_make_at(provider, "", endpoints, binding);
}

/* Whether text goes on with piece; then *text stands behind it. */
static bool
skip(const char **text, const char *piece, size_t len)
{
	if (strncmp(*text, piece, len) != 0)
		return false;
	*text += len;
	return true;
}

bool
binding_agrees_at(const char *binding, const struct provider *provider,
    const char *host)
{
	char bytes[BINDING_MAX];
	const char *now = provider->binding, *at;
	size_t len;

	if (now == NULL) {
		if (write_binding(provider, "", NULL, bytes, sizeof(bytes)) !=
		    MAILSEAL_OK)
			return false;
		now = bytes;
	}
	at = host[0] != '\0' ? strstr(now, SMTP_HOST) : NULL;
	if (at != NULL) {
		/* No byte of a host is escaped. */
		at += strlen(SMTP_HOST);
		if (!skip(&binding, now, (size_t)(at - now)) ||
		    !skip(&binding, host, strlen(host)))
			return false;
		now = at + strcspn(at, " ");
	}
	len = strlen(now);
	return strncmp(binding, now, len) == 0 &&
	    (binding[len] == '\0' ||
		strncmp(binding + len, " issuer=", 8) == 0);
}

bool
binding_agrees(const char *binding, const struct provider *provider)
{
	return binding_agrees_at(binding, provider, "");
}

static void
read_place(struct line *line, const char *service, struct place *place)
{
	char key[16];
	const char *tls;

	(void)snprintf(key, sizeof(key), "%s_host", service);
	place->host = line_get(line, key, URL_MAX);
	(void)snprintf(key, sizeof(key), "%s_port", service);
	place->port = (unsigned)line_get_number(line, key, 0, 65535);
	(void)snprintf(key, sizeof(key), "%s_tls", service);
	tls = line_get(line, key, LINE_KEY_MAX);
	place->tls = tls != NULL && strcmp(tls, tls_name(TLS_STARTTLS)) == 0 ?
	    TLS_STARTTLS :
	    TLS_IMPLICIT;
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
	e->device = line_get(line, "device_endpoint", URL_MAX);
	memset(bound->place, 0, sizeof(bound->place));
	read_place(line, "smtp", &bound->place[SERVICE_SMTP]);
	read_place(line, "imap", &bound->place[SERVICE_IMAP]);
	e->revocation = line_get(line, "revocation_endpoint", URL_MAX);
	return line_end_reply(line);
}
