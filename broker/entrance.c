/* SPDX-License-Identifier: ISC */
#include <string.h>
#include <strings.h>

#include "broker/entrance.h"

const char *
entrance_user(enum account_type type, const char *mailbox, const char *login,
    enum service service)
{
	bool itself = type == ACCOUNT_APPLICATION;
	bool delegate = type == ACCOUNT_OAUTH && strchr(login, '@') != NULL &&
	    strcasecmp(login, mailbox) != 0;

	return itself || (delegate && service != SERVICE_SMTP) ? mailbox :
								 login;
}

const char *
account_user(const struct account *a, enum service service)
{
	return entrance_user(a->type, a->spelled, a->login, service);
}

struct place
entrance_place(const struct provider *provider, const char *host,
    enum service service)
{
	struct place place = provider->place[service];

	bool own = host != NULL && host[0] != '\0';

	if (service == SERVICE_SMTP && place.host != NULL && own)
		place.host = host;
	return place;
}
