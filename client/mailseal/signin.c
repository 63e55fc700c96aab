/* SPDX-License-Identifier: ISC */
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sysexits.h>
#include <unistd.h>

#include "client/mailseal/assent.h"
#include "client/mailseal/browser.h"
#include "client/mailseal/glyph.h"
#include "client/mailseal/intake.h"
#include "client/mailseal/signin.h"
#include "client/mailseal/table.h"
#include "client/mailseal/usercode.h"
#include "proto/error.h"

#define LIFE_S 900   /* of an enrolment, where the broker does not say */
#define INTERVAL_S 5 /* between polls, likewise */
#define INTERVAL_MAX 3600

time_t
signin_now_s(void)
{
	struct timespec now;

	(void)clock_gettime(CLOCK_BOOTTIME, &now); /* it cannot fail */
	return now.tv_sec;
}

static void
signin_free(struct signin *s)
{
	if (s == NULL)
		return;
	ask_free(s->ask);
	listener_free(s->listener);
	explicit_bzero(s, sizeof(*s));
	free(s);
}

static void
signin_auto(struct signin **s)
{
	signin_free(*s);
}

/* ---- the beginning */

static void
take(struct signin *s, const char *key, char *to, size_t size)
{
	const char *text = line_get(ask_line(s->ask), key, size - 1);

	(void)snprintf(to, size, "%s", text != NULL ? text : "");
}

static bool
read_begun(struct signin *s)
{
	struct line *line = ask_line(s->ask);
	const char *type = line_need(line, "type", LINE_KEY_MAX);
	uint64_t life = line_get_number(line, "expires_in", LIFE_S, LIFE_S);

	take(s, "id", s->id, sizeof(s->id));
	take(s, "provider", s->provider, sizeof(s->provider));
	take(s, "server", s->server, sizeof(s->server));
	take(s, "warning", s->warning, sizeof(s->warning));
	take(s, "redirect_uri", s->redirect_uri, sizeof(s->redirect_uri));
	s->by_code = type != NULL && strcmp(type, "device") == 0;
	take(s, s->by_code ? "verification_uri" : "url", s->url,
	    sizeof(s->url));
	take(s, "user_code", s->user_code, sizeof(s->user_code));
	take(s, "verification_uri_complete", s->whole_page,
	    sizeof(s->whole_page));
	take(s, "message", s->message, sizeof(s->message));
	s->interval_s = (unsigned)line_get_number(line, "interval", INTERVAL_S,
	    INTERVAL_MAX);
	s->deadline = signin_now_s() + (time_t)life;
	if (type == NULL || line_end_reply(line) != MAILSEAL_OK)
		return false;
	if (s->by_code)
		return *s->id != '\0' && *s->url != '\0' &&
		    *s->user_code != '\0';
	s->oauth = strcmp(type, "oauth") == 0;
	s->alone = strcmp(type, "application") == 0;
	return *s->id != '\0' && (!s->oauth || *s->url != '\0');
}

static int
begin(struct signin *s)
{
	const struct options *o = s->options;
	struct line_writer *w = ask_begin(s->ask, "enroll_begin");
	bool password = options_have(o, OPTION_PASSWORD) ||
	    options_have(o, OPTION_PASSWORD_FILE);
	char uri[64];

	line_put(w, "account", o->word[0]);
	line_put(w, "provider", o->provider);
	line_put(w, "login", o->login);
	if (password)
		line_put(w, "type", "password");
	if (options_have(o, OPTION_DEVICE))
		line_put(w, "type", "device");
	if (options_have(o, OPTION_WITHOUT_RECOVERY))
		line_put(w, "without_recovery", "yes");
	if (options_have(o, OPTION_REPLACE_IDENTITY))
		line_put(w, "replace_identity", "yes");
	if (s->listener != NULL) {
		(void)snprintf(uri, sizeof(uri), "http://localhost:%u/callback",
		    listener_port(s->listener));
		line_put(w, "redirect_uri", uri);
	}
	if (!ask_once(s->ask, EXCHANGE_S))
		return complain_failure(ask_failure(s->ask));
	if (!read_begun(s)) {
		ask_distrust(s->ask);
		return complain_failure(ask_failure(s->ask));
	}
	ask_hang_up(s->ask); /* minutes may pass now */
	if (s->listener != NULL && strcmp(uri, s->redirect_uri) != 0) {
		/* The provider file names another place: nobody comes here. */
		listener_free(s->listener);
		s->listener = NULL;
	}
	return EX_OK;
}

bool
signin_cancel(struct signin *s)
{
	line_put(ask_begin(s->ask, "enroll_cancel"), "id", s->id);
	return ask_once(s->ask, SHORT_S);
}

/* ---- the end */

static void
add(struct signin *s, struct table *table, const char *name, const char *key)
{
	table_add_pair(table, name, line_get(ask_line(s->ask), key, TEXT_MAX));
}

static int
print_enrolled(struct signin *s)
{
	static const char *const heads[] = { "", "", NULL };
	AUTO(table) table = table_new(heads);
	struct line *line = ask_line(s->ask);
	const char *state = line_get(line, "state", LINE_KEY_MAX);
	const char *note = line_get(line, "note", TEXT_MAX);
	bool blocked = state != NULL && strcmp(state, "good") != 0;
	const char *done = s->alone ? "enrolled" : "signed in";

	if (table == NULL)
		return complain(EX_OSERR, "out of memory");
	glyph_print(stdout, s->options->word[0]);
	if (blocked)
		(void)printf(": %s, but not served yet\n", done);
	else
		(void)puts(": enrolled");
	add(s, table, "  login:", "login");
	add(s, table, "  identity:", "identity");
	add(s, table, "  provider:", "provider");
	add(s, table, "  also opens:", "also_opens");
	table_add_pair(table, "  server:", s->server);
	add(s, table, "  mechanism:", "mechanism");
	add(s, table, "  it says:", "message");
	add(s, table, "  IMAP server:", "imap_server");
	add(s, table, "  mechanism:", "imap_mechanism");
	add(s, table, "  it says:", "imap_message");
	add(s, table, "  mail sent to:", "sent_to");
	add(s, table, "  note:", "warning");
	add(s, table, "  note:", "notice");
	if (!table_print(table, stdout, false))
		return complain(EX_OSERR, "out of memory");
	if (!blocked)
		return EX_OK;
	return complain(EX_CONFIG, "%s",
	    note != NULL ?
		note :
		"the mailbox could not be tested; see \"mailseal status\"");
}

int
signin_end(struct signin *s)
{
	struct line *line = ask_line(s->ask);
	char question[TEXT_MAX + 1], identity[TEXT_MAX + 1];
	int signal, status;

	if (line_get(line, "confirm", LINE_KEY_MAX) == NULL)
		return print_enrolled(s);
	take(s, "question", question, sizeof(question));
	take(s, "identity", identity, sizeof(identity));
	ask_hang_up(s->ask); /* minutes may pass now */
	status = assent_ask(s->options, question, identity, &signal);
	if (status != EX_OK) {
		signin_cancel(s);
		if (signal != 0)
			terminal_die(signal);
		return status;
	}
	line_put(ask_begin(s->ask, "enroll_confirm"), "id", s->id);
	if (!ask_once(s->ask, SHORT_S))
		return complain_failure(ask_failure(s->ask));
	return print_enrolled(s);
}

/* ---- or a password */

static int
give_password(struct signin *s)
{
	const struct options *o = s->options;
	char name[TEXT_MAX * 2];
	struct intake password;
	struct line_writer *w;
	int status;

	if (*s->warning != '\0')
		(void)complain(EX_OK, "%s", s->warning);
	(void)snprintf(name, sizeof(name), "Password of %s at %s", o->word[0],
	    *s->server != '\0' ? s->server : s->provider);
	status = intake_take(&password, o->password_file, name);
	if (status != EX_OK) {
		(void)signin_cancel(s);
		if (password.signal != 0)
			terminal_die(password.signal);
		return status;
	}
	w = ask_begin(s->ask, "enroll_finish");
	line_put(w, "id", s->id);
	line_put_bytes(w, "password", password.bytes, password.len);
	line_put(w, "to", o->send);
	intake_wipe(&password);
	if (!ask_once(s->ask, ENROLMENT_S))
		return complain_failure(ask_failure(s->ask));
	return signin_end(s);
}

/* ---- or nothing: the registration gets what it needs */

static int
go_alone(struct signin *s)
{
	struct line_writer *w = ask_begin(s->ask, "enroll_finish");

	line_put(w, "id", s->id);
	line_put(w, "to", s->options->send);
	if (!ask_once(s->ask, ENROLMENT_S))
		return complain_failure(ask_failure(s->ask));
	return signin_end(s);
}

/* The listener comes first: its port is told to the provider. */
static int
open_listener(struct signin *s)
{
	const struct options *o = s->options;

	if (options_have(o, OPTION_PASTE) || options_have(o, OPTION_PASSWORD) ||
	    options_have(o, OPTION_PASSWORD_FILE) ||
	    options_have(o, OPTION_DEVICE))
		return EX_OK;
	s->listener = listener_new(o->port);
	if (s->listener == NULL && o->port != 0)
		return complain(EX_UNAVAILABLE,
		    "cannot listen on localhost "
		    "port %u: %s; take another --port, or --paste",
		    o->port, strerror(errno));
	if (s->listener == NULL)
		return complain(EX_UNAVAILABLE,
		    "cannot listen on localhost: "
		    "%s; try --paste",
		    strerror(errno));
	return EX_OK;
}

/* With a code nobody comes back here, and there is no password. */
static int
check(const struct options *options)
{
	const uint64_t others = OPTION_BIT(OPTION_PASTE) |
	    OPTION_BIT(OPTION_PORT) | OPTION_BIT(OPTION_PASSWORD) |
	    OPTION_BIT(OPTION_PASSWORD_FILE);
	const char *stranger = options_stranger(options, ~others);

	if (options_have(options, OPTION_DEVICE) && stranger != NULL)
		return complain(EX_USAGE,
		    "%s does not go with --device, which prints a code to "
		    "type elsewhere",
		    stranger);
	return EX_OK;
}

int
command_enroll(const struct options *options)
{
	AUTO(signin) s = calloc(1, sizeof(*s));
	int status = check(options);

	if (status != EX_OK)
		return status;
	if (s == NULL)
		return complain(EX_OSERR, "out of memory");
	s->options = options;
	s->ask = ask_admin(options);
	if (s->ask == NULL)
		return EX_USAGE;
	status = open_listener(s);
	if (status == EX_OK)
		status = begin(s);
	if (status != EX_OK)
		return status;
	if (s->by_code)
		return finish_output(usercode_sign_in(s));
	if (s->alone)
		return finish_output(go_alone(s));
	if (!s->oauth)
		return finish_output(give_password(s));
	s->ears = s->listener == NULL || isatty(STDIN_FILENO) == 1;
	return finish_output(browser_sign_in(s));
}
