/* file_archive.c - see file_archive.h; libarchive knows the formats.
 *
 * Names go through libarchive as UTF-8, and what it makes of an entry is checked here, not
 * believed: it is never asked to write to a disk itself. */
#include "handlers/file_archive.h"

#include "handlers/archive_library.h"
#include "handlers/file_copy.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

enum { READ_BLOCK = 256 * 1024, WRITE_BLOCK = 256 * 1024 };

locale_t file_archive_locale(void) {
    return newlocale(LC_CTYPE_MASK, "C.UTF-8", (locale_t)0);
}

static bool fail(struct archive *archive, struct err *err) {
    const char *why = libarchive()->archive_error_string(archive);
    return err_set(err, ERR_INVALID, "%s", why ? why : "the archive cannot be worked with");
}

/* --- packing --- */

struct file_packer {
    struct archive *archive;
    struct archive_entry *entry;
    char *bytes;
    int fd;
    int64_t flushed;
};

static bool set_format(struct archive *archive, enum file_compression compression) {
    bool ok = compression == FILE_ZIP
                  ? libarchive()->archive_write_set_format_zip(archive) == ARCHIVE_OK
                  : libarchive()->archive_write_set_format_pax_restricted(archive) == ARCHIVE_OK;
    if (compression == FILE_TAR_GZ)
        ok = ok && libarchive()->archive_write_add_filter_gzip(archive) == ARCHIVE_OK;
    if (compression == FILE_TAR_ZST) {
        ok = ok && libarchive()->archive_write_add_filter_zstd(archive) == ARCHIVE_OK;
        /* One thread compresses while this one reads, as `tar --zstd` does. Not every version of
         * the library can. */
        (void)libarchive()->archive_write_set_filter_option(archive, "zstd", "threads", "1");
    }
    return ok &&
           libarchive()->archive_write_set_bytes_per_block(archive, WRITE_BLOCK) == ARCHIVE_OK &&
           libarchive()->archive_write_set_bytes_in_last_block(archive, 1) == ARCHIVE_OK;
}

struct file_packer *file_packer_new(int fd, enum file_compression compression, struct err *err) {
    if (!archive_library_load(err)) return NULL;
    struct file_packer *packer = xcalloc(1, sizeof *packer);
    packer->fd = fd;
    packer->archive = libarchive()->archive_write_new();
    packer->entry = libarchive()->archive_entry_new();
    packer->bytes = xmalloc(FILE_CHUNK);
    if (!packer->archive || !packer->entry) abort(); // out of memory
    if (set_format(packer->archive, compression) &&
        libarchive()->archive_write_open_fd(packer->archive, fd) == ARCHIVE_OK)
        return packer;
    (void)fail(packer->archive, err);
    file_packer_free(packer);
    return NULL;
}

void file_packer_free(struct file_packer *packer) {
    if (!packer) return;
    (void)libarchive()->archive_write_fail(
        packer->archive); // what is not closed is not wanted any more
    (void)libarchive()->archive_write_free(packer->archive);
    libarchive()->archive_entry_free(packer->entry);
    free(packer->bytes);
    free(packer);
}

bool file_packer_close(struct file_packer *packer, struct err *err) {
    return libarchive()->archive_write_close(packer->archive) == ARCHIVE_OK ||
           fail(packer->archive, err);
}

static bool begin_entry(struct file_packer *packer, const struct stat *status, const char *name,
                        struct err *err) {
    struct archive_entry *entry = libarchive()->archive_entry_clear(packer->entry);
    libarchive()->archive_entry_set_pathname(entry, name);
    libarchive()->archive_entry_set_filetype(entry, AE_IFREG);
    libarchive()->archive_entry_set_perm(entry, status->st_mode & 0777);
    libarchive()->archive_entry_set_size(entry, status->st_size);
    libarchive()->archive_entry_set_mtime(entry, status->st_mtim.tv_sec, status->st_mtim.tv_nsec);
    int result = libarchive()->archive_write_header(packer->archive, entry);
    return result == ARCHIVE_OK || result == ARCHIVE_WARN || fail(packer->archive, err);
}

/* Exactly as many bytes as were announced. */
static enum pack_result put_bytes(struct file_packer *packer, int fd, int64_t left,
                                  const atomic_bool *is_stopped, struct err *err) {
    while (left > 0) {
        size_t wanted = left < FILE_CHUNK ? (size_t)left : (size_t)FILE_CHUNK;
        if (atomic_load(is_stopped)) return PACK_STOPPED;
        file_flush_behind(packer->fd, &packer->flushed);
        ssize_t got = read(fd, packer->bytes, wanted);
        if (got < 0 && errno == EINTR) continue;
        if (got <= 0) {
            (void)err_set(err, ERR_INVALID, "%s",
                          got == 0 ? "was cut short while it was packed" : strerrordesc_np(errno));
            return PACK_BROKEN;
        }
        for (ssize_t put = 0, more; put < got; put += more) {
            more = libarchive()->archive_write_data(packer->archive, packer->bytes + put,
                                                    (size_t)(got - put));
            if (more > 0) continue;
            (void)fail(packer->archive, err);
            return PACK_BROKEN;
        }
        left -= got;
    }
    return PACK_DONE;
}

enum pack_result file_packer_add(struct file_packer *packer, int fd, const struct stat *status,
                                 const char *name, const atomic_bool *is_stopped, struct err *err) {
    struct stat now;
    if (!begin_entry(packer, status, name, err)) return PACK_BROKEN;
    enum pack_result result = put_bytes(packer, fd, status->st_size, is_stopped, err);
    if (result != PACK_DONE) return result;
    if (libarchive()->archive_write_finish_entry(packer->archive) < ARCHIVE_WARN) {
        (void)fail(packer->archive, err);
        return PACK_BROKEN;
    }
    if (fstat(fd, &now) != 0 || file_has_changed(status, &now)) return PACK_CHANGED;
    return PACK_DONE;
}

/* --- unpacking --- */

struct file_unpacker {
    struct archive *archive;
    int64_t packed_size, max_bytes, bytes;
    int64_t entries;
    struct buf name;
};

struct file_unpacker *file_unpacker_new(int fd, int64_t max_bytes, struct err *err) {
    if (!archive_library_load(err)) return NULL;
    struct file_unpacker *unpacker = xcalloc(1, sizeof *unpacker);
    struct archive *archive = unpacker->archive = libarchive()->archive_read_new();
    struct stat status;
    if (!archive) abort(); // out of memory
    unpacker->max_bytes = max_bytes;
    unpacker->name = buf_with_max(MAX_PATH_BYTES);
    bool ok = fstat(fd, &status) == 0 && lseek(fd, 0, SEEK_SET) == 0;
    unpacker->packed_size = ok ? status.st_size : 0;
    ok = ok && libarchive()->archive_read_support_filter_gzip(archive) == ARCHIVE_OK &&
         libarchive()->archive_read_support_filter_zstd(archive) == ARCHIVE_OK &&
         libarchive()->archive_read_support_format_tar(archive) == ARCHIVE_OK &&
         libarchive()->archive_read_support_format_zip(archive) == ARCHIVE_OK &&
         libarchive()->archive_read_open_fd(archive, fd, READ_BLOCK) == ARCHIVE_OK;
    if (ok) return unpacker;
    if (libarchive()->archive_error_string(archive))
        (void)err_set(err, ERR_INVALID, "is no zip, tar, tar.gz or tar.zst: %s",
                      libarchive()->archive_error_string(archive));
    else
        (void)err_set(err, ERR_INVALID, "cannot be read");
    file_unpacker_free(unpacker);
    return NULL;
}

void file_unpacker_free(struct file_unpacker *unpacker) {
    if (!unpacker) return;
    (void)libarchive()->archive_read_free(unpacker->archive);
    buf_free(&unpacker->name);
    free(unpacker);
}

static bool is_plain_name(struct str name) {
    bool has_part = false;
    for (size_t i = 0; i < name.len; i++)
        if ((unsigned char)name.ptr[i] < 0x20 || name.ptr[i] == 0x7f) return false;
    while (!str_is_absent(name)) {
        struct str part = str_cut(&name, '/');
        if (part.len == 0 || part.len > MAX_PATH_NAME || str_equal(part, STR("..")) ||
            str_equal(part, STR(".")))
            return false;
        has_part = true;
    }
    return has_part;
}

/* `./a/` is `a`; nothing else is mended. */
static bool take_name(struct file_unpacker *unpacker, struct archive_entry *entry, bool *ret_is_top,
                      struct err *err) {
    const char *text = libarchive()->archive_entry_pathname_utf8(entry);
    if (!text) text = libarchive()->archive_entry_pathname(entry);
    struct str name = str_from_cstr(text);
    while (str_starts_with(name, STR("./"))) name = str_slice(name, 2, name.len);
    if (name.len > 0 && name.ptr[name.len - 1] == '/') name.len--;
    *ret_is_top = text && (name.len == 0 || str_equal(name, STR("."))) && text[0] == '.';
    buf_reset(&unpacker->name);
    buf_put(&unpacker->name, name);
    if (*ret_is_top || (is_plain_name(name) && !unpacker->name.too_big)) return true;
    struct buf shown = buf_with_max(0);
    buf_put_utf8(&shown, str_slice(str_from_cstr(text), 0, 100));
    (void)err_set(err, ERR_INVALID,
                  "holds a name that leads elsewhere, and nothing is unpacked: %s",
                  shown.ptr ? shown.ptr : "(none)");
    buf_free(&shown);
    return false;
}

static bool check_entry(struct file_unpacker *unpacker, struct archive_entry *entry,
                        struct err *err) {
    mode_t type = libarchive()->archive_entry_filetype(entry);
    const char *what = libarchive()->archive_entry_hardlink(entry) ? "a hard link"
                       : type == AE_IFLNK                          ? "a symbolic link"
                       : type != AE_IFREG && type != AE_IFDIR      ? "a device, FIFO or socket"
                                                                   : NULL;
    if (what)
        return err_set(err, ERR_INVALID, "holds %s, and nothing is unpacked: %.100s", what,
                       unpacker->name.ptr);
    if (libarchive()->archive_entry_is_encrypted(entry))
        return err_set(err, ERR_INVALID, "is encrypted: %.100s", unpacker->name.ptr);
    if (++unpacker->entries > MAX_ARCHIVE_ENTRIES)
        return err_set(err, ERR_LIMIT, "holds more than %d entries", MAX_ARCHIVE_ENTRIES);
    return true;
}

bool file_unpacker_next(struct file_unpacker *unpacker, struct archived_file *ret,
                        struct err *err) {
    struct archive_entry *entry;
    bool is_top = true;
    while (is_top) {
        int result = libarchive()->archive_read_next_header(unpacker->archive, &entry);
        if (result == ARCHIVE_EOF) return false;
        if (result != ARCHIVE_OK && result != ARCHIVE_WARN) return fail(unpacker->archive, err);
        if (!take_name(unpacker, entry, &is_top, err)) return false;
        if (!is_top && !check_entry(unpacker, entry, err)) return false;
    }
    *ret = (struct archived_file){
        .name = unpacker->name.ptr,
        .is_folder = libarchive()->archive_entry_filetype(entry) == AE_IFDIR,
        .mode = (libarchive()->archive_entry_perm(entry) & 0755) | 0600,
        .size = libarchive()->archive_entry_size_is_set(entry)
                    ? libarchive()->archive_entry_size(entry)
                    : -1,
        .modified = {.tv_sec = libarchive()->archive_entry_mtime(entry),
                     .tv_nsec = libarchive()->archive_entry_mtime_nsec(entry)},
    };
    return true;
}

int64_t file_unpacker_read(struct file_unpacker *unpacker, void *bytes, size_t size,
                           struct err *err) {
    ssize_t got = libarchive()->archive_read_data(unpacker->archive, bytes, size);
    if (got < 0) {
        (void)fail(unpacker->archive, err);
        return -1;
    }
    unpacker->bytes += got;
    if (unpacker->bytes > unpacker->max_bytes) {
        (void)err_set(err, ERR_LIMIT,
                      "holds more than the %lld bytes that Scheduler:Jobs:MaxDecompressedBytes "
                      "allows",
                      (long long)unpacker->max_bytes);
        return -1;
    }
    if (unpacker->max_bytes < INT64_MAX && unpacker->bytes > ARCHIVE_FREE_BYTES &&
        unpacker->bytes / MAX_ARCHIVE_RATIO > unpacker->packed_size) {
        (void)err_set(err, ERR_LIMIT, "holds more than %d times its own size", MAX_ARCHIVE_RATIO);
        return -1;
    }
    return got;
}
