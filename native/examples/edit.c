// A seed, edited along a direction, as a PNG.
//   edit MODEL SEED DIRECTION STRENGTH FILE.png
//   edit models/avatars-64 3 smile-only 1.5 smile.png
#include <hspace.h>
#include <stdio.h>
#include <stdlib.h>

static void check(hspace_status status) {
  if (status == HSPACE_OK) return;
  fprintf(stderr, "edit: %s\n", hspace_last_error());
  exit(1);
}

int main(int argc, char** argv) {
  if (argc != 6) return fprintf(stderr, "edit MODEL SEED DIRECTION STRENGTH FILE.png\n"), 2;

  hspace_runtime_params process;  // nothing else computes here
  hspace_runtime_params_init(&process, sizeof process);
  process.openblas_threads = 1;
  check(hspace_runtime_configure(&process));

  hspace_model* model;
  int64_t chw[3];
  check(hspace_model_open(argv[1], NULL, &model));
  check(hspace_model_image_shape(model, chw));

  hspace_sample_params sampling;
  hspace_sample_params_init(&sampling, sizeof sampling);
  sampling.steps = 20;
  const int64_t seed = atoll(argv[2]);
  hspace_trajectory* noise;
  check(hspace_draw(model, &seed, 1, &sampling, &noise));

  hspace_direction* direction;
  check(hspace_direction_open(model, argv[3], &direction));
  const hspace_edit_term term = {direction, atof(argv[4]), 0, 1};
  const hspace_edit_column edit = {&term, 1};
  const size_t count = (size_t)(chw[0] * chw[1] * chw[2]);
  float* image = malloc(count * sizeof *image);
  check(hspace_edit(model, noise, &edit, 1, NULL, NULL, NULL, image, count));
  check(hspace_image_write_png(argv[5], image, chw));

  free(image);
  hspace_direction_free(direction);
  hspace_trajectory_free(noise);
  hspace_model_free(model);
  return 0;
}
