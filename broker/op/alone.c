/* SPDX-License-Identifier: ISC */
#include "broker/op/alone.h"
#include "broker/application.h"
#include "broker/attempt.h"
#include "proto/error.h"

/* Of each attempt, as for a lease. */
static int
build(void *arg, struct errand **built)
{
	struct enrolment *e = arg;
	const struct provider *p = config_provider(e->broker->config,
	    e->provider);

	if (p == NULL || p->fault != NULL)
		return MAILSEAL_E_NOPROVIDER;
	if (!enrolment_is_bound(e))
		return MAILSEAL_E_REBIND;
	return application_ask(e->broker, p, e->binding, e->spelled,
	    e->alone_for, built);
}

int
alone_ask(struct enrolment *e, enum service service, errand_done *done)
{
	const struct provider *p = config_provider(e->broker->config,
	    e->provider);

	if (p == NULL || p->fault != NULL)
		return MAILSEAL_E_NOPROVIDER;
	e->alone_for = service;
	return attempt_start(e->broker, p, build, e, done, e, &e->errand);
}
