/* SPDX-License-Identifier: ISC */
#include <errno.h>
#include <stdio.h>
#include <string.h>
#include <sys/uio.h>
#include <sysexits.h>
#include <time.h>
#include <unistd.h>

#include "client/mailseal.h"
#include "client/mailseal/command.h"
#include "client/mailseal/jsontext.h"
#include "client/mailseal/listing.h"
#include "client/mailseal/moment.h"
#include "client/mailseal/table.h"

/* Ask as the options say; *reply is the caller's. */
static int
obtain(const struct options *options, const char *mechanism,
    struct mailseal_reply **reply)
{
	struct mailseal_request request = { .size = sizeof(request) };
	struct mailseal *handle = mailseal_open(options->socket);
	int status;

	if (handle == NULL)
		return complain(EX_USAGE, "%s: %s",
		    options->socket != NULL ? options->socket :
					      "MAILSEAL_SOCKET",
		    strerror(errno));
	request.account = options->word[0];
	request.service = options->service;
	request.mechanism = mechanism;
	request.life_s = options->life_s;
	request.wait_s = options->wait_s;
	status = mailseal_get(handle, &request, reply);
	if (status != EX_OK)
		(void)complain(status, "%s", mailseal_message(handle));
	mailseal_close(handle);
	return status;
}

/* The string and LF, past all buffers; a pipe may take it in pieces. */
static int
write_line(const char *text, size_t len)
{
	char lf = '\n';
	size_t done = 0;

	while (done <= len) {
		struct iovec parts[] = {
			{ .iov_base = (void *)(uintptr_t)(text + done),
			    .iov_len = len - done },
			{ .iov_base = &lf, .iov_len = 1 },
		};
		ssize_t n = writev(STDOUT_FILENO, parts, 2);

		if (n < 0 && errno == EINTR)
			continue;
		if (n < 0)
			return complain(EX_IOERR, "cannot write: %s",
			    strerror(errno));
		done += (size_t)n;
	}
	return EX_OK;
}

static int
print_string(const struct options *options, const char *mechanism)
{
	struct mailseal_reply *reply = NULL;
	int status = obtain(options, mechanism, &reply);

	if (status == EX_OK)
		status = write_line(reply->secret, reply->secret_len);
	mailseal_reply_free(reply);
	return status;
}

int
command_token(const struct options *options)
{
	return print_string(options, "bearer");
}

int
command_xoauth2(const struct options *options)
{
	return print_string(options, "xoauth2");
}

/* What the secret of a mechanism is called on the wire. */
static const char *
name_secret(const struct mailseal_reply *reply)
{
	if (strcmp(reply->mechanism, "bearer") == 0)
		return "access_token";
	if (strcmp(reply->mechanism, "login") == 0)
		return "password";
	return "initial_response";
}

static void
print_json(const struct mailseal_reply *reply)
{
	struct jsontext json = { .out = stdout };

	jsontext_open(&json, NULL, '{');
	jsontext_text(&json, "account", reply->account);
	jsontext_text(&json, "login", reply->login);
	if (reply->send_as != NULL)
		jsontext_text(&json, "send_as", reply->send_as);
	jsontext_text(&json, "mechanism", reply->mechanism);
	if (reply->host != NULL)
		jsontext_text(&json, "host", reply->host);
	if (reply->port != 0)
		jsontext_number(&json, "port", reply->port);
	if (reply->tls != NULL)
		jsontext_text(&json, "tls", reply->tls);
	if (reply->expires != 0)
		jsontext_number(&json, "expires", reply->expires);
	if (reply->username != NULL)
		jsontext_text(&json, "username", reply->username);
	jsontext_text(&json, name_secret(reply), reply->secret);
	jsontext_close(&json, '}');
}

static void
print_pair(const char *name, const char *text)
{
	if (text != NULL)
		(void)printf("%-17s %s\n", name, text);
}

static void
print_fields(const struct mailseal_reply *reply)
{
	char port[16], expires[MOMENT_SIZE], secret[32];

	(void)snprintf(port, sizeof(port), "%u", reply->port);
	(void)snprintf(secret, sizeof(secret), "%s:", name_secret(reply));
	print_pair("account:", reply->account);
	print_pair("login:", reply->login);
	print_pair("send as:", reply->send_as);
	print_pair("mechanism:", reply->mechanism);
	print_pair("host:", reply->host);
	print_pair("port:", reply->port != 0 ? port : NULL);
	print_pair("tls:", reply->tls);
	if (reply->expires != 0)
		print_pair("expires:",
		    moment_say(reply->expires, time(NULL), expires));
	print_pair("username:", reply->username);
	print_pair(secret, reply->secret);
}

int
command_get(const struct options *options)
{
	static char buffer[BUFSIZ]; /* of stdout: it holds the secret */
	struct mailseal_reply *reply = NULL;
	int status = obtain(options, options->mechanism, &reply);

	if (status != EX_OK)
		return status;
	(void)setvbuf(stdout, buffer, _IOFBF, sizeof(buffer));
	if (options_have(options, OPTION_JSON))
		print_json(reply);
	else
		print_fields(reply);
	mailseal_reply_free(reply);
	status = finish_output(EX_OK);
	explicit_bzero(buffer, sizeof(buffer));
	return status;
}

int
command_whoami(const struct options *options)
{
	AUTO(ask) ask = ask_consumer(options);
	AUTO(listing) listing = NULL;
	struct jsontext json = { .out = stdout };
	const struct row *row;
	int status;

	if (ask == NULL)
		return EX_USAGE;
	(void)ask_begin(ask, "whoami"); /* it has no fields */
	status = listing_ask(ask, SHORT_S, &listing);
	if (status != EX_OK)
		return status;
	if (listing->count == 0)
		return complain(EX_PROTOCOL, "the broker does not say who");
	row = listing->row[0];
	if (options_have(options, OPTION_JSON)) {
		jsontext_open(&json, NULL, '{');
		row_json(row, NULL, &json);
		jsontext_close(&json, '}');
	} else {
		print_pair("user:", row_get(row, "user"));
		print_pair("uid:", row_get(row, "uid"));
		print_pair("gid:", row_get(row, "gid"));
		print_pair("groups:", row_get(row, "groups"));
		print_pair("unit:", row_get(row, "unit"));
		print_pair("role:", row_get(row, "role"));
	}
	return finish_output(EX_OK);
}
