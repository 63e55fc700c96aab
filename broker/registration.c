/* SPDX-License-Identifier: ISC */
#include <stdlib.h>

#include "broker/binding.h"
#include "broker/registration.h"
#include "broker/vault/record.h"
#include "proto/error.h"

#define LABEL "1" /* of the only secret of a provider */

int
registration_save(struct broker *broker, const struct provider *provider,
    const struct secret *secret)
{
	char *bound = NULL;
	int error = binding_make(provider, NULL, &bound);

	if (error == MAILSEAL_OK)
		error = store_begin(broker->store);
	if (error == MAILSEAL_OK)
		error = record_save(broker->store, broker->keyring,
		    "client_secret", provider->name, LABEL, provider->name,
		    bound, secret);
	if (error == MAILSEAL_OK)
		error = store_commit(broker->store);
	if (error != MAILSEAL_OK)
		store_rollback(broker->store);
	free(bound);
	return error;
}

int
registration_secret(struct broker *broker, const struct provider *provider,
    struct secret **secret)
{
	AUTO(secret) plain = NULL;
	char *bound = NULL;
	bool agrees;
	int error = record_open(broker->store, broker->keyring, "client_secret",
	    provider->name, LABEL, &plain, &bound);

	if (error == MAILSEAL_E_NOACCOUNT) {
		*secret = NULL;
		return MAILSEAL_OK;
	}
	if (error != MAILSEAL_OK)
		return error;
	agrees = binding_agrees(bound, provider);
	free(bound);
	if (!agrees)
		return MAILSEAL_E_REBIND;
	*secret = secret_move(&plain);
	return MAILSEAL_OK;
}
