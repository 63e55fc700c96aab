/* SPDX-License-Identifier: ISC */
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "broker/courier/response.h"
#include "broker/courier/ruling.h"
#include "broker/courier/talk.h"
#include "broker/log.h"
#include "proto/error.h"

#define COMMAND_MAX 512 /* bytes with CR LF, RFC 5321 4.5.3.1.4 */
#define GOODBYE_MS 1000 /* that we wait for the answer to a goodbye */
#define INPUT_MAX 4096

struct talk {
	struct tls *tls;
	const struct secret *credential;
	struct secret *sent; /* the line made of it */
	bool oauth;
	bool broken; /* nothing can be said any more */
	struct ending ending;
	struct reply reply;
	unsigned char input[INPUT_MAX]; /* read and not yet looked at: */
	size_t start;			/* from here */
	size_t end;			/* to here */
};

struct talk *
talk_new(struct tls *tls, const struct secret *credential, bool oauth)
{
	struct talk *talk = calloc(1, sizeof(*talk));

	if (talk == NULL) {
		tls_free(tls);
		return NULL;
	}
	talk->tls = tls;
	talk->credential = credential;
	talk->oauth = oauth;
	return talk;
}

void
talk_free(struct talk *talk)
{
	if (talk == NULL)
		return;
	tls_free(talk->tls);
	secret_free(talk->sent);
	/* A server may have quoted the credential. */
	secret_wipe(talk, sizeof(*talk));
	free(talk);
}

const struct reply *
talk_reply(const struct talk *talk)
{
	return &talk->reply;
}

const struct ending *
talk_ending(const struct talk *talk)
{
	return &talk->ending;
}

void
talk_own_address(const struct talk *talk, char *text, size_t size)
{
	tls_own_address(talk->tls, text, size);
}

bool
talk_fail(struct talk *talk, enum verdict verdict, int error,
    const char *format, ...)
{
	struct ending *ending = &talk->ending;
	va_list ap;

	if (ending->class != NULL)
		return false;
	ending->class = verdict_class(verdict);
	ending->error = error;
	va_start(ap, format);
	(void)vsnprintf(ending->detail, sizeof(ending->detail), format, ap);
	va_end(ap);
	return false;
}

static bool
repeats(const struct talk *talk, const char *words, const struct secret *secret)
{
	return secret != NULL &&
	    reply_repeats(&talk->reply, words, secret_span(secret));
}

/* What can be told of a reply that repeats the credential. */
static void
leave_out(const struct reply *reply, char *words, size_t size)
{
	char code[16];

	(void)snprintf(code, sizeof(code), "%d", reply->code);
	(void)snprintf(words, size,
	    "%s (the server's words repeat the credential; they are left out)",
	    reply->code != 0 ? code : response_status(reply));
}

/* Make the last reply the ending. */
static void
conclude(struct talk *talk, const char *class, int error)
{
	struct ending *ending = &talk->ending;
	const struct reply *reply = &talk->reply;
	char words[ENDING_DETAIL_MAX];

	ending->class = class;
	ending->error = error;
	ending->code = reply->code;
	memcpy(ending->enhanced, reply->enhanced, sizeof(ending->enhanced));
	reply_words(reply, words, sizeof(words));
	if (repeats(talk, words, talk->credential) ||
	    repeats(talk, words, talk->sent))
		leave_out(reply, words, sizeof(words));
	memcpy(ending->detail, words, sizeof(words));
	secret_wipe(words, sizeof(words));
}

static enum verdict
judge(const struct talk *talk, unsigned phase)
{
	const struct reply *reply = &talk->reply;

	if (response_is_of(phase))
		return ruling_of((enum imap_phase)phase, reply, talk->oauth);
	return verdict_of((enum smtp_phase)phase, reply->code, reply->enhanced,
	    reply->text, talk->oauth);
}

static int
error_of(const struct talk *talk, unsigned phase, enum verdict verdict)
{
	if (response_is_of(phase))
		return ruling_error(verdict, (enum imap_phase)phase,
		    &talk->reply, talk->oauth);
	return verdict_error(verdict, (enum smtp_phase)phase, talk->reply.code,
	    talk->oauth);
}

/* The row that says so; what came before the reply may have said otherwise. */
static const struct meaning *
meaning_of(const struct talk *talk, unsigned phase, enum verdict verdict)
{
	const struct reply *reply = &talk->reply;
	const struct meaning *m;

	if (response_is_of(phase))
		m = ruling_meaning((enum imap_phase)phase, reply);
	else
		m = verdict_meaning((enum smtp_phase)phase, reply->code,
		    reply->enhanced, reply->text);
	return m != NULL && (talk->oauth ? m->oauth : m->password) == verdict ?
	    m :
	    NULL;
}

bool
talk_refuse(struct talk *talk, unsigned phase, enum verdict verdict)
{
	if (talk->ending.class != NULL)
		return false;
	conclude(talk, verdict_class(verdict), error_of(talk, phase, verdict));
	talk->ending.meaning = meaning_of(talk, phase, verdict);
	return false;
}

void
talk_succeed(struct talk *talk)
{
	if (talk->ending.class == NULL)
		conclude(talk, verdict_class(VERDICT_OK), MAILSEAL_OK);
}

/* The connection failed. */
static bool
give_up(struct talk *talk, int error)
{
	bool later = error == MAILSEAL_E_NETWORK ||
	    error == MAILSEAL_E_SILENT || error == MAILSEAL_E_PROXY ||
	    error == MAILSEAL_E_NOMEM;

	talk->broken = true;
	return talk_fail(talk, later ? VERDICT_TRANSIENT : VERDICT_CONFIG,
	    error, "%s", tls_detail(talk->tls));
}

bool
talk_connect(struct talk *talk, const char *host, uint16_t port,
    const struct proxy *proxy)
{
	int error;

	if (talk->ending.class != NULL)
		return false;
	error = tls_connect(talk->tls, host, port, proxy);
	return error == MAILSEAL_OK || give_up(talk, error);
}

bool
talk_secure(struct talk *talk, const char *host, const struct trust *trust)
{
	int error;

	if (talk->ending.class != NULL)
		return false;
	error = tls_secure(talk->tls, host, trust);
	return error == MAILSEAL_OK || give_up(talk, error);
}

bool
talk_say_bytes(struct talk *talk, const void *bytes, size_t len)
{
	int error;

	if (talk->ending.class != NULL)
		return false;
	error = tls_write(talk->tls, bytes, len);
	return error == MAILSEAL_OK || give_up(talk, error);
}

bool
talk_say(struct talk *talk, const char *format, ...)
{
	char line[COMMAND_MAX + 1];
	va_list ap;
	int n;

	va_start(ap, format);
	n = vsnprintf(line, sizeof(line) - 2, format, ap);
	va_end(ap);
	if (n < 0 || (size_t)n >= sizeof(line) - 2)
		return talk_fail(talk, VERDICT_CONFIG, MAILSEAL_E_TOOLONG,
		    "a command would be longer than servers allow");
	memcpy(line + n, "\r\n", 2);
	return talk_say_bytes(talk, line, (size_t)n + 2);
}

bool
talk_say_secret(struct talk *talk, struct secret **line)
{
	AUTO(secret) wire = secret_new((*line)->len + 2);

	secret_free(talk->sent);
	talk->sent = secret_move(line);
	if (wire == NULL)
		return talk_fail(talk, VERDICT_TRANSIENT, MAILSEAL_E_NOMEM,
		    "out of memory for secrets");
	if (!tls_is_secure(talk->tls))
		return talk_fail(talk, VERDICT_CONFIG, MAILSEAL_E_NOTLS,
		    "the connection is not secure");
	memcpy(wire->data, talk->sent->data, talk->sent->len);
	memcpy(wire->data + talk->sent->len, "\r\n", 2);
	return talk_say_bytes(talk, wire->data, wire->len);
}

/* The reply could not be read as one. */
static bool
give_up_reading(struct talk *talk, unsigned phase, int error)
{
	bool imap = response_is_of(phase);

	talk->broken = true;
	if (error == MAILSEAL_E_NOTLS)
		return talk_fail(talk, VERDICT_CONFIG, error,
		    "the server speaks TLS from its first byte; set "
		    "%s for this port",
		    imap ? "imap_tls = Y" : "smtp_auth_ssl = Y");
	if (talk->sent != NULL)
		return talk_fail(talk, VERDICT_MALFORMED, error,
		    "the server sent what is no %s reply",
		    imap ? "IMAP" : "SMTP");
	return talk_fail(talk, VERDICT_MALFORMED, error,
	    "the server sent what is no %s reply: %s", imap ? "IMAP" : "SMTP",
	    printable_bytes(talk->reply.line, talk->reply.line_len));
}

/* Have some bytes to look at. */
static bool
fill(struct talk *talk)
{
	int error;

	if (talk->start < talk->end)
		return true;
	talk->start = talk->end = 0;
	error = tls_read(talk->tls, talk->input, INPUT_MAX, &talk->end);
	if (error != MAILSEAL_OK)
		return give_up(talk, error);
	if (talk->end > 0)
		return true;
	talk->broken = true;
	return talk_fail(talk, VERDICT_TRANSIENT, MAILSEAL_E_NETWORK,
	    "the server closed the connection");
}

/* Read until a reply is whole. */
static bool
read_reply(struct talk *talk, unsigned phase)
{
	bool imap = response_is_of(phase);
	struct reply *reply = &talk->reply;

	if (imap)
		response_start(reply, phase);
	else
		reply_start(reply);
	while (!reply->whole) {
		const unsigned char *bytes;
		size_t used, len;
		int error;

		if (!fill(talk))
			return false;
		bytes = talk->input + talk->start;
		len = talk->end - talk->start;
		error = imap ? response_feed(reply, bytes, len, &used) :
			       reply_feed(reply, bytes, len, &used);
		if (error != MAILSEAL_OK)
			return give_up_reading(talk, phase, error);
		talk->start += used;
	}
	return true;
}

bool
talk_listen(struct talk *talk, unsigned phase, enum verdict *verdict)
{
	bool before_tls = phase == PHASE_STARTTLS ||
	    phase == PHASE_IMAP_STARTTLS;

	if (talk->ending.class != NULL || !read_reply(talk, phase))
		return false;
	*verdict = judge(talk, phase);
	/* What follows in the clear would be taken for said under TLS. */
	if (before_tls && *verdict == VERDICT_OK && talk->start != talk->end) {
		talk->broken = true;
		return talk_fail(talk, VERDICT_CONFIG, MAILSEAL_E_NOTLS,
		    "there were octets between the answer to STARTTLS and the "
		    "TLS handshake; somebody may sit in between");
	}
	return true;
}

bool
talk_hear(struct talk *talk, unsigned phase, enum verdict wanted)
{
	enum verdict verdict;

	if (!talk_listen(talk, phase, &verdict))
		return false;
	if (verdict == wanted)
		return true;
	if (verdict == VERDICT_OK || verdict == VERDICT_CONTINUE)
		verdict = VERDICT_MALFORMED;
	return talk_refuse(talk, phase, verdict);
}

void
talk_quit(struct talk *talk, const char *command, unsigned phase)
{
	char line[32];
	int n = snprintf(line, sizeof(line), "%s\r\n", command);

	if (talk->broken)
		return;
	tls_hurry(talk->tls, GOODBYE_MS);
	if (tls_write(talk->tls, line, (size_t)n) == MAILSEAL_OK)
		(void)read_reply(talk, phase); /* the ending is decided */
}
