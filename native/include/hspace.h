// The C API of hspace: sampling, inversion and edits of images along directions in the bottleneck
// ("h-space") of a diffusion model. C99; link libhspace.
//
// A picture of seed 3 that smiles:
//
//   hspace_model* model;
//   hspace_trajectory* face;
//   hspace_direction* smile;
//   const int64_t seed = 3;
//   int64_t shape[3];
//   if (hspace_model_open("models/avatars-64", NULL, &model) != HSPACE_OK) ...
//   hspace_model_image_shape(model, shape);                       // {3, 64, 64}
//   hspace_draw(model, &seed, 1, NULL, &face);
//   hspace_direction_open(model, "smile-only", &smile);
//   const hspace_edit_term term = {smile, 1.5, 0, 1};
//   const hspace_edit_column edit = {&term, 1};
//   hspace_edit(model, face, &edit, 1, NULL, NULL, NULL, image, count);
//   hspace_image_write_png("smile.png", image, shape);
//
// native/examples/edit.c is the whole program.
//
// Status      What can fail returns a status. hspace_last_error() then says in one line what was
//             expected, what was found, and where. HSPACE_ARGUMENT and HSPACE_INTERNAL may come
//             from every function, the others where it says so. What cannot return a status gives
//             0 or NULL and sets the error. No exception leaves the library.
// Handles     hspace_model, hspace_trajectory and the like are made by a function whose last
//             argument is `out`, which is NULL after a failure, and ended by the _free of their
//             name. Freeing NULL, or a handle twice, does nothing; using a freed one is
//             HSPACE_ARGUMENT. A handle keeps what it needs of others: they may be freed in any
//             order.
// Threads     Every function may be called from any thread, and one handle used by many threads at
//             once. Freeing a handle does not wait: calls that are in flight finish on it, and the
//             last of them releases its memory. Callbacks run on the thread that called.
// Tensors     Arrays of float, dense, last dimension fastest, of the shape that the comment beside
//             them says; the number of floats that there is room for goes along and must be right.
//             They belong to the caller and are needed during the call only. N or n are rows, T
//             steps, (C, H, W) an image, (c, h, w) the bottleneck. Models of other types convert;
//             the _dlpack functions at the end of the file do not.
// Texts       UTF-8, ended by 0. Those returned belong to the handle and live as long as it.
// Params      Options begin with their size. hspace_NAME_params_init(&params, sizeof params) sets
//             the defaults, NULL instead of params stands for them. A library that is older than
//             the program refuses options that it does not know, unless they are 0.
// Versions    From version 1 on nothing that is in this file changes: functions and fields at the
//             end of params are only added, and hspace_api_version() counts them.
#ifndef HSPACE_C_API_H
#define HSPACE_C_API_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#if defined(__GNUC__)
#define HSPACE_C_API __attribute__((visibility("default")))
#else
#define HSPACE_C_API
#endif

#ifdef __cplusplus
extern "C" {
#endif

// ---- Status ------------------------------------------------------------------------------------

typedef int32_t hspace_status;
enum {
  HSPACE_OK = 0,
  HSPACE_ARGUMENT = 1,   // what the caller passed
  HSPACE_FILE = 2,       // a file or folder: missing, malformed, cut off, impossible to write
  HSPACE_MISMATCH = 3,   // two that do not belong together, such as a trajectory and another model
  HSPACE_MEMORY = 4,     // none was left
  HSPACE_CANCELLED = 5,  // a callback of the caller's ended the computation
  HSPACE_INTERNAL = 6    // an error of this library or of LibTorch
};

// What went wrong in the last call of this thread that failed; "" when none has. Never NULL. Valid
// until the thread's next call that fails.
HSPACE_C_API const char* hspace_last_error(void);

// What this header describes, and what the loaded library has: at least that, when it is found by
// its soname.
#define HSPACE_API_VERSION 1
HSPACE_C_API uint32_t hspace_api_version(void);
// Of the software, "0.1.0".
HSPACE_C_API const char* hspace_version(void);

// Hears how far a computation is: `done` of `total` units, at most once a network pass. False
// cancels: the call returns HSPACE_CANCELLED, and what it was writing is removed.
typedef bool (*hspace_progress)(int64_t done, int64_t total, void* user);

// ---- The process -------------------------------------------------------------------------------

// Loading the library sets nothing in the process, and no other function does than these.
typedef struct hspace_runtime_params {
  size_t struct_size;
  int32_t threads;           // of one operator of LibTorch; 0 leaves what the process has
  int32_t openblas_threads;  // of OpenBLAS, whose own pool competes for the same cores: 1 is good
                             // where the process has no other use for it; 0 leaves it
} hspace_runtime_params;

HSPACE_C_API void hspace_runtime_params_init(hspace_runtime_params* params, size_t struct_size);
// To be called before the first computation. Where OpenBLAS is in the process (with the LibTorch of
// JavaCPP's jars it is), programs of their own do well to set openblas_threads = 1: it warns on
// standard error when several threads share it, and competes with them.
HSPACE_C_API hspace_status hspace_runtime_configure(const hspace_runtime_params* params);

// For programs that may end while other threads of theirs compute: exit() then leaves at once, with
// its status, instead of destroying LibTorch under these. To be called once, when the process is
// about to exit: exit handlers that were registered before do not run in that case.
HSPACE_C_API void hspace_runtime_protect_exit(void);

// ---- Models ------------------------------------------------------------------------------------

// A denoising model: a U-Net and its noise schedule, in a diffusers folder.
typedef struct hspace_model hspace_model;

typedef int32_t hspace_type;
enum { HSPACE_FLOAT32 = 0, HSPACE_FLOAT64 = 1, HSPACE_BFLOAT16 = 2 };

// Where the bottleneck activation h is read, and where Δh is added to it.
typedef int32_t hspace_point;
enum {
  HSPACE_AFTER = 0,   // behind the mid block
  HSPACE_BEFORE = 1,  // in front of it
  HSPACE_MIDDLE = 2   // inside its second residual block
};

typedef struct hspace_model_params {
  size_t struct_size;
  hspace_type type;     // what the network computes in; HSPACE_FLOAT32
  const char* device;   // "cpu", "cuda", "cuda:1"; NULL is "cpu"
  const char* variant;  // of the weight files, as in diffusers: "fp16"; NULL is none
} hspace_model_params;

HSPACE_C_API void hspace_model_params_init(hspace_model_params* params, size_t struct_size);
// HSPACE_FILE where the folder, or something in it, is not as it should be.
HSPACE_C_API hspace_status hspace_model_open(const char* directory,
                                             const hspace_model_params* params, hspace_model** out);
HSPACE_C_API void hspace_model_free(hspace_model* model);

// {C, H, W} of its images, or of its latents: of what all functions but the next three call images.
HSPACE_C_API hspace_status hspace_model_image_shape(const hspace_model* model, int64_t chw[3]);
// {C, H, W} of the pictures that a latent model's autoencoder makes of latents; of the images
// themselves for other models.
HSPACE_C_API hspace_status hspace_model_picture_shape(const hspace_model* model, int64_t chw[3]);
// Latents (n, C, H, W) to pictures (n, picture shape) in [-1, 1] but for overshoots, and back.
// tile: 0, or the side, in latents, of the overlapping tiles that bound the memory it takes. Copies
// what a model without an autoencoder is given.
HSPACE_C_API hspace_status hspace_pictures(const hspace_model* model, const float* latents,
                                           size_t n, int64_t tile, float* out, size_t count);
HSPACE_C_API hspace_status hspace_latents(const hspace_model* model, const float* pictures,
                                          size_t n, int64_t tile, float* out, size_t count);
// {c, h, w} of h.
HSPACE_C_API hspace_status hspace_model_h_shape(const hspace_model* model, hspace_point point,
                                                int64_t chw[3]);
// The training timesteps that `steps` steps of sampling visit, largest first (steps).
HSPACE_C_API hspace_status hspace_model_timesteps(const hspace_model* model, int64_t* timesteps,
                                                  size_t steps);
// sha256 of settings and weights as 64 hexadecimal digits, however they are stored. Reads all
// weights when first asked. HSPACE_FILE when they were changed since.
HSPACE_C_API hspace_status hspace_model_hash(const hspace_model* model, char hex[65]);
// The directions in the model's directions/ folder, sorted, as they were when first asked for. 0
// and an error when one of the files is none.
HSPACE_C_API size_t hspace_model_direction_count(const hspace_model* model);
HSPACE_C_API const char* hspace_model_direction_name(const hspace_model* model, size_t number);
// What is to be said of the model once, one sentence each.
HSPACE_C_API size_t hspace_model_warning_count(const hspace_model* model);
HSPACE_C_API const char* hspace_model_warning(const hspace_model* model, size_t number);

// ---- Conditions --------------------------------------------------------------------------------

// A text as a model reads it: its tokens for each of the model's text encoders (encoders), each as
// the encoder's own tokenizer makes and pads them.
typedef struct hspace_prompt {
  const char* text;              // as it was written, for people; NULL is ""
  const int64_t* const* tokens;  // (encoders) lists
  const size_t* counts;          // (encoders): how long each list is
  size_t encoders;
} hspace_prompt;

// What images are made of beside noise. NULL instead stands for nothing, as unconditional models
// need it.
typedef struct hspace_condition {
  size_t struct_size;
  const hspace_prompt* prompt;    // NULL
  const hspace_prompt* negative;  // what guidance leads away from, usually the empty text; NULL
  double guidance;                // ε = ε(negative) + guidance (ε(prompt) - ε(negative)); 1 is
                                  // ε(prompt) alone; 1
  int64_t class_label;            // of models of classes; -1 for none; -1
} hspace_condition;

HSPACE_C_API void hspace_condition_init(hspace_condition* condition, size_t struct_size);

// Which of the two passes of guidance Δh is added in.
typedef int32_t hspace_into;
enum { HSPACE_INTO_BOTH = 0, HSPACE_INTO_PROMPT = 1, HSPACE_INTO_NEGATIVE = 2 };

// ---- Trajectories ------------------------------------------------------------------------------

// N generation processes: what determines each image, its start x_T and noise z, and, where it was
// computed, what came of it, h and the image x_0.
typedef struct hspace_trajectory hspace_trajectory;

// How the noise z of the steps comes from a seed.
typedef int32_t hspace_noise;
enum {
  HSPACE_NOISE_BROWNIAN = 0,  // increments of one Brownian path a seed: a coarse step's noise is
                              // the weighted sum of the finer steps', and a seed shows much the
                              // same at any number of them
  HSPACE_NOISE_STEPS = 1      // a draw of its own for each step
};

typedef struct hspace_sample_params {
  size_t struct_size;
  int64_t steps;             // T; 50
  double eta;                // noise of each step: 0 is DDIM, 1 DDPM; 1
  const char* eta_schedule;  // instead of eta: "0.5@0.2-0.8", "start:1:0.4", "end:1:0.4" or one
                             // number a step, "1,1,0.5,0,0"; NULL
  hspace_point point;        // where h is read; HSPACE_AFTER
  int32_t record_h;          // 1 keeps h of every step; 1
  int32_t clip;              // 1 clips predictions as the model's scheduler says; 0
  int32_t reference_seeds;   // 1 draws noise as the Python reference, seed and seed + 1; 0
  int64_t batch;             // rows of one network pass; 16
  const hspace_condition* condition;  // NULL
  hspace_noise noise;  // of seeds that are not the reference's; HSPACE_NOISE_BROWNIAN
} hspace_sample_params;

HSPACE_C_API void hspace_sample_params_init(hspace_sample_params* params, size_t struct_size);
// One trajectory a seed. A seed's noise depends on nothing else.
HSPACE_C_API hspace_status hspace_sample(const hspace_model* model, const int64_t* seeds, size_t n,
                                         const hspace_sample_params* params,
                                         hspace_progress progress, void* user,
                                         hspace_trajectory** out);
// Start and noise alone, without h and images: all that edits need. Nothing is computed.
HSPACE_C_API hspace_status hspace_draw(const hspace_model* model, const int64_t* seeds, size_t n,
                                       const hspace_sample_params* params, hspace_trajectory** out);

typedef struct hspace_invert_params {
  size_t struct_size;
  int64_t steps;             // T; 50
  double eta;                // 0: DDIM inversion; above, edit-friendly DDPM inversion, exact; 0
  const char* eta_schedule;  // as of hspace_sample_params; NULL
  hspace_point point;        // where h is read; HSPACE_AFTER
  int32_t record_h;          // 1 keeps h of every step; 1
  int64_t refine;            // most fixed-point iterations of a noiseless step; 50
  double tolerance;          // relative residual at which a step counts as solved; 1e-6
  int64_t seed;              // eta > 0: the noise of image i is drawn from seed + i; 0
  int64_t batch;             // images of one network pass; 8
  const char* const* names;  // what files call the images (n); NULL: "image 0" and so on
  const hspace_condition* condition;  // NULL
} hspace_invert_params;

HSPACE_C_API void hspace_invert_params_init(hspace_invert_params* params, size_t struct_size);
// Start and noise from which sampling returns images.  images (n, C, H, W) in [-1, 1]
HSPACE_C_API hspace_status hspace_invert(const hspace_model* model, const float* images, size_t n,
                                         const hspace_invert_params* params,
                                         hspace_progress progress, void* user,
                                         hspace_trajectory** out);

// HSPACE_FILE when it is no trajectory file, HSPACE_MISMATCH when it was made with another model.
HSPACE_C_API hspace_status hspace_trajectory_open(const hspace_model* model, const char* file,
                                                  hspace_trajectory** out);
// Safetensors; the file appears complete or not at all. HSPACE_ARGUMENT for one that was only
// drawn.
HSPACE_C_API hspace_status hspace_trajectory_save(const hspace_trajectory* trajectory,
                                                  const char* file);
HSPACE_C_API void hspace_trajectory_free(hspace_trajectory* trajectory);

// N and T; 0 and an error for no trajectory.
HSPACE_C_API size_t hspace_trajectory_rows(const hspace_trajectory* trajectory);
HSPACE_C_API size_t hspace_trajectory_steps(const hspace_trajectory* trajectory);
// Where h was read.
HSPACE_C_API hspace_status hspace_trajectory_point(const hspace_trajectory* trajectory,
                                                   hspace_point* point);
// Model, schedule, noise, seeds or images: one JSON object.
HSPACE_C_API const char* hspace_trajectory_provenance(const hspace_trajectory* trajectory);
// Training timesteps, largest first (T).
HSPACE_C_API hspace_status hspace_trajectory_timesteps(const hspace_trajectory* trajectory,
                                                       int64_t* timesteps, size_t steps);

typedef int32_t hspace_part;
enum {
  HSPACE_PART_START = 0,  // x_T (N, C, H, W)
  HSPACE_PART_NOISE = 1,  // z (N, T, C, H, W); not there where no step adds noise
  HSPACE_PART_H = 2,      // h (N, T, c, h, w), before any Δh; not there when it was not recorded
  HSPACE_PART_IMAGES =
      3  // x_0 (N, C, H, W), in [-1, 1] but for overshoots; not there when only drawn
};
// How many floats a part has; 0 when it is not there.
HSPACE_C_API size_t hspace_trajectory_count(const hspace_trajectory* trajectory, hspace_part part);
HSPACE_C_API hspace_status hspace_trajectory_read(const hspace_trajectory* trajectory,
                                                  hspace_part part, float* out, size_t count);
// How exactly an inverted image comes back, dB, and the worst relative residual of its steps (N).
// HSPACE_ARGUMENT for trajectories that do not come from hspace_invert.
HSPACE_C_API hspace_status hspace_trajectory_psnr(const hspace_trajectory* trajectory, double* out,
                                                  size_t count);
HSPACE_C_API hspace_status hspace_trajectory_residual(const hspace_trajectory* trajectory,
                                                      double* out, size_t count);
// The noisy images x_t that a row passes through, at the start of its first `steps` steps (steps,
// C, H, W). HSPACE_MISMATCH for the trajectory of another model.
HSPACE_C_API hspace_status hspace_trajectory_states(const hspace_model* model,
                                                    const hspace_trajectory* trajectory, size_t row,
                                                    size_t steps, float* out, size_t count);

// ---- Directions --------------------------------------------------------------------------------

// Δh at a set of timesteps, interpolated between them.
typedef struct hspace_direction hspace_direction;

// "smile-only", one of the model's own; "FILE:NAME" or "FILE:NUMBER" of a direction file.
// HSPACE_ARGUMENT when there is none of that name, HSPACE_FILE when the file is no direction file,
// HSPACE_MISMATCH when it was made with another model.
HSPACE_C_API hspace_status hspace_direction_open(const hspace_model* model, const char* direction,
                                                 hspace_direction** out);
// All directions of a file: the first `capacity` of them into out, the number of them into count.
// With capacity 0 out may be NULL.
HSPACE_C_API hspace_status hspace_directions_open(const hspace_model* model, const char* file,
                                                  hspace_direction** out, size_t capacity,
                                                  size_t* count);
// One's own.  delta (n, c, h, w); timesteps (n), largest first
HSPACE_C_API hspace_status hspace_direction_create(const hspace_model* model, const char* name,
                                                   hspace_point point, const float* delta,
                                                   const int64_t* timesteps, size_t n,
                                                   hspace_direction** out);
// Σ factors[i] directions[i], on the timesteps of the first. HSPACE_MISMATCH when they are of
// different models or points.
HSPACE_C_API hspace_status hspace_direction_combine(const hspace_direction* const* directions,
                                                    const double* factors, size_t n,
                                                    const char* name, hspace_direction** out);
// The same under another name.
HSPACE_C_API hspace_status hspace_direction_rename(const hspace_direction* direction,
                                                   const char* name, hspace_direction** out);
// Writes directions into one file, on the timesteps of the first.
HSPACE_C_API hspace_status hspace_directions_save(const hspace_direction* const* directions,
                                                  size_t n, const char* file);
HSPACE_C_API void hspace_direction_free(hspace_direction* direction);

HSPACE_C_API const char* hspace_direction_name(const hspace_direction* direction);
HSPACE_C_API hspace_status hspace_direction_point(const hspace_direction* direction,
                                                  hspace_point* point);
// How many timesteps it has, these (steps), and Δh at each (steps, c, h, w).
HSPACE_C_API size_t hspace_direction_steps(const hspace_direction* direction);
HSPACE_C_API hspace_status hspace_direction_timesteps(const hspace_direction* direction,
                                                      int64_t* timesteps, size_t steps);
HSPACE_C_API size_t hspace_direction_count(const hspace_direction* direction);
HSPACE_C_API hspace_status hspace_direction_read(const hspace_direction* direction, float* out,
                                                 size_t count);
// ‖Δh‖ over all timesteps together.
HSPACE_C_API hspace_status hspace_direction_norm(const hspace_direction* direction, double* norm);

// ---- Edits -------------------------------------------------------------------------------------

// A direction as part of an edit: strength Δh is added at the steps from `from` to `to`, fractions
// of the trajectory: 0 is before the first step, 1 after the last. Both 0 is the whole of it.
typedef struct hspace_edit_term {
  const hspace_direction* direction;
  double strength, from, to;
} hspace_edit_term;

// What is done to an image: the sum of its terms. None leaves the image as it is.
typedef struct hspace_edit_column {
  const hspace_edit_term* terms;
  size_t n;
} hspace_edit_column;

typedef struct hspace_edit_params {
  size_t struct_size;
  int32_t asymmetric;  // 1 adds Δh to the predicted x_0 only (Asyrp); 0
  int64_t batch;       // cells of one network pass; 16
  hspace_into into;    // HSPACE_INTO_BOTH
} hspace_edit_params;

HSPACE_C_API void hspace_edit_params_init(hspace_edit_params* params, size_t struct_size);
// Every row of a trajectory under each of n edits, with the row's own noise.  out (N, n, C, H, W)
// HSPACE_MISMATCH when model, trajectory and directions do not belong together.
HSPACE_C_API hspace_status hspace_edit(const hspace_model* model,
                                       const hspace_trajectory* trajectory,
                                       const hspace_edit_column* columns, size_t n,
                                       const hspace_edit_params* params, hspace_progress progress,
                                       void* user, float* out, size_t count);

// ---- Δh of one's own, and reading h ------------------------------------------------------------

// What a step of a decoding shows. It may grow at its end, as struct_size says.
typedef struct hspace_step {
  size_t struct_size;
  int64_t step;      // 0 is the first (largest timestep)
  int64_t timestep;  // its training timestep
  int64_t first;     // number of the batch's first row among all decoded rows
  int64_t rows;      // B
  const float* h;    // (B, c, h, w), before injection
  size_t count;      // B c h w
} hspace_step;

// Called once a step and batch. Writes Δh (B, c, h, w) and returns HSPACE_INJECT, or returns
// HSPACE_LEAVE or HSPACE_CANCEL. delta_h is 0 at first.
typedef int32_t (*hspace_injection)(const hspace_step* step, float* delta_h, void* user);
enum { HSPACE_CANCEL = -1, HSPACE_LEAVE = 0, HSPACE_INJECT = 1 };

typedef struct hspace_decode_params {
  size_t struct_size;
  hspace_point point;  // where h is read and Δh added; -1, the trajectory's
  int32_t asymmetric;  // 1 adds Δh to the predicted x_0 only (Asyrp); 0
  int64_t batch;       // rows of one network pass; 16
  hspace_into into;    // HSPACE_INTO_BOTH
} hspace_decode_params;

HSPACE_C_API void hspace_decode_params_init(hspace_decode_params* params, size_t struct_size);
// Generates rows of a trajectory again with what `injection` adds at each step; NULL adds nothing.
// rows (n): which, any number of times, or NULL with n = N for all.  out (n, C, H, W)
// HSPACE_MISMATCH for the trajectory of another model.
HSPACE_C_API hspace_status hspace_trajectory_decode(
    const hspace_model* model, const hspace_trajectory* trajectory, const int64_t* rows, size_t n,
    hspace_injection injection, void* injection_user, const hspace_decode_params* params,
    hspace_progress progress, void* progress_user, float* out, size_t count);

// ---- One step of the network, and its derivative -----------------------------------------------

// The network's state at an injection point, for B noisy images: all that the decoder needs. Under
// guidance ε is the guided one, and Δh goes into both passes.
typedef struct hspace_bottleneck hspace_bottleneck;

// x: noisy images (n, C, H, W); timesteps (n); condition may be NULL
HSPACE_C_API hspace_status hspace_encode(const hspace_model* model, const float* x,
                                         const int64_t* timesteps, size_t n, hspace_point point,
                                         const hspace_condition* condition,
                                         hspace_bottleneck** out);
HSPACE_C_API void hspace_bottleneck_free(hspace_bottleneck* bottleneck);
HSPACE_C_API size_t hspace_bottleneck_rows(const hspace_bottleneck* bottleneck);
// h (B, c, h, w)
HSPACE_C_API hspace_status hspace_bottleneck_h(const hspace_bottleneck* bottleneck, float* out,
                                               size_t count);
// The predicted noise ε with Δh added.  delta_h (n, c, h, w), n = B, or any n where B = 1; NULL
// with n = B: none.  epsilon (n, C, H, W)
HSPACE_C_API hspace_status hspace_decode(const hspace_bottleneck* bottleneck, const float* delta_h,
                                         size_t n, float* epsilon, size_t count);

// The decoder's derivative J = ∂(mask ε)/∂h at each row of a bottleneck.
typedef struct hspace_linearized hspace_linearized;

// mask (H, W), or NULL for none. Runs the decoder once.
HSPACE_C_API hspace_status hspace_linearize(const hspace_bottleneck* bottleneck, const float* mask,
                                            hspace_linearized** out);
HSPACE_C_API void hspace_linearized_free(hspace_linearized* linearized);
// J_rows[i] v_i.  v (n, c, h, w); rows (n) from 0 to B - 1, NULL for all 0; out (n, C, H, W)
HSPACE_C_API hspace_status hspace_jvp(const hspace_linearized* linearized, const float* v,
                                      const int64_t* rows, size_t n, float* out, size_t count);
// J_rows[i]ᵀ u_i.  u (n, C, H, W); rows (n) from 0 to B - 1, NULL for all 0; out (n, c, h, w)
HSPACE_C_API hspace_status hspace_vjp(const hspace_linearized* linearized, const float* u,
                                      const int64_t* rows, size_t n, float* out, size_t count);

// ---- Singular vectors --------------------------------------------------------------------------

// The k leading singular triplets of J at each of n points: an image's own directions.
typedef struct hspace_triplets hspace_triplets;

typedef struct hspace_svd_params {
  size_t struct_size;
  int64_t vectors;       // k; 1
  double tolerance;      // largest accepted ‖Jᵀu - sv‖ / s; 1e-3
  int64_t max_products;  // pairs of products that a point may take; 500
  int64_t seed;          // of the start vectors; 0
  const float* mask;     // (H, W); NULL
  int64_t memory;        // bytes: points are solved in turns where they do not fit; 2^31
  const hspace_condition* condition;  // NULL
  hspace_into into;                   // HSPACE_INTO_BOTH
} hspace_svd_params;

HSPACE_C_API void hspace_svd_params_init(hspace_svd_params* params, size_t struct_size);
// x: noisy images (n, C, H, W), as hspace_trajectory_states makes them; timesteps (n)
HSPACE_C_API hspace_status hspace_svd(const hspace_model* model, const float* x,
                                      const int64_t* timesteps, size_t n, hspace_point point,
                                      const hspace_svd_params* params, hspace_progress progress,
                                      void* user, hspace_triplets** out);
HSPACE_C_API void hspace_triplets_free(hspace_triplets* triplets);
// Singular values, descending (n, k).
HSPACE_C_API hspace_status hspace_triplets_values(const hspace_triplets* triplets, double* out,
                                                  size_t count);
// ‖Jᵀu - sv‖ / s of each (n, k): a vector whose residual is above the tolerance did not converge.
HSPACE_C_API hspace_status hspace_triplets_residuals(const hspace_triplets* triplets, double* out,
                                                     size_t count);
// Right singular vectors (n, k, c, h, w), of norm 1; their largest entry is positive.
HSPACE_C_API hspace_status hspace_triplets_v(const hspace_triplets* triplets, float* out,
                                             size_t count);
// Left singular vectors (n, k, C, H, W), of norm 1.
HSPACE_C_API hspace_status hspace_triplets_u(const hspace_triplets* triplets, float* out,
                                             size_t count);

// ---- Classifiers -------------------------------------------------------------------------------

// Scores attributes of images, such as smile or age.
typedef struct hspace_classifier hspace_classifier;

// device: as of hspace_model_params. HSPACE_FILE where the folder is not as it should be.
HSPACE_C_API hspace_status hspace_classifier_open(const char* directory, const char* device,
                                                  hspace_classifier** out);
HSPACE_C_API void hspace_classifier_free(hspace_classifier* classifier);
HSPACE_C_API size_t hspace_classifier_label_count(const hspace_classifier* classifier);
HSPACE_C_API const char* hspace_classifier_label(const hspace_classifier* classifier,
                                                 size_t number);
// images (n, 3, height, width) in [-1, 1], of any size.  out (n, labels)
HSPACE_C_API hspace_status hspace_classifier_scores(const hspace_classifier* classifier,
                                                    const float* images, size_t n, int64_t height,
                                                    int64_t width, float* out, size_t count);

// ---- Pictures ----------------------------------------------------------------------------------

// Writes an image (C, H, W), of 3 channels or 1, as a PNG of 8 bits a channel; values beyond [-1,
// 1] are cut off. HSPACE_FILE when it cannot be written; the file appears complete or not at all.
HSPACE_C_API hspace_status hspace_image_write_png(const char* file, const float* image,
                                                  const int64_t chw[3]);

// ---- DLPack ------------------------------------------------------------------------------------

// The same with tensors of https://dmlc.github.io/dlpack: of any strides, in float32, float64 or
// bfloat16, on the CPU or the model's device, without a copy where they are as the model needs
// them. DLManagedTensor is that of dlpack.h; shapes are as above.
//
// Tensors that a call takes stay the caller's, in and out alike: an out tensor is the caller's
// memory, which the call fills. Those that _dlpack(handle, out) gives are new, to be ended by their
// own deleter, share the handle's memory and keep it alive; they must not be written to.
struct DLManagedTensor;

HSPACE_C_API hspace_status hspace_trajectory_dlpack(const hspace_trajectory* trajectory,
                                                    hspace_part part, struct DLManagedTensor** out);
// Δh (steps, c, h, w)
HSPACE_C_API hspace_status hspace_direction_dlpack(const hspace_direction* direction,
                                                   struct DLManagedTensor** out);
// h (B, c, h, w)
HSPACE_C_API hspace_status hspace_bottleneck_dlpack(const hspace_bottleneck* bottleneck,
                                                    struct DLManagedTensor** out);

HSPACE_C_API hspace_status hspace_invert_dlpack(const hspace_model* model,
                                                const struct DLManagedTensor* images,
                                                const hspace_invert_params* params,
                                                hspace_progress progress, void* user,
                                                hspace_trajectory** out);
HSPACE_C_API hspace_status hspace_direction_create_dlpack(const hspace_model* model,
                                                          const char* name, hspace_point point,
                                                          const struct DLManagedTensor* delta,
                                                          const int64_t* timesteps, size_t n,
                                                          hspace_direction** out);
HSPACE_C_API hspace_status hspace_edit_dlpack(const hspace_model* model,
                                              const hspace_trajectory* trajectory,
                                              const hspace_edit_column* columns, size_t n,
                                              const hspace_edit_params* params,
                                              hspace_progress progress, void* user,
                                              struct DLManagedTensor* out);
HSPACE_C_API hspace_status hspace_encode_dlpack(
    const hspace_model* model, const struct DLManagedTensor* x, const int64_t* timesteps, size_t n,
    hspace_point point, const hspace_condition* condition, hspace_bottleneck** out);
// delta_h may be NULL.
HSPACE_C_API hspace_status hspace_decode_dlpack(const hspace_bottleneck* bottleneck,
                                                const struct DLManagedTensor* delta_h,
                                                struct DLManagedTensor* epsilon);
HSPACE_C_API hspace_status hspace_jvp_dlpack(const hspace_linearized* linearized,
                                             const struct DLManagedTensor* v, const int64_t* rows,
                                             struct DLManagedTensor* out);
HSPACE_C_API hspace_status hspace_vjp_dlpack(const hspace_linearized* linearized,
                                             const struct DLManagedTensor* u, const int64_t* rows,
                                             struct DLManagedTensor* out);
HSPACE_C_API hspace_status hspace_classifier_scores_dlpack(const hspace_classifier* classifier,
                                                           const struct DLManagedTensor* images,
                                                           struct DLManagedTensor* out);

#ifdef __cplusplus
}
#endif

#endif  // HSPACE_C_API_H
