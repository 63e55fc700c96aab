/* SPDX-License-Identifier: ISC */
#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/un.h>
#include <systemd/sd-daemon.h>
#include <unistd.h>

#include "broker/listen.h"
#include "proto/error.h"

static int
open_socket(void)
{
	return socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC | SOCK_NONBLOCK, 0);
}

/* Keeps errno, which says why the caller gives up. */
static void
drop(int fd)
{
	int why = errno;

	(void)close(fd);
	errno = why;
}

/* Remove what a dead process left at the path. */
static int
clear(const struct sockaddr_un *address)
{
	struct stat st;
	int probe, answer;

	if (lstat(address->sun_path, &st) != 0)
		return errno == ENOENT ? MAILSEAL_OK : MAILSEAL_E_IO;
	if (!S_ISSOCK(st.st_mode))
		return MAILSEAL_E_EXISTS;

	probe = open_socket();
	if (probe < 0)
		return MAILSEAL_E_IO;
	answer = connect(probe, (const struct sockaddr *)address,
	    sizeof(*address));
	drop(probe);
	if (answer == 0 || errno == EAGAIN)
		return MAILSEAL_E_EXISTS; /* EAGAIN: alive, its queue is full */
	if (errno != ECONNREFUSED)
		return MAILSEAL_E_IO;
	return unlink(address->sun_path) == 0 ? MAILSEAL_OK : MAILSEAL_E_IO;
}

static int
bind_closed(int fd, const struct sockaddr_un *address, mode_t mode)
{
	mode_t mask = umask(0777);
	int error = bind(fd, (const struct sockaddr *)address,
	    sizeof(*address));

	(void)umask(mask);
	if (error != 0)
		return MAILSEAL_E_IO;
	/* Nobody is let in before listen(), so the order cannot be seen. */
	if (chmod(address->sun_path, mode) != 0 || listen(fd, SOMAXCONN) != 0) {
		int why = errno;

		(void)unlink(address->sun_path); /* ours, and of no use */
		errno = why;
		return MAILSEAL_E_IO;
	}
	return MAILSEAL_OK;
}

int
listen_unix(const char *path, mode_t mode, int *fd)
{
	struct sockaddr_un address = { .sun_family = AF_UNIX };
	int bound, error;

	if (strlen(path) == 0 || strlen(path) >= sizeof(address.sun_path))
		return MAILSEAL_E_TOOLONG;
	memcpy(address.sun_path, path, strlen(path) + 1);

	error = clear(&address);
	if (error != MAILSEAL_OK)
		return error;

	bound = open_socket();
	if (bound < 0)
		return MAILSEAL_E_IO;
	error = bind_closed(bound, &address, mode);
	if (error != MAILSEAL_OK) {
		drop(bound);
		return error;
	}
	*fd = bound;
	return MAILSEAL_OK;
}

static int
take(int fd, const char *name, struct passed *passed)
{
	int flags = fcntl(fd, F_GETFL);

	if (sd_is_socket_unix(fd, SOCK_STREAM, 1, NULL, 0) <= 0)
		return MAILSEAL_E_CONFIG;
	if (flags < 0 || fcntl(fd, F_SETFL, flags | O_NONBLOCK) < 0)
		return MAILSEAL_E_IO;
	passed->fd = fd;
	(void)snprintf(passed->name, sizeof(passed->name), "%s", name);
	return MAILSEAL_OK;
}

int
listen_passed(struct passed passed[LISTEN_PASSED_MAX], size_t *count)
{
	char **names = NULL;
	int n = sd_listen_fds_with_names(1, &names), error = MAILSEAL_OK;

	if (n < 0) {
		errno = -n;
		return MAILSEAL_E_IO;
	}
	if (n > LISTEN_PASSED_MAX)
		error = MAILSEAL_E_CONFIG;
	for (int i = 0; i < n && error == MAILSEAL_OK; i++)
		error = take(SD_LISTEN_FDS_START + i, names[i], &passed[i]);
	for (int i = 0; names != NULL && names[i] != NULL; i++)
		free(names[i]);
	free(names);
	if (error == MAILSEAL_OK)
		*count = (size_t)n;
	return error;
}
