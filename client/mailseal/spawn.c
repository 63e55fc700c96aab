/* SPDX-License-Identifier: ISC */
#include <errno.h>
#include <fcntl.h>
#include <poll.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/pidfd.h>
#include <sys/wait.h>
#include <unistd.h>

#include "client/channel.h"
#include "client/mailseal/spawn.h"

/* One run: our ends of the pipes, -1 when they are closed. */
struct run {
	struct spawn *spawn;
	pid_t pid;
	int child; /* readable when it ended */
	int in, out, err;
	size_t sent;
	bool too_much; /* was printed */
	size_t heard;  /* bytes at the end of its stderr */
	char tail[2 * SPAWN_SAID_MAX];
};

static void
shut(int *fd)
{
	if (*fd >= 0)
		(void)close(*fd); /* a pipe has nothing to lose by it */
	*fd = -1;
}

/* ---- the child */

static bool
clean_environment(void)
{
	return clearenv() == 0 &&
	    setenv("PATH", "/usr/sbin:/usr/bin:/sbin:/bin", 1) == 0 &&
	    setenv("LC_ALL", "C.UTF-8", 1) == 0 &&
	    setenv("SYSTEMD_COLORS", "0", 1) == 0 &&
	    setenv("SYSTEMD_PAGER", "", 1) == 0;
}

/* Become the program; what it cannot be goes to its stderr. */
static void __attribute__((noreturn))
become(const char *path, const char *const *word, int in, int out, int err)
{
	sigset_t none;

	(void)sigemptyset(&none);
	(void)signal(SIGPIPE, SIG_DFL);
	(void)sigprocmask(SIG_SETMASK, &none, NULL);
	if (dup2(in, STDIN_FILENO) >= 0 && dup2(out, STDOUT_FILENO) >= 0 &&
	    dup2(err, STDERR_FILENO) >= 0 && chdir("/") == 0 &&
	    clean_environment())
		(void)execl(path, path, word[0], word[1], word[2], word[3],
		    word[4], word[5], word[6], (char *)NULL);
	(void)dprintf(err, "%s: %s\n", path, strerror(errno));
	_exit(127);
}

static bool
start(struct run *run)
{
	int in[2] = { -1, -1 }, out[2] = { -1, -1 }, err[2] = { -1, -1 };
	bool piped = pipe2(in, O_CLOEXEC) == 0 && pipe2(out, O_CLOEXEC) == 0 &&
	    pipe2(err, O_CLOEXEC) == 0;

	run->pid = piped ? fork() : -1;
	if (run->pid == 0)
		become(run->spawn->path, run->spawn->word, in[0], out[1],
		    err[1]);
	if (run->pid > 0)
		run->child = pidfd_open(run->pid, 0);
	run->in = in[1];
	run->out = out[0];
	run->err = err[0];
	shut(&in[0]);
	shut(&out[1]);
	shut(&err[1]);
	return run->pid > 0 && run->child >= 0 &&
	    fcntl(run->in, F_SETFL, O_NONBLOCK) == 0 &&
	    fcntl(run->out, F_SETFL, O_NONBLOCK) == 0 &&
	    fcntl(run->err, F_SETFL, O_NONBLOCK) == 0;
}

/* ---- its pipes */

static void
feed(struct run *run)
{
	const struct spawn *s = run->spawn;
	size_t left = s->input == NULL ? 0 : s->input_len - run->sent;
	ssize_t n = left == 0 ? 0 : write(run->in, s->input + run->sent, left);

	if (n > 0)
		run->sent += (size_t)n;
	if (n < 0 && (errno == EAGAIN || errno == EINTR))
		return;
	if (n < 0 || (size_t)n == left)
		shut(&run->in); /* that was all, or nobody reads it */
}

/* All that is there now; false at its end. */
static bool
drain_output(struct run *run)
{
	struct spawn *s = run->spawn;
	char spill[512];
	bool full = s->output_len + 1 >= s->output_size;
	ssize_t n = full ? read(run->out, spill, sizeof(spill)) :
			   read(run->out, s->output + s->output_len,
			       s->output_size - s->output_len - 1);

	if (full)
		explicit_bzero(spill, sizeof(spill));
	if (n < 0)
		return errno == EAGAIN || errno == EINTR;
	if (n > 0 && full)
		run->too_much = s->output_size > 0;
	else if (n > 0)
		s->output_len += (size_t)n;
	return n > 0;
}

/* The same of its stderr, of which only the end is kept. */
static bool
drain_words(struct run *run)
{
	char words[SPAWN_SAID_MAX];
	ssize_t n = read(run->err, words, sizeof(words));
	size_t over;

	if (n <= 0)
		return n < 0 && (errno == EAGAIN || errno == EINTR);
	over = run->heard + (size_t)n > sizeof(run->tail) ?
	    run->heard + (size_t)n - sizeof(run->tail) :
	    0;
	memmove(run->tail, run->tail + over, run->heard - over);
	run->heard -= over;
	memcpy(run->tail + run->heard, words, (size_t)n);
	run->heard += (size_t)n;
	return true;
}

static void
serve(struct run *run, const struct pollfd fds[4])
{
	if (fds[0].revents != 0)
		feed(run);
	if (fds[1].revents != 0 && !drain_output(run))
		shut(&run->out);
	if (fds[2].revents != 0 && !drain_words(run))
		shut(&run->err);
}

/* Until it ended, or the deadline. */
static bool
attend(struct run *run, int64_t deadline)
{
	for (;;) {
		int64_t left = deadline - channel_now_ms();
		struct pollfd fds[4] = { { run->in, POLLOUT, 0 },
			{ run->out, POLLIN, 0 }, { run->err, POLLIN, 0 },
			{ run->child, POLLIN, 0 } };

		if (left <= 0)
			return false;
		if (poll(fds, 4, (int)left) < 0 && errno != EINTR)
			return false;
		serve(run, fds);
		/* It ended, and what it left in the pipes was taken. */
		if (fds[3].revents != 0 && (fds[1].revents & POLLIN) == 0 &&
		    (fds[2].revents & POLLIN) == 0)
			return true;
	}
}

/* ---- its end */

/* The last line that is not empty. */
static void
remember(struct run *run)
{
	size_t end = run->heard, start;

	while (end > 0 && strchr(" \r\n", run->tail[end - 1]) != NULL)
		end--;
	for (start = end; start > 0 && run->tail[start - 1] != '\n'; start--)
		;
	(void)snprintf(run->spawn->said, sizeof(run->spawn->said), "%.*s",
	    (int)(end - start), run->tail + start);
}

static bool
reap(struct run *run, bool in_time, unsigned timeout_s)
{
	struct spawn *s = run->spawn;
	int status = -1;

	if (!in_time)
		(void)kill(run->pid, SIGKILL); /* not reaped yet: it is it */
	while (waitpid(run->pid, &status, 0) < 0 && errno == EINTR)
		;
	remember(run);
	if (!in_time)
		(void)snprintf(s->said, sizeof(s->said),
		    "%s: not done after %u s", s->path, timeout_s);
	else if (run->too_much)
		(void)snprintf(s->said, sizeof(s->said),
		    "%s: it printed more than was asked for", s->path);
	else if (status != 0 && s->said[0] == '\0')
		(void)snprintf(s->said, sizeof(s->said),
		    "%s: it ended with status %d", s->path,
		    WIFEXITED(status) ? WEXITSTATUS(status) :
					128 + WTERMSIG(status));
	return in_time && !run->too_much && status == 0;
}

bool
spawn_run(struct spawn *spawn, unsigned timeout_s)
{
	struct sigaction ignore = { .sa_handler = SIG_IGN }, usual;
	int64_t deadline = channel_now_ms() + (int64_t)timeout_s * 1000;
	struct run run = { .spawn = spawn, .child = -1 };
	bool good = false;

	spawn->output_len = 0;
	spawn->said[0] = '\0';
	(void)sigaction(SIGPIPE, &ignore, &usual); /* it may not read it all */
	if (!start(&run))
		(void)snprintf(spawn->said, sizeof(spawn->said), "%s: %s",
		    spawn->path, strerror(errno));
	if (run.pid > 0)
		good = reap(&run, run.child >= 0 && attend(&run, deadline),
		    timeout_s);
	shut(&run.in);
	shut(&run.out);
	shut(&run.err);
	shut(&run.child);
	(void)sigaction(SIGPIPE, &usual, NULL);
	if (spawn->output_size > 0)
		spawn->output[spawn->output_len] = '\0';
	return good;
}
