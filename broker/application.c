/* SPDX-License-Identifier: ISC */
#include <string.h>

#include "broker/application.h"
#include "broker/binding.h"
#include "broker/flow.h"
#include "proto/error.h"

int
application_ask(struct broker *broker, const struct provider *p,
    const char *binding, const char *mailbox, enum service service,
    struct errand **errand)
{
	struct bound bound;
	const char *origins;
	struct errand *e;
	int error = binding_read(binding, &bound);

	if (error != MAILSEAL_OK)
		return error;
	/* A command has none: it is the host's own program. */
	origins = bound.endpoints.origins;
	e = errand_new(broker, flow_grant_op(p), p->value[SETTING_MODULE],
	    origins != NULL ? origins : "-");
	if (e == NULL)
		return MAILSEAL_E_NOMEM;
	errand_registration(e, p);
	errand_set(e, "scope", provider_scope(p, service));
	errand_set(e, "service", service_name(service));
	errand_set(e, "issuer", bound.endpoints.issuer);
	errand_set(e, "token_endpoint", bound.endpoints.token);
	errand_set(e, "jwks_uri", bound.endpoints.jwks);
	errand_in(e, "mailbox", mailbox);
	*errand = e;
	return MAILSEAL_OK;
}

void
application_judge(struct outcome *outcome)
{
	if (strcmp(outcome->class, "reauth") == 0 ||
	    strcmp(outcome->class, "denied") == 0)
		outcome->class = "admin";
	if (outcome->reason != MAILSEAL_E_REAUTH)
		return;
	outcome->reason = MAILSEAL_E_ADMIN;
	outcome->meaning = NULL; /* it would say: sign in again */
}
