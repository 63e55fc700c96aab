/* SPDX-License-Identifier: ISC */
#include <stdio.h>
#include <string.h>
#include <sys/resource.h>
#include <sysexits.h>

#include "client/mailseal/command.h"
#include "client/mailseal/options.h"
#include "proto/verb.h"

#define ANY (OPTION_HELP | OPTION_VERSION)
#define CONSUMER (ANY | OPTION_SOCKET)
#define ADMIN (ANY | OPTION_ADMIN_SOCKET)
#define CREDENTIAL (OPTION_NAME | OPTION_WITH_KEY)
#define CODE OPTION_RECOVERY_FILE
#define ADDRESSED (1u << 31) /* a word behind it, where there is one, is one */
#define STRING (CONSUMER | ADDRESSED | OPTION_FOR | OPTION_LIFE | OPTION_WAIT)
#define ACCESS (ADMIN | OPTION_USER | OPTION_UNIT | OPTION_FOR | OPTION_JSON)
#define ENROLL                                                              \
	(ADMIN | OPTION_PROVIDER | OPTION_PASSWORD | OPTION_PASSWORD_FILE | \
	    OPTION_PASTE | OPTION_PORT | OPTION_SEND | OPTION_LOGIN |       \
	    OPTION_WITHOUT_RECOVERY)

static const struct command {
	const char *name;
	const char *second; /* the second word of the command, or NULL */
	size_t min;	    /* words behind it; if 1, an address or a name */
	size_t max;
	unsigned allowed; /* options */
	int (*run)(const struct options *options);
} commands[] = {
	{ "token", NULL, 0, 1, STRING, command_token },
	{ "xoauth2", NULL, 0, 1, STRING, command_xoauth2 },
	{ "get", NULL, 0, 1, STRING | OPTION_MECHANISM | OPTION_JSON,
	    command_get },
	{ "accounts", NULL, 0, 0, CONSUMER | OPTION_JSON, command_accounts },
	{ "whoami", NULL, 0, 0, CONSUMER | OPTION_JSON, command_whoami },
	{ "init", NULL, 0, 0,
	    ADMIN | OPTION_FILE | CREDENTIAL | CODE | OPTION_NO_RECOVERY,
	    command_init },
	{ "unlock", NULL, 0, 1,
	    ADMIN | OPTION_FILE | OPTION_RECOVERY | OPTION_CREDENTIAL |
		OPTION_FAILED,
	    command_unlock },
	{ "slot", "list", 0, 0, ADMIN | OPTION_JSON, command_slot_list },
	{ "slot", "add", 0, 1, ADMIN | OPTION_FILE | CREDENTIAL | CODE,
	    command_slot_add },
	{ "slot", "remove", 0, 1, ADMIN | OPTION_YES, command_slot_remove },
	{ "provider", "list", 0, 0, ADMIN | OPTION_JSON,
	    command_provider_list },
	{ "provider", "secret", 1, 1, ADMIN | OPTION_FILE,
	    command_provider_secret },
	{ "enroll", NULL, 1, 1, ENROLL, command_enroll },
	{ "enrol", NULL, 1, 1, ENROLL, command_enroll },
	{ "test", NULL, 1, 1, ADMIN | OPTION_SEND | OPTION_FOR, command_test },
	{ "list", NULL, 0, 0, ADMIN | OPTION_JSON, command_list },
	{ "show", NULL, 1, 1, ADMIN | OPTION_JSON, command_show },
	{ "access", NULL, 1, 1, ACCESS, command_access },
	{ "status", NULL, 0, 0, ADMIN | OPTION_JSON, command_status },
	{ "remove", NULL, 1, 1, ADMIN | OPTION_YES, command_remove },
	{ "reload", NULL, 0, 0, ADMIN | OPTION_ALLOW_UNRESOLVED,
	    command_reload },
	{ "disable", NULL, 1, 1, ADMIN, command_disable },
	{ "enable", NULL, 1, 1, ADMIN, command_enable },
	{ "verify", NULL, 0, 0, ADMIN | OPTION_JSON, command_verify },
	{ "check", NULL, 0, 0, ADMIN | OPTION_JSON | OPTION_ALLOW_UNRESOLVED,
	    command_check },
	{ "config", NULL, 0, 1, ADMIN | OPTION_JSON, command_config },
	{ "set", NULL, 1, 1, ADMIN | OPTION_LOGIN, command_set },
};

static const char help[] =
    "usage: mailseal COMMAND [OPTIONS]                see also: man mailseal\n"
    "For services and people, as far as an allow line says so:\n"
    "  token, xoauth2 [ADDRESS]   print an access token, or AUTH XOAUTH2's string\n"
    "  get [ADDRESS]              all about it: string, login, host, port, end\n"
    "      [--for smtp|imap|pop] [--life S] [--wait S] [--mechanism M]\n"
    "  accounts, whoami           what is yours, and who you are to the broker\n"
    "For admins, accounts:\n"
    "  enroll ADDRESS             sign in, or give a password, and test it\n"
    "      [--provider P] [--paste | --port N | --password | --password-file FILE]\n"
    "      [--login NAME] [--send TO] [--without-recovery]\n"
    "  test ADDRESS [--send TO] [--for S]   log in at the mail servers\n"
    "  list, show ADDRESS, status what is enrolled, how it is, and what to do\n"
    "  access ADDRESS --user U [--unit X] [--for S]   who may have it, and why\n"
    "  set ADDRESS --login NAME   what it logs in as\n"
    "  disable, enable, remove ADDRESS   hand nothing out, and again; forget it\n"
    "For admins, the broker:\n"
    "  init [--file FILE]         make the master key, and what opens it\n"
    "  unlock [--file FILE | --recovery | -]   open it\n"
    "  slot list|add KIND|remove ID   what opens it: credential, file, recovery\n"
    "  provider list|secret NAME  the ways to sign in; seal a client secret\n"
    "  config [PATTERN], verify   what is configured, and where; open every record\n"
    "  check, reload [--allow-unresolved]   judge the configuration, read it again\n"
    "What lists or shows takes --json.  All: --socket or --admin-socket PATH.\n";

static int
print_help(void)
{
	(void)fputs(help, stdout); /* finish_output() sees a failure */
	return finish_output(EX_OK);
}

static int
print_version(void)
{
	(void)printf("mailseal %s\n", MAILSEAL_VERSION);
	return finish_output(EX_OK);
}

/* The command that was typed, or NULL; *words is how many words name it. */
static const struct command *
find(const struct options *options, size_t *words)
{
	for (size_t i = 0; i < sizeof(commands) / sizeof(commands[0]); i++) {
		const struct command *c = &commands[i];

		if (strcmp(c->name, options->word[0]) != 0)
			continue;
		*words = c->second == NULL ? 1 : 2;
		if (c->second == NULL ||
		    (options->count > 1 &&
			strcmp(c->second, options->word[1]) == 0))
			return c;
	}
	return NULL;
}

/* As the broker will see it: NAME@DOMAIN in visible ASCII. */
static bool
is_address(const char *text)
{
	const char *at = strchr(text, '@');

	if (at == NULL || at == text || at[1] == '\0' ||
	    strchr(at + 1, '@') != NULL)
		return false;
	for (; *text > 0x20 && *text < 0x7f && *text != '*'; text++)
		;
	return *text == '\0';
}

/* Whether text is 1 to max visible characters of ASCII. */
static bool
is_visible(const char *text, size_t max)
{
	size_t len = strlen(text);

	for (; *text > 0x20 && *text < 0x7f; text++)
		;
	return *text == '\0' && len > 0 && len <= max;
}

/* What an option must be for the broker to take it. */
static int
check_values(const struct options *options)
{
	if (options->send != NULL && !is_address(options->send))
		return complain(EX_USAGE,
		    "--send takes the address of a mailbox, NAME@DOMAIN");
	if (options->login != NULL && !is_visible(options->login, ACCOUNT_MAX))
		return complain(EX_USAGE,
		    "--login takes 1 to %d visible characters of ASCII",
		    ACCOUNT_MAX);
	if (options->unit != NULL && strchr(options->unit, '.') == NULL)
		return complain(EX_USAGE,
		    "--unit takes the whole name of a unit, such as "
		    "erp.service");
	return EX_OK;
}

/* The words behind a command. */
static int
check(const struct options *options, const struct command *command)
{
	const char *second = command->second != NULL ? command->second : "";
	const char *blank = command->second != NULL ? " " : "";
	const char *stranger = options_stranger(options, command->allowed);

	if (stranger != NULL)
		return complain(EX_USAGE,
		    "%s does not go with %s%s%s; see \"mailseal help\"",
		    stranger, command->name, blank, second);
	if (options->count < command->min)
		return complain(EX_USAGE, "%s%s%s needs %s", command->name,
		    blank, second, *blank == '\0' ? "an address" : "a name");
	if (options->count > command->max)
		return complain(EX_USAGE, "%s%s%s: \"%s\" is a word too many",
		    command->name, blank, second, options->word[command->max]);
	if (options->count > 0 && command->second == NULL &&
	    (command->min == 1 || (command->allowed & ADDRESSED) != 0) &&
	    !is_address(options->word[0]))
		return complain(EX_USAGE,
		    "\"%s\" is not the address of a mailbox, NAME@DOMAIN",
		    options->word[0]);
	return check_values(options);
}

/* The first word of two is right; these can follow it. */
static int
complain_second(const char *name)
{
	char words[64] = "";
	size_t len = 0;

	for (size_t i = 0; i < sizeof(commands) / sizeof(commands[0]); i++)
		if (strcmp(commands[i].name, name) == 0 && len < sizeof(words))
			len += (size_t)snprintf(words + len,
			    sizeof(words) - len, "%s%s", len > 0 ? ", " : "",
			    commands[i].second);
	return complain(EX_USAGE, "\"mailseal %s\" needs one of: %s", name,
	    words);
}

static int
run(struct options *options)
{
	size_t words = 0;
	int status;
	const struct command *command = find(options, &words);

	if (command == NULL && words == 2)
		return complain_second(options->word[0]);
	if (command == NULL)
		return complain(EX_USAGE,
		    "there is no command %s%s%s; see "
		    "\"mailseal help\"",
		    options->word[0], options->count > 1 ? " " : "",
		    options->count > 1 ? options->word[1] : "");
	options->count -= words;
	memmove(options->word, options->word + words,
	    options->count * sizeof(options->word[0]));
	options->word[options->count] = NULL; /* a word that may be left out */

	status = check(options, command);
	return status == EX_OK ? command->run(options) : status;
}

int
main(int argc, char **argv)
{
	const struct rlimit none = { 0, 0 };
	struct options options;
	int status;

	/* A secret passes through; a core file would keep it. */
	(void)setrlimit(RLIMIT_CORE, &none);

	status = options_read(&options, argc, argv);
	if (status != EX_OK)
		return status;
	if (options_have(&options, OPTION_HELP) ||
	    (options.count > 0 && strcmp(options.word[0], "help") == 0))
		return print_help();
	if (options_have(&options, OPTION_VERSION) ||
	    (options.count == 1 && strcmp(options.word[0], "version") == 0))
		return print_version();
	if (options.count == 0) {
		(void)fputs(help, stderr);
		return EX_USAGE;
	}
	return run(&options);
}
