/* SPDX-License-Identifier: MIT
 * Written by tests/reference/wfdb.py with NumPy 1.24.2. */
static const uint8_t record_0_file_0[] = {
    23, 24, 41, 190, 196, 184, 217, 252, 183, 34, 72, 149, 19, 161, 198, 226,
    162, 61, 183, 118, 235,
};

static const double record_0_signal_0[] = {
    -15.245, 0.95, -9.155, -15.19, -3.745, -1.43, 3.475,
};

static const double record_0_signal_1[] = {
    -3.635, -9.32, -5.485, 0.745, -11.81, -12.495, 5.015,
};

static const uint8_t record_1_file_0[] = {
    138, 44, 40, 5, 187, 208, 207, 13,
};

static const double record_1_signal_0[] = {
    -4.43, 2.76, -6.375, -5.36, -2.805,
};

static const uint8_t record_2_file_0[] = {
    49, 50, 51, 52, 53, 85, 63, 27, 170, 135, 81, 182, 64, 22, 127, 152, 93,
    121, 23, 126, 81, 175, 13, 135, 42, 31, 173, 28, 170, 197, 77, 238, 80,
    112, 3, 129, 149, 162, 74, 238, 172,
};

static const double record_2_signal_0[] = {
    0.0162168916, 0.0165697151, 0.006017991, 0.0108935532, 0.0199110445,
    -0.0272373813,
};

static const double record_2_signal_1[] = {
    -87984000, 130108000, 83420000, -84896000, 82844000, 76396000,
};

static const double record_2_signal_2[] = {
    104.355, 119.8, 17.515, -109.94, 4.4, -106.33,
};

static const uint8_t record_3_file_0[] = {
    50, 208, 254, 151, 209, 206, 253, 194, 4, 239, 191, 77, 30, 187, 23, 60,
};

static const uint8_t record_3_file_1[] = {
    100, 190, 96, 154, 55, 171,
};

static const double record_3_signal_0[] = {
    -122.38, -125.91, -43.48, -176.34,
};

static const double record_3_signal_1[] = {
    -4.12, -11.84, 19.46, 9.39,
};

static const double record_3_signal_2[] = {
    -266.31, -156.24, 198.98, 153.78,
};

static const uint8_t record_4_file_0[] = {
    0, 8, 100, 0, 136, 0, 44, 1,
};

static const double record_4_signal_0[] = {
    0, 1, 1, 1, 3,
};

static const struct record_ref {
    const char *name, *header;
    size_t n; /* signals */
    struct {
        const uint8_t *bytes;
        size_t n;
        const double *mv;
        size_t samples;
    } signals[3];
} record_refs[] = {
    {"two signals in 212",
     "100 2 360 7\n"
     "100.dat 212 200 11 1024 -2025 -900 0 MLII\n"
     "100.dat 212 200 11 1024 297 -229 0 V5\n"
     "# remark\n"
     "",
     2,
     {
         {record_0_file_0, 21, record_0_signal_0, 7},
         {record_0_file_0, 21, record_0_signal_1, 7},
     }},
    {"an odd number of samples in 212, no gain, no rate",
     "# a remark in front\r\n"
     "odd 1\r\n"
     "odd.dat 212\r\n"
     "",
     1,
     {
         {record_1_file_0, 8, record_1_signal_0, 5},
     }},
    {"three signals in 16, an offset, a counter, a baseline, units",
     "x_1 3 500.5/1000(-3) 6 12:00:00 01/02/2003\n"
     "s.dat 16+5 1000.5(-12)/uV 16 7 0 -23215 0 lead one\n"
     "s.dat 16+5 0.25/V 16 7 0 -15522 0 II\n"
     "\n"
     "s.dat 16+5 0 12\n"
     "",
     3,
     {
         {record_2_file_0, 41, record_2_signal_0, 6},
         {record_2_file_0, 41, record_2_signal_1, 6},
         {record_2_file_0, 41, record_2_signal_2, 6},
     }},
    {"signals in files of their own",
     "two 3 250 4\n"
     "a.dat 16 100 16 0 0 18725\n"
     "b.dat 212 100/mV\n"
     "a.dat 16 100(5)\n"
     "",
     3,
     {
         {record_3_file_0, 16, record_3_signal_0, 4},
         {record_3_file_1, 6, record_3_signal_1, 4},
         {record_3_file_0, 16, record_3_signal_2, 4},
     }},
    {"missing samples keep the value before them",
     "m 1 100 5\n"
     "m.dat 212 100\n"
     "",
     1,
     {
         {record_4_file_0, 8, record_4_signal_0, 5},
     }},
};

static const uint8_t notes_bytes_0[] = {
    18, 112, 3, 252, 40, 78, 0, 0, 59, 4, 3, 244, 1, 248, 255, 243, 0, 236, 0,
    0, 136, 19, 20, 20, 0, 32, 0, 236, 1, 0, 112, 17, 255, 51, 0, 0,
};

static const struct wfdb_note notes_0[] = {
    {18, 28}, {77, 1}, {5097, 5}, {5097, 8}, {76120, 12},
};

static const uint8_t notes_bytes_1[] = {
    0, 88, 23, 252, 35, 35, 32, 116, 105, 109, 101, 32, 114, 101, 115, 111,
    108, 117, 116, 105, 111, 110, 58, 32, 51, 54, 48, 0, 5, 4, 0, 0, 114, 101,
    115, 116,
};

static const struct wfdb_note notes_1[] = {
    {0, 22}, {5, 1},
};

static const uint8_t notes_bytes_2[] = {
    0, 236, 0, 0, 100, 0, 0, 236, 255, 255, 216, 255, 1, 56, 9, 0, 1, 4, 0, 0,
};

static const struct wfdb_note notes_2[] = {
    {61, 14}, {71, 1},
};

static const uint8_t notes_bytes_3[] = {
    0, 0,
};

static const struct notes_ref {
    const uint8_t *bytes;
    size_t n;
    const struct wfdb_note *v;
    size_t count;
} notes_refs[] = {
    {notes_bytes_0, 36, notes_0, 5},
    {notes_bytes_1, 36, notes_1, 2},
    {notes_bytes_2, 20, notes_2, 2},
    {notes_bytes_3, 2, NULL, 0},
};
