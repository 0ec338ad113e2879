#include "src/cmd/out.h"

#include <errno.h>
#include <poll.h>
#include <signal.h>
#include <unistd.h>

enum { PIECE = 16 << 10 }; /* a pipe's worth */

void out_init(struct out *out, int fd, const char *name) {
    struct sigaction ignore = {.sa_handler = SIG_IGN};
    sigemptyset(&ignore.sa_mask);
    sigaction(SIGPIPE, &ignore, NULL);
    *out = (struct out){.fd = fd, .name = name};
    buf_init(&out->text, 0);
}

void out_fini(struct out *out) {
    buf_fini(&out->text);
}

static enum err_code result(const struct out *out, struct err *err) {
    if (out->failed == 0)
        return ERR_OK;
    errno = out->failed;
    return err_errno(err, ERR_IO, out->name, NULL, "cannot be written");
}

enum err_code out_flush(struct out *out, struct err *err) {
    size_t done = 0;
    while (out->failed == 0 && done < out->text.len) {
        ssize_t n = write(out->fd, out->text.data + done, out->text.len - done);
        if (n >= 0) {
            done += (size_t)n;
        } else if (errno == EAGAIN) {
            struct pollfd wait = {.fd = out->fd, .events = POLLOUT};
            poll(&wait, 1, -1);
        } else if (errno != EINTR) {
            out->failed = errno;
        }
    }
    buf_clear(&out->text);
    return result(out, err);
}

enum err_code out_pass(struct out *out, struct err *err) {
    return out->text.len < PIECE ? result(out, err) : out_flush(out, err);
}
