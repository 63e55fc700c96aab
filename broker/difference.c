/* SPDX-License-Identifier: ISC */
#include <stdio.h>
#include <string.h>

#include "broker/difference.h"
#include "proto/error.h"

/*
 * Every key of a binding has a row.  What stands here as CURE_RENEW says whose
 * a credential is; the other keys say only where it is used.
 */
static const struct {
	const char *key;
	enum cure account, registration;
} rows[] = {
	{ "provider", CURE_RENEW, CURE_RENEW },
	{ "module", CURE_RENEW, CURE_RENEW },
	{ "authority", CURE_RENEW, CURE_RENEW },
	{ "tenant", CURE_RENEW, CURE_RENEW },
	{ "client_id", CURE_RENEW, CURE_RENEW },
	/* A refresh token is no application's; the secret is of the same. */
	{ "flow", CURE_RENEW, CURE_RESEAL },
	{ "issuer", CURE_RENEW, CURE_RENEW },
	{ "authorization_endpoint", CURE_RENEW, CURE_RENEW },
	{ "token_endpoint", CURE_RENEW, CURE_RENEW },
	{ "device_endpoint", CURE_RENEW, CURE_RENEW },
	{ "revocation_endpoint", CURE_RENEW, CURE_RENEW },
	/* The same, as a provider file says it. */
	{ "authorization_url", CURE_RENEW, CURE_RENEW },
	{ "token_url", CURE_RENEW, CURE_RENEW },
	{ "device_url", CURE_RENEW, CURE_RENEW },
	{ "revocation_url", CURE_RENEW, CURE_RENEW },
	{ "jwks_uri", CURE_RENEW, CURE_RENEW },
	{ "origins", CURE_RENEW, CURE_RENEW },
	/* It brings tokens of its own, and is told the client secret. */
	{ "command", CURE_RESEAL, CURE_RENEW },
	{ "smtp_host", CURE_RESEAL, CURE_RESEAL },
	{ "smtp_port", CURE_RESEAL, CURE_RESEAL },
	{ "smtp_tls", CURE_RESEAL, CURE_RESEAL },
	{ "imap_host", CURE_RESEAL, CURE_RESEAL },
	{ "imap_port", CURE_RESEAL, CURE_RESEAL },
	{ "imap_tls", CURE_RESEAL, CURE_RESEAL },
	{ "ca", CURE_RESEAL, CURE_RESEAL },
	{ "smtp_trust", CURE_RESEAL, CURE_RESEAL },
	{ "smtp_pins", CURE_RESEAL, CURE_RESEAL },
};

enum cure
difference_cure(const char *key, bool of_account)
{
	for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++)
		if (strcmp(rows[i].key, key) == 0)
			return of_account ? rows[i].account :
					    rows[i].registration;
	return CURE_RENEW;
}

static int
take_apart(const char *binding, char *bytes, struct line *line)
{
	size_t len = strlen(binding);

	if (len > BINDING_MAX)
		return MAILSEAL_E_TOOLONG;
	memcpy(bytes, binding, len + 1);
	line_start(line, bytes, len);
	return line->error;
}

/* The text of a field, or NULL. */
static const char *
text_of(const struct line *line, const char *key)
{
	for (size_t i = 0; i < line->count; i++)
		if (strcmp(line->field[i].key, key) == 0)
			return (const char *)line->field[i].value;
	return NULL;
}

static int
add(struct differences *d, const char *key, bool of_account)
{
	const char *old = text_of(&d->old_line, key);
	const char *new = text_of(&d->new_line, key);
	enum cure cure = difference_cure(key, of_account);

	if (old != NULL && new != NULL && strcmp(old, new) == 0)
		return MAILSEAL_OK;
	if (d->count == DIFFERENCES_MAX)
		return MAILSEAL_E_TOOLONG;
	d->difference[d->count++] = (struct difference){ key, old, new };
	if (cure > d->cure)
		d->cure = cure;
	return MAILSEAL_OK;
}

int
differences_find(const char *old, const char *new, bool of_account,
    struct differences *d)
{
	int error = take_apart(old, d->old_bytes, &d->old_line);

	if (error == MAILSEAL_OK)
		error = take_apart(new, d->new_bytes, &d->new_line);
	d->count = 0;
	d->cure = CURE_NONE;
	if (error != MAILSEAL_OK)
		return error;
	for (size_t i = 0; error == MAILSEAL_OK && i < d->old_line.count; i++)
		error = add(d, d->old_line.field[i].key, of_account);
	for (size_t i = 0; error == MAILSEAL_OK && i < d->new_line.count; i++)
		if (text_of(&d->old_line, d->new_line.field[i].key) == NULL)
			error = add(d, d->new_line.field[i].key, of_account);
	return error;
}

void
differences_keys(const struct differences *d, char *keys, size_t size)
{
	size_t len = 0;

	keys[0] = '\0';
	for (size_t i = 0; i < d->count && len < size; i++)
		len += (size_t)snprintf(keys + len, size - len, "%s%s",
		    i > 0 ? "," : "", d->difference[i].key);
}
