/* SPDX-License-Identifier: ISC */
/*
 * doors: a whole broker in the test's own process and folder, and clients
 * that talk to it.
 *
 * The loop runs only while a client listens, so that nothing happens behind a
 * test's back.  Everything has an end: what does not come in PATIENCE_MS is a
 * failure.
 */
#ifndef TESTS_UNIT_DOORS_H
#define TESTS_UNIT_DOORS_H

#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/un.h>
#include <sys/wait.h>
#include <unistd.h>

#include "broker/broker.h"
#include "broker/clients.h"
#include "broker/listen.h"
#include "broker/log.h"
#include "tests/unit/conf.h"

#define DOORS_ARENA (4 << 20)
#define PATIENCE_MS 10000
#define HEARD_MAX 8192

static struct broker *broker;
static struct secret *slot_secret; /* opens the broker's key */

/* A turn of the loop; false when nothing happened for so long. */
static inline bool
turn(uint64_t wait_ms)
{
	int happened = sd_event_run(broker->event, wait_ms * 1000);

	assert_true(happened >= 0);
	return happened > 0;
}

/* Run until nothing happens any more; fails when that never comes. */
static inline void
settle(void)
{
	for (int turns = 0; turn(20); turns++)
		if (turns > 2000)
			fail_msg("the loop goes round without an end");
}

static inline int
plug(void)
{
	int fd = socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC | SOCK_NONBLOCK, 0);

	assert_true(fd >= 0);
	return fd;
}

static inline bool
connects(int fd, enum door door)
{
	struct sockaddr_un address = { .sun_family = AF_UNIX };

	(void)snprintf(address.sun_path, sizeof(address.sun_path), "%s/%s",
	    folder, door == DOOR_ADMIN ? "admin.sock" : "mailseal.sock");
	return connect(fd, (struct sockaddr *)&address, sizeof(address)) == 0;
}

/* A client that the broker has let in, or turned away. */
static inline int
enter(enum door door)
{
	int fd = plug();

	assert_true(connects(fd, door));
	settle();
	return fd;
}

/* The same of another user's, whom only root can become. */
static inline int
enter_as(uid_t uid, enum door door)
{
	int fd = plug();

	assert_int_equal(seteuid(uid), 0);
	assert_true(connects(fd, door));
	assert_int_equal(seteuid(0), 0);
	settle();
	return fd;
}

static inline void
tell_bytes(int fd, const void *bytes, size_t len)
{
	assert_int_equal(send(fd, bytes, len, MSG_NOSIGNAL), len);
}

static inline void
tell(int fd, const char *text)
{
	tell_bytes(fd, text, strlen(text));
}

/* A byte of a client, while the loop runs; false at the end of it. */
static inline bool
hear_byte(int fd, char *byte)
{
	uint64_t until = now_ms() + PATIENCE_MS;
	ssize_t n;

	while ((n = recv(fd, byte, 1, 0)) < 0 && errno == EAGAIN) {
		if (now_ms() > until)
			fail_msg("no answer came");
		(void)turn(10);
	}
	return n == 1;
}

/* The next line of a client, without its LF; NULL when it was closed. */
static inline const char *
hear(int fd)
{
	static char lines[4][HEARD_MAX];
	static unsigned next;
	char *line = lines[next++ % 4];
	size_t len = 0;

	while (len < HEARD_MAX - 1 && hear_byte(fd, line + len)) {
		if (line[len] == '\n') {
			line[len] = '\0';
			return line;
		}
		len++;
	}
	assert_int_equal(len, 0); /* no half line is ever sent */
	return NULL;
}

static inline bool
begins(const char *line, const char *start)
{
	return line != NULL && strncmp(line, start, strlen(start)) == 0;
}

/* The next line begins so. */
static inline void
expect(int fd, const char *start)
{
	const char *line = hear(fd);

	if (!begins(line, start))
		fail_msg("\"%s\" came, not \"%s...\"",
		    line != NULL ? line : "(closed)", start);
}

static inline void
ask(int fd, const char *request, const char *start)
{
	tell(fd, request);
	expect(fd, start);
}

/* Run until a child has ended; its status. */
static inline int
wait_for(pid_t child)
{
	uint64_t until = now_ms() + PATIENCE_MS;
	int status = -1;

	assert_true(child > 0);
	while (waitpid(child, &status, WNOHANG) == 0) {
		(void)turn(10);
		assert_true(now_ms() < until);
	}
	return status;
}

/* The descriptors of this process. */
static inline unsigned
count_fds(void)
{
	DIR *dir = opendir("/proc/self/fd");
	unsigned count = 0;

	assert_non_null(dir);
	while (readdir(dir) != NULL)
		count++;
	(void)closedir(dir);
	return count;
}

static inline void
listen_at(const char *name, enum door door)
{
	int fd = -1;

	/* Modes are systemd's matter; here everybody gets as far as the door. */
	assert_int_equal(listen_unix(path_of(name), 0666, &fd), 0);
	assert_int_equal(clients_listen(broker->clients, fd, door), 0);
}

static inline void
read_config(void)
{
	static char conf[PATH_LEN], preset[PATH_LEN];

	(void)snprintf(conf, sizeof(conf), "%s/etc", folder);
	(void)snprintf(preset, sizeof(preset), "%s/preset", folder);
	broker->config_folder = conf;
	broker->preset_folder = preset;
	assert_int_equal(config_read(conf, preset, STRICT, note_alarm,
			     &broker->config, &fault),
	    0);
}

static inline void
open_key(void)
{
	int64_t slot = 0;

	broker->keyring = keyring_new(broker->store);
	assert_non_null(broker->keyring);
	assert_int_equal(keyring_init_begin(broker->keyring, &slot_secret), 0);
	assert_int_equal(keyring_init_finish(broker->keyring, "file", "test",
			     slot_secret, &slot),
	    0);
}

/* Folders as an admin would make them; the test may write files into them. */
static inline int
doors_prepare(void **state)
{
	if (fresh_folder(state) != 0 || chmod(folder, 0711) != 0 ||
	    mkdir(path_of("state"), 0700) != 0)
		return -1;
	make_subfolder("etc");
	make_subfolder("etc/provider.d");
	make_subfolder("etc/access.d");
	make_subfolder("preset");
	write_file("etc/provider.d/old.conf",
	    "[provider]\nmodule = password\n"
	    "smtp_auth_host = mail.example.edu\n");
	write_file("etc/access.d/all.conf",
	    "[billing@example.edu]\n"
	    "allow = user:root for:smtp may-have-password\n");
	return 0;
}

/* Open what the folders hold. */
static inline int
doors_open(void **state)
{
	static char audit[PATH_LEN];
	char store[PATH_LEN];

	(void)state;
	log_open("test", LOG_LEVEL_ERROR);
	(void)snprintf(store, sizeof(store), "%s/state", folder);
	if (secret_arena_open(DOORS_ARENA) != MAILSEAL_OK)
		return -1;
	broker = calloc(1, sizeof(*broker));
	assert_non_null(broker);
	read_config();
	broker->courier_path = "/nowhere/courier.sock";
	broker->started = now_wall();
	(void)snprintf(audit, sizeof(audit), "%s/audit", folder);
	broker->audit_file = audit;
	assert_int_equal(audit_open(audit, &broker->audit), 0);
	assert_true(sd_event_new(&broker->event) >= 0);
	broker->deadlines = deadlines_new(broker->event);
	assert_non_null(broker->deadlines);
	assert_int_equal(store_open(store, &broker->store), 0);
	assert_int_equal(accounts_load(broker->store, &broker->accounts), 0);
	open_key();
	assert_int_equal(clients_open(broker, &broker->clients), 0);
	listen_at("mailseal.sock", DOOR_CONSUMER);
	listen_at("admin.sock", DOOR_ADMIN);
	return 0;
}

static inline int
doors_setup(void **state)
{
	return doors_prepare(state) != 0 ? -1 : doors_open(state);
}

static inline int
doors_teardown(void **state)
{
	secret_free(slot_secret);
	slot_secret = NULL;
	broker_free(broker);
	broker = NULL;
	return remove_folder(state);
}

#define AT_THE_DOORS(test) \
	cmocka_unit_test_setup_teardown(test, doors_setup, doors_teardown)

#endif
