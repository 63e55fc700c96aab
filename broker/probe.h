/* SPDX-License-Identifier: ISC */
/*
 * probe: a login at an account's mail server, to see that it works, and where
 * wanted a test mail.
 */
#ifndef BROKER_PROBE_H
#define BROKER_PROBE_H

#include "broker/errand.h"

/* What a probe needs to know; the texts outlive the call only. */
struct probe {
	const struct provider *provider;
	const char *account; /* sender of the mail */
	const char *login;
	const struct secret *token;    /* an access token, */
	const struct secret *password; /* or a password */
	const char *to; /* where a test mail goes; NULL: log in only */
};

/* Start it; done gets code, enhanced, mechanism, server as fields. */
int probe_start(struct broker *broker, const struct probe *probe,
    errand_done *done, void *arg, struct errand **handle)
    __attribute__((warn_unused_result));

#endif
