#include "files/text.h"
#include "hspace/error.h"
#include "hspace/noise_schedule.h"

namespace hspace {

namespace {

std::vector<std::string> split(const std::string& text, char separator) {
  std::vector<std::string> parts(1);
  for (const char c : text) {
    if (c == separator) {
      parts.emplace_back();
    } else {
      parts.back() += c;
    }
  }
  return parts;
}

[[noreturn]] void refuse_eta(const std::string& text) {
  throw Error(
      "eta: expected a number from 0 to 1, ETA@FROM-TO, start:ETA:FRACTION, end:ETA:FRACTION or a "
      "list of one value a step, found '" +
      one_line(text) + "'");
}

void check_eta(double eta) {
  if (!(eta >= 0 && eta <= 1))
    throw Error("eta: expected a value from 0 to 1, found " + number_text(eta));
}

}  // namespace

Window Window::of(double from, double to) {
  if (!(from >= 0 && from <= to && to <= 1)) {
    throw Error("window: expected FROM-TO with 0 <= FROM <= TO <= 1, found " + number_text(from) +
                "-" + number_text(to));
  }
  Window window;
  window.from = from;
  window.to = to;
  return window;
}

Window Window::parse(const std::string& text) {
  const size_t dash = text.find('-', 1);
  if (dash != std::string::npos) {
    const auto from = parse_number(text.substr(0, dash));
    const auto to = parse_number(text.substr(dash + 1));
    if (from && to) return of(*from, *to);
  }
  throw Error("window: expected FROM-TO, for instance 0.2-0.8, found '" + one_line(text) + "'");
}

bool Window::contains(int64_t step, int64_t steps) const {
  const double position = (static_cast<double>(step) + 0.5) / static_cast<double>(steps);
  return position >= from && position < to;
}

std::string Window::text() const { return number_text(from) + "-" + number_text(to); }

EtaSchedule::EtaSchedule(double eta, const Window& window, std::vector<double> list)
    : eta_(eta), window_(window), list_(std::move(list)) {
  check_eta(eta_);
  for (const double value : list_) check_eta(value);
}

EtaSchedule EtaSchedule::constant(double eta) { return EtaSchedule(eta, Window(), {}); }

EtaSchedule EtaSchedule::within(double eta, const Window& window) {
  return EtaSchedule(eta, Window::of(window.from, window.to), {});
}

EtaSchedule EtaSchedule::list(std::vector<double> values) {
  if (values.empty()) throw Error("eta: expected at least one value, found none");
  return EtaSchedule(0, Window(), std::move(values));
}

EtaSchedule EtaSchedule::parse(const std::string& text) {
  const auto number = [&](const std::string& part) {
    const auto value = parse_number(part);
    if (!value) refuse_eta(text);
    return *value;
  };
  if (text.find(',') != std::string::npos) {
    std::vector<double> values;
    for (const std::string& part : split(text, ',')) values.push_back(number(part));
    return list(std::move(values));
  }
  const bool start = text.rfind("start:", 0) == 0;
  if (start || text.rfind("end:", 0) == 0) {
    const std::vector<std::string> parts = split(text, ':');
    if (parts.size() != 3) refuse_eta(text);
    const double eta = number(parts[1]), fraction = number(parts[2]);
    return within(eta, start ? Window::of(0, fraction) : Window::of(1 - fraction, 1));
  }
  const size_t at = text.find('@');
  if (at == std::string::npos) return constant(number(text));
  return within(number(text.substr(0, at)), Window::parse(text.substr(at + 1)));
}

std::vector<double> EtaSchedule::values(int64_t steps) const {
  if (!list_.empty()) {
    if (static_cast<int64_t>(list_.size()) != steps) {
      throw Error("eta: expected " + std::to_string(steps) + " values, one a step, found " +
                  std::to_string(list_.size()));
    }
    return list_;
  }
  std::vector<double> values;
  for (int64_t i = 0; i < steps; ++i) values.push_back(window_.contains(i, steps) ? eta_ : 0);
  return values;
}

std::string EtaSchedule::text() const {
  if (!list_.empty()) {
    std::string text;
    for (const double value : list_) text += (text.empty() ? "" : ",") + number_text(value);
    return text;
  }
  const bool whole = window_.from == 0 && window_.to == 1;
  return number_text(eta_) + (whole ? "" : "@" + window_.text());
}

}  // namespace hspace
