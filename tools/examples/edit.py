#!/usr/bin/env python3
"""A seed, edited along a direction, as a PNG: the C API of hspace from Python, without any package.

    edit.py MODEL SEED DIRECTION STRENGTH FILE.png
    edit.py models/avatars-64 3 smile-only 1.5 smile.png

The environment's HSPACE_LIBRARY names libhspace.so where the loader does not find it by itself.
"""

import os
import sys
from ctypes import CDLL, POINTER, Structure, byref, c_char_p, c_double, c_float, c_int32, c_int64, c_size_t, c_void_p, pointer, sizeof


class RuntimeParams(Structure):
    _fields_ = [("struct_size", c_size_t), ("threads", c_int32), ("openblas_threads", c_int32)]


class SampleParams(Structure):
    _fields_ = [("struct_size", c_size_t), ("steps", c_int64), ("eta", c_double), ("eta_schedule", c_char_p),
                ("point", c_int32), ("record_h", c_int32), ("clip", c_int32), ("reference_seeds", c_int32),
                ("batch", c_int64)]


class EditTerm(Structure):
    _fields_ = [("direction", c_void_p), ("strength", c_double), ("from_", c_double), ("to", c_double)]


class EditColumn(Structure):
    _fields_ = [("terms", POINTER(EditTerm)), ("n", c_size_t)]


def main(directory, seed, direction_name, strength, file):
    hspace = CDLL(os.environ.get("HSPACE_LIBRARY", "libhspace.so"))
    hspace.hspace_last_error.restype = c_char_p

    def check(status):
        if status != 0:
            sys.exit("edit.py: " + hspace.hspace_last_error().decode())

    process = RuntimeParams()  # nothing else computes here
    hspace.hspace_runtime_params_init(byref(process), c_size_t(sizeof(process)))
    process.openblas_threads = 1
    check(hspace.hspace_runtime_configure(byref(process)))

    model, noise, direction, chw = c_void_p(), c_void_p(), c_void_p(), (c_int64 * 3)()
    check(hspace.hspace_model_open(os.fsencode(directory), None, byref(model)))
    check(hspace.hspace_model_image_shape(model, chw))

    sampling = SampleParams()
    hspace.hspace_sample_params_init(byref(sampling), c_size_t(sizeof(sampling)))
    sampling.steps = 20
    check(hspace.hspace_draw(model, byref(c_int64(int(seed))), c_size_t(1), byref(sampling), byref(noise)))

    check(hspace.hspace_direction_open(model, os.fsencode(direction_name), byref(direction)))
    edit = EditColumn(pointer(EditTerm(direction, float(strength), 0, 1)), 1)
    image = (c_float * (chw[0] * chw[1] * chw[2]))()
    check(hspace.hspace_edit(model, noise, byref(edit), c_size_t(1), None, None, None, image, c_size_t(len(image))))
    check(hspace.hspace_image_write_png(os.fsencode(file), image, chw))

    hspace.hspace_direction_free(direction)
    hspace.hspace_trajectory_free(noise)
    hspace.hspace_model_free(model)


if __name__ == "__main__":
    if len(sys.argv) != 6:
        sys.exit(__doc__)
    main(*sys.argv[1:])
