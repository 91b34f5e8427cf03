#pragma once

#include "hspace/export.h"

namespace hspace HSPACE_API {

// Ends the process at once with an exit code: no destructor runs. For a process that is told to
// stop while another of its threads still computes, which would otherwise find what LibTorch keeps
// in static objects, such as oneDNN's primitives, already destroyed.
void leave(int code);

// Removes the temporary files of all writers of this library that have not finished. For a process
// that is told to stop while it writes: what is killed without that leaves them to the next writer
// of the same file.
void remove_temporary_files();

// Counts a call into LibTorch that is in flight on this thread, until end_call. For hosts whose
// process may end while other threads compute.
void begin_call() noexcept;
void end_call() noexcept;

// Has exit() leave at once, with its own status, when calls are in flight then: standard output and
// error are flushed, exit handlers that were registered earlier do not run, and so the destructors
// of LibTorch's static objects do not pull those from under the computing threads. Without a call
// in flight exit() goes on as ever. Handlers run in the reverse of their order, and static objects
// such as oneDNN's cache are made as late as by the first computation: to be called when the
// process is about to exit.
void protect_calls_at_exit();

}  // namespace hspace
