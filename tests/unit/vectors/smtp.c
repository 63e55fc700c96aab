/* SPDX-License-Identifier: ISC */
/*
 * Replies of mail servers, said to a client over a socket, and the challenges
 * that come before a final no.
 */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

#include "broker/courier/clock.h"
#include "broker/courier/response.h"
#include "broker/courier/talk.h"
#include "proto/error.h"
#include "tests/unit/vectors/walk.h"

/* The vectors' name of a verdict. */
static const char *
label_of(enum verdict verdict)
{
	static const char *const labels[] = { "ok", "continue", "transient",
		"throttled", "reauth-needed", "refresh-once", "admin-needed",
		"config-error", "malformed", "message" };

	return labels[verdict];
}

static unsigned
smtp_phase_of(const char *name)
{
	static const char *const names[] = { "greeting", "ehlo", "starttls",
		"ehlo-tls", "auth", "mail", "rcpt", "data" };

	for (unsigned i = 0; i < sizeof(names) / sizeof(names[0]); i++)
		if (strcmp(names[i], name) == 0)
			return 1u << i;
	return PHASE_QUIT;
}

static unsigned
imap_phase_of(const char *name)
{
	if (strcmp(name, "greeting") == 0)
		return PHASE_IMAP_GREETING;
	if (strcmp(name, "capability") == 0)
		return PHASE_IMAP_CAPABILITY;
	if (strcmp(name, "starttls") == 0)
		return PHASE_IMAP_STARTTLS;
	return PHASE_IMAP_LOGIN; /* auth and login */
}

/* What a server comes to that says just these bytes and closes. */
static const char *
judge(unsigned phase, const char *bytes, size_t len, bool oauth)
{
	struct tls *tls = tls_new(clock_ms() + 5000);
	AUTO(talk) talk = NULL;
	enum verdict verdict;
	int ends[2];

	if (tls == NULL || socketpair(AF_UNIX, SOCK_STREAM, 0, ends) != 0)
		return "no socket";
	if (write(ends[1], bytes, len) != (ssize_t)len)
		return "too long for a socket";
	(void)close(ends[1]);
	tls_adopt(tls, ends[0]);
	talk = talk_new(tls, NULL, oauth);
	if (talk == NULL)
		return "no memory";
	if (talk_listen(talk, phase, &verdict))
		return label_of(verdict);
	for (int v = 0; v <= VERDICT_MESSAGE; v++)
		if (strcmp(verdict_class((enum verdict)v),
			talk_ending(talk)->class) == 0)
			return label_of((enum verdict)v);
	return "none";
}

/* The file of a row, with a password and with a token. */
static void
walk_reply(const char *folder, unsigned phase, char *column[COLUMNS_MAX])
{
	char name[256], got[64], wanted[64];
	size_t len = 0;
	char *bytes;

	(void)snprintf(name, sizeof(name), "%s/%s.txt", folder, column[0]);
	(void)snprintf(wanted, sizeof(wanted), "%s %s", column[2], column[3]);
	bytes = walk_read(name, &len);
	if (bytes == NULL)
		(void)snprintf(got, sizeof(got), "absent");
	else
		(void)snprintf(got, sizeof(got), "%s %s",
		    judge(phase, bytes, len, false),
		    judge(phase, bytes, len, true));
	walk_label(column[0], got, wanted);
	free(bytes);
}

static void
walk_smtp_row(char *column[COLUMNS_MAX])
{
	walk_reply("smtp", smtp_phase_of(column[1]), column);
}

static void
walk_imap_row(char *column[COLUMNS_MAX])
{
	walk_reply("imap", imap_phase_of(column[1]), column);
}

static void
walk_challenge(char *column[COLUMNS_MAX])
{
	/* An empty one means more only after the token was sent. */
	if (strcmp(column[5], "-") == 0)
		return;
	walk_label(column[0],
	    label_of(verdict_of(PHASE_AUTH, 334, "", column[5], true)),
	    column[2]);
}

void
walk_smtp(void)
{
	(void)walk_rows("smtp/index.tsv", walk_smtp_row);
	(void)walk_rows("sasl-challenges.tsv", walk_challenge);
}

void
walk_imap(void)
{
	(void)walk_rows("imap/index.tsv", walk_imap_row);
}
