/* SPDX-License-Identifier: ISC */
#include <errno.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "broker/broker.h"
#include "broker/clients.h"
#include "broker/enrolment.h"
#include "broker/listen.h"
#include "broker/log.h"
#include "broker/op/op.h"
#include "broker/renew.h"
#include "broker/safefile.h"
#include "broker/takeover.h"
#include "broker/vault/slot.h"
#include "proto/error.h"

#define ARENA_SIZE (8 * 1024 * 1024)
#define SLOTS_MAX 16
#define STOP_LOOK_MS 100 /* between looks whether all is in */

void
broker_alarm(const struct fault *fault)
{
	log_error("configuration fault", "%s:%u: %s", fault->file, fault->line,
	    fault->text);
}

static int
hangup(sd_event_source *source, const struct signalfd_siginfo *si, void *arg)
{
	struct fault fault;

	(void)source;
	(void)si;
	if (takeover_reload(arg, STRICT, &fault) != MAILSEAL_OK)
		return 0; /* it was logged, and the old one stays */
	return 0;
}

static bool
is_owed(const struct broker *b)
{
	for (size_t i = 0; i < accounts_count(b->accounts); i++)
		if (renew_is_owed(accounts_at(b->accounts, i)))
			return true;
	return false;
}

/* Stop as soon as nothing is lost by it, and in the end all the same. */
static void
stop_soon(void *arg)
{
	struct broker *b = arg;

	for (size_t i = 0; i < accounts_count(b->accounts); i++)
		renew_settle(accounts_at(b->accounts, i));
	if (!is_owed(b)) {
		(void)sd_event_exit(b->event, 0);
		return;
	}
	if (now_ms() < b->stop_until_ms &&
	    deadline_set(b->deadlines, &b->stop, now_ms() + STOP_LOOK_MS) ==
		MAILSEAL_OK)
		return;
	log_error("stopped too early", "%s",
	    "a rotated refresh token may be lost");
	(void)sd_event_exit(b->event, 0);
}

/*
 * An exchange under way may bring a rotated refresh token that is not asked
 * for twice: its end is waited for.  A second signal does not wait.
 */
static int
terminate(sd_event_source *source, const struct signalfd_siginfo *si, void *arg)
{
	struct broker *b = arg;

	(void)source;
	(void)si;
	if (b->stopping || b->accounts == NULL)
		return sd_event_exit(b->event, 0);
	b->stopping = true;
	b->stop.pass = stop_soon;
	b->stop.arg = b;
	b->stop_until_ms = now_ms() + ERRAND_MS + ERRAND_GRACE_MS;
	stop_soon(b);
	return 0;
}

/* Look after every account, and say which may have lost a rotation. */
static int
adopt_accounts(struct broker *b)
{
	for (size_t i = 0; i < accounts_count(b->accounts); i++) {
		struct account *a = accounts_at(b->accounts, i);
		int error = renew_adopt(b, a);

		if (error != MAILSEAL_OK)
			return error;
		if (a->intent)
			log_warn("exchange interrupted",
			    "account=%s: a rotated "
			    "refresh token may be lost; if it does not work, "
			    "sign in again",
			    a->name);
	}
	return MAILSEAL_OK;
}

/* The file slots of a store, while they are being tried. */
struct slots {
	size_t count;
	struct {
		int64_t id;
		char path[PATH_LENGTH_MAX + 1];
	} at[SLOTS_MAX];
};

static int
note_slot(void *arg, int64_t id, const char *kind, const char *label)
{
	struct slots *slots = arg;

	if (strcmp(kind, "file") != 0 || slots->count == SLOTS_MAX)
		return MAILSEAL_OK;
	slots->at[slots->count].id = id;
	(void)snprintf(slots->at[slots->count].path, sizeof(slots->at[0].path),
	    "%s", label);
	slots->count++;
	return MAILSEAL_OK;
}

/* A file slot opens by itself when we may read its file. */
static void
try_slot(struct broker *b, int64_t id, const char *label)
{
	AUTO(secret) hex = NULL;
	AUTO(secret) secret = secret_new(SLOT_SECRET_LEN);
	char why[SAFEFILE_WHY_MAX] = "";
	const char *path = b->config->key_file != NULL ? b->config->key_file :
							 label;
	size_t len;
	int error;

	error = safefile_read_secret(path, SLOT_SECRET_LEN * 2 + 1, &hex, why);
	if (error == MAILSEAL_OK &&
	    (secret == NULL || !secret_from_hex(hex, secret)))
		error = MAILSEAL_E_WRONGKEY;
	if (error == MAILSEAL_OK)
		error = keyring_unlock(b->keyring, secret, &id);
	if (error == MAILSEAL_OK) {
		b->key_trouble[0] = '\0';
		return;
	}
	len = strlen(b->key_trouble);
	(void)snprintf(b->key_trouble + len, sizeof(b->key_trouble) - len,
	    "%sslot %lld did not open: %s", len > 0 ? "; " : "", (long long)id,
	    why[0] != '\0' ? why : mailseal_error_text(error));
}

static int
open_keyring(struct broker *b)
{
	struct slots slots = { 0 };
	int error;

	b->keyring = keyring_new(b->store);
	if (b->keyring == NULL)
		return MAILSEAL_E_NOMEM;
	if (!keyring_exists(b->keyring)) {
		log_warn("no master key", "run \"mailseal init\"");
		return MAILSEAL_OK;
	}
	/* First the list, then each: the store is not asked while it tells. */
	error = keyring_each_slot(b->keyring, note_slot, &slots);
	for (size_t i = 0; error == MAILSEAL_OK && i < slots.count &&
	     !keyring_is_open(b->keyring);
	     i++)
		try_slot(b, slots.at[i].id, slots.at[i].path);
	return error;
}

static int
open_vault(struct broker *b, const struct broker_options *o)
{
	int error = store_open(o->state, &b->store);

	if (error != MAILSEAL_OK) {
		log_error("store not opened",
		    "folder=%s: %s: %s; it is a folder of our own, mode 0700",
		    o->state, mailseal_error_text(error), store_why(NULL));
		return error;
	}
	error = accounts_load(b->store, &b->accounts);
	if (error == MAILSEAL_OK)
		error = adopt_accounts(b);
	if (error == MAILSEAL_OK)
		error = open_keyring(b);
	if (error != MAILSEAL_OK) {
		log_error("store not read", "folder=%s: %s", o->state,
		    mailseal_error_text(error));
		return error;
	}
	if (keyring_is_open(b->keyring))
		renew_unlocked(b);
	else if (b->key_trouble[0] != '\0')
		log_warn("locked", "%s; run \"mailseal unlock --file FILE\"",
		    b->key_trouble);
	return MAILSEAL_OK;
}

static int
listen_on(struct broker *b, const char *path, mode_t mode, enum door door)
{
	int fd = -1;
	int error = listen_unix(path, mode, &fd);

	if (error == MAILSEAL_OK)
		error = clients_listen(b->clients, fd, door);
	if (error != MAILSEAL_OK)
		log_error("socket not bound", "path=%s: %s", path,
		    errno != 0 ? strerror(errno) : mailseal_error_text(error));
	return error;
}

static int
open_sockets(struct broker *b, const struct broker_options *o)
{
	int error = clients_open(b, &b->clients);

	for (size_t i = 0; error == MAILSEAL_OK && i < o->socket_count; i++)
		error = listen_on(b, o->sockets[i], 0666, DOOR_CONSUMER);
	if (error == MAILSEAL_OK)
		error = listen_on(b, o->admin_socket, 0660, DOOR_ADMIN);
	return error;
}

static int
open_loop(struct broker *b)
{
	sigset_t set;

	(void)sigemptyset(&set);
	(void)sigaddset(&set, SIGTERM);
	(void)sigaddset(&set, SIGINT);
	(void)sigaddset(&set, SIGHUP);
	(void)sigprocmask(SIG_BLOCK, &set, NULL);
	if (sd_event_new(&b->event) < 0 ||
	    sd_event_add_signal(b->event, NULL, SIGTERM, terminate, b) < 0 ||
	    sd_event_add_signal(b->event, NULL, SIGINT, terminate, b) < 0 ||
	    sd_event_add_signal(b->event, NULL, SIGHUP, hangup, b) < 0)
		return MAILSEAL_E_IO;
	b->deadlines = deadlines_new(b->event);
	return b->deadlines != NULL ? MAILSEAL_OK : MAILSEAL_E_NOMEM;
}

void
broker_free(struct broker *b)
{
	if (b == NULL)
		return;
	/* First the clients, so that nobody is told of what ends now. */
	clients_free(b->clients);
	b->clients = NULL;
	enrolments_clear();
	trials_clear();
	if (b->accounts != NULL)
		for (size_t i = 0; i < accounts_count(b->accounts); i++)
			renew_drop(accounts_at(b->accounts, i));
	waiters_wake(&b->waiters_for_key);
	accounts_free(b->accounts);
	keyring_free(b->keyring);
	store_free(b->store);
	audit_free(b->audit);
	config_free(b->config);
	deadlines_free(b->deadlines);
	(void)sd_event_unref(b->event);
	secret_arena_close();
	free(b);
}

static int
start(struct broker *b, const struct broker_options *o)
{
	const char *audit = o->audit != NULL ? o->audit : b->config->audit_file;
	int error = secret_arena_open(ARENA_SIZE);

	if (error != MAILSEAL_OK)
		return error;
	if (!secret_arena_is_locked())
		log_warn("memory not locked",
		    "secrets may reach the swap; "
		    "raise the limit of locked memory to %d bytes",
		    ARENA_SIZE);
	error = audit_open(audit, &b->audit);
	if (error != MAILSEAL_OK) {
		log_error("audit not opened", "file=%s: %s", audit,
		    strerror(errno));
		return error;
	}
	error = open_loop(b);
	if (error == MAILSEAL_OK)
		error = open_vault(b, o);
	if (error == MAILSEAL_OK)
		error = open_sockets(b, o);
	return error;
}

int
broker_open(const struct broker_options *o, struct broker **broker)
{
	AUTO(broker) b = calloc(1, sizeof(*b));
	struct fault fault = { 0 };
	int error;

	if (b == NULL)
		return MAILSEAL_E_NOMEM;
	error = config_read(o->config, o->preset, LENIENT, broker_alarm,
	    &b->config, &fault);
	if (error != MAILSEAL_OK) {
		broker_alarm(&fault);
		return error;
	}
	log_open("mailseald",
	    o->verbose ? LOG_LEVEL_DEBUG : b->config->log_level);
	b->verbose = o->verbose;
	b->config_folder = o->config;
	b->preset_folder = o->preset;
	b->courier_path = o->courier_socket;
	b->started = now_wall();
	error = start(b, o);
	if (error != MAILSEAL_OK)
		return error;
	if (b->config->off > 0)
		log_warn("configuration partly off",
		    "off=%zu; tried again each minute", b->config->off);
	takeover_watch(b);
	log_info("ready", "accounts=%zu key=%s", accounts_count(b->accounts),
	    keyring_is_open(b->keyring) ? "open" : "closed");
	*broker = b;
	b = NULL;
	return MAILSEAL_OK;
}
