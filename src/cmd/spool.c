#include "src/cmd/spool.h"

enum { PIECE = 16 << 10 };

void spool_init(struct spool *spool) {
    *spool = (struct spool){.file = NULL};
    buf_init(&spool->text, 0);
}

void spool_fini(struct spool *spool) {
    if (spool->file != NULL)
        fclose(spool->file);
    buf_fini(&spool->text);
}

size_t spool_size(const struct spool *spool) {
    return spool->filed + spool->text.len;
}

static enum err_code trouble(struct err *err) {
    return err_errno(err, ERR_IO, "temporary file", "make room, or set TMPDIR", "cannot be used");
}

enum err_code spool_pass(struct spool *spool, struct err *err) {
    if (spool->text.len < SPOOL_MEMORY)
        return ERR_OK;
    if (spool->file == NULL && (spool->file = tmpfile()) == NULL)
        return trouble(err);
    if (fwrite(spool->text.data, 1, spool->text.len, spool->file) != spool->text.len)
        return trouble(err);
    spool->filed += spool->text.len;
    buf_clear(&spool->text);
    return ERR_OK;
}

static enum err_code copy_filed(struct spool *spool, size_t from, size_t to, struct out *out,
                                struct err *err) {
    if (fseeko(spool->file, (off_t)from, SEEK_SET) != 0)
        return trouble(err);
    while (from < to) {
        size_t want = to - from < PIECE ? to - from : PIECE;
        char *room = buf_room(&out->text, want);
        size_t n = fread(room, 1, want, spool->file);
        if (n == 0)
            return trouble(err);
        buf_wrote(&out->text, n);
        from += n;
        enum err_code code = out_pass(out, err);
        if (code != ERR_OK)
            return code;
    }
    return ERR_OK;
}

enum err_code spool_copy(struct spool *spool, size_t from, size_t to, struct out *out,
                         struct err *err) {
    if (from < spool->filed) {
        size_t end = to < spool->filed ? to : spool->filed;
        enum err_code code = copy_filed(spool, from, end, out, err);
        if (code != ERR_OK)
            return code;
        from = end;
    }
    if (from < to)
        buf_add(&out->text, spool->text.data + (from - spool->filed), to - from);
    return out_pass(out, err);
}
