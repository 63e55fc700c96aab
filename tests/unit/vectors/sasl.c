/* SPDX-License-Identifier: ISC */
/*
 * The strings that clients log in with, byte for byte, or refused.
 */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "broker/sasl.h"
#include "proto/error.h"
#include "proto/line.h"
#include "tests/unit/vectors/walk.h"

enum { ID, MECH, EXPECT, USER, SECRET, HOST, PORT, AUTHZID, INLINE, BASE64 };

/* What a request said, read as a request is. */
struct inputs {
	char bytes[LINE_LONG_MAX + 1];
	struct line line;
	const char *user;
	const char *authzid;
	const char *host;
	uint16_t port;
	struct secret *secret;
};

static void
put_hex(struct line_writer *w, const char *key, const char *hex)
{
	static unsigned char bytes[32768];

	line_put_bytes(w, key, bytes, walk_unhex(hex, bytes, sizeof(bytes)));
}

/* Bring the row's inputs in the way they come: over a line. */
static int
take(struct inputs *in, char **row)
{
	struct line_writer w;
	size_t len;
	int error;

	line_begin(&w, in->bytes, sizeof(in->bytes), "exchange");
	put_hex(&w, "user", row[USER]);
	put_hex(&w, "secret", row[SECRET]);
	put_hex(&w, "authzid", row[AUTHZID]);
	if (strncmp(row[HOST], "hex:", 4) == 0)
		put_hex(&w, "host", row[HOST] + 4);
	else if (strcmp(row[HOST], "-") != 0)
		line_put(&w, "host", row[HOST]);
	if (strcmp(row[PORT], "-") != 0)
		line_put(&w, "port", row[PORT]);
	error = line_finish(&w, &len);
	if (error != MAILSEAL_OK)
		return error;
	line_start(&in->line, in->bytes, len - 1);
	error = secret_from_line(&in->line, "secret", 16384, &in->secret);
	if (error != MAILSEAL_OK)
		return error;
	in->user = line_get(&in->line, "user", SASL_USER_MAX);
	in->authzid = line_get(&in->line, "authzid", SASL_USER_MAX);
	in->host = line_get(&in->line, "host", 255);
	in->port = (uint16_t)line_get_number(&in->line, "port", 0, 65535);
	if (line_has(&in->line, "port") && in->port == 0)
		line_fail(&in->line, MAILSEAL_E_MALFORMED, "port");
	return line_end(&in->line);
}

/* Both lines of the LOGIN exchange, with a space between. */
static int
login_lines(const struct inputs *in, struct secret **response)
{
	AUTO(secret) user = NULL;
	AUTO(secret) password = NULL;
	struct span name = { (const unsigned char *)in->user,
		strlen(in->user) };
	int error = sasl_login_line(name, &user);

	if (error == MAILSEAL_OK)
		error = sasl_login_line(secret_span(in->secret), &password);
	if (error != MAILSEAL_OK)
		return error;
	*response = secret_new(user->len + 1 + password->len);
	if (*response == NULL)
		return MAILSEAL_E_NOMEM;
	memcpy((*response)->data, user->data, user->len);
	(*response)->data[user->len] = ' ';
	memcpy((*response)->data + user->len + 1, password->data,
	    password->len);
	return MAILSEAL_OK;
}

static int
respond(struct inputs *in, char **row, struct secret **response)
{
	char name[16];
	int error = take(in, row);
	int mechanism;

	if (error != MAILSEAL_OK)
		return error;
	(void)snprintf(name, sizeof(name), "%s", row[MECH]);
	for (char *c = name; *c != '\0'; c++)
		*c = *c >= 'A' && *c <= 'Z' ? (char)(*c + 'a' - 'A') : *c;
	mechanism = sasl_mechanism_by_name(name);
	if (mechanism < 0)
		return MAILSEAL_E_UNSUPPORTED;
	if (mechanism == SASL_LOGIN)
		return login_lines(in, response);
	if (mechanism == SASL_PLAIN && in->authzid[0] != '\0')
		return sasl_plain(in->authzid, in->user, in->secret, response);
	return sasl_initial_response((enum sasl_mechanism)mechanism, in->user,
	    in->secret, in->host, in->port, response);
}

static void
walk_row(char *column[COLUMNS_MAX])
{
	static struct inputs in;
	AUTO(secret) response = NULL;
	bool is_good = strcmp(column[EXPECT], "ok") == 0;
	int error;

	in.secret = NULL;
	error = respond(&in, column, &response);
	walk_label(column[ID],
	    error == MAILSEAL_OK ? (char *)response->data :
		is_good		 ? mailseal_error_name(error) :
				   "reject",
	    is_good ? column[BASE64] : column[EXPECT]);
	secret_free(in.secret);
}

void
walk_sasl(void)
{
	(void)walk_rows("sasl.tsv", walk_row);
}
