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

/// Groups of neighbouring rows that share leading pages: [group_start], shared tokens. Sequences come sorted by their
/// pages.
void group_rows(const std::vector<Sequence*>& rows, int32_t* start, int32_t* shared) {
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
  for (; group <= rows.size(); ++group) {
    start[group] = static_cast<int32_t>(rows.size());
    if (group < rows.size()) shared[group] = 0;
  }
}

}  // namespace

Executor::Executor(LlavaModel& model, std::vector<KvCache>& caches, ImageSlots& slots, int64_t longest_pages)
    : model_(model), caches_(caches), slots_(slots), longest_pages_(longest_pages) {
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
        step.pairs.push_back({i, -1});
      } else if (s.generated.empty()) {
        for (size_t j = 0; j < request.first_of.size(); ++j) {
          pair_rows.push_back(in_chunk);
          pair_ids.push_back(request.first_of[j]);
          step.pairs.push_back({i, static_cast<int64_t>(j)});
        }
        if (request.first_top > 0) step.tops.push_back({i, request.first_top, 0, 0});
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
    c.pairs = pair_rows.size();
    c.penalised = !penalty_ids.empty();
    c.rows_at = block.add<int32_t>(rows);
    c.pair_rows_at = block.add<int32_t>(pair_rows);
    c.pair_ids_at = block.add<int32_t>(pair_ids);
    if (c.penalised) {
      c.penalty_start_at = block.add<int32_t>(penalty_start);
      c.penalty_ids_at = block.add<int32_t>(penalty_ids);
      c.penalty_at = block.add<float>(penalty);
    }
    if (!c.greedy) {
      c.temperature_at = block.add<float>(temperature);
      c.top_k_at = block.add<int32_t>(top_k);
      c.top_p_at = block.add<float>(top_p);
      c.uniform_at = block.add<float>(uniform);
    }
    chunks.push_back(c);
  }
  return chunks;
}

void Executor::reserve_results(Step& step, Block& block) {
  size_t bytes = 0;
  const auto take = [&](size_t count) {
    const size_t at = bytes;
    bytes += (count * 4 + 63) / 64 * 64;
    return at;
  };
  step.tokens_at = take(step.logit_rows.size());
  step.pair_logprob_at = take(step.pairs.size());
  step.pair_best_at = take(step.pairs.size());
  for (Step::Top& top : step.tops) {
    top.ids_at = take(static_cast<size_t>(top.k));
    top.logprobs_at = take(static_cast<size_t>(top.k));
  }
  if (block.result_device.bytes() < bytes) {
    last().synchronize();
    last().forget_graphs();
    block.result_device = last().allocate(2 * bytes);
    block.result_host = last().allocate_host(2 * bytes);
  }
}

void Executor::run_logits(Step& step, Block& block, const LogitChunk& c, const View& logits) {
  Ops& ops = last();
  const size_t stage = model_.stage_count() - 1;
  StepBlock& in = block.indices;
  auto* out = block.result_device.as<char>();
  if (c.pairs > 0) {
    ops.gather_logprobs(logits, in.device<int32_t>(stage, c.pair_rows_at), in.device<int32_t>(stage, c.pair_ids_at),
                        static_cast<int64_t>(c.pairs),
                        reinterpret_cast<float*>(out + step.pair_logprob_at) + c.first_pair,
                        reinterpret_cast<int32_t*>(out + step.pair_best_at) + c.first_pair);
  }
  for (const Step::Top& top : step.tops) {
    if (top.logit_row < c.first || top.logit_row >= c.first + c.count) continue;
    ops.top_logprobs(logits.slice(static_cast<int64_t>(top.logit_row - c.first), 1), top.k,
                     reinterpret_cast<int32_t*>(out + top.ids_at), reinterpret_cast<float*>(out + top.logprobs_at));
  }
  for (const size_t row : step.download_rows) {
    if (row < c.first || row >= c.first + c.count) continue;
    const auto bytes = static_cast<size_t>(logits.cols) * sizeof(float);
    step.downloads.push_back(ops.allocate_host(bytes));
    ops.download(step.downloads.back().data(), logits.slice(static_cast<int64_t>(row - c.first), 1).data, bytes);
  }
  if (c.penalised) {
    ops.repetition_penalty(logits, in.device<int32_t>(stage, c.penalty_start_at),
                           in.device<int32_t>(stage, c.penalty_ids_at), in.device<float>(stage, c.penalty_at));
  }
  int32_t* tokens = reinterpret_cast<int32_t*>(out + step.tokens_at) + c.first;
  if (c.greedy) {
    ops.argmax(logits, tokens);
  } else {
    ops.sample(logits, in.device<float>(stage, c.temperature_at), in.device<int32_t>(stage, c.top_k_at),
               in.device<float>(stage, c.top_p_at), in.device<float>(stage, c.uniform_at), tokens);
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
  const size_t ids_at = in.take<int32_t>(rows);
  const size_t positions_at = in.take<int32_t>(rows);
  const size_t slots_at = in.take<int32_t>(rows);
  const size_t row_start_at = in.take<int32_t>(sequences + 1);
  const size_t position_start_at = in.take<int32_t>(sequences);
  const size_t pages_at = in.take<int32_t>(sequences * static_cast<size_t>(stride));
  const size_t copies_at = in.add<int32_t>(plan.copies);

  struct Merge {
    const ImageEntry* image;
    size_t source_at, target_at;
    int64_t count;
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
    in.host<int32_t>(row_start_at)[i] = static_cast<int32_t>(row);
    in.host<int32_t>(position_start_at)[i] = static_cast<int32_t>(chunk.start);
    int32_t* pages = in.host<int32_t>(pages_at) + i * static_cast<size_t>(stride);
    for (int64_t p = 0; p < stride; ++p)
      pages[p] = p < static_cast<int64_t>(s.path.size()) ? s.path[static_cast<size_t>(p)]->page : 0;
    for (int64_t at = 0; at < chunk.count; ++at) {
      const int64_t position = chunk.start + at;
      in.host<int32_t>(ids_at)[row + at] = s.ids[static_cast<size_t>(position)];
      in.host<int32_t>(positions_at)[row + at] = static_cast<int32_t>(position);
      in.host<int32_t>(slots_at)[row + at] = slot_of(s, position);
      if (position >= s.first_wanted)
        step->logit_rows.push_back({chunk.sequence, row + at, position, -1, 0.0f, false, {}, {}, {}, {}});
    }
    for (const ImageSpan& span : s.images) {
      const int64_t begin = std::max(span.start, chunk.start);
      const int64_t end = std::min(span.start + span.count, chunk.start + chunk.count);
      if (begin >= end) continue;
      Merge merge{span.image.get(), in.take<int32_t>(static_cast<size_t>(end - begin)),
                  in.take<int32_t>(static_cast<size_t>(end - begin)), end - begin};
      for (int64_t j = 0; j < end - begin; ++j) {
        in.host<int32_t>(merge.source_at)[j] = static_cast<int32_t>(begin - span.start + j);
        in.host<int32_t>(merge.target_at)[j] = static_cast<int32_t>(row + begin - chunk.start + j);
      }
      merges.push_back(merge);
    }
    batch.prefill.longest_rows = std::max(batch.prefill.longest_rows, static_cast<int32_t>(chunk.count));
    batch.prefill.longest_kv = std::max(batch.prefill.longest_kv, static_cast<int32_t>(chunk.start + chunk.count));
    row += chunk.count;
  }
  in.host<int32_t>(row_start_at)[sequences] = static_cast<int32_t>(row);
  const std::vector<LogitChunk> chunks = prepare_logits(*step, in);
  reserve_results(*step, block);
  in.upload();
  batch.prefill.host_row_start = in.host<int32_t>(row_start_at);
  batch.prefill.host_position_start = in.host<int32_t>(position_start_at);

  images_encoded_ += slots_.encode_pinned();
  for (size_t i = 0; i < model_.stage_count(); ++i) {
    DecoderStage& stage = *model_.stages()[i];
    for (size_t layer = 0; layer < caches_[i].layers() && !plan.copies.empty(); ++layer) {
      stage.ops().copy_pages(caches_[i].layer(layer), in.device<int32_t>(i, copies_at),
                             static_cast<int64_t>(plan.copies.size() / 2));
    }
    if (i == 0) {
      stage.embed(in.device<int32_t>(0, ids_at), plan.rows);
      for (const Merge& merge : merges) {
        stage.ops().gather_rows(slots_.vectors(*merge.image), in.device<int32_t>(0, merge.source_at),
                                in.device<int32_t>(0, merge.target_at), merge.count, nullptr, stage.hidden(plan.rows));
      }
    } else {
      pass_on(i, plan.rows);
    }
    batch.positions = in.device<int32_t>(i, positions_at);
    batch.slots = in.device<int32_t>(i, slots_at);
    batch.prefill.row_start = in.device<int32_t>(i, row_start_at);
    batch.prefill.position_start = in.device<int32_t>(i, position_start_at);
    batch.prefill.page_table = in.device<int32_t>(i, pages_at);
    stage.forward(plan.rows, batch, caches_[i]);
  }
  for (const LogitChunk& c : chunks) {
    const View logits = model_.stages().back()->logits(in.device<int32_t>(model_.stage_count() - 1, c.rows_at),
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

  // The arrays inside the replayed part come first and depend on the row count alone, so that their addresses do, too.
  const size_t rows = sequences.size();
  const auto stride = static_cast<size_t>(longest_pages_);
  const size_t ids_at = in.take<int32_t>(rows);
  const size_t positions_at = in.take<int32_t>(rows);
  const size_t slots_at = in.take<int32_t>(rows);
  const size_t lengths_at = in.take<int32_t>(rows);
  const size_t group_start_at = in.take<int32_t>(rows + 1);
  const size_t group_shared_at = in.take<int32_t>(rows);
  const size_t pages_at = in.take<int32_t>(rows * stride);
  const size_t order_at = in.take<int32_t>(rows);
  int64_t longest = 1;
  for (size_t i = 0; i < rows; ++i) {
    Sequence& s = *sequences[i];
    const int64_t position = s.position;
    longest = std::max(longest, position + 1);
    in.host<int32_t>(ids_at)[i] = s.generated.back();
    in.host<int32_t>(positions_at)[i] = static_cast<int32_t>(position);
    in.host<int32_t>(slots_at)[i] = slot_of(s, position);
    in.host<int32_t>(lengths_at)[i] = static_cast<int32_t>(position + 1);
    in.host<int32_t>(order_at)[i] = static_cast<int32_t>(i);
    int32_t* pages = in.host<int32_t>(pages_at) + i * stride;
    for (size_t p = 0; p < stride; ++p) pages[p] = p < s.path.size() ? s.path[p]->page : 0;
    step->logit_rows.push_back({&s, static_cast<int64_t>(i), position, -1, 0.0f, false, {}, {}, {}, {}});
    ++s.position;
    s.decoding = false;
    ++s.in_flight;
  }
  group_rows(sequences, in.host<int32_t>(group_start_at), in.host<int32_t>(group_shared_at));
  const std::vector<LogitChunk> chunks = prepare_logits(*step, in);
  reserve_results(*step, block);
  in.upload();

  const auto bucket = static_cast<int64_t>(std::bit_ceil(static_cast<uint64_t>(std::max<int64_t>(longest, 256))));
  StepBatch batch;
  batch.phase = Phase::decode;
  batch.decode.sequences = static_cast<int32_t>(rows);
  batch.decode.longest_kv = static_cast<int32_t>(std::min(bucket, longest_pages_ * kPageTokens));
  batch.decode.page_stride = static_cast<int32_t>(stride);
  batch.decode.groups = static_cast<int32_t>(rows);
  for (size_t i = 0; i < model_.stage_count(); ++i) {
    DecoderStage& stage = *model_.stages()[i];
    pass_on(i, step->rows);
    batch.positions = in.device<int32_t>(i, positions_at);
    batch.slots = in.device<int32_t>(i, slots_at);
    batch.decode.kv_length = in.device<int32_t>(i, lengths_at);
    batch.decode.page_table = in.device<int32_t>(i, pages_at);
    batch.decode.group_start = in.device<int32_t>(i, group_start_at);
    batch.decode.group_shared_tokens = in.device<int32_t>(i, group_shared_at);
    const bool is_last = i + 1 == model_.stage_count();
    const uint64_t key = static_cast<uint64_t>(rows) << 32 | static_cast<uint64_t>(bucket);
    stage.ops().replay(key, [&] {
      if (i == 0) stage.embed(in.device<int32_t>(0, ids_at), step->rows);
      stage.forward(step->rows, batch, caches_[i]);
      if (is_last) stage.logits(in.device<int32_t>(i, order_at), step->rows, Phase::decode);
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
  const auto* host = block.result_host.as<char>();
  for (size_t i = 0; i < step.logit_rows.size(); ++i)
    step.logit_rows[i].token = reinterpret_cast<const int32_t*>(host + step.tokens_at)[i];
  for (size_t i = 0; i < step.pairs.size(); ++i) {
    LogitRow& row = step.logit_rows[step.pairs[i].logit_row];
    const float logprob = reinterpret_cast<const float*>(host + step.pair_logprob_at)[i];
    if (step.pairs[i].of >= 0) {
      row.first_of.push_back(logprob);
    } else {
      row.logprob = logprob;
      row.best = reinterpret_cast<const int32_t*>(host + step.pair_best_at)[i] != 0;
    }
  }
  for (const Step::Top& top : step.tops) {
    LogitRow& row = step.logit_rows[top.logit_row];
    const auto* ids = reinterpret_cast<const int32_t*>(host + top.ids_at);
    const auto* logprobs = reinterpret_cast<const float*>(host + top.logprobs_at);
    row.top_ids.assign(ids, ids + top.k);
    row.top_logprobs.assign(logprobs, logprobs + top.k);
  }
  for (size_t i = 0; i < step.downloads.size(); ++i) {
    const auto* values = step.downloads[i].as<float>();
    step.logit_rows[step.download_rows[i]].logits.assign(values, values + step.downloads[i].bytes() / sizeof(float));
  }
  for (LogitRow& row : step.logit_rows) --row.sequence->in_flight;
  block.busy = false;
}

}  // namespace llava
