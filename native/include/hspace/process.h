#pragma once

namespace hspace {

// Ends the process at once with an exit code: no destructor runs. For a process that is told to
// stop while another of its threads still computes, which would otherwise find what LibTorch keeps
// in static objects, such as oneDNN's primitives, already destroyed.
void leave(int code);

}  // namespace hspace
