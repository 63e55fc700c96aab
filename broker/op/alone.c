/* SPDX-License-Identifier: ISC */
#include "broker/op/alone.h"
#include "broker/application.h"
#include "broker/binding.h"
#include "broker/registration.h"
#include "proto/error.h"

int
alone_ask(struct enrolment *e, enum service service, errand_done *done)
{
	const struct provider *p = config_provider(e->broker->config,
	    e->provider);
	AUTO(secret) client_secret = NULL;
	AUTO(errand) errand = NULL;
	int error;

	if (p == NULL || p->fault != NULL)
		return MAILSEAL_E_NOPROVIDER;
	if (!binding_agrees(e->binding, p))
		return MAILSEAL_E_REBIND;
	error = registration_secret(e->broker, p, &client_secret);
	if (error == MAILSEAL_OK)
		error = application_ask(e->broker, p, e->binding, e->spelled,
		    service, &errand);
	if (error != MAILSEAL_OK)
		return error;
	errand_in_secret(errand, "client_secret", client_secret);
	return errand_start(&errand, done, e, &e->errand);
}
