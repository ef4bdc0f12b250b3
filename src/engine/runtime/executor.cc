#include "runtime/executor.h"

#include <algorithm>
#include <bit>
#include <cstring>

#include "support/error.h"

namespace llava {

namespace {

int32_t slot_of(const Sequence& s, int64_t position) {
  return s.path[static_cast<size_t>(position / kPageTokens)]->page * kPageTokens +
         static_cast<int32_t>(position % kPageTokens);
}

/// The id that a likelihood sequence scores at `position`.
int32_t target_of(const Sequence& s, int64_t position) {
  return s.request->request.continuations[s.continuation][static_cast<size_t>(position - s.first_wanted)];
}

bool is_likelihood(const Sequence& s) { return !s.request->request.continuations.empty(); }

/// Groups of neighbouring rows that share leading pages: start [all + 1], shared tokens [all]. Sequences come sorted by
/// their pages; the rows behind them, up to `all`, are groups of one. Returns how many groups are not empty.
int32_t group_rows(const std::vector<Sequence*>& rows, int64_t all, int32_t* start, int32_t* shared) {
  const auto common_pages = [&](size_t a, size_t b) {
    const auto& x = rows[a]->path;
    const auto& y = rows[b]->path;
    size_t n = 0;
    while (n < x.size() && n < y.size() && x[n] == y[n]) ++n;
    return static_cast<int32_t>(n);
  };
  size_t group = 0;
  for (size_t row = 0; row < rows.size();) {
    start[group] = static_cast<int32_t>(row);
    int32_t pages = 0;
    size_t end = row + 1;
    for (; end < rows.size(); ++end) {
      const int32_t common = common_pages(row, end);
      if (common == 0 || (pages > 0 && 2 * common < pages)) break;
      pages = pages == 0 ? common : std::min(pages, common);
    }
    shared[group++] = pages * kPageTokens;
    row = end;
  }
  const auto count = static_cast<size_t>(all);
  for (size_t row = rows.size(); row < count; ++row) {
    start[group] = static_cast<int32_t>(row);
    shared[group++] = 0;
  }
  const auto filled = static_cast<int32_t>(group);
  for (; group <= count; ++group) {
    start[group] = static_cast<int32_t>(all);
    if (group < count) shared[group] = 0;
  }
  return filled;
}

}  // namespace

Executor::Executor(LlavaModel& model, std::vector<KvCache>& caches, ImageSlots& slots, int64_t longest_pages,
                   int32_t spare_page)
    : model_(model), caches_(caches), slots_(slots), longest_pages_(longest_pages), spare_page_(spare_page) {
  std::vector<Ops*> devices;
  for (const auto& stage : model.stages()) devices.push_back(&stage->ops());
  for (size_t i = 0; i < 1 + depth(); ++i) blocks_.push_back(std::make_unique<Block>(devices));
}

size_t Executor::free_block(bool decode) {
  for (size_t i = decode ? 0 : 1; i < (decode ? 1 : blocks_.size()); ++i) {
    if (!blocks_[i]->busy) return i;
  }
  throw ContractViolation("executor: too many steps are queued");
}

std::vector<Executor::LogitChunk> Executor::prepare_logits(Step& step, StepBlock& block) {
  std::vector<LogitChunk> chunks;
  const auto most = static_cast<size_t>(model_.sizes().logit_rows);
  for (size_t first = 0; first < step.logit_rows.size(); first += most) {
    LogitChunk c;
    c.first = first;
    c.count = std::min(most, step.logit_rows.size() - first);
    std::vector<int32_t> rows, pair_rows, pair_ids, penalty_ids, top_k;
    std::vector<int32_t> penalty_start = {0};
    std::vector<float> penalty, temperature, top_p, uniform;
    c.first_pair = step.pairs.size();
    for (size_t i = first; i < first + c.count; ++i) {
      const LogitRow& row = step.logit_rows[i];
      const Sequence& s = *row.sequence;
      const Request& request = s.request->request;
      const auto in_chunk = static_cast<int32_t>(i - first);
      rows.push_back(static_cast<int32_t>(row.row));
      if (is_likelihood(s)) {
        pair_rows.push_back(in_chunk);
        pair_ids.push_back(target_of(s, row.position));
        step.pairs.push_back({.logit_row = i});
      } else if (s.generated.empty()) {
        for (size_t j = 0; j < request.first_of.size(); ++j) {
          pair_rows.push_back(in_chunk);
          pair_ids.push_back(request.first_of[j]);
          step.pairs.push_back({.logit_row = i, .of = static_cast<int64_t>(j)});
        }
        if (request.first_top > 0) step.tops.push_back({.logit_row = i, .k = request.first_top});
      }
      if (request.want_logits && row.position == static_cast<int64_t>(s.request->merged.size()) - 1)
        step.download_rows.push_back(i);
      const Sampling& sampling = request.sampling;
      const bool punished = !is_likelihood(s) && sampling.repetition_penalty != 1.0f;
      if (punished) penalty_ids.insert(penalty_ids.end(), s.seen.begin(), s.seen.end());
      penalty_start.push_back(static_cast<int32_t>(penalty_ids.size()));
      penalty.push_back(punished ? sampling.repetition_penalty : 1.0f);
      temperature.push_back(is_likelihood(s) ? 0.0f : sampling.temperature);
      top_k.push_back(sampling.top_k);
      top_p.push_back(sampling.top_p);
      uniform.push_back(uniform_of(sampling.seed, s.generated.size()));
      c.greedy = c.greedy && temperature.back() <= 0.0f;
    }
    c.penalised = !penalty_ids.empty();
    c.rows = block.add(rows);
    c.pair_rows = block.add(pair_rows);
    c.pair_ids = block.add(pair_ids);
    if (c.penalised) {
      c.penalty_start = block.add(penalty_start);
      c.penalty_ids = block.add(penalty_ids);
      c.penalty = block.add(penalty);
    }
    if (!c.greedy) {
      c.temperature = block.add(temperature);
      c.top_k = block.add(top_k);
      c.top_p = block.add(top_p);
      c.uniform = block.add(uniform);
    }
    chunks.push_back(c);
  }
  return chunks;
}

void Executor::reserve_results(Step& step, Block& block) {
  SliceLayout layout;
  step.tokens = layout.take<int32_t>(step.logit_rows.size());
  step.pair_logprob = layout.take<float>(step.pairs.size());
  step.pair_best = layout.take<int32_t>(step.pairs.size());
  for (Step::Top& top : step.tops) {
    top.ids = layout.take<int32_t>(static_cast<size_t>(top.k));
    top.logprobs = layout.take<float>(static_cast<size_t>(top.k));
  }
  if (block.result_device.bytes() < layout.bytes()) {
    last().synchronize();
    last().forget_graphs();
    block.result_device = last().allocate(2 * layout.bytes());
    block.result_host = last().allocate_host(2 * layout.bytes());
  }
}

void Executor::run_logits(Step& step, Block& block, const LogitChunk& c, const View& logits) {
  Ops& ops = last();
  const size_t stage = model_.stage_count() - 1;
  StepBlock& in = block.indices;
  const Buffer& out = block.result_device;
  if (c.pair_rows.count > 0) {
    ops.gather_logprobs(logits, in.device(stage, c.pair_rows), in.device(stage, c.pair_ids),
                        static_cast<int64_t>(c.pair_rows.count), step.pair_logprob.in(out) + c.first_pair,
                        step.pair_best.in(out) + c.first_pair);
  }
  for (const Step::Top& top : step.tops) {
    if (top.logit_row < c.first || top.logit_row >= c.first + c.count) continue;
    ops.top_logprobs(logits.slice(static_cast<int64_t>(top.logit_row - c.first), 1), top.k, top.ids.in(out),
                     top.logprobs.in(out));
  }
  for (const size_t row : step.download_rows) {
    if (row < c.first || row >= c.first + c.count) continue;
    const auto bytes = static_cast<size_t>(logits.cols) * sizeof(float);
    step.downloads.push_back(ops.allocate_host(bytes));
    ops.download(step.downloads.back().data(), logits.slice(static_cast<int64_t>(row - c.first), 1).data, bytes);
  }
  if (c.penalised) {
    ops.repetition_penalty(logits, in.device(stage, c.penalty_start), in.device(stage, c.penalty_ids),
                           in.device(stage, c.penalty));
  }
  int32_t* tokens = step.tokens.in(out) + c.first;
  if (c.greedy) {
    ops.argmax(logits, tokens);
  } else {
    ops.sample(logits, in.device(stage, c.temperature), in.device(stage, c.top_k), in.device(stage, c.top_p),
               in.device(stage, c.uniform), tokens);
  }
}

void Executor::finish(Step& step, Block& block) {
  if (!step.logit_rows.empty())
    last().download(block.result_host.data(), block.result_device.data(), block.result_host.bytes());
  step.event = last().record(Queue::compute);
  block.busy = true;
}

void Executor::pass_on(size_t stage, int64_t rows) {
  if (stage == 0) return;
  DecoderStage& from = *model_.stages()[stage - 1];
  DecoderStage& to = *model_.stages()[stage];
  const View source = from.hidden(rows);
  const View target = to.hidden(rows);
  to.ops().copy_from(from.ops(), target.data, source.data,
                     static_cast<size_t>(rows * source.stride) * size_of(source.dtype));
  // The next step must not overwrite the rows before they are copied.
  const std::unique_ptr<Event> copied = to.ops().record(Queue::compute);
  from.ops().wait(Queue::compute, *copied);
}

std::unique_ptr<Step> Executor::prefill(const PrefillPlan& plan) {
  auto step = std::make_unique<Step>();
  step->rows = plan.rows;
  step->block = free_block(false);
  Block& block = *blocks_[step->block];
  StepBlock& in = block.indices;
  in.clear();

  const auto rows = static_cast<size_t>(plan.rows);
  const size_t sequences = plan.chunks.size();
  int64_t stride = 1;
  for (const Chunk& chunk : plan.chunks)
    stride = std::max(stride, (chunk.start + chunk.count + kPageTokens - 1) / kPageTokens);
  const Slice<int32_t> ids = in.take<int32_t>(rows);
  const Slice<int32_t> positions = in.take<int32_t>(rows);
  const Slice<int32_t> slots = in.take<int32_t>(rows);
  const Slice<int32_t> row_start = in.take<int32_t>(sequences + 1);
  const Slice<int32_t> position_start = in.take<int32_t>(sequences);
  const Slice<int32_t> pages = in.take<int32_t>(sequences * static_cast<size_t>(stride));
  const Slice<int32_t> copies = in.add(plan.copies);

  struct Merge {
    const ImageEntry* image;
    Slice<int32_t> source, target;
  };
  std::vector<Merge> merges;
  StepBatch batch;
  batch.phase = Phase::prefill;
  batch.prefill.sequences = static_cast<int32_t>(sequences);
  batch.prefill.rows = static_cast<int32_t>(rows);
  batch.prefill.page_stride = static_cast<int32_t>(stride);
  int64_t row = 0;
  for (size_t i = 0; i < sequences; ++i) {
    const Chunk& chunk = plan.chunks[i];
    const Sequence& s = *chunk.sequence;
    in.host(row_start)[i] = static_cast<int32_t>(row);
    in.host(position_start)[i] = static_cast<int32_t>(chunk.start);
    int32_t* const pages_of = in.host(pages) + i * static_cast<size_t>(stride);
    for (int64_t p = 0; p < stride; ++p)
      pages_of[p] = p < static_cast<int64_t>(s.path.size()) ? s.path[static_cast<size_t>(p)]->page : 0;
    for (int64_t at = 0; at < chunk.count; ++at) {
      const int64_t position = chunk.start + at;
      in.host(ids)[row + at] = s.ids[static_cast<size_t>(position)];
      in.host(positions)[row + at] = static_cast<int32_t>(position);
      in.host(slots)[row + at] = slot_of(s, position);
      if (position >= s.first_wanted)
        step->logit_rows.push_back({.sequence = chunk.sequence, .row = row + at, .position = position});
    }
    for (const ImageSpan& span : s.images) {
      const int64_t begin = std::max(span.start, chunk.start);
      const int64_t end = std::min(span.start + span.count, chunk.start + chunk.count);
      if (begin >= end) continue;
      const auto count = static_cast<size_t>(end - begin);
      const Merge merge{span.image.get(), in.take<int32_t>(count), in.take<int32_t>(count)};
      for (int64_t j = 0; j < end - begin; ++j) {
        in.host(merge.source)[j] = static_cast<int32_t>(begin - span.start + j);
        in.host(merge.target)[j] = static_cast<int32_t>(row + begin - chunk.start + j);
      }
      merges.push_back(merge);
    }
    batch.prefill.longest_rows = std::max(batch.prefill.longest_rows, static_cast<int32_t>(chunk.count));
    batch.prefill.longest_kv = std::max(batch.prefill.longest_kv, static_cast<int32_t>(chunk.start + chunk.count));
    row += chunk.count;
  }
  in.host(row_start)[sequences] = static_cast<int32_t>(row);
  const std::vector<LogitChunk> chunks = prepare_logits(*step, in);
  reserve_results(*step, block);
  in.upload();
  batch.prefill.host_row_start = in.host(row_start);
  batch.prefill.host_position_start = in.host(position_start);

  images_encoded_ += slots_.encode_pinned();
  for (size_t i = 0; i < model_.stage_count(); ++i) {
    DecoderStage& stage = *model_.stages()[i];
    for (size_t layer = 0; layer < caches_[i].layers() && !plan.copies.empty(); ++layer) {
      stage.ops().copy_pages(caches_[i].layer(layer), in.device(i, copies),
                             static_cast<int64_t>(plan.copies.size() / 2));
    }
    if (i == 0) {
      stage.embed(in.device(0, ids), plan.rows);
      for (const Merge& merge : merges) {
        stage.ops().gather_rows(slots_.vectors(*merge.image), in.device(0, merge.source), in.device(0, merge.target),
                                static_cast<int64_t>(merge.source.count), nullptr, stage.hidden(plan.rows));
      }
    } else {
      pass_on(i, plan.rows);
    }
    batch.positions = in.device(i, positions);
    batch.slots = in.device(i, slots);
    batch.prefill.row_start = in.device(i, row_start);
    batch.prefill.position_start = in.device(i, position_start);
    batch.prefill.page_table = in.device(i, pages);
    stage.forward(plan.rows, batch, caches_[i]);
  }
  for (const LogitChunk& c : chunks) {
    const View logits = model_.stages().back()->logits(in.device(model_.stage_count() - 1, c.rows),
                                                       static_cast<int64_t>(c.count), Phase::prefill);
    run_logits(*step, block, c, logits);
  }
  slots_.unpin();
  finish(*step, block);
  for (const LogitRow& wanted : step->logit_rows) ++wanted.sequence->in_flight;
  return step;
}

std::unique_ptr<Step> Executor::decode(const std::vector<Sequence*>& sequences) {
  auto step = std::make_unique<Step>();
  step->decode = true;
  step->rows = static_cast<int64_t>(sequences.size());
  step->block = free_block(true);
  Block& block = *blocks_[step->block];
  StepBlock& in = block.indices;
  in.clear();

  // A back end that replays steps pads them to few row counts. A padding row is a sequence of its own, one token long,
  // in the spare page; nobody reads what becomes of it.
  const size_t rows = sequences.size();
  const int64_t padded = std::clamp(last().replay_rows(step->rows), step->rows, model_.sizes().decode_rows);
  const auto all = static_cast<size_t>(padded);

  // The arrays inside the replayed part come first and depend on the row count alone, so that their addresses do, too.
  const auto stride = static_cast<size_t>(longest_pages_);
  const Slice<int32_t> ids = in.take<int32_t>(all);
  const Slice<int32_t> positions = in.take<int32_t>(all);
  const Slice<int32_t> slots = in.take<int32_t>(all);
  const Slice<int32_t> lengths = in.take<int32_t>(all);
  const Slice<int32_t> group_start = in.take<int32_t>(all + 1);
  const Slice<int32_t> group_shared = in.take<int32_t>(all);
  const Slice<int32_t> pages = in.take<int32_t>(all * stride);
  const Slice<int32_t> order = in.take<int32_t>(all);
  int64_t longest = 1;
  for (size_t i = 0; i < rows; ++i) {
    Sequence& s = *sequences[i];
    const int64_t position = s.position;
    longest = std::max(longest, position + 1);
    in.host(ids)[i] = s.generated.back();
    in.host(positions)[i] = static_cast<int32_t>(position);
    in.host(slots)[i] = slot_of(s, position);
    in.host(lengths)[i] = static_cast<int32_t>(position + 1);
    int32_t* pages_of = in.host(pages) + i * stride;
    for (size_t p = 0; p < stride; ++p) pages_of[p] = p < s.path.size() ? s.path[p]->page : 0;
    step->logit_rows.push_back({.sequence = &s, .row = static_cast<int64_t>(i), .position = position});
    ++s.position;
    s.decoding = false;
    ++s.in_flight;
  }
  for (size_t i = rows; i < all; ++i) {
    in.host(ids)[i] = in.host(positions)[i] = 0;
    in.host(slots)[i] = spare_page_ * kPageTokens;
    in.host(lengths)[i] = 1;
    std::fill_n(in.host(pages) + i * stride, stride, spare_page_);
  }
  for (size_t i = 0; i < all; ++i) in.host(order)[i] = static_cast<int32_t>(i);
  const int32_t groups = group_rows(sequences, padded, in.host(group_start), in.host(group_shared));
  const std::vector<LogitChunk> chunks = prepare_logits(*step, in);
  reserve_results(*step, block);
  in.upload();

  // Few keys: powers of two of the longest row and of the rows that share a prefix (launches follow both), few counts
  // of rows.
  const auto bucket = static_cast<int64_t>(std::bit_ceil(static_cast<uint64_t>(std::max<int64_t>(longest, 256))));
  const auto sharing = static_cast<int64_t>(std::bit_floor(static_cast<uint64_t>(padded / groups)));
  const uint64_t key =
      static_cast<uint64_t>(padded) << 48 | static_cast<uint64_t>(sharing) << 32 | static_cast<uint64_t>(bucket);
  StepBatch batch;
  batch.phase = Phase::decode;
  batch.decode.sequences = static_cast<int32_t>(padded);
  batch.decode.longest_kv = static_cast<int32_t>(std::min(bucket, longest_pages_ * kPageTokens));
  batch.decode.page_stride = static_cast<int32_t>(stride);
  batch.decode.groups = static_cast<int32_t>((padded + sharing - 1) / sharing);  // the last ones may be empty
  for (size_t i = 0; i < model_.stage_count(); ++i) {
    DecoderStage& stage = *model_.stages()[i];
    pass_on(i, padded);
    batch.positions = in.device(i, positions);
    batch.slots = in.device(i, slots);
    batch.decode.kv_length = in.device(i, lengths);
    batch.decode.page_table = in.device(i, pages);
    batch.decode.group_start = in.device(i, group_start);
    batch.decode.group_shared_tokens = in.device(i, group_shared);
    const bool is_last = i + 1 == model_.stage_count();
    stage.ops().replay(key, [&] {
      if (i == 0) stage.embed(in.device(0, ids), padded);
      stage.forward(padded, batch, caches_[i]);
      if (is_last) stage.logits(in.device(i, order), padded, Phase::decode);
    });
  }
  // One chunk: a decode step has no more rows than one logits call.
  for (const LogitChunk& c : chunks) run_logits(*step, block, c, model_.stages().back()->logits_view(step->rows));
  finish(*step, block);
  return step;
}

bool Executor::passed(const Step& step) { return last().passed(*step.event); }

void Executor::complete(Step& step) {
  last().synchronize(*step.event);
  Block& block = *blocks_[step.block];
  const Buffer& results = block.result_host;
  for (size_t i = 0; i < step.logit_rows.size(); ++i) step.logit_rows[i].token = step.tokens.in(results)[i];
  for (size_t i = 0; i < step.pairs.size(); ++i) {
    LogitRow& row = step.logit_rows[step.pairs[i].logit_row];
    const float logprob = step.pair_logprob.in(results)[i];
    if (step.pairs[i].of >= 0) {
      row.first_of.push_back(logprob);
    } else {
      row.logprob = logprob;
      row.best = step.pair_best.in(results)[i] != 0;
    }
  }
  for (const Step::Top& top : step.tops) {
    LogitRow& row = step.logit_rows[top.logit_row];
    row.top_ids.assign(top.ids.in(results), top.ids.in(results) + top.k);
    row.top_logprobs.assign(top.logprobs.in(results), top.logprobs.in(results) + top.k);
  }
  for (size_t i = 0; i < step.downloads.size(); ++i) {
    const auto* values = step.downloads[i].as<float>();
    step.logit_rows[step.download_rows[i]].logits.assign(values, values + step.downloads[i].bytes() / sizeof(float));
  }
  for (LogitRow& row : step.logit_rows) --row.sequence->in_flight;
  block.busy = false;
}

}  // namespace llava
