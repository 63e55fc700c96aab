/* SPDX-License-Identifier: ISC */
#include <fcntl.h>
#include <stddef.h>
#include <stdio.h>
#include <sys/random.h>
#include <sys/stat.h>
#include <sys/statvfs.h>
#include <unistd.h>

#include "broker/store/reserve.h"

#define PART 256     /* bytes that getentropy() gives at once */
#define ROOM_COUNT 8 /* reserves that must fit before one is made anew */
#define UNFINISHED "reserve.new"

static bool
is_whole(int folder)
{
	struct stat st;

	return fstatat(folder, RESERVE_NAME, &st, AT_SYMLINK_NOFOLLOW) == 0 &&
	    S_ISREG(st.st_mode) && st.st_size == RESERVE_LEN &&
	    (long long)st.st_blocks * 512 >= RESERVE_LEN;
}

/* Random bytes: a file system that compresses must not make it small. */
static bool
write_random(int fd)
{
	unsigned char part[PART];

	for (size_t done = 0; done < RESERVE_LEN; done += PART) {
		if (getentropy(part, PART) != 0)
			return false;
		if (write(fd, part, PART) != PART)
			return false;
	}
	return fsync(fd) == 0;
}

static bool
write_new(int folder)
{
	int fd = openat(folder, UNFINISHED,
	    O_WRONLY | O_CREAT | O_TRUNC | O_NOFOLLOW | O_CLOEXEC, 0600);
	bool is_written;

	if (fd < 0)
		return false;
	is_written = write_random(fd);
	if (close(fd) != 0)
		is_written = false;
	if (!is_written ||
	    renameat(folder, UNFINISHED, folder, RESERVE_NAME) != 0) {
		(void)unlinkat(folder, UNFINISHED, 0); /* its room is needed */
		return false;
	}
	(void)fsync(folder); /* a reserve lost in a crash is made again */
	return true;
}

bool
reserve_make(int folder)
{
	return is_whole(folder) || write_new(folder);
}

bool
reserve_remake(int folder)
{
	struct statvfs room;

	if (fstatvfs(folder, &room) != 0 ||
	    (unsigned long long)room.f_bavail * room.f_frsize <
		(unsigned long long)ROOM_COUNT * RESERVE_LEN)
		return false;
	return reserve_make(folder);
}

bool
reserve_give_up(int folder)
{
	if (unlinkat(folder, RESERVE_NAME, 0) != 0)
		return false;
	(void)fsync(folder); /* some file systems free room only then */
	return true;
}
