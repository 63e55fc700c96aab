/* SPDX-License-Identifier: ISC */
#include "broker/op/pinned.h"
#include "proto/error.h"

static const struct provider *
find(const struct enrolment *e)
{
	const struct provider *p = config_provider(e->broker->config,
	    e->provider);

	return p != NULL && p->fault == NULL ? p : NULL;
}

int
pinned_provider(const struct enrolment *e, const struct provider **provider)
{
	const struct provider *p = find(e);

	if (p == NULL)
		return MAILSEAL_E_NOPROVIDER;
	if (!enrolment_is_bound(e))
		return MAILSEAL_E_REBIND;
	*provider = p;
	return MAILSEAL_OK;
}

int
pinned_ask(const struct enrolment *e, const char *op, struct bound *bound,
    struct errand **errand)
{
	const struct provider *p = NULL;
	struct errand *made;
	char scope[SCOPE_MAX * 3];
	int error = pinned_provider(e, &p);

	if (error == MAILSEAL_OK)
		error = binding_read(e->binding, bound);
	if (error == MAILSEAL_OK)
		error = provider_scopes(p, scope, sizeof(scope));
	if (error != MAILSEAL_OK)
		return error;
	made = errand_new(e->broker, op, p->value[SETTING_MODULE],
	    bound->endpoints.origins);
	if (made == NULL)
		return MAILSEAL_E_NOMEM;
	errand_registration(made, p);
	errand_set(made, "scope", scope);
	errand_set(made, "issuer", bound->endpoints.issuer);
	errand_set(made, "token_endpoint", bound->endpoints.token);
	errand_set(made, "jwks_uri", bound->endpoints.jwks);
	errand_in(made, "mailbox", e->spelled);
	*errand = made;
	return MAILSEAL_OK;
}

int
pinned_start(struct enrolment *e, attempt_build *build, errand_done *done)
{
	const struct provider *p = find(e);

	if (p == NULL)
		return MAILSEAL_E_NOPROVIDER;
	return attempt_start(e->broker, p, build, e, done, e, &e->errand);
}
