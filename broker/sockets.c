/* SPDX-License-Identifier: ISC */
#include <errno.h>
#include <string.h>
#include <unistd.h>

#include "broker/clients.h"
#include "broker/listen.h"
#include "broker/log.h"
#include "broker/sockets.h"
#include "proto/error.h"

static const char *
why(int error)
{
	if (error == MAILSEAL_E_EXISTS)
		return "another process listens there, or it is no socket";
	return error == MAILSEAL_E_IO ? strerror(errno) :
					mailseal_error_text(error);
}

/* Bind a path ourselves, outside systemd. */
static int
bind_path(struct broker *b, const char *path, mode_t mode, enum door door)
{
	int fd = -1;
	int error = listen_unix(path, mode, &fd);

	if (error == MAILSEAL_OK)
		error = clients_listen(b->clients, fd, door);
	if (error != MAILSEAL_OK)
		log_error("socket not bound", "path=%s: %s", path, why(error));
	return error;
}

static int
bind_paths(struct broker *b, const struct broker_options *o)
{
	int error = MAILSEAL_OK;

	for (size_t i = 0; error == MAILSEAL_OK && i < o->socket_count; i++)
		error = bind_path(b, o->sockets[i], 0666, DOOR_CONSUMER);
	if (error == MAILSEAL_OK)
		error = bind_path(b, o->admin_socket, 0660, DOOR_ADMIN);
	return error;
}

/* A socket that systemd listens on; its name says who comes in by it. */
static int
take_passed(struct broker *b, const struct passed *passed)
{
	if (strcmp(passed->name, "mailseal") == 0)
		return clients_listen(b->clients, passed->fd, DOOR_CONSUMER);
	if (strcmp(passed->name, "admin") == 0)
		return clients_listen(b->clients, passed->fd, DOOR_ADMIN);
	log_warn("socket not used",
	    "FileDescriptorName=%s; it is mailseal or admin",
	    printable(passed->name));
	(void)close(passed->fd);
	return MAILSEAL_OK;
}

/* What systemd passes, in place of the paths. */
int
sockets_open(struct broker *b, const struct broker_options *o)
{
	struct passed passed[LISTEN_PASSED_MAX];
	size_t count = 0;
	int error = clients_open(b, &b->clients);

	if (error != MAILSEAL_OK)
		return error;
	error = listen_passed(passed, &count);
	for (size_t i = 0; error == MAILSEAL_OK && i < count; i++)
		error = take_passed(b, &passed[i]);
	if (error != MAILSEAL_OK)
		log_error("sockets not taken over", "of systemd: %s",
		    mailseal_error_text(error));
	else if (count == 0)
		error = bind_paths(b, o);
	return error;
}
