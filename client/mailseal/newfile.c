/* SPDX-License-Identifier: ISC */
#include <errno.h>
#include <fcntl.h>
#include <libgen.h>
#include <stdio.h>
#include <string.h>
#include <sys/stat.h>
#include <sysexits.h>
#include <unistd.h>

#include "client/mailseal/command.h"
#include "client/mailseal/newfile.h"

static int
complain_path(const char *path)
{
	return complain(EX_CANTCREAT, "%s: %s", path, strerror(errno));
}

/* The whole path of a file, so that it means the same to the broker. */
static int
resolve(const char *file, char path[PATH_MAX])
{
	char folder[PATH_MAX];
	int n;

	if (*file == '/')
		n = snprintf(path, PATH_MAX, "%s", file);
	else if (getcwd(folder, sizeof(folder)) == NULL)
		return complain_path(file);
	else
		n = snprintf(path, PATH_MAX, "%s/%s", folder, file);
	if (n < 0 || n > LABEL_MAX)
		return complain(EX_USAGE, "%s: the path has more than %d bytes",
		    file, LABEL_MAX);
	return EX_OK;
}

/* Whatever root's umask is: the broker, another user, reads what is in it. */
static int
make_folder(const char *name)
{
	mode_t mask = umask(022);
	int made = mkdir(name, 0755);

	(void)umask(mask);
	return made;
}

/* Open the folder of a file, which is made where it lacks. */
static int
open_folder(struct newfile *file)
{
	static const char ours[] = MAILSEAL_SYSCONFDIR "/";
	char copy[PATH_MAX];
	const char *name;

	if (strncmp(file->path, ours, sizeof(ours) - 1) == 0)
		(void)make_folder(MAILSEAL_SYSCONFDIR); /* seen just below */
	(void)snprintf(copy, sizeof(copy), "%s", file->path); /* it fits */
	name = dirname(copy);
	if (make_folder(name) != 0 && errno != EEXIST)
		return complain_path(name);
	file->folder = open(name, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
	return file->folder < 0 ? complain_path(name) : EX_OK;
}

static int
create(struct newfile *file, const char *remedy)
{
	file->fd = open(file->path,
	    O_RDWR | O_CREAT | O_EXCL | O_NOFOLLOW | O_CLOEXEC, 0600);
	if (file->fd < 0 && errno == EEXIST)
		return complain(EX_CANTCREAT,
		    "%s is there already and is not touched; name another one "
		    "with %s",
		    file->path, remedy);
	return file->fd < 0 ? complain_path(file->path) : EX_OK;
}

static void
hold_signals(struct newfile *file)
{
	sigset_t held;

	(void)sigemptyset(&held); /* these calls fail for wrong numbers only */
	(void)sigaddset(&held, SIGINT);
	(void)sigaddset(&held, SIGTERM);
	(void)sigaddset(&held, SIGHUP);
	(void)sigaddset(&held, SIGQUIT);
	(void)sigprocmask(SIG_BLOCK, &held, &file->mask);
}

int
newfile_start(struct newfile *file, const char *path, const char *remedy)
{
	int status;

	*file = (struct newfile){ .fd = -1, .folder = -1 };
	status = resolve(path, file->path);
	if (status == EX_OK)
		status = open_folder(file);
	if (status != EX_OK)
		return status;
	hold_signals(file);
	status = create(file, remedy);
	if (status == EX_OK)
		return EX_OK;
	(void)sigprocmask(SIG_SETMASK, &file->mask, NULL);
	(void)close(file->folder); /* nothing was written there */
	return status;
}

int
newfile_save(struct newfile *file, const char *bytes, size_t len)
{
	ssize_t n = write(file->fd, bytes, len);

	if (n >= 0 && (size_t)n != len)
		errno = ENOSPC;
	if (n != (ssize_t)len || fsync(file->fd) != 0 ||
	    fsync(file->folder) != 0)
		return complain_path(file->path);
	return EX_OK;
}

int
newfile_read_back(const struct newfile *file, char *bytes, size_t len)
{
	int fd = open(file->path, O_RDONLY | O_NOFOLLOW | O_CLOEXEC);
	ssize_t n = fd < 0 ? -1 : read(fd, bytes, len);
	char more;
	bool whole = n == (ssize_t)len && read(fd, &more, 1) == 0;

	if (n < 0)
		(void)complain_path(file->path);
	else if (!whole)
		(void)complain(EX_IOERR, "%s does not hold what was written",
		    file->path);
	if (fd >= 0)
		(void)close(fd); /* it was only read */
	return whole ? EX_OK : n < 0 ? EX_CANTCREAT : EX_IOERR;
}

void
newfile_end(struct newfile *file)
{
	if (!file->keep && unlink(file->path) == 0)
		(void)fsync(file->folder); /* it was of no use to anybody */
	(void)close(file->fd);		   /* it was synced */
	(void)close(file->folder);
	(void)sigprocmask(SIG_SETMASK, &file->mask, NULL);
}
