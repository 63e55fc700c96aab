/* SPDX-License-Identifier: ISC */
#include <string.h>
#include <strings.h>

#include "broker/flow.h"
#include "broker/gate.h"
#include "broker/op/choice.h"
#include "proto/error.h"

/* Whether a provider's accounts are of a type; -1: any but with passwords. */
static bool
fits(const struct provider *p, int type)
{
	return type < 0 ? !provider_has_passwords(p) :
			  type == (int)flow_account_type(p);
}

/* The only provider that can be meant when none was named; counts them. */
static const struct provider *
only_provider(const struct config *config, int type, size_t *count)
{
	const struct provider *found = NULL;

	for (size_t i = 0; i < config->provider_count; i++) {
		const struct provider *p = config->providers[i];

		if (p->fault != NULL || !fits(p, type))
			continue;
		found = p;
		(*count)++;
	}
	return *count == 1 ? found : NULL;
}

/* Named, or as enrolled before, or the only one; *why is what was wrong. */
static int
find(const struct broker *broker, const struct choice *choice,
    const struct provider **provider, const char **why)
{
	const struct config *config = broker->config;
	const struct account *a = accounts_find(broker->accounts, choice->name);
	const struct provider *p = NULL;
	bool named = choice->provider != NULL;
	size_t count = 0;

	if (named)
		p = config_provider(config, choice->provider);
	else if (a != NULL &&
	    (choice->type < 0 || choice->type == (int)a->type))
		p = config_provider(config, a->provider);
	if (p == NULL && !named)
		p = only_provider(config, choice->type, &count);
	/* A password is asked for only where nobody could sign in. */
	if (p == NULL && !named && choice->type < 0 && count == 0)
		p = only_provider(config, ACCOUNT_PASSWORD, &count);
	if (p == NULL && !named && a != NULL &&
	    config_provider(config, a->provider) == NULL)
		*why = a->provider;
	if (p == NULL && named)
		*why = choice->provider;
	if (p == NULL)
		return *why != NULL ? MAILSEAL_E_NOPROVIDER : MAILSEAL_E_CHOICE;
	*why = p->fault;
	if (p->fault != NULL)
		return MAILSEAL_E_CONFIG;
	*provider = p;
	return MAILSEAL_OK;
}

/* How a provider's accounts sign in, to one who wanted another way. */
static const char *
way_of(const struct provider *p)
{
	switch (flow_account_type(p)) {
	case ACCOUNT_OAUTH:
		return "the provider signs in at a page, not with a password";
	case ACCOUNT_PASSWORD:
		return "the provider takes a password, it has no page";
	case ACCOUNT_APPLICATION:
	case ACCOUNT_TYPES:
		break;
	}
	return "nobody signs in at the provider, neither at a page nor with "
	       "a password";
}

/*
 * Where nobody signs in, nobody shows that a mailbox is his: the address that
 * is enrolled, which has allow lines of its own, is the only one asked for.
 */
static int
check_alone(const struct provider *p, const struct choice *choice,
    const char **why)
{
	const char *hd = p->value[SETTING_HD];

	if (!flow_is_application(p))
		return MAILSEAL_OK;
	*why = "nobody signs in there, so that its login is the address itself";
	if (choice->login != NULL &&
	    strcasecmp(choice->login, choice->name) != 0)
		return MAILSEAL_E_KIND;
	*why = "it is not of the domain that hd names in the provider file";
	if (hd != NULL && strcasecmp(strchr(choice->name, '@') + 1, hd) != 0)
		return MAILSEAL_E_KIND;
	*why = NULL;
	return MAILSEAL_OK;
}

int
choice_make(const struct broker *broker, const struct choice *choice,
    const struct provider **provider, const char **why)
{
	const struct provider *p = NULL;
	const struct account *other;
	int error = find(broker, choice, &p, why);

	if (error != MAILSEAL_OK)
		return error;
	*why = way_of(p);
	if (choice->type >= 0 && choice->type != (int)flow_account_type(p))
		return MAILSEAL_E_KIND;
	*why = NULL;
	error = check_alone(p, choice, why);
	if (error != MAILSEAL_OK)
		return error;
	other = gate_other(broker->config, broker->accounts, p, choice->name);
	if (other != NULL) {
		*why = other->spelled;
		return MAILSEAL_E_REACH;
	}
	*provider = p;
	return MAILSEAL_OK;
}
