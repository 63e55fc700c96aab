/* SPDX-License-Identifier: ISC */
/*
 * slotfile: the file whose one line opens the master key.
 *
 * It is made before the broker is told to rely on it, and read back from disk
 * first; one that is there already is never touched.
 */
#include <errno.h>
#include <fcntl.h>
#include <libgen.h>
#include <limits.h>
#include <stdio.h>
#include <string.h>
#include <sys/stat.h>
#include <sysexits.h>
#include <unistd.h>

#include "client/mailseal/command.h"
#include "client/mailseal/intake.h"
#include "client/mailseal/terminal.h"

#define USUAL_FILE MAILSEAL_SYSCONFDIR "/slot/file.key"
#define HEX_LEN 64 /* digits of a slot's secret */

static int
complain_path(const char *path)
{
	return complain(EX_CANTCREAT, "%s: %s", path, strerror(errno));
}

/* The whole path of the file, so that it means the same to the broker. */
static int
find_file(const struct options *options, char path[PATH_MAX])
{
	const char *file = options->file != NULL ? options->file : USUAL_FILE;
	char folder[PATH_MAX];
	int n;

	if (*file == '/')
		n = snprintf(path, PATH_MAX, "%s", file);
	else if (getcwd(folder, sizeof(folder)) == NULL)
		return complain_path(file);
	else
		n = snprintf(path, PATH_MAX, "%s/%s", folder, file);
	if (n < 0 || n > PATH_LENGTH_MAX)
		return complain(EX_USAGE, "%s: the path is too long", file);
	return EX_OK;
}

/* Open the folder of a file, which is made where it lacks. */
static int
open_folder(const char *path, int *folder)
{
	char copy[PATH_MAX];
	const char *name;

	if (strcmp(path, USUAL_FILE) == 0)
		(void)mkdir(MAILSEAL_SYSCONFDIR, 0755); /* seen just below */
	(void)snprintf(copy, sizeof(copy), "%s", path); /* it fits */
	name = dirname(copy);
	if (mkdir(name, 0755) != 0 && errno != EEXIST)
		return complain_path(name);
	*folder = open(name, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
	return *folder < 0 ? complain_path(name) : EX_OK;
}

static int
create(const char *path, int *fd)
{
	*fd = open(path, O_RDWR | O_CREAT | O_EXCL | O_NOFOLLOW | O_CLOEXEC,
	    0600);
	if (*fd < 0 && errno == EEXIST)
		return complain(EX_CANTCREAT,
		    "%s is there already and is "
		    "not touched; name another one with --file",
		    path);
	return *fd < 0 ? complain_path(path) : EX_OK;
}

/* Ask the broker for a new slot and keep its id and secret. */
static int
begin(struct ask *ask, const char *path, char id[LINE_KEY_MAX + 1],
    char secret[HEX_LEN + 1])
{
	struct line_writer *w = ask_begin(ask, "init_begin");
	const char *their_id, *their_secret;

	line_put(w, "kind", "file");
	line_put(w, "label", path);
	if (!ask_once(ask, SHORT_S))
		return complain_failure(ask_failure(ask));
	their_id = line_need(ask_line(ask), "id", LINE_KEY_MAX);
	their_secret = line_need(ask_line(ask), "secret", HEX_LEN);
	if (their_id == NULL || their_secret == NULL ||
	    strlen(their_secret) != HEX_LEN) {
		ask_distrust(ask);
		return complain_failure(ask_failure(ask));
	}
	memcpy(id, their_id, strlen(their_id) + 1);
	memcpy(secret, their_secret, HEX_LEN + 1);
	ask_forget(ask);
	return EX_OK;
}

/* The broker must be able to read it: root gives it to the broker's user. */
static int
hand_over(struct ask *ask, int fd)
{
	struct ucred broker;

	if (geteuid() != 0 || !ask_server(ask, &broker))
		return 0;
	if (broker.uid != 0 && fchown(fd, broker.uid, broker.gid) != 0)
		return -1;
	return fchmod(fd, 0400);
}

/* Write the secret as a line, for good. */
static int
save(struct ask *ask, int folder, int fd, const char *path,
    const char secret[HEX_LEN + 1])
{
	char line[HEX_LEN + 1];
	ssize_t n;

	memcpy(line, secret, HEX_LEN);
	line[HEX_LEN] = '\n';
	n = write(fd, line, sizeof(line));
	explicit_bzero(line, sizeof(line));
	if (n >= 0 && (size_t)n != sizeof(line))
		errno = ENOSPC;
	if (n != (ssize_t)sizeof(line) || hand_over(ask, fd) != 0 ||
	    fsync(fd) != 0 || fsync(folder) != 0)
		return complain_path(path);
	return EX_OK;
}

/* What lies in the file now, as somebody would read it who opens it. */
static int
read_back(const char *path, char secret[HEX_LEN + 1])
{
	char line[HEX_LEN + 2] = "";
	int fd = open(path, O_RDONLY | O_NOFOLLOW | O_CLOEXEC);
	ssize_t n = fd < 0 ? -1 : read(fd, line, sizeof(line));

	if (fd >= 0)
		(void)close(fd); /* it was only read */
	if (n < 0)
		return complain_path(path);
	if (n != HEX_LEN + 1 || line[HEX_LEN] != '\n') {
		explicit_bzero(line, sizeof(line));
		return complain(EX_IOERR, "%s does not hold what was written",
		    path);
	}
	memcpy(secret, line, HEX_LEN);
	secret[HEX_LEN] = '\0';
	explicit_bzero(line, sizeof(line));
	return EX_OK;
}

/*
 * Have the broker rely on the file; *slot is which one it is.  Without an
 * answer nobody knows whether it does: then the file stays.
 */
static int
commit(struct ask *ask, const char *path, const char *id, const char *secret,
    uint64_t *slot, bool *keep)
{
	struct line_writer *w = ask_begin(ask, "init_finish");
	const struct failure *failure = ask_failure(ask);

	line_put(w, "id", id);
	line_put_bytes(w, "secret", secret, HEX_LEN);
	*keep = true;
	if (ask_once(ask, SHORT_S)) {
		*slot = line_get_number(ask_line(ask), "slot", 1, UINT32_MAX);
		return EX_OK;
	}
	(void)complain_failure(failure);
	*keep = strcmp(failure->reason, "no_broker") == 0 ||
	    strcmp(failure->reason, "deadline") == 0 ||
	    strcmp(failure->code, "internal") == 0;
	if (*keep)
		(void)complain(EX_OK,
		    "%s stays: it may be needed to open the "
		    "master key; \"mailseal status\" tells",
		    path);
	return failure_exit(failure);
}

/* From an empty file to a slot; *keep is whether the file must stay. */
static int
make_slot(struct ask *ask, int folder, int fd, const char *path, uint64_t *slot,
    bool *keep)
{
	char id[LINE_KEY_MAX + 1], secret[HEX_LEN + 1] = "";
	int status = begin(ask, path, id, secret);

	if (status == EX_OK)
		status = save(ask, folder, fd, path, secret);
	explicit_bzero(secret, sizeof(secret));
	if (status == EX_OK)
		status = read_back(path, secret);
	if (status == EX_OK)
		status = commit(ask, path, id, secret, slot, keep);
	explicit_bzero(secret, sizeof(secret));
	return status;
}

/* The first file opens a new key, any other one the key that there is. */
static void
print_made(const char *path, uint64_t slot)
{
	if (slot == 1)
		(void)printf("The master key is made and open.\n"
			     "%s opens it, and nothing else does.\n",
		    path);
	else
		(void)printf("%s opens the master key, too.\n", path);
	(void)puts("Keep a copy where only those can read it who may read the "
		   "mailboxes.");
}

int
command_init(const struct options *options)
{
	AUTO(ask) ask = ask_admin(options);
	char path[PATH_MAX];
	uint64_t slot = 1;
	bool keep = false;
	int folder = -1, fd = -1;
	int status = ask == NULL ? EX_USAGE : find_file(options, path);

	if (status == EX_OK)
		status = open_folder(path, &folder);
	if (status == EX_OK)
		status = create(path, &fd);
	if (status == EX_OK)
		status = make_slot(ask, folder, fd, path, &slot, &keep);
	if (fd >= 0 && !keep)
		(void)unlink(path); /* made just now, and of no use */
	if (fd >= 0)
		(void)close(fd); /* it was synced */
	if (folder >= 0)
		(void)close(folder);
	if (status != EX_OK)
		return status;
	print_made(path, slot);
	return finish_output(EX_OK);
}

int
command_unlock(const struct options *options)
{
	AUTO(ask) ask = ask_admin(options);
	const char *file = options->file != NULL ? options->file : USUAL_FILE;
	struct intake secret;
	struct line_writer *w;
	int status;

	if (ask == NULL)
		return EX_USAGE;
	if (options->count == 1 &&
	    (options->file != NULL || strcmp(options->word[0], "-") != 0))
		return complain(EX_USAGE,
		    "unlock takes --file FILE, or - for stdin");
	if (options->count == 1)
		file = isatty(STDIN_FILENO) == 1 ? NULL : "-";
	status = intake_take(&secret, file, "Secret of a slot");
	if (secret.signal != 0)
		terminal_die(secret.signal);
	if (status == EX_NOINPUT && options->file == NULL)
		return complain(status,
		    "name the file of a slot with --file; \"mailseal status\" "
		    "tells which there are");
	if (status != EX_OK)
		return status;
	w = ask_begin(ask, "unlock");
	line_put_bytes(w, "secret", secret.bytes, secret.len);
	intake_wipe(&secret);
	if (!ask_once(ask, SHORT_S))
		return complain_failure(ask_failure(ask));
	(void)puts("The master key is open.");
	return finish_output(EX_OK);
}
