/* SPDX-License-Identifier: ISC */
#include <stdio.h>
#include <string.h>
#include <time.h>

#include "broker/appraisal.h"
#include "broker/expiry.h"
#include "broker/flow.h"
#include "broker/standing.h"
#include "proto/error.h"

#define REDIRECT_MAX 256 /* bytes that Microsoft takes */

static bool
is(const struct provider *p, enum setting setting, const char *value)
{
	return p->value[setting] != NULL &&
	    strcmp(p->value[setting], value) == 0;
}

/* A host that is this one, whatever port follows. */
static bool
is_loopback(const char *uri, const char *host)
{
	size_t len = strlen(host);

	return strncmp(uri, host, len) == 0 &&
	    strchr(":/", uri[len]) != NULL; /* its end, too */
}

static void
judge_redirect(const struct provider *p, struct list *list)
{
	const char *uri = p->value[SETTING_REDIRECT_URI];
	bool microsoft = is(p, SETTING_MODULE, "microsoft");
	struct finding f = { .what = "redirect_uri", .who = "admin" };

	if (uri == NULL) {
		finding_add(list,
		    &(struct finding){ FINDING_OK, "redirect_uri",
			"a listener on this host; "
			"http://localhost/callback must be registered",
			NULL, NULL });
		return;
	}
	f.result = FINDING_FAULT;
	if (strchr(uri, '#') != NULL || strchr(uri, '*') != NULL)
		f.message = "it has a # or *, which no provider takes";
	else if (strlen(uri) > REDIRECT_MAX)
		f.message = "it is longer than 256 characters";
	else if (strncmp(uri, "https://", 8) != 0 &&
	    !is_loopback(uri, "http://localhost") &&
	    !is_loopback(uri, "http://127.0.0.1") &&
	    !is_loopback(uri, "http://[::1]"))
		f.message = "it is neither https nor of this host";
	else if (microsoft && strncmp(uri, "http://[", 8) == 0)
		f.message = "Microsoft takes no http://[::1]";
	if (f.message != NULL) {
		f.next = "correct redirect_uri in the provider file, and in "
			 "the registration";
		finding_add(list, &f);
		return;
	}
	f = (struct finding){ FINDING_OK, "redirect_uri",
		"its form is good; the very same must be registered", NULL,
		NULL };
	if (microsoft && is_loopback(uri, "http://127.0.0.1"))
		f = (struct finding){ FINDING_WARNING, "redirect_uri",
			"Microsoft takes http://127.0.0.1 only where it was "
			"written into the manifest of the registration",
			"owner", "register http://localhost in its place" };
	finding_add(list, &f);
}

/* Bare names mean Microsoft Graph, which no mail server takes. */
static bool
is_bare(const char *scope)
{
	return scope != NULL && strncmp(scope, "https://", 8) != 0;
}

static void
judge_scopes(const struct provider *p, struct list *list)
{
	struct finding f = { FINDING_FAULT, "scope", NULL, "admin",
		"correct it in the provider file, see mailseald.conf(5)" };
	const char *scope = p->value[SETTING_SCOPE];
	bool microsoft = is(p, SETTING_MODULE, "microsoft");
	char all[SCOPE_MAX * 3];

	if (flow_is_application(p))
		return;
	if (provider_scopes(p, all, sizeof(all)) != MAILSEAL_OK)
		f.message = "all scopes together are too long";
	else if (microsoft &&
	    (is_bare(p->value[SETTING_SCOPE_SMTP]) ||
		is_bare(p->value[SETTING_SCOPE_IMAP])))
		f.message = "scope_smtp or scope_imap is not a whole address; "
			    "a bare name means Microsoft Graph";
	else if (p->value[SETTING_TOKEN] != NULL)
		f = (struct finding){ FINDING_OK, "scope",
			"nothing tells who signs in, and \"mailseal enroll\" "
			"asks whether it is right",
			NULL, NULL };
	else if (!inspection_has_word(scope, "openid"))
		f.message = "it lacks openid: who signs in cannot be told";
	else if (is(p, SETTING_MODULE, "google") ||
	    inspection_has_word(scope, "offline_access"))
		f = (struct finding){ FINDING_OK, "scope",
			"who signs in, and offline access, are asked for", NULL,
			NULL };
	else {
		f.result = FINDING_WARNING;
		f.message = "it lacks offline_access: many providers give no "
			    "refresh token without";
	}
	finding_add(list, &f);
}

/* What is stored, and what client_auth makes of it. */
static void
judge_stored(const struct provider *p, const struct proofs *proofs,
    struct list *list)
{
	const char *way = p->value[SETTING_CLIENT_AUTH];
	const char *cure = "secret";
	size_t usable = 0;
	char text[256], next[256];
	struct finding f = { FINDING_OK, "client_auth", text, NULL, NULL };

	for (size_t i = 0; i < proofs->count; i++)
		usable += registration_uses(p, proofs->proof[i].kind);
	(void)snprintf(text, sizeof(text),
	    "it is %s; client secrets and keys: %zu",
	    way != NULL ? way : "not set", proofs->count);
	if (flow_is_service_account(p))
		cure = "key";
	else if (is(p, SETTING_CLIENT_AUTH, "private_key_jwt"))
		cure = "new-cert";
	if (usable == 0 && registration_uses(p, PROOF_KEY)) {
		f.result = FINDING_FAULT;
		(void)snprintf(next, sizeof(next),
		    "seal one: mailseal provider %s %s%s", cure, p->name,
		    flow_is_service_account(p) ? " --file FILE" : "");
	} else if (usable < proofs->count) {
		f.result = FINDING_WARNING;
		(void)snprintf(next, sizeof(next),
		    "they are not used so: change client_auth in the provider "
		    "file, or wipe them: mailseal provider forget %s LABEL",
		    p->name);
	}
	if (f.result != FINDING_OK) {
		f.who = "admin";
		f.next = next;
	}
	finding_add(list, &f);
}

static void
judge_end(struct broker *broker, const struct provider *p,
    const struct proofs *proofs, struct list *list)
{
	int64_t ends = expiry_of(p, proofs,
	    standing_of(&broker->standings, p->name));
	enum expiry_stage stage = expiry_stage(ends, now_wall());
	time_t when = (time_t)ends;
	char date[16] = "?", text[128], next[512];
	struct tm tm;
	struct finding f = { .what = "end date", .message = text };

	if (ends == 0)
		return;
	if (gmtime_r(&when, &tm) != NULL)
		(void)strftime(date, sizeof(date), "%Y-%m-%d", &tm);
	(void)snprintf(text, sizeof(text),
	    "the last client secret or certificate %s on %s",
	    stage == EXPIRY_OVER ? "ended" : "ends", date);
	if (stage != EXPIRY_FAR) {
		f.result = FINDING_WARNING;
		f.who = "owner";
		(void)snprintf(next, sizeof(next),
		    "make another at the provider and seal it: mailseal "
		    "provider secret %s, or mailseal provider new-cert %s",
		    p->name, p->name);
		f.next = next;
	}
	finding_add(list, &f);
}

void
appraise(struct broker *broker, const struct provider *p,
    const struct proofs *proofs, struct list *list)
{
	if (p->value[SETTING_AUTHORITY] == NULL)
		return; /* nobody signs in at a page */
	judge_scopes(p, list);
	if (!flow_is_application(p))
		judge_redirect(p, list);
	judge_stored(p, proofs, list);
	judge_end(broker, p, proofs, list);
}
