/* SPDX-License-Identifier: ISC */
#include <stdbool.h>
#include <stdio.h>
#include <string.h>

#include "broker/entrance.h"
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
	bool other = probe->from != NULL && probe->from[0] != '\0';

	(void)snprintf(subject, sizeof(subject), "mailseal test of %s",
	    probe->account);
	errand_in(e, "from", other ? probe->from : probe->account);
	errand_in(e, "to", probe->to);
	errand_in(e, "subject", subject);
	errand_in(e, "body", body);
}

/* Begin to say which server is meant; NULL when the arena is full. */
static struct errand *
begin(struct broker *broker, const struct provider *p, const char *host,
    enum service service, const char *op)
{
	struct place place = entrance_place(p, host, service);
	bool address = strchr(place.host, ':') != NULL; /* IPv6 */
	char origin[512], port[8];
	struct errand *e;

	(void)snprintf(origin, sizeof(origin), "%s://%s%s%s:%u",
	    service_name(service), address ? "[" : "", place.host,
	    address ? "]" : "", place.port);
	(void)snprintf(port, sizeof(port), "%u", place.port);
	e = errand_new(broker, op, "-", origin);
	if (e == NULL)
		return NULL;
	errand_way(e, p);
	errand_set(e, "service", service_name(service));
	errand_set(e, "host", place.host);
	errand_set(e, "port", port);
	errand_set(e, "tls", tls_name(place.tls));
	if (service == SERVICE_SMTP && p->smtp_trust != NULL) {
		errand_set(e, "trust", p->smtp_trust);
		errand_set(e, "trust_name", p->value[SETTING_SMTP_TRUST]);
	}
	if (service == SERVICE_SMTP)
		errand_set(e, "pins", p->smtp_pins);
	return e;
}

int
probe_start(struct broker *broker, const struct probe *probe, errand_done *done,
    void *arg, struct errand **handle)
{
	bool mail = probe->service == SERVICE_SMTP && probe->to != NULL;
	AUTO(errand) e = begin(broker, probe->provider, probe->host,
	    probe->service, mail ? "mail" : "login");

	if (e == NULL)
		return MAILSEAL_E_NOMEM;
	errand_in(e, "username", probe->login);
	errand_in(e, "mechanism", "best");
	errand_in_secret(e, "access_token", probe->token);
	errand_in_secret(e, "password", probe->password);
	if (mail)
		put_mail(e, probe);
	return errand_start(&e, done, arg, handle);
}

int
probe_look(struct broker *broker, const struct provider *provider,
    enum service service, errand_done *done, void *arg, struct errand **handle)
{
	AUTO(errand) e = begin(broker, provider, NULL, service, "look");

	if (e == NULL)
		return MAILSEAL_E_NOMEM;
	return errand_start(&e, done, arg, handle);
}

bool
probe_is_wanted(const struct provider *provider, enum service service)
{
	return provider != NULL && provider->fault == NULL &&
	    provider->place[service].host != NULL;
}

static void
take(struct line *fields, const char *key, char *text, size_t size)
{
	const char *value = NULL;

	if (fields != NULL)
		value = line_get(fields, key, size - 1);
	(void)snprintf(text, size, "%s", value != NULL ? value : "");
}

void
probe_note(const struct outcome *outcome, struct greeting *g)
{
	take(outcome->fields, "server", g->server, sizeof(g->server));
	take(outcome->fields, "mechanism", g->mechanism, sizeof(g->mechanism));
	take(outcome->fields, "code", g->code, sizeof(g->code));
	(void)snprintf(g->words, sizeof(g->words), "%s",
	    outcome->detail != NULL ? outcome->detail : "");
}

static void
put(struct line_writer *w, const char *key, const char *text)
{
	if (text[0] != '\0')
		line_put(w, key, text);
}

void
probe_put(const struct greeting *g, enum service service, struct line_writer *w)
{
	bool imap = service == SERVICE_IMAP;

	put(w, imap ? "imap_server" : "server", g->server);
	put(w, imap ? "imap_mechanism" : "mechanism", g->mechanism);
	if (!imap)
		put(w, "code", g->code);
	put(w, imap ? "imap_message" : "message", g->words);
}

const char *
probe_words(const struct provider *provider, enum service service,
    const struct outcome *outcome, char *text, size_t size)
{
	if (!probe_is_wanted(provider, SERVICE_IMAP) || outcome->detail == NULL)
		return outcome->detail;
	(void)snprintf(text, size, "%s: %s",
	    service == SERVICE_IMAP ? "IMAP" : "SMTP", outcome->detail);
	return text;
}
