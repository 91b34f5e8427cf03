#include "runtime/processor.h"

namespace hspace {

const InstructionSets kCompiledFor{
#if defined(__AVX2__)
    true,
#else
    false,
#endif
#if defined(__AVX512F__)
    true
#else
    false
#endif
};

}  // namespace hspace
