/* SPDX-License-Identifier: ISC */
#include <string.h>

#include "broker/service.h"

static const char *const service_names[] = { "smtp", "imap", "pop" };

int
service_by_name(const char *name)
{
	for (int i = 0; i < SERVICE_COUNT; i++)
		if (strcmp(service_names[i], name) == 0)
			return i;
	return -1;
}

const char *
service_name(enum service service)
{
	return service_names[service];
}

const char *
tls_name(enum tls tls)
{
	return tls == TLS_IMPLICIT ? "implicit" : "starttls";
}
