/* SPDX-License-Identifier: ISC */
#include <stdio.h>
#include <string.h>

#include "broker/flow.h"
#include "proto/error.h"

static const char *
own_scope(const struct provider *provider, enum service service)
{
	switch (service) {
	case SERVICE_SMTP:
		return provider->value[SETTING_SCOPE_SMTP];
	case SERVICE_IMAP:
		return provider->value[SETTING_SCOPE_IMAP];
	case SERVICE_POP:
	case SERVICE_COUNT:
		break;
	}
	return NULL;
}

const char *
provider_scope(const struct provider *provider, enum service service)
{
	const char *scope = own_scope(provider, service);

	/* What a person granted goes with the refresh token; here is none. */
	return scope == NULL && flow_is_application(provider) ?
	    provider->value[SETTING_SCOPE] :
	    scope;
}

enum service
provider_lender(const struct provider *provider, enum service service)
{
	const char *mine = provider_scope(provider, service);

	if (strcmp(provider->value[SETTING_MODULE], "command") == 0)
		return service;
	for (int i = 0; i < (int)service; i++) {
		const char *other = provider_scope(provider, (enum service)i);

		if (mine == other ||
		    (mine != NULL && other != NULL && strcmp(mine, other) == 0))
			return (enum service)i;
	}
	return service;
}

int
provider_scopes(const struct provider *provider, char *scope, size_t size)
{
	static const enum setting parts[] = { SETTING_SCOPE, SETTING_SCOPE_SMTP,
		SETTING_SCOPE_IMAP };
	size_t len = 0;

	scope[0] = '\0';
	for (size_t i = 0; i < sizeof(parts) / sizeof(parts[0]); i++) {
		const char *part = provider->value[parts[i]];
		int n;

		if (part == NULL)
			continue;
		n = snprintf(scope + len, size - len, "%s%s",
		    len > 0 ? " " : "", part);
		if (n < 0 || (size_t)n >= size - len)
			return MAILSEAL_E_TOOLONG;
		len += (size_t)n;
	}
	return MAILSEAL_OK;
}
