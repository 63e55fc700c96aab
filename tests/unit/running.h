/* SPDX-License-Identifier: ISC */
/*
 * running: a command that is a script of the test, asked for a token.
 */
#ifndef TESTS_UNIT_RUNNING_H
#define TESTS_UNIT_RUNNING_H

#include <signal.h>
#include <sys/stat.h>
#include <unistd.h>

#include "tests/unit/folder.h"

#include "broker/courier/clock.h"
#include "broker/courier/outcome.h"
#include "broker/courier/runner.h"
#include "tests/unit/module.h"

#define SECRET "s3cret-of-the-registration"
#define TOLD                                                                       \
	"token account=box@college.edu for=smtp scope=a%20b client_secret=" SECRET \
	"\n"

static struct http_fault fault;
static struct secret *outcome;
static char command[PATH_LEN + 64];
static char reply[LINE_LONG_MAX];

static inline int
prepare(void **state)
{
	(void)signal(SIGPIPE, SIG_IGN); /* as the courier does */
	if (make_folder(state) != 0)
		return -1;
	return secret_arena_open(1 << 21);
}

static inline int
clear(void **state)
{
	secret_free(outcome);
	outcome = NULL;
	secret_arena_close();
	return remove_folder(state);
}

/* The program: a script, at NAME, and arguments. */
static inline void
write_program(const char *text, const char *arguments)
{
	char path[PATH_LEN];
	FILE *file;

	(void)snprintf(path, sizeof(path), "%s", path_of("program"));
	(void)unlink(path);
	file = fopen(path, "w");
	assert_non_null(file);
	assert_true(fputs(text, file) >= 0);
	assert_int_equal(fclose(file), 0);
	assert_int_equal(chmod(path, 0755), 0);
	(void)snprintf(command, sizeof(command), "%s%s", path, arguments);
}

/* Have module command ask it, until then; the error of the courier's side. */
static inline int
ask_until(int64_t deadline_ms)
{
	const struct mailseal_item settings[] = {
		{ "command", command, strlen(command), 0 },
		{ "service", "smtp", 4, 0 },
		{ "scope", "a b", 3, 0 },
	};
	const struct mailseal_item inputs[] = {
		{ "mailbox", "box@college.edu", 15, 0 },
		{ "client_secret", SECRET, strlen(SECRET), MAILSEAL_SECRET },
	};
	struct mailseal_call call = { .size = sizeof(call),
		.op = MAILSEAL_OP_CLIENT_CREDENTIALS,
		.settings = { settings, 3 },
		.inputs = { inputs, 2 } };
	struct http_way way = { .origins = "-", .deadline_ms = deadline_ms };
	struct line_writer w;
	int error;

	secret_free(outcome);
	outcome = NULL;
	memset(&fault, 0, sizeof(fault));
	error = steps_run(module_open("command"), &call, &way, &outcome,
	    &fault);
	if (error != MAILSEAL_OK)
		return error;
	line_begin(&w, reply, sizeof(reply) - 1, "ok");
	assert_int_equal(outcome_put(steps_ask(outcome), &call, &w), 0);
	assert_int_equal(w.error, 0);
	reply[w.len] = '\0';
	return MAILSEAL_OK;
}

static inline void
answers(const char *text, const char *arguments, const char *expected)
{
	write_program(text, arguments);
	if (ask_until(clock_ms() + 20000) != MAILSEAL_OK)
		fail_msg("%s", fault.detail);
	if (strstr(reply, expected) == NULL)
		fail_msg("%.2000s", reply);
}

#define SCRIPT "#!/bin/sh\n"
#define GOOD "echo ok access_token=abc.def-ghi expires_in=3600\n"

#define OWN(test) cmocka_unit_test_setup_teardown(test, prepare, clear)

#endif
