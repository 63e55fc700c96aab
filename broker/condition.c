/* SPDX-License-Identifier: ISC */
#include "broker/condition.h"
#include "broker/renew.h"
#include "proto/error.h"

struct condition
condition_of(const struct broker *broker, const struct account *a)
{
	struct condition c = { .state = grant_state_name(a->state),
		.plight = { .error = a->reason,
		    .account = a->spelled,
		    .detail = a->detail,
		    .meaning = a->meaning } };
	const struct provider *p;

	if (a->state == GRANT_DISABLED) {
		c.plight.error = MAILSEAL_E_DISABLED;
		c.plight.detail = NULL;
		c.plight.meaning = NULL;
		return c;
	}
	if (renew_is_bound(broker, a))
		return c;
	p = config_provider(broker->config, a->provider);
	c.state = grant_state_name(GRANT_BLOCKED);
	c.plight.error = p == NULL ? MAILSEAL_E_NOPROVIDER :
	    p->fault != NULL	   ? MAILSEAL_E_CONFIG :
				     MAILSEAL_E_REBIND;
	c.plight.meaning = NULL;
	c.plight.detail = p == NULL ? a->provider : p->fault;
	return c;
}
