#pragma once

// What the shared library exports. All else in it is hidden; a public header opens its namespace as
//   namespace hspace HSPACE_API {
#define HSPACE_API __attribute__((visibility("default")))
