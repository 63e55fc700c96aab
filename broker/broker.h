/* SPDX-License-Identifier: ISC */
/*
 * broker: what mailseald holds while it runs, all in one place.
 *
 * There is one, made by main.  Who has a pointer to it may reach everything;
 * files that need less take less.
 */
#ifndef BROKER_BROKER_H
#define BROKER_BROKER_H

#include <stdint.h>
#include <systemd/sd-event.h>

#include "broker/audit.h"
#include "broker/config.h"
#include "broker/deadline.h"
#include "broker/journal.h"
#include "broker/opening.h"
#include "broker/vault/account.h"
#include "broker/vault/keyring.h"

struct clients;
struct standing;
struct waiter;

struct broker {
	sd_event *event;
	struct deadlines *deadlines;
	struct config *config;
	struct store *store;
	struct keyring *keyring;
	struct accounts *accounts;
	struct clients *clients;
	struct journal *journal;
	struct audit *audit;
	const char *audit_file;		/* of the command line, or NULL */
	struct waiter *waiters_for_key; /* until the master key is open */
	const char *config_folder;
	const char *preset_folder;
	const char *courier_path;
	struct opening opening; /* what became of each slot */
	int64_t started;	/* seconds since 1970 */
	bool verbose;		/* whatever log_level says */
	bool stopping;		/* no exchange is begun any more */
	struct deadline retry;	/* of the configuration, while some is off */
	struct deadline behind; /* what was missed is told */
	struct deadline expiry; /* an end date comes nearer */
	struct standing *standings; /* of the registrations */
	struct deadline retest; /* the next mailbox that let nobody in yet */
	struct deadline stop;
	uint64_t stop_clients_ms; /* that long clients are waited for */
	uint64_t stop_settle_ms;  /* the next try to save what is owed */
	uint64_t stop_until_ms;	  /* that long everything else is */
	bool told_open;		  /* what systemd was told last */
	size_t told_accounts;
};

#define BROKER_SOCKETS_MAX 6

/* What the command line says. */
struct broker_options {
	const char *config;
	const char *state;
	const char *preset;
	const char *sockets[BROKER_SOCKETS_MAX];
	size_t socket_count;
	const char *admin_socket;
	const char *courier_socket;
	const char *journal; /* its socket */
	const char *audit;   /* NULL: as configured */
	bool check;
	bool allow_unresolved; /* with check */
	bool verbose;
};

/* Close and wipe everything. */
void broker_free(struct broker *broker);
AUTO_DEFINE(broker, struct broker)

/*
 * Read the configuration, open the store, try the key slots, take the sockets
 * of systemd or bind those named.
 * What went wrong was logged.
 */
int broker_open(const struct broker_options *options, struct broker **broker)
    __attribute__((warn_unused_result));

/* Logs a configuration fault. */
extern const struct alarm broker_alarm;

#endif
