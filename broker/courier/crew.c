/* SPDX-License-Identifier: ISC */
#include <errno.h>
#include <fcntl.h>
#include <signal.h>
#include <stdlib.h>
#include <string.h>
#include <sys/prctl.h>
#include <sys/socket.h>
#include <sys/wait.h>
#include <unistd.h>

#include "broker/courier/child.h"
#include "broker/courier/clock.h"
#include "broker/courier/crew.h"
#include "broker/courier/exchange.h"
#include "broker/log.h"
#include "proto/error.h"

static void
answer_busy(int connection)
{
	struct line none = { .error = MAILSEAL_OK };
	char reply[256];
	size_t len = 0;

	if (exchange_refuse(&none, MAILSEAL_E_BUSY, reply, sizeof(reply),
		&len) == MAILSEAL_OK)
		(void)send(connection, reply, len, /* it may be gone */
		    MSG_NOSIGNAL | MSG_DONTWAIT);
}

/* Leave behind all that is the parent's. */
static void
part(struct crew *crew, pid_t parent)
{
	sigset_t all;

	(void)close(crew->listener); /* first of all */
	(void)close(crew->signals);
	for (size_t i = 0; i < crew->count; i++)
		if (crew->hand[i].tell >= 0)
			(void)close(crew->hand[i].tell);
	(void)sigfillset(&all);
	(void)sigprocmask(SIG_UNBLOCK, &all, NULL);
	(void)prctl(PR_SET_PDEATHSIG, SIGKILL);
	(void)setpgid(0, 0); /* with all that a module may start */
	if (getppid() != parent)
		_exit(EXIT_FAILURE);
}

static void
hire(struct crew *crew, int connection)
{
	pid_t parent = getpid(), pid;
	int tell[2];

	if (pipe2(tell, O_CLOEXEC | O_NONBLOCK) != 0) {
		log_error("pipe failed", "error=%s", strerror(errno));
		answer_busy(connection);
		return;
	}
	pid = fork();
	if (pid == 0) {
		part(crew, parent);
		(void)close(tell[0]);
		child_run(connection, tell[1], &crew->anchors, crew->folder);
	}
	(void)close(tell[1]);
	if (pid < 0) {
		log_error("fork failed", "error=%s", strerror(errno));
		(void)close(tell[0]);
		answer_busy(connection);
		return;
	}
	crew->hand[crew->count++] = (struct hand){ pid, tell[0],
		clock_ms() + CHILD_READ_MS + CREW_GRACE_MS };
}

void
crew_accept(struct crew *crew)
{
	int connection = accept4(crew->listener, NULL, NULL, SOCK_CLOEXEC);
	int error;

	if (connection < 0) {
		if (errno != EAGAIN && errno != EINTR && errno != ECONNABORTED)
			log_warn("accept failed", "error=%s", strerror(errno));
		return;
	}
	if (crew->count >= crew->max) {
		log_warn("too many exchanges", "children=%zu", crew->count);
		answer_busy(connection);
		(void)close(connection);
		return;
	}
	error = x509_refresh(&crew->anchors);
	if (error != MAILSEAL_OK)
		log_warn("ca file unusable", "path=%s reason=%s",
		    crew->anchors.path, mailseal_error_name(error));
	hire(crew, connection);
	(void)close(connection); /* it is the child's */
}

static void
forget(struct crew *crew, pid_t pid)
{
	for (size_t i = 0; i < crew->count; i++) {
		if (crew->hand[i].pid != pid)
			continue;
		if (crew->hand[i].tell >= 0)
			(void)close(crew->hand[i].tell);
		crew->hand[i] = crew->hand[--crew->count];
		return;
	}
}

void
crew_reap(struct crew *crew)
{
	siginfo_t ended = { 0 };

	while (waitid(P_ALL, 0, &ended, WEXITED | WNOHANG | WNOWAIT) == 0 &&
	    ended.si_pid > 0) {
		/* While it is not reaped its group can be nobody else's. */
		(void)kill(-ended.si_pid, SIGKILL);
		(void)waitpid(ended.si_pid, NULL, 0);
		if (ended.si_code != CLD_EXITED)
			log_warn("child died", "pid=%d signal=%d",
			    (int)ended.si_pid, ended.si_status);
		forget(crew, ended.si_pid);
		ended.si_pid = 0;
	}
}

void
crew_kill_late(struct crew *crew)
{
	for (size_t i = 0; i < crew->count; i++) {
		struct hand *hand = &crew->hand[i];

		if (clock_left_ms(hand->kill_ms) > 0)
			continue;
		log_warn("child late", "pid=%d", (int)hand->pid);
		(void)kill(-hand->pid, SIGKILL); /* reaped when it is dead */
		hand->kill_ms += CREW_GRACE_MS;
	}
}

void
crew_hear(struct crew *crew, size_t i)
{
	struct hand *hand = &crew->hand[i];
	uint32_t ms;

	if (read(hand->tell, &ms, sizeof(ms)) == (ssize_t)sizeof(ms) &&
	    ms <= EXCHANGE_MS_MAX)
		hand->kill_ms = clock_ms() + (int64_t)ms + CREW_GRACE_MS;
	(void)close(hand->tell); /* it speaks once */
	hand->tell = -1;
}

int
crew_patience_ms(const struct crew *crew)
{
	int least = -1;

	for (size_t i = 0; i < crew->count; i++) {
		int left = clock_left_ms(crew->hand[i].kill_ms);

		if (least < 0 || left < least)
			least = left;
	}
	return least;
}
