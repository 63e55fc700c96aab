/* SPDX-License-Identifier: ISC */
/*
 * What a user would lose: the account whose token rotates while the disk is
 * full.  A child sees a small disk of its own and fills it.
 */
#include <errno.h>
#include <fcntl.h>
#include <sched.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mount.h>
#include <sys/wait.h>
#include <unistd.h>

#include "broker/store/store.h"
#include "proto/error.h"
#include "tests/unit/deposit.h"
#include "tests/unit/folder.h"
#include "tests/unit/skip.h"

#define LARGE 20000 /* bytes of a record that needs room */

static bool
put_text(const char *path, const char *text)
{
	int fd = open(path, O_WRONLY | O_CLOEXEC);
	bool is_put = fd >= 0 &&
	    write(fd, text, strlen(text)) == (ssize_t)strlen(text);

	if (fd >= 0)
		close(fd);
	return is_put;
}

static bool
mount_small_disk(void)
{
	unsigned uid = geteuid();
	char map[32];

	if (unshare(uid == 0 ? CLONE_NEWNS : CLONE_NEWNS | CLONE_NEWUSER) != 0)
		return false;
	snprintf(map, sizeof(map), "%u %u 1", uid, uid);
	if (uid != 0 && !put_text("/proc/self/uid_map", map))
		return false;
	return mount("none", "/", NULL, MS_REC | MS_PRIVATE, NULL) == 0 &&
	    mount("small", folder, "tmpfs", 0, "size=12m,mode=0700") == 0;
}

static bool
fill_disk(const char *name)
{
	static char page[4096];
	int fd = open(path_of(name), O_WRONLY | O_CREAT | O_CLOEXEC, 0600);
	bool is_full;

	if (fd < 0)
		return errno == ENOSPC;
	while (write(fd, page, sizeof(page)) == (ssize_t)sizeof(page))
		continue;
	is_full = errno == ENOSPC;
	close(fd);
	return is_full;
}

#define EXPECT(promise)                                                      \
	do {                                                                 \
		if (!(promise)) {                                            \
			fprintf(stderr, "%d: %s (%s)\n", __LINE__, #promise, \
			    store_why(store));                               \
			return 1;                                            \
		}                                                            \
	} while (0)

static int
live_on_a_full_disk(void)
{
	static const char large[2 * LARGE] = "large";
	struct store *store = NULL;

	EXPECT(store_open(folder, &store) == MAILSEAL_OK);
	EXPECT(put(store, "a@example.edu", "old", 3) == MAILSEAL_OK);
	EXPECT(!store_is_low(store));

	/* The reserve buys a commit. */
	EXPECT(fill_disk("filler"));
	EXPECT(put(store, "a@example.edu", large, LARGE) == MAILSEAL_OK);
	EXPECT(store_is_low(store));
	EXPECT(access(path_of("reserve"), F_OK) != 0);

	/* Without one nothing is half done. */
	EXPECT(fill_disk("more"));
	EXPECT(
	    put(store, "a@example.edu", large, 2 * LARGE) == MAILSEAL_E_FULL);
	EXPECT(length(store) == LARGE);
	store_free(store);
	store = NULL;
	EXPECT(store_open(folder, &store) == MAILSEAL_OK);
	EXPECT(store_is_low(store));
	EXPECT(length(store) == LARGE);

	/* Room again: all is well by itself. */
	EXPECT(unlink(path_of("filler")) == 0);
	EXPECT(put(store, "a@example.edu", large, 2 * LARGE) == MAILSEAL_OK);
	EXPECT(!store_is_low(store));
	EXPECT(access(path_of("reserve"), F_OK) == 0);
	store_free(store);
	return 0;
}

static void
a_full_disk_costs_no_commit_while_there_is_a_reserve(void **state)
{
	int status = 0;
	pid_t child;

	(void)state;
	child = fork();
	if (child == 0) {
		if (!mount_small_disk())
			_exit(77);
		_exit(live_on_a_full_disk());
	}
	assert_int_equal(waitpid(child, &status, 0), child);
	if (WIFEXITED(status) && WEXITSTATUS(status) == 77) {
		SKIP("no right to mount a small disk");
	}
	assert_int_equal(status, 0);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		IN_FOLDER(a_full_disk_costs_no_commit_while_there_is_a_reserve),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
