/* SPDX-License-Identifier: ISC */
#include <stdbool.h>
#include <stdio.h>
#include <string.h>

#include "broker/probe.h"
#include "proto/error.h"

static const char body[] =
    "This is a test mail.\n"
    "\n"
    "mailseal sent it with the credential that it keeps for this address,\n"
    "so signing in and sending work.  Nobody need answer it.\n";

static void
put_mail(struct errand *e, const struct probe *probe)
{
	char subject[ACCOUNT_MAX + 64];

	(void)snprintf(subject, sizeof(subject), "mailseal test of %s",
	    probe->account);
	errand_in(e, "from", probe->account);
	errand_in(e, "to", probe->to);
	errand_in(e, "subject", subject);
	errand_in(e, "body", body);
}

int
probe_start(struct broker *broker, const struct probe *probe, errand_done *done,
    void *arg, struct errand **handle)
{
	const struct place *smtp = &probe->provider->place[SERVICE_SMTP];
	bool address = strchr(smtp->host, ':') != NULL; /* IPv6 */
	char origin[512], port[8];
	AUTO(errand) e = NULL;

	(void)snprintf(origin, sizeof(origin), "smtp://%s%s%s:%u",
	    address ? "[" : "", smtp->host, address ? "]" : "", smtp->port);
	(void)snprintf(port, sizeof(port), "%u", smtp->port);
	e = errand_new(broker, probe->to != NULL ? "mail" : "login", "-",
	    origin);
	if (e == NULL)
		return MAILSEAL_E_NOMEM;
	errand_trust(e, probe->provider->ca);
	errand_set(e, "host", smtp->host);
	errand_set(e, "port", port);
	errand_set(e, "tls", tls_name(smtp->tls));
	errand_set(e, "trust", probe->provider->smtp_trust);
	errand_in(e, "username", probe->login);
	errand_in(e, "mechanism", "best");
	errand_in_secret(e, "access_token", probe->token);
	errand_in_secret(e, "password", probe->password);
	if (probe->to != NULL)
		put_mail(e, probe);
	return errand_start(&e, done, arg, handle);
}
