/* SPDX-License-Identifier: ISC */
/*
 * probe: a login at an account's mail server, by SMTP or by IMAP, to see that
 * it works, and where wanted a test mail.
 */
#ifndef BROKER_PROBE_H
#define BROKER_PROBE_H

#include "broker/errand.h"
#include "broker/service.h"

/* What a probe needs to know; the texts outlive the call only. */
struct probe {
	const struct provider *provider;
	enum service service; /* SERVICE_SMTP or SERVICE_IMAP */
	const char *account;
	const char *host;  /* its own for submission; NULL or "": none */
	const char *login; /* the user name at this service */
	const char *from;  /* sender of the mail; NULL or "": the account */
	const struct secret *token;    /* an access token, */
	const struct secret *password; /* or a password */
	const char *to; /* where a test mail goes, by SMTP; NULL: none */
};

/* Start it; done gets code, enhanced, mechanism, server as fields. */
int probe_start(struct broker *broker, const struct probe *probe,
    errand_done *done, void *arg, struct errand **handle)
    __attribute__((warn_unused_result));

/*
 * Look at a provider's mail server, without a login; done gets server and
 * mechanisms as fields.
 */
int probe_look(struct broker *broker, const struct provider *provider,
    enum service service, errand_done *done, void *arg, struct errand **handle)
    __attribute__((warn_unused_result));

/* Whether a provider, which may be NULL, has such a server to log in at. */
bool probe_is_wanted(const struct provider *provider, enum service service);

/* What a server said to a login that it took; "" where it told nothing. */
struct greeting {
	char server[512]; /* host:port */
	char mechanism[LINE_KEY_MAX + 1];
	char code[LINE_KEY_MAX + 1]; /* of SMTP */
	char words[TEXT_MAX + 1];
};

void probe_note(const struct outcome *outcome, struct greeting *greeting);

/*
 * Add it to an answer: server, mechanism, code and message, or for IMAP
 * imap_server, imap_mechanism and imap_message.  What is "" is left out.
 */
void probe_put(const struct greeting *greeting, enum service service,
    struct line_writer *w);

/* The words of an outcome, behind the service's name where there are two. */
const char *probe_words(const struct provider *provider, enum service service,
    const struct outcome *outcome, char *text, size_t size);

#endif
