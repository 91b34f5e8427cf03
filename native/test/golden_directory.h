// Where the golden files lie. One source holds the paths, so that the other tests compile alike in
// every checkout.
#pragma once

#include <string>

namespace hspace::test {

// Of native/test/golden.
std::string golden_path(const std::string& name = "");

// Of src/test/resources/golden: the pipelines and golden files that the tests in Java use too.
std::string pipeline_path(const std::string& name);

}  // namespace hspace::test
