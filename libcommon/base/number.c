/* SPDX-License-Identifier: MIT */
#include "libcommon/base/number.h"

#include <float.h>
#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "libcommon/base/mem.h"

/* Returns the length of the digits, or of nothing that is a number: no hex, no
 * inf, no blanks, which strtod would take. */
static size_t digits_of(const char *text)
{
    size_t sign = *text == '-' || *text == '+';
    size_t whole = strspn(text + sign, "0123456789"), part = 0, n;

    n = sign + whole;
    if (text[n] == '.')
        part = 1 + strspn(text + n + 1, "0123456789");
    return whole || part > 1 ? n + part : 0;
}

/* Returns the length of an exponent and sets *power to it. */
static size_t exponent_of(const char *text, long *power)
{
    size_t n = 1;
    char *end;

    if (*text != 'e' && *text != 'E')
        return 0;
    n += text[n] == '-' || text[n] == '+';
    if (!strspn(text + n, "0123456789"))
        return 0;
    *power = strtol(text + 1, &end, 10);
    return (size_t)(end - text);
}

/* Returns the length of a suffix; it adds to the power of ten, or has a factor
 * that is a power of two. */
static size_t suffix_of(const char *text, enum number_unit unit, long *power,
                        double *factor)
{
    static const char prefixes[] = "kMGT", binary[] = "KMGT";
    const char *at;

    if (unit == NUMBER_SHARE && *text == '%') {
        *power -= 2;
        return 1;
    }
    if (unit != NUMBER_SI || !*text)
        return 0;
    if (text[1] == 'i' && (at = strchr(binary, *text))) {
        *factor = ldexp(1, 10 * (int)(at - binary + 1));
        return 2;
    }
    if (!(at = strchr(prefixes, *text)))
        return 0;
    *power += 3 * (at - prefixes + 1);
    return 1;
}

const char *number_read(const char *text, enum number_unit unit, double *v)
{
    size_t digits = digits_of(text), n = digits;
    double factor = 1, x;
    long power = 0;
    char *exact;

    if (!n)
        return NULL;
    n += exponent_of(text + n, &power);
    if (power > 99999 || power < -99999)
        power = power < 0 ? -99999 : 99999;
    n += suffix_of(text + n, unit, &power, &factor);
    /* The suffix becomes part of the exponent, since a product of two doubles
     * may be rounded to the neighbour of the double meant. */
    exact = xasprintf("%.*se%ld", (int)digits, text, power);
    x = strtod(exact, NULL) * factor;
    free(exact);
    *v = x + 0.0; /* -0 + 0 is 0 */
    return text + n;
}

const char *number_hint(const char *text, enum number_unit unit)
{
    bool percent = strchr(text, '%') != NULL;

    if (unit == NUMBER_SHARE)
        return "; a share is like 0.65 or 65%";
    if (percent)
        return "; % is for shares alone";
    if (unit == NUMBER_SI)
        return "; suffixes, right behind the digits, are k M G T and, of 1024, "
               "Ki Mi Gi Ti";
    return "";
}

void number_digits(double v, bool single, struct buf *out)
{
    int digits = single ? FLT_DIG : DBL_DIG;
    int most = single ? FLT_DECIMAL_DIG : DBL_DECIMAL_DIG;
    char text[40];

    do
        snprintf(text, sizeof text, "%.*g", digits, v);
    while (digits++ < most &&
           (single ? (double)strtof(text, NULL) : strtod(text, NULL)) != v);
    buf_adds(out, text);
}

void number_text(double v, struct buf *out)
{
    if (v == floor(v) && fabs(v) < 1e15)
        buf_addf(out, "%.0f", v + 0.0);
    else
        number_digits(v, false, out);
}
