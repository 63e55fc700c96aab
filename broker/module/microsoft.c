/* SPDX-License-Identifier: ISC */
/*
 * microsoft: Microsoft 365, by a person's sign-in or by the app's own.
 *
 * One tenant, named, so that nobody of another one can sign in.  Scopes are
 * whole URLs of one service: a bare SMTP.Send would mean Microsoft Graph, and
 * Exchange refuses such a token.  A refresh token is bound to no service; each
 * refresh asks for what one of them needs, and brings a new refresh token.
 */
#include <stdio.h>
#include <string.h>
#include <strings.h>

#include "broker/module/oauth.h"
#include "proto/module.h"

#define GUID_LEN 36
#define IDENTITY_SCOPES "openid email profile offline_access"

static bool
is_guid(const char *text, size_t len)
{
	static const char hex[] = "0123456789abcdefABCDEF";

	if (len != GUID_LEN)
		return false;
	for (size_t i = 0; i < len; i++) {
		bool is_dash = i == 8 || i == 13 || i == 18 || i == 23;

		if (is_dash ? text[i] != '-' : strchr(hex, text[i]) == NULL)
			return false;
	}
	return true;
}

/* What is wrong with the tenant, or NULL. */
static const char *
fault_of_tenant(const char *tenant)
{
	if (tenant == NULL || tenant[0] == '\0')
		return "tenant is not set: the tenant's id, or a domain of it";
	if (strlen(tenant) > 255 ||
	    tenant[strspn(tenant,
		"abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ"
		"0123456789.-")] != '\0')
		return "tenant is neither an id nor a domain";
	/* common, organizations and consumers have none. */
	if (!is_guid(tenant, strlen(tenant)) && strchr(tenant, '.') == NULL)
		return "tenant is neither an id nor a domain: with common or "
		       "organizations anybody could sign in";
	return NULL;
}

/* What is wrong with the scopes, or NULL. */
static const char *
fault_of_scope(const char *scope)
{
	const char *first = NULL;
	size_t host_len = 0;

	while (scope != NULL && *scope != '\0') {
		size_t len = strcspn(scope, " ");

		if (len > 0 && !oauth_has_word(IDENTITY_SCOPES, scope, len)) {
			if (len < 9 || strncmp(scope, "https://", 8) != 0)
				return "a scope must be a whole URL: a bare "
				       "SMTP.Send means Microsoft Graph";
			if (first == NULL) {
				first = scope;
				host_len = 8 + strcspn(scope + 8, "/ ");
			} else if (strncmp(first, scope, host_len) != 0 ||
			    8 + strcspn(scope + 8, "/ ") != host_len) {
				return "the scopes are of several services; "
				       "one token is for one of them";
			}
		}
		scope += len;
		scope += strspn(scope, " ");
	}
	return NULL;
}

/* Authority and tenant; false when it does not fit. */
static bool
write_base(const struct mailseal_call *call, char *base, size_t size)
{
	const char *authority = oauth_text(&call->settings, "authority");
	const char *tenant = oauth_text(&call->settings, "tenant");
	size_t len = authority != NULL ? strlen(authority) : 0;
	int n;

	if (len == 0 || tenant == NULL)
		return false;
	if (authority[len - 1] == '/')
		len--;
	n = snprintf(base, size, "%.*s/%s", (int)len, authority, tenant);
	return n > 0 && (size_t)n < size;
}

/* The length of scheme and host. */
static size_t
origin_len(const char *url)
{
	return 8 + strcspn(url + 8, "/?#");
}

static bool
is_same_origin(const char *a, const char *b)
{
	size_t len = origin_len(a);

	return len == origin_len(b) && strncasecmp(a, b, len) == 0;
}

/*
 * The tenant's id: what stands between host and /v2.0 of the issuer, or, where
 * a server names no tenant there, the one that is set.  NULL: none of them.
 */
static const char *
tenant_id(const struct mailseal_call *call, const char *issuer, char id[64])
{
	const char *tenant = oauth_text(&call->settings, "tenant");
	const char *path = issuer + origin_len(issuer);
	size_t len;

	if (path[0] == '/' && path[1] != '\0') {
		len = strcspn(path + 1, "/");
		if (!is_guid(path + 1, len) ||
		    strcmp(path + 1 + len, "/v2.0") != 0)
			return NULL;
		(void)snprintf(id, 64, "%.*s", (int)len, path + 1);
		if (tenant != NULL && is_guid(tenant, strlen(tenant)) &&
		    strcasecmp(tenant, id) != 0)
			return NULL;
		return id;
	}
	return tenant != NULL && is_guid(tenant, strlen(tenant)) ? tenant :
								   NULL;
}

static void
put_percent(char *to, size_t size, const char *text)
{
	static const char plain[] = "abcdefghijklmnopqrstuvwxyz"
				    "ABCDEFGHIJKLMNOPQRSTUVWXYZ"
				    "0123456789-._~:/";
	size_t len = strlen(to);

	for (; text != NULL && *text != '\0' && len + 4 < size; text++) {
		int n = strchr(plain, *text) != NULL ?
		    snprintf(to + len, size - len, "%c", *text) :
		    snprintf(to + len, size - len, "%%%02X",
			(unsigned)(unsigned char)*text);

		len += (size_t)n;
	}
}

/* Where an admin of the tenant consents for all of it; "" if it is too long. */
static void
write_consent(const struct mailseal_call *call, char *url, size_t size)
{
	const char *redirect = oauth_text(&call->inputs, "redirect_uri");
	char base[512];

	url[0] = '\0';
	if (!write_base(call, base, sizeof(base)))
		return;
	(void)snprintf(url, size, "%s/v2.0/adminconsent?client_id=", base);
	put_percent(url, size, oauth_text(&call->settings, "client_id"));
	(void)snprintf(url + strlen(url), size - strlen(url), "&redirect_uri=");
	put_percent(url, size,
	    redirect != NULL ? redirect : "http://localhost/callback");
	(void)snprintf(url + strlen(url), size - strlen(url), "&scope=");
	put_percent(url, size, oauth_text(&call->settings, "scope"));
	if (strlen(url) + 5 > size)
		url[0] = '\0';
}

static void
read_discovery(const struct mailseal_call *call,
    const struct mailseal_host *host, struct mailseal_ask *ask)
{
	const char *authority = oauth_text(&call->settings, "authority");
	char id[64], consent[1024];
	struct discovery found;

	if (!discovery_read(call, host, ask, &found))
		return;
	if (strncmp(found.issuer, "https://", 8) != 0 ||
	    !is_same_origin(found.issuer, authority) ||
	    (found.page != NULL && !is_same_origin(found.page, authority)) ||
	    !is_same_origin(found.token, authority) ||
	    !is_same_origin(found.keys, authority) ||
	    (found.device != NULL &&
		!is_same_origin(found.device, authority))) {
		discovery_refuse(host, ask,
		    "the tenant lives in another cloud than is set; its "
		    "issuer is ",
		    found.issuer);
		return;
	}
	if (tenant_id(call, found.issuer, id) == NULL) {
		discovery_refuse(host, ask, "it is of another tenant, ",
		    found.issuer);
		return;
	}
	discovery_finish(call, host, ask, &found);
	discovery_put_query(host, ask, "response_mode", "query");
	write_consent(call, consent, sizeof(consent));
	if (consent[0] != '\0')
		oauth_put(host, ask, MAILSEAL_IN_OUTCOME, "consent_url",
		    consent);
}

static void
authorize(const struct mailseal_call *call, const struct mailseal_host *host,
    struct mailseal_ask *ask)
{
	const char *fault = fault_of_tenant(
	    oauth_text(&call->settings, "tenant"));
	char base[MAILSEAL_URL_MAX] = "";

	if (fault == NULL)
		fault = fault_of_scope(oauth_text(&call->settings, "scope"));
	if (fault == NULL && !write_base(call, base, sizeof(base) - 8))
		fault = "authority is not set, or too long";
	if (fault != NULL) {
		oauth_finish(host, ask, "config", "registration", fault);
	} else if (call->step > 0) {
		read_discovery(call, host, ask);
	} else {
		(void)snprintf(base + strlen(base), 8, "/v2.0");
		discovery_ask(call, host, ask, base);
	}
}

/* Whether what is missing is an admin's consent. */
static bool
lacks_consent(const struct mailseal_call *call)
{
	static const int numbers[] = { 65001, 90094, 90095, 90099 };

	for (size_t i = 0; i < sizeof(numbers) / sizeof(numbers[0]); i++)
		if (oauth_has_number(call, numbers[i]))
			return true;
	return false;
}

static struct judgement
judge(const struct mailseal_call *call, char *url, size_t size)
{
	struct judgement judgement = judgement_of_token(call);

	if (judgement.actor == ACTOR_TENANT && lacks_consent(call)) {
		write_consent(call, url, size);
		if (url[0] != '\0')
			judgement.page = url;
	}
	return judgement;
}

static void
code(const struct mailseal_call *call, const struct mailseal_host *host,
    struct mailseal_ask *ask)
{
	const char *issuer = oauth_text(&call->settings, "issuer");
	struct judgement judgement;
	struct identity identity;
	char url[1024], id[64];

	if (call->step == 0) {
		oauth_ask_code(call, host, ask);
	} else if (call->last == MAILSEAL_WANT_HTTP) {
		judgement = judge(call, url, sizeof(url));
		if (trade_read_code(call, host, ask, &judgement))
			trade_ask_id_token(call, host, ask, issuer);
	} else {
		const char *tenant = issuer != NULL &&
			strncmp(issuer, "https://", 8) == 0 ?
		    tenant_id(call, issuer, id) :
		    NULL;

		identity = identity_of_microsoft(call,
		    tenant != NULL ? tenant : "");
		trade_finish(call, host, ask, &identity);
	}
}

static void
refresh(const struct mailseal_call *call, const struct mailseal_host *host,
    struct mailseal_ask *ask)
{
	const char *scope = oauth_text(&call->settings, "scope");
	const char *fault = call->step == 0 ? fault_of_scope(scope) : NULL;
	struct judgement judgement;
	char url[1024], whole[2048];

	if (fault != NULL) {
		oauth_finish(host, ask, "config", "registration", fault);
	} else if (call->step == 0) {
		/* Without it there would be no new refresh token. */
		(void)snprintf(whole, sizeof(whole), "%s%s",
		    scope != NULL ? scope : "",
		    scope == NULL ||
			    oauth_has_word(scope, "offline_access", 14) ?
			"" :
			" offline_access");
		oauth_ask_refresh(call, host, ask,
		    whole[0] != '\0' ? whole : NULL);
	} else {
		judgement = judge(call, url, sizeof(url));
		if (strcmp(judgement.class, "ok") == 0)
			judgement_finish_tokens(host, ask, &judgement);
		else
			judgement_finish(call, host, ask, &judgement);
	}
}

static void
application(const struct mailseal_call *call, const struct mailseal_host *host,
    struct mailseal_ask *ask)
{
	const char *scope = oauth_text(&call->settings, "scope");
	const char *fault = call->step == 0 ? fault_of_scope(scope) : NULL;
	struct judgement judgement;
	char url[1024];

	if (fault == NULL && call->step == 0 && scope == NULL)
		fault = "scope is not set: an address that ends in /.default";
	if (fault != NULL) {
		oauth_finish(host, ask, "config", "registration", fault);
	} else if (call->step == 0) {
		oauth_ask_application(call, host, ask);
	} else {
		judgement = judge(call, url, sizeof(url));
		trade_finish_application(call, host, ask, &judgement);
	}
}

static int
run(const struct mailseal_call *call, const struct mailseal_host *host,
    struct mailseal_ask *ask)
{
	switch (call->op) {
	case MAILSEAL_OP_AUTHORIZE:
		authorize(call, host, ask);
		return 0;
	case MAILSEAL_OP_DEVICE_BEGIN:
		device_begin(call, host, ask);
		return 0;
	case MAILSEAL_OP_CODE:
	case MAILSEAL_OP_DEVICE_POLL:
		code(call, host, ask);
		return 0;
	case MAILSEAL_OP_REFRESH:
		refresh(call, host, ask);
		return 0;
	case MAILSEAL_OP_CLIENT_CREDENTIALS:
		application(call, host, ask);
		return 0;
	case MAILSEAL_OP_REVOKE:
		/* Asked for just so that the way there is can be told. */
		revocation_refuse_at_microsoft(host, ask);
		return 0;
	default:
		return -1;
	}
}

static int
step(const struct mailseal_call *call, const struct mailseal_host *host,
    struct mailseal_ask *ask)
{
	const struct mailseal_call behind = assertion_behind(call);

	if (!assertion_is_due(call))
		return run(&behind, host, ask);
	assertion_prove_by_certificate(call, host, ask);
	return 0;
}

MAILSEAL_EXPORT extern const struct mailseal_module mailseal_module;

const struct mailseal_module mailseal_module = {
	.magic = MAILSEAL_MODULE_MAGIC,
	.major = MAILSEAL_MODULE_MAJOR,
	.minor = MAILSEAL_MODULE_MINOR,
	.size = sizeof(struct mailseal_module),
	.name = "microsoft",
	.operations = MAILSEAL_OP_AUTHORIZE | MAILSEAL_OP_CODE |
	    MAILSEAL_OP_DEVICE_BEGIN | MAILSEAL_OP_DEVICE_POLL |
	    MAILSEAL_OP_REFRESH | MAILSEAL_OP_CLIENT_CREDENTIALS |
	    MAILSEAL_OP_REVOKE,
	.step = step,
};
