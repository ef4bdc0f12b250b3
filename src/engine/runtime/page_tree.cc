#include "runtime/page_tree.h"

#include <algorithm>

#include "support/error.h"

namespace llava {

PageTree::PageTree(int32_t pages) : total_(pages), root_(std::make_unique<PageNode>()) {
  // Taken from the back: low page numbers first, so that memory is touched as it is needed.
  for (int32_t page = pages - 1; page >= 0; --page) free_.push_back(page);
}

PageTree::~PageTree() {
  for (PageNode* node : nodes_) delete node;
}

PageTree::Match PageTree::match(std::span<const int32_t> ids, int64_t limit) const {
  Match match;
  const PageNode* node = root_.get();
  int64_t at = 0;
  for (;;) {
    const int64_t left = std::min<int64_t>(limit - at, kPageTokens);
    PageNode* best = nullptr;
    int64_t longest = 0;
    for (PageNode* child : node->children) {
      const int64_t most = std::min<int64_t>(left, static_cast<int64_t>(child->ids.size()));
      int64_t common = 0;
      while (common < most && child->ids[static_cast<size_t>(common)] == ids[static_cast<size_t>(at + common)])
        ++common;
      if (common > longest) {
        longest = common;
        best = child;
      }
    }
    if (best == nullptr) return match;
    if (longest < kPageTokens) {
      match.partial = best;
      match.partial_count = static_cast<int32_t>(longest);
      return match;
    }
    match.full.push_back(best);
    node = best;
    at += kPageTokens;
  }
}

PageNode* PageTree::create(PageNode* parent, std::span<const int32_t> ids, Sequence* owner, bool listed) {
  if (free_.empty()) throw ContractViolation("page tree: no free page");
  auto* node = new PageNode;
  nodes_.insert(node);
  node->page = free_.back();
  free_.pop_back();
  node->ids.assign(ids.begin(), ids.end());
  node->owner = owner;
  node->references = 1;
  if (listed) {
    node->parent = parent != nullptr ? parent : root_.get();
    node->parent->children.push_back(node);
  }
  return node;
}

void PageTree::release(PageNode* node) {
  if (--node->references > 0) return;
  if (!node->children.empty())
    throw ContractViolation("page tree: a page was released before the pages that follow it");
  if (node->parent != nullptr) std::erase(node->parent->children, node);
  free_.push_back(node->page);
  nodes_.erase(node);
  delete node;
}

}  // namespace llava
