#include "hspace/provenance.h"

#include <cfloat>
#include <cstdint>
#include <utility>

#include "files/json_object.h"
#include "files/json_text.h"
#include "hspace/error.h"
#include "pipeline/conditioning_json.h"

namespace hspace {

namespace {

using nlohmann::ordered_json;

const JsonObject::Choices<InjectionPoint> kPoints = {{"after", InjectionPoint::kAfter},
                                                     {"before", InjectionPoint::kBefore},
                                                     {"middle", InjectionPoint::kMiddle}};

const JsonObject::Choices<StepNoise> kNoises = {{"brownian", StepNoise::kBrownian},
                                                {"steps", StepNoise::kSteps}};

std::vector<double> read_eta(const JsonObject& json) {
  const std::vector<double> eta = json.numbers("eta");
  for (const double value : eta) {
    if (!(value >= 0 && value <= 1)) json.refuse("eta", "numbers from 0 to 1", json.find("eta"));
  }
  if (eta.empty()) json.refuse("eta", "one number a step", json.find("eta"));
  const auto steps = static_cast<int64_t>(eta.size());
  if (json.integer("steps", steps, 1, INT32_MAX) != steps) {
    json.refuse("steps", std::to_string(steps) + ", as many as values of eta", json.find("steps"));
  }
  return eta;
}

std::vector<ImageSource> read_images(const JsonObject& json) {
  std::vector<ImageSource> images;
  for (const JsonObject& image : json.objects("images"))
    images.push_back({image.any_text("name"), image.any_text("sha256")});
  return images;
}

Clipping read_clipping(const JsonObject& json) {
  const bool posterior = json.boolean("posterior", false);
  const auto required = [&](const char* key, double least, double most) {
    if (!json.contains(key)) json.refuse(key, "a number", nullptr);
    return json.number(key, 0, least, most);
  };
  if (json.contains("clip_sample_range"))
    return Clipping::clamp(required("clip_sample_range", 0, DBL_MAX), posterior);
  const double ratio = required("dynamic_thresholding_ratio", 0, 1);
  return Clipping::thresholding(ratio, required("sample_max_value", 0, DBL_MAX), posterior);
}

std::string clipping_json(const Clipping& clipping) {
  std::vector<std::pair<std::string, std::string>> fields;
  if (clipping.range) fields.emplace_back("clip_sample_range", number_text(*clipping.range));
  if (clipping.ratio)
    fields.emplace_back("dynamic_thresholding_ratio", number_text(*clipping.ratio));
  if (clipping.maximum) fields.emplace_back("sample_max_value", number_text(*clipping.maximum));
  fields.emplace_back("posterior", clipping.posterior ? "true" : "false");
  return json_object(fields);
}

std::string image_json(const ImageSource& image) {
  return json_object(std::vector<std::pair<std::string, std::string>>{
      {"name", in_quotes(image.name)}, {"sha256", in_quotes(image.sha256)}});
}

}  // namespace

const char* injection_point_name(InjectionPoint point) {
  for (const auto& [name, meaning] : kPoints) {
    if (meaning == point) return name;
  }
  throw Error("unknown injection point");
}

const char* step_noise_name(StepNoise noise) {
  for (const auto& [name, meaning] : kNoises) {
    if (meaning == noise) return name;
  }
  throw Error("unknown noise");
}

InjectionPoint parse_injection_point(const std::string& name) {
  for (const auto& [known, meaning] : kPoints) {
    if (known == name) return meaning;
  }
  throw Error("h-space: expected after, before or middle, found '" + one_line(name) + "'");
}

std::string Provenance::json() const {
  std::vector<std::pair<std::string, std::string>> fields;
  const auto add_text = [&](const char* name, const std::optional<std::string>& text) {
    if (text) fields.emplace_back(name, in_quotes(*text));
  };
  add_text("model_hash", model_hash);
  add_text("scheduler_hash", scheduler_hash);
  fields.emplace_back("steps", std::to_string(steps()));
  fields.emplace_back("eta", json_list(eta, number_text));
  add_text("h_space", injection_point_name(h_space));
  if (seeds)
    fields.emplace_back("seeds", json_list(*seeds, [](int64_t s) { return std::to_string(s); }));
  if (images) fields.emplace_back("images", json_list(*images, image_json));
  add_text("method", method);
  add_text("tool_version", tool_version);
  fields.emplace_back("reference_seeds", reference_seeds ? "true" : "false");
  if (noise != StepNoise::kSteps) add_text("noise", step_noise_name(noise));
  if (clipping) fields.emplace_back("clip", clipping_json(*clipping));
  if (!conditioning.empty()) fields.emplace_back("conditioning", conditioning_json(conditioning));
  add_text("text_hash", text_hash);
  if (details) fields.emplace_back("details", *details);
  return json_object(fields);
}

Provenance Provenance::parse(const std::string& json, const std::string& where) {
  const std::string place = where + ": metadata 'provenance'";
  const JsonObject fields = JsonObject::parse(json, place).without_nulls();
  const auto optional_text = [&](const char* key) {
    return fields.contains(key) ? std::optional(fields.text(key)) : std::nullopt;
  };
  Provenance read;
  read.eta = read_eta(fields);
  read.model_hash = fields.text("model_hash");
  read.scheduler_hash = optional_text("scheduler_hash");
  read.h_space = fields.choice("h_space", kPoints);
  if (fields.contains("seeds")) read.seeds = fields.integers("seeds", INT64_MIN, INT64_MAX);
  if (fields.contains("images")) read.images = read_images(fields);
  read.method = optional_text("method");
  read.tool_version = optional_text("tool_version");
  read.reference_seeds = fields.boolean("reference_seeds", false);
  if (fields.contains("noise")) read.noise = fields.choice("noise", kNoises);
  if (const auto clip = fields.object("clip")) read.clipping = read_clipping(clip->without_nulls());
  if (const auto made_of = fields.object("conditioning"))
    read.conditioning = read_conditioning(made_of->without_nulls());
  read.text_hash = optional_text("text_hash");
  if (fields.object("details"))
    read.details = json_text(parse_ordered_json(json, place)["details"]);  // in their order
  return read;
}

Provenance Provenance::of_directions(const std::string& kind, const std::string& facts) const {
  const std::string place = "facts of a direction";
  const ordered_json given = parse_ordered_json(facts, place);
  if (!given.is_object()) throw Error(place + ": expected a JSON object");
  ordered_json all = {{"kind", kind}};
  for (const auto& [name, fact] : given.items()) all[name] = fact;
  Provenance made = *this;
  made.seeds.reset();
  made.images.reset();
  made.details = json_text(all);
  return made;
}

}  // namespace hspace
