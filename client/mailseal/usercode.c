/* SPDX-License-Identifier: ISC */
#include <stdio.h>
#include <string.h>
#include <sysexits.h>
#include <unistd.h>

#include "client/mailseal/fold.h"
#include "client/mailseal/glyph.h"
#include "client/mailseal/qrcode.h"
#include "client/mailseal/table.h"
#include "client/mailseal/usercode.h"

#define INTERVAL_MAX 3600 /* seconds */

enum end {
	END_NOT_YET,
	END_SIGNED_IN,
	END_FAILED, /* the question knows why */
	END_SIGNAL,
};

/* Its own line, so that it is easily read and copied. */
static void
print_large(const char *text)
{
	(void)fputs("\n    ", stdout);
	tint_print(stdout, text, TINT_STRONG, tint_is_wanted(stdout));
	(void)fputs("\n\n", stdout);
}

static void
print_instructions(const struct signin *s)
{
	bool whole = *s->whole_page != '\0';

	/* First: what scrolls away on a low terminal must not be the code. */
	qrcode_show(whole ? s->whole_page : s->url);
	(void)printf("Sign in as ");
	glyph_print(stdout, s->options->word[0]);
	(void)printf(" (provider %s), on any machine, at\n", s->provider);
	print_large(s->url);
	(void)puts("with this code:");
	print_large(s->user_code);
	if (whole) {
		(void)puts("Or open this address, which has the code in it:");
		print_large(s->whole_page);
	}
	if (*s->message != '\0') {
		(void)printf("The provider says: ");
		fold_print(stdout, s->message,
		    sizeof("The provider says: ") - 1, 0);
		(void)puts("\n");
	}
}

/*
 * That it goes on: on a terminal in one line that is written anew, elsewhere
 * once.
 */
static void
show_wait(struct signin *s)
{
	long left = (long)(s->deadline - signin_now_s() + 59) / 60;

	if (s->shown && !s->lively)
		return;
	s->shown = true;
	(void)printf("%sWaiting for the sign-in, %ld min left; Ctrl-C gives "
		     "up.%s",
	    s->lively ? "\r\033[K" : "", left > 0 ? left : 0,
	    s->lively ? "" : "\n");
	(void)fflush(stdout); /* a failure shows at the end */
}

/* What is said from now on starts a line of its own. */
static void
leave_line(struct signin *s)
{
	if (s->lively && s->shown)
		(void)fputs("\r\033[K", stdout);
	(void)fflush(stdout);
	s->shown = s->shown && !s->lively;
}

/* Until the provider may be asked; false when a signal came. */
static bool
rest(struct signin *s)
{
	time_t until = signin_now_s() + (time_t)s->interval_s;

	for (;;) {
		time_t left = until - signin_now_s();

		show_wait(s);
		if (left <= 0)
			return true;
		if (terminal_poll(NULL, 0,
			left > 30 ? 30000 : (int)left * 1000) < 0)
			return false;
	}
}

/* The provider does not tell for a while: said once, until it does again. */
static void
tell_trouble(struct signin *s, const char *note)
{
	if (note != NULL && !s->troubled) {
		leave_line(s);
		(void)complain(EX_OK, "%s", note);
	}
	s->troubled = note != NULL;
}

/* Ask whether somebody has signed in. */
static enum end
ask_whether(struct signin *s)
{
	struct line_writer *w = ask_begin(s->ask, "enroll_poll");
	struct pollfd fd = { .events = POLLIN };
	struct line *line;
	const char *state;

	line_put(w, "id", s->id);
	line_put(w, "to", s->options->send);
	ask_send(s->ask, ENROLMENT_S);
	fd.fd = ask_fd(s->ask);
	if (terminal_poll(&fd, 1, ENROLMENT_S * 1000) < 0) {
		ask_hang_up(s->ask);
		return END_SIGNAL;
	}
	if (ask_next(s->ask) != ASK_OK)
		return END_FAILED;
	line = ask_line(s->ask);
	state = line_get(line, "state", LINE_KEY_MAX);
	if (state == NULL || strcmp(state, "pending") != 0)
		return END_SIGNED_IN;
	s->interval_s = (unsigned)line_get_number(line, "interval",
	    s->interval_s, INTERVAL_MAX);
	if (s->interval_s == 0)
		s->interval_s = 1;
	tell_trouble(s, line_get(line, "note", TEXT_MAX));
	return END_NOT_YET;
}

static int
give_up(struct signin *s, int signal)
{
	if (signin_cancel(s))
		(void)complain(EX_OK, "given up; nothing was stored");
	else
		(void)complain(EX_OK,
		    "given up, but the broker was not waiting any more; see "
		    "\"mailseal list\"");
	terminal_die(signal);
}

int
usercode_sign_in(struct signin *s)
{
	enum end end = END_NOT_YET;
	int signal, status;

	s->lively = terminal_is_lively();
	print_instructions(s);
	terminal_watch();
	while (end == END_NOT_YET)
		end = rest(s) ? ask_whether(s) : END_SIGNAL;
	leave_line(s);
	signal = terminal_release();
	if (end == END_SIGNED_IN)
		return signin_end(s);
	if (end == END_SIGNAL && signal != 0)
		return give_up(s, signal);
	status = complain_failure(ask_failure(s->ask));
	(void)signin_cancel(s); /* where it was not over */
	return status;
}
