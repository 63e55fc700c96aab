/* SPDX-License-Identifier: ISC */
#include <errno.h>
#include <fcntl.h>
#include <poll.h>
#include <pwd.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

#include "broker/peer.h"
#include "proto/error.h"

#ifndef SO_PEERPIDFD
#define SO_PEERPIDFD 77 /* Linux 6.5, asm-generic/socket.h */
#endif

int
peer_read(int fd, struct peer *peer)
{
	struct ucred cred;
	socklen_t len = sizeof(cred);
	int on = 1;
	gid_t groups[PEER_GROUPS_MAX];
	gid_t *copy;
	struct peer_names *names;

	if (getsockopt(fd, SOL_SOCKET, SO_PEERCRED, &cred, &len) < 0 ||
	    len != sizeof(cred) ||
	    setsockopt(fd, SOL_SOCKET, SO_PASSCRED, &on, sizeof(on)) < 0)
		return MAILSEAL_E_IO;
	len = sizeof(groups);
	if (getsockopt(fd, SOL_SOCKET, SO_PEERGROUPS, groups, &len) < 0)
		return errno == ERANGE ? MAILSEAL_E_TOOLONG : MAILSEAL_E_IO;
	copy = malloc(len + sizeof(*copy)); /* never of no bytes */
	names = calloc(1, sizeof(*names));
	if (copy == NULL || names == NULL) {
		free(copy);
		free(names);
		return MAILSEAL_E_NOMEM;
	}
	memcpy(copy, groups, len);
	peer->fd = fd;
	peer->pid = cred.pid;
	peer->uid = cred.uid;
	peer->gid = cred.gid;
	peer->group_count = len / sizeof(*copy);
	peer->groups = copy;
	peer->names = names;
	return MAILSEAL_OK;
}

void
peer_clear(struct peer *peer)
{
	free(peer->groups);
	free(peer->names);
	peer->groups = NULL;
	peer->names = NULL;
	peer->group_count = 0;
}

bool
peer_in_group(const struct peer *peer, gid_t gid)
{
	if (peer->gid == gid)
		return true;
	for (size_t i = 0; i < peer->group_count; i++)
		if (peer->groups[i] == gid)
			return true;
	return false;
}

const char *
peer_distrust(const struct peer *peer, struct msghdr *msg)
{
	bool clean = (msg->msg_flags & MSG_CTRUNC) == 0, told = false;

	for (struct cmsghdr *c = CMSG_FIRSTHDR(msg); c != NULL;
	     c = CMSG_NXTHDR(msg, c)) {
		if (c->cmsg_level != SOL_SOCKET)
			continue;
		if (c->cmsg_type == SCM_CREDENTIALS) {
			struct ucred cred;

			memcpy(&cred, CMSG_DATA(c), sizeof(cred));
			told = cred.pid == peer->pid;
		}
		if (c->cmsg_type == SCM_RIGHTS) {
			size_t count = (c->cmsg_len - CMSG_LEN(0)) /
			    sizeof(int);

			for (size_t i = 0; i < count; i++) {
				int fd;

				memcpy(&fd, CMSG_DATA(c) + i * sizeof(fd),
				    sizeof(fd));
				(void)close(fd);
			}
			clean = false;
		}
	}
	if (clean && told)
		return NULL;
	return told ? "descriptors" : "handed_down";
}

/* A descriptor of the process that connected, dead or alive; -1: none. */
static int
open_pidfd(int fd)
{
	int pidfd = -1;
	socklen_t len = sizeof(pidfd);

	if (getsockopt(fd, SOL_SOCKET, SO_PEERPIDFD, &pidfd, &len) < 0 ||
	    len != sizeof(pidfd))
		return -1;
	return pidfd;
}

/* A pidfd is readable from the end of its process on (pidfd_open(2)). */
static bool
is_alive(int pidfd)
{
	struct pollfd end = { .fd = pidfd, .events = POLLIN };

	return poll(&end, 1, 0) == 0;
}

bool
peer_units_are_known(void)
{
	int pair[2], pidfd;

	if (socketpair(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0, pair) < 0)
		return false;
	pidfd = open_pidfd(pair[0]);
	if (pidfd >= 0)
		(void)close(pidfd);
	(void)close(pair[0]);
	(void)close(pair[1]);
	return pidfd >= 0;
}

bool
peer_unit(const struct peer *peer, char unit[CGROUP_UNIT_MAX + 1])
{
	char found[CGROUP_UNIT_MAX + 1];
	int pidfd = open_pidfd(peer->fd);
	bool known;

	if (pidfd < 0)
		return false;
	/* First what /proc says, then whether it was still the peer's. */
	known = cgroup_unit_of_process(peer->pid, found) && is_alive(pidfd);
	(void)close(pidfd);
	if (known)
		memcpy(unit, found, strlen(found) + 1);
	return known;
}

uid_t
peer_login_uid(const struct peer *peer)
{
	char path[64], text[16] = "";
	int pidfd = open_pidfd(peer->fd), file;
	unsigned long uid = PEER_NO_LOGIN;
	char *end = text;

	if (pidfd < 0)
		return PEER_NO_LOGIN;
	(void)snprintf(path, sizeof(path), "/proc/%d/loginuid", (int)peer->pid);
	file = open(path, O_RDONLY | O_CLOEXEC);
	if (file >= 0 && read(file, text, sizeof(text) - 1) > 0)
		uid = strtoul(text, &end, 10);
	if (file >= 0)
		(void)close(file);
	if (end == text || *end != '\0' || !is_alive(pidfd))
		uid = PEER_NO_LOGIN;
	(void)close(pidfd);
	return (uid_t)uid;
}

static bool
find_user(uid_t uid, char name[PEER_NAME_MAX + 1])
{
	const struct passwd *pw = getpwuid(uid);

	if (pw != NULL)
		(void)snprintf(name, PEER_NAME_MAX + 1, "%s", pw->pw_name);
	return pw != NULL;
}

/* Where its names are kept, or a place that is empty again each time. */
static struct peer_names *
names_of(const struct peer *peer)
{
	static struct peer_names passing;

	if (peer->names != NULL)
		return peer->names;
	passing = (struct peer_names){ .login_uid = PEER_NO_LOGIN };
	return &passing;
}

const char *
peer_user(const struct peer *peer)
{
	struct peer_names *names = names_of(peer);

	if (names->user[0] == '\0' && !find_user(peer->uid, names->user))
		(void)snprintf(names->user, sizeof(names->user), "uid:%u",
		    peer->uid);
	return names->user;
}

const struct peer_names *
peer_origin(const struct peer *peer)
{
	struct peer_names *names = names_of(peer);

	if (names->origin_known)
		return names;
	names->origin_known = true;
	(void)peer_unit(peer, names->unit); /* else it stays "" */
	names->login_uid = peer_login_uid(peer);
	if (names->login_uid != PEER_NO_LOGIN)
		(void)find_user(names->login_uid, names->login);
	return names;
}

void
peer_keep(const struct peer *peer, struct peer *kept)
{
	peer_clear(kept);
	*kept = (struct peer){ .fd = -1,
		.pid = peer->pid,
		.uid = peer->uid,
		.gid = peer->gid };
	if (peer->names == NULL)
		return;
	(void)peer_user(peer);
	(void)peer_origin(peer);
	kept->names = malloc(sizeof(*kept->names));
	if (kept->names != NULL) /* else they are asked for again */
		*kept->names = *peer->names;
}
