// What programs that were compiled with hspace.h of version 1 have built in: sizes and offsets of
// the structs' fields, and the values of constants. A change here needs another library name; new
// fields of params come behind these, and get lines of their own.

#include <gtest/gtest.h>

#include <cstddef>
#include <cstdint>
#include <cstring>

#include "hspace.h"

namespace {

#define EXPECT_FIELD(STRUCT, FIELD, OFFSET, SIZE)     \
  static_assert(offsetof(STRUCT, FIELD) == (OFFSET)); \
  static_assert(sizeof(STRUCT::FIELD) == (SIZE))

EXPECT_FIELD(hspace_runtime_params, struct_size, 0, 8);
EXPECT_FIELD(hspace_runtime_params, threads, 8, 4);
EXPECT_FIELD(hspace_runtime_params, openblas_threads, 12, 4);
static_assert(sizeof(hspace_runtime_params) == 16);

EXPECT_FIELD(hspace_model_params, struct_size, 0, 8);
EXPECT_FIELD(hspace_model_params, type, 8, 4);
EXPECT_FIELD(hspace_model_params, device, 16, 8);
EXPECT_FIELD(hspace_model_params, variant, 24, 8);
static_assert(sizeof(hspace_model_params) == 32);

EXPECT_FIELD(hspace_prompt, text, 0, 8);
EXPECT_FIELD(hspace_prompt, tokens, 8, 8);
EXPECT_FIELD(hspace_prompt, counts, 16, 8);
EXPECT_FIELD(hspace_prompt, encoders, 24, 8);
static_assert(sizeof(hspace_prompt) == 32);

EXPECT_FIELD(hspace_condition, struct_size, 0, 8);
EXPECT_FIELD(hspace_condition, prompt, 8, 8);
EXPECT_FIELD(hspace_condition, negative, 16, 8);
EXPECT_FIELD(hspace_condition, guidance, 24, 8);
EXPECT_FIELD(hspace_condition, class_label, 32, 8);
static_assert(sizeof(hspace_condition) == 40);

EXPECT_FIELD(hspace_sample_params, struct_size, 0, 8);
EXPECT_FIELD(hspace_sample_params, steps, 8, 8);
EXPECT_FIELD(hspace_sample_params, eta, 16, 8);
EXPECT_FIELD(hspace_sample_params, eta_schedule, 24, 8);
EXPECT_FIELD(hspace_sample_params, point, 32, 4);
EXPECT_FIELD(hspace_sample_params, record_h, 36, 4);
EXPECT_FIELD(hspace_sample_params, clip, 40, 4);
EXPECT_FIELD(hspace_sample_params, reference_seeds, 44, 4);
EXPECT_FIELD(hspace_sample_params, batch, 48, 8);
EXPECT_FIELD(hspace_sample_params, condition, 56, 8);
EXPECT_FIELD(hspace_sample_params, noise, 64, 4);
static_assert(sizeof(hspace_sample_params) == 72);

EXPECT_FIELD(hspace_invert_params, struct_size, 0, 8);
EXPECT_FIELD(hspace_invert_params, steps, 8, 8);
EXPECT_FIELD(hspace_invert_params, eta, 16, 8);
EXPECT_FIELD(hspace_invert_params, eta_schedule, 24, 8);
EXPECT_FIELD(hspace_invert_params, point, 32, 4);
EXPECT_FIELD(hspace_invert_params, record_h, 36, 4);
EXPECT_FIELD(hspace_invert_params, refine, 40, 8);
EXPECT_FIELD(hspace_invert_params, tolerance, 48, 8);
EXPECT_FIELD(hspace_invert_params, seed, 56, 8);
EXPECT_FIELD(hspace_invert_params, batch, 64, 8);
EXPECT_FIELD(hspace_invert_params, names, 72, 8);
EXPECT_FIELD(hspace_invert_params, condition, 80, 8);
static_assert(sizeof(hspace_invert_params) == 88);

EXPECT_FIELD(hspace_edit_term, direction, 0, 8);
EXPECT_FIELD(hspace_edit_term, strength, 8, 8);
EXPECT_FIELD(hspace_edit_term, from, 16, 8);
EXPECT_FIELD(hspace_edit_term, to, 24, 8);
static_assert(sizeof(hspace_edit_term) == 32);

EXPECT_FIELD(hspace_edit_column, terms, 0, 8);
EXPECT_FIELD(hspace_edit_column, n, 8, 8);
static_assert(sizeof(hspace_edit_column) == 16);

EXPECT_FIELD(hspace_edit_params, struct_size, 0, 8);
EXPECT_FIELD(hspace_edit_params, asymmetric, 8, 4);
EXPECT_FIELD(hspace_edit_params, batch, 16, 8);
EXPECT_FIELD(hspace_edit_params, into, 24, 4);
static_assert(sizeof(hspace_edit_params) == 32);

EXPECT_FIELD(hspace_step, struct_size, 0, 8);
EXPECT_FIELD(hspace_step, step, 8, 8);
EXPECT_FIELD(hspace_step, timestep, 16, 8);
EXPECT_FIELD(hspace_step, first, 24, 8);
EXPECT_FIELD(hspace_step, rows, 32, 8);
EXPECT_FIELD(hspace_step, h, 40, 8);
EXPECT_FIELD(hspace_step, count, 48, 8);
static_assert(sizeof(hspace_step) == 56);

EXPECT_FIELD(hspace_decode_params, struct_size, 0, 8);
EXPECT_FIELD(hspace_decode_params, point, 8, 4);
EXPECT_FIELD(hspace_decode_params, asymmetric, 12, 4);
EXPECT_FIELD(hspace_decode_params, batch, 16, 8);
EXPECT_FIELD(hspace_decode_params, into, 24, 4);
static_assert(sizeof(hspace_decode_params) == 32);

EXPECT_FIELD(hspace_svd_params, struct_size, 0, 8);
EXPECT_FIELD(hspace_svd_params, vectors, 8, 8);
EXPECT_FIELD(hspace_svd_params, tolerance, 16, 8);
EXPECT_FIELD(hspace_svd_params, max_products, 24, 8);
EXPECT_FIELD(hspace_svd_params, seed, 32, 8);
EXPECT_FIELD(hspace_svd_params, mask, 40, 8);
EXPECT_FIELD(hspace_svd_params, memory, 48, 8);
EXPECT_FIELD(hspace_svd_params, condition, 56, 8);
EXPECT_FIELD(hspace_svd_params, into, 64, 4);
static_assert(sizeof(hspace_svd_params) == 72);

static_assert(sizeof(hspace_status) == 4 && sizeof(hspace_type) == 4);
static_assert(sizeof(hspace_point) == 4 && sizeof(hspace_part) == 4 && sizeof(bool) == 1);

static_assert(HSPACE_OK == 0 && HSPACE_ARGUMENT == 1 && HSPACE_FILE == 2);
static_assert(HSPACE_MISMATCH == 3 && HSPACE_MEMORY == 4 && HSPACE_CANCELLED == 5);
static_assert(HSPACE_INTERNAL == 6);
static_assert(HSPACE_FLOAT32 == 0 && HSPACE_FLOAT64 == 1 && HSPACE_BFLOAT16 == 2);
static_assert(HSPACE_AFTER == 0 && HSPACE_BEFORE == 1 && HSPACE_MIDDLE == 2);
static_assert(HSPACE_NOISE_BROWNIAN == 0 && HSPACE_NOISE_STEPS == 1 && sizeof(hspace_noise) == 4);
static_assert(HSPACE_PART_START == 0 && HSPACE_PART_NOISE == 1 && HSPACE_PART_H == 2);
static_assert(HSPACE_PART_IMAGES == 3);
static_assert(HSPACE_INTO_BOTH == 0 && HSPACE_INTO_PROMPT == 1 && HSPACE_INTO_NEGATIVE == 2);
static_assert(HSPACE_CANCEL == -1 && HSPACE_LEAVE == 0 && HSPACE_INJECT == 1);

// A program may be older or newer than the library, whose functions then see shorter or longer
// structs than their own.
template <typename Params>
struct Longer {
  Params params;
  unsigned char more[16];
};

template <typename Params, typename Init>
void expect_init(const Init& init) {
  Longer<Params> longer;
  std::memset(static_cast<void*>(&longer), 0xAB, sizeof longer);
  init(&longer.params, sizeof longer);
  EXPECT_EQ(longer.params.struct_size, sizeof longer);
  for (const unsigned char byte : longer.more) EXPECT_EQ(byte, 0);

  Longer<Params> shorter;
  std::memset(static_cast<void*>(&shorter), 0xAB, sizeof shorter);
  init(&shorter.params, sizeof(size_t));
  EXPECT_EQ(shorter.params.struct_size, sizeof(size_t));
  const auto* bytes = reinterpret_cast<const unsigned char*>(&shorter);
  for (size_t i = sizeof(size_t); i < sizeof shorter; ++i) EXPECT_EQ(bytes[i], 0xAB) << i;

  init(nullptr, sizeof(Params));
}

TEST(CApiAbi, InitFillsTheCallersStructAndNoMore) {
  expect_init<hspace_runtime_params>(hspace_runtime_params_init);
  expect_init<hspace_model_params>(hspace_model_params_init);
  expect_init<hspace_condition>(hspace_condition_init);
  expect_init<hspace_sample_params>(hspace_sample_params_init);
  expect_init<hspace_invert_params>(hspace_invert_params_init);
  expect_init<hspace_edit_params>(hspace_edit_params_init);
  expect_init<hspace_decode_params>(hspace_decode_params_init);
  expect_init<hspace_svd_params>(hspace_svd_params_init);
}

TEST(CApiAbi, StructsOfOtherVersions) {
  Longer<hspace_runtime_params> params;
  hspace_runtime_params_init(&params.params, sizeof params);
  EXPECT_EQ(hspace_runtime_configure(&params.params), HSPACE_OK) << hspace_last_error();
  params.more[7] = 1;  // an option of a later version
  EXPECT_EQ(hspace_runtime_configure(&params.params), HSPACE_ARGUMENT);
  EXPECT_STREQ(hspace_last_error(),
               "params: the program was made for a newer hspace, and sets an option that this one "
               "does not have");
  for (const size_t size : {size_t{0}, sizeof(size_t), sizeof params.params - 1, SIZE_MAX}) {
    params.params.struct_size = size;
    EXPECT_EQ(hspace_runtime_configure(&params.params), HSPACE_ARGUMENT) << size;
  }
  EXPECT_EQ(hspace_runtime_configure(nullptr), HSPACE_OK);
}

TEST(CApiAbi, Versions) {
  EXPECT_EQ(hspace_api_version(), HSPACE_API_VERSION);
  EXPECT_STREQ(hspace_version(), HSPACE_EXPECTED_VERSION);
}

}  // namespace
