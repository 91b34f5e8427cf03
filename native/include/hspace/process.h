#pragma once

// What concerns the process as a whole.

namespace hspace {

// Ends the process at once with an exit code: no destructor runs. For a process that is told to
// stop while another of its threads still computes, which would otherwise find what LibTorch keeps
// in static objects, such as oneDNN's primitives, already destroyed.
void leave(int code);

// Gives LibTorch's CPU tensors an allocator that keeps what is freed for the next request of that
// size, at most 1 GiB and at most an eighth of the memory that the process may use: without it
// every network pass hands its memory back to the system, which costs a pass at 256x256 a fifth of
// its time. An allocator that somebody else has set for LibTorch stays. To be called before threads
// begin to make tensors.
void keep_freed_memory();

}  // namespace hspace
