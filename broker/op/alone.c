/* SPDX-License-Identifier: ISC */
#include "broker/op/alone.h"
#include "broker/application.h"
#include "broker/op/pinned.h"
#include "proto/error.h"

/* Of each attempt, as for a lease. */
static int
build(void *arg, struct errand **built)
{
	struct enrolment *e = arg;
	const struct provider *p = NULL;
	int error = pinned_provider(e, &p);

	if (error != MAILSEAL_OK)
		return error;
	return application_ask(e->broker, p, e->binding, e->spelled,
	    e->alone_for, built);
}

int
alone_ask(struct enrolment *e, enum service service, errand_done *done)
{
	e->alone_for = service;
	return pinned_start(e, build, done);
}
