/* SPDX-License-Identifier: ISC */
#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "broker/courier/clock.h"
#include "broker/courier/outcome.h"
#include "broker/courier/request.h"
#include "broker/courier/runner.h"
#include "broker/log.h"
#include "broker/safefile.h"
#include "proto/error.h"

#define WORDS_MAX 4096 /* bytes of all words with their NULs */
#define SAID_MAX 160   /* bytes of standard error that a module sees */

/* The words of a command, as execve(2) takes them. */
struct words {
	char bytes[WORDS_MAX];
	char *argv[PROGRAM_ARGS_MAX + 1];
};

void
runner_free(struct runner *runner)
{
	if (runner == NULL)
		return;
	program_free(runner->ran);
	free(runner);
}

/* Whether path is the first word of the setting command. */
static bool
is_ours(const struct mailseal_call *call, const char *path)
{
	for (size_t i = 0; i < call->settings.count; i++) {
		const struct mailseal_item *set = &call->settings.item[i];
		size_t len = strcspn(set->bytes, " ");

		if (strcmp(set->name, "command") == 0)
			return path[0] == '/' && strlen(path) == len &&
			    memcmp(path, set->bytes, len) == 0;
	}
	return false;
}

static bool
take_words(const struct mailseal_ask *ask, struct words *words)
{
	size_t count = 0, used = 0;

	for (uint32_t i = 0; i < ask->count; i++) {
		struct span word = request_field(ask, i);

		if (ask->field[i].where != MAILSEAL_IN_ARGV)
			continue;
		if (count == PROGRAM_ARGS_MAX || ask->field[i].secret != 0 ||
		    word.len >= sizeof(words->bytes) - used ||
		    memchr(word.data, '\0', word.len) != NULL)
			return false;
		words->argv[count++] = words->bytes + used;
		memcpy(words->bytes + used, word.data, word.len);
		used += word.len;
		words->bytes[used++] = '\0';
	}
	words->argv[count] = NULL;
	return count > 0;
}

/* What it reads: bytes as they are, and fields of a line. */
static int
write_input(const struct mailseal_ask *ask, struct secret **input, size_t *len)
{
	AUTO(secret) room = secret_new(LINE_LONG_MAX);
	struct line_writer w;

	if (room == NULL)
		return MAILSEAL_E_NOMEM;
	w = (struct line_writer){ .bytes = (char *)room->data,
		.size = room->len };
	for (uint32_t i = 0; i < ask->count; i++) {
		struct span bytes = request_field(ask, i);

		if (ask->field[i].where != MAILSEAL_IN_STDIN)
			continue;
		if (ask->field[i].name[0] != '\0') {
			line_put_bytes(&w, ask->field[i].name, bytes.data,
			    bytes.len);
			continue;
		}
		if (bytes.len > w.size - w.len)
			return MAILSEAL_E_TOOLONG;
		memcpy(w.bytes + w.len, bytes.data, bytes.len);
		w.len += bytes.len;
	}
	if (w.error != MAILSEAL_OK)
		return w.error;
	*len = w.len;
	*input = secret_move(&room);
	return MAILSEAL_OK;
}

static bool
is_secret(const char *name)
{
	return strstr(name, "token") != NULL || strstr(name, "secret") != NULL;
}

/* The one line that it answered with; anything else is MAILSEAL_BODY_OTHER. */
static enum mailseal_body
read_line(struct runner *a, struct mailseal_items *json)
{
	struct program *ran = a->ran;
	char *bytes = (char *)ran->output->data;
	struct line *line = &a->line;

	if (ran->is_long)
		return MAILSEAL_BODY_TOOLONG;
	if (ran->len == 0)
		return MAILSEAL_BODY_NONE;
	if (memchr(bytes, '\n', ran->len) != bytes + ran->len - 1)
		return MAILSEAL_BODY_OTHER;
	line_start(line, bytes, ran->len - 1);
	if (line->error != MAILSEAL_OK)
		return MAILSEAL_BODY_OTHER;
	a->item[0] = (struct mailseal_item){ "", line->word, strlen(line->word),
		0 };
	for (size_t i = 0; i < line->count; i++)
		a->item[i + 1] = (struct mailseal_item){ line->field[i].key,
			(const char *)line->field[i].value, line->field[i].len,
			is_secret(line->field[i].key) ? MAILSEAL_SECRET : 0 };
	*json = (struct mailseal_items){ a->item, line->count + 1 };
	return MAILSEAL_BODY_JSON;
}

/*
 * What it answered is a token, and what it was told may be a secret: a script
 * that shows what it does says both.  All of it is looked at before it is cut.
 */
static void
hush(struct program *ran, const struct mailseal_items *inputs)
{
	const struct mailseal_item answer = { "", (char *)ran->output->data,
		ran->len, MAILSEAL_SECRET };
	char *said = (char *)ran->said->data;

	outcome_hush(&answer, said, ran->said_len);
	for (size_t i = 0; i < inputs->count; i++)
		if ((inputs->item[i].flags & MAILSEAL_SECRET) != 0)
			outcome_hush(&inputs->item[i], said, ran->said_len);
}

/* The end of what it said, in one line. */
static struct mailseal_item
end_of_said(struct program *ran)
{
	char *said = (char *)ran->said->data;
	size_t len = ran->said_len;

	while (len > 0 && (said[len - 1] == '\n' || said[len - 1] == ' '))
		len--;
	if (len > SAID_MAX) {
		said += len - SAID_MAX;
		len = SAID_MAX;
	}
	for (size_t i = 0; i < len; i++)
		if (said[i] == '\n')
			said[i] = ' ';
	return (struct mailseal_item){ "stderr", said, len, 0 };
}

/* What a module sees of it. */
static void
show(struct runner *a, struct mailseal_call *call)
{
	struct program *ran = a->ran;

	call->headers = call->json = (struct mailseal_items){ NULL, 0 };
	call->status = ran->status;
	hush(ran, &call->inputs);
	call->body = read_line(a, &call->json);
	a->said = end_of_said(ran);
	if (a->said.len > 0)
		call->headers = (struct mailseal_items){ &a->said, 1 };
}

/* Open it as safely as a module is. */
static int
open_program(const char *path, int *fd, struct http_fault *fault)
{
	char why[SAFEFILE_WHY_MAX];
	int error = safefile_open(path, 0, fd, why);

	if (error == MAILSEAL_OK)
		return MAILSEAL_OK;
	return http_fail(fault,
	    error == MAILSEAL_E_UNSAFE ? error : MAILSEAL_E_CONFIG, "%s", why);
}

/* Open, run, close. */
static int
run(char *const argv[], struct span input, int64_t deadline_ms,
    struct program **ran, struct http_fault *fault)
{
	int64_t own = clock_ms() + PROGRAM_MS;
	int fd, error = open_program(argv[0], &fd, fault);

	if (error != MAILSEAL_OK)
		return error;
	error = program_run(fd, argv, input,
	    deadline_ms < own ? deadline_ms : own, ran);
	if (error == MAILSEAL_E_IO)
		error = http_fail(fault, MAILSEAL_E_COMMAND, "%s: %s",
		    printable(argv[0]), strerror(errno));
	else if (error != MAILSEAL_OK)
		(void)http_fail(fault, error, "out of memory");
	(void)close(fd);
	return error;
}

int
runner_ask(const struct mailseal_ask *ask, int64_t deadline_ms,
    struct mailseal_call *call, struct runner **runner,
    struct http_fault *fault)
{
	AUTO(runner) made = calloc(1, sizeof(*made));
	AUTO(secret) input = NULL;
	struct words words;
	size_t len = 0;
	int error;

	if (made == NULL)
		return http_fail(fault, MAILSEAL_E_NOMEM, "out of memory");
	if (!take_words(ask, &words) || !is_ours(call, words.argv[0]))
		return http_fail(fault, MAILSEAL_E_MODULE,
		    "it wants a program run that the provider file does not "
		    "name");
	error = write_input(ask, &input, &len);
	if (error != MAILSEAL_OK)
		return http_fail(fault,
		    error == MAILSEAL_E_NOMEM ? error : MAILSEAL_E_MODULE,
		    "what it has for the command is no line, or too long");
	error = run(words.argv, (struct span){ input->data, len }, deadline_ms,
	    &made->ran, fault);
	if (error != MAILSEAL_OK)
		return error;
	if (made->ran->is_late)
		return http_fail(fault, MAILSEAL_E_COMMAND,
		    "%s did not end in its time, and was killed",
		    printable(words.argv[0]));
	show(made, call);
	*runner = made;
	made = NULL;
	return MAILSEAL_OK;
}
