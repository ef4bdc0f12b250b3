#include "program/probe.h"

#include "models/image/anyres.h"
#include "models/image/patches.h"
#include "models/image/tiles.h"
#include "runtime/memory_plan.h"
#include "runtime/types.h"

namespace llava {

Rows read_rows(Ops& ops, const View& view) {
  Rows out{view.rows, view.cols, std::vector<float>(static_cast<size_t>(view.rows * view.cols))};
  const auto bytes = static_cast<size_t>(view.rows * view.stride) * size_of(view.dtype);
  const Buffer host = ops.allocate_host(bytes);
  ops.download(host.data(), view.data, bytes);
  ops.synchronize();
  for (int64_t r = 0; r < view.rows; ++r) {
    for (int64_t c = 0; c < view.cols; ++c)
      out.values[static_cast<size_t>(r * view.cols + c)] = load_float(host.data(), view.dtype, r * view.stride + c);
  }
  return out;
}

namespace {

/// Device copy of some indices, freed after the ops that read it have run.
struct Indices {
  Indices(Ops& ops, const std::vector<int32_t>& values)
      : buffer(ops.allocate(std::max<size_t>(values.size() * 4, 64))) {
    ops.upload(buffer.data(), values.data(), values.size() * 4);
    ops.synchronize();
  }
  const int32_t* data() const { return buffer.as<int32_t>(); }
  Buffer buffer;
};

}  // namespace

Probe::Probe(const ModelConfig& config, const std::string& devices, int64_t rows, const std::string& instructions) {
  EngineOptions options;
  options.instructions = instructions;
  options.device = devices;
  devices_ = open_devices(options);
  const size_t stages = devices_.size();
  std::vector<Ops*> borrowed;
  for (const auto& device : devices_) borrowed.push_back(device.get());
  ModelSizes sizes;
  sizes.prefill_rows = rows;
  sizes.decode_rows = 16;
  sizes.logit_rows = rows;
  sizes.tiles = most_tiles(config);
  sizes.tower_tiles = sizes.tiles;
  sizes.context = std::min(config.text.context, rows);
  model_ = std::make_unique<LlavaModel>(config, borrowed, sizes);
  pages_ = rows / kPageTokens + 64;
  for (size_t i = 0; i < stages; ++i)
    caches_.emplace_back(*borrowed[i], config.text, config.work, LlavaModel::stage_range(config, i, stages), pages_);
  const int64_t projected = config.vision.any_size() ? most_tokens(config) : model_->tower().output_rows(sizes.tiles);
  projected_ = Matrix(ops(), projected, config.text.hidden, config.work);
}

namespace {

Tap tap_into(std::map<std::string, Rows>* taps) {
  if (taps == nullptr) return nullptr;
  return [taps](const std::string& name, int64_t index, Ops& ops, const View& rows) {
    (*taps)[name + " " + std::to_string(index)] = read_rows(ops, rows);
  };
}

}  // namespace

Rows Probe::encode_grids(const std::vector<uint8_t>& patches, const std::vector<PatchGrid>& grids, int64_t early,
                         std::map<std::string, Rows>* taps) {
  AnySizeTower& tower = model_->any_size_tower();
  const std::vector<float> angles = tower.angles(grids);
  const Buffer bytes = ops().allocate(patches.size());
  const Buffer turns = ops().allocate(angles.size() * sizeof(float));
  ops().upload(bytes.data(), patches.data(), patches.size());
  ops().upload(turns.data(), angles.data(), angles.size() * sizeof(float));
  const int64_t merge = config().vision.merge;
  const View out = projected_.view(grids.back().patches() / (merge * merge));
  tower.encode(bytes.as<uint8_t>(), grids, turns.as<float>(), early, out, tap_into(taps));
  return read_rows(ops(), out);
}

Rows Probe::encode(const ImageView& image, const Reading& reading, std::map<std::string, Rows>* taps) {
  const std::vector<uint8_t> tiles = make_tiles(config(), reading.aspect, image);
  if (config().vision.any_size()) {
    const Arrangement a = arrange(config(), reading, image.width, image.height);
    return encode_grids(tiles, {PatchGrid{a.rows, a.columns, 1, reading.time}}, 0, taps);
  }
  const int64_t side = config().vision.image_size;
  const int64_t count = static_cast<int64_t>(tiles.size()) / (3 * side * side);
  const Buffer device = ops().allocate(tiles.size());
  ops().upload(device.data(), tiles.data(), tiles.size());
  const Tap tap = tap_into(taps);
  VisionTower& tower = model_->tower();
  if (reading.frame && config().clip.place == PoolPlace::before_projector) {
    tower.encode_pooled(device.as<uint8_t>(), count, projected_.whole());
    return read_rows(ops(), projected_.view(count * tower.rows_per_pooled_tile()));
  }
  tower.encode(device.as<uint8_t>(), count, projected_.whole(), tap);
  return read_rows(ops(), projected_.view(count * tower.rows_per_tile()));
}

View Probe::pack_any_size(std::span<const ImageView> images, const Reading& reading) {
  std::vector<Size> sizes;
  for (const ImageView& image : images) sizes.push_back({image.width, image.height});
  std::vector<uint8_t> patches;
  std::vector<PatchGrid> grids;
  for (size_t i = first_needed(config(), reading, sizes); i < images.size(); ++i) {
    const std::vector<uint8_t> cut = make_tiles(config(), reading.aspect, images[i]);
    patches.insert(patches.end(), cut.begin(), cut.end());
    const Arrangement a = arrange(config(), reading, images[i].width, images[i].height);
    grids.push_back({a.rows, a.columns, 1, reading.time});
  }
  const Rows rows = encode_grids(patches, grids, reading.early);
  packed_.emplace_back(ops(), rows.rows, config().text.hidden, config().work);
  const View out = packed_.back().view(rows.rows);
  const View from = projected_.view(rows.rows);
  ops().copy(out.data, from.data, static_cast<size_t>(from.rows * from.stride) * size_of(from.dtype));
  ops().synchronize();
  return out;
}

View Probe::pack_on_device(const ImageView& image, const Reading& reading) {
  if (config().vision.any_size()) return pack_any_size(std::span(&image, 1), reading);
  encode(image, reading);
  const Arrangement arrangement = arrange(config(), reading, image.width, image.height);
  const Packing packed = packing(config(), arrangement);
  const Indices source(ops(), packed.source);
  packed_.emplace_back(ops(), arrangement.tokens, config().text.hidden, config().work);
  const View out = packed_.back().view(arrangement.tokens);
  if (packed.mixed) {
    const Buffer weight = ops().allocate(std::max<size_t>(packed.weight.size() * 4, 64));
    if (!packed.weight.empty()) ops().upload(weight.data(), packed.weight.data(), packed.weight.size() * 4);
    ops().mix_rows(projected_.whole(), source.data(), packed.weight.empty() ? nullptr : weight.as<float>(),
                   arrangement.tokens, model_->newline(), out);
    ops().synchronize();
  } else {
    ops().gather_rows(projected_.whole(), source.data(), nullptr, arrangement.tokens, model_->newline(), out);
  }
  ops().synchronize();
  return out;
}

Rows Probe::pack(const ImageView& image, const Reading& reading) {
  packed_.clear();
  return read_rows(ops(), pack_on_device(image, reading));
}

Rows Probe::pack_prompt(const ProbePrompt& prompt) {
  packed_.clear();
  const std::vector<Reading> readings = config().readings(prompt.clips);
  Rows all;
  for (size_t i = 0; i < prompt.images.size(); ++i) {
    const Rows rows = read_rows(ops(), pack_any_size(std::span(prompt.images).first(i + 1), readings[i]));
    all.rows += rows.rows;
    all.cols = rows.cols;
    all.values.insert(all.values.end(), rows.values.begin(), rows.values.end());
  }
  return all;
}

std::vector<Rows> Probe::prefill(const std::vector<ProbePrompt>& prompts, std::map<std::string, Rows>* taps) {
  packed_.clear();
  packed_.reserve(256);
  struct Span {
    View vectors;
    int64_t row;
  };
  std::vector<Span> spans;
  std::vector<int32_t> ids, positions, slots, row_start = {0}, position_start;
  std::vector<std::vector<int32_t>> tables;
  int32_t next_page = 0;
  for (const ProbePrompt& prompt : prompts) {
    size_t image = 0;
    const size_t first = ids.size();
    std::vector<Reading> readings = config().readings(prompt.clips);
    for (size_t i = 0; i < prompt.times.size(); ++i) readings[i].time = prompt.times[i];
    for (const int32_t id : prompt.ids) {
      if (id != kImageSlot) {
        ids.push_back(id);
        continue;
      }
      const std::span images(prompt.images);
      const View vectors = config().vision.any_size() ? pack_any_size(images.first(image + 1), readings[image])
                                                      : pack_on_device(images[image], readings[image]);
      ++image;
      spans.push_back({vectors, static_cast<int64_t>(ids.size())});
      ids.insert(ids.end(), static_cast<size_t>(vectors.rows), -1);
    }
    const auto length = static_cast<int32_t>(ids.size() - first);
    std::vector<int32_t>& table = tables.emplace_back();
    for (int32_t at = 0; at < length; ++at) {
      if (at % kPageTokens == 0) table.push_back(next_page++);
      positions.push_back(at);
      slots.push_back(table.back() * kPageTokens + at % kPageTokens);
    }
    row_start.push_back(static_cast<int32_t>(ids.size()));
    position_start.push_back(0);
  }
  size_t stride = 1;
  for (const auto& table : tables) stride = std::max(stride, table.size());
  std::vector<int32_t> page_table;
  for (auto table : tables) {
    table.resize(stride, 0);
    page_table.insert(page_table.end(), table.begin(), table.end());
  }
  const auto rows = static_cast<int64_t>(ids.size());
  std::vector<int32_t> all(ids.size());
  for (size_t i = 0; i < all.size(); ++i) all[i] = static_cast<int32_t>(i);

  const Tap tap = tap_into(taps);
  View logits;
  for (size_t i = 0; i < devices_.size(); ++i) {
    Ops& ops = *devices_[i];
    DecoderStage& stage = *model_->stages()[i];
    const Indices d_ids(ops, ids), d_positions(ops, positions), d_slots(ops, slots), d_row_start(ops, row_start),
        d_position_start(ops, position_start), d_pages(ops, page_table), d_all(ops, all);
    if (i == 0) {
      stage.embed(d_ids.data(), rows);
      for (const Span& span : spans) {
        std::vector<int32_t> source(static_cast<size_t>(span.vectors.rows));
        for (size_t j = 0; j < source.size(); ++j) source[j] = static_cast<int32_t>(j);
        const Indices d_source(ops, source);
        ops.gather_rows(span.vectors, d_source.data(), nullptr, span.vectors.rows, nullptr,
                        stage.hidden(rows).slice(span.row, span.vectors.rows));
        ops.synchronize();
      }
    } else {
      const View from = model_->stages()[i - 1]->hidden(rows);
      ops.copy_from(*devices_[i - 1], stage.hidden(rows).data, from.data,
                    static_cast<size_t>(rows * from.stride) * size_of(from.dtype));
    }
    StepBatch batch;
    batch.positions = d_positions.data();
    batch.slots = d_slots.data();
    batch.prefill.sequences = static_cast<int32_t>(prompts.size());
    batch.prefill.rows = static_cast<int32_t>(rows);
    batch.prefill.row_start = d_row_start.data();
    batch.prefill.position_start = d_position_start.data();
    batch.prefill.page_table = d_pages.data();
    batch.prefill.page_stride = static_cast<int32_t>(stride);
    batch.prefill.host_row_start = row_start.data();
    batch.prefill.host_position_start = position_start.data();
    for (size_t s = 0; s + 1 < row_start.size(); ++s) {
      const int32_t length = row_start[s + 1] - row_start[s];
      batch.prefill.longest_rows = std::max(batch.prefill.longest_rows, length);
      batch.prefill.longest_kv = std::max(batch.prefill.longest_kv, length);
    }
    stage.forward(rows, batch, caches_[i], tap);
    if (i + 1 == devices_.size()) logits = stage.logits(d_all.data(), rows, Phase::prefill);
    ops.synchronize();
  }
  const Rows every = read_rows(*devices_.back(), logits);
  std::vector<Rows> out;
  for (size_t s = 0; s + 1 < row_start.size(); ++s) {
    Rows part{row_start[s + 1] - row_start[s], every.cols, {}};
    part.values.assign(every.row(row_start[s]), every.row(row_start[s]) + part.rows * part.cols);
    out.push_back(std::move(part));
  }
  return out;
}

}  // namespace llava
