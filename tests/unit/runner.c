/* SPDX-License-Identifier: ISC */
/*
 * What a user would lose: a mailbox whose command answers well and is not
 * believed, or a secret to a program that somebody else could write.
 */
#include <fcntl.h>
#include <unistd.h>

#include "tests/unit/running.h"

static void
a_command_that_answers_is_believed(void **state)
{
	(void)state;
	answers(SCRIPT GOOD, "",
	    "ok class=ok access_token=abc.def-ghi expires_in=3600");
	answers(SCRIPT "echo ok access_token=abc\n", "", "expires_in=300");
	answers(SCRIPT "echo ok access_token=abc expires_in=99999999999999\n",
	    "", "expires_in=86400");
	answers(SCRIPT "echo chatter >&2\n" GOOD, "", "class=ok");
	answers(SCRIPT "exec <&-\n" GOOD, "", "class=ok");
}

static void
it_is_told_for_whom_on_standard_input(void **state)
{
	char told[512] = "";
	FILE *file;

	(void)state;
	write_program(SCRIPT
	    "read -r line\nprintf '%s\\n' \"$line\" >$1\n" GOOD,
	    "");
	(void)snprintf(command + strlen(command),
	    sizeof(command) - strlen(command), " %s", path_of("told"));
	assert_int_equal(ask_until(clock_ms() + 20000), 0);
	file = fopen(path_of("told"), "r");
	assert_non_null(file);
	assert_non_null(fgets(told, sizeof(told), file));
	assert_int_equal(fgetc(file), EOF);
	assert_int_equal(fclose(file), 0);
	assert_string_equal(told, TOLD);
}

static void
its_arguments_are_words_that_no_shell_reads(void **state)
{
	(void)state;
	answers(SCRIPT "[ $# = 3 ] && [ \"$2\" = '$(id);*' ] && " GOOD,
	    " --flag  $(id);* last", "class=ok");
}

static void
it_has_no_environment_but_a_path(void **state)
{
	(void)state;
	assert_int_equal(setenv("LD_PRELOAD_NOT", "leaked", 1), 0);
	answers(SCRIPT "[ \"$(tr '\\0' ' ' </proc/$$/environ)\" = 'PATH="
		       "/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:"
		       "/sbin:/bin ' ] && " GOOD,
	    "", "class=ok");
}

static void
it_has_no_descriptor_of_ours_and_a_session_of_its_own(void **state)
{
	int held = open("/dev/null", O_RDONLY);

	(void)state;
	assert_true(held >= 0);
	/* 0, 1, 2, its own text, and the folder that ls reads. */
	answers(SCRIPT "ls /proc/self/fd | tr '\\n' ' ' >&2\nexit 9\n", "",
	    "detail=");
	assert_non_null(strstr(reply, ":%200%201%202%203%204"));
	assert_null(strstr(reply, "%205"));
	answers(SCRIPT "read -r _ _ _ _ group session _ </proc/self/stat\n"
		       "[ $group = $session ] && [ $session = $$ ] && " GOOD,
	    "", "class=ok");
	assert_int_equal(close(held), 0);
}

static void
it_can_gain_no_privilege_and_leaves_no_core(void **state)
{
	(void)state;
	answers(SCRIPT "grep -q 'NoNewPrivs:.1' /proc/self/status && "
		       "[ $(ulimit -H -c) = 0 ] && " GOOD,
	    "", "class=ok");
}

static void
what_is_no_script_is_run_too(void **state)
{
	(void)state;
	(void)snprintf(command, sizeof(command), "/usr/bin/false");
	assert_int_equal(ask_until(clock_ms() + 20000), 0);
	assert_non_null(strstr(reply, "ended%20with%20status%201"));
}

static void
it_can_say_why_there_is_no_token(void **state)
{
	(void)state;
	answers(SCRIPT "echo error code=reauth message=sign%20in\nexit 1\n", "",
	    "ok class=reauth reason=reauth detail=sign%20in");
	answers(SCRIPT "echo error code=unavailable message=x retry_after=30\n",
	    "",
	    "ok class=transient reason=provider_down detail=x retry_after=30");
	answers(SCRIPT "echo error code=unavailable retry_after=9999999\n", "",
	    "retry_after=3600");
	answers(SCRIPT "echo error code=blocked message=x\n", "",
	    "ok class=admin reason=provider_admin detail=x");
}

static void
anything_else_is_malformed_and_says_so(void **state)
{
	static const char *const wrong[] = { "echo ok\n",
		"printf 'ok access_token=abc'\n",
		"echo ok access_token=abc; echo more\n",
		"echo '{\"access_token\":\"abc\"}'\n",
		"echo ok access_token=\n", "echo ok access_token=a%20b\n",
		"echo ok access_token=a access_token=b\n",
		"echo ok access_token=abc expires_in=soon\n",
		"echo ok access_token=abc expires_in=0\n",
		"echo ok access_token=abc expires_in=-5\n",
		"echo yes access_token=abc\n", "echo error\n",
		"echo error code=perhaps\n", "exit 0\n",
		"head -c 70000 /dev/zero | tr '\\0' a\n",
		"yes ok access_token=abc\n",
		("printf 'ok access_token='; head -c 9001 /dev/zero | "
		 "tr '\\0' a; echo\n") };

	(void)state;
	for (size_t i = 0; i < sizeof(wrong) / sizeof(wrong[0]); i++) {
		char text[512];

		(void)snprintf(text, sizeof(text), SCRIPT "%s", wrong[i]);
		answers(text, "", "ok class=malformed reason=command ");
	}
}

static void
what_cannot_be_executed_says_what_is_missing(void **state)
{
	(void)state;
	write_program(SCRIPT GOOD, "");
	assert_int_equal(chmod(path_of("program"), 0644), 0);
	assert_int_equal(ask_until(clock_ms() + 20000), 0);
	assert_non_null(strstr(reply, "class=config reason=command "));
	assert_non_null(strstr(reply, "ExecPaths="));
	answers("#!/no/such/interpreter\n", "", "class=config reason=command ");
	assert_non_null(strstr(reply, "behind%20#!"));
	answers("no program\n", "", "class=config reason=command ");
}

static void
a_program_that_others_could_change_is_not_run(void **state)
{
	char run[PATH_LEN], link[PATH_LEN], text[PATH_LEN + 128];

	(void)state;
	(void)snprintf(run, sizeof(run), "%s", path_of("run"));
	(void)snprintf(link, sizeof(link), "%s", path_of("link"));
	(void)snprintf(text, sizeof(text), SCRIPT "echo >%s\n" GOOD, run);
	write_program(text, "");
	assert_int_equal(chmod(path_of("program"), 0775), 0);
	assert_int_equal(ask_until(clock_ms() + 20000), MAILSEAL_E_UNSAFE);
	assert_non_null(strstr(fault.detail, "program is writable for others"));
	assert_int_equal(chmod(path_of("program"), 0755), 0);
	assert_int_equal(chmod(folder, 0777), 0);
	assert_int_equal(ask_until(clock_ms() + 20000), MAILSEAL_E_UNSAFE);
	assert_int_equal(chmod(folder, 0700), 0);
	assert_int_equal(symlink(path_of("program"), link), 0);
	(void)snprintf(command, sizeof(command), "%s", link);
	assert_int_equal(ask_until(clock_ms() + 20000), MAILSEAL_E_UNSAFE);
	assert_int_not_equal(access(run, F_OK), 0);
	(void)snprintf(command, sizeof(command), "%s", path_of("nothing"));
	assert_int_equal(ask_until(clock_ms() + 20000), MAILSEAL_E_CONFIG);
}

/* A pipe's other end tells when all who hold it are gone. */
static void
what_takes_too_long_is_killed_with_all_that_it_started(void **state)
{
	char text[512];
	int64_t began = clock_ms();
	int fifo;
	char c;

	(void)state;
	assert_int_equal(mkfifo(path_of("fifo"), 0600), 0);
	fifo = open(path_of("fifo"), O_RDONLY | O_NONBLOCK);
	assert_true(fifo >= 0);
	(void)snprintf(text, sizeof(text),
	    SCRIPT "exec 9>%s\nsleep 60 &\nsleep 60\n", path_of("fifo"));
	write_program(text, "");
	assert_int_equal(ask_until(clock_ms() + 700), MAILSEAL_E_COMMAND);
	assert_non_null(strstr(fault.detail, "did not end in its time"));
	assert_true(clock_ms() - began < 10000);
	assert_int_equal(fcntl(fifo, F_SETFL, 0), 0);
	assert_int_equal(read(fifo, &c, 1), 0); /* nobody writes any more */
	assert_int_equal(close(fifo), 0);
}

static void
who_is_left_behind_holds_nobody_up(void **state)
{
	int64_t began = clock_ms();

	(void)state;
	answers(SCRIPT "sleep 60 &\n" GOOD, "", "class=ok");
	assert_true(clock_ms() - began < 10000);
}

/* A module that wants another program than root wrote down. */
static int
want_another(const struct mailseal_call *call, const struct mailseal_host *host,
    struct mailseal_ask *ask)
{
	(void)call;
	(void)host->put(ask, MAILSEAL_IN_ARGV, "", "/bin/sh", 7, 0);
	ask->want = MAILSEAL_WANT_COMMAND;
	return 0;
}

static void
a_module_runs_what_the_provider_file_names_and_nothing_else(void **state)
{
	const struct mailseal_module module = { .step = want_another };
	const struct mailseal_item set = { "command", "/bin/shell x", 12, 0 };
	struct mailseal_call call = { .size = sizeof(call) };
	struct http_way way = { .origins = "-",
		.deadline_ms = clock_ms() + 5000 };

	(void)state;
	assert_int_equal(steps_run(&module, &call, &way, &outcome, &fault),
	    MAILSEAL_E_MODULE);
	call.settings = (struct mailseal_items){ &set, 1 };
	assert_int_equal(steps_run(&module, &call, &way, &outcome, &fault),
	    MAILSEAL_E_MODULE);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		OWN(a_command_that_answers_is_believed),
		OWN(it_is_told_for_whom_on_standard_input),
		OWN(its_arguments_are_words_that_no_shell_reads),
		OWN(it_has_no_environment_but_a_path),
		OWN(it_has_no_descriptor_of_ours_and_a_session_of_its_own),
		OWN(it_can_gain_no_privilege_and_leaves_no_core),
		OWN(what_is_no_script_is_run_too),
		OWN(it_can_say_why_there_is_no_token),
		OWN(anything_else_is_malformed_and_says_so),
		OWN(what_cannot_be_executed_says_what_is_missing),
		OWN(a_program_that_others_could_change_is_not_run),
		OWN(what_takes_too_long_is_killed_with_all_that_it_started),
		OWN(who_is_left_behind_holds_nobody_up),
		OWN(a_module_runs_what_the_provider_file_names_and_nothing_else),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
