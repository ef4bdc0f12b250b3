#pragma once

#include <cstdint>
#include <memory>
#include <span>
#include <unordered_set>
#include <vector>

#include "kernels/ops.h"

namespace llava {

struct Sequence;

/// One page of KV: kPageTokens positions of some sequence, reachable from the root by the ids before it. Pages of
/// prompts are found again by their ids and shared; text positions carry the token id, image positions a negative
/// number that stands for the image (equal numbers = the same image).
struct PageNode {
  int32_t page = 0;
  std::vector<int32_t>
      ids;               // prompt positions on this page; positions written by decoding are not listed and not shared
  int32_t computed = 0;  // leading positions whose KV was issued in earlier steps
  int32_t planned = 0;   // further positions in the step being put together
  int32_t references = 0;
  Sequence* owner = nullptr;  // who computes the rest; nullptr when it went away
  PageNode* parent = nullptr;
  std::vector<PageNode*> children;
};

/// The KV pages of an engine and the tree of prompts that are in them. Single-threaded.
class PageTree {
 public:
  explicit PageTree(int32_t pages);
  ~PageTree();
  PageTree(const PageTree&) = delete;
  PageTree& operator=(const PageTree&) = delete;

  int32_t total() const { return total_; }
  int32_t free_pages() const { return static_cast<int32_t>(free_.size()); }

  struct Match {
    std::vector<PageNode*> full;  // shared pages, from the root
    PageNode* partial = nullptr;  // a page whose first `partial_count` ids continue the match; to be copied
    int32_t partial_count = 0;
  };
  /// The longest prefix of `ids`, at most `limit` positions, that is in the tree (computed or going to be).
  Match match(std::span<const int32_t> ids, int64_t limit) const;

  /// A new page below `parent` (nullptr = root) with one reference. The caller checked free_pages(). Unlisted nodes (no
  /// sharing) are not found by match().
  PageNode* create(PageNode* parent, std::span<const int32_t> ids, Sequence* owner, bool listed);
  void add_reference(PageNode* node) { ++node->references; }
  /// Drops one reference; at none the page is free again.
  void release(PageNode* node);

 private:
  int32_t total_;
  std::vector<int32_t> free_;
  std::unordered_set<PageNode*> nodes_;  // owned
  std::unique_ptr<PageNode> root_;
};

}  // namespace llava
