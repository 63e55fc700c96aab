/* SPDX-License-Identifier: ISC */
/*
 * cage: a child of the test in a unit of its own, as systemd would make one.
 *
 * The cgroup is a real one, made in a mount namespace that ends with the
 * child; it needs root and a kernel with cgroups of version 2.
 */
#ifndef TESTS_UNIT_CAGE_H
#define TESTS_UNIT_CAGE_H

#include <sched.h>
#include <stdbool.h>
#include <stdio.h>
#include <sys/mount.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>

#include "broker/peer.h"

#define CAGE_NONE 99 /* the act's status when there can be no cage */

/* Be moved into the cgroup of this path, made anew. */
static inline bool
cage_enter(const char *cgroup)
{
	char procs[256];
	FILE *file;
	bool done;

	(void)snprintf(procs, sizeof(procs), "%s/cgroup.procs", cgroup);
	if (mkdir(cgroup, 0755) != 0)
		return false;
	file = fopen(procs, "w");
	if (file == NULL)
		return false;
	done = fprintf(file, "%d", (int)getpid()) > 0;
	return fclose(file) == 0 && done;
}

/* In a child: act in the cage, and take it away afterwards. */
static inline int
cage_hold(const char *top, const char *unit, int (*act)(void))
{
	char cgroup[192];
	int status = CAGE_NONE << 8;
	pid_t child;

	if (unshare(CLONE_NEWNS) != 0 ||
	    mount("none", "/", NULL, MS_REC | MS_PRIVATE, NULL) != 0 ||
	    mount("none", top, "cgroup2", 0, NULL) != 0)
		return CAGE_NONE;
	(void)snprintf(cgroup, sizeof(cgroup), "%s/%s", top, unit);
	child = fork();
	if (child == 0)
		_exit(cage_enter(cgroup) ? act() : CAGE_NONE);
	if (child > 0)
		(void)waitpid(child, &status, 0);
	(void)rmdir(cgroup);
	return WIFEXITED(status) ? WEXITSTATUS(status) : 98;
}

/*
 * Start a child that acts as a process of this unit; top is an empty folder.
 * Its exit status is the act's, or CAGE_NONE.
 */
static inline pid_t
cage_start(const char *top, const char *unit, int (*act)(void))
{
	pid_t child = fork();

	if (child == 0)
		_exit(cage_hold(top, unit, act));
	return child;
}

/* Why a cage cannot be had here, by the status of its child; NULL: it can. */
static inline const char *
cage_trouble(int status)
{
	if (WIFEXITED(status) && WEXITSTATUS(status) == CAGE_NONE)
		return "no cgroup of its own can be made for a process here";
	return peer_units_are_known() ? NULL :
					"this kernel cannot tell a peer's unit";
}

#endif
