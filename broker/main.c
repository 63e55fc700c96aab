/* SPDX-License-Identifier: ISC */
/*
 * mailseald: keeps the credentials of department mailboxes, and hands out
 * short-lived strings.  It has no TLS, HTTP, JSON or module in it, and never
 * reads a byte that came from the internet.
 */
#include <errno.h>
#include <getopt.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/prctl.h>
#include <sys/resource.h>
#include <sys/stat.h>
#include <sysexits.h>
#include <unistd.h>

#include "broker/broker.h"
#include "broker/check.h"
#include "broker/log.h"
#include "proto/error.h"

static void
usage(FILE *to)
{
	(void)fprintf(to,
	    "usage: mailseald [-tv] [-c FOLDER] [-s FOLDER] [--preset-dir FOLDER]\n"
	    "                 [--allow-unresolved]\n"
	    "                 [--socket PATH]... [--admin-socket PATH]\n"
	    "                 [--courier-socket PATH] [--audit FILE]\n"
	    "                 [--journal PATH]\n"
	    "  -c FOLDER  configuration (%s)\n"
	    "  -s FOLDER  store (%s)\n"
	    "  -t         check the configuration and exit; --allow-unresolved:\n"
	    "             users and groups may be unknown\n"
	    "  -v         say more\n"
	    "See mailseald(8).\n",
	    MAILSEAL_SYSCONFDIR, MAILSEAL_STATEDIR);
}

static void
read_options(int argc, char **argv, struct broker_options *o)
{
	static const struct option longs[] = {
		{ "socket", required_argument, NULL, 'S' },
		{ "admin-socket", required_argument, NULL, 'A' },
		{ "courier-socket", required_argument, NULL, 'C' },
		{ "preset-dir", required_argument, NULL, 'P' },
		{ "audit", required_argument, NULL, 'U' },
		{ "allow-unresolved", no_argument, NULL, 'N' },
		{ "journal", required_argument, NULL, 'J' },
		{ "help", no_argument, NULL, 'h' },
		{ "version", no_argument, NULL, 'V' },
		{ NULL, 0, NULL, 0 },
	};
	int c;

	while ((c = getopt_long(argc, argv, "c:s:tvh", longs, NULL)) != -1) {
		switch (c) {
		case 'c':
			o->config = optarg;
			break;
		case 's':
			o->state = optarg;
			break;
		case 't':
			o->check = true;
			break;
		case 'v':
			o->verbose = true;
			break;
		case 'A':
			o->admin_socket = optarg;
			break;
		case 'C':
			o->courier_socket = optarg;
			break;
		case 'P':
			o->preset = optarg;
			break;
		case 'N':
			o->allow_unresolved = true;
			break;
		case 'U':
			o->audit = optarg;
			break;
		case 'J':
			o->journal = optarg;
			break;
		case 'S':
			if (o->socket_count < BROKER_SOCKETS_MAX) {
				o->sockets[o->socket_count++] = optarg;
				break;
			}
			(void)fprintf(stderr, "mailseald: at most %d sockets\n",
			    BROKER_SOCKETS_MAX);
			exit(EX_USAGE);
		case 'h':
			usage(stdout);
			exit(EX_OK);
		case 'V':
			(void)printf("mailseald %s\n", MAILSEAL_VERSION);
			exit(EX_OK);
		default:
			usage(stderr);
			exit(EX_USAGE);
		}
	}
	if (optind < argc || (o->allow_unresolved && !o->check)) {
		usage(stderr);
		exit(EX_USAGE);
	}
	if (o->socket_count == 0)
		o->sockets[o->socket_count++] = "/run/mailseal/mailseal.sock";
}

/* No core, nobody looks into us, and nothing we start gains rights. */
static void
harden(void)
{
	static const struct rlimit none = { 0, 0 };

	if (setrlimit(RLIMIT_CORE, &none) < 0 ||
	    prctl(PR_SET_DUMPABLE, 0, 0, 0, 0) < 0 ||
	    prctl(PR_SET_NO_NEW_PRIVS, 1, 0, 0, 0) < 0)
		log_warn("hardening failed", "%s", strerror(errno));
	(void)umask(0077);
	(void)signal(SIGPIPE, SIG_IGN);
}

static void
print_note(void *arg, const struct fault *fault)
{
	char words[FAULT_WORDS_MAX];

	(void)arg;
	fault_say(fault, words);
	(void)puts(words);
}

/* The configuration only: what ExecReload asks before it sends SIGHUP. */
static int
check(const struct broker_options *o)
{
	static const struct alarm notes = { print_note, NULL };
	AUTO(config) config = NULL;
	size_t rules;

	if (check_run(o->config, o->preset,
		o->allow_unresolved ? STRICT_BUT_NAMES : STRICT, &broker_alarm,
		&config) > 0)
		return EX_CONFIG;
	check_notes(config, &notes);
	rules = policy_count(config->policy);
	(void)printf("%s: %zu provider%s, %zu rule%s, ", o->config,
	    config->provider_count, config->provider_count == 1 ? "" : "s",
	    rules, rules == 1 ? "" : "s");
	if (config->off == 0)
		(void)puts("no fault");
	else
		(void)printf("%zu off for a user or group not known\n",
		    config->off);
	return EX_OK;
}

int
main(int argc, char **argv)
{
	struct broker_options o = { .config = MAILSEAL_SYSCONFDIR,
		.state = MAILSEAL_STATEDIR,
		.preset = MAILSEAL_PRESETDIR,
		.admin_socket = "/run/mailseal/admin.sock",
		.courier_socket = "/run/mailseal/courier.sock",
		.journal = JOURNAL_PATH };
	struct broker *broker = NULL;
	int error;

	log_open("mailseald", LOG_LEVEL_INFO);
	read_options(argc, argv, &o);
	harden();
	if (o.check)
		return check(&o);
	error = broker_open(&o, &broker);
	if (error != MAILSEAL_OK)
		return mailseal_error_exit(error);
	if (sd_event_loop(broker->event) < 0)
		error = MAILSEAL_E_IO;
	log_info("stopping", "%s", "asked to");
	broker_free(broker);
	return error == MAILSEAL_OK ? EX_OK : mailseal_error_exit(error);
}
