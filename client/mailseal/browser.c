/* SPDX-License-Identifier: ISC */
#include <limits.h>
#include <stdio.h>
#include <string.h>
#include <sysexits.h>
#include <unistd.h>

#include "client/mailseal/browser.h"
#include "client/mailseal/glyph.h"

/* Whether it came from the keyboard rather than from a browser. */
static bool
is_pasted(const struct signin *s, const char *target)
{
	return target >= s->entry.bytes && target <= s->entry.bytes + ENTRY_MAX;
}

/* Say why it failed.  The broker keeps it where what came is not its answer. */
static bool
fail(struct signin *s, const struct failure *failure)
{
	bool kept = strcmp(failure->code, "malformed") == 0;

	s->status = complain_failure(failure);
	if (strcmp(failure->reason, "busy") == 0)
		return false;
	if (kept)
		(void)signin_cancel(s);
	return true;
}

/* Tell the browser, or the person, how it ended. */
static void
tell_browser(struct signin *s, bool good, const char *text)
{
	if (s->listener != NULL)
		listener_answer(s->listener,
		    good ? "200 OK" : "400 Bad Request",
		    good ? "Signed in" : "This did not work", text);
}

/* Pass on what came back; true when the enrolment is over. */
static bool
finish(struct signin *s, const char *target)
{
	struct line_writer *w = ask_begin(s->ask, "enroll_finish");
	const struct failure *failure = ask_failure(s->ask);
	const char *ignored;

	line_put(w, "id", s->id);
	line_put(w, "redirect", target);
	line_put(w, "to", s->options->send);
	if (!ask_once(s->ask, ENROLMENT_S)) {
		tell_browser(s, false, failure->message);
		return fail(s, failure);
	}
	ignored = line_get(ask_line(s->ask), "ignored", LINE_KEY_MAX);
	if (ignored != NULL && strcmp(ignored, "yes") == 0) {
		if (!is_pasted(s, target))
			listener_answer(s->listener, "404 Not Found",
			    "Nothing here",
			    "Only the end of a sign-in is "
			    "seen here.");
		else
			(void)complain(EX_OK,
			    "this is not the address of "
			    "the last page; paste that one");
		return false;
	}
	tell_browser(s, true,
	    line_has(ask_line(s->ask), "confirm") ?
		"An admin decides now whether it is kept; this page may be "
		"closed." :
		"The broker has what it needs; this page may "
		"be closed.");
	s->status = signin_end(s);
	return true;
}

static void
print_instructions(const struct signin *s)
{
	char host[HOST_NAME_MAX + 1] = "";
	unsigned port = s->listener != NULL ? listener_port(s->listener) : 0;

	if (gethostname(host, sizeof(host) - 1) != 0)
		(void)snprintf(host, sizeof(host), "HOST");
	(void)printf("Sign in as ");
	glyph_print(stdout, s->options->word[0]);
	(void)printf(" (provider %s) at this address:\n\n", s->provider);
	glyph_print(stdout, s->url);
	(void)printf("\n\n");
	if (port != 0)
		(void)printf("A browser on another machine finds back here "
			     "through a tunnel, made there first:\n\n"
			     "    ssh -L %u:localhost:%u %s\n\n",
		    port, port, host);
	if (s->ears && port != 0)
		(void)puts("Without it the last page does not load; then "
			   "paste its address here.");
	else if (s->ears)
		(void)puts("Then paste the address of the last page here, "
			   "also when it does not load.");
	(void)printf("Waiting for %ld min; Ctrl-C gives up.\n",
	    (long)(s->deadline - signin_now_s() + 59) / 60);
	(void)fflush(stdout); /* a failure shows at the end */
}

/* Wait until something came; false when a signal or the end of time did. */
static bool
wait_for(struct signin *s, bool *typed)
{
	struct pollfd fds[LISTENER_POLL_MAX + 1];
	size_t count = 0;
	time_t left = s->deadline - signin_now_s();
	int n;

	*typed = false;
	if (left <= 0) {
		s->status = complain(EX_CONFIG,
		    "the time to sign in is over; "
		    "start again: mailseal enroll %s",
		    s->options->word[0]);
		return false;
	}
	if (s->ears)
		fds[count++] = (struct pollfd){ STDIN_FILENO, POLLIN, 0 };
	if (s->listener != NULL)
		count += listener_fds(s->listener, fds + count);
	n = terminal_poll(fds, count, left > 60 ? 60000 : (int)left * 1000);
	if (n < 0)
		return false; /* a signal: the caller sees which */
	*typed = s->ears && fds[0].revents != 0;
	if (s->listener != NULL)
		listener_step(s->listener);
	return true;
}

/* What came: a whole target from a browser or the keyboard, or NULL. */
static const char *
next_target(struct signin *s, bool typed)
{
	if (typed) {
		switch (terminal_take(&s->entry, true)) {
		case TYPED_SOME:
			break;
		case TYPED_LINE:
			return s->entry.bytes;
		case TYPED_END:
			s->ears = false;
			break;
		}
	}
	return s->listener != NULL ? listener_take(s->listener) : NULL;
}

/* A target, the terminal being as it was; NULL when it is over. */
static const char *
await_target(struct signin *s, int *signal)
{
	const char *target = NULL;
	bool typed;

	terminal_watch();
	if (s->listener != NULL)
		target = listener_take(s->listener);
	while (target == NULL && (s->ears || s->listener != NULL)) {
		if (!wait_for(s, &typed))
			break;
		target = next_target(s, typed);
	}
	*signal = terminal_release();
	return *signal == 0 ? target : NULL;
}

/* Blanks around a pasted address are nobody's wish. */
static const char *
trim(struct entry *entry)
{
	char *text = entry->bytes;

	while (*text == ' ' || *text == '\t')
		text++;
	for (size_t len = strlen(text);
	     len > 0 && (text[len - 1] == ' ' || text[len - 1] == '\t'); len--)
		text[len - 1] = '\0';
	return text;
}

static void
forget(struct entry *entry)
{
	explicit_bzero(entry, sizeof(*entry));
}

int
browser_sign_in(struct signin *s)
{
	const char *target, *text;
	int signal;
	bool over = false;

	print_instructions(s);
	s->status = EX_DATAERR; /* where nothing ever comes */
	while (!over && (target = await_target(s, &signal)) != NULL) {
		text = is_pasted(s, target) ? trim(&s->entry) : target;
		if (*text != '\0')
			over = finish(s, text);
		if (is_pasted(s, target))
			forget(&s->entry);
	}
	if (over)
		return s->status;
	(void)signin_cancel(s);
	if (signal != 0) {
		(void)complain(EX_OK, "given up; nothing was stored");
		terminal_die(signal);
	}
	if (s->status == EX_DATAERR)
		return complain(EX_DATAERR,
		    "no address came; start again: "
		    "mailseal enroll %s",
		    s->options->word[0]);
	return s->status;
}
