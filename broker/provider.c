/* SPDX-License-Identifier: ISC */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "broker/argument.h"
#include "broker/cloud.h"
#include "broker/endpoint.h"
#include "broker/flow.h"
#include "broker/place.h"
#include "broker/provider.h"
#include "proto/error.h"

static const struct key {
	const char *name;
	size_t max;
} keys[SETTING_COUNT] = {
	[SETTING_MODULE] = { "module", 32 },
	[SETTING_AUTHORITY] = { "authority", 1024 },
	[SETTING_AUTHORIZATION] = { "authorization_endpoint", 1024 },
	[SETTING_TOKEN] = { "token_endpoint", 1024 },
	[SETTING_DEVICE] = { "device_endpoint", 1024 },
	[SETTING_REVOCATION] = { "revocation_endpoint", 1024 },
	[SETTING_TENANT] = { "tenant", 255 },
	[SETTING_CLOUD] = { "cloud", 16 },
	[SETTING_FLOW] = { "flow", 16 },
	[SETTING_HD] = { "hd", 253 },
	[SETTING_CLIENT_ID] = { "client_id", 256 },
	[SETTING_CLIENT_AUTH] = { "client_auth", 16 },
	[SETTING_CLIENT_ALG] = { "client_alg", 8 },
	[SETTING_SCOPE] = { "scope", 1024 },
	[SETTING_SCOPE_SMTP] = { "scope_smtp", 1024 },
	[SETTING_SCOPE_IMAP] = { "scope_imap", 1024 },
	[SETTING_PROMPT] = { "prompt", 64 },
	[SETTING_REDIRECT_URI] = { "redirect_uri", 256 },
	[SETTING_CA_FILE] = { "ca_file", 1024 },
	[SETTING_PROXY] = { "proxy", 300 },
	[SETTING_NO_PROXY] = { "no_proxy", 1024 },
	[SETTING_SMTP_HOST] = { "smtp_auth_host", 253 },
	[SETTING_SMTP_PORT] = { "smtp_auth_port", 5 },
	[SETTING_SMTP_TLS] = { "smtp_auth_tls", 8 },
	[SETTING_SMTP_SSL] = { "smtp_auth_ssl", 8 },
	[SETTING_SMTP_TRUST] = { "smtp_auth_ssl_trust", 1024 },
	[SETTING_IMAP_HOST] = { "imap_host", 253 },
	[SETTING_IMAP_PORT] = { "imap_port", 5 },
	[SETTING_IMAP_TLS] = { "imap_tls", 8 },
	[SETTING_ACCEPT_REACH] = { "accept_reach", 8 },
	[SETTING_COMMAND] = { "command", 1024 },
	[SETTING_MECHANISM] = { "mechanism", 16 },
};

void
provider_free(struct provider *provider)
{
	if (provider == NULL)
		return;
	for (int i = 0; i < SETTING_COUNT; i++)
		free(provider->value[i]);
	free(provider->file);
	free(provider->preset);
	free(provider->preset_file);
	free(provider->ca);
	free(provider->smtp_trust);
	free(provider->smtp_pins);
	free(provider->binding);
	free(provider->fault);
	free(provider);
}

const char *
provider_key(enum setting setting)
{
	return keys[setting].name;
}

/* A provider file, or a preset, being read. */
struct reading {
	struct provider *provider;
	const char *path;
	bool is_preset;
};

int
provider_refuse(const struct provider *provider, enum setting setting,
    const char *what, struct fault *fault)
{
	const struct origin *origin = &provider->origin[setting];

	return fault_set(fault,
	    origin->file != NULL ? origin->file : provider->file, origin->line,
	    "%s %s", keys[setting].name, what);
}

static int
set(struct provider *provider, enum setting setting, const char *value)
{
	char *copy = NULL;

	if (*value != '\0' && (copy = strdup(value)) == NULL)
		return MAILSEAL_E_NOMEM;
	free(provider->value[setting]);
	provider->value[setting] = copy;
	return MAILSEAL_OK;
}

static int
use(void *arg, const struct ini_entry *entry, struct fault *fault)
{
	struct reading *r = arg;

	if (strcmp(entry->section, "provider") != 0)
		return fault_set(fault, r->path, entry->line,
		    "section [%s] is not known here; there is just [provider]",
		    entry->section);
	if (strcmp(entry->key, "preset") == 0) {
		if (r->is_preset || r->provider->preset != NULL)
			return fault_set(fault, r->path, entry->line,
			    "one preset, and none in a preset");
		r->provider->preset = strdup(entry->value);
		r->provider->preset_line = entry->line;
		return r->provider->preset != NULL ? MAILSEAL_OK :
						     MAILSEAL_E_NOMEM;
	}
	for (int i = 0; i < SETTING_COUNT; i++) {
		if (strcmp(entry->key, keys[i].name) != 0)
			continue;
		if (r->provider->origin[i].file != NULL)
			return fault_set(fault, r->path, entry->line,
			    "%s stands here twice", entry->key);
		if (strlen(entry->value) > keys[i].max)
			return fault_set(fault, r->path, entry->line,
			    "%s is longer than %zu bytes", entry->key,
			    keys[i].max);
		r->provider->origin[i] = (struct origin){ r->path,
			entry->line };
		return set(r->provider, (enum setting)i, entry->value);
	}
	return fault_set(fault, r->path, entry->line, "key %s is not known",
	    entry->key);
}

static bool
is_module_name(const char *name)
{
	size_t len = strspn(name, "abcdefghijklmnopqrstuvwxyz0123456789-");

	return len > 0 && name[len] == '\0';
}

/* How the registration proves itself. */
static int
check_client(const struct provider *p, struct fault *fault)
{
	static const char *const ways[] = { "none", "post", "basic",
		"private_key_jwt" };
	const char *auth = p->value[SETTING_CLIENT_AUTH];
	const char *alg = p->value[SETTING_CLIENT_ALG];
	bool is_known = auth == NULL;

	for (size_t i = 0; i < sizeof(ways) / sizeof(ways[0]); i++)
		is_known = is_known || strcmp(auth, ways[i]) == 0;
	if (!is_known)
		return provider_refuse(p, SETTING_CLIENT_AUTH,
		    "is none, post or basic, or private_key_jwt", fault);
	if (auth != NULL && strcmp(auth, "private_key_jwt") == 0 &&
	    strcmp(p->value[SETTING_MODULE], "google") == 0)
		return provider_refuse(p, SETTING_CLIENT_AUTH,
		    "is none, post or basic: of Google's registrations only "
		    "a service account has a key, and that with flow = "
		    "application",
		    fault);
	if (alg != NULL && strcmp(alg, "PS256") != 0 &&
	    strcmp(alg, "RS256") != 0)
		return provider_refuse(p, SETTING_CLIENT_ALG,
		    "is PS256 or RS256", fault);
	return MAILSEAL_OK;
}

static int
check_oauth(const struct provider *p, struct fault *fault)
{
	if (provider_has_passwords(p) ||
	    strcmp(p->value[SETTING_MODULE], "command") == 0)
		return MAILSEAL_OK;
	if (p->value[SETTING_CLIENT_ID] == NULL && !flow_is_service_account(p))
		return fault_set(fault, p->file, 0, "client_id is missing");
	if (p->value[SETTING_AUTHORITY] == NULL)
		return fault_set(fault, p->file, 0,
		    "authority is missing: the address of the issuer");
	if (strncmp(p->value[SETTING_AUTHORITY], "https://", 8) != 0)
		return provider_refuse(p, SETTING_AUTHORITY,
		    "starts with https://", fault);
	return check_client(p, fault);
}

static int
check_mechanism(const struct provider *p, struct fault *fault)
{
	const char *name = p->value[SETTING_MECHANISM];
	int mechanism = name != NULL ? sasl_mechanism_by_name(name) : -1;

	if (name == NULL)
		return MAILSEAL_OK;
	if (provider_has_passwords(p))
		return provider_refuse(p, SETTING_MECHANISM,
		    "is of tokens, and here accounts have passwords", fault);
	if (mechanism != SASL_XOAUTH2 && mechanism != SASL_OAUTHBEARER)
		return provider_refuse(p, SETTING_MECHANISM,
		    "is xoauth2 or oauthbearer", fault);
	return MAILSEAL_OK;
}

static int
check(struct provider *p, struct fault *fault)
{
	int error;

	if (p->value[SETTING_MODULE] == NULL)
		return fault_set(fault, p->file, 0,
		    "module is missing: how do accounts sign in?");
	if (!is_module_name(p->value[SETTING_MODULE]))
		return provider_refuse(p, SETTING_MODULE,
		    "is a name of a-z, 0-9 and -", fault);
	error = flow_read(p, fault);
	if (error == MAILSEAL_OK)
		error = cloud_fill(p, fault);
	if (error == MAILSEAL_OK)
		error = place_read(p, fault);
	if (error != MAILSEAL_OK)
		return error;
	if (p->place[SERVICE_SMTP].host == NULL)
		return fault_set(fault, p->file, 0,
		    "smtp_auth_host is missing");
	error = place_trust(p, fault);
	if (error == MAILSEAL_OK)
		error = place_way(p, fault);
	if (error == MAILSEAL_OK)
		error = argument_check(p, fault);
	if (error == MAILSEAL_OK)
		error = endpoint_check(p, fault);
	if (error == MAILSEAL_OK)
		error = check_mechanism(p, fault);
	if (error == MAILSEAL_OK)
		error = check_oauth(p, fault);
	return error;
}

static int
read_preset(struct reading *r, const char *folder, struct fault *fault)
{
	struct provider *own = r->provider;
	AUTO(provider) p = calloc(1, sizeof(*p));
	struct reading preset = { .provider = p, .is_preset = true };
	char path[1024];
	int error;

	if (p == NULL)
		return MAILSEAL_E_NOMEM;
	if (!is_module_name(own->preset) ||
	    snprintf(path, sizeof(path), "%s/%s.conf", folder, own->preset) >=
		(int)sizeof(path))
		return fault_set(fault, r->path, own->preset_line,
		    "no such preset: %s", own->preset);
	own->preset_file = strdup(path);
	if (own->preset_file == NULL)
		return MAILSEAL_E_NOMEM;
	preset.path = own->preset_file;
	error = ini_read(path, use, &preset, fault);
	/* What the admin's own file does not say comes from the preset. */
	for (int i = 0; error == MAILSEAL_OK && i < SETTING_COUNT; i++) {
		if (own->origin[i].file != NULL)
			continue;
		own->value[i] = p->value[i];
		p->value[i] = NULL;
		own->origin[i] = p->origin[i];
	}
	return error;
}

int
provider_read(const char *folder, const char *name, const char *preset_folder,
    struct provider **provider, struct fault *fault)
{
	AUTO(provider) p = calloc(1, sizeof(*p));
	struct reading r = { .provider = p };
	char path[1024];
	int error;

	if (p == NULL)
		return MAILSEAL_E_NOMEM;
	if (snprintf(path, sizeof(path), "%s/%s.conf", folder, name) >=
		(int)sizeof(path) ||
	    strlen(name) > PROVIDER_MAX)
		return fault_set(fault, folder, 0, "a name is too long");
	(void)snprintf(p->name, sizeof(p->name), "%s", name);
	p->file = strdup(path);
	if (p->file == NULL)
		return MAILSEAL_E_NOMEM;
	r.path = p->file;
	error = ini_read(path, use, &r, fault);
	if (error == MAILSEAL_OK && p->preset != NULL)
		error = read_preset(&r, preset_folder, fault);
	if (error == MAILSEAL_OK)
		error = check(p, fault);
	if (error != MAILSEAL_OK)
		return error;
	*provider = p;
	p = NULL;
	return MAILSEAL_OK;
}

bool
provider_has_passwords(const struct provider *provider)
{
	return strcmp(provider->value[SETTING_MODULE], "password") == 0;
}

enum sasl_mechanism
provider_mechanism(const struct provider *provider)
{
	const char *name = provider->value[SETTING_MECHANISM];

	if (provider_has_passwords(provider))
		return SASL_PLAIN;
	return name != NULL ?
	    (enum sasl_mechanism)sasl_mechanism_by_name(name) :
	    SASL_XOAUTH2;
}

int
provider_origin(const struct provider *provider, char *origin, size_t size)
{
	const char *url = provider->value[SETTING_AUTHORITY];
	const char *host;
	size_t len;
	int n;

	if (url == NULL || strncmp(url, "https://", 8) != 0)
		return MAILSEAL_E_CONFIG;
	host = url + strlen("https://");
	len = strcspn(host, "/?#");
	if (len == 0)
		return MAILSEAL_E_CONFIG;
	n = snprintf(origin, size, "https://%.*s%s", (int)len, host,
	    memchr(host, ':', len) != NULL ? "" : ":443");
	return n > 0 && (size_t)n < size ? MAILSEAL_OK : MAILSEAL_E_TOOLONG;
}
