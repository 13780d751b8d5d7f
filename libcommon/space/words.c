/* SPDX-License-Identifier: MIT */
#include "libcommon/space/words.h"

#include <stdlib.h>
#include <string.h>

#define MAX_WORD 64

bool word_fine(const char *s)
{
    size_t n = strlen(s);

    for (size_t i = 0; i < n; i++)
        if (s[i] <= ' ' || s[i] > '~' || strchr(",<>=", s[i]))
            return false;
    return n >= 1 && n <= MAX_WORD && strcmp(s, "-") != 0 && s[0] != '#';
}

int word_number(const char *s)
{
    size_t n = strlen(s);

    return n >= 1 && n <= 6 && strspn(s, "0123456789") == n
               ? (int)strtol(s, NULL, 10)
               : -1;
}

size_t words_split(char *text, char sep, char **piece, size_t max)
{
    size_t n = 0;

    for (char *next = text; text; text = next) {
        next = strchr(text, sep);
        if (next)
            *next++ = '\0';
        if (n == max)
            return max + 1;
        piece[n++] = text;
    }
    return n;
}

char *words_line(char **text)
{
    char *line = *text, *end = line ? strchr(line, '\n') : NULL;
    size_t n;

    *text = end ? end + 1 : NULL;
    if (!line)
        return NULL;
    if (end)
        *end = '\0';
    n = strlen(line);
    if (n && line[n - 1] == '\r')
        line[n - 1] = '\0';
    return line;
}
