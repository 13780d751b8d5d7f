/* SPDX-License-Identifier: MIT
 * Checks the parts of paths. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>

#include <cmocka.h>

#include "libcommon/base/mem.h"
#include "libcommon/base/pathname.h"

static void test_parts(void **state)
{
    static const struct {
        const char *path, *base, *folder, *beside;
    } all[] = {
        {"a.wav", "a.wav", ".", "b"},
        {"/a", "a", "/", "/b"},
        {"x/y.d/a", "a", "x/y.d/", "x/y.d/b"},
        {"x/", "", "x/", "x/b"},
        {"", "", ".", "b"},
    };

    (void)state;
    for (size_t i = 0; i < ARRAY_LEN(all); i++) {
        char *folder = pathname_folder(all[i].path),
             *beside = pathname_beside(all[i].path, "b");

        assert_string_equal(pathname_base(all[i].path), all[i].base);
        assert_string_equal(folder, all[i].folder);
        assert_string_equal(beside, all[i].beside);
        free(folder);
        free(beside);
    }
}

static void test_endings(void **state)
{
    static const char *const good[] = {"a.wav", "x.y/b.WAVE", ".wav",
                                       "a.b.Wav"},
                             *const bad[] = {"wav",    "a.wav/b", "a.wa",
                                             "a.wav2", "a.",      "",
                                             "a.wav "};

    (void)state;
    for (size_t i = 0; i < ARRAY_LEN(good); i++)
        assert_true(pathname_ends(good[i], "wav wave"));
    for (size_t i = 0; i < ARRAY_LEN(bad); i++)
        assert_false(pathname_ends(bad[i], "wav wave"));
    assert_false(pathname_ends("a.wav", ""));
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_parts),
        cmocka_unit_test(test_endings),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
