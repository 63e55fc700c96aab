/* SPDX-License-Identifier: ISC */
#include <string.h>

#include "broker/endpoint.h"
#include "broker/flow.h"
#include "proto/error.h"

static const enum setting endpoints[] = { SETTING_TOKEN, SETTING_AUTHORIZATION,
	SETTING_DEVICE, SETTING_REVOCATION };

#define ENDPOINTS (sizeof(endpoints) / sizeof(endpoints[0]))

/* Whether it is one of our modules that would not look at them. */
static bool
finds_them_itself(const char *module)
{
	static const char *const names[] = { "google", "microsoft", "password",
		"command" };

	for (size_t i = 0; i < sizeof(names) / sizeof(names[0]); i++)
		if (strcmp(module, names[i]) == 0)
			return true;
	return false;
}

/* Visible characters behind https://, and no # that would cut a query off. */
static bool
is_address(const char *url)
{
	static const char scheme[] = "https://";

	if (strncmp(url, scheme, strlen(scheme)) != 0 ||
	    url[strlen(scheme)] == '\0' || strpbrk(url, "#\"<>\\") != NULL)
		return false;
	for (; *url != '\0'; url++)
		if (*url < 0x21 || *url > 0x7e)
			return false;
	return true;
}

static int
check_one(const struct provider *p, enum setting setting, struct fault *fault)
{
	if (p->value[setting] == NULL)
		return MAILSEAL_OK;
	if (finds_them_itself(p->value[SETTING_MODULE]))
		return provider_refuse(p, setting, "is for module oidc", fault);
	if (!is_address(p->value[setting]))
		return provider_refuse(p, setting,
		    "is an address that starts with https://", fault);
	if (p->value[SETTING_TOKEN] == NULL)
		return provider_refuse(p, setting,
		    "goes with token_endpoint; without it discovery tells all",
		    fault);
	return MAILSEAL_OK;
}

int
endpoint_check(const struct provider *p, struct fault *fault)
{
	int error = MAILSEAL_OK;

	for (size_t i = 0; error == MAILSEAL_OK && i < ENDPOINTS; i++)
		error = check_one(p, endpoints[i], fault);
	if (error != MAILSEAL_OK || p->value[SETTING_TOKEN] == NULL)
		return error;
	if (p->value[SETTING_AUTHORIZATION] == NULL && !flow_is_application(p))
		return provider_refuse(p, SETTING_TOKEN,
		    "needs authorization_endpoint beside it: where does a "
		    "person sign in?",
		    fault);
	return MAILSEAL_OK;
}
