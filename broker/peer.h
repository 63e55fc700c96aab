/* SPDX-License-Identifier: ISC */
/*
 * peer: the process at the other end of a socket, as the kernel tells it.
 *
 * Nothing that a client says about itself is believed.  The one who connected
 * is judged; whoever sends must be the same process.
 */
#ifndef BROKER_PEER_H
#define BROKER_PEER_H

#include <stdbool.h>
#include <stddef.h>
#include <sys/types.h>

#include "broker/cgroup.h"

#define PEER_GROUPS_MAX 1024	  /* supplementary groups looked at */
#define PEER_NAME_MAX 63	  /* bytes taken of a user's name */
#define PEER_NO_LOGIN ((uid_t)-1) /* as the kernel says "not set" */

/* What is asked for when it is first needed, and then kept. */
struct peer_names {
	char user[PEER_NAME_MAX + 1]; /* "": not asked for yet */
	bool origin_known;
	uid_t login_uid;		/* PEER_NO_LOGIN: none */
	char login[PEER_NAME_MAX + 1];	/* "": no such user */
	char unit[CGROUP_UNIT_MAX + 1]; /* "": none, or it cannot be known */
};

struct peer {
	int fd; /* of the connection, which is not ours to close */
	pid_t pid;
	uid_t uid;
	gid_t gid;
	size_t group_count;
	gid_t *groups;		  /* supplementary; peer_clear() frees them */
	struct peer_names *names; /* the same; NULL: asked for each time */
};

/*
 * Ask the kernel who connected (SO_PEERCRED, SO_PEERGROUPS; socket(7),
 * unix(7)), and let it tell the sender of every message (SO_PASSCRED).
 *
 * MAILSEAL_E_IO, MAILSEAL_E_NOMEM, MAILSEAL_E_TOOLONG (more groups)
 */
int peer_read(int fd, struct peer *peer) __attribute__((warn_unused_result));
void peer_clear(struct peer *peer);

struct msghdr;

/*
 * Why a message, received with its credentials, is not to be believed: another
 * process sent it, or it brought descriptors, which are closed here.  A word
 * for the audit; NULL when it may be believed.
 */
const char *peer_distrust(const struct peer *peer, struct msghdr *msg);

/* Whether a group is the peer's primary or one of its others. */
bool peer_in_group(const struct peer *peer, gid_t gid);

/* Whether this kernel can tell a peer from a later process of its pid (6.5). */
bool peer_units_are_known(void);

/*
 * The unit that the peer belongs to.  What /proc says of its pid is believed
 * only when the one who connected is alive after it was read (SO_PEERPIDFD).
 * False, and unit is untouched, when it has none or that cannot be known.
 */
bool peer_unit(const struct peer *peer, char unit[CGROUP_UNIT_MAX + 1]);

/*
 * The user who logged in, whatever he became since (/proc/PID/loginuid), by
 * the same rule; PEER_NO_LOGIN for a service or when it cannot be known.
 */
uid_t peer_login_uid(const struct peer *peer);

/*
 * The peer's user name, or "uid:N" where it has none; of a peer without names
 * one result at a time.  The name service is asked once in a connection.
 */
const char *peer_user(const struct peer *peer);

/* Who logged in, and the unit, asked for once; one result at a time as well. */
const struct peer_names *peer_origin(const struct peer *peer);

/*
 * Keep who it is beyond the connection, for peer_clear(): ids and names, no
 * groups.  kept is cleared first.
 */
void peer_keep(const struct peer *peer, struct peer *kept);

#endif
