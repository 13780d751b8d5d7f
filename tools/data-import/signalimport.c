/* SPDX-License-Identifier: MIT */
#include "tools/data-import/signalimport.h"

#include <inttypes.h>
#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "libcommon/base/log.h"
#include "libcommon/base/mem.h"
#include "libcommon/base/number.h"
#include "libcommon/base/pathname.h"
#include "libcommon/base/progress.h"
#include "libcommon/base/utf8.h"
#include "libcommon/io/folder.h"
#include "libcommon/sound/resample.h"
#include "libcommon/sound/wfdb.h"
#include "tools/data-import/beatclasses.h"
#include "tools/data-import/recordlist.h"

struct beat_place {
    uint32_t record;
    uint32_t at; /* sample of the record as it is stored */
};

/* What the draft computes its samples of. */
struct signals {
    const struct import_opts *o;
    struct recordlist records;
    struct beat_place *beats; /* of the draft's samples, record by record */
    size_t beats_n, beats_cap;
    struct strs leads; /* names or numbers of signals; owned */
    bool all_leads;    /* those of the first record are still to be taken */
    double rate;       /* of windows */
    int64_t before, after;
    size_t unknown, edge; /* beats left out */
    bool changing;        /* leads are called otherwise in some records */

    /* the record at hand, at the rate of windows */
    size_t current; /* index, n = none */
    size_t samples;
    double ratio;
    float *mv; /* (leads, samples) */
    struct buf file;
};

static void fini(void *state)
{
    struct signals *s = state;

    recordlist_free(&s->records);
    free(s->beats);
    folder_names_free(&s->leads);
    free(s->mv);
    buf_free(&s->file);
    free(s);
}

/* ---- windows ---- */

/* One of the two numbers of a window. */
struct side {
    double v;
    bool seconds;
};

static int read_sides(const char *text, struct side side[2], struct err *e)
{
    const char *at = text;

    for (int i = 0; i < 2 && at; i++) {
        if (i && *at++ != ',')
            break;
        at = number_read(at, NUMBER_BARE, &side[i].v);
        if (at && !(side[i].v >= 0 && side[i].v <= 1e6))
            at = NULL;
        side[i].seconds = at && *at == 's';
        if (at && side[i].seconds)
            at++;
        if (at && i && !*at)
            return 0;
    }
    return err_set(e, ERR_ARG,
                   "--window is BEFORE,AFTER, in samples or with an s in "
                   "seconds, not '%s'",
                   text);
}

int signal_window(const char *text, double rate, int64_t *before,
                  int64_t *after, struct err *e)
{
    struct side side[2];
    double n[2];

    if (read_sides(text, side, e) < 0)
        return e->code;
    for (int i = 0; i < 2; i++) {
        n[i] = side[i].v;
        if (side[i].seconds)
            n[i] = floor(n[i] * rate + 0.5);
        if (!(n[i] >= 0 && n[i] <= DATASET_MAX_SIDE && n[i] == floor(n[i])))
            return err_set(e, ERR_ARG,
                           "--window: '%s' has not whole numbers of samples "
                           "within 0..%d at %g Hz",
                           text, DATASET_MAX_SIDE, rate);
    }
    *before = (int64_t)n[0];
    *after = (int64_t)n[1];
    if (n[0] + n[1] >= 1 && n[0] + n[1] <= DATASET_MAX_SIDE)
        return 0;
    return err_set(e, ERR_ARG, "--window: %g samples are not within 1..%d",
                   n[0] + n[1], DATASET_MAX_SIDE);
}

int signal_window_check(const char *text, struct err *e)
{
    struct side side[2];

    return read_sides(text, side, e);
}

void signal_window_text(const char *text, struct buf *out)
{
    struct side side[2];
    struct err ignored;

    if (read_sides(text, side, &ignored) < 0)
        return;
    for (int i = 0; i < 2; i++) {
        buf_adds(out, i ? "," : "");
        number_text(side[i].v, out);
        buf_adds(out, side[i].seconds ? "s" : "");
    }
}

/* ---- records ---- */

/* Set index[] to the record's signals that are the leads, of which the first record
 * says by default which they are. */
static int find_leads(struct signals *s, const char *path,
                      const struct wfdb_record *r, size_t *index, struct err *e)
{
    struct buf text = {0};

    for (size_t i = 0; s->all_leads && i < r->n; i++) {
        s->leads.v = xreallocarray(s->leads.v, i + 1, sizeof *s->leads.v);
        s->leads.v[s->leads.n++] = xasprintf("%zu", i + 1);
    }
    s->all_leads = false;
    for (size_t i = 0; i < s->leads.n; i++) {
        index[i] = wfdb_find_signal(r, s->leads.v[i]);
        if (index[i] < r->n && !utf8_printable(r->signals[index[i]].name))
            return err_set(e, ERR_FORMAT,
                           "%s: the name of signal %zu is not UTF-8 without "
                           "control characters",
                           path, index[i] + 1);
        if (index[i] < r->n)
            continue;
        for (size_t k = 0; k < r->n; k++)
            buf_addf(&text, "%s%zu '%s'", k ? ", " : "", k + 1,
                     r->signals[k].name);
        err_set(e, ERR_FORMAT,
                "%s: there is no lead %s: it has %s (--leads chooses)", path,
                s->leads.v[i], text.data);
        buf_free(&text);
        return e->code;
    }
    return 0;
}

/* Returns where an event at sample `at` of a record lies at the windows' rate. */
static int64_t event_at(double ratio, size_t at)
{
    return (int64_t)floor((double)at * ratio + 0.5);
}

/* Add the beats of one record. */
static int add_beats(struct signals *s, size_t k, const struct wfdb_record *r,
                     const struct beat_classes *classes, struct dataset *d,
                     struct draft *f, struct err *e)
{
    const char *path = s->records.v[k].path;
    int stem = (int)(strlen(path) - strlen(".hea"));
    char *notes_path = xasprintf("%.*s.%s", stem, path, s->o->signal.annotator);
    char *record = xasprintf("%.*s", stem - (int)(pathname_base(path) - path),
                             pathname_base(path));
    struct wfdb_notes notes = {0};
    double ratio = s->rate / r->rate;
    int64_t samples = (int64_t)resample_count(r->samples, ratio);
    int rc = wfdb_notes_load(notes_path, r->rate, r->samples, &s->file, &notes,
                             e);

    for (size_t i = 0; rc == 0 && i < notes.n; i++) {
        char sign = wfdb_beat_sign(notes.v[i].code);
        int label = sign ? classes->label[(unsigned char)sign] : -1;
        int64_t at = event_at(ratio, notes.v[i].at);
        char *name;

        s->unknown += sign && label < 0;
        if (label < 0)
            continue;
        if (at < s->before || at + s->after > samples) {
            s->edge++;
            continue;
        }
        name = xasprintf("%s:%zu", record, notes.v[i].at);
        draft_add(f, d, s->records.v[k].split, label, name, record);
        free(name);
        GROW(s->beats, s->beats_n, s->beats_cap);
        s->beats[s->beats_n++] = (struct beat_place){(uint32_t)k,
                                                     (uint32_t)notes.v[i].at};
    }
    wfdb_notes_free(&notes);
    free(record);
    free(notes_path);
    return rc;
}

/* Look at record k: its header, its leads and its beats. */
static int add_record(struct signals *s, size_t k,
                      const struct beat_classes *classes, struct dataset *d,
                      struct draft *f, struct err *e)
{
    const char *path = s->records.v[k].path;
    struct strs *names = &f->in.source.signal.leads;
    struct wfdb_record r = {0};
    size_t index[WFDB_SIGNALS];
    int rc = wfdb_header_load(path, &r, e);

    if (rc == 0 && k == 0) { /* which decides for all, and names the leads */
        s->rate = isnan(s->o->rate) ? r.rate : s->o->rate;
        rc = signal_window(s->o->signal.window, s->rate, &s->before, &s->after,
                           e);
    }
    if (rc == 0 &&
        (s->rate / r.rate > RESAMPLE_MOST || r.rate / s->rate > RESAMPLE_MOST))
        rc = err_set(e, ERR_FORMAT,
                     "%s: %g samples a second cannot be brought to %g: the "
                     "rates differ by a factor of more than %g",
                     path, r.rate, s->rate, RESAMPLE_MOST);
    if (rc == 0 && k == 0)
        names->v = xcalloc(s->o->signal.leads ? s->leads.n : r.n,
                           sizeof *names->v);
    if (rc == 0)
        rc = find_leads(s, path, &r, index, e);
    for (size_t i = 0; rc == 0 && i < s->leads.n; i++) {
        const char *name = r.signals[index[i]].name;

        if (k == 0)
            names->v[names->n++] = xstrdup(name);
        else
            s->changing |= strcmp(names->v[i], name) != 0;
    }
    if (rc == 0 && r.samples > UINT32_MAX)
        rc = err_set(e, ERR_FORMAT, "%s: %zu samples exceed %" PRIu32, path,
                     r.samples, UINT32_MAX);
    if (rc == 0)
        rc = add_beats(s, k, &r, classes, d, f, e);
    wfdb_record_free(&r);
    return rc;
}

/* ---- samples ---- */

/* Load the leads of record k, brought to the rate of windows. */
static int load_record(struct signals *s, size_t k, struct err *e)
{
    const char *path = s->records.v[k].path;
    struct wfdb_record r = {0};
    size_t index[WFDB_SIGNALS], missing;
    float *stored = NULL;
    int rc = wfdb_header_load(path, &r, e);

    s->current = s->records.n;
    if (rc == 0)
        rc = find_leads(s, path, &r, index, e);
    if (rc == 0) {
        s->ratio = s->rate / r.rate;
        s->samples = resample_count(r.samples, s->ratio);
        free(s->mv);
        s->mv = xcalloc(s->samples * s->leads.n, sizeof *s->mv);
        stored = xcalloc(r.samples, sizeof *stored);
    }
    for (size_t i = 0; rc == 0 && i < s->leads.n; i++) {
        float *to = s->mv + i * s->samples;

        rc = wfdb_signal_load(path, &r, index[i], &s->file, stored, &missing,
                              e);
        if (rc == 0 && missing)
            log_warn("%s: %zu samples of lead %s are missing: they have the "
                     "value before them",
                     path, missing, s->leads.v[i]);
        if (rc == 0 && s->rate == r.rate)
            memcpy(to, stored, s->samples * sizeof *to);
        else if (rc == 0)
            resample(stored, r.samples, s->ratio, to, s->samples);
    }
    s->current = rc == 0 ? k : s->records.n;
    free(stored);
    wfdb_record_free(&r);
    return rc;
}

static int compute(void *state, size_t sample, struct variation *v, float *to,
                   struct err *e)
{
    struct signals *s = state;
    const struct beat_place *b = &s->beats[sample];
    const size_t n = (size_t)(s->before + s->after), leads = s->leads.n;
    int64_t from, last;
    float *window;

    if (b->record != s->current && load_record(s, b->record, e) < 0)
        return e->code;
    if (s->samples < n)
        return err_set(e, ERR_FORMAT, "%s: changes while it is read",
                       s->records.v[b->record].path);
    from = event_at(s->ratio, b->at) - s->before;
    last = (int64_t)(s->samples - n);
    if (v)
        from -= (int64_t)floor(v->shift * s->rate + 0.5);
    from = from < 0 ? 0 : from > last ? last : from;
    window = xcalloc(n, sizeof *window);
    for (size_t l = 0; l < leads; l++) {
        memcpy(window, s->mv + l * s->samples + from, n * sizeof *window);
        if (v)
            variation_apply(v, window, n);
        for (size_t i = 0; i < n; i++)
            to[i * leads + l] = window[i];
    }
    free(window);
    return 0;
}

/* ---- the draft ---- */

static void note_signals(const struct signals *s, const struct strs *names,
                         size_t beats, struct buf *notes)
{
    buf_addf(notes,
             "Windows of %" PRId64 " samples before an R peak and %" PRId64
             " from it on, at ",
             s->before, s->after);
    number_text(s->rate, notes);
    buf_adds(notes, " Hz.\nLeads");
    for (size_t i = 0; i < names->n; i++)
        buf_addf(notes, "%s %s", i ? "," : "",
                 names->v[i][0] ? names->v[i] : s->leads.v[i]);
    buf_adds(notes, ".\n");
    if (s->unknown)
        buf_addf(notes, "Left out: %zu beats that no class has.\n", s->unknown);
    if (s->edge)
        buf_addf(notes,
                 "Left out: %zu beats whose windows reach beyond the record.\n",
                 s->edge);
    if (s->changing)
        log_warn("leads have other names in other records: --leads=NAME,... "
                 "takes them by name");
    log_info("%zu beats of %zu records", beats, s->records.n);
}

/* Name the classes of *d: those that have beats, with skip_empty; labels follow. */
static int name_classes(const struct import_opts *o,
                        const struct beat_classes *c, struct dataset *d,
                        struct draft *f, struct err *e)
{
    size_t *count = xcalloc(c->names.n, sizeof *count), n = 0;
    int32_t *label = xcalloc(c->names.n, sizeof *label);
    const char **names = xcalloc(c->names.n, sizeof *names);
    int rc = 0;

    for (size_t i = 0; i < f->n; i++)
        count[f->labels[i]]++;
    for (size_t k = 0; k < c->names.n && rc == 0; k++) {
        if (!count[k] && !o->skip_empty)
            rc = err_set(e, ERR_FORMAT,
                         "class '%s' has no beats (--skip-empty leaves such "
                         "classes out, --beats makes others)",
                         c->names.v[k]);
        label[k] = (int32_t)n;
        if (count[k])
            names[n++] = c->names.v[k];
    }
    for (size_t i = 0; i < f->n; i++)
        f->labels[i] = label[f->labels[i]];
    if (rc == 0 && n == 0)
        rc = err_set(e, ERR_FORMAT, "the records have no beats of any class");
    if (rc == 0)
        dataset_set_classes(d, names, n);
    free(names);
    free(label);
    free(count);
    return rc;
}

int signal_leads_check(const char *text, struct err *e)
{
    size_t n = 1;

    for (const char *p = text; *p; p++)
        n += *p == ',';
    if (*text && *text != ',' && !strstr(text, ",,") &&
        text[strlen(text) - 1] != ',' && n <= WFDB_SIGNALS)
        return 0;
    return err_set(e, ERR_ARG, "--leads is up to %d of LEAD,..., not '%s'",
                   WFDB_SIGNALS, text);
}

int signals_draft(const struct import_opts *o,
                  const struct strs paths[SPLIT_COUNT], struct dataset *d,
                  struct draft *f, struct buf *notes, struct err *e)
{
    struct signals *s = xcalloc(1, sizeof *s);
    struct beat_classes classes = {0};
    struct progress p;
    int rc = beat_classes_parse(o->signal.beats, &classes, e);

    f->state = s;
    f->fini = fini;
    f->fn = compute;
    s->o = o;
    s->all_leads = !o->signal.leads;
    for (const char *at = o->signal.leads; at; at = strchr(at, ',')) {
        at += *at == ',';
        s->leads.v = xreallocarray(s->leads.v, s->leads.n + 1,
                                   sizeof *s->leads.v);
        s->leads.v[s->leads.n++] = xasprintf("%.*s", (int)strcspn(at, ","), at);
    }
    for (int i = 0; i < SPLIT_COUNT; i++)
        for (size_t k = 0; k < paths[i].n && rc == 0; k++)
            rc = recordlist_add(&s->records, paths[i].v[k], (enum split_id)i,
                                e);
    s->current = s->records.n;
    progress_start(&p, "records read", s->records.n, o->progress);
    for (size_t k = 0; k < s->records.n && rc == 0; k++) {
        rc = add_record(s, k, &classes, d, f, e);
        progress_add(&p, 1);
    }
    progress_end(&p);
    if (rc == 0)
        rc = name_classes(o, &classes, d, f, e);
    beat_classes_free(&classes);
    if (rc < 0)
        return rc;
    note_signals(s, &f->in.source.signal.leads, f->n, notes);
    f->in.h = (size_t)(s->before + s->after);
    f->in.w = 1;
    f->in.c = s->leads.n;
    f->in.source.kind = INPUT_SIGNAL;
    f->in.source.signal.rate = s->rate;
    f->in.source.signal.before = s->before;
    f->in.source.signal.after = s->after;
    return 0;
}
