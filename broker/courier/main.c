/* SPDX-License-Identifier: ISC */
#include <errno.h>
#include <getopt.h>
#include <openssl/ssl.h>
#include <signal.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/prctl.h>
#include <sys/resource.h>
#include <sys/signalfd.h>
#include <sysexits.h>
#include <systemd/sd-daemon.h>
#include <unistd.h>

#include "broker/courier/crew.h"
#include "broker/courier/heap.h"
#include "broker/courier/json.h"
#include "broker/listen.h"
#include "broker/log.h"
#include "proto/error.h"

#define SOCKET "/run/mailseal/courier.sock"
#define CA_FILE "/etc/ssl/certs/ca-certificates.crt"
#define CHILDREN 32
#define IDLE_MS 60000 /* without an exchange, before it ends */

struct options {
	const char *socket;
	const char *ca; /* NULL: the system's */
	const char *modules;
	size_t children;
	enum log_level level;
};

static int
usage(FILE *to, int status)
{
	(void)
	    fputs("usage: mailseal-courier [-v] [--socket PATH] [--ca FILE]\n"
		  "                        [--modules FOLDER] [--children N]\n"
		  "See mailseal-courier(8).\n",
		to);
	return status;
}

static bool
read_count(const char *text, size_t max, size_t *count)
{
	unsigned long number;

	if (text[0] == '\0' || strlen(text) > 4 ||
	    text[strspn(text, "0123456789")] != '\0')
		return false;
	number = strtoul(text, NULL, 10);
	if (number == 0 || number > max)
		return false;
	*count = number;
	return true;
}

static bool
read_options(int argc, char **argv, struct options *options)
{
	static const struct option names[] = {
		{ "socket", required_argument, NULL, 's' },
		{ "ca", required_argument, NULL, 'c' },
		{ "modules", required_argument, NULL, 'm' },
		{ "children", required_argument, NULL, 'n' },
		{ "help", no_argument, NULL, 'h' },
		{ "version", no_argument, NULL, 'V' },
		{ NULL, 0, NULL, 0 },
	};
	int c;

	while ((c = getopt_long(argc, argv, "vh", names, NULL)) != -1) {
		switch (c) {
		case 's':
			options->socket = optarg;
			break;
		case 'c':
			options->ca = optarg;
			break;
		case 'm':
			options->modules = optarg;
			break;
		case 'n':
			if (!read_count(optarg, CREW_MAX, &options->children))
				return false;
			break;
		case 'h':
			exit(usage(stdout, EX_OK));
		case 'V':
			(void)puts("mailseal-courier " MAILSEAL_VERSION);
			exit(EX_OK);
		case 'v':
			options->level = LOG_LEVEL_DEBUG;
			break;
		default:
			return false;
		}
	}
	return optind == argc;
}

/* Nobody looks into this process, and it gains nothing by an exec. */
static bool
close_in(void)
{
	struct rlimit none = { 0, 0 };

	return setrlimit(RLIMIT_CORE, &none) == 0 &&
	    prctl(PR_SET_DUMPABLE, 0L, 0L, 0L, 0L) == 0 &&
	    prctl(PR_SET_NO_NEW_PRIVS, 1L, 0L, 0L, 0L) == 0;
}

/* SIGCHLD, SIGTERM and SIGINT come as bytes of a descriptor. */
static int
open_signals(void)
{
	sigset_t set;

	(void)sigemptyset(&set);
	(void)sigaddset(&set, SIGCHLD);
	(void)sigaddset(&set, SIGTERM);
	(void)sigaddset(&set, SIGINT);
	if (signal(SIGPIPE, SIG_IGN) == SIG_ERR ||
	    sigprocmask(SIG_BLOCK, &set, NULL) != 0)
		return -1;
	return signalfd(-1, &set, SFD_CLOEXEC | SFD_NONBLOCK);
}

/* A file that was named must be good; the system's may be missing. */
static bool
open_anchors(struct anchors *anchors, const char *named)
{
	int error;

	*anchors = (struct anchors){ .path = named != NULL ? named : CA_FILE };
	error = x509_refresh(anchors);
	if (error == MAILSEAL_OK)
		return true;
	if (named != NULL) {
		log_error("ca file unusable", "path=%s reason=%s", named,
		    mailseal_error_name(error));
		return false;
	}
	log_warn("no system certificates", "path=%s reason=%s", CA_FILE,
	    mailseal_error_name(error));
	anchors->store = X509_STORE_new(); /* trusts nobody */
	return anchors->store != NULL;
}

/* What is fetched or bound at its first use is so before any fork. */
static void
warm_up(void)
{
	SSL_CTX_free(SSL_CTX_new(TLS_client_method()));
	json_open();
}

/* Read the signals that came; true when it is time to end. */
static bool
hear_signals(struct crew *crew)
{
	struct signalfd_siginfo signal;
	bool is_over = false;

	while (read(crew->signals, &signal, sizeof(signal)) ==
	    (ssize_t)sizeof(signal)) {
		if (signal.ssi_signo == SIGCHLD)
			crew_reap(crew);
		else
			is_over = true;
	}
	return is_over;
}

/*
 * How long to wait for something to happen.  Where systemd holds the socket we
 * end when nothing is asked of us: it starts us again, and what comes in
 * between waits there.
 */
static int
patience_ms(const struct crew *crew)
{
	if (crew->count > 0 || !crew->passed)
		return crew_patience_ms(crew);
	return IDLE_MS;
}

/* One turn of the parent's loop; true when it is time to end. */
static bool
turn(struct crew *crew)
{
	struct pollfd wait[2 + CREW_MAX];
	size_t count = crew->count;
	bool is_over = false;
	int ready;

	wait[0] = (struct pollfd){ crew->signals, POLLIN, 0 };
	wait[1] = (struct pollfd){ crew->listener, POLLIN, 0 };
	for (size_t i = 0; i < count; i++)
		wait[2 + i] = (struct pollfd){ crew->hand[i].tell, POLLIN, 0 };
	ready = poll(wait, 2 + count, patience_ms(crew));
	if (ready < 0)
		return errno != EINTR;
	if (ready == 0 && count == 0)
		return true;

	/* Children are heard first: reaping and hiring change their places. */
	for (size_t i = 0; i < count; i++)
		if (wait[2 + i].revents != 0)
			crew_hear(crew, i);
	if (wait[0].revents != 0)
		is_over = hear_signals(crew);
	crew_kill_late(crew);
	if (wait[1].revents != 0 && !is_over)
		crew_accept(crew);
	return is_over;
}

/* Serve until told to end, then let the children end. */
static void
serve(struct crew *crew, const char *path)
{
	while (!turn(crew))
		continue;
	(void)sd_notify(0, "STOPPING=1");
	if (!crew->passed)
		(void)unlink(path); /* nobody is behind it any more */
	(void)close(crew->listener);
	crew->listener = -1;
	log_info("ending", "children=%zu", crew->count);
	while (crew->count > 0)
		(void)turn(crew); /* the end was asked for already */
}

/* The one socket that systemd passes, or else the path. */
static int
open_listener(const struct options *options, struct crew *crew)
{
	struct passed passed[LISTEN_PASSED_MAX];
	size_t count = 0;
	int error = listen_passed(passed, &count);

	if (error == MAILSEAL_OK && count == 0)
		return listen_unix(options->socket, 0600, &crew->listener);
	if (error == MAILSEAL_OK && count > 1)
		error = MAILSEAL_E_CONFIG;
	if (error != MAILSEAL_OK)
		return error;
	crew->listener = passed[0].fd;
	crew->passed = true;
	return MAILSEAL_OK;
}

static int
run(const struct options *options)
{
	static struct crew crew;
	int error;

	crew.folder = options->modules;
	crew.max = options->children;
	crew.signals = open_signals();
	if (crew.signals < 0 || !close_in()) {
		log_error("start failed", "error=%s", strerror(errno));
		return EX_OSERR;
	}
	if (!open_anchors(&crew.anchors, options->ca))
		return EX_CONFIG;
	warm_up();
	error = open_listener(options, &crew);
	if (error != MAILSEAL_OK) {
		log_error("listen failed", "path=%s reason=%s error=%s",
		    options->socket, mailseal_error_name(error),
		    error == MAILSEAL_E_IO ? strerror(errno) : "");
		return EX_OSERR;
	}
	log_info("ready", "socket=%s modules=%s ca=%s children=%zu",
	    crew.passed ? "systemd" : options->socket, options->modules,
	    crew.anchors.path, crew.max);
	(void)sd_notify(0, "READY=1");
	serve(&crew, options->socket);
	x509_close(&crew.anchors);
	(void)close(crew.signals);
	return EX_OK;
}

int
main(int argc, char **argv)
{
	struct options options = { SOCKET, NULL, MAILSEAL_MODULEDIR, CHILDREN,
		LOG_LEVEL_INFO };
	int error;

	/* Whoever set these would read along, or choose what verifies; OpenSSL
	   reads them when it is made to use the allocator. */
	(void)unsetenv("SSLKEYLOGFILE");
	(void)unsetenv("OPENSSL_CONF");
	(void)unsetenv("OPENSSL_MODULES");
	error = heap_install(); /* before any library allocates */

	if (!read_options(argc, argv, &options))
		return usage(stderr, EX_USAGE);
	log_open("mailseal-courier", options.level);
	if (error != MAILSEAL_OK) {
		log_error("start failed", "reason=%s",
		    mailseal_error_name(error));
		return EX_SOFTWARE;
	}
	return run(&options);
}
