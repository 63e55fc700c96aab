/* SPDX-License-Identifier: ISC */
#include <stdio.h>
#include <string.h>

#include "broker/courier/imap.h"
#include "broker/courier/mailbox.h"
#include "broker/courier/origin.h"
#include "broker/courier/smtp.h"
#include "broker/courier/trust.h"
#include "broker/sasl.h"
#include "proto/error.h"
#include "proto/verb.h"

#define HOST_LENGTH_MAX 253
#define ORIGINS_MAX 8192
#define PEM_MAX 49152
#define PINS_LENGTH_MAX 1024
#define WORD_MAX 16

/* A request's fields; the secrets and the store of our own are freed. */
struct mailbox {
	struct login login;
	bool imap;
	struct secret *credential;
	X509_STORE *trusted;
	struct message mail;
	const char *origins;
	char server[ORIGIN_MAX]; /* host:port */
};

static void
close_mailbox(struct mailbox *mailbox)
{
	secret_free(mailbox->credential);
	X509_STORE_free(mailbox->trusted);
}

/* A host name, or an IP address without brackets. */
static bool
is_host(const char *host)
{
	size_t len = strlen(host);

	return len > 0 &&
	    strspn(host,
		"abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ"
		"0123456789.-:_") == len;
}

static void
take_service(struct line *request, bool send, struct mailbox *mailbox)
{
	const char *service = line_get(request, "set_service", WORD_MAX);

	mailbox->imap = service != NULL && strcmp(service, "imap") == 0;
	if (service == NULL || strcmp(service, "smtp") == 0)
		return;
	if (!mailbox->imap || send)
		line_fail(request, MAILSEAL_E_UNKNOWN, "set_service");
}

static void
take_server(struct line *request, struct mailbox *mailbox)
{
	struct login *login = &mailbox->login;
	const char *mode = line_need(request, "set_tls", WORD_MAX);
	uint64_t port = line_get_number(request, "set_port", 0, UINT16_MAX);

	login->host = line_need(request, "set_host", HOST_LENGTH_MAX);
	if (login->host != NULL && !is_host(login->host))
		line_fail(request, MAILSEAL_E_MALFORMED, "set_host");
	if (port == 0)
		line_fail(request,
		    line_has(request, "set_port") ? MAILSEAL_E_MALFORMED :
						    MAILSEAL_E_MISSING,
		    "set_port");
	login->port = (uint16_t)port;
	if (mode == NULL)
		return;
	login->implicit = strcmp(mode, "implicit") == 0;
	if (!login->implicit && strcmp(mode, "starttls") != 0)
		line_fail(request, MAILSEAL_E_UNKNOWN, "set_tls");
}

static void
take_credential(struct line *request, struct mailbox *mailbox)
{
	struct login *login = &mailbox->login;
	const char *name = line_get(request, "in_mechanism", WORD_MAX);
	int error;

	login->user = line_need(request, "in_username", SASL_USER_MAX);
	login->oauth = line_has(request, "in_access_token");
	if (login->oauth)
		error = secret_from_line(request, "in_access_token",
		    SASL_TOKEN_MAX, &mailbox->credential);
	else
		error = secret_from_line(request, "in_password",
		    SASL_PASSWORD_MAX, &mailbox->credential);
	if (error != MAILSEAL_OK)
		line_fail(request, error, NULL);
	else if (mailbox->credential == NULL)
		line_fail(request, MAILSEAL_E_MISSING, "in_password");
	login->credential = mailbox->credential;

	login->mechanism = LOGIN_BEST;
	if (name == NULL || strcmp(name, "best") == 0)
		return;
	login->mechanism = sasl_mechanism_by_name(name);
	if (!login_fits(login->mechanism, login->oauth))
		line_fail(request, MAILSEAL_E_UNKNOWN, "in_mechanism");
}

static void
take_mail(struct line *request, struct message *mail)
{
	static const struct {
		const char *part;
		const char *key;
	} keys[] = { { "from", "in_from" }, { "to", "in_to" },
		{ "subject", "in_subject" }, { "body", "in_body" } };
	const char *fault;

	mail->from = line_need(request, "in_from", ACCOUNT_MAX);
	mail->to = line_need(request, "in_to", ACCOUNT_MAX);
	mail->subject = line_need(request, "in_subject", SUBJECT_MAX);
	mail->body = line_need(request, "in_body", BODY_MAX);
	if (request->error != MAILSEAL_OK)
		return;
	fault = message_fault(mail);
	for (size_t i = 0; fault != NULL && i < sizeof(keys) / sizeof(keys[0]);
	     i++)
		if (strcmp(fault, keys[i].part) == 0)
			line_fail(request, MAILSEAL_E_MALFORMED, keys[i].key);
}

/* Whole digests, with a blank between two. */
static bool
is_pins(const char *pins)
{
	size_t len = TRUST_DIGEST_MAX - 1;

	while (strspn(pins, "0123456789abcdef") == len && pins[len] == ' ')
		pins += len + 1;
	return strspn(pins, "0123456789abcdef") == len && pins[len] == '\0';
}

/* What goes before the trust of all exchanges. */
static void
take_trust(struct line *request, struct mailbox *mailbox)
{
	struct span pem = line_get_bytes(request, "set_trust", PEM_MAX);
	const char *name = line_get(request, "set_trust_name", TRUST_NAME_MAX);
	const char *pins = line_get(request, "set_pins", PINS_LENGTH_MAX);

	if (pins != NULL && !is_pins(pins))
		line_fail(request, MAILSEAL_E_MALFORMED, "set_pins");
	mailbox->login.trust.pins = pins;
	if (pem.data == NULL)
		return;
	if (trust_from_pem(pem, &mailbox->trusted) != MAILSEAL_OK)
		line_fail(request, MAILSEAL_E_MALFORMED, "set_trust");
	mailbox->login.trust.store = mailbox->trusted;
	mailbox->login.trust.name = name;
}

/* What is done there. */
enum act { ACT_LOGIN, ACT_MAIL, ACT_LOOK };

/* Take it all; the failure, if any, is the request's. */
static void
take(struct line *request, enum act act, const struct http_way *way,
    struct mailbox *mailbox)
{
	/* The caller's own, who may not have taken them. */
	static const char *const others[] = { "op", "module", "deadline_ms",
		"ca", "ca_name", "proxy", "no_proxy" };
	for (size_t i = 0; i < sizeof(others) / sizeof(others[0]); i++)
		(void)line_get_bytes(request, others[i], SIZE_MAX);
	mailbox->origins = line_need(request, "origins", ORIGINS_MAX);
	take_service(request, act == ACT_MAIL, mailbox);
	take_server(request, mailbox);
	if (act != ACT_LOOK)
		take_credential(request, mailbox);
	if (act == ACT_MAIL)
		take_mail(request, &mailbox->mail);
	mailbox->login.trust = way->trust;
	if (mailbox->login.host != NULL &&
	    !proxy_is_passed(way->no_proxy, mailbox->login.host))
		mailbox->login.proxy = way->proxy;
	take_trust(request, mailbox);
}

/* Whether the exchange may go to this server; its name is written as well. */
static bool
is_bound(struct mailbox *mailbox)
{
	const struct login *login = &mailbox->login;
	bool address = strchr(login->host, ':') != NULL;
	char origin[ORIGIN_MAX];
	int n;

	n = snprintf(origin, sizeof(origin), "%s://%s%s%s:%u",
	    mailbox->imap ? "imap" : "smtp", address ? "[" : "", login->host,
	    address ? "]" : "", login->port);
	(void)snprintf(mailbox->server, sizeof(mailbox->server), "%s",
	    origin + strlen("xxxx://"));
	if (n < 0 || (size_t)n >= sizeof(origin))
		return false;
	if (origin_is_bound(mailbox->origins, origin))
		return true;
	for (char *c = origin; *c != '\0'; c++)
		if (*c >= 'A' && *c <= 'Z')
			*c += 'a' - 'A';
	return origin_is_bound(mailbox->origins, origin);
}

static void
answer(struct line_writer *reply, const struct mailbox *mailbox,
    const struct ending *ending, int mechanism)
{
	char name[MEANING_NAME_MAX];

	line_put(reply, "class", ending->class);
	if (ending->error != MAILSEAL_OK)
		line_put(reply, "reason", mailseal_error_name(ending->error));
	if (ending->detail[0] != '\0')
		line_put(reply, "detail", ending->detail);
	if (ending->code != 0)
		line_put_number(reply, "code", (uint64_t)ending->code);
	if (ending->enhanced[0] != '\0')
		line_put(reply, "enhanced", ending->enhanced);
	if (ending->meaning != NULL) {
		meaning_name(ending->meaning, name);
		line_put(reply, "meaning", name);
	}
	if (mechanism >= 0)
		line_put(reply, "mechanism",
		    sasl_mechanism_name((enum sasl_mechanism)mechanism));
	line_put(reply, "server", mailbox->server);
}

static void
put_mechanisms(struct line_writer *reply, unsigned offered)
{
	char text[64] = "";
	size_t len = 0;

	for (enum sasl_mechanism m = SASL_XOAUTH2; m <= SASL_LOGIN; m++)
		if ((offered & 1u << m) != 0)
			len += (size_t)snprintf(text + len, sizeof(text) - len,
			    "%s%s", len > 0 ? " " : "", sasl_mechanism_name(m));
	line_put(reply, "mechanisms", text);
}

static bool
is_reachable(struct mailbox *mailbox, struct talk *talk)
{
	return is_bound(mailbox) ||
	    talk_fail(talk, VERDICT_CONFIG, MAILSEAL_E_ORIGIN,
		"%s is not among the origins of this exchange",
		mailbox->server);
}

static int
run(struct mailbox *mailbox, enum act act, int64_t deadline_ms,
    struct line_writer *reply)
{
	AUTO(talk) talk = NULL;
	struct tls *tls = tls_new(deadline_ms);
	const struct login *login = &mailbox->login;
	unsigned offered = 0;
	int mechanism = -1;

	if (tls == NULL)
		return MAILSEAL_E_NOMEM;
	talk = talk_new(tls, mailbox->credential, login->oauth);
	if (talk == NULL)
		return MAILSEAL_E_NOMEM;
	if (!is_reachable(mailbox, talk))
		; /* that is the ending */
	else if (act == ACT_LOOK)
		offered = mailbox->imap ? imap_look(talk, login) :
					  smtp_look(talk, login);
	else if (mailbox->imap)
		mechanism = imap_run(talk, login);
	else
		mechanism = smtp_run(talk, login,
		    act == ACT_MAIL ? &mailbox->mail : NULL);
	answer(reply, mailbox, talk_ending(talk), mechanism);
	if (act == ACT_LOOK)
		put_mechanisms(reply, offered);
	return MAILSEAL_OK;
}

static int
take_and_run(struct line *request, enum act act, const struct http_way *way,
    struct line_writer *reply)
{
	struct mailbox mailbox = { 0 };
	int error;

	take(request, act, way, &mailbox);
	error = line_end(request);
	if (error == MAILSEAL_OK)
		error = run(&mailbox, act, way->deadline_ms, reply);
	close_mailbox(&mailbox);
	return error;
}

int
mailbox_run(struct line *request, bool send, const struct http_way *way,
    struct line_writer *reply)
{
	return take_and_run(request, send ? ACT_MAIL : ACT_LOGIN, way, reply);
}

int
mailbox_look(struct line *request, const struct http_way *way,
    struct line_writer *reply)
{
	return take_and_run(request, ACT_LOOK, way, reply);
}
