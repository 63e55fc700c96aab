/* SPDX-License-Identifier: ISC */
#include <stdio.h>
#include <string.h>
#include <sys/resource.h>
#include <sysexits.h>

#include "client/mailseal/command.h"
#include "client/mailseal/help.h"
#include "client/mailseal/options.h"
#include "proto/verb.h"

#define BIT(name) OPTION_BIT(OPTION_##name)
#define ANY (BIT(HELP) | BIT(VERSION))
#define CONSUMER (ANY | BIT(SOCKET))
#define ADMIN (ANY | BIT(ADMIN_SOCKET))
#define CREDENTIAL (BIT(NAME) | BIT(WITH_KEY))
#define CODE BIT(RECOVERY_FILE)
#define ADDRESSED \
	(UINT64_C(1) << 63) /* a word behind it, where there is one, is one */
#define NAMED (UINT64_C(1) << 62) /* its word is a name, not an address */
#define STRING (CONSUMER | ADDRESSED | BIT(FOR) | BIT(LIFE) | BIT(WAIT))
#define ACCESS (ADMIN | BIT(USER) | BIT(UNIT) | BIT(FOR) | BIT(JSON))
#define ENROLL                                                        \
	(ADMIN | BIT(PROVIDER) | BIT(PASSWORD) | BIT(PASSWORD_FILE) | \
	    BIT(PASTE) | BIT(PORT) | BIT(SEND) | BIT(LOGIN) |         \
	    BIT(WITHOUT_RECOVERY) | BIT(DEVICE) | BIT(DELEGATE) |     \
	    BIT(REPLACE_IDENTITY))

static const struct command {
	const char *name;
	const char *second; /* the second word of the command, or NULL */
	const char *words;  /* what may stand behind it, for people; or NULL */
	size_t min;	    /* how many do; if 1, an address or a name */
	size_t max;
	uint64_t allowed; /* bits of options */
	int (*run)(const struct options *options);
} commands[] = {
	{ "token", NULL, "[ADDRESS]", 0, 1, STRING, command_token },
	{ "xoauth2", NULL, "[ADDRESS]", 0, 1, STRING, command_xoauth2 },
	{ "get", NULL, "[ADDRESS]", 0, 1, STRING | BIT(MECHANISM) | BIT(JSON),
	    command_get },
	{ "accounts", NULL, NULL, 0, 0, CONSUMER | BIT(JSON),
	    command_accounts },
	{ "whoami", NULL, NULL, 0, 0, CONSUMER | BIT(JSON), command_whoami },
	{ "init", NULL, NULL, 0, 0,
	    ADMIN | BIT(FILE) | CREDENTIAL | CODE | BIT(NO_RECOVERY),
	    command_init },
	{ "unlock", NULL, "[-]", 0, 1,
	    ADMIN | BIT(FILE) | BIT(RECOVERY) | BIT(CREDENTIAL) | BIT(FAILED),
	    command_unlock },
	{ "slot", "list", NULL, 0, 0, ADMIN | BIT(JSON), command_slot_list },
	{ "slot", "add", "credential|file|recovery", 0, 1,
	    ADMIN | BIT(FILE) | CREDENTIAL | CODE, command_slot_add },
	{ "slot", "remove", "ID", 0, 1, ADMIN | BIT(YES), command_slot_remove },
	{ "provider", "list", NULL, 0, 0, ADMIN | BIT(JSON),
	    command_provider_list },
	{ "provider", "secret", "NAME", 1, 1, ADMIN | BIT(FILE) | BIT(ENDS),
	    command_provider_secret },
	{ "provider", "show", "NAME", 1, 1, ADMIN | BIT(JSON),
	    command_provider_show },
	{ "provider", "new-cert", "NAME", 1, 1, ADMIN | BIT(DAYS),
	    command_provider_new_cert },
	{ "provider", "key", "NAME", 1, 1, ADMIN | BIT(FILE),
	    command_provider_key },
	{ "provider", "forget", "NAME LABEL", 2, 2, ADMIN | BIT(YES),
	    command_provider_forget },
	{ "provider", "check", "NAME", 1, 1, ADMIN | BIT(JSON),
	    command_provider_check },
	{ "enroll", NULL, "ADDRESS", 1, 1, ENROLL, command_enroll },
	{ "enrol", NULL, "ADDRESS", 1, 1, ENROLL, command_enroll },
	{ "test", NULL, "ADDRESS", 1, 1, ADMIN | BIT(SEND) | BIT(FOR),
	    command_test },
	{ "list", NULL, NULL, 0, 0, ADMIN | BIT(JSON), command_list },
	{ "show", NULL, "ADDRESS", 1, 1, ADMIN | BIT(JSON), command_show },
	{ "access", NULL, "ADDRESS", 1, 1, ACCESS, command_access },
	{ "status", NULL, NULL, 0, 0, ADMIN | BIT(JSON), command_status },
	{ "remove", NULL, "ADDRESS", 1, 1, ADMIN | BIT(YES) | BIT(REVOKE),
	    command_remove },
	{ "reload", NULL, NULL, 0, 0, ADMIN | BIT(ALLOW_UNRESOLVED),
	    command_reload },
	{ "disable", NULL, "ADDRESS", 1, 1, ADMIN, command_disable },
	{ "enable", NULL, "ADDRESS", 1, 1, ADMIN, command_enable },
	{ "verify", NULL, NULL, 0, 0, ADMIN | BIT(JSON), command_verify },
	{ "check", NULL, NULL, 0, 0, ADMIN | BIT(JSON) | BIT(ALLOW_UNRESOLVED),
	    command_check },
	{ "config", NULL, "[PATTERN]", 0, 1, ADMIN | BIT(JSON),
	    command_config },
	{ "rebind", NULL, "PROVIDER", 1, 1, ADMIN | NAMED | BIT(YES),
	    command_rebind },
	{ "set", NULL, "ADDRESS", 1, 1,
	    ADMIN | BIT(LOGIN) | BIT(SEND_AS) | BIT(HOST), command_set },
	{ "explain", NULL, "[CODE...]", 0, WORDS_MAX, ANY | BIT(JSON),
	    command_explain },
};

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
	if (options->send_as != NULL && strcmp(options->send_as, "none") != 0 &&
	    !is_address(options->send_as))
		return complain(EX_USAGE,
		    "--send-as takes the address of a mailbox, NAME@DOMAIN, or "
		    "none");
	if (options->unit != NULL && strchr(options->unit, '.') == NULL)
		return complain(EX_USAGE,
		    "--unit takes the whole name of a unit, such as "
		    "erp.service");
	return EX_OK;
}

/* How a command is written, with all its options. */
static int
print_usage(const struct command *c)
{
	int len = printf("usage: mailseal %s%s%s%s%s", c->name,
	    c->second != NULL ? " " : "", c->second != NULL ? c->second : "",
	    c->words != NULL ? " " : "", c->words != NULL ? c->words : "");

	options_print(c->allowed & ~ANY, len > 0 ? (size_t)len : 0);
	return finish_output(EX_OK);
}

/* The words behind a command. */
static int
check(const struct options *options, const struct command *command)
{
	const char *second = command->second != NULL ? command->second : "";
	const char *blank = command->second != NULL ? " " : "";
	const char *stranger = options_stranger(options, command->allowed);
	bool named = command->second != NULL || (command->allowed & NAMED) != 0;

	if (stranger != NULL)
		return complain(EX_USAGE,
		    "%s does not go with %s%s%s; see \"mailseal help\"",
		    stranger, command->name, blank, second);
	if (options->count < command->min)
		return complain(EX_USAGE, "%s%s%s needs %s", command->name,
		    blank, second,
		    !named		  ? "an address" :
			command->min == 1 ? "a name" :
					    command->words);
	if (options->count > command->max)
		return complain(EX_USAGE, "%s%s%s: \"%s\" is a word too many",
		    command->name, blank, second, options->word[command->max]);
	if (options->count > 0 && !named &&
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
	char words[128] = "";
	size_t len = 0;

	for (size_t i = 0; i < sizeof(commands) / sizeof(commands[0]); i++)
		if (strcmp(commands[i].name, name) == 0 && len < sizeof(words))
			len += (size_t)snprintf(words + len,
			    sizeof(words) - len, "%s%s", len > 0 ? ", " : "",
			    commands[i].second);
	return complain(EX_USAGE, "\"mailseal %s\" needs one of: %s", name,
	    words);
}

/* How each of the commands that begin with this word is called. */
static int
print_usages(const char *name)
{
	int status = EX_OK;

	for (size_t i = 0; i < sizeof(commands) / sizeof(commands[0]); i++)
		if (strcmp(commands[i].name, name) == 0 && status == EX_OK)
			status = print_usage(&commands[i]);
	return status;
}

static int
run(struct options *options)
{
	size_t words = 0;
	int status;
	const struct command *command = find(options, &words);

	if (command == NULL && words == 2 && options->count == 1 &&
	    options_have(options, OPTION_HELP))
		return print_usages(options->word[0]);
	if (command == NULL && words == 2)
		return complain_second(options->word[0]);
	if (command == NULL)
		return complain(EX_USAGE,
		    "there is no command %s%s%s; see "
		    "\"mailseal help\"",
		    options->word[0], options->count > 1 ? " " : "",
		    options->count > 1 ? options->word[1] : "");
	if (options_have(options, OPTION_HELP))
		return print_usage(command);
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
	if (options.count > 0 && strcmp(options.word[0], "help") == 0) {
		options.given |= OPTION_BIT(OPTION_HELP);
		options.count--;
		memmove(options.word, options.word + 1,
		    options.count * sizeof(options.word[0]));
	}
	if (options_have(&options, OPTION_HELP) && options.count == 0) {
		(void)fputs(help_text, stdout);
		return finish_output(EX_OK);
	}
	if (options_have(&options, OPTION_VERSION) ||
	    (options.count == 1 && strcmp(options.word[0], "version") == 0))
		return print_version();
	if (options.count == 0) {
		(void)fputs(help_text, stderr);
		return EX_USAGE;
	}
	return run(&options);
}
