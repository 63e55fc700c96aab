/* SPDX-License-Identifier: ISC */
#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sysexits.h>
#include <time.h>
#include <unistd.h>

#include "client/mailseal/command.h"
#include "client/mailseal/glyph.h"
#include "client/mailseal/intake.h"
#include "client/mailseal/moment.h"
#include "client/mailseal/terminal.h"
#include "client/mailseal/thumbprint.h"

#define PEM_MAX 8192

/* A text of the answer, "" where it is not there. */
static const char *
field(struct ask *ask, const char *key)
{
	const char *text = line_get(ask_line(ask), key, TEXT_MAX);

	return text != NULL ? text : "";
}

/* What was sealed, to people: "Client secret 2 of provider campus is sealed" */
static void
print_sealed(struct ask *ask, FILE *out, const char *noun)
{
	const char *ends = line_get(ask_line(ask), "ends", 16);
	const char *note;
	char text[MOMENT_SIZE];

	(void)fprintf(out, "%s ", noun);
	glyph_print(out, field(ask, "label"));
	(void)fputs(" of provider ", out);
	glyph_print(out, field(ask, "provider"));
	(void)fputs(" is sealed", out);
	if (ends != NULL)
		(void)fprintf(out, "; it ends %s",
		    moment_date(ends, time(NULL), text));
	(void)fputc('\n', out);
	note = field(ask, "note");
	if (*note != '\0') {
		(void)fputs("Note: ", out);
		glyph_print(out, note);
		(void)fputc('\n', out);
	}
}

/* The day of --ends; 0 where there is none, -1 after having complained. */
static int64_t
read_end(const struct options *options)
{
	int64_t when;

	if (options->ends == NULL)
		return 0;
	when = moment_of_date(options->ends);
	if (when <= 0) {
		(void)complain(EX_USAGE,
		    "--ends takes a day, YYYY-MM-DD, such as 2027-05-01");
		return -1;
	}
	if (when <= (int64_t)time(NULL))
		(void)complain(EX_OK,
		    "that day has come; the secret is tried last");
	return when;
}

int
command_provider_secret(const struct options *options)
{
	AUTO(ask) ask = ask_admin(options);
	int64_t end = read_end(options);
	char name[128];
	struct intake secret;
	struct line_writer *w;
	int status;

	if (ask == NULL || end < 0)
		return EX_USAGE;
	(void)snprintf(name, sizeof(name), "Client secret of provider %.64s",
	    options->word[0]);
	status = intake_take(&secret, options->file, name);
	if (secret.signal != 0)
		terminal_die(secret.signal);
	if (status != EX_OK)
		return status;
	w = ask_begin(ask, "provider_secret");
	line_put(w, "provider", options->word[0]);
	line_put_bytes(w, "secret", secret.bytes, secret.len);
	if (end > 0)
		line_put_number(w, "ends", (uint64_t)end);
	intake_wipe(&secret);
	if (!ask_once(ask, SHORT_S))
		return complain_failure(ask_failure(ask));
	print_sealed(ask, stdout, "Client secret");
	return finish_output(EX_OK);
}

static void
print_thumbprint(FILE *out, const char *name, const char *text)
{
	char hex[THUMBPRINT_SIZE];

	if (*text != '\0')
		(void)fprintf(out, "  %-8s %s\n", name,
		    thumbprint_hex(text, hex));
}

static void
print_thumbprints(struct ask *ask, FILE *out)
{
	const char *account = field(ask, "service_account");
	const char *sha1 = field(ask, "x5t");

	if (*account != '\0') {
		(void)fputs("  it is of the service account ", out);
		glyph_print(out, account);
		(void)fputc('\n', out);
	}
	if (*sha1 != '\0')
		(void)fputs("Thumbprints of its certificate:\n", out);
	print_thumbprint(out, "SHA-1", sha1);
	print_thumbprint(out, "SHA-256", field(ask, "x5t_s256"));
}

int
command_provider_new_cert(const struct options *options)
{
	AUTO(ask) ask = ask_admin(options);
	const char *pem, *name = options->word[0];
	struct line_writer *w;
	int status;

	if (ask == NULL)
		return EX_USAGE;
	w = ask_begin(ask, "provider_new_cert");
	line_put(w, "provider", name);
	if (options->days != 0)
		line_put_number(w, "days", options->days);
	if (!ask_once(ask, EXCHANGE_S))
		return complain_failure(ask_failure(ask));
	pem = line_get(ask_line(ask), "certificate", PEM_MAX);
	if (pem == NULL)
		return complain(EX_PROTOCOL, "the answer has no certificate");
	(void)fputs(pem, stdout);
	status = finish_output(EX_OK);
	print_sealed(ask, stderr, "Key");
	print_thumbprints(ask, stderr);
	(void)fputs("Next: upload the certificate, which went to standard "
		    "output, to the registration\nat the provider (Microsoft: "
		    "App registrations, Certificates & secrets,\n"
		    "Certificates, Upload certificate).  Then see that it is "
		    "taken:\n  mailseal provider check ",
	    stderr);
	glyph_print(stderr, name);
	(void)fputc('\n', stderr);
	return status;
}

/* A whole file; len is 0 after a failure, which was told. */
static size_t
read_whole(const char *file, char *bytes, size_t size)
{
	bool is_stdin = strcmp(file, "-") == 0;
	int fd = is_stdin ? STDIN_FILENO :
			    open(file, O_RDONLY | O_CLOEXEC | O_NOCTTY);
	size_t len = 0;
	ssize_t n = fd < 0 ? -1 : 1;

	while (n > 0 && len < size) {
		n = read(fd, bytes + len, size - len);
		if (n < 0 && errno == EINTR)
			n = 1;
		else if (n > 0)
			len += (size_t)n;
	}
	if (n < 0)
		(void)complain(EX_NOINPUT, "%s: %s", file, strerror(errno));
	else if (len == 0)
		(void)complain(EX_DATAERR, "%s: it is empty", file);
	else if (len == size)
		(void)complain(EX_DATAERR, "%s: it is longer than %d bytes",
		    file, KEY_FILE_MAX);
	if (fd >= 0 && !is_stdin)
		(void)close(fd); /* it was only read */
	return n == 0 ? len : 0;
}

int
command_provider_key(const struct options *options)
{
	AUTO(ask) ask = ask_admin(options);
	char bytes[KEY_FILE_MAX + 1];
	struct line_writer *w;
	size_t len;

	if (ask == NULL)
		return EX_USAGE;
	if (options->file == NULL)
		return complain(EX_USAGE,
		    "provider key needs --file FILE: the JSON of a service "
		    "account, or PEM with a key and its certificate");
	len = read_whole(options->file, bytes, sizeof(bytes));
	if (len > 0) {
		w = ask_begin(ask, "provider_key");
		line_put(w, "provider", options->word[0]);
		line_put_bytes(w, "file", bytes, len);
	}
	explicit_bzero(bytes, sizeof(bytes));
	if (len == 0)
		return EX_DATAERR;
	if (!ask_once(ask, EXCHANGE_S))
		return complain_failure(ask_failure(ask));
	print_sealed(ask, stdout, "Key");
	print_thumbprints(ask, stdout);
	(void)puts("The file is not needed any more; delete it, or keep it "
		   "where nobody reads it.");
	return finish_output(EX_OK);
}

/* Ask a person whether he means it; EX_OK: he does. */
static int
make_sure(const char *provider, const char *label)
{
	char line[16] = "";

	if (isatty(STDIN_FILENO) != 1)
		return complain(EX_USAGE,
		    "nobody can be asked here; say --yes to forget %s of "
		    "provider %s",
		    label, provider);
	(void)fputs("The client secret or key ", stderr);
	glyph_print(stderr, label);
	(void)fputs(" of provider ", stderr);
	glyph_print(stderr, provider);
	(void)fputs(" will be wiped.\nType \"yes\" to go on: ", stderr);
	if (fgets(line, sizeof(line), stdin) == NULL ||
	    strcmp(line, "yes\n") != 0)
		return complain(EXIT_FAILURE, "%s stays as it was", provider);
	return EX_OK;
}

int
command_provider_forget(const struct options *options)
{
	AUTO(ask) ask = ask_admin(options);
	struct line_writer *w;
	int status = EX_OK;

	if (ask == NULL)
		return EX_USAGE;
	if (!options_have(options, OPTION_YES))
		status = make_sure(options->word[0], options->word[1]);
	if (status != EX_OK)
		return status;
	w = ask_begin(ask, "provider_forget");
	line_put(w, "provider", options->word[0]);
	line_put(w, "label", options->word[1]);
	if (!ask_once(ask, SHORT_S))
		return complain_failure(ask_failure(ask));
	(void)fputs(strcmp(field(ask, "type"), "client_key") == 0 ?
		"Key " :
		"Client secret ",
	    stdout);
	glyph_print(stdout, field(ask, "label"));
	(void)fputs(" of provider ", stdout);
	glyph_print(stdout, field(ask, "provider"));
	(void)fputs(" is wiped; left: ", stdout);
	glyph_print(stdout, field(ask, "left"));
	(void)fputc('\n', stdout);
	return finish_output(EX_OK);
}
