#pragma once

namespace hspace {

// The instruction sets that the compiler was free to use in this library.
struct InstructionSets {
  bool avx2;  // with FMA, BMI 1 and 2, which it never comes without in what we compile for
  bool avx512f;
};

extern const InstructionSets kCompiledFor;

}  // namespace hspace
