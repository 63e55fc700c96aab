/* SPDX-License-Identifier: ISC */
#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "broker/log.h"
#include "broker/safefile.h"
#include "proto/error.h"

/* Folders are only walked through; what is opened last is read. */
#define THROUGH (O_PATH | O_NOFOLLOW | O_CLOEXEC)
#define LAST (O_RDONLY | O_NOFOLLOW | O_CLOEXEC | O_NONBLOCK | O_NOCTTY)

static int __attribute__((format(printf, 3, 4)))
blame(char why[SAFEFILE_WHY_MAX], int error, const char *format, ...)
{
	int cause = errno;
	va_list ap;

	va_start(ap, format);
	(void)vsnprintf(why, SAFEFILE_WHY_MAX, format, ap);
	va_end(ap);
	errno = cause;
	return error;
}

/* The way from the root to path: itself, or behind the working folder. */
static int
whole_path(const char *path, char whole[PATH_MAX], char why[SAFEFILE_WHY_MAX])
{
	char here[PATH_MAX] = "";
	int n;

	if (path[0] != '/' && getcwd(here, sizeof(here)) == NULL)
		return blame(why, MAILSEAL_E_IO, "%s: no working folder",
		    printable(path));
	n = snprintf(whole, PATH_MAX, "%s%s%s", here, here[0] ? "/" : "", path);
	if (path[0] == '\0' || n < 0 || n >= PATH_MAX) {
		errno = ENAMETOOLONG;
		return blame(why, MAILSEAL_E_IO, "%s: no usable path",
		    printable(path));
	}
	return MAILSEAL_OK;
}

/* Judge what was opened; name is the path as far as walked. */
static int
judge(const struct stat *st, const char *name, bool is_parent, unsigned flags,
    char why[SAFEFILE_WHY_MAX])
{
	bool folder = is_parent || (flags & SAFEFILE_DIR) != 0;
	const char *shown = printable(name);

	if (S_ISLNK(st->st_mode))
		return blame(why, MAILSEAL_E_UNSAFE, "%s is a symbolic link",
		    shown);
	if (folder ? !S_ISDIR(st->st_mode) : !S_ISREG(st->st_mode))
		return blame(why, MAILSEAL_E_UNSAFE, "%s is no %s", shown,
		    folder ? "folder" : "regular file");
	if (st->st_uid != 0 && st->st_uid != geteuid())
		return blame(why, MAILSEAL_E_UNSAFE,
		    "%s belongs to uid %u, neither root nor uid %u", shown,
		    (unsigned)st->st_uid, (unsigned)geteuid());
	if ((st->st_mode & (S_IWGRP | S_IWOTH)) != 0 &&
	    !(is_parent && st->st_uid == 0 && (st->st_mode & S_ISVTX) != 0))
		return blame(why, MAILSEAL_E_UNSAFE,
		    "%s is writable for others (mode %04o)", shown,
		    (unsigned)st->st_mode & 07777);
	if (!is_parent && (flags & SAFEFILE_PRIVATE) != 0 &&
	    (st->st_mode & (S_IRWXG | S_IRWXO)) != 0)
		return blame(why, MAILSEAL_E_UNSAFE,
		    "%s is readable for others (mode %04o)", shown,
		    (unsigned)st->st_mode & 07777);
	return MAILSEAL_OK;
}

/* Keeps errno, which says why the caller gives up. */
static void
drop(int fd)
{
	int cause = errno;

	(void)close(fd);
	errno = cause;
}

/* Open one component below *at and judge it; then it takes the place of *at. */
static int
descend(int *at, const char *part, const char *name, bool is_parent,
    unsigned flags, char why[SAFEFILE_WHY_MAX])
{
	struct stat st;
	int next, error;

	if (strcmp(part, "..") == 0)
		return blame(why, MAILSEAL_E_UNSAFE, "%s leads upwards",
		    printable(name));
	next = openat(*at, part, is_parent ? THROUGH : LAST);
	if (next < 0 && errno == ELOOP)
		return blame(why, MAILSEAL_E_UNSAFE, "%s is a symbolic link",
		    printable(name));
	if (next < 0 || fstat(next, &st) != 0) {
		error = blame(why, MAILSEAL_E_IO, "%s: %s", printable(name),
		    strerror(errno));
		if (next >= 0)
			drop(next);
		return error;
	}
	error = judge(&st, name, is_parent, flags, why);
	if (error != MAILSEAL_OK) {
		drop(next);
		return error;
	}
	drop(*at);
	*at = next;
	return MAILSEAL_OK;
}

/* Walk down from *at, which is the root folder. */
static int
walk(int *at, char *whole, unsigned flags, char why[SAFEFILE_WHY_MAX])
{
	char *part = whole + strspn(whole, "/");
	bool is_parent = true;

	if (*part == '\0')
		return descend(at, "/", "/", false, flags, why);
	while (is_parent) {
		size_t len = strcspn(part, "/");
		size_t gap = strspn(part + len, "/");
		char name[NAME_MAX + 1];
		char held;
		int error;

		if (len > NAME_MAX) {
			errno = ENAMETOOLONG;
			return blame(why, MAILSEAL_E_IO, "%s: too long a name",
			    printable(whole));
		}
		memcpy(name, part, len);
		name[len] = '\0';
		is_parent = part[len + gap] != '\0';
		held = part[len];
		part[len] = '\0'; /* whole now ends with this component */
		error = descend(at, name, whole, is_parent, flags, why);
		if (error != MAILSEAL_OK)
			return error;
		part[len] = held;
		part += len + gap;
	}
	return MAILSEAL_OK;
}

int
safefile_open(const char *path, unsigned flags, int *fd,
    char why[SAFEFILE_WHY_MAX])
{
	char whole[PATH_MAX];
	struct stat st;
	int at, error;

	error = whole_path(path, whole, why);
	if (error != MAILSEAL_OK)
		return error;
	at = open("/", THROUGH);
	if (at < 0 || fstat(at, &st) != 0)
		error = blame(why, MAILSEAL_E_IO, "/: %s", strerror(errno));
	else
		error = judge(&st, "/", true, flags, why);
	if (error == MAILSEAL_OK)
		error = walk(&at, whole, flags, why);
	if (error != MAILSEAL_OK) {
		if (at >= 0)
			drop(at);
		return error;
	}
	*fd = at;
	return MAILSEAL_OK;
}

/* Read until the end; *len is what came, at most max. */
static int
read_all(int fd, const char *path, unsigned char *bytes, size_t max,
    size_t *len, char why[SAFEFILE_WHY_MAX])
{
	size_t have = 0;

	while (have < max) {
		ssize_t n = read(fd, bytes + have, max - have);

		if (n < 0 && errno == EINTR)
			continue;
		if (n < 0)
			return blame(why, MAILSEAL_E_IO, "%s: %s",
			    printable(path), strerror(errno));
		if (n == 0)
			break;
		have += (size_t)n;
	}
	*len = have;
	return MAILSEAL_OK;
}

/* The length of the file, which must not be over max. */
static int
measure(int fd, const char *path, size_t max, size_t *size,
    char why[SAFEFILE_WHY_MAX])
{
	struct stat st;

	if (fstat(fd, &st) != 0 || st.st_size < 0)
		return blame(why, MAILSEAL_E_IO, "%s: %s", printable(path),
		    strerror(errno));
	if ((uintmax_t)st.st_size > max)
		return blame(why, MAILSEAL_E_TOOLONG,
		    "%s has more than %zu bytes", printable(path), max);
	*size = (size_t)st.st_size;
	return MAILSEAL_OK;
}

int
safefile_read(const char *path, unsigned flags, size_t max, char **bytes,
    size_t *len, char why[SAFEFILE_WHY_MAX])
{
	char *text = NULL;
	size_t size = 0, got = 0;
	int fd, error;

	error = safefile_open(path, flags & ~SAFEFILE_DIR, &fd, why);
	if (error != MAILSEAL_OK)
		return error;
	error = measure(fd, path, max, &size, why);
	if (error == MAILSEAL_OK && (text = malloc(size + 1)) == NULL)
		error = blame(why, MAILSEAL_E_NOMEM, "out of memory");
	if (error == MAILSEAL_OK)
		error = read_all(fd, path, (unsigned char *)text, size, &got,
		    why);
	drop(fd);
	if (error != MAILSEAL_OK) {
		free(text);
		return error;
	}
	text[got] = '\0';
	*bytes = text;
	*len = got;
	return MAILSEAL_OK;
}

int
safefile_read_secret(const char *path, size_t max, struct secret **secret,
    char why[SAFEFILE_WHY_MAX])
{
	AUTO(secret) content = NULL;
	size_t size = 0, got = 0;
	int fd, error;

	error = safefile_open(path, SAFEFILE_PRIVATE, &fd, why);
	if (error != MAILSEAL_OK)
		return error;
	error = measure(fd, path, max, &size, why);
	if (error == MAILSEAL_OK && (content = secret_new(size)) == NULL)
		error = blame(why, MAILSEAL_E_NOMEM, "out of memory");
	if (error == MAILSEAL_OK)
		error = read_all(fd, path, content->data, size, &got, why);
	drop(fd);
	if (error != MAILSEAL_OK)
		return error;
	secret_cut(content, got);
	*secret = secret_move(&content);
	return MAILSEAL_OK;
}
