#pragma once

#include "hspace.h"
#include "hspace/conditioning.h"

namespace hspace::capi {

// What the caller's condition says; null stands for none.
Conditioning conditioning_of(const hspace_condition* condition);
// Error for what is no pass of guidance.
InjectInto into_of(hspace_into into);

}  // namespace hspace::capi
