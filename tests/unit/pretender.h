/* SPDX-License-Identifier: ISC */
/*
 * pretender: a process that plays the broker, well or badly, for a test.
 */
#ifndef TESTS_UNIT_PRETENDER_H
#define TESTS_UNIT_PRETENDER_H

#include <signal.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/prctl.h>
#include <sys/socket.h>
#include <sys/un.h>
#include <sys/wait.h>
#include <unistd.h>

#define GOOD                                                             \
	"ok account=billing@college.test login=billing@college.test "    \
	"mechanism=xoauth2 expires=1795456789 host=localhost port=2587 " \
	"tls=starttls initial_response=dXNlcj1iaWxsaW5n"

/* A broker of ours: a process that has every connection served by a child. */
static struct {
	char folder[64];
	char path[96];
	pid_t pid;
} broker;

/* What a broker does on its nth connection. */
typedef void behave(int fd, int n);

/* Read up to a LF; false at the end. */
static bool
hear(int fd)
{
	char byte = 0;

	while (byte != '\n')
		if (read(fd, &byte, 1) != 1)
			return false;
	return true;
}

static void
say(int fd, const char *text)
{
	size_t len = strlen(text);

	if (send(fd, text, len, MSG_NOSIGNAL) != (ssize_t)len)
		_exit(0); /* the client is gone, and so are we */
}

static void
serve(int listener, behave *conduct)
{
	(void)prctl(PR_SET_PDEATHSIG, SIGKILL);
	(void)signal(SIGCHLD, SIG_IGN);
	for (int n = 0;; n++) {
		int fd = accept(listener, NULL, NULL);

		if (fd < 0)
			_exit(0);
		if (fork() == 0) {
			(void)prctl(PR_SET_PDEATHSIG, SIGKILL);
			conduct(fd, n);
			_exit(0);
		}
		(void)close(fd);
	}
}

static void
start(behave *conduct)
{
	struct sockaddr_un address = { .sun_family = AF_UNIX };
	int listener = socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0);

	(void)snprintf(broker.folder, sizeof(broker.folder),
	    "/tmp/mailseal-unit.XXXXXX");
	assert_non_null(mkdtemp(broker.folder));
	(void)snprintf(broker.path, sizeof(broker.path), "%s/sock",
	    broker.folder);
	memcpy(address.sun_path, broker.path, strlen(broker.path) + 1);
	assert_int_equal(bind(listener, (struct sockaddr *)&address,
			     sizeof(address)),
	    0);
	assert_int_equal(listen(listener, 64), 0);
	broker.pid = fork();
	assert_true(broker.pid >= 0);
	if (broker.pid == 0)
		serve(listener, conduct);
	(void)close(listener);
}

static int
stop(void **state)
{
	(void)state;
	if (broker.pid > 0) {
		(void)kill(broker.pid, SIGKILL);
		(void)waitpid(broker.pid, NULL, 0);
		(void)unlink(broker.path);
		(void)rmdir(broker.folder);
	}
	broker.pid = 0;
	return 0;
}

/* ---- what brokers do */

static void
answer_well(int fd, int n)
{
	(void)n;
	while (hear(fd))
		say(fd, GOOD "\n");
}

static void
answer_in_bytes(int fd, int n)
{
	(void)n;
	while (hear(fd))
		for (const char *at = GOOD "\n"; *at != '\0'; at++)
			say(fd, (char[]){ *at, '\0' });
}

/* On connection n the first n bytes, and then nothing more ever. */
static void
die_at_byte(int fd, int n)
{
	char part[] = GOOD;

	if (!hear(fd))
		return;
	part[n] = '\0';
	say(fd, part);
}

static const char *const junk[] = {
	"\n", "nonsense\n", "ok\n", " ok\n", "ok account\n", "ok account=%61\n",
	"ok account=a account=b\n", "ok\taccount=a\n", "item a=b\nok count=7\n",
	"error\n", "error code=%0A\n", "OK account=a\n", "item a=b\n" GOOD "\n",
	"\x80\xff\xfe\n",
	"ok account=a login=a mechanism=bearer access_token=%0D%0AQUIT\n",
	"ok account=a login=a mechanism=login password=p\n",
	"ok account=a login=a mechanism=xoauth2 initial_response=%00\n",
	"ok account=a login=a mechanism=xoauth2\n",
	"ok account=a login=a mechanism=xoauth2 initial_response=a port=65536\n",
	"ok account=a login=a mechanism=xoauth2 initial_response=a host=%20\n"
};
#define JUNK ((int)(sizeof(junk) / sizeof(junk[0])))

static void
answer_junk(int fd, int n)
{
	if (hear(fd))
		say(fd, junk[n % JUNK]);
	(void)hear(fd);
}

static void
flood(int fd, int n)
{
	char bytes[4096];

	(void)n;
	memset(bytes, 'a', sizeof(bytes) - 1);
	bytes[sizeof(bytes) - 1] = '\0';
	if (hear(fd))
		for (;;)
			say(fd, bytes);
}

static void
be_silent(int fd, int n)
{
	(void)n;
	while (hear(fd))
		continue;
}

static void
drip(int fd, int n)
{
	(void)n;
	while (hear(fd))
		for (;;) {
			say(fd, "a");
			(void)usleep(50000); /* slower than the deadline */
		}
}

static void
answer_once(int fd, int n)
{
	(void)n;
	if (hear(fd))
		say(fd, GOOD "\n");
}

/* The first connection takes a second request and closes without a byte. */
static void
leave_at_second(int fd, int n)
{
	if (hear(fd))
		say(fd, GOOD "\n");
	if (hear(fd) && n > 0)
		say(fd, GOOD "\n");
}

static void
refuse(int fd, int n)
{
	(void)n;
	while (hear(fd))
		say(fd,
		    "error code=unavailable reason=throttled "
		    "message=wait%20a%20bit retry_after=90\n");
}

static void
tell_number(int fd, int n)
{
	char text[160];

	(void)snprintf(text, sizeof(text),
	    "ok account=a login=n%d "
	    "mechanism=bearer access_token=t\n",
	    n);
	while (hear(fd))
		say(fd, text);
}

static void
speak_first(int fd, int n)
{
	(void)n;
	if (hear(fd))
		say(fd, GOOD "\n" GOOD "\n"); /* one too many */
	while (hear(fd))
		say(fd, "error code=internal message=desynchronised\n");
}

#endif
