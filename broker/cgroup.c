/* SPDX-License-Identifier: ISC */
#include <fcntl.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

#include "broker/cgroup.h"

#define FILE_MAX 8192 /* bytes of /proc/PID/cgroup */
#define UNIT_LETTERS                               \
	"abcdefghijklmnopqrstuvwxyz"               \
	"ABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789:-_." \
	"\\@"

static bool
ends_with(const char *name, size_t len, const char *end)
{
	size_t end_len = strlen(end);

	return len > end_len && memcmp(name + len - end_len, end, end_len) == 0;
}

/* A name that systemd gives to what has processes (systemd.unit(5)). */
static bool
is_unit(const char *name, size_t len)
{
	return len <= CGROUP_UNIT_MAX && strspn(name, UNIT_LETTERS) >= len &&
	    (ends_with(name, len, ".service") ||
		ends_with(name, len, ".scope") ||
		ends_with(name, len, ".socket") ||
		ends_with(name, len, ".mount") ||
		ends_with(name, len, ".swap"));
}

bool
cgroup_is_unit(const char *name)
{
	return is_unit(name, strlen(name));
}

/* Whether ".." stands in the path: it leads out of our own namespace. */
static bool
leads_out(const char *path)
{
	for (const char *at = path; (at = strstr(at, "/..")) != NULL; at += 3)
		if (at[3] == '/' || at[3] == '\0')
			return true;
	return false;
}

bool
cgroup_unit(const char *path, char unit[CGROUP_UNIT_MAX + 1])
{
	const char *name = path;

	if (*path != '/' || leads_out(path))
		return false;
	while (*name != '\0') {
		size_t len;

		name++;
		len = strcspn(name, "/");
		/* One "_" in front keeps a name from being a kernel file's. */
		if (len > 0 && *name == '_') {
			name++;
			len--;
		}
		if (!ends_with(name, len, ".slice")) {
			if (!is_unit(name, len))
				return false;
			memcpy(unit, name, len);
			unit[len] = '\0';
			return true;
		}
		name += len;
	}
	return false;
}

/* The line of the unified hierarchy: "0::PATH". */
static char *
find_path(char *text)
{
	char *rest = NULL;

	for (char *line = strtok_r(text, "\n", &rest); line != NULL;
	     line = strtok_r(NULL, "\n", &rest))
		if (strncmp(line, "0::", 3) == 0)
			return line + 3;
	return NULL;
}

bool
cgroup_unit_of_process(pid_t pid, char unit[CGROUP_UNIT_MAX + 1])
{
	char name[64], text[FILE_MAX + 1];
	const char *path;
	ssize_t n;
	int fd;

	if (pid <= 0)
		return false; /* of a namespace that we cannot see */
	(void)snprintf(name, sizeof(name), "/proc/%d/cgroup", (int)pid);
	fd = open(name, O_RDONLY | O_CLOEXEC);
	if (fd < 0)
		return false;
	n = read(fd, text, FILE_MAX);
	(void)close(fd);
	if (n <= 0 || n == FILE_MAX)
		return false;
	text[n] = '\0';
	path = find_path(text);
	return path != NULL && cgroup_unit(path, unit);
}
