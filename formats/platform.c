/* SPDX-License-Identifier: MIT */
#include "formats/platform.h"

#include "libcommon/io/textfile.h"

#define FACTOR_MAX 1e18
#define BYTES_MAX 1e15
#define ORIGIN_MAX 4096

static const struct field rate_fields[] = {
    FIELD(platform_rate, op, F_ENUM, "", "operators that the rate is of",
          .names = rate_class_names),
    FIELD(platform_rate, precision, F_ENUM, "", "numbers that it computes with",
          .names = precision_names),
    FIELD(platform_rate, macs_per_s, F_REAL, "MACs/s",
          "multiply-accumulates per second, 1e-6 or more", .max = FACTOR_MAX),
    FIELD_END,
};

static const struct schema schema_rate = {
    .size = sizeof(struct platform_rate),
    .fields = rate_fields,
};

static const struct field processor_fields[] = {
    FIELD(processor, name, F_STR, "", "name of the processor",
          .max_count = PLATFORM_MAX_NAME),
    FIELD(processor, rates, F_LIST, "", "how fast it computes",
          .sub = &schema_rate, .max_count = RATE_CLASSES * PRECISIONS),
    FIELD(
        processor, bytes_per_s, F_REAL, "bytes/s",
        "how fast layers without MACs read and write, 1e-6 or more; nil: they "
        "take no time",
        .max = FACTOR_MAX, .flags = F_OPT | F_NIL),
    FIELD(processor, call_s, F_REAL, "s", "time to start a segment",
          .max = FACTOR_MAX, .flags = F_OPT),
    FIELD(processor, active_w, F_REAL, "W",
          "power while it computes; nil: unknown", .max = FACTOR_MAX,
          .flags = F_OPT | F_NIL),
    FIELD(processor, idle_w, F_REAL, "W", "power while it waits; nil: unknown",
          .max = FACTOR_MAX, .flags = F_OPT | F_NIL),
    FIELD(processor, memory, F_INT, "bytes",
          "memory for activations; nil: no limit of its own", .min = 1,
          .max = BYTES_MAX, .flags = F_OPT | F_NIL),
    FIELD(processor, storage, F_INT, "bytes",
          "memory for weights; nil: no limit of its own", .min = 1,
          .max = BYTES_MAX, .flags = F_OPT | F_NIL),
    FIELD(processor, pool, F_STR, "", "pool that its memory is in; nil: none",
          .flags = F_OPT | F_NIL, .max_count = PLATFORM_MAX_NAME),
    FIELD(processor, origin, F_STR, "", "where these numbers come from",
          .flags = F_OPT | F_NIL, .max_count = ORIGIN_MAX),
    FIELD_END,
};

static const struct schema schema_processor = {
    .size = sizeof(struct processor),
    .fields = processor_fields,
};

static const struct field pool_fields[] = {
    FIELD(platform_pool, name, F_STR, "", "name of the pool",
          .max_count = PLATFORM_MAX_NAME),
    FIELD(platform_pool, bytes, F_INT, "bytes",
          "memory for the activations of all its processors in turns", .min = 1,
          .max = BYTES_MAX),
    FIELD(platform_pool, storage, F_INT, "bytes",
          "memory for the weights of all its processors together; nil: no "
          "limit",
          .min = 1, .max = BYTES_MAX, .flags = F_OPT | F_NIL),
    FIELD_END,
};

static const struct schema schema_pool = {
    .size = sizeof(struct platform_pool),
    .fields = pool_fields,
};

static const struct field link_fields[] = {
    FIELD(platform_link, from, F_STR, "", "processor that sends",
          .max_count = PLATFORM_MAX_NAME),
    FIELD(platform_link, to, F_STR, "", "processor that receives",
          .max_count = PLATFORM_MAX_NAME),
    FIELD(platform_link, bytes_per_s, F_REAL, "bytes/s",
          "how fast it is, 1e-6 or more", .max = FACTOR_MAX),
    FIELD(platform_link, latency_s, F_REAL, "s",
          "time that each transfer takes besides", .max = FACTOR_MAX,
          .flags = F_OPT),
    FIELD(platform_link, j_per_byte, F_REAL, "J/byte",
          "energy of sending; nil: none", .max = FACTOR_MAX,
          .flags = F_OPT | F_NIL),
    FIELD(platform_link, origin, F_STR, "", "where these numbers come from",
          .flags = F_OPT | F_NIL, .max_count = ORIGIN_MAX),
    FIELD_END,
};

static const struct schema schema_link = {
    .size = sizeof(struct platform_link),
    .fields = link_fields,
};

static const struct field platform_fields[] = {
    FIELD(platform, name, F_STR, "", "name of the platform",
          .max_count = PLATFORM_MAX_NAME),
    FIELD(platform, processors, F_LIST, "",
          "processors, in the order in which a network may use them",
          .sub = &schema_processor, .max_count = PLATFORM_MAX_PROCESSORS),
    FIELD(platform, pools, F_LIST, "", "memories that processors share",
          .sub = &schema_pool, .max_count = PLATFORM_MAX_PROCESSORS,
          .flags = F_OPT),
    FIELD(platform, links, F_LIST, "", "links between processors",
          .sub = &schema_link, .max_count = PLATFORM_MAX_LINKS, .flags = F_OPT),
    FIELD(platform, source, F_STR, "",
          "processor that has the input; nil: the one that runs first, at no "
          "cost",
          .flags = F_OPT | F_NIL, .max_count = PLATFORM_MAX_NAME),
    FIELD(platform, sink, F_STR, "",
          "processor where the answer is needed; nil: wherever it comes about",
          .flags = F_OPT | F_NIL, .max_count = PLATFORM_MAX_NAME),
    FIELD(platform, origin, F_STR, "", "where these numbers come from",
          .flags = F_OPT | F_NIL, .max_count = ORIGIN_MAX),
    FIELD_END,
};

static int check(const void *data, struct err *e)
{
    return platform_check(data, e);
}

const struct schema schema_platform = {
    .type = "platform",
    .size = sizeof(struct platform),
    .fields = platform_fields,
    .check = check,
};

static const struct schema *const records[] = {&schema_platform, NULL};

const struct kind kind_platform = {
    .id = {"platform", 1, 0},
    .doc = "processors, memories and links that networks run on",
    .records = records,
};

/* ---- the platform of a run ---- */

int platform_read(struct platform_input *in, char *platform, const char *costs,
                  struct err *e)
{
    static const struct kind *const accepted[] = {&kind_platform, NULL};
    struct buf text = {0};
    struct record rec;
    size_t n = 0;
    int rc;

    if (!(in->reader = reader_open(&platform, 1, accepted, e)))
        return e->code;
    while ((rc = reader_next(in->reader, &rec, e)) > 0) {
        if (n++)
            return reader_fail(in->reader, e,
                               "a second platform: there must be one");
        platform_copy(&in->platform, rec.data, &in->arena);
        hash_hex(rec.bytes, rec.n, in->digest);
    }
    if (rc == 0 && !n)
        return reader_fail(in->reader, e,
                           "no platform in it: there must be one");
    if (rc < 0)
        return rc;
    platform_warn(&in->platform);
    if (!costs)
        return 0;
    in->costs = &in->measured;
    rc = text_read(costs, MEASURED_MAX_BYTES, &text, e);
    if (rc == 0)
        rc = measured_parse(&in->measured, costs, text.data, text.len, e);
    buf_free(&text);
    return rc;
}

void platform_input_free(struct platform_input *in)
{
    reader_close(in->reader);
    measured_free(&in->measured);
    arena_free(&in->arena);
    *in = (struct platform_input){0};
}
