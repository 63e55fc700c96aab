/* SPDX-License-Identifier: ISC */
/*
 * recycle SOCKET BROKER CGROUP COUNT REQUEST: asks as a process that is dead
 * by the time it is looked at, and whose pid then belongs to one in CGROUP.
 *
 * The broker is stopped meanwhile, so that each try hits: a child connects,
 * asks and ends; a process of the same pid is made in the group; the broker
 * goes on.  Prints how many were answered ok, denied, closed, or otherwise.
 * Root.
 */
#include <errno.h>
#include <fcntl.h>
#include <linux/sched.h>
#include <signal.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/syscall.h>
#include <sys/un.h>
#include <sys/wait.h>
#include <unistd.h>

#define ASKER 5 /* the uid of the one who asks: games */

static void
give_up(const char *what)
{
	perror(what);
	exit(1);
}

/* The child: somebody without a rule, who asks and is gone. */
static void
ask_and_end(int fd, const struct sockaddr_un *address, const char *request)
{
	size_t len = strlen(request);

	if (setgid(ASKER) != 0 || setuid(ASKER) != 0 ||
	    connect(fd, (const struct sockaddr *)address, sizeof(*address)) !=
		0 ||
	    send(fd, request, len, 0) != (ssize_t)len)
		_exit(1);
	_exit(0);
}

/* A process of this pid in that group, which waits to be killed. */
static void
take_pid(pid_t pid, int cgroup)
{
	struct clone_args args = { .flags = CLONE_INTO_CGROUP,
		.exit_signal = SIGCHLD,
		.set_tid = (uint64_t)(uintptr_t)&pid,
		.set_tid_size = 1,
		.cgroup = (uint64_t)cgroup };
	long made = syscall(SYS_clone3, &args, sizeof(args));

	if (made < 0)
		give_up("clone3");
	if (made > 0)
		return;
	for (;;)
		(void)pause();
}

/* 'o', 'd', 'c' or '?': what came of it. */
static char
answer(int fd)
{
	char line[4096];
	ssize_t n = recv(fd, line, sizeof(line) - 1, 0);

	if (n <= 0)
		return 'c';
	line[n] = '\0';
	if (strncmp(line, "ok ", 3) == 0)
		return 'o';
	return strncmp(line, "error code=denied ", 18) == 0 ? 'd' : '?';
}

static char
try_once(const struct sockaddr_un *address, pid_t broker, int cgroup,
    const char *request)
{
	int fd = socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0), status;
	struct timeval patience = { 10, 0 };
	pid_t child;
	char what;

	if (fd < 0 ||
	    setsockopt(fd, SOL_SOCKET, SO_RCVTIMEO, &patience,
		sizeof(patience)) != 0 ||
	    kill(broker, SIGSTOP) != 0)
		give_up("stop");
	child = fork();
	if (child == 0)
		ask_and_end(fd, address, request);
	if (waitpid(child, &status, 0) != child || status != 0)
		give_up("child");
	take_pid(child, cgroup);
	if (kill(broker, SIGCONT) != 0)
		give_up("go on");
	what = answer(fd);
	(void)close(fd);
	if (kill(child, SIGKILL) != 0 || waitpid(child, &status, 0) != child)
		give_up("end");
	return what;
}

int
main(int argc, char **argv)
{
	struct sockaddr_un address = { .sun_family = AF_UNIX };
	char request[512];
	unsigned count[256] = { 0 };
	int cgroup;

	if (argc != 6)
		return 64;
	(void)snprintf(address.sun_path, sizeof(address.sun_path), "%s",
	    argv[1]);
	(void)snprintf(request, sizeof(request), "%s\n", argv[5]);
	cgroup = open(argv[3], O_RDONLY | O_DIRECTORY | O_CLOEXEC);
	if (cgroup < 0)
		give_up(argv[3]);
	for (int i = 0; i < atoi(argv[4]); i++)
		count[(unsigned char)try_once(&address, (pid_t)atoi(argv[2]),
		    cgroup, request)]++;
	printf("%u ok, %u denied, %u closed, %u other\n", count['o'],
	    count['d'], count['c'], count['?']);
	return 0;
}
