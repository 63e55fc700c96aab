/* SPDX-License-Identifier: ISC */
#include <errno.h>
#include <fcntl.h>
#include <signal.h>
#include <stdio.h>
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
#include "broker/courier/leash.h"
#include "broker/courier/outcome.h"
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
	int null = open("/dev/null", O_RDWR | O_CLOEXEC);
	sigset_t all;

	(void)close(crew->listener); /* first of all */
	(void)close(crew->signals);
	for (size_t i = 0; i < crew->count; i++) {
		(void)close(crew->hand[i].connection);
		if (crew->hand[i].tell >= 0)
			(void)close(crew->hand[i].tell);
	}
	(void)sigfillset(&all);
	(void)sigprocmask(SIG_UNBLOCK, &all, NULL);
	(void)prctl(PR_SET_PDEATHSIG, SIGKILL);
	(void)setpgid(0, 0);	    /* with all that a module may start */
	if (null > STDERR_FILENO) { /* what a module prints is for nobody */
		(void)dup2(null, STDIN_FILENO);
		(void)dup2(null, STDOUT_FILENO);
		(void)close(null);
	}
	if (getppid() != parent)
		_exit(EXIT_FAILURE);
}

/* A child for the connection; false: the caller keeps it. */
static bool
hire(struct crew *crew, int connection)
{
	pid_t parent = getpid(), pid;
	int tell[2];

	if (pipe2(tell, O_CLOEXEC | O_NONBLOCK) != 0) {
		log_error("pipe failed", "error=%s", strerror(errno));
		answer_busy(connection);
		return false;
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
		return false;
	}
	crew->hand[crew->count++] = (struct hand){ .pid = pid,
		.connection = connection,
		.tell = tell[0],
		.kill_ms = clock_ms() + CHILD_READ_MS + CREW_GRACE_MS };
	return true;
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
	if (!hire(crew, connection))
		(void)close(connection);
}

/* The next news of a child; false when there are none. */
static bool
hear(struct hand *hand)
{
	struct news news;
	ssize_t n = read(hand->tell, &news, sizeof(news));

	if (n < 0 && (errno == EAGAIN || errno == EINTR))
		return false;
	if (n != (ssize_t)sizeof(news) || news.timeout_ms > EXCHANGE_MS_MAX ||
	    news.module[LOAD_NAME_MAX] != '\0') {
		(void)close(hand->tell);
		hand->tell = -1;
		return false;
	}
	if (hand->news.timeout_ms == 0)
		hand->kill_ms = clock_ms() + (int64_t)news.timeout_ms +
		    CREW_GRACE_MS;
	hand->news = news;
	return true;
}

/* What a child died of, for people. */
static void
write_end(const struct hand *hand, const siginfo_t *ended, char *end,
    size_t size)
{
	if (hand->is_late)
		(void)snprintf(end, size,
		    "it was not done in its time, and was killed");
	else if (ended->si_code == CLD_EXITED)
		(void)snprintf(end, size,
		    "it ended the process without an answer (status %d)",
		    ended->si_status);
	else if (ended->si_status == SIGALRM)
		(void)snprintf(end, size, "it did not return within %d s",
		    LEASH_S);
	else
		(void)snprintf(end, size, "it died of signal %d (%s)",
		    ended->si_status, strsignal(ended->si_status));
}

/* Answer for a child that could not. */
static void
answer_for(const struct hand *hand, const siginfo_t *ended)
{
	const char *module = hand->news.module;
	struct http_fault fault;
	struct line_writer reply;
	char bytes[1024], end[256];
	size_t len;

	write_end(hand, ended, end, sizeof(end));
	log_warn("child died", "pid=%d module=%s: %s", (int)hand->pid,
	    module[0] != '\0' ? printable(module) : "-", end);
	if (module[0] != '\0')
		(void)http_fail(&fault, MAILSEAL_E_MODULE, "module %s: %s",
		    printable(module), end);
	else
		(void)http_fail(&fault, MAILSEAL_E_COURIER, "its child: %s",
		    end);
	line_begin(&reply, bytes, sizeof(bytes), "ok");
	outcome_put_fault(&fault, &reply);
	if (line_finish(&reply, &len) == MAILSEAL_OK)
		(void)send(hand->connection, bytes, len, /* it may be gone */
		    MSG_NOSIGNAL | MSG_DONTWAIT);
}

static void
forget(struct crew *crew, const siginfo_t *ended)
{
	for (size_t i = 0; i < crew->count; i++) {
		struct hand *hand = &crew->hand[i];

		if (hand->pid != ended->si_pid)
			continue;
		while (hand->tell >= 0 && hear(hand))
			continue;
		if (hand->news.answers == 0)
			answer_for(hand, ended);
		if (hand->tell >= 0)
			(void)close(hand->tell);
		(void)close(hand->connection);
		*hand = crew->hand[--crew->count];
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
		forget(crew, &ended);
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
		hand->is_late = true;
		(void)kill(-hand->pid, SIGKILL); /* reaped when it is dead */
		hand->kill_ms += CREW_GRACE_MS;
	}
}

void
crew_hear(struct crew *crew, size_t i)
{
	(void)hear(&crew->hand[i]);
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
