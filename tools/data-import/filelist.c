/* SPDX-License-Identifier: MIT */
#include "tools/data-import/filelist.h"

#include <ctype.h>
#include <fcntl.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>
#include <sys/stat.h>
#include <unistd.h>

#include "libcommon/base/log.h"
#include "libcommon/base/mem.h"
#include "libcommon/base/pathname.h"
#include "libcommon/io/folder.h"
#include "libcommon/picture/picture.h"
#include "libcommon/sound/wav.h"
#include "tools/data-import/datafile.h"

/* Returns true when the name has `word`, but not as the end of a longer word
 * ("latest"), nor with `whole` as its beginning ("value"). */
static bool has_word(const char *name, const char *word, bool whole)
{
    size_t n = strlen(word);

    for (const char *p = name; *p; p++)
        if (!strncasecmp(p, word, n) &&
            (p == name || !isalpha((unsigned char)p[-1])) &&
            !(whole && isalpha((unsigned char)p[n])))
            return true;
    return false;
}

enum split_id filelist_split(const char *path)
{
    const char *name = pathname_base(path);

    if (has_word(name, "test", false) || has_word(name, "t10k", false))
        return SPLIT_TEST;
    if (has_word(name, "val", true) || has_word(name, "valid", false))
        return SPLIT_VAL;
    return SPLIT_TRAIN;
}

static bool ends_in(const char *s, const char *end)
{
    size_t n = strlen(s), m = strlen(end);

    return n >= m && !strcmp(s + n - m, end);
}

static bool is_data(const char *name)
{
    static const char *const endings[] = {".bin", "-ubyte", "-ubyte.gz", "-int",
                                          "-int.gz"};

    for (size_t i = 0; i < ARRAY_LEN(endings); i++)
        if (ends_in(name, endings[i]))
            return true;
    return false;
}

/* Returns true for a regular file without an ending that begins as Python's
 * pickles do.  (What is read of a pipe would be lost.) */
static bool is_pickle(const char *path)
{
    unsigned char first[2] = {0};
    struct stat st;
    int fd = -1;

    if (!strchr(pathname_base(path), '.') && stat(path, &st) == 0 &&
        S_ISREG(st.st_mode))
        fd = open(path, O_RDONLY);
    if (fd < 0)
        return false;
    if (read(fd, first, 2) != 2)
        first[0] = 0;
    close(fd);
    return first[0] == 0x80 && first[1] <= 5;
}

/* ---- folders ---- */

static bool is_folder(const char *path)
{
    struct stat st;

    return stat(path, &st) == 0 && S_ISDIR(st.st_mode);
}

struct folder_holds folder_look(const char *path)
{
    struct folder_holds holds = {0};
    struct strs names = {0};
    struct err ignored;

    if (!is_folder(path) || folder_names(path, &names, &ignored) < 0) {
        folder_names_free(&names);
        return holds;
    }
    for (size_t i = 0; i < names.n; i++) {
        char *p;

        if (picture_named(names.v[i]) || wav_named(names.v[i])) {
            holds.pictures++;
            continue;
        }
        p = folder_path(path, names.v[i]);
        if (is_folder(p)) {
            free(holds.folder);
            holds.folder = p;
            holds.folders++;
            continue;
        }
        holds.data += is_data(names.v[i]) || is_pickle(p);
        free(p);
    }
    folder_names_free(&names);
    return holds;
}

char *folder_inside(const char *path)
{
    struct folder_holds outer = folder_look(path);
    struct folder_holds inner = {0};
    bool rest = false;

    if (outer.folders == 1 && !outer.data && !outer.pictures &&
        split_called(pathname_base(outer.folder)) < 0) {
        inner = folder_look(outer.folder);
        rest = !inner.pictures && (inner.data || inner.folders > 1);
        /* The only folder of a class folder has its pictures. */
        if (!inner.pictures && inner.folders == 1) {
            struct folder_holds third = folder_look(inner.folder);

            rest = !third.pictures;
            free(third.folder);
        }
    }
    free(inner.folder);
    if (rest)
        return outer.folder;
    free(outer.folder);
    return NULL;
}

int split_called(const char *name)
{
    static const struct {
        const char *name;
        enum split_id split;
    } all[] = {
        {"train", SPLIT_TRAIN},     {"training", SPLIT_TRAIN},
        {"val", SPLIT_VAL},         {"valid", SPLIT_VAL},
        {"test", SPLIT_TEST},       {"testing", SPLIT_TEST},
        {"validation", SPLIT_VAL},  {"cal", SPLIT_CAL},
        {"calibration", SPLIT_CAL},
    };

    for (size_t i = 0; i < ARRAY_LEN(all); i++)
        if (!strcasecmp(name, all[i].name))
            return all[i].split;
    return -1;
}

/* ---- lists ---- */

#define PICTURES_WANTED                                                    \
    " a folder with a folder of files for each class, or a table of them " \
    "(*.csv), is expected"

/* Add a file, given in place of a folder or found in one. */
static int add_file(struct filelist *l, char *path, enum split_id split,
                    struct err *e)
{
    if (split == SPLIT_TRAIN)
        split = filelist_split(path);
    GROW(l->v, l->n, l->cap);
    l->v[l->n++] = (struct data_file){path, split};
    if (is_pickle(path))
        return err_set(e, ERR_FORMAT,
                       "%s: a pickle of Python, which is not read: CIFAR has a "
                       "binary version, too (cifar-10-binary.tar.gz, "
                       "cifar-100-binary.tar.gz)",
                       path);
    if (picture_named(path) || wav_named(path))
        return err_set(e, ERR_FORMAT, "%s: a %s, where" PICTURES_WANTED, path,
                       wav_named(path) ? "sound" : "picture");
    return 0;
}

int filelist_add(struct filelist *l, const char *path, enum split_id split,
                 struct err *e)
{
    struct strs names = {0};
    size_t first = l->n;
    struct stat st;
    int rc;

    if (stat(path, &st) < 0)
        return err_sys(e, "%s", path);
    if (!S_ISDIR(st.st_mode))
        return add_file(l, xstrdup(path), split, e);

    rc = folder_names(path, &names, e);
    for (size_t i = 0; rc == 0 && i < names.n; i++) {
        char *p = folder_path(path, names.v[i]);

        if (!is_folder(p) && (is_data(names.v[i]) || is_pickle(p)))
            rc = add_file(l, p, split, e);
        else
            free(p);
    }
    folder_names_free(&names);
    if (rc == 0 && l->n == first) {
        struct folder_holds holds = folder_look(path);

        free(holds.folder);
        rc = err_set(e, ERR_FORMAT,
                     holds.pictures
                         ? "%s: files without classes, where" PICTURES_WANTED
                         : "%s: no *.bin, *-ubyte or *-ubyte.gz files in this "
                           "folder, and no folders of pictures",
                     path);
    }
    return rc;
}

/* Warn when FILE.gz does not hold what FILE does. */
static void compare(const char *plain, const char *zipped)
{
    struct buf a = {0}, b = {0};
    struct err e;

    if (data_read(plain, &a, &e) < 0) {
        /* It is read again later, and refused then. */
    } else if (data_read(zipped, &b, &e) < 0) {
        log_warn("%s; %s is used", e.text, plain);
    } else if (a.len != b.len || memcmp(a.data, b.data, a.len) != 0) {
        log_warn("%s and %s do not hold the same data: the first is used",
                 plain, zipped);
    }
    buf_free(&a);
    buf_free(&b);
}

void filelist_once(struct filelist *l)
{
    size_t kept = 0;

    for (size_t i = 0; i < l->n; i++) {
        struct data_file f = l->v[i];
        size_t len = strlen(f.path), plain = ends_in(f.path, ".gz") ? 3 : len;
        bool twice = false;

        for (size_t k = 0; k < l->n && !twice; k++) {
            const char *other = l->v[k].path;

            if (!other || l->v[k].split != f.split)
                continue;
            twice = k < kept && !strcmp(f.path, other);
            if (strlen(other) + plain == len &&
                !strncmp(f.path, other, len - plain)) {
                compare(other, f.path);
                twice = true;
            }
        }
        l->v[i].path = NULL;
        if (twice)
            free(f.path);
        else
            l->v[kept++] = f;
    }
    l->n = kept;
}

void filelist_free(struct filelist *l)
{
    for (size_t i = 0; i < l->n; i++)
        free(l->v[i].path);
    free(l->v);
    *l = (struct filelist){0};
}
