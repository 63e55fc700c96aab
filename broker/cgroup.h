/* SPDX-License-Identifier: ISC */
/*
 * cgroup: the unit of systemd that a process belongs to.
 *
 * Read from /proc/PID/cgroup (cgroups(7)).  The first component of its path
 * that is no slice is the unit: what lies below was delegated, and its names
 * are chosen by others.  Who asks sees to it that the process is the one meant.
 */
#ifndef BROKER_CGROUP_H
#define BROKER_CGROUP_H

#include <stdbool.h>
#include <sys/types.h>

#define CGROUP_UNIT_MAX 255 /* bytes of a unit's name, systemd.unit(5) */

/*
 * The unit that a path names, such as /system.slice/web.service; below a
 * user's manager that is user@UID.service, in a container what holds that.
 * False, and unit is untouched, when there is none: only slices, "..", which
 * leads out of our namespace, or a name that systemd would not give.
 */
bool cgroup_unit(const char *path, char unit[CGROUP_UNIT_MAX + 1]);

/* The same of a process, in the unified hierarchy. */
bool cgroup_unit_of_process(pid_t pid, char unit[CGROUP_UNIT_MAX + 1]);

/* Whether this is a unit's whole name, such as web.service. */
bool cgroup_is_unit(const char *name);

#endif
