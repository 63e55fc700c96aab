/* SPDX-License-Identifier: ISC */
/*
 * provider: one file under provider.d, that says how accounts sign in.
 *
 * It names a module, the registration, and the mail hosts.  It never holds a
 * secret.  What a credential may be sent to is fixed from here when an account
 * is enrolled: see binding.
 */
#ifndef BROKER_PROVIDER_H
#define BROKER_PROVIDER_H

#include <stdbool.h>
#include <stddef.h>

#include "broker/ini.h"
#include "broker/own.h"
#include "broker/sasl.h"
#include "broker/service.h"
#include "proto/line.h"
#include "proto/verb.h"

/* The keys of a provider file that are kept as text. */
enum setting {
	SETTING_MODULE,
	SETTING_AUTHORITY,
	SETTING_AUTHORIZATION,
	SETTING_TOKEN,
	SETTING_DEVICE,
	SETTING_REVOCATION,
	SETTING_TENANT,
	SETTING_CLOUD,
	SETTING_FLOW,
	SETTING_HD,
	SETTING_CLIENT_ID,
	SETTING_CLIENT_AUTH,
	SETTING_CLIENT_ALG,
	SETTING_SCOPE,
	SETTING_SCOPE_SMTP,
	SETTING_SCOPE_IMAP,
	SETTING_PROMPT,
	SETTING_REDIRECT_URI,
	SETTING_CA_FILE,
	SETTING_PROXY,
	SETTING_NO_PROXY,
	SETTING_SMTP_HOST,
	SETTING_SMTP_PORT,
	SETTING_SMTP_TLS,
	SETTING_SMTP_SSL,
	SETTING_SMTP_TRUST,
	SETTING_IMAP_HOST,
	SETTING_IMAP_PORT,
	SETTING_IMAP_TLS,
	SETTING_ACCEPT_REACH,
	SETTING_COMMAND,
	SETTING_MECHANISM,
	SETTING_COUNT
};

struct provider {
	char name[PROVIDER_MAX + 1];
	char *file;
	char *preset; /* whose values are taken over; or NULL */
	char *preset_file;
	unsigned preset_line;	    /* of the file, where it is named */
	char *value[SETTING_COUNT]; /* NULL where it is not set */
	struct origin origin[SETTING_COUNT]; /* in file, or in preset_file */
	char *ca;			     /* PEM of ca_file, or NULL */
	char *smtp_trust; /* PEM of smtp_auth_ssl_trust, or NULL */
	char *smtp_pins;  /* digests that stand there: 64 digits of lower-case
			     hex each, a blank between two; or NULL */
	struct place place[SERVICE_COUNT];
	char *binding; /* its part of a binding, or NULL: not written yet */
	char *fault;   /* why it cannot be used; NULL when it can */
};

void provider_free(struct provider *provider);
AUTO_DEFINE(provider, struct provider)

/*
 * Read folder/NAME.conf, its preset first.
 *
 * MAILSEAL_E_CONFIG, MAILSEAL_E_UNSAFE, MAILSEAL_E_IO  the fault says more
 * MAILSEAL_E_NOMEM
 */
int provider_read(const char *folder, const char *name,
    const char *preset_folder, struct provider **provider, struct fault *fault)
    __attribute__((warn_unused_result));

/* The key of a setting. */
const char *provider_key(enum setting setting);

/* Whether its accounts keep a password rather than a grant. */
bool provider_has_passwords(const struct provider *provider);

/* What its accounts' strings are for, where nobody says it. */
enum sasl_mechanism provider_mechanism(const struct provider *provider);

/* Refuse a setting, with the line where it stands; MAILSEAL_E_CONFIG. */
int provider_refuse(const struct provider *provider, enum setting setting,
    const char *what, struct fault *fault);

/*
 * The scope that a service's lease is asked for; NULL: what was granted.
 * Services with the same answer share a lease.
 */
const char *provider_scope(const struct provider *provider,
    enum service service);

/*
 * The origin of its authority, the port always written.
 *
 * MAILSEAL_E_CONFIG, MAILSEAL_E_TOOLONG
 */
int provider_origin(const struct provider *provider, char *origin, size_t size)
    __attribute__((warn_unused_result));

/*
 * The service whose lease a service has: the first that asks for the same
 * scope, or itself.  A command is told the service, and may mind it.
 */
enum service provider_lender(const struct provider *provider,
    enum service service);

/* All scopes, for the sign-in; at most size bytes with the NUL. */
int provider_scopes(const struct provider *provider, char *scope, size_t size)
    __attribute__((warn_unused_result));

#endif
